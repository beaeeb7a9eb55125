"""Leaves of one tree judged in the same moment by processes of their own: the root counts every one."""

import pytest

from quality.models import Standing
from supervision.flows.perform import perform
from supervision.people.models import Role
from tests import factories

from .dividing import begin, measure, people, result, tree

pytestmark = pytest.mark.processes

JUDGES = """
import sys, time
from pathlib import Path
from quality.models import Evaluation
from supervision.flows.history import Actor
from supervision.flows.perform import perform
from supervision.people.models import User
folder, pk, user = Path(sys.argv[1]), *sys.argv[2:4]
record = Evaluation.objects.get(pk=pk)
actor = Actor.of(User.objects.get(pk=user), "page")
(folder / f"ready-{pk}").touch()
while not (folder / "go").exists():
    time.sleep(0.002)
perform(record, "judge", actor, {"appearance": "good", "documents": "complete"})
"""


def test_four_leaves_at_once_are_all_counted(processes):
    section = factories.section()
    unit, [[part, *items]] = tree(section, items=4)
    contractor, supervisor = people(section)
    office = supervisor.user.organization
    judges = [factories.user(Role.SUPERVISOR, office) for _ in items]
    rounds = []
    for at, item in enumerate(items):
        made = begin(item, contractor)
        measure(made, "1 2 9" if at == 0 else "1 2 3")
        rounds.append(perform(made, "submit", contractor, {}))
    pairs = zip(rounds, judges, strict=True)
    codes = processes.at_once([(JUDGES, processes.var, one.pk, judge.pk) for one, judge in pairs])
    assert codes == [0] * 4, processes.log("process.log")
    for node in (part, unit):
        whole = Standing.objects.get(pk=node.pk)
        assert (whole.items, whole.passed, whole.failed, whole.points, whole.good) == (4, 3, 1, 12, 11)
    assert (result(part), result(unit)) == ("fail", "fail")
