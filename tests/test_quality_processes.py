"""Two people write at the same moment, each in a process of their own: one defect, and no more used than came."""

from __future__ import annotations

import json
from datetime import date

import pytest

from quality.models import MaterialUse, QualityDefect, Test
from supervision.flows import history

from . import testing

pytestmark = pytest.mark.processes

# Gets ready, waits for the other at the door, then writes one record.
WRITES = """
import json, sys, time
from pathlib import Path
from datetime import date
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from projects.findings import Finding
from quality.defects import raise_defect
from quality.models import Laboratory, MaterialBatch, MaterialUse, Sample
from supervision.flows import records
from tests.factories import COMMAND
from tests.testing import result
folder, who, what, first, second = Path(sys.argv[1]), *sys.argv[2:6]
if what == "result":
    sample, laboratory = Sample.objects.get(pk=first), Laboratory.objects.get(pk=second)
    write = lambda: result(sample, laboratory, "20、21、22")
elif what == "finding":
    section = Sample.objects.get(pk=first).section
    finding = Finding(label="quality.test", id=int(second), project=section.project, section=section,
        part="2号墩", description="强度不足", category="混凝土强度不足", found_on=date(2026, 3, 2))
    write = lambda: raise_defect(finding, COMMAND)
else:
    batch = MaterialBatch.objects.get(pk=first)
    use = MaterialUse(batch=batch, part=f"{who}号墩", quantity=second, used_on=date(2026, 3, 3))
    write = lambda: records.create(use, COMMAND)
(folder / f"ready-{who}").touch()
while not (folder / "go").exists():
    time.sleep(0.002)
try:
    told = [write().pk, ""]
except ValidationError as error:
    told = [None, "".join(error.messages)]
except IntegrityError:
    told = [None, "与刚刚提交的另一条记录重复。"]
(folder / f"told-{who}").write_text(json.dumps(told))
"""


def at_once(processes, what: str, first: int, second) -> list[tuple[int | None, str]]:
    """What two processes were told that wrote the same thing in the same moment."""
    codes = processes.at_once([(WRITES, processes.var, who, what, first, second) for who in (1, 2)])
    assert codes == [0, 0], processes.log("process.log")
    return [tuple(json.loads((processes.var / f"told-{who}").read_text())) for who in (1, 2)]


def test_two_results_of_one_sample_start_one_defect(processes):
    works = testing.works()
    sample = testing.sample(works.section)
    told = at_once(processes, "result", sample.pk, works.laboratory.pk)
    [refused] = [said for pk, said in told if pk is None]
    # Seen by the check, or by the database when both had passed it: pages and API tell of either.
    assert "已有试验" in refused or "重复" in refused
    defect = QualityDefect.objects.get()
    assert (defect.source_label, defect.source_id) == ("quality.test", Test.objects.get().pk)
    assert not list(history.verify_chains())


def test_one_finding_raised_twice_is_one_defect(processes):
    works = testing.works()
    sample = testing.sample(works.section)
    told = at_once(processes, "finding", sample.pk, 4711)
    assert told == [(QualityDefect.objects.get().pk, "")] * 2
    assert not list(history.verify_chains())


def test_two_uses_do_not_take_more_than_came(processes):
    works = testing.works()
    batch = testing.batch(works.section, material="支座", grade="GYZ", unit="个", quantity=60)
    testing.put(batch, "released", released_on=date(2026, 3, 2))
    told = at_once(processes, "use", batch.pk, "40")
    [refused] = [said for pk, said in told if pk is None]
    assert refused == "该批尚余20个。"
    assert MaterialUse.objects.get().quantity == 40
