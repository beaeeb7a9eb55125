"""What the tests of incidents, emergency management and pipelines share."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from unittest import mock
from zoneinfo import ZoneInfo

from django.utils import timezone

from safety.models import (
    Drill,
    EmergencyPlan,
    Incident,
    IncidentMeasure,
    IncidentReport,
    NearMiss,
    Pipeline,
    WeatherAnswer,
    WeatherCheck,
    WeatherWarning,
)
from safety.models.incident import FOUR, THREE
from supervision.flows import records

from .factories import COMMAND
from .inspecting import hazard, put
from .safety import paper

SHANGHAI = ZoneInfo("Asia/Shanghai")
PAPERS = ("探查成果", "权属单位意见", "保护照片")


def at(year, month, day, hour=12, minute=0, second=0) -> datetime:
    """A moment by the clock on the wall in Suqian."""
    return datetime(year, month, day, hour, minute, second, tzinfo=SHANGHAI)


def clock_at(moment: datetime):
    """Everything happens at `moment`."""
    return mock.patch.object(timezone, "now", lambda: moment)


def incident(section, actor=COMMAND, **facts) -> Incident:
    """An incident just filed, happened and known at the moment it is filed unless said otherwise."""
    now = timezone.now()
    facts = {
        "project": section.project,
        "section": section,
        "place": "3号墩",
        "accident": "fall",
        "happened_at": now,
        "known_at": facts.get("happened_at", now),
        "summary": "一人从作业平台坠落，已送医。",
    } | facts
    return records.create(Incident(**facts), actor)


def report(of: Incident, actor=COMMAND, **facts) -> IncidentReport:
    facts = {"kind": "follow", "content": "续报情况。"} | facts
    return records.create(IncidentReport(incident=Incident.objects.get(pk=of.pk), **facts), actor)


def measure(of: Incident, actor=COMMAND, **facts) -> IncidentMeasure:
    facts = {"content": "全员安全带检查。", "due_by": timezone.localdate() + timedelta(days=30)} | facts
    return records.create(IncidentMeasure(incident=of, **facts), actor)


def warning(**facts) -> WeatherWarning:
    now = timezone.now()
    facts = {
        "kind": "wind",
        "color": "yellow",
        "issued_at": now,
        "ends_at": now + timedelta(hours=12),
        "source": "市气象台",
    } | facts
    return records.create(WeatherWarning(**facts), COMMAND)


def crane(section):
    """A hazard under control that wind concerns."""
    made = hazard(section, part="架桥机", event="架桥机倾覆", accident="lifting")
    return put(made, status="controlled", level="larger")


def drill(section, held_on: date | None, kind="on_site", **facts) -> Drill:
    made = records.create(
        Drill(project=section.project, section=section, kind=kind, topic="坍塌救援", **facts), COMMAND
    )
    return put(made, status="held", held_on=held_on) if held_on else made


def pipeline(section, **facts) -> Pipeline:
    facts = {"kind": "gas", "part": "承台基坑", "owner_unit": "燃气公司"} | facts
    return records.create(Pipeline(project=section.project, section=section, **facts), COMMAND)


# ------------------------------------------------------------------- for the generated tests: tests/contract


def places(side) -> list[dict]:
    return [{"project": side.project, "section": place} for place in (side.section, None)]


def incident_variants(world, side) -> list[Incident]:
    """With everything that the closing asks for, asked to be evaluated or not."""
    long_ago = timezone.now() - timedelta(days=70)
    made = []
    for asked in (None, date(2024, 3, 4)):
        one = incident(side.section, happened_at=long_ago, deaths=0, direct_loss=Decimal(10))
        paper(one, "调查报告")
        put(measure(one), status="accepted")
        made.append(put(one, evaluation_asked_on=asked, **dict.fromkeys((*FOUR, *THREE), "已查")))
    return made


def near_miss_variants(world, side) -> list[NearMiss]:
    return [
        records.create(NearMiss(part="便道", description="险些侧翻", **place), COMMAND)
        for place in places(side)
    ]


def plan_variants(world, side) -> list[EmergencyPlan]:
    facts = {"kind": "special", "title": "坍塌应急预案", "reviewed_on": date(2024, 3, 4)}
    return [records.create(EmergencyPlan(**facts, **place), COMMAND) for place in places(side)]


def drill_variants(world, side) -> list[Drill]:
    return [records.create(Drill(kind="special", topic="演练", **place), COMMAND) for place in places(side)]


def check_variants(world, side) -> list[WeatherCheck]:
    """Answered in writing, not handed in yet."""
    made = []
    for place in places(side):
        one = WeatherCheck(
            warning=warning(district=side.district, issued_at=timezone.now()),
            because="架桥机",
            ends_at=timezone.now() + timedelta(hours=12),
            **place,
        )
        made.append(records.create(one, COMMAND))
        records.create(WeatherAnswer(check_of=made[-1], text="已停用", result="yes"), COMMAND)
    return made


def pipeline_variants(world, side) -> list[Pipeline]:
    made = []
    for place in places(side):
        one = Pipeline(kind="gas", part="承台", owner_unit="燃气公司", **place)
        made.append(records.create(one, COMMAND))
        for kind in PAPERS:
            paper(made[-1], kind)
    return made


VARIANTS = {
    Incident: incident_variants,
    NearMiss: near_miss_variants,
    EmergencyPlan: plan_variants,
    Drill: drill_variants,
    WeatherCheck: check_variants,
    Pipeline: pipeline_variants,
}
