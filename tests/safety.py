"""What the tests of hidden dangers share: people of one section, dangers on their way, files to attach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from unittest import mock
from zoneinfo import ZoneInfo

from django.core.files.base import ContentFile
from django.utils import timezone

from projects.loading.demo.sheet import demo_pdf
from projects.models import Section
from safety.models import HiddenDanger
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.flows.perform import perform
from supervision.papers.services import attach
from supervision.people.models import Organization, Role, User

from . import factories
from .factories import COMMAND

PAPERS = ("隐患照片", "整改照片", "整改方案", "自验记录", "验收记录", "现场复查记录")
FIVE = {"responsible_person": "张三", "measures": "加固", "funds": "1.5", "contingency": "撤离"}


def paper(record, kind: str, actor: Actor = COMMAND) -> None:
    attach(record, ContentFile(demo_pdf(kind), name=f"{kind}.pdf"), kind, actor)


def today_is(day: date):
    """Everything happens on `day`, at noon."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
    return mock.patch.object(timezone, "now", lambda: noon)


@dataclass
class Site:
    """A section with its units and one person of each, and the authority's people."""

    section: Section

    def unit(self, role: str) -> Organization:
        return next(p.organization for p in self.section.participations.filter(role=role))

    @cached_property
    def people(self) -> dict[str, User]:
        parts = self.section.participations.select_related("organization")
        made = {part.role: factories.user(part.role, part.organization) for part in parts}
        made["owner"] = factories.user("owner", self.section.project.owner)
        for role in (Role.BUREAU_STAFF, Role.INSPECTOR):
            made[str(role.value)] = factories.user(role)
        return made

    def actor(self, role: str) -> Actor:
        return Actor.of(User.objects.get(pk=self.people[role].pk), "page")

    def danger(self, **facts) -> HiddenDanger:
        """One just reported by the contractor."""
        facts = {"part": "3号墩", "description": "临边无防护", "stakes": "K1+200"} | facts
        role = facts.pop("by", "contractor")
        facts.setdefault("section", self.section)
        return records.create(HiddenDanger(project=self.section.project, **facts), self.actor(role))

    def act(self, danger, name: str, role: str, **data):
        data.setdefault("opinion", "情况属实")
        fresh = type(danger).objects.get(pk=danger.pk)
        return perform(fresh, name, self.actor(role), data)

    def graded(self, grade: str = "general", **facts) -> HiddenDanger:
        """One being rectified."""
        verify = {name: facts.pop(name) for name in ("deadline", "clause", "category") if name in facts}
        verify = {"category": "高处作业与临边防护"} | verify
        danger = self.danger(**facts)
        danger = factories.change(danger, judged=grade)
        name = "verify" if grade == "general" else "verify_major"
        unit = danger.responsible_unit_id
        return self.act(danger, name, "inspector", responsible_unit=unit, **verify)


def site(level: str = "city", supervisor: bool = True, **project) -> Site:
    owner = factories.organization("owner")
    section = factories.section(factories.project(level=level, owner=owner, **project))
    factories.participation(section, factories.organization("contractor"), "contractor")
    if supervisor:
        factories.participation(section, factories.organization("supervisor"), "supervisor")
    return Site(section)


def variants(world, side) -> list[HiddenDanger]:
    """For the generated tests: the kinds of danger between which the flow's conditions tell apart."""
    unit = side.offices["contractor"]
    early = date(2024, 3, 4)
    common = {
        "found_on": early,
        "project": side.project,
        "part": "3号墩",
        "description": "无防护",
        "responsible_unit": unit,
    }
    of_section = {**common, "section": side.section}
    five = {
        "responsible_person": "张三",
        "measures": "加固",
        "funds": 1,
        "contingency": "撤离",
        "deadline": early,
    }
    halted = {"suspended_on": early, "suspended_by_role": "bureau_staff", "resume_applied_on": early}
    rows = [
        {**of_section, "judged": "general"},
        {**of_section, "grade": "major", "judged": "major", **five},
        {
            **of_section,
            "grade": "major",
            "judged": "major",
            "listed_on": early,
            "listed_by_role": "bureau_staff",
            **halted,
        },
        {**of_section, "grade": "general", "replied_on": early, **halted, "resume_applied_on": None},
        {**common, "grade": "general", "judged": "general"},
    ]
    made = [records.create(HiddenDanger(**row), COMMAND) for row in rows]
    for danger in made[1:]:
        for kind in PAPERS:
            paper(danger, kind)
    return made
