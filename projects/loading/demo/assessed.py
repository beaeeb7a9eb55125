"""The demonstration's assessments: a few sheets of the first half of this year, at every stage of their way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.core.files.base import ContentFile
from django.utils import timezone

from projects.assessments.marking import Given, save_marks
from projects.assessments.sheet import Sheet
from projects.models import Assessment, Section, StandardVersion
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.flows.perform import perform
from supervision.papers.services import attach
from supervision.people.models import User
from supervision.rules.calendar import add_workdays

from . import BATCH, NOTE
from .cast import Cast
from .sheet import demo_pdf
from .works import Works

PROJECT = "宿连航道二期"
REASONS = ("演示：现场缺一处标志", "演示：台账缺一次记录", "演示：交底签字不全")
# How far each section's sheet comes, and how many points in ten its owner takes off.
WAYS = (("spot", 1), ("rectify", 4), ("recheck", 0), ("self", 0))
STEPS = [("self", "contractor", "submit_self"), ("recheck", "supervisor", "submit_recheck")]


class Assessed:
    """Makes sheets for sections of the demo contractor and supervisor, and passes them along as they would."""

    def __init__(self, cast: Cast, works: Works) -> None:
        self.cast, self.works = cast, works
        self.year = timezone.localdate().year
        self.actors = {name: self._actor(name) for name in ("contractor", "supervisor", "owner", "inspector")}

    def load(self) -> int:
        """Returns how many sheets were made; none where the standard is not in force."""
        end = date(self.year, 6, 30)
        try:
            version = StandardVersion.objects.in_force("PAGD", min(end, timezone.localdate()))
        except StandardVersion.DoesNotExist:
            return 0
        sections = list(self._sections())
        for section, (way, off) in zip(sections, WAYS, strict=False):
            sheet = self._sheet(version, section=section, project=section.project)
            self._travel(sheet, way, off)
        if sections:
            self._whole(version, sections[0])
        return len(sections)

    def _actor(self, username: str) -> Actor:
        return Actor.of(User.objects.get(pk=self.cast.users[username].pk), "command").in_batch(BATCH)

    def _sections(self) -> Iterator[Section]:
        """Sections that the demo contractor builds and the demo supervisor supervises, the plan's project first."""
        found = Section.objects.filter(
            kind="construction",
            participations__organization=self.cast.organizations["contractor1"],
            project__owner__path__startswith=self.cast.organizations["owner"].path,
        ).filter(participations__organization=self.cast.organizations["supervisor1"])
        rows = list(found.select_related("project").distinct().order_by("pk"))
        yield from sorted(rows, key=lambda row: row.project.name != PROJECT)[: len(WAYS)]

    def _sheet(self, version: StandardVersion, **facts) -> Assessment:
        end = date(self.year, 6, 30)
        facts = {"subject": "contractor", "course": "full", "period": f"{self.year}-Q2"} | facts
        days = {
            f"{column}_due_on": add_workdays(end, number)
            for column, number in (("self", 5), ("recheck", 10), ("owner", 20), ("bureau", 40))
        }
        made = Assessment(standard_version=version, is_demo=True, **facts, **days)
        records.create(made, Actor.of(None, "command").in_batch(BATCH), label="按周期生成", reason=NOTE)
        return self._fresh(made)

    def _fresh(self, sheet: Assessment) -> Assessment:
        return Assessment.objects.select_related(*Assessment.text_joins).get(pk=sheet.pk)

    def _fill(self, sheet: Assessment, who: str, off: int, *, part: float = 1) -> None:
        items = list(Sheet(sheet).items.values())
        given = []
        for at, item in enumerate(items[: round(len(items) * part)]):
            points = min(item.full, item.full * off / 10) if item.full is not None and at % 2 else 0
            if not points and item.full and at % 7 == 3 and off:
                points = 1
            reason = REASONS[at % len(REASONS)] if points else ""
            conforms = True if item.full is None else None
            given.append(Given(item.key, None if conforms else points, conforms=conforms, reason=reason))
        save_marks(self._fresh(sheet), given, self.actors[who])

    def _act(self, sheet: Assessment, who: str, name: str) -> Assessment:
        perform(self._fresh(sheet), name, self.actors[who], {"opinion": NOTE})
        return self._fresh(sheet)

    def _travel(self, sheet: Assessment, way: str, off: int) -> None:
        if way == "self":
            self._fill(sheet, "contractor", 1, part=0.4)
            return
        for column, who, name in STEPS:
            if way == column:
                self._fill(sheet, who, 1, part=0.6)
                return
            self._fill(sheet, who, 1)
            sheet = self._act(sheet, who, name)
        self._fill(sheet, "owner", off)
        if way == "rectify":
            # A third of the marks gone on every other item, and all of them on the first table.
            save_marks(
                self._fresh(sheet),
                [
                    Given(i.key, i.full, reason=REASONS[0])
                    for i in list(Sheet(sheet).items.values())[:18]
                    if i.full
                ],
                self.actors["owner"],
            )
            sheet = self._act(sheet, "owner", "fail_owner")
            attach(
                sheet,
                ContentFile(demo_pdf("整改通知"), name="整改通知（演示）.pdf"),
                "考核记录",
                self.actors["owner"],
            )
            return
        sheet = self._act(sheet, "owner", "pass_owner")
        if way == "spot":
            sheet = self._act(sheet, "inspector", "add_spot")
            self._fill(sheet, "inspector", off + 1)
            self._act(sheet, "inspector", "pass_bureau")

    def _whole(self, version: StandardVersion, section: Section) -> None:
        """The supervisor's and the owner's sheets of the first section's project, so that it has a score."""
        project = section.project
        unit = self.cast.organizations["supervisor1"]
        own = project.sections.filter(kind="supervision", participations__organization=unit).first()
        about = {"section": own} if own else {"unit": unit}
        sheet = self._sheet(version, project=project, subject="supervisor", course="direct", **about)
        self._fill(sheet, "supervisor", 0)
        sheet = self._act(sheet, "supervisor", "submit_self_owner")
        self._fill(sheet, "owner", 1)
        self._act(sheet, "owner", "pass_owner")
        sheet = self._sheet(
            version,
            project=project,
            subject="owner",
            course="alone",
            period=f"{self.year}-H1",
            unit=project.owner,
        )
        self._fill(sheet, "owner", 1)
        self._act(sheet, "owner", "submit_self_done")
