"""The indicators of tendering, the owners' marks, wages and special funds; each opens to the list it counts.

Places: a member stands in the district its project had on the as-of date.
"""

from __future__ import annotations

from django.db.models import DecimalField, F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from projects.indicators import district_on
from supervision.plan.indicators import Members, Parameter, Window, indicator

from .models import (
    FundAdjustment,
    FundBudget,
    FundEvaluation,
    FundFinding,
    FundMonth,
    PerformanceMark,
    TenderComplaint,
    TenderObjection,
    WageComplaint,
    WageMonth,
)
from .models.fund_review import DISMISSED, EvaluationKind
from .models.objection import REJECTED, WITHDRAWN
from .models.wage import UNFOUNDED

NEVER = Q(pk__in=())


def placed(rows, counted: Q, undecided: Q, window: Window, project: str) -> Members:
    return Members(
        rows, counted, undecided, district_on(window.as_of, f"{project}_id"), F(f"{project}__mode")
    )


def last(window: Window):
    return min(window.end, window.as_of)


@indicator(
    "tender.objections_in_time",
    "招标异议按期答复率",
    unit="integrity.tenderobjection",
    kind="ratio",
    meaning="应计：考核年度内、截至日前收到的招标异议，不含不予受理和撤回的。计入：在答复期限内答复的。未定：期限未到尚未答复的。",
)
def objections(window: Window) -> Members:
    day = window.as_of
    rows = TenderObjection.objects.filter(received_on__range=(window.begin, last(window)))
    rows = rows.exclude(status__in=(REJECTED, WITHDRAWN))
    waiting = (Q(answered_on__isnull=True) | Q(answered_on__gt=day)) & Q(answer_by__gte=day)
    done = Q(answered_on__lte=day) & Q(answered_on__lte=F("answer_by"))
    return placed(rows, done, waiting, window, "tender__section__project")


@indicator(
    "tender.complaints_in_time",
    "招标投诉按期处理率",
    unit="integrity.tendercomplaint",
    kind="ratio",
    meaning="应计：考核年度内、截至日前受理的招标投诉，不含撤回的。计入：在处理期限（已扣除中止时间）内作出决定的。"
    "未定：期限未到、或正中止计时的。",
)
def complaints(window: Window) -> Members:
    day = window.as_of
    rows = TenderComplaint.objects.filter(accepted_on__range=(window.begin, last(window)))
    rows = rows.exclude(status=WITHDRAWN)
    open_now = Q(decided_on__isnull=True) | Q(decided_on__gt=day)
    waiting = open_now & (Q(decide_by__gte=day) | Q(halted_on__isnull=False))
    done = Q(decided_on__lte=day) & Q(decided_on__lte=F("decide_by"))
    return placed(rows, done, waiting, window, "tender__section__project")


@indicator(
    "performance.checked",
    "履约考核抽查覆盖率",
    unit="integrity.performancemark",
    kind="ratio",
    meaning="应计：期间起始于考核年度、截至日已报送的履约考核。计入：截至日已抽中并现场核查的。其余为未定。",
)
def checked(window: Window) -> Members:
    rows = PerformanceMark.objects.filter(starts_on__year=window.year, submitted_on__lte=window.as_of)
    done = Q(check_of__checked_on__lte=window.as_of)
    return placed(rows, done, ~done, window, "section__project")


@indicator(
    "performance.consistent",
    "履约考核打分与现场一致率",
    unit="integrity.performancemark",
    kind="ratio",
    meaning="应计：期间起始于考核年度、截至日已现场核查并比对的履约考核。计入：没有列出偏差的。偏差线为本系统设定。",
)
def consistent(window: Window) -> Members:
    rows = PerformanceMark.objects.filter(
        starts_on__year=window.year,
        check_of__checked_on__lte=window.as_of,
        check_of__seen_total__isnull=False,
    )
    return placed(rows, Q(check_of__differs=False), NEVER, window, "section__project")


@indicator(
    "wage.settled_in_time",
    "工资月结月清率",
    unit="integrity.wagemonth",
    kind="ratio",
    meaning="应计：考核年度内、截至日已核查属实的工资月结。计入：全员足额支付，且在月清期限内发放完成的。月清截止日为本系统设定。",
)
def settled(window: Window) -> Members:
    day = window.as_of
    rows = WageMonth.objects.filter(month__range=(window.begin, last(window)), checked_on__lte=day)
    full = Q(crew__paid_workers__gte=F("crew__workers")) & Q(crew__paid__gte=F("crew__payable"))
    in_time = Q(settled_on__lte=F("settle_by")) & Q(settled_on__lte=day)
    return placed(rows, full & in_time, NEVER, window, "section__project")


@indicator(
    "wage.complaints_in_time",
    "欠薪投诉按期办结率",
    unit="integrity.wagecomplaint",
    kind="ratio",
    meaning="应计：考核年度内、截至日前受理的欠薪投诉，不含查无此事的。计入：在办结期限（含批准的延长）内办结的。未定：期限未到的。",
)
def wage_complaints(window: Window) -> Members:
    day = window.as_of
    rows = WageComplaint.objects.filter(accepted_on__range=(window.begin, last(window)))
    rows = rows.exclude(status=UNFOUNDED)
    waiting = (Q(settled_on__isnull=True) | Q(settled_on__gt=day)) & Q(settle_by__gte=day)
    done = Q(settled_on__lte=day) & Q(settled_on__lte=F("settle_by"))
    return placed(rows, done, waiting, window, "section__project")


def rates() -> dict[str, str]:
    return {text: f"{text}%" for text in ("60", "70", "80", "90", "95", "100")}


def summed(model, name: str, **conditions):
    """The sum of a column of what hangs on a budget, zero where there is nothing."""
    rows = model._base_manager.filter(budget=OuterRef("pk"), **conditions).order_by().values("budget")
    money = DecimalField(max_digits=18, decimal_places=2)
    total = rows.annotate(total=Sum(name)).values("total")
    return Coalesce(Subquery(total, output_field=money), Value(0), output_field=money)


@indicator(
    "fund.executed",
    "专项资金执行达标率",
    unit="integrity.fundbudget",
    kind="ratio",
    parameters=(Parameter("least", "执行率不低于", choices=rates),),
    meaning="应计：考核年度、截至日已审核的专项资金预算。计入：截至日已确认的支出，为年初预算加截至日已批准调整之和的所选比例以上的。"
    "年末前未达到的为未定。",
)
def fund_executed(window: Window, least: str) -> Members:
    day = window.as_of
    rows = FundBudget.objects.filter(year=window.year, approved_on__lte=day)
    rows = rows.annotate(
        spent=summed(FundMonth, "amount", confirmed_on__lte=day),
        budgeted=F("amount") + summed(FundAdjustment, "delta", approved_on__lte=day),
    )
    done = Q(spent__gte=F("budgeted") * Value(int(least)) / Value(100))
    waiting = ~done if day < window.end else NEVER
    return placed(rows, done, waiting, window, "project")


@indicator(
    "fund.self_evaluated",
    "专项资金绩效自评率",
    unit="integrity.fundbudget",
    kind="ratio",
    meaning="应计：考核年度、截至日已审核的专项资金预算。计入：截至日绩效自评已确认的。其余为未定。",
)
def fund_evaluated(window: Window) -> Members:
    day = window.as_of
    rows = FundBudget.objects.filter(year=window.year, approved_on__lte=day)
    own = FundEvaluation.objects.filter(kind=EvaluationKind.SELF, confirmed_on__lte=day)
    done = Q(pk__in=own.values("budget"))
    return placed(rows, done, ~done, window, "project")


@indicator(
    "fund.findings_closed",
    "审计问题整改率",
    unit="integrity.fundfinding",
    kind="ratio",
    meaning="应计：考核年度内、截至日已交办的审计问题。计入：截至日已销号的。未定：整改期限未到的。",
)
def findings(window: Window) -> Members:
    day = window.as_of
    rows = FundFinding.objects.filter(verified_on__range=(window.begin, last(window)))
    rows = rows.exclude(status=DISMISSED)
    done = Q(closed_on__lte=day)
    return placed(rows, done, ~done & Q(deadline__gte=day), window, "project")
