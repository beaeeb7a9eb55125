"""The sheets that the schedule asks for, each once; the spot-checks that were drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import yaml
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from supervision.flows import records
from supervision.flows.errors import LostRace
from supervision.flows.history import SYSTEM, Actor
from supervision.flows.models import Event
from supervision.flows.reach import label_of
from supervision.people.models import Organization, Sector
from supervision.rules.calendar import add_workdays

from ..models import (
    Assessment,
    AssessmentSchedule,
    Participation,
    Project,
    Section,
    SpotCheckDraw,
    Standard,
    StandardVersion,
)
from ..models.project import ObjectKind
from ..models.section import SectionKind
from ..models.standard import Subject
from . import periods
from .periods import Period

DEFAULTS = Path(__file__).parent.parent / "data" / "assessment_schedule.yaml"
BATCH = "load_standards"
CHUNK = 200
Report = Callable[[int, int], None]


@dataclass
class Made:
    """What a run did: sheets made, spot-checks laid on sheets, schedules left out and why."""

    sheets: int = 0
    spots: int = 0
    left: list[str] = field(default_factory=list)


def load_schedules(actor: Actor) -> int:
    """Enter the default schedules that were never entered before; returns how many."""
    told = Event.objects.filter(batch=BATCH, verb="create", model=label_of(AssessmentSchedule))
    names = ("standard", "subject", "every")
    entered = {tuple(row[name][1] for name in names) for row in told.values_list("changes", flat=True)}
    number = 0
    for row in yaml.safe_load(DEFAULTS.read_text(encoding="utf-8"))["schedules"]:
        standard = Standard.objects.filter(code=row.pop("standard")).first()
        if standard is None or (standard.pk, row["subject"], row["every"]) in entered:
            continue
        wanted = {"standard": standard, "subject": row["subject"], "every": row["every"]}
        if AssessmentSchedule.objects.filter(**wanted).exists():
            continue
        records.create(
            AssessmentSchedule(standard=standard, **row), actor.in_batch(BATCH), reason="随系统提供"
        )
        number += 1
    return number


# ------------------------------------------------------------------------------------------- who is assessed


def at_work(first: date, last: date, at: str = "") -> Q:
    """Projects under construction between two days: begun by `last`, not handed over before `first`."""
    return Q(
        **{
            f"{at}object_kind": ObjectKind.WORKS,
            f"{at}start_on__lte": last,
            f"{at}merged_into__isnull": True,
            f"{at}mode__in": (Sector.HIGHWAY, Sector.WATERWAY),
        }
    ) & (Q(**{f"{at}handover_on__isnull": True}) | Q(**{f"{at}handover_on__gte": first}))


def sections_at_work(year: int):
    """Construction sections under construction at some time of a year."""
    return _sections(date(year, 1, 1), date(year, 12, 31), SectionKind.CONSTRUCTION)


def _sections(first: date, last: date, kind: str):
    begun = Q(start_on__isnull=True) | Q(start_on__lte=last)
    going = Q(end_on__isnull=True) | Q(end_on__gte=first)
    return Section.objects.filter(begun, going, at_work(first, last, "project__"), kind=kind)


def units_of(subject: str, period: Period) -> Iterator[tuple[Project, Section | None, Organization | None]]:
    """Who is assessed in a period: (project, section, unit). A supervisor of several sections comes once."""
    first, last = period.first, period.last
    if subject == Subject.CONTRACTOR:
        for section in (
            _sections(first, last, SectionKind.CONSTRUCTION).select_related("project").iterator(1000)
        ):
            yield section.project, section, None
    elif subject == Subject.SUPERVISOR:
        for section in (
            _sections(first, last, SectionKind.SUPERVISION).select_related("project").iterator(1000)
        ):
            yield section.project, section, None
        # Projects without a supervision section of their own: by the supervisors who take part, each once.
        own = Section.objects.filter(project=OuterRef("section__project"), kind=SectionKind.SUPERVISION)
        pairs = (
            Participation.objects.filter(
                Q(until__isnull=True) | Q(until__gte=first),
                at_work(first, last, "section__project__"),
                ~Exists(own),
                role="supervisor",
                since__lte=last,
            )
            .order_by("section__project_id", "organization_id")
            .values_list("section__project_id", "organization_id")
            .distinct()
        )
        wanted = list(pairs)
        projects = Project.objects.in_bulk({project for project, _ in wanted})
        offices = Organization.objects.in_bulk({office for _, office in wanted})
        for project, office in wanted:
            yield projects[project], None, offices[office]
    elif subject in (Subject.OWNER, Subject.PROJECT):
        for project in Project.objects.filter(at_work(first, last)).select_related("owner").iterator(1000):
            if subject == Subject.PROJECT or project.owner_id:
                yield project, None, project.owner


# ---------------------------------------------------------------------------------------------------- making


def make_due(day: date | None = None, actor: Actor = SYSTEM, report: Report | None = None) -> Made:
    """Make the sheets of the periods in which `day` (default today) lies, for every schedule in use, and lay the
    drawn spot-checks on sheets. Running it again makes nothing twice; what people set aside stays aside."""
    day = day or timezone.localdate()
    made = Made()
    schedules = list(
        AssessmentSchedule.objects.filter(is_active=True, standard__is_example=False).select_related(
            "standard"
        )
    )
    for place, schedule in enumerate(schedules):
        if report:
            report(place, len(schedules))
        period = periods.holding(schedule.every, day)
        try:
            version = StandardVersion.objects.in_force(schedule.standard.code, min(day, period.last))
        except StandardVersion.DoesNotExist as error:
            made.left.append(f"{schedule}：{error}")
            continue
        if not version.tables.filter(subject=schedule.subject).exists():
            made.left.append(f"{schedule}：{version}没有{schedule.get_subject_display()}的考核表")
            continue
        made.sheets += _make(schedule, version, period, actor)
    for draw in SpotCheckDraw.objects.filter(year=day.year).order_by("pk"):
        made.spots += lay_spot_checks(draw, actor)
    return made


def _make(schedule: AssessmentSchedule, version: StandardVersion, period: Period, actor: Actor) -> int:
    present = set(
        Assessment._base_manager.filter(
            period=period.code, subject=schedule.subject, standard_version__standard_id=schedule.standard_id
        ).values_list("slot", flat=True)
    )
    days = {
        f"{column}_due_on": add_workdays(period.last, getattr(schedule, f"{column}_days"))
        for column in ("self", "recheck", "owner", "bureau")
    }
    drawn = period.first if schedule.bureau_every and period.ends(schedule.bureau_every) else None
    number, waiting = 0, []

    def write() -> int:
        if not waiting:
            return 0
        try:
            with transaction.atomic():
                return len(records.create_many(waiting, actor, label="按周期生成", clean=False))
        except IntegrityError:
            # Another run made one of them meanwhile: one by one, then.
            return sum(_one(row, actor) for row in waiting)

    for project, section, unit in units_of(schedule.subject, period):
        sheet = Assessment(
            project=project,
            section=section,
            unit=unit,
            subject=schedule.subject,
            standard_version=version,
            course=schedule.course_of(period),
            period=period.code,
            drawn_on=drawn,
            is_demo=section.is_demo if section else project.is_demo,
            **days,
        )
        if sheet.make_slot() in present:
            continue
        waiting.append(sheet)
        if len(waiting) == CHUNK:
            number += write()
            waiting.clear()
    return number + write()


def _one(row: Assessment, actor: Actor) -> int:
    row.pk, row._state.adding = None, True
    try:
        with transaction.atomic():
            records.create(row, actor, label="按周期生成", clean=False)
    except IntegrityError:
        return 0
    return 1


def lay_spot_checks(draw: SpotCheckDraw, actor: Actor = SYSTEM) -> int:
    """Ask for a spot-check on one sheet of every drawn section: the year's latest that the owner assesses; sections
    that have none yet wait for the next run. Returns how many were laid."""
    of_year = Assessment.objects.filter(
        year=draw.year, subject=Subject.CONTRACTOR, standard_version__standard_id=draw.standard_id
    )
    laid = set(of_year.filter(drawn_on__isnull=False).values_list("section_id", flat=True))
    number = 0
    waiting = [pk for pk in draw.chosen if pk not in laid]
    for start in range(0, len(waiting), CHUNK):
        sheets: dict[int, Assessment] = {}
        rows = of_year.filter(section_id__in=waiting[start : start + CHUNK], course="full").exclude(
            status__in=("void", "rectify")
        )
        for sheet in rows.select_related(*Assessment.text_joins).order_by("period_to"):
            sheets[sheet.section_id] = sheet
        for sheet in sheets.values():
            try:
                records.update(
                    sheet,
                    {"drawn_on": timezone.localdate(draw.drawn_at)},
                    actor,
                    label="抽中抽查",
                    reason=f"{draw}，种子 {draw.seed}",
                    clean=False,
                )
            except LostRace:
                continue  # somebody is at it this moment; the next run lays it
            number += 1
    return number
