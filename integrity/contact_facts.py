"""What contact and service know of a span of days; see supervision/plan/facts.py.

Visits and problems are counted in `plan_facts.py`.
"""

from __future__ import annotations

from django.db.models import Q, QuerySet

from supervision.plan.facts import Span, fact

from .models import ContactPoint, Experience, Publicity, ServiceVisit, WorkMeeting
from .models.contact import MeetingKind

OF_UNIT = {"units": ("unit",), "district": "unit__district"}


@fact(
    "contact.points",
    "领导联系点",
    "integrity.contactpoint",
    measure="个",
    units=("office", "unit"),
    district="unit__district",
    meaning="期间内有效的领导联系点。",
)
def points(span: Span) -> QuerySet:
    first, last = span.days
    return ContactPoint.objects.filter(Q(until__isnull=True) | Q(until__gte=first), since__lte=last)


@fact(
    "contact.visits",
    "联系点走访",
    "integrity.servicevisit",
    measure="次",
    units=("office", "unit"),
    district="unit__district",
    meaning="期间内记在领导联系点下的走访。",
)
def visits(span: Span) -> QuerySet:
    return ServiceVisit.objects.filter(point__isnull=False, visited_on__range=span.days)


def held(span: Span) -> QuerySet:
    return WorkMeeting.objects.filter(status="held", held_on__range=span.days)


@fact(
    "meeting.held",
    "召开推进、观摩、交流会",
    "integrity.workmeeting",
    measure="次",
    **OF_UNIT,
    meaning="期间内召开的推进会、现场观摩会、交流会。",
)
def meetings(span: Span) -> QuerySet:
    return held(span)


@fact(
    "meeting.viewed",
    "组织现场观摩",
    "integrity.workmeeting",
    measure="次",
    **OF_UNIT,
    meaning="期间内召开的现场观摩会。",
)
def viewings(span: Span) -> QuerySet:
    return held(span).filter(kind=MeetingKind.VIEW)


@fact(
    "meeting.people",
    "推进、观摩、交流会参加人次",
    "integrity.workmeeting",
    measure="人次",
    amount="people",
    **OF_UNIT,
    meaning="期间内召开的推进会、现场观摩会、交流会的参加人数之和。",
)
def attended(span: Span) -> QuerySet:
    return held(span)


@fact(
    "experience.published",
    "发布经验做法",
    "integrity.experience",
    measure="项",
    **OF_UNIT,
    meaning="期间内发布的经验做法。",
)
def published(span: Span) -> QuerySet:
    return Experience.objects.filter(published_on__range=span.days)


@fact(
    "publicity.published",
    "宣传报道",
    "integrity.publicity",
    measure="篇",
    **OF_UNIT,
    meaning="期间内刊发的宣传报道。",
)
def reported(span: Span) -> QuerySet:
    return Publicity.objects.filter(published_on__range=span.days)


@fact(
    "publicity.above",
    "省级以上宣传报道",
    "integrity.publicity",
    measure="篇",
    **OF_UNIT,
    meaning="期间内在省级、国家级媒体刊发的宣传报道。",
)
def reported_above(span: Span) -> QuerySet:
    return reported(span).filter(level__in=("province", "nation"))
