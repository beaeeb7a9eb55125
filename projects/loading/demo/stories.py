"""The demonstration's decisions and journeys, performed by its persons as they would in the portal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from projects.models import Candidacy, Eligibility, Project, Scheme, Section
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.flows.perform import perform
from supervision.papers.services import attach
from supervision.people.models import User

from . import BATCH, NOTE
from .cast import Cast
from .sheet import demo_pdf
from .works import Works

OUTCOME = re.compile(r"(?P<end>[a-z_]+)(@(?P<year>\d{4}))?(?P<late>!)?")
LATE_DAYS = 6
REMARK = "演示数据：申报、审查和命名的过程为演示而设，并非真实情况。"

# The way of a candidacy: (transition, month and day, the field that takes the day).
WAYS = {
    "listing": [
        ("declare", (3, 20), "declared_on"),
        ("accept", (3, 25), ""),
        ("list", (4, 28), "listing_decided_on"),
        ("start", (5, 10), ""),
    ],
    "creation": [
        ("declare", (3, 20), "declared_on"),
        ("accept", (3, 25), ""),
        ("pass_screening", (4, 10), ""),
    ],
    "review": [],
}
REVIEW = [
    ("apply_review", (8, 20), "review_applied_on"),
    ("review_documents", (8, 28), ""),
    ("review_site", (9, 12), ""),
    ("judge", (9, 25), ""),
    ("publish", (10, 9), "publicity_from"),
    ("name", (10, 26), "decided_on"),
]
# Where a journey leaves the way: after which transition, and by which ones instead.
EXITS = {
    "declared": ("declare", []),
    "screening": ("accept", []),
    "supplement": ("accept", ["request_supplement"]),
    "resubmitted": ("accept", ["request_supplement", "supplement"]),
    "not_listed": ("accept", ["not_list"]),
    "listed": ("list", []),
    "review_applied": ("apply_review", []),
    "document_review": ("review_documents", []),
    "returned": ("review_documents", ["return_review"]),
    "site_review": ("review_site", []),
    "judging": ("judge", []),
    "publicity": ("publish", []),
    "objection": ("publish", ["object"]),
    "rejected": ("judge", ["reject"]),
    "withdrawn": ("", ["withdraw"]),
    "planned": ("", []),
}
ENDS = {
    "not_list": ((5, 6), "listing_decided_on"),
    "reject": ((10, 20), "decided_on"),
    "withdraw": ((6, 30), "withdrawn_on"),
}
UNIT_ACTS = frozenset({"declare", "supplement", "start", "apply_review"})
OPINIONS = {
    "request_supplement": "演示：质量安全证明缺少盖章页，请补正。",
    "return_review": "演示：自评报告与检测资料不一致，请核对后重新申请。",
    "object": "演示：公示期间收到反映，交工资料须核实。",
}


class Stories:
    """Decides who is eligible and lets every candidacy of the data file travel as far as it says."""

    def __init__(self, data: dict[str, Any], cast: Cast, works: Works) -> None:
        self.data, self.cast, self.works = data, cast, works
        self.today = timezone.localdate()
        self.staff = self._actor("staff")
        self.schemes = {scheme.code: scheme for scheme in Scheme.objects.all()}

    def load(self, say: Callable[[str], None]) -> None:
        """Raises KeyError when the data file names a project or an outcome that does not exist."""
        for story in self.data["stories"]:
            scheme = self.schemes[story["scheme"]]
            say(f"{story['year']}年{scheme}")
            units = {name: list(self._units(scheme, name)) for name in self._names(story)}
            if story.get("eligible_too", True):
                self._decide(story, scheme, [unit for row in units.values() for unit in row])
            for name, outcomes in story["stands"].items():
                dealt = outcomes.split()
                for place, (project, section) in enumerate(units[name]):
                    candidacy = self._candidacy(story, scheme, project, section)
                    self._travel(candidacy, story["year"], dealt[place % len(dealt)])

    def _actor(self, username: str) -> Actor:
        # A fresh object: memberships are read once for the life of a user object.
        user = User.objects.get(pk=self.cast.users[username].pk)
        return Actor.of(user, "command").in_batch(BATCH)

    def _names(self, story: dict) -> list[str]:
        return [*story["stands"], *story.get("eligible", ())]

    def _units(self, scheme: Scheme, name: str) -> Iterator[tuple[Project, Section | None]]:
        project = self.works.projects[name]
        if scheme.unit == "project":
            yield project, None
            return
        for section in project.sections.filter(kind="construction").order_by("pk"):
            yield project, section

    def _decide(self, story: dict, scheme: Scheme, units: list[tuple[Project, Section | None]]) -> None:
        day = min(date(story["year"], 2, 20), self.today)
        decisions = [
            Eligibility(
                scheme=scheme,
                stage=story["stage"],
                year=story["year"],
                project=project,
                section=section,
                eligible=True,
                decided_on=day,
                reason=f"{NOTE}：按方案条件认定，仅供演示。",
                is_demo=True,
            )
            for project, section in units
        ]
        records.create_many(decisions, self.staff, reason=NOTE)

    def _candidacy(self, story: dict, scheme: Scheme, project: Project, section: Section | None) -> Candidacy:
        """The plan's own candidacy if it has one, else an invented one."""
        key = {"scheme": scheme, "year": story["year"], "stage": story["stage"]}
        key |= {"project": project, "section": section, "achievement": story.get("achievement", "")}
        if known := Candidacy.objects.filter(**key, status="planned").first():
            return records.update(known, {"remark": REMARK}, self.staff, label="补演示数据", reason=NOTE)
        made = Candidacy(**key, provenance=NOTE, is_demo=True)
        return records.create(made, self._unit(made), reason=NOTE)

    def _unit(self, candidacy: Candidacy) -> Actor:
        """Who acts for the project: its owner, for a section of the demo contractor the contractor."""
        contractor = self.cast.organizations["contractor1"]
        section = candidacy.section
        if section and section.participations.filter(organization=contractor, role="contractor").exists():
            return self._actors["contractor"]
        county = candidacy.project.owner_id == self.cast.organizations["owner2"].pk
        return self._actors["owner2" if county else "owner"]

    @cached_property
    def _actors(self) -> dict[str, Actor]:
        return {name: self._actor(name) for name in ("owner", "owner2", "contractor", "discipline")}

    def _travel(self, candidacy: Candidacy, year: int, outcome: str) -> None:
        found = OUTCOME.fullmatch(outcome)
        review_year = int(found["year"] or year)
        for name, day, column in self._steps(candidacy.stage, found["end"], year, review_year):
            if day > self.today:
                break
            candidacy = self._act(candidacy, name, day, column, found["end"])
        if found["late"] and candidacy.due_on:
            values = {"due_on": self.today - timedelta(days=LATE_DAYS)}
            records.update(candidacy, values, self.staff, label="补演示数据", reason=f"{NOTE}：期限已过")

    def _steps(self, stage: str, end: str, year: int, review_year: int) -> Iterator[tuple[str, date, str]]:
        """The transitions of a journey with their days; the last ones leave the way towards its end."""
        way = [(name, date(year, *day), column) for name, day, column in WAYS[stage]]
        last, exits = EXITS.get(end, ("" if end == "creating" else "name", []))
        if end == "rejected" and stage == "creation":
            last = "accept"  # such works may fall at the screening already
        if end != "creating":
            way += [(name, date(review_year, *day), column) for name, day, column in REVIEW]
        if end in ("planned", "withdrawn"):
            way = []
        day = date(year, 1, 1)
        for name, day, column in way:
            yield name, day, column
            if name == last:
                break
        for name in exits:
            month_day, column = ENDS.get(name, ((0, 0), ""))
            if column:
                day = date(day.year, *month_day)
            yield name, day, column

    def _act(self, candidacy: Candidacy, name: str, day: date, column: str, end: str) -> Candidacy:
        actor = self.staff
        if name in UNIT_ACTS:
            actor = self._unit(candidacy)
            if name != "start":
                self._attach(candidacy, actor)
        elif name == "object":
            actor = self._actors["discipline"]
        data = {"opinion": OPINIONS.get(name, NOTE)}
        if column:
            data[column] = day
        if name == "publish":
            # Still open to objections where the journey stands there, over where it went on.
            open_now = end in ("publicity", "objection")
            data[column] = self.today if open_now else day
            if not open_now:
                data["publicity_until"] = day + timedelta(days=7)
        if name == "name":
            data["grade"] = self._grade(candidacy, end)
        return perform(candidacy, name, actor, data)

    def _grade(self, candidacy: Candidacy, end: str) -> str:
        if not candidacy.scheme.graded:
            return ""
        return "excellent" if end == "excellent" else "passed"

    def _attach(self, candidacy: Candidacy, actor: Actor) -> None:
        for kind in candidacy.materials():
            attach(candidacy, ContentFile(demo_pdf(kind), name=f"{kind}（演示）.pdf"), kind, actor)
