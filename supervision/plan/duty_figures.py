"""Duties as an indicator and as facts."""

from __future__ import annotations

from django.db.models import F, Q

from supervision.people.models import OrganizationKind

from .facts import fact
from .indicators import Members, Parameter, indicator
from .models import DutyDue, Fulfilment

WAYS = {"district": "organization__district", "sector": "organization__sector"}


@indicator(
    "duty.done",
    "履职完成率",
    unit="plan.dutydue",
    kind="ratio",
    meaning="应计：本年度各单位应履职的周期（整周期受约束的才计）。计入：周期内达到规定次数。未定：周期尚未结束且未达到次数。",
    parameters=(Parameter("kind", "单位类别", choices=dict(OrganizationKind.choices), required=False),),
)
def duties_done(window, kind=""):
    dues = DutyDue.objects.filter(year=window.year)
    return Members(
        dues.filter(organization__kind=kind) if kind else dues,
        counted=Q(done_on__lte=window.as_of),
        undecided=Q(last__gte=window.as_of),
        district=F("organization__district"),
        sector=F("organization__sector"),
    )


@fact(
    "duty.recorded",
    "履职记录",
    "plan.fulfilment",
    measure="次",
    meaning="履职日期在期间内的履职记录。",
    units=("organization",),
    **WAYS,
)
def recorded(span):
    return Fulfilment.objects.filter(held_on__range=span.days)


@fact(
    "duty.missed",
    "未完成的履职周期",
    "plan.dutydue",
    measure="项次",
    meaning="在期间内结束而未达到规定次数的履职周期。",
    units=("organization",),
    **WAYS,
)
def missed(span):
    # A period that ends on the day itself is not over yet.
    return DutyDue.objects.filter(
        last__gte=span.first, last__lte=span.last, last__lt=span.known, done_on__isnull=True
    )
