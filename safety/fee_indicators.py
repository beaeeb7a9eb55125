"""The indicators of safety fees: 提取达标率, 首付达标率, 使用达标率, 招标文件抽查合格率; as of a day.

Rates of money (used ÷ accrued in yuan) stand in the summary table (`safety.fees.summary`); here accounts count.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db.models import F, OuterRef, Q, QuerySet

from projects.indicators import district_on
from supervision.plan.indicators import Members, Window, indicator

from .fees.arithmetic import ACCRUAL, PAYMENT, USE
from .fees.balances import due_by_terms, progress_of, sum_of
from .fees.rules import PAYMENT as PAYMENT_RULE
from .fees.rules import watch
from .models import FeeAccount, TenderFeeCheck
from .rules import rule

NEVER = Q(pk__in=())
# Sums come from the database, which may add in floating point: half a cent decides nothing.
HAIR = Decimal("0.005")


def in_use(window: Window) -> QuerySet[FeeAccount]:
    """Accounts in use during the year, with `term_due`: what was due in all by the terms of the day."""
    day = min(window.end, window.as_of)
    return FeeAccount.objects.filter(
        Q(ended_on__isnull=True) | Q(ended_on__gte=window.begin),
        confirmed_on__lte=day,
        section__project__merged_into__isnull=True,
    ).annotate(term_due=due_by_terms(day))


def known(window: Window) -> Q:
    """Entries that were in the books by the day."""
    return Q(confirmed_on__lte=min(window.end, window.as_of))


def members(rows: QuerySet, counted: Q, undecided: Q, day: date) -> Members:
    return Members(
        rows, counted, undecided, district_on(day, "section__project_id"), F("section__project__mode")
    )


@indicator(
    "fee.accrued",
    "安全生产费用提取达标率",
    unit="safety.feeaccount",
    kind="ratio",
    meaning="应计：考核年度内在用的安全生产费用账户。计入：截至日（不晚于年末）已提取不少于应提总额×已报累计进度的；"
    "未报过进度的列为未定。",
)
def accrued(window: Window) -> Members:
    rows = in_use(window).annotate(
        accrued=sum_of(ACCRUAL, condition=known(window)), told=progress_of(condition=known(window))
    )
    rows = rows.annotate(
        wanted=F("term_due") * F("told") / 100 - HAIR,
    )
    return members(rows, Q(accrued__gte=F("wanted"), told__gt=0), Q(told=0), window.as_of)


@indicator(
    "fee.first_payment",
    "安全生产费用首付达标率",
    unit="safety.feeaccount",
    kind="ratio",
    meaning="应计：首次支付期限在考核年度内、且不早于建账日的账户。计入：截至期限已支付不少于应提总额中首次应付部分的"
    "（期限和比例见规则“安全生产费用首次支付”）；"
    "期限未到而尚未付足的列为未定。",
)
def first_payment(window: Window) -> Members:
    day = min(window.end, window.as_of)
    ratio = Decimal(rule(PAYMENT_RULE, day).content["ratio"])
    in_time = known(window) & Q(booked_on__lte=OuterRef("first_payment_by"))
    rows = (
        in_use(window)
        .filter(first_payment_by__range=(window.begin, window.end), first_payment_by__gte=F("opened_on"))
        .annotate(paid=sum_of(PAYMENT, condition=in_time))
        .annotate(half=F("term_due") * ratio - HAIR)
    )
    return members(rows, Q(paid__gte=F("half")), Q(first_payment_by__gte=day), window.as_of)


@indicator(
    "fee.used",
    "安全生产费用使用达标率",
    unit="safety.feeaccount",
    kind="ratio",
    meaning="应计：考核年度内在用且有提取的账户。计入：截至日使用占提取的比例不低于规则“安全生产费用核查口径”所定界限的"
    "（本系统设定）。",
)
def used(window: Window) -> Members:
    least = Decimal(watch(min(window.end, window.as_of))["usage_percent"])
    rows = (
        in_use(window)
        .annotate(
            accrued=sum_of(ACCRUAL, condition=known(window)), spent=sum_of(USE, condition=known(window))
        )
        .filter(accrued__gt=0)
        .annotate(wanted=F("accrued") * (least / 100) - HAIR)
    )
    return members(rows, Q(spent__gte=F("wanted")), NEVER, window.as_of)


@indicator(
    "fee.tender",
    "招标文件安全生产费用抽查合格率",
    unit="safety.tenderfeecheck",
    kind="ratio",
    meaning="应计：考核年度内截至日抽查的招标文件。计入：单独列项、不低于提取标准且未列入竞争的。",
)
def tender(window: Window) -> Members:
    last = min(window.end, window.as_of)
    rows = TenderFeeCheck.objects.filter(
        checked_on__range=(window.begin, last), project__merged_into__isnull=True
    )
    return Members(rows, Q(conforms=True), NEVER, district_on(window.as_of, "project_id"), F("project__mode"))
