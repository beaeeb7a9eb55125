"""Questions about bids, and spot-checks of tender documents."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models.project import registry_scope
from safety.models import TenderFeeCheck
from supervision.flows.models import FlowRecord
from supervision.people.records import Record
from supervision.people.scope import Reach
from supervision.rules.models import RuleSet

from .commissioned import authorities_only, not_ahead, raise_if, rules_on
from .tendering import Tender

ASKED, EXPLAINED, REFERRED = "asked", "explained", "referred"
DOCUMENTS = "tender-documents"


class CollusionSign(models.TextChoices):
    """What the statute lets be seen as collusion; the words stand in the rule set."""

    SAME_AUTHOR = "same_author", "同一单位或个人编制"
    SAME_AGENT = "same_agent", "委托同一单位或个人办理"
    SAME_MANAGER = "same_manager", "项目管理成员同一人"
    ALIKE = "alike", "异常一致或报价呈规律性差异"
    MIXED = "mixed", "投标文件相互混装"
    SAME_ACCOUNT = "same_account", "保证金从同一账户转出"


class OfAuthorities(models.Model):
    """Of a tender, and seen by authorities alone."""

    text_joins = ("tender__section__project",)

    class Meta:
        abstract = True

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        return registry_scope(authorities_only(reach), through="tender__section__project")


class CollusionQuestion(OfAuthorities, FlowRecord):
    """Something in the entered facts that the statute names. A question for people; it never says that anybody
    colluded."""

    tender = models.ForeignKey(
        Tender, models.PROTECT, related_name="questions", editable=False, verbose_name="招标项目"
    )
    sign = models.CharField("疑点", max_length=16, choices=CollusionSign.choices, editable=False)
    key = models.CharField(max_length=120, editable=False)
    bidders = models.CharField("涉及投标人", max_length=1000, editable=False)
    figures = models.CharField("事实", max_length=500, editable=False)
    standing = models.BooleanField("登记事实仍在", default=True, editable=False)
    rules = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="依据"
    )
    answer = models.TextField("核实情况", blank=True, max_length=3000)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "串标疑点"
        constraints = [
            models.UniqueConstraint(fields=["tender", "sign", "key"], name="integrity_question_once")
        ]

    def __str__(self) -> str:
        return f"{self.tender.title} {self.get_sign_display()}"

    def attachment_kinds(self) -> list[str]:
        return ["核实材料", "移送函", "其他"]


class TenderDocumentCheck(OfAuthorities, Record):
    """A spot-check of one tender's documents: the credit rules here, the safety fee from its own ledger."""

    text_joins = ("tender__section__project", "fee_check__project", "fee_check__section__project")

    tender = models.ForeignKey(
        Tender, models.PROTECT, related_name="document_checks", verbose_name="招标项目"
    )
    checked_on = models.DateField("抽查日期", default=timezone.localdate)
    inspectors = models.CharField("抽查人员", max_length=120)
    fee_check = models.ForeignKey(
        TenderFeeCheck,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="安全费抽查",
        help_text="安全生产费用在“招标文件安全费抽查”登记，此处选用，不重复填写",
    )
    credit_promise = models.BooleanField("要求信用承诺和第三方信用报告", default=False)
    credit_used = models.BooleanField("信用作为资格审查和评标依据", default=False)
    materials = models.BooleanField("明确主材统一采购方式", default=False)
    remark = models.TextField("抽查意见", blank=True, max_length=2000)
    rules = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="依据"
    )
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "招标文件抽查"

    def __str__(self) -> str:
        return f"{self.tender.title} 文件抽查 {self.checked_on}"

    def attachment_kinds(self) -> list[str]:
        return ["招标文件节选", "抽查记录"]

    @property
    def problems(self) -> list[str]:
        items = self.rules.content["items"] if self.rules_id else {}
        found = [f"未{label}" for name, label in items.items() if not getattr(self, name)]
        if not self.fee_check_id:
            return [*found, "安全生产费用未抽查"]
        return found if self.fee_check.conforms else [*found, "安全生产费用设置不符合"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "checked_on")
        if (
            self.fee_check_id
            and self.tender_id
            and self.fee_check.project_id != self.tender.section.project_id
        ):
            errors["fee_check"] = "该安全费抽查不属于此招标项目所在项目。"
        raise_if(errors)

    def before_create(self, actor) -> None:
        self.rules = rules_on(DOCUMENTS, self.checked_on)
