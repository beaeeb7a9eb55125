"""Reports of shares: made for their periods, filled with what the ledgers know, filled again, corrected by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from supervision.flows import history, records
from supervision.flows.errors import IllegalTransition, LostRace
from supervision.flows.history import Actor
from supervision.flows.models import Event
from supervision.flows.reach import label_of
from supervision.people.models import Organization, OrganizationKind
from supervision.rules.numbers import date_cn
from supervision.rules.shipped import rule

from .. import facts
from ..facts import Place, Span
from ..models import ShareFigure, ShareReport, TaskShare
from ..models.progress import DRAFT
from ..models.share import DECLARED, UNDERWAY
from .following import FOLLOWING
from .periods import Period, ended, label, period_of

WHOLE_CITY = frozenset({OrganizationKind.BUREAU, OrganizationKind.OFFICE, OrganizationKind.ENFORCEMENT})
IN_DISTRICT = frozenset({OrganizationKind.COUNTY, OrganizationKind.ZONE})
Known = dict[tuple, Decimal]
ASKED_ANEW, CORRECTED = "重新取数", "更正数据"


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


def looked_at(last: date) -> date:
    """The day as of which a period is asked: its last, or today while it runs."""
    return min(last, timezone.localdate())


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
    """The report of a period with its figures; the one that is there where there is one. Raises IllegalTransition
    for a period that has not begun."""
    if period.first > timezone.localdate():
        raise IllegalTransition(f"{label(period.code)}尚未开始，{date_cn(period.first)}起再填报。")
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
        as_of=looked_at(period.last),
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
    """Ask the ledgers anew, as of the period's end, or of today while it runs. What was corrected by hand keeps its
    correction beside the new number; `moved_under` says where that number changed. Called with the report held."""
    report.as_of = looked_at(report.last)
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
                records.update(figure, {"computed": value}, actor, label=ASKED_ANEW)


def correct(
    report: ShareReport,
    typed: Mapping[int, tuple[Decimal | None, str]],
    actor: Actor,
    version: int | None = None,
) -> int:
    """Put numbers by hand in the place of computed ones, each with its reason; None takes one back.

    version   the report's version that the person saw; the record's own when not given
    The report is held while its figures are written: of two at once, or of a correction and a submission, one
    comes second and writes nothing. Returns how many changed. Raises ValidationError with every sentence,
    LostRace, IllegalTransition once the report is no draft.
    """
    wrong, changed = [], []
    if version is not None:
        report.version = version
    with transaction.atomic():
        if not records.claim(report, status=DRAFT):
            fresh = ShareReport._base_manager.get(pk=report.pk)
            if fresh.status != DRAFT:
                raise IllegalTransition(
                    f"报告{fresh.status_label}，不能再改动数据。{records.lost_message(report)}"
                )
            raise LostRace(records.lost_message(report))
        for figure in report.figures.filter(pk__in=typed):
            value, reason = typed[figure.pk]
            if value is not None and value == figure.computed:
                value, reason = None, ""
            if (figure.typed, figure.reason) == (value, reason):
                continue
            try:
                records.update(figure, {"typed": value, "reason": reason}, actor, label=CORRECTED)
                changed.append(figure.label)
            except ValidationError as error:
                wrong += error.messages
        if wrong:
            raise ValidationError(wrong)
        if changed:
            # On the report's own history, so that whoever comes second is told who was first.
            history.note(report, actor, verb="correct", label=CORRECTED, reason="、".join(changed))
        else:
            transaction.set_rollback(True)
    report.version += bool(changed)
    return len(changed)


def moved_under(figures: Iterable[ShareFigure]) -> dict[int, tuple[str, str]]:
    """By figure: what the ledgers said when it was last corrected by hand, and what they say since; only where that
    changed. One statement."""
    typed = {figure.pk: figure for figure in figures if figure.typed is not None}
    if not typed:
        return {}
    rows = Event.objects.filter(model=label_of(ShareFigure), object_id__in=typed).order_by("object_id", "seq")
    then: dict[int, str] = {}
    for pk, changes in rows.values_list("object_id", "changes"):
        if "typed" in changes or "reason" in changes:
            then.pop(pk, None)
        elif "computed" in changes:
            then.setdefault(pk, changes["computed"][0])
    return {
        pk: (plain(Decimal(before)), plain(typed[pk].computed))
        for pk, before in then.items()
        if Decimal(before) != typed[pk].computed
    }


def plain(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def current_period(share: TaskShare, day: date) -> Period:
    """The period a unit reports for when it begins on `day`: the day's own; before the share's year its first,
    after it its last."""
    within = max(date(share.year, 1, 1), min(day, date(share.year, 12, 31)))
    return period_of(within, share.task.every)


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
