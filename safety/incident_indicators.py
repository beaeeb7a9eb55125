"""The indicators of incidents, near misses, measures, drills and weather checks."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils import timezone

from projects.assessments.generating import at_work
from projects.indicators import district_on
from projects.models import Project, Section
from projects.models.section import SectionKind
from supervision.plan.indicators import Members, Parameter, Window, indicator

from .emergency import frequency
from .incidents import clocks
from .incidents.grading import at_least
from .indicators import OBJECTS, of_kind
from .models import (
    Incident,
    IncidentClock,
    IncidentMeasure,
    IncidentReport,
    NearMiss,
    WeatherCheck,
)
from .models.incident import IncidentGrade

NEVER = Q(pk__in=())


def end_of(day: date) -> datetime:
    """The moment a day ends, as users see days."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


def start_of(day: date) -> datetime:
    """The moment a day begins, as users see days."""
    return timezone.make_aware(datetime.combine(day, time.min))


def standing(day: date):
    """Incidents not annulled by a day, with grade and deaths by the last report that counts and was filed by it."""
    last = IncidentReport.objects.filter(
        incident=OuterRef("pk"), counts=True, filed_at__lt=end_of(day)
    ).order_by("-seq")
    return Incident.objects.filter(
        Q(annulled_on__isnull=True) | Q(annulled_on__gt=day), project__merged_into__isnull=True
    ).annotate(grade_then=Subquery(last.values("grade")[:1]), deaths_then=Subquery(last.values("deaths")[:1]))


def graded(window: Window, grade: str = "", fatal: str = ""):
    """The primary keys of the graded incidents of the window's years, at least of a grade, or with deaths."""
    first, last = date(window.first, 1, 1), min(date(window.last, 12, 31), window.as_of)
    rows = standing(window.as_of).filter(happened_on__range=(first, last))
    rows = rows.filter(grade_then__in=at_least(grade or "general"))
    return rows.filter(deaths_then__gt=0) if fatal else rows


@indicator(
    "incident.count",
    "事故起数",
    unit="safety.incident",
    kind="count",
    parameters=(
        Parameter("grade", "等级（含以上）", choices=dict(IncidentGrade.choices), required=False),
        Parameter("fatal", "只计有人死亡的", choices={"yes": "是"}, required=False),
        OBJECTS,
    ),
    meaning="计入：考核年度（累计的目标为计划起始年至截止年）内、截至日前发生，按截至日已有的报告达到事故等级、未撤销的事故；"
    "选了等级的，为该等级及以上的。",
)
def incidents(window: Window, grade: str = "", fatal: str = "", objects: str = "") -> Members:
    found = Q(pk__in=graded(window, grade, fatal).values("pk")) & of_kind(objects)
    rows = Incident.objects.filter(found)
    return Members(rows, found, NEVER, district_on(window.as_of, "project_id"), F("project__mode"))


@indicator(
    "incident.zero_death",
    "零死亡项目占比",
    unit="projects.project",
    kind="ratio",
    meaning="应计：考核年度内、截至日前在建的公路水运项目。计入：其中当年截至日没有死亡事故的。",
)
def zero_death(window: Window) -> Members:
    year = Window(year=window.year, as_of=window.as_of, first=window.year, last=window.year)
    fatal = Q(pk__in=graded(year, fatal="yes").values("project"))
    last = min(window.end, window.as_of)
    rows = Project.objects.filter(at_work(window.begin, last))
    return Members(rows, ~fatal, NEVER, district_on(window.as_of, "pk"), F("mode"))


@indicator(
    "incident.in_time",
    "事故信息报告及时率",
    unit="safety.incident",
    kind="ratio",
    meaning="应计：考核年度内发生、截至日前事故单位电话（微信）和书面报告时限均已届满的事故。计入：其中两项均在时限内报告的。",
)
def in_time(window: Window) -> Members:
    mine = IncidentClock.objects.filter(incident=OuterRef("pk"), code__in=(clocks.PHONE, clocks.WRITTEN))
    due = Exists(mine.filter(code=clocks.WRITTEN, due__lt=end_of(window.as_of)))
    missed = Exists(mine.filter(Q(met__isnull=True) | Q(met__gt=F("due"))))
    rows = standing(window.as_of).filter(
        due, happened_on__range=(window.begin, min(window.end, window.as_of))
    )
    rows = Incident.objects.filter(pk__in=rows.values("pk"))
    return Members(rows, ~Q(missed), NEVER, district_on(window.as_of, "project_id"), F("project__mode"))


@indicator(
    "incident.measures",
    "事故整改措施按期落实率",
    unit="safety.incidentmeasure",
    kind="ratio",
    meaning="应计：完成期限在考核年度内，截至日已到期或已完成的事故整改措施。计入：其中在期限内完成并已验收的。未验收的列为未定。",
)
def measures(window: Window) -> Members:
    day = window.as_of
    due = Q(due_by__lt=day) | Q(done_on__lte=day)
    rows = IncidentMeasure.objects.filter(
        due, due_by__range=(window.begin, window.end), incident__project__merged_into__isnull=True
    )
    punctual = Q(done_on__lte=F("due_by"))
    done = punctual & Q(accepted_on__lte=day)
    place = district_on(day, "incident__project_id")
    return Members(rows, done, punctual & ~Q(accepted_on__lte=day), place, F("incident__project__mode"))


@indicator(
    "near_miss.count",
    "险情报告数",
    unit="safety.nearmiss",
    kind="count",
    parameters=(OBJECTS,),
    meaning="计入：考核年度（累计的目标为计划起始年至截止年）内、截至日前发生的险情。",
)
def near_misses(window: Window, objects: str = "") -> Members:
    last = min(date(window.last, 12, 31), window.as_of)
    found = Q(happened_on__range=(date(window.first, 1, 1), last))
    rows = NearMiss.objects.filter(found, of_kind(objects), project__merged_into__isnull=True)
    return Members(rows, found, NEVER, district_on(window.as_of, "project_id"), F("project__mode"))


@indicator(
    "drill.done",
    "应急演练完成率",
    unit="projects.section",
    kind="ratio",
    parameters=(
        Parameter("kind", "演练要求", choices=lambda: {k["code"]: k["name"] for k in frequency.kinds()}),
    ),
    meaning="应计：考核年度内、截至日前在建的施工标段。计入：其中截至日前开始的各期（半年或全年，期中开工的该期不要求）均达到"
    "规定次数的。只差本期、本期未满的列为未定。",
)
def drills(window: Window, kind: str) -> Members:
    asked = next(one for one in frequency.kinds() if one["code"] == kind)
    last = min(window.end, window.as_of)
    rows = Section.objects.filter(
        Q(start_on__isnull=True) | Q(start_on__lte=last),
        Q(end_on__isnull=True) | Q(end_on__gte=window.begin),
        at_work(window.begin, last, "project__"),
        kind=SectionKind.CONSTRUCTION,
    )
    done = still = Q(pk__isnull=False)
    for span in frequency.spans(asked["per"], window.year):
        if span.begin > window.as_of:
            continue
        held = frequency.enough(asked, span, window.as_of)
        done &= held
        if span.last < window.as_of:
            still &= held
    undecided = still & ~done if window.as_of <= window.end else NEVER
    return Members(rows, done, undecided, district_on(window.as_of, "project_id"), F("project__mode"))


@indicator(
    "weather.answered",
    "气象预警核查报送率",
    unit="safety.weathercheck",
    kind="ratio",
    meaning="应计：考核年度内、截至日前预警已结束的核查。计入：其中在预警结束前报送的。",
)
def weather(window: Window) -> Members:
    begin = timezone.make_aware(datetime.combine(window.begin, time.min))
    rows = WeatherCheck.objects.filter(
        ends_at__gte=begin,
        ends_at__lt=end_of(min(window.end, window.as_of)),
        project__merged_into__isnull=True,
    )
    done = Q(answered_at__isnull=False, answered_at__lte=F("ends_at"))
    return Members(rows, done, NEVER, district_on(window.as_of, "project_id"), F("project__mode"))
