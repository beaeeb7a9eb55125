"""Several people act on one record at the same moment, each in a process of their own: one wins, the others are told."""

import json
from datetime import date

import pytest

from supervision.flows import history, records
from supervision.people.models import Role
from tests import factories, safety

pytestmark = pytest.mark.processes

# Reads the record as the page does, waits for the others at the door, then performs the step.
ACTS = """
import json, sys, time
from pathlib import Path
from django.apps import apps
from supervision.flows.errors import FlowError
from supervision.flows.history import Actor
from supervision.flows.perform import perform
from supervision.people.models import User
folder, label, pk, name, user = Path(sys.argv[1]), *sys.argv[2:6]
record = apps.get_model(label).objects.get(pk=pk)
actor = Actor.of(User.objects.get(pk=user), "page")
(folder / f"ready-{user}").touch()
while not (folder / "go").exists():
    time.sleep(0.002)
try:
    perform(record, name, actor, {"opinion": "同意"})
    told = ""
except FlowError as error:
    told = f"{type(error).__name__} {error.message}"
(folder / f"told-{user}").write_text(json.dumps(told))
"""


def acceptance_of_a_candidacy():
    """A declared candidacy and four clerks of the bureau."""
    office = factories.organization("bureau")
    record = factories.candidacy(factories.project(), declared_on=date(2025, 3, 1))
    return record, "accept", [factories.user(Role.BUREAU_STAFF, office) for _ in range(4)]


def acceptance_of_a_rectification():
    """A hidden danger put right, and four people of its supervisor."""
    site = safety.site()
    record = site.graded()
    safety.paper(record, "整改照片")
    record = site.act(record, "rectify", "contractor")
    office = site.unit("supervisor")
    return record, "accept", [factories.user(Role.SUPERVISOR, office) for _ in range(4)]


@pytest.mark.parametrize("prepare", [acceptance_of_a_candidacy, acceptance_of_a_rectification])
def test_of_four_at_once_one_wins_and_the_others_are_told(processes, prepare):
    record, name, people = prepare()
    before = records.events_of(record).count()
    arguments = [processes.var, record._meta.label_lower, record.pk, name]
    codes = processes.at_once([(ACTS, *arguments, user.pk) for user in people])
    assert codes == [0] * 4, processes.log("process.log")
    told = {user.pk: json.loads((processes.var / f"told-{user.pk}").read_text()) for user in people}

    [winner] = [user for user in people if not told[user.pk]]
    for user in people:
        if user != winner:
            kind, sentence = told[user.pk].split(" ", 1)
            assert kind in ("LostRace", "IllegalTransition")
            assert winner.name in sentence, sentence
    fresh = type(record).objects.get(pk=record.pk)
    assert fresh.status == record.flow.by_name[name].target
    assert fresh.version == record.version + 1
    assert records.events_of(record).count() == before + 1
    last = records.last_event(record)
    assert (last.verb, last.name, last.actor_id) == ("transition", name, winner.pk)
    assert not list(history.verify_chains())
