"""The indicators of hidden dangers: 整改率, 按期整改率, 重大隐患销号率, 立案率, 挂牌数, 屡改屡犯率.

All judge by dated facts: a danger counts from the day it was verified (不属实 ones never are), as major from the
day it was graded so; whether it was closed or listed on a day is told by its spans, which survive reopening.
"""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, F, OuterRef, Q

from projects.indicators import district_on
from projects.models import ObjectKind
from supervision.flows.oversight import SpanKind
from supervision.plan.indicators import Members, Parameter, Window, indicator

from .models import Grade, HiddenDanger, Span

NEVER = Q(pk__in=())
OBJECTS = Parameter("objects", "对象类别", choices=dict(ObjectKind.choices), required=False)
GRADE = Parameter("grade", "隐患等级", choices=dict(Grade.choices), required=False)


def in_year(column: str, window: Window) -> Q:
    """A dated fact of the assessed year that is known on the day."""
    return Q(**{f"{column}__range": (window.begin, min(window.end, window.as_of))})


def graded(grade: str, day: date) -> Q:
    """Of a grade as it stood on a day: a danger raised to major later was general until then."""
    if grade == Grade.MAJOR:
        return Q(major_on__lte=day)
    return Q(major_on__isnull=True) | Q(major_on__gt=day) if grade == Grade.GENERAL else Q()


def closed(day: date, **facts) -> Q:
    """Closed on a day: looked up danger by danger. A list of all spans ever (pk__in) outgrows the memory in which
    PostgreSQL would hash it, and then every row searches the whole list."""
    return Q(Exists(Span.on(day, SpanKind.CLOSED).filter(danger=OuterRef("pk"), **facts)))


def once_listed(day: date) -> Q:
    """Listed on the day or before it."""
    spans = Span.objects.filter(kind=SpanKind.LISTED, since__lte=day, danger=OuterRef("pk"))
    return Q(Exists(spans))


def of_kind(objects: str) -> Q:
    """At works, at enterprises or on routes alone, where a target says so."""
    return Q(project__object_kind=objects) if objects else Q()


def of_dangers(window: Window, objects: str, population: Q, counted: Q, undecided: Q) -> Members:
    rows = HiddenDanger.objects.filter(population, of_kind(objects), project__merged_into__isnull=True)
    return Members(rows, counted, undecided, district_on(window.as_of, "project_id"), F("project__mode"))


@indicator(
    "danger.rectified",
    "隐患整改率",
    unit="safety.hiddendanger",
    kind="ratio",
    parameters=(GRADE, OBJECTS),
    meaning="应计：考核年度内、截至日前经核查属实的隐患（选了等级的，为截至日属该等级的）。计入：其中截至日已销号的"
    "（销号后重开的不计）。未销号的均列为未定。",
)
def rectified(window: Window, grade: str = "", objects: str = "") -> Members:
    """Dangers of the year that were closed on the day."""
    done = closed(window.as_of)
    return of_dangers(
        window, objects, in_year("verified_on", window) & graded(grade, window.as_of), done, ~done
    )


@indicator(
    "danger.in_time",
    "按期整改率",
    unit="safety.hiddendanger",
    kind="ratio",
    parameters=(GRADE, OBJECTS),
    meaning="应计：考核年度内、截至日前经核查属实，且截至日已销号或整改期限已过的隐患。计入：其中已销号、整改完成日期不晚于"
    "当时整改期限（含批准的延期）的。",
)
def in_time(window: Window, grade: str = "", objects: str = "") -> Members:
    """Dangers that came due, and which of them were put right by their deadline."""
    day = window.as_of
    due = closed(day) | Q(deadline__lt=day)
    base = in_year("verified_on", window) & graded(grade, day) & due
    return of_dangers(window, objects, base, closed(day, in_time=True), NEVER)


@indicator(
    "danger.major_closed",
    "重大隐患销号率",
    unit="safety.hiddendanger",
    kind="ratio",
    parameters=(OBJECTS,),
    meaning="应计：考核年度内、截至日前定为重大的隐患。计入：其中截至日已销号的。未销号的列为未定。",
)
def major_closed(window: Window, objects: str = "") -> Members:
    done = closed(window.as_of)
    return of_dangers(window, objects, in_year("major_on", window), done, ~done)


@indicator(
    "danger.filed",
    "重大隐患立案率",
    unit="safety.hiddendanger",
    kind="ratio",
    parameters=(OBJECTS,),
    meaning="应计：考核年度内、截至日前定为重大的隐患。计入：其中截至日前已立案的。未立案的列为未定。",
)
def filed(window: Window, objects: str = "") -> Members:
    done = Q(filed_on__lte=window.as_of)
    return of_dangers(window, objects, in_year("major_on", window), done, ~done)


@indicator(
    "danger.listed_count",
    "挂牌督办的重大隐患数",
    unit="safety.hiddendanger",
    kind="count",
    parameters=(OBJECTS,),
    meaning="计入：考核年度（累计的目标为计划起始年至截止年）内、截至日前挂牌督办的隐患，一项隐患只计一次。",
)
def listed(window: Window, objects: str = "") -> Members:
    last = min(date(window.last, 12, 31), window.as_of)
    spans = Span.objects.filter(kind=SpanKind.LISTED, since__range=(date(window.first, 1, 1), last))
    found = Q(pk__in=spans.values("danger"))
    return of_dangers(window, objects, found, found, NEVER)


@indicator(
    "danger.repeated",
    "隐患屡改屡犯率",
    unit="safety.hiddendanger",
    kind="ratio",
    parameters=(OBJECTS,),
    meaning="应计：考核年度内、截至日前经核查属实的隐患。计入：其中同一责任单位、同类别或同条款、相近桩号、规定时间窗内"
    "此前已有的（屡改屡犯）。",
)
def repeated(window: Window, objects: str = "") -> Members:
    return of_dangers(window, objects, in_year("verified_on", window), Q(is_repeat=True), NEVER)
