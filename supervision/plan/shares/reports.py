"""Reports of shares: made for their periods, filled with what the ledgers know, filled again, corrected by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from supervision.flows import records
from supervision.flows.history import Actor
from supervision.people.models import Organization, OrganizationKind
from supervision.rules.shipped import rule

from .. import facts
from ..facts import Place, Span
from ..models import ShareFigure, ShareReport, TaskShare
from ..models.share import DECLARED, UNDERWAY
from .following import FOLLOWING
from .periods import Period, ended, period_of

WHOLE_CITY = frozenset({OrganizationKind.BUREAU, OrganizationKind.OFFICE, OrganizationKind.ENFORCEMENT})
IN_DISTRICT = frozenset({OrganizationKind.COUNTY, OrganizationKind.ZONE})
Known = dict[tuple, Decimal]


def place_of(unit: Organization) -> dict:
    """Whose records a unit's report counts: a county's those of its district, a centre's those of its sector, an
    office's of the bureau those of the whole city, everybody else's their own."""
    if unit.kind in WHOLE_CITY:
        return {}
    if unit.kind in IN_DISTRICT and unit.district_id:
        return {"district": unit.district_id}
    if unit.kind == OrganizationKind.CENTRE and unit.sector:
        return {"sector": unit.sector}
    return {"unit": unit.pk}


def place_from(kept: Mapping, unit: Organization) -> Place:
    """The place that a report has kept; `unit` is the share's, so that it is not fetched."""
    if "unit" in kept:
        own = unit if unit.pk == kept["unit"] else Organization.objects.get(pk=kept["unit"])
        return Place(organization=own)
    return Place(district=kept.get("district"), sector=kept.get("sector"))


def span_of(report: ShareReport) -> Span:
    return Span(report.first, report.last, report.as_of)


def knowable(share: TaskShare, place: Place) -> tuple[list[facts.Fact], list[facts.Fact]]:
    """The facts of the task that can be told of the unit, and those that cannot."""
    known = [found for code in share.task.facts if (found := facts.find(code))]
    return [one for one in known if one.narrows(place)], [one for one in known if not one.narrows(place)]


def ask(report: ShareReport, known: Known | None = None) -> list[tuple[facts.Fact, Decimal]]:
    """What the ledgers say, fact by fact. `known` spares asking twice for units with several tasks."""
    place, span = place_from(report.place, report.share.unit), span_of(report)
    kept = known if known is not None else {}
    found = []
    for one in knowable(report.share, place)[0]:
        key = (one.code, span, tuple(sorted(report.place.items())))
        if key not in kept:
            kept[key] = Decimal(one.value(span, place)).quantize(Decimal("0.01"))
        found.append((one, kept[key]))
    return found


def open_report(
    share: TaskShare, period: Period, actor: Actor, known: Known | None = None, **more
) -> ShareReport:
    """The report of a period with its figures; the one that is there where there is one."""
    there = ShareReport.objects.filter(share=share, period=period.code).first()
    if there:
        return there
    days = rule(FOLLOWING, period.last).content["report_days"][share.task.every]
    report = ShareReport(
        share=share,
        period=period.code,
        first=period.first,
        last=period.last,
        report_by=period.report_by(days),
        as_of=timezone.localdate(),
        place=place_of(share.unit),
        **more,
    )
    try:
        with transaction.atomic():
            records.create(report, actor, label="生成报告")
            rows = [
                ShareFigure(
                    report=report,
                    code=one.code,
                    label=one.label,
                    measure=one.measure,
                    computed=value,
                    order=place,
                )
                for place, (one, value) in enumerate(ask(report, known), start=1)
            ]
            if rows:
                records.create_many(rows, actor, label="带出数据", clean=False)
    except (ValidationError, IntegrityError):
        there = ShareReport.objects.filter(share=share, period=period.code).first()
        if there is None:
            raise
        return there
    return report


def refill(report: ShareReport, actor: Actor) -> None:
    """Ask the ledgers anew, as of today. What was corrected by hand keeps its correction beside the new number."""
    there = {figure.code: figure for figure in report.figures.all()}
    with transaction.atomic():
        for place, (one, value) in enumerate(ask(report), start=1):
            figure = there.get(one.code)
            if figure is None:
                made = ShareFigure(
                    report=report,
                    code=one.code,
                    label=one.label,
                    measure=one.measure,
                    computed=value,
                    order=place,
                )
                records.create(made, actor, label="带出数据")
            elif figure.computed != value:
                records.update(figure, {"computed": value}, actor, label="重新取数")


def correct(report: ShareReport, typed: Mapping[int, tuple[Decimal | None, str]], actor: Actor) -> int:
    """Put numbers by hand in the place of computed ones, each with its reason; None takes one back.

    Returns how many changed. Raises ValidationError with every sentence, and writes nothing then.
    """
    wrong, changed = [], 0
    with transaction.atomic():
        for figure in report.figures.filter(pk__in=typed):
            value, reason = typed[figure.pk]
            if value is not None and value == figure.computed:
                value, reason = None, ""
            if (figure.typed, figure.reason) == (value, reason):
                continue
            try:
                records.update(figure, {"typed": value, "reason": reason}, actor, label="更正数据")
                changed += 1
            except ValidationError as error:
                wrong += error.messages
        if wrong:
            raise ValidationError(wrong)
    return changed


def current_period(share: TaskShare, day: date) -> Period:
    """The period a unit reports for when it begins on `day`: the day's own, after the share's year its last."""
    return period_of(min(day, date(share.year, 12, 31)), share.task.every)


def make_due(day: date, actor: Actor, progress: Callable[[int, int], None] = lambda done, total: None) -> int:
    """The reports of all periods that are over, of shares that are under way and were before the period's end."""
    rows = TaskShare.objects.filter(status__in=(UNDERWAY, DECLARED), year__in=(day.year, day.year - 1))
    rows = rows.filter(unit__is_active=True).select_related("task", "unit")
    there = set(
        ShareReport.objects.filter(share__year__in=(day.year, day.year - 1)).values_list("share", "period")
    )
    made, known, shares = 0, {}, list(rows)
    for at, share in enumerate(shares, start=1):
        for period in ended(share.year, share.task.every, day, since=share.planned_on):
            if (share.pk, period.code) not in there:
                open_report(share, period, actor, known, is_demo=share.is_demo)
                made += 1
        progress(at, len(shares))
    return made
