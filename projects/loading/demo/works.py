"""The demonstration's works: invented facts on the plan's projects, and invented projects beside them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.utils import timezone

from projects.models import KeyPerson, Participation, Project, Section
from projects.services import resolve_project
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.people.models import District, Role

from . import NOTE
from .cast import Cast

REMARK = "演示数据：层级、县区、建设单位、领域、类别、金额和日期为演示而设，并非真实情况。"
POSTS = (("项目经理", Role.CONTRACTOR), ("总监理工程师", Role.SUPERVISOR))
ROTAS = {
    Role.CONTRACTOR: ("contractor1", "contractor2", "contractor3"),
    Role.SUPERVISOR: ("supervisor1", "supervisor2"),
    Role.DESIGNER: ("designer1",),
    Role.LABORATORY: ("laboratory1",),
}


class Works:
    """Projects by name, each with sections, units and people."""

    def __init__(self, data: dict[str, Any], cast: Cast, actor: Actor) -> None:
        self.data, self.cast, self.actor = data, cast, actor
        self.today = timezone.localdate()
        self.districts = {district.name: district for district in District.objects.all()}
        self.projects: dict[str, Project] = {}

    def load(self) -> Works:
        for number, row in enumerate(self.data["plan_projects"], start=1):
            if project := self._fill(number, row):
                self.projects[row[0]] = project
        made = records.create_many(list(self._invent()), self.actor, reason=NOTE)
        self.projects |= {project.name: project for project in made}
        sections = list(self._sections())
        records.create_many([row for row in sections if row.pk is None], self.actor, reason=NOTE)
        participations = list(self._participations(sections))
        records.create_many(participations, self.actor, reason=NOTE)
        records.create_many(list(self._people(participations)), self.actor, reason=NOTE)
        return self

    def _fill(self, number: int, row: list) -> Project | None:
        """Invented facts where the plan's project has none; a project that people work on stays theirs."""
        name, level, district, owner, mode, category, start, handover = row
        project = resolve_project(name)
        if project is None or records.events_of(project).filter(actor__isnull=False).exists():
            return project
        given = {
            "level": level,
            "district": self.districts.get(district),
            "owner": self.cast.organizations[owner],
            "mode": mode,
            "category": category,
            "permit_on": start - timedelta(days=30),
            "start_on": start,
            "handover_on": handover,
            "handover_planned_on": None if handover else date(self.today.year + 1, 6, 30),
            "construction_cost": Decimal(9000 + number * 1370),
            "investment": Decimal(12000 + number * 1800),
            "remark": REMARK,
        }
        values = {
            field: value if field.endswith("_planned_on") or not self._future(value) else None
            for field, value in given.items()
            if getattr(project, field) in (None, "")
        }
        return records.update(project, values, self.actor, label="补演示数据", reason=NOTE)

    def _future(self, value: Any) -> bool:
        return isinstance(value, date) and value > self.today

    def _invent(self) -> Iterator[Project]:
        numbers = count(1)
        for template, *kind in self.data["works"]:
            for district, short in self.data["districts"].items():
                yield self._project(next(numbers), template.replace("某", short), "county", district, *kind)
        for name, district, *kind in self.data["city_works"]:
            yield self._project(next(numbers), name, "city", district, *kind)

    def _project(
        self, number: int, name: str, level: str, district: str, mode: str, category: str, nature: str
    ) -> Project:
        # Two works in five began in 2024, two in 2025, the rest this year or are still to come.
        start = date(2024 + number % 5 // 2, 1 + number * 5 % 12, 1 + number * 7 % 28)
        begun = start <= self.today
        return Project(
            code=f"DEMO-{number:03d}",
            name=name,
            mode=mode,
            category=category,
            nature=nature,
            level=level,
            district=self.districts[district],
            owner=self.cast.organizations["owner" if level == "city" else "owner2"],
            construction_cost=Decimal(1500 + number * 430),
            investment=Decimal(2100 + number * 610),
            approval_on=start - timedelta(days=300),
            design_on=start - timedelta(days=200),
            tender_on=start - timedelta(days=90) if begun else None,
            permit_on=start - timedelta(days=20) if begun else None,
            start_planned_on=start,
            start_on=start if begun else None,
            handover_planned_on=start + timedelta(days=730 + number % 7 * 60),
            provenance=NOTE,
            remark="演示数据，虚构项目。",
            is_demo=True,
        )

    def _sections(self) -> Iterator[Section]:
        """The sections the projects have, and invented ones for those without."""
        for number, project in enumerate(self.projects.values(), start=1):
            present = list(project.sections.order_by("pk"))
            yield from present
            if present or project.start_on is None:
                continue
            for place in range(1, 2 + number % 2):
                yield self._section(project, f"SG-{place}", "construction", Decimal(800 + number * 190))
            yield self._section(project, "JL-1", "supervision", Decimal(40 + number * 3))

    def _section(self, project: Project, code: str, kind: str, price: Decimal) -> Section:
        return Section(
            project=project,
            code=code,
            name=f"演示·{code}标段",
            kind=kind,
            contract_price=price,
            contract_on=project.start_on - timedelta(days=45),
            start_on=project.start_on,
            end_on=project.handover_on,
            end_planned_on=project.handover_planned_on,
            remark="演示数据",
            is_demo=True,
        )

    def _participations(self, sections: list[Section]) -> Iterator[Participation]:
        for number, section in enumerate(sections):
            for role, rota in ROTAS.items():
                if section.kind == "supervision" and role != Role.SUPERVISOR:
                    continue
                yield Participation(
                    section=section,
                    organization=self.cast.organizations[rota[number % len(rota)]],
                    role=role.value,
                    since=section.start_on or section.project.start_on or self.today,
                    is_demo=True,
                )

    def _people(self, participations: list[Participation]) -> Iterator[KeyPerson]:
        posts = {role.value: post for post, role in POSTS}
        for number, row in enumerate(participations, start=1):
            if row.role in posts:
                yield KeyPerson(
                    section=row.section,
                    organization=row.organization,
                    post=posts[row.role],
                    name=f"演示·人员{number}",
                    since=row.since,
                    is_demo=True,
                )
