"""Reviews of special funds: circulars, evaluations, audit findings, and what is proposed for the next year."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models import WORKS, Numbered, Project
from projects.models.project import registry_scope
from supervision.flows.models import FlowRecord
from supervision.flows.rectification import Rectifiable
from supervision.people.scope import Reach
from supervision.rules.calendar import add_workdays
from supervision.rules.models import RuleSet
from supervision.rules.shipped import rule

from ..money.execution import grade_of, propose
from .commissioned import not_ahead, raise_if, register_scope, rules_on, yuan
from .fund import APPROVED, FundBudget, OfBudget, year_field

EVALUATION, PROPOSAL, FINDINGS = "fund-evaluation", "fund-proposal", "fund-findings"
DRAFT, SUBMITTED, CONFIRMED, ISSUED = "draft", "submitted", "confirmed", "issued"
PROPOSED, ACCEPTED, DISMISSED, REPORTED = "proposed", "accepted", "dismissed", "reported"


class FundCircular(FlowRecord):
    """A circular on execution, by district; its figures are frozen on the day it is issued."""

    year = year_field("预算年度")
    title = models.CharField("标题", max_length=120)
    text = models.TextField("情况与要求", blank=True, max_length=3000)
    lines = models.JSONField("执行情况", default=list, editable=False)
    issued_on = models.DateField("通报日期", null=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "资金执行通报"

    def __str__(self) -> str:
        return self.title

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        return register_scope(reach)

    def attachment_kinds(self) -> list[str]:
        return ["通报正文", "其他"]


class EvaluationKind(models.TextChoices):
    SELF = "self", "绩效自评"
    THIRD = "third", "第三方评价"


class FundEvaluation(OfBudget, FlowRecord):
    """An evaluation of what the money achieved: the owner's own, or a third party's."""

    kind = models.CharField(
        "评价类别", max_length=6, choices=EvaluationKind.choices, default=EvaluationKind.SELF
    )
    evaluator = models.CharField("评价单位", max_length=120)
    evaluated_on = models.DateField("评价日期", default=timezone.localdate)
    score = models.DecimalField(
        "得分",
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
    )
    grade = models.CharField("等级", max_length=4, default="", editable=False)
    summary = models.TextField("主要结论", blank=True, max_length=3000)
    rules = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="依据"
    )
    confirmed_on = models.DateField("确认日期", null=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "资金绩效评价"

    def __str__(self) -> str:
        return f"{self.budget} {self.get_kind_display()}"

    def attachment_kinds(self) -> list[str]:
        return ["评价报告", "其他"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "evaluated_on")
        raise_if(errors)

    def before_create(self, actor) -> None:
        self.judge()

    def before_update(self, before: dict) -> None:
        if {"score", "evaluated_on"} & set(before):
            self.judge()

    def judge(self) -> None:
        self.rules = rules_on(EVALUATION, self.evaluated_on)
        if self.score is not None and self.score >= 0:
            self.grade = grade_of(Decimal(str(self.score)), self.rules.content)


class FundProposal(OfBudget, FlowRecord):
    """What execution and evaluation suggest for next year. A person decides; the machine only proposes."""

    budget = models.OneToOneField(
        FundBudget, models.PROTECT, related_name="proposal", verbose_name="专项资金"
    )
    rate = models.DecimalField("执行率（%）", max_digits=6, decimal_places=1, null=True, editable=False)
    grade = models.CharField("绩效等级", max_length=4, default="", editable=False)
    share = models.DecimalField("建议比例（%）", max_digits=6, decimal_places=2, default=0, editable=False)
    amount = yuan("建议安排（元）", default=0, editable=False)
    reason = models.CharField("建议理由", max_length=200, default="", editable=False)
    rules = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="依据"
    )
    decided = yuan("决定安排（元）", null=True, blank=True, validators=[MinValueValidator(Decimal(0))])
    remark = models.CharField("说明", max_length=300, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "下年度安排建议"

    def __str__(self) -> str:
        return f"{self.budget} 下年度安排建议"

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if self._state.adding and self.budget_id and self.budget.status not in (APPROVED, "closed"):
            errors["budget"] = f"该预算“{self.budget.status_label}”，尚无执行可言。"
        raise_if(errors)

    def before_create(self, actor) -> None:
        if self.budget_id:
            self.work_out()

    def work_out(self) -> None:
        """By what the ledgers hold at this moment; the third party's grade goes before the owner's own."""
        found = FundEvaluation._base_manager.filter(budget=self.budget_id, status=CONFIRMED)
        latest = found.order_by("-kind", "-evaluated_on", "-pk").first()
        self.grade = latest.grade if latest else ""
        self.rules = rule(PROPOSAL)
        made = propose(self.budget.current, self.budget.executed, self.grade, self.rules.content)
        self.rate = self.budget.execution_rate
        self.share, self.amount, self.reason = made.share, made.amount, made.reason


class FindingSource(models.TextChoices):
    AUDIT = "audit", "审计"
    TRACKING = "tracking", "跟踪审计"
    INTERNAL = "internal", "内部审计"
    FINANCE = "finance", "财政检查"


class FundFinding(Numbered, Rectifiable):
    """What an audit found about a project's money, put right along the shared loop."""

    number_prefix = "SJ"
    text_joins = ("project", "budget__project")

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="+", limit_choices_to=WORKS, verbose_name="项目"
    )
    budget = models.ForeignKey(
        FundBudget,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="findings",
        verbose_name="涉及专项资金",
    )
    source = models.CharField(
        "来源", max_length=10, choices=FindingSource.choices, default=FindingSource.AUDIT
    )
    report = models.CharField("审计（检查）报告", max_length=200, help_text="名称和文号")
    found_on = models.DateField("报告日期", default=timezone.localdate)
    description = models.TextField("问题", max_length=3000)
    amount = yuan("涉及金额（元）", null=True, blank=True, validators=[MinValueValidator(Decimal(0))])
    measures = models.TextField("整改措施", blank=True, max_length=3000)
    verified_on = models.DateField("交办日期", null=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "审计问题"
        indexes = [models.Index(fields=["status", "deadline"], name="integrity_finding_deadline")]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.project} 审计问题".strip()

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        return registry_scope(reach, through="project")

    def attachment_kinds(self) -> list[str]:
        return ["审计报告", "整改证明", "验收记录", "其他"]

    def days(self, step: str) -> int:
        return rule(FINDINGS).content[step]

    def most_extensions(self) -> int:
        return rule(FINDINGS).content["most_extensions"]

    def clean(self) -> None:
        super().clean()
        errors: dict[str, str] = {}
        not_ahead(self, errors, "found_on")
        if self.budget_id and self.project_id and self.budget.project_id != self.project_id:
            errors["budget"] = "所选专项资金不属于该项目。"
        raise_if(errors)

    def before_create(self, actor) -> None:
        self.due_on = add_workdays(timezone.localdate(), self.days("verify"))
