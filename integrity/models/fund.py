"""Special funds (专项资金): the budget of a project and year, adjusted, allocated, and executed by month."""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from projects.models import WORKS, Numbered, Project
from projects.models.project import registry_scope
from supervision.flows.models import FlowRecord
from supervision.people.records import Record
from supervision.people.scope import Reach

from ..money.execution import rate
from .commissioned import not_ahead, raise_if, yuan

DRAFT, SUBMITTED, APPROVED, CLOSED, REFUSED = "draft", "submitted", "approved", "closed", "refused"
CONFIRMED = "confirmed"
SUMS = ("current", "allocated", "executed")


class FundLevel(models.TextChoices):
    NATION = "nation", "中央"
    PROVINCE = "province", "省级"
    CITY = "city", "市级"
    COUNTY = "county", "县级"


def year_field(label: str) -> models.PositiveSmallIntegerField:
    bounds = [MinValueValidator(2000), MaxValueValidator(2100)]
    return models.PositiveSmallIntegerField(label, validators=bounds)


class FundBudget(Numbered, FlowRecord):
    """One project's money of one fund in one year. `current`, `allocated` and `executed` follow from its rows and
    are written by `move` alone, so that two at once never spend the same yuan."""

    number_prefix = "ZX"
    text_joins = ("project",)
    unrecorded_fields = FlowRecord.unrecorded_fields | {"number", "current", "allocated", "executed"}

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="+", limit_choices_to=WORKS, verbose_name="项目"
    )
    year = year_field("预算年度")
    fund = models.CharField("专项资金名称", max_length=120)
    level = models.CharField("资金层级", max_length=10, choices=FundLevel.choices, default=FundLevel.CITY)
    amount = yuan("年初预算（元）", validators=[MinValueValidator(Decimal("0.01"))])
    purpose = models.CharField("用途与绩效目标", max_length=500, blank=True)
    decision = models.CharField("决策（批复）文号", max_length=120, help_text="大额资金须集体决策")
    decided_on = models.DateField("决策日期")
    approved_on = models.DateField("审核日期", null=True, editable=False)
    current = yuan("调整后预算（元）", default=0, editable=False)
    allocated = yuan("已拨付（元）", default=0, editable=False)
    executed = yuan("已执行（元）", default=0, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-year", "-pk"]
        verbose_name = "专项资金预算"
        constraints = [
            models.UniqueConstraint(
                fields=["project", "year", "fund"],
                name="integrity_fund_once",
                violation_error_message="该项目本年度此项资金已有预算。",
            ),
            models.CheckConstraint(
                condition=Q(executed__gte=0)
                & Q(executed__lte=F("allocated"))
                & Q(allocated__lte=F("current")),
                name="integrity_fund_balance",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.fund}（{self.year}）".strip()

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        return registry_scope(reach, through="project")

    def attachment_kinds(self) -> list[str]:
        return ["批复文件", "会议纪要", "其他"]

    @property
    def execution_rate(self) -> Decimal | None:
        return rate(self.executed, self.current)

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "decided_on")
        raise_if(errors)

    @classmethod
    def move(cls, pk: int, **deltas: Decimal) -> bool:
        """Add to `current`, `allocated` or `executed`; False when the budget would not bear it: no more is
        allocated than budgeted, no more executed than allocated, and only of an approved budget."""
        # The first UPDATE takes the row for this transaction; sums are made here, to the cent on any database.
        rows = cls._base_manager.filter(pk=pk, status=APPROVED)
        if not rows.update(executed=F("executed")):
            return False
        row = rows.get()
        after = {name: getattr(row, name) + deltas.get(name, 0) for name in SUMS}
        fits = 0 <= after["executed"] <= after["allocated"] <= after["current"]
        return fits and rows.update(**after) == 1


class OfBudget(models.Model):
    """Mixed into what hangs on one budget."""

    scope_through = "budget"
    text_joins = ("budget__project",)

    budget = models.ForeignKey(FundBudget, models.PROTECT, related_name="+", verbose_name="专项资金")
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        abstract = True


class FundAdjustment(OfBudget, FlowRecord):
    """A change of a budget with the decision it rests on; it counts once somebody else has approved it."""

    delta = yuan("调整金额（元）", help_text="追加填正数，调减填负数")
    reason = models.CharField("调整事由", max_length=500)
    decision = models.CharField("集体决策文号", max_length=120)
    decided_on = models.DateField("决策日期")
    approved_on = models.DateField("审核日期", null=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "资金调整"

    def __str__(self) -> str:
        return f"{self.budget} 调整{self.delta}元"

    def attachment_kinds(self) -> list[str]:
        return ["决策文件", "其他"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "decided_on")
        if self.delta == 0:
            errors["delta"] = "调整金额不能为零。"
        raise_if(errors)


class AllocationKind(models.TextChoices):
    PAID = "paid", "拨付"
    RETURNED = "returned", "退回"


class FundAllocation(OfBudget, Record):
    """Money paid out of the fund to the project, or given back. Never changed: given back and paid anew."""

    kind = models.CharField(
        "类型", max_length=10, choices=AllocationKind.choices, default=AllocationKind.PAID
    )
    amount = yuan("金额（元）", validators=[MinValueValidator(Decimal("0.01"))])
    paid_on = models.DateField("日期", default=timezone.localdate)
    payee = models.CharField("收款单位", max_length=120)
    voucher_no = models.CharField("凭证号", max_length=60)

    class Meta:
        ordering = ["-paid_on", "-pk"]
        verbose_name = "资金拨付"

    def __str__(self) -> str:
        return f"{self.budget} {self.get_kind_display()}{self.amount}元"

    def attachment_kinds(self) -> list[str]:
        return ["拨付凭证", "其他"]

    @property
    def signed(self) -> Decimal:
        return self.amount if self.kind == AllocationKind.PAID else -self.amount

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "paid_on")
        if self.budget_id and self.budget.status != APPROVED:
            errors["budget"] = f"该预算“{self.budget.status_label}”；无预算不得支出。"
        raise_if(errors)

    def before_create(self, actor) -> None:
        if not self.budget_id or self.amount is None or self.budget.status != APPROVED:
            return
        if not FundBudget.move(self.budget_id, allocated=self.signed):
            raise ValidationError({"amount": "累计拨付不能多于预算，退回不能多于尚未执行的拨款。"})

    def before_update(self, before: dict) -> None:
        raise ValidationError("拨付记录不能修改；差错以退回后重新拨付更正。")


class FundMonth(OfBudget, FlowRecord):
    """What was spent of a budget in a month; it counts once it is confirmed."""

    month = models.DateField("月份", help_text="当月第一天")
    amount = yuan("本月支出（元）", validators=[MinValueValidator(Decimal(0))])
    progress = models.CharField("形象进度与说明", max_length=500, blank=True)
    confirmed_on = models.DateField("确认日期", null=True, editable=False)

    class Meta:
        ordering = ["-month", "-pk"]
        verbose_name = "资金月度执行"
        constraints = [
            models.UniqueConstraint(
                fields=["budget", "month"],
                name="integrity_fundmonth_once",
                violation_error_message="该预算此月的执行已有。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.budget} {self.month:%Y年%-m月}执行"

    def attachment_kinds(self) -> list[str]:
        return ["支出明细", "其他"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "month")
        if self.month and self.month.day != 1:
            errors["month"] = "月份请填当月第一天。"
        elif self.month and self.budget_id and self.month.year < self.budget.year:
            errors["month"] = f"月份早于预算年度（{self.budget.year}年）。"
        raise_if(errors)
