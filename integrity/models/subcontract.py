"""Subcontracts (分包) of a section, the year's negative list, and what was paid to subcontractors."""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.utils import timezone

from projects.models import Numbered
from quality.models.of_section import OfSection
from safety.models import FeeEntry, FeeSubcontract
from supervision.flows.models import FlowRecord
from supervision.people.records import Record
from supervision.rules.numbers import percent
from supervision.rules.uscc import validate_uscc

from ..money.negative import compared
from .commissioned import in_order, not_ahead, raise_if, rules_on, yuan

DRAFT, SUBMITTED, CONSENTED, REGISTERED, ENDED = "draft", "submitted", "consented", "registered", "ended"
CONTRACT, QUALIFICATION = "分包合同", "资质证书"
BANS, LABOUR = "subcontract-bans", "subcontract-labour"


class NegativeItem(Record):
    """One line of a year's negative list of subcontracting, as the bureau loads it from the published list."""

    scope_public = True
    natural = ("code",)

    code = models.CharField("编号", max_length=20, unique=True, help_text="如 2026-01")
    year = models.PositiveSmallIntegerField(
        "年度", validators=[MinValueValidator(2000), MaxValueValidator(2100)], db_index=True
    )
    text = models.CharField("不得分包的内容", max_length=300)
    keywords = models.JSONField(
        "比对词", default=list, blank=True, help_text="分包内容中出现任一词即提示，顿号分隔"
    )
    document = models.CharField("依据文件", max_length=200)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-year", "code"]
        verbose_name = "分包负面清单"

    def __str__(self) -> str:
        return f"{self.code} {self.text}"[:120]


class SubcontractKind(models.TextChoices):
    WORKS = "works", "专业分包"
    LABOUR = "labour", "劳务合作"


class Subcontract(Numbered, OfSection, FlowRecord):
    """One subcontract, or one labour contract, which is no subcontract and is kept apart."""

    number_prefix = "FB"
    unrecorded_fields = FlowRecord.unrecorded_fields | {"number", "paid"}

    kind = models.CharField(
        "类别", max_length=8, choices=SubcontractKind.choices, default=SubcontractKind.WORKS
    )
    unit = models.CharField("分包（劳务）单位", max_length=120)
    uscc = models.CharField("统一社会信用代码", max_length=18, validators=[validate_uscc], blank=True)
    content = models.CharField("分包（作业）内容", max_length=500)
    contract_no = models.CharField("合同编号", max_length=80, blank=True)
    amount = yuan("合同金额（元）", validators=[MinValueValidator(Decimal("0.01"))])
    signed_on = models.DateField("签订日期", default=timezone.localdate)
    qualification = models.CharField("资质类别与等级", max_length=120, blank=True)
    main_structure = models.BooleanField("含主体结构施工", default=False)
    by_subcontractor = models.BooleanField("由分包单位再行分包", default=False)
    main_materials = models.BooleanField("含主要材料采购", default=False)
    negative = models.ForeignKey(
        NegativeItem,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="属于负面清单",
        help_text="不属于的不选",
    )
    fee = models.ForeignKey(
        FeeSubcontract,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="分包安全费",
        help_text="在“分包安全生产费用”登记，此处选用，不重复填写",
    )
    consent = models.CharField(
        "发包人同意方式", max_length=120, blank=True, help_text="合同约定条款，或书面同意文号"
    )
    compared_with = models.CharField("负面清单比对", max_length=120, blank=True, editable=False)
    hits = models.JSONField("比对提示", default=list, editable=False)
    consented_on = models.DateField("同意日期", null=True, editable=False)
    registered_on = models.DateField("备案日期", null=True, editable=False)
    ended_on = models.DateField("完工结算日期", null=True, blank=True)
    paid = yuan("已支付（元）", default=0, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "分包与劳务合作"
        constraints = [
            models.CheckConstraint(
                condition=Q(paid__gte=0) & Q(paid__lte=F("amount")), name="integrity_subcontract_paid"
            )
        ]
        indexes = [models.Index(fields=["kind", "signed_on"], name="integrity_subcontract_kind")]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.unit}".strip()

    def attachment_kinds(self) -> list[str]:
        return [CONTRACT, QUALIFICATION, "书面同意", "结算资料", "其他"]

    @property
    def is_works(self) -> bool:
        return self.kind == SubcontractKind.WORKS

    @property
    def bans(self) -> list[str]:
        """What the law of the day it was signed forbids of the facts stated; such a subcontract is not filed."""
        if not self.is_works:
            return []
        words = rules_on(BANS, self.signed_on).content["bans"]
        found = [
            (self.main_structure, f"{words['main_structure']}。"),
            (self.by_subcontractor, f"{words['again']}。"),
            (not self.qualification.strip(), f"{words['unqualified']}：请填写资质类别与等级。"),
            (self.negative_id is not None, "所选内容属于负面清单，不得分包。"),
        ]
        return [text for holds, text in found if holds]

    @property
    def questions(self) -> list[str]:
        found = list(self.hits)
        if self.is_works and not self.fee_id:
            found.append("未登记分包安全费")
        return found

    @property
    def safety_share(self) -> Decimal | None:
        """The safety fee of the subcontract in per cent of its amount."""
        return percent(self.fee.amount, self.amount) if self.fee_id else None

    @classmethod
    def with_fees(cls, rows):
        """The rows, each with `passed_on`: the safety fee booked as passed on to the subcontractor."""
        entries = FeeEntry._base_manager.filter(
            subcontract=OuterRef("fee"), status="booked", kind="passed_on"
        )
        total = entries.order_by().values("subcontract").annotate(total=Sum("booked")).values("total")
        return rows.annotate(passed_on=Subquery(total))

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "signed_on", "ended_on")
        in_order(self, errors, "signed_on", "ended_on")
        if self.fee_id and self.section_id and self.fee.account.section_id != self.section_id:
            errors["fee"] = "该分包安全费不属于此标段。"
        if self.amount is not None and self.paid > self.amount:
            errors["amount"] = f"合同金额低于已支付的{self.paid}元。"
        raise_if(errors)

    def before_create(self, actor) -> None:
        self.compare()

    def before_update(self, before: dict) -> None:
        if {"content", "negative", "kind", "signed_on", "main_materials", "status"} & set(before):
            self.compare()

    def compare(self) -> None:
        """Its words against the list of the year in which it was signed; of labour, what the rules of that day want
        to be asked about."""
        if not self.is_works or not self.signed_on:
            asked = (
                [rules_on(LABOUR, self.signed_on).content["main_materials"]] if self.main_materials else []
            )
            self.compared_with, self.hits = "", [] if self.is_works else asked
            return
        year = self.signed_on.year
        lines = list(NegativeItem.objects.filter(year=year).values_list("code", "keywords"))
        self.compared_with = f"{year}年清单{len(lines)}项" if lines else f"{year}年清单尚未载入，未作比对"
        self.hits = compared(self.content, lines)

    @classmethod
    def pay(cls, pk: int, amount: Decimal) -> bool:
        """Add what is paid; False when more would be paid than agreed, or less than nothing.

        The first UPDATE takes the row for this transaction; sums are made here, to the cent on any database.
        """
        rows = cls._base_manager.filter(pk=pk)
        rows.update(paid=F("paid"))
        row = rows.get()
        paid = row.paid + amount
        return 0 <= paid <= row.amount and rows.update(paid=paid) == 1


class SubcontractPayment(Record):
    """A payment to a subcontractor. A mistake is taken back by a payment below zero, never changed."""

    scope_through = "subcontract"
    text_joins = ("subcontract__section__project",)

    subcontract = models.ForeignKey(
        Subcontract, models.PROTECT, related_name="payments", verbose_name="分包合同"
    )
    paid_on = models.DateField("支付日期", default=timezone.localdate)
    amount = yuan("金额（元）", help_text="冲销原来的支付，填负数并写明原因")
    wages = yuan("其中人工费（元）", default=0, help_text="冲销时填负数，不多于原已计入的人工费")
    voucher_no = models.CharField("凭证号", max_length=60)
    remark = models.CharField("说明", max_length=300, blank=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-paid_on", "-pk"]
        verbose_name = "分包支付"

    def __str__(self) -> str:
        return f"{self.subcontract} {self.paid_on} {self.amount}元"

    def attachment_kinds(self) -> list[str]:
        return ["支付凭证", "其他"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "paid_on")
        if self.subcontract_id and self.subcontract.status not in (REGISTERED, ENDED):
            errors["subcontract"] = f"该合同“{self.subcontract.status_label}”，尚未备案。"
        if self.amount is not None:
            if self.amount == 0:
                errors["amount"] = "金额不能为零。"
            elif self.amount < 0 and not self.remark.strip():
                errors["remark"] = "冲销请写明原因。"
            elif self.wages is not None:
                least, most = sorted((Decimal(0), self.amount))
                if not least <= self.wages <= most:
                    errors["wages"] = (
                        "人工费应在零与支付金额之间。"
                        if self.amount > 0
                        else "冲销的人工费填负数，不能多于冲销金额。"
                    )
        raise_if(errors)

    def before_create(self, actor) -> None:
        if not self.subcontract_id or self.amount is None:
            return
        if not Subcontract.pay(self.subcontract_id, self.amount):
            raise ValidationError({"amount": "累计支付不能多于合同金额，也不能少于零。"})
        if self.amount < 0 and self.wages and self.wages < 0:
            # The subcontract's row is held since `pay`: nobody takes back the same wages beside.
            before = sum(
                SubcontractPayment._base_manager.filter(subcontract=self.subcontract_id).values_list(
                    "wages", flat=True
                )
            )
            if before + self.wages < 0:
                raise ValidationError({"wages": f"冲销的人工费多于已支付的{before}元。"})

    def before_update(self, before: dict) -> None:
        raise ValidationError("支付不能修改；差错以负数冲销。")
