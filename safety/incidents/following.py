"""What follows from a report of an incident: its figures, its clocks, what was late or untrue, the hazards."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from supervision.flows import records
from supervision.flows.history import SYSTEM, Actor

from ..models.hazard import REASSESSMENT, HazardTrigger, TriggerKind
from ..models.incident import (
    FIGURES,
    INCIDENT_HANDLING,
    VOID,
    FaultKind,
    Incident,
    IncidentClock,
    IncidentReport,
    ReportingFault,
    ReportKind,
)
from ..rules import rule
from . import clocks, grading

PART = 200


def of_report(report: IncidentReport, actor: Actor) -> None:
    """Bring the incident in line with a report just written. Called in its transaction."""
    incident = Incident.objects.select_related("project", "section", "grade_rule").get(pk=report.incident_id)
    values: dict = {}
    if report.counts and report.kind != ReportKind.FIRST:
        incident.settle({name: getattr(report, name) for name in FIGURES})
        names = (*FIGURES, "grade", "grade_rule", "in_statistics")
        values = {name: getattr(incident, name) for name in names}
    if trigger := hazards_anew(incident, actor):
        values["hazard_trigger"] = trigger
    if values:
        records.update(
            incident,
            values,
            actor,
            label=report.get_kind_display(),
            reason=report.content[:1000],
            clean=False,
        )
    late(incident, tell_time(incident, report))
    doubts(incident, report)


def tell_time(incident: Incident, last: IncidentReport) -> list[clocks.Clock]:
    """The clocks by all reports so far, kept for lists and figures."""
    content = rule(grading.GRADES, incident.happened_on).content
    said = []
    for report in incident.reports.order_by("seq"):
        level = grading.level_named(content, report.grade)
        said.append(report.said(level["report_up_to"] if level else clocks.CITY))
    made = clocks.clocks(said, last.clock_rule.content)
    for clock in made:
        facts = {"start": clock.start, "due": clock.due, "met": clock.met}
        IncidentClock.objects.update_or_create(incident=incident, code=clock.code, defaults=facts)
    return made


def late(incident: Incident, made: list[clocks.Clock]) -> None:
    """A fault for each clock that was met after its time; one that stands already is left as it is."""
    for clock in made:
        if clock.met and clock.late_minutes(clock.met):
            note(incident, FaultKind.LATE, clock, words(clock, clock.met))


def words(clock: clocks.Clock, now: datetime) -> str:
    """Both times and what lies between them, as a sentence."""
    told = f"实报 {shown(clock.met)}" if clock.met else f"至 {shown(now)} 未报"
    return (
        f"{clock.label}：自 {shown(clock.start)} 起算，应于 {shown(clock.due)} 前报告，{told}，"
        f"超过 {clock.late_minutes(now)} 分钟。"
    )


def shown(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}"


def note(
    incident: Incident,
    kind: str,
    clock: clocks.Clock | None,
    basis: str,
    now: datetime | None = None,
    report: IncidentReport | None = None,
) -> bool:
    """Note a fault once: of a clock, or of the report that does not agree with those before it; returns whether it
    was new."""
    code = clock.code if clock else ""
    if incident.faults.filter(kind=kind, clock=code, report=report, found_by_system=True).exists():
        return False
    fault = ReportingFault(
        incident=incident,
        kind=kind,
        clock=code,
        basis=basis,
        report=report,
        found_by_system=True,
        is_demo=incident.is_demo,
    )
    if clock:
        fault.start, fault.due, fault.met = clock.start, clock.due, clock.met
        fault.late_minutes = clock.late_minutes(now or clock.met)
    try:
        with transaction.atomic():
            records.create(fault, SYSTEM, label="系统比对发现")
    except IntegrityError:
        return False  # another worker was first
    return True


def doubts(incident: Incident, report: IncidentReport) -> None:
    """A question when a report tells another time than those before it, of a call they kept silent on, or of
    casualties they should have known. Each report that does not agree gives one of its own."""
    former = list(incident.reports.filter(seq__lt=report.seq).order_by("seq"))
    space = timedelta(minutes=report.clock_rule.content["doubt_minutes"])
    found = []
    known = min((one.known_at for one in former if one.known_at), default=None)
    if known and report.known_at and known - report.known_at > space:
        found.append(f"单位获知时间此前报为 {shown(known)}，本次为 {shown(report.known_at)}")
    happened = [one.happened_at for one in former if one.happened_at]
    if happened and report.happened_at and abs(happened[-1] - report.happened_at) > space:
        found.append(f"发生时间此前报为 {shown(happened[-1])}，本次为 {shown(report.happened_at)}")
    own = [one for one in former if one.written and one.by_level == report.by_level]
    call = report.called_at if report.written else None
    told = any(one.called_at and call and abs(one.called_at - call) <= space for one in own)
    if call and not told and any(one.filed_at > call for one in own):
        found.append(f"本次称曾于 {shown(call)} 电话或微信报告，此后所报的第{own[-1].seq}次报告未提及")
    found += untold(former, report)
    if found:
        words = f"第{report.seq}次报告与以前不一致：{'；'.join(found)}。待核查。"
        note(incident, FaultKind.FALSE, None, words, report=report)


def untold(former: list[IncidentReport], report: IncidentReport) -> list[str]:
    """Dead, missing and seriously injured that by this report were there before the last one was filed, which told
    of fewer."""
    if not former or not report.changed_on:
        return []
    last = former[-1]
    if report.changed_on >= timezone.localdate(last.filed_at):
        return []
    found = []
    for name in ("deaths", "missing", "serious_injuries"):
        told, now = getattr(last, name) or 0, getattr(report, name) or 0
        if now > told:
            label = str(IncidentReport._meta.get_field(name).verbose_name).removesuffix("（人）")
            found.append(
                f"本次称 {report.changed_on} 已有{label} {now} 人，此后所报的第{last.seq}次报告为 {told} 人"
            )
    return found


def hazards_anew(incident: Incident, actor: Actor) -> HazardTrigger | None:
    """The trigger by which the hazards of the place are assessed anew, once the casualties ask for it."""
    least = rule(REASSESSMENT).content
    enough = incident.deaths >= least["deaths"] or incident.serious_injuries >= least["serious_injuries"]
    if incident.hazard_trigger_id or not enough:
        return None
    trigger = HazardTrigger(
        project=incident.project,
        section=incident.section,
        kind=TriggerKind.ACCIDENT,
        happened_on=incident.happened_on,
        deaths=incident.deaths,
        serious_injuries=incident.serious_injuries,
        description=f"事故 {incident.number}：{incident.get_accident_display()}，{incident.place}",
        is_demo=incident.is_demo,
    )
    return records.create(trigger, actor, label="事故触发重新评估")


# ------------------------------------------------------------------------------------------------------ watch


def watch(now: datetime | None = None) -> int:
    """Note every duty to report whose time passed by `now` (default: now) without a report; returns how many
    were new. A second run finds nothing, nor does one after the clock was set back."""
    now = now or timezone.now()
    omitted = ReportingFault.objects.filter(
        incident=OuterRef("incident"), clock=OuterRef("code"), kind=FaultKind.OMITTED, found_by_system=True
    )
    rows = (
        IncidentClock.objects.filter(met__isnull=True, due__lt=now)
        .exclude(incident__status=VOID)
        .exclude(Exists(omitted))
        .select_related("incident")
        .order_by("pk")
    )
    found = 0
    for row in rows.iterator(PART):
        clock = clocks.Clock(row.code, row.start, row.due)
        found += note(row.incident, FaultKind.OMITTED, clock, words(clock, now), now)
    return found


def ask_evaluations(day: date | None = None) -> int:
    """Ask for the evaluation of the measures of incidents whose year draws to its end; returns how many."""
    day = day or timezone.localdate()
    ahead = timedelta(days=rule(INCIDENT_HANDLING, day).content["evaluation_ahead_days"])
    rows = Incident.objects.filter(
        status="closed", evaluation_asked_on__isnull=True, evaluate_by__lte=day + ahead
    ).order_by("pk")
    done = 0
    for incident in rows.iterator(PART):
        values = {"evaluation_asked_on": day, "due_on": incident.evaluate_by}
        records.update(incident, values, SYSTEM, label="提请整改落实评估", clean=False)
        done += 1
    return done
