"""The entries of safety-fee accounts: 提取, 支付, 使用, 支付分包, 退回, and their reversals."""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import IntegrityError, models, transaction
from django.db.models import Q, Sum
from django.utils import timezone

from projects.models import Numbered
from supervision.flows.errors import NotAllowed
from supervision.flows.models import FlowRecord
from supervision.people.models import Role
from supervision.people.records import Record
from supervision.people.scope import Scoped
from supervision.rules.names import name_key

from ..fees import arithmetic
from ..fees.arithmetic import ACCRUAL, PASSED_ON, PAYMENT, REFUND, USE
from ..fees.rules import Category, watch
from .fee import ACTIVE, SETTLED, FeeAccount, percent, yuan

FILED, RETURNED, REVIEWED, BOOKED, VOID = "filed", "returned", "reviewed", "booked", "void"
PENDING = (FILED, RETURNED, REVIEWED)
NEEDED_FOR_USE = ("category", "content", "supplier", "voucher_no", "voucher_on")


class EntryKind(models.TextChoices):
    ACCRUAL = ACCRUAL, "提取"
    PAYMENT = PAYMENT, "支付"
    USE = USE, "使用"
    PASSED_ON = PASSED_ON, "支付分包"
    REFUND = REFUND, "退回"


KIND_COLORS = {ACCRUAL: "blue", PAYMENT: "cyan", USE: "green", PASSED_ON: "gray", REFUND: "orange"}


class FeeSubcontract(Record):
    """A subcontract with the safety fee that it lists; the main contractor pays it on and watches its use."""

    scope_through = "account"
    natural = ("account.section.project.name", "account.section.code", "unit")
    text_joins = ("account__section__project",)

    account = models.ForeignKey(FeeAccount, models.PROTECT, related_name="subcontracts", verbose_name="账户")
    unit = models.CharField("分包单位", max_length=120)
    contract_no = models.CharField("分包合同编号", max_length=80, blank=True)
    amount = yuan("分包安全费（元）", validators=[MinValueValidator(Decimal("0.01"))])
    start_on = models.DateField("分包开工日期")
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "分包安全生产费用"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "unit", "contract_no"],
                name="safety_feesubcontract_once",
                violation_error_message="该分包合同已登记。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.unit}（{self.account.section}）"

    def clean(self) -> None:
        if self.start_on and self.start_on > timezone.localdate():
            raise ValidationError({"start_on": "分包开工日期不能晚于今天。"})


class FeeEntry(Numbered, FlowRecord):
    """One entry. It counts from the moment it is booked (`booked`, in yuan); a closed month takes no entry, loses
    none and changes none, whoever asks. A mistake that was booked is reversed by an entry of its own."""

    number_prefix = "AF"
    scope_through = "account"
    text_joins = ("account__section__project",)

    account = models.ForeignKey(FeeAccount, models.PROTECT, related_name="entries", verbose_name="账户")
    kind = models.CharField("类型", max_length=10, choices=EntryKind.choices, default=EntryKind.USE)
    booked_on = models.DateField("记账日期", default=timezone.localdate, help_text="须在未结账的月份内")
    month = models.DateField("记账月份", editable=False, null=True)
    seq = models.PositiveIntegerField("账内序号", editable=False, null=True)
    amount = yuan("金额（元）", null=True, blank=True, help_text="提取不填时按累计进度计算")
    progress = percent(
        "累计进度（%）",
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
        help_text="截至当月末的累计工程进度，只有提取填写",
    )
    category = models.CharField("列支类别", max_length=3, choices=Category.choices, blank=True)
    content = models.CharField("用途", max_length=300, blank=True)
    supplier = models.CharField("收款单位", max_length=120, blank=True)
    supplier_key = models.CharField(max_length=120, blank=True, editable=False, default="")
    voucher_no = models.CharField(
        "凭证号", max_length=60, blank=True, help_text="各项目部分别编号的，前面加项目部简称"
    )
    voucher_on = models.DateField("凭证日期", null=True, blank=True)
    invoice_no = models.CharField("发票号", max_length=60, blank=True, help_text="有发票代码的连同代码填写")
    invoice_issuer = models.CharField("开票单位", max_length=120, blank=True, help_text="不填为收款单位")
    subcontract = models.ForeignKey(
        FeeSubcontract,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="entries",
        verbose_name="分包合同",
        help_text="支付分包，或由分包单位使用的，请选择",
    )
    approved = yuan("审定金额（元）", null=True, blank=True, validators=[MinValueValidator(Decimal("0.01"))])
    booked = yuan("入账金额（元）", default=0, editable=False)
    confirmed_on = models.DateField("入账日期", null=True, editable=False)
    filed_by = models.CharField("登记方", max_length=20, editable=False, default="")
    reverses = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="reversals",
        verbose_name="冲销",
    )
    reason = models.CharField("冲销原因", max_length=500, blank=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "安全生产费用记账"
        constraints = [
            models.UniqueConstraint(fields=["account", "seq"], name="safety_feeentry_seq"),
            models.UniqueConstraint(
                fields=["reverses"],
                condition=~Q(status=VOID),
                name="safety_feeentry_reversed_once",
                violation_error_message="该笔已冲销。",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "month", "kind"], name="safety_feeentry_month"),
            # The last entries of one account, without walking over everybody's.
            models.Index(fields=["account", "id"], name="safety_feeentry_latest"),
            models.Index(
                fields=["account", "kind", "supplier_key"],
                include=["booked", "confirmed_on"],
                name="safety_feeentry_supplier",
            ),
            models.Index(
                fields=["account", "month"],
                condition=Q(status__in=PENDING),
                name="safety_feeentry_pending",
            ),
            models.Index(fields=["booked_on"], condition=Q(kind=USE), name="safety_feeentry_used_on"),
        ]

    def __str__(self) -> str:
        words = self.content or (f"冲销 {self.reason}" if self.reverses_id else "")
        return f"{self.number or ''} {self.get_kind_display()} {words}".strip()

    def attachment_kinds(self) -> list[str]:
        return ["凭证", "发票", "照片", "合同", "验收或发放记录", "计量支付证书"]

    @property
    def is_reversal(self) -> bool:
        return self.reverses_id is not None

    # ---------------------------------------------------------------------------------------------- checking

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if self.booked_on and self.booked_on > timezone.localdate():
            errors["booked_on"] = "记账日期不能晚于今天。"
        elif self.account_id and self.booked_on:
            self._check_account(errors)
        if self.is_reversal:
            self._check_reversal(errors)
        else:
            self._check_facts(errors)
        if self.subcontract_id and self.account_id and self.subcontract.account_id != self.account_id:
            errors["subcontract"] = "所选分包合同不属于该账户。"
        if self._state.adding or self.status in (FILED, RETURNED):
            self._check_vouchers(errors)
        if errors:
            raise ValidationError(errors)

    def _check_account(self, errors: dict) -> None:
        account = self.account
        if self._state.adding and account.status != ACTIVE:
            refund = self.kind == REFUND and account.status == SETTLED
            if not refund:
                errors["account"] = f"该账户{account.status_label}，不能记账。"
        month = arithmetic.month_of(self.booked_on)
        if month < arithmetic.month_of(account.opened_on):
            errors["booked_on"] = f"记账日期早于建账月份（{account.opened_on}）。"
        elif account.closed_through and month <= account.closed_through:
            errors["booked_on"] = closed_message(month)

    def _check_facts(self, errors: dict) -> None:
        if self.amount is None and self.kind != ACCRUAL:
            errors["amount"] = "请填写金额。"
        elif self.amount is not None and self.amount <= 0:
            errors["amount"] = "金额应大于零；更正已入账的请用“冲销”。"
        elif self.approved is not None and self.amount is not None and self.approved > self.amount:
            errors["approved"] = f"审定金额不能大于申报金额 {self.amount} 元。"
        if self.kind == USE:
            for name in NEEDED_FOR_USE:
                if not getattr(self, name):
                    errors[name] = f"使用安全生产费用须填写{self._meta.get_field(name).verbose_name}。"
            if self.voucher_on and self.booked_on and self.voucher_on > self.booked_on:
                errors["voucher_on"] = "凭证日期不能晚于记账日期。"
        elif self.category:
            errors["category"] = "只有使用须选列支类别。"
        if self.kind == ACCRUAL and self.progress is None:
            errors["progress"] = "提取须填写累计进度。"
        elif self.kind != ACCRUAL and self.progress is not None:
            errors["progress"] = "只有提取填写累计进度。"
        if self.kind == PASSED_ON and not self.subcontract_id:
            errors["subcontract"] = "支付分包须选择分包合同。"

    def _check_reversal(self, errors: dict) -> None:
        first = self.reverses
        if self._state.adding and (first.status != BOOKED or first.is_reversal):
            errors["reverses"] = "只有已入账的记录可以冲销，冲销本身不再冲销。"
        same = (first.account_id, first.kind, first.category, -first.booked)
        if (self.account_id, self.kind, self.category, self.amount) != same:
            errors["amount"] = "冲销须与原记录同一账户、类型、类别，金额相反。"

    def _check_vouchers(self, errors: dict) -> None:
        for field, key in self.evidence().items():
            rows = FeeVoucher.objects.filter(key=key, released_on__isnull=True)
            if taken := rows.exclude(entry_id=self.pk).select_related("entry").first():
                errors[field] = self._taken_by(taken)

    def _taken_by(self, taken: FeeVoucher) -> str:
        """Who used it, without telling of other sections' accounts."""
        where = (
            f"本账户第{taken.entry.seq}笔（{taken.entry.number}）"
            if taken.entry.account_id == self.account_id
            else "另一账户的支出"
        )
        return f"该票据已在{where}中列支，全局只能使用一次。"

    def evidence(self) -> dict[str, str]:
        """The keys under which this entry's voucher and invoice may be used once, by field."""
        if self.is_reversal or not self.account_id:
            return {}
        digits = watch()["complete_invoice_digits"]
        found = {
            "voucher_no": arithmetic.voucher_key(
                self.account.contractor_id, self.voucher_no, self.voucher_on
            ),
            "invoice_no": arithmetic.invoice_key(
                self.invoice_issuer or self.supplier, self.invoice_no, digits
            ),
        }
        return {field: key for field, key in found.items() if key}

    # ----------------------------------------------------------------------------------------------- writing

    def before_create(self, actor) -> None:
        if not self.account_id or not self.booked_on:
            return
        roles = actor.user.roles if actor.user else frozenset()
        units = roles & {Role.OWNER, Role.CONTRACTOR}
        if units == {Role.OWNER} and self.kind != PAYMENT:
            raise NotAllowed("建设单位登记支付；提取、使用、支付分包和退回由施工单位登记。")
        self.filed_by = Role.OWNER if units == {Role.OWNER} else Role.CONTRACTOR
        self.seq = self._enter(arithmetic.month_of(self.booked_on), 1)
        # As it is now that it is held: it may just have been settled or adjusted.
        self.account = FeeAccount._base_manager.select_related("section__project").get(pk=self.account_id)
        self.derive()

    def before_update(self, before: dict) -> None:
        was = self.month
        self.derive()
        for month in {was, self.month}:
            self._enter(month)

    def before_delete(self) -> None:
        self._enter(self.month)

    def _enter(self, month, number: int = 0) -> int:
        """Raise ValidationError when `month` is closed; else nobody can close it until this transaction ends."""
        posted = FeeAccount.enter(self.account_id, month, number)
        if posted is None:
            raise ValidationError({"booked_on": closed_message(month)})
        return posted

    def derive(self) -> None:
        self.month = arithmetic.month_of(self.booked_on)
        self.supplier_key = name_key(self.supplier)[:120]
        if self.kind == ACCRUAL and self.amount is None and self.progress is not None:
            self.amount = self.accrual_now()

    def accrual_now(self) -> Decimal:
        """What is to be accrued so that the account stands where its progress is. Raises ValidationError when
        nothing is."""
        done = (
            FeeEntry.objects.filter(account_id=self.account_id, kind=ACCRUAL)
            .exclude(status=VOID)
            .exclude(pk=self.pk)
            .aggregate(total=Sum("amount"))["total"]
            or arithmetic.ZERO
        )
        done = arithmetic.cents(done)
        wanted = arithmetic.due_at(self.account.due, self.progress)
        if wanted <= done:
            raise ValidationError(
                {"progress": f"累计进度 {self.progress}% 应提 {wanted} 元，已提 {done} 元，本次无须计提。"}
            )
        return wanted - done

    def after_write(self, changes: dict, actor) -> None:
        from ..fees.asking import ask_of_entry

        if {"voucher_no", "voucher_on", "invoice_no", "invoice_issuer", "supplier"} & set(changes):
            FeeVoucher.follow(self)
        if self.status == VOID and "status" in changes:
            FeeVoucher.release(self)
        if self.is_reversal and self.status == BOOKED and "status" in changes:
            FeeVoucher.release(self.reverses)
        if {"content", "category"} & set(changes):
            ask_of_entry(self, actor)


def closed_message(month) -> str:
    return f"{month:%Y年%-m月}已结账，不能再记账或改动；差错请在以后月份冲销。"


class FeeVoucher(Scoped):
    """A voucher or invoice that an entry uses up: one living row of a key in the whole bureau, so that of two
    people who post the same one at once the second is refused by the database. A reversal, or voiding, frees it."""

    scope_through = "entry"

    key = models.CharField("票据", max_length=320)
    entry = models.ForeignKey(FeeEntry, models.CASCADE, related_name="vouchers", verbose_name="记账")
    released_on = models.DateField("释放日期", null=True)

    class Meta:
        verbose_name = "已用票据"
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=Q(released_on__isnull=True), name="safety_feevoucher_once"
            )
        ]

    def __str__(self) -> str:
        return self.key

    @classmethod
    def follow(cls, entry: FeeEntry) -> None:
        """Hold what the entry uses now and let go what it used before. Raises ValidationError by field when another
        entry has it."""
        wanted = entry.evidence()
        mine = cls.objects.filter(entry=entry, released_on__isnull=True)
        mine.exclude(key__in=wanted.values()).update(released_on=timezone.localdate())
        held = set(mine.values_list("key", flat=True))
        for field, key in wanted.items():
            if key in held:
                continue
            try:
                with transaction.atomic():
                    cls.objects.create(key=key, entry=entry)
            except IntegrityError:
                taken = cls.objects.filter(key=key, released_on__isnull=True).select_related("entry").first()
                told = entry._taken_by(taken) if taken else "该票据刚被使用，请核对后重新提交。"
                raise ValidationError({field: told}) from None

    @classmethod
    def release(cls, entry: FeeEntry) -> None:
        cls.objects.filter(entry=entry, released_on__isnull=True).update(released_on=timezone.localdate())
