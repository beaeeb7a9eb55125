"""What the plan's own ledgers know of a span of days; see supervision/plan/facts.py."""

from __future__ import annotations

from django.db.models import QuerySet

from .facts import Span, fact
from .models import TaskInterview, TaskShare, TaskUrging

OF_SHARE = {"units": ("share__unit",), "district": "share__unit__district"}


@fact(
    "task.done",
    "完成任务",
    "plan.taskshare",
    measure="项",
    units=("unit",),
    district="unit__district",
    meaning="期间内经牵头单位确认完成的任务（按承办单位分解计）。",
)
def done(span: Span) -> QuerySet:
    return TaskShare.objects.filter(confirmed_on__range=span.days)


@fact(
    "task.urged",
    "发出任务督办单",
    "plan.taskurging",
    measure="份",
    **OF_SHARE,
    meaning="期间内发出的任务督办单。",
)
def urged(span: Span) -> QuerySet:
    return TaskUrging.objects.filter(issued_on__range=span.days)


@fact(
    "task.interviewed",
    "任务约谈",
    "plan.taskinterview",
    measure="次",
    units=("urging__share__unit",),
    district="urging__share__unit__district",
    meaning="期间内进行的任务约谈。",
)
def interviewed(span: Span) -> QuerySet:
    return TaskInterview.objects.filter(held_on__range=span.days)
