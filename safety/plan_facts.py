"""What the safety ledgers know of a span of days; see supervision/plan/facts.py."""

from __future__ import annotations

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from supervision.flows.oversight import SpanKind
from supervision.plan.facts import Span, fact

from .incident_indicators import end_of, standing, start_of
from .models import (
    DangerousWork,
    Drill,
    FeeEntry,
    HiddenDanger,
    IncidentMeasure,
    NearMiss,
    ReportingFault,
    SafetyActivity,
    Training,
    Visit,
    WeatherCheck,
)
from .models import Span as DangerSpan
from .models.fee_entry import PAYMENT, USE
from .models.inspection import InspectionKind, Outcome
from .models.training import TrainingKind

DANGER = "safety.hiddendanger"
OF_DANGER = {"measure": "处", "units": ("responsible_unit",), "project": "project"}
OF_VISIT = {"measure": "次", "units": ("project__owner",), "project": "project"}
PLACED = {"units": ("project__owner",), "project": "project"}


def verified(span: Span) -> QuerySet:
    return HiddenDanger.objects.filter(verified_on__range=span.days, project__merged_into__isnull=True)


@fact("danger.found", "排查治理安全隐患", DANGER, **OF_DANGER, meaning="期间内经核查属实的隐患。")
def dangers_found(span: Span) -> QuerySet:
    return verified(span)


@fact(
    "danger.major",
    "排查重大安全隐患",
    DANGER,
    **OF_DANGER,
    meaning="期间内经核查属实、截至日已定为重大的隐患。",
)
def dangers_major(span: Span) -> QuerySet:
    return verified(span).filter(major_on__lte=span.known)


@fact(
    "danger.closed",
    "整改销号安全隐患",
    DANGER,
    **OF_DANGER,
    meaning="期间内销号、截至日未重新打开的隐患。",
)
def dangers_closed(span: Span) -> QuerySet:
    done = DangerSpan.on(span.known, SpanKind.CLOSED).filter(since__range=span.days)
    return HiddenDanger.objects.filter(pk__in=done.values("danger"), project__merged_into__isnull=True)


@fact(
    "danger.open",
    "未销号安全隐患",
    DANGER,
    **OF_DANGER,
    stock=True,
    meaning="期末（截至日更早的，为截至日）经核查属实、尚未销号的隐患（不限何时发现）。",
)
def dangers_open(span: Span) -> QuerySet:
    done = DangerSpan.on(span.known, SpanKind.CLOSED)
    rows = HiddenDanger.objects.filter(verified_on__lte=span.known, project__merged_into__isnull=True)
    return rows.exclude(pk__in=done.values("danger"))


@fact("danger.listed", "挂牌督办安全隐患", DANGER, **OF_DANGER, meaning="期间内开始挂牌督办的隐患。")
def dangers_listed(span: Span) -> QuerySet:
    begun = DangerSpan.objects.filter(kind=SpanKind.LISTED, since__range=span.days)
    return HiddenDanger.objects.filter(pk__in=begun.values("danger"), project__merged_into__isnull=True)


@fact("danger.suspended", "责令停工", DANGER, **OF_DANGER, meaning="期间内因隐患责令停工的隐患。")
def dangers_suspended(span: Span) -> QuerySet:
    begun = DangerSpan.objects.filter(kind=SpanKind.SUSPENDED, since__range=span.days)
    return HiddenDanger.objects.filter(pk__in=begun.values("danger"), project__merged_into__isnull=True)


def visits(span: Span) -> QuerySet:
    return Visit.objects.filter(
        sealed_on__lte=span.known, visited_on__range=span.days, project__merged_into__isnull=True
    )


@fact(
    "inspection.visits",
    "开展监督检查",
    "safety.visit",
    **OF_VISIT,
    meaning="期间内进行、截至日双方已签字封存的检查（企业自查除外）。",
)
def inspections(span: Span) -> QuerySet:
    return visits(span).exclude(kind=InspectionKind.SELF)


@fact(
    "inspection.self",
    "企业自查",
    "safety.visit",
    **OF_VISIT,
    meaning="期间内进行、截至日已签字封存的企业自查。",
)
def self_checks(span: Span) -> QuerySet:
    return visits(span).filter(kind=InspectionKind.SELF)


for _outcome, _label in (
    (Outcome.ON_SITE, "现场处理"),
    (Outcome.ORDER, "责令整改"),
    (Outcome.PENALTY, "移送行政处罚"),
    (Outcome.FORCE, "行政强制"),
):

    def _of_outcome(span: Span, outcome: str = _outcome) -> QuerySet:
        return inspections(span).filter(outcome=outcome)

    fact(
        f"inspection.{_outcome.value}",
        f"检查后{_label}",
        "safety.visit",
        **OF_VISIT,
        meaning=f"期间内的监督检查中处理方式为“{_label}”的。",
    )(_of_outcome)


@fact(
    "drill.held",
    "组织应急演练",
    "safety.drill",
    measure="次",
    **PLACED,
    meaning="期间内举行的应急演练。",
)
def drills(span: Span) -> QuerySet:
    return Drill.objects.filter(held_on__range=span.days, project__merged_into__isnull=True)


def at_sections(span: Span) -> QuerySet:
    """Trainings and disclosures of works; an enterprise's are a fact of their own."""
    return Training.objects.filter(
        held_on__range=span.days, section__isnull=False, section__project__merged_into__isnull=True
    )


@fact(
    "training.held",
    "开展安全教育培训",
    "safety.training",
    measure="次",
    units=("section__project__owner",),
    project="section__project",
    meaning="期间内工程标段举行的教育培训（交底除外）。",
)
def trainings(span: Span) -> QuerySet:
    return at_sections(span).exclude(kind=TrainingKind.DISCLOSURE)


@fact(
    "training.enterprise",
    "企业开展安全教育培训",
    "safety.training",
    measure="次",
    units=("enterprise__owner",),
    project="enterprise",
    meaning="期间内监管企业、路线管养单位举行的教育培训（工程标段的除外）。",
)
def enterprise_trainings(span: Span) -> QuerySet:
    return Training.objects.filter(
        held_on__range=span.days, enterprise__isnull=False, enterprise__merged_into__isnull=True
    ).exclude(kind=TrainingKind.DISCLOSURE)


@fact(
    "training.attended",
    "安全教育培训参加人次",
    "safety.training",
    measure="人次",
    units=("section__project__owner",),
    project="section__project",
    amount="heads",
    meaning="期间内教育培训（交底除外）的实到与补训人数合计。",
)
def attendance(span: Span) -> QuerySet:
    return trainings(span).annotate(heads=F("attended") + F("made_up"))


@fact(
    "disclosure.held",
    "安全技术交底",
    "safety.training",
    measure="次",
    units=("section__project__owner",),
    project="section__project",
    meaning="期间内进行的安全技术交底。",
)
def disclosures(span: Span) -> QuerySet:
    return at_sections(span).filter(kind=TrainingKind.DISCLOSURE)


@fact(
    "activity.held",
    "开展竞赛与警示教育",
    "safety.safetyactivity",
    measure="场次",
    units=("organizer",),
    project="project",
    meaning="期间内举行的安全知识竞赛、技能比武、警示教育等活动。",
)
def activities(span: Span) -> QuerySet:
    return SafetyActivity.objects.filter(held_on__range=span.days)


def incidents_of(span: Span) -> QuerySet:
    return standing(span.known).filter(happened_on__range=span.days, grade_then__isnull=False)


OF_INCIDENT = {"units": ("unit", "project__owner"), "project": "project"}


@fact(
    "incident.count",
    "发生事故",
    "safety.incident",
    measure="起",
    **OF_INCIDENT,
    meaning="期间内发生、截至日未撤销、已定等级的事故。",
)
def incidents(span: Span) -> QuerySet:
    return incidents_of(span).exclude(grade_then="")


@fact(
    "incident.deaths",
    "事故死亡人数",
    "safety.incident",
    measure="人",
    **OF_INCIDENT,
    amount="lost",
    meaning="期间内发生、截至日未撤销的事故，按截至日最后一次有效报告的死亡人数合计。",
)
def deaths(span: Span) -> QuerySet:
    return incidents_of(span).filter(deaths_then__gt=0).annotate(lost=Coalesce("deaths_then", 0))


@fact(
    "incident.reporting_faults",
    "迟报漏报谎报瞒报",
    "safety.reportingfault",
    measure="起",
    units=("unit",),
    project="incident__project",
    meaning="期间内认定的迟报、漏报、谎报、瞒报。",
)
def faults(span: Span) -> QuerySet:
    return ReportingFault.objects.filter(decided_on__range=span.days, status="confirmed")


@fact(
    "incident.measures",
    "落实事故整改措施",
    "safety.incidentmeasure",
    measure="项",
    units=("unit",),
    project="incident__project",
    meaning="期间内验收落实的事故整改措施。",
)
def measures(span: Span) -> QuerySet:
    return IncidentMeasure.objects.filter(accepted_on__range=span.days)


@fact(
    "near_miss.count",
    "险情报告",
    "safety.nearmiss",
    measure="起",
    **PLACED,
    meaning="期间内发生的险情。",
)
def near_misses(span: Span) -> QuerySet:
    return NearMiss.objects.filter(happened_on__range=span.days, project__merged_into__isnull=True)


@fact(
    "works.begun",
    "实施危大工程",
    "safety.dangerouswork",
    measure="项",
    units=("section__project__owner",),
    project="section__project",
    meaning="期间内开始实施的危大工程。",
)
def works_begun(span: Span) -> QuerySet:
    return DangerousWork.objects.filter(begun_on__range=span.days, section__project__merged_into__isnull=True)


@fact(
    "weather.checked",
    "核查气象预警应对",
    "safety.weathercheck",
    measure="次",
    **PLACED,
    meaning="期间内报送的气象预警核查。",
)
def weather(span: Span) -> QuerySet:
    return WeatherCheck.objects.filter(
        answered_at__gte=start_of(span.first), answered_at__lt=end_of(span.days[1])
    )


OF_FEES = {
    "measure": "元",
    "units": ("account__contractor", "account__section__project__owner"),
    "project": "account__section__project",
    "amount": "booked",
}


@fact(
    "fee.paid",
    "支付安全生产费用",
    "safety.feeentry",
    **OF_FEES,
    meaning="期间内入账的安全生产费用支付金额（冲销相抵）。",
)
def fees_paid(span: Span) -> QuerySet:
    return FeeEntry.objects.filter(kind=PAYMENT, confirmed_on__lte=span.known, booked_on__range=span.days)


@fact(
    "fee.used",
    "使用安全生产费用",
    "safety.feeentry",
    **OF_FEES,
    meaning="期间内入账的安全生产费用使用金额（冲销相抵）。",
)
def fees_used(span: Span) -> QuerySet:
    return FeeEntry.objects.filter(kind=USE, confirmed_on__lte=span.known, booked_on__range=span.days)
