"""举报: what somebody told about conduct, handled by the discipline role alone. See "Confidential records" in
docs/architecture.md before changing anything here.

No foreign key leads from a report to a unit, project or person: a unit that a report names could not be merged, and
whoever tried would be told why. What the reporter wrote and who they are never enter the history or the API; a
digest of it does, so that `verify_history` finds whether it was altered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models import Numbered
from supervision.flows.history import Breach
from supervision.flows.models import FlowRecord
from supervision.flows.reach import label_of
from supervision.people.models import Role
from supervision.people.scope import NOTHING, Reach
from supervision.people.visitors.codes import new_code
from supervision.rules.calendar import add_workdays
from supervision.rules.models import RuleSet
from supervision.rules.shipped import rule

from .of_unit import not_ahead, raise_if

REPORTS = "conduct-reports"
CODE_LENGTH = 12
READERS = frozenset({Role.DISCIPLINE})


class Channel(models.TextChoices):
    WEB = "web", "网上"
    LETTER = "letter", "来信"
    VISIT = "visit", "来访"
    PHONE = "phone", "来电"
    HANDED = "handed", "上级交办、有关单位移送"


class Category(models.TextChoices):
    BRIBERY = "bribery", "收受财物、吃拿卡要"
    TENDER = "tender", "插手招投标、物资采购"
    SUBCONTRACT = "subcontract", "转包、违法分包"
    FUNDS = "funds", "资金、计量支付"
    ENFORCEMENT = "enforcement", "执法、审批、验收不公"
    STYLE = "style", "作风问题"
    OTHER = "other", "其他"


class Finding(models.TextChoices):
    TRUE = "true", "属实"
    PARTLY = "partly", "部分属实"
    UNTRUE = "untrue", "不属实"
    UNPROVEN = "unproven", "无法查实"


def key_of(code: str) -> str:
    """What is kept of an acknowledgement code: nobody who reads the database can ask in the reporter's place."""
    salt = b"integrity.conductreport"
    return hashlib.pbkdf2_hmac("sha256", code.encode(), salt, 50_000).hex()


class ConductReport(Numbered, FlowRecord):
    """One report. `named` tells whether the reporter gave a name; the name itself is read by an act of its own."""

    number_prefix = "JB"
    tells = READERS
    secret_fields = frozenset({"code_key", "content", "person_name", "reporter_name", "reporter_phone"})

    code_key = models.CharField(max_length=64, unique=True, editable=False)
    channel = models.CharField("来源", max_length=8, choices=Channel.choices, default=Channel.WEB)
    named = models.BooleanField("实名", default=False, editable=False)
    reporter_name = models.CharField("举报人", max_length=40, blank=True, editable=False)
    reporter_phone = models.CharField("联系方式", max_length=60, blank=True, editable=False)
    unit_name = models.CharField("被反映单位", max_length=120)
    person_name = models.CharField("被反映人", max_length=60, blank=True)
    project_name = models.CharField("涉及项目", max_length=120, blank=True)
    content = models.TextField("反映内容", max_length=5000)
    digest = models.CharField("内容校验值", max_length=64, editable=False)
    received_on = models.DateField("收到日期", default=timezone.localdate)
    category = models.CharField("类别", max_length=12, choices=Category.choices, blank=True)
    accept_by = models.DateField("受理期限", null=True, editable=False)
    accepted_on = models.DateField("受理日期", null=True, blank=True, editable=False)
    finish_by = models.DateField("办结期限", null=True, blank=True, editable=False)
    extensions = models.PositiveSmallIntegerField("延期次数", default=0, editable=False)
    finding = models.CharField("核查结论", max_length=10, choices=Finding.choices, blank=True)
    result = models.TextField("核查与处理情况", max_length=5000, blank=True)
    finished_on = models.DateField("办结日期", null=True, blank=True, editable=False)
    inform_by = models.DateField("告知期限", null=True, blank=True, editable=False)
    informed_on = models.DateField("告知日期", null=True, blank=True, editable=False)
    handed_to = models.CharField("移送单位", max_length=120, blank=True)
    answer = models.TextField("给举报人的答复", max_length=2000, blank=True, help_text="举报人凭受理码可见")
    reward = models.DecimalField("奖励（元）", max_digits=10, decimal_places=2, null=True, blank=True)
    rewarded_on = models.DateField("奖励日期", null=True, blank=True)
    rules = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="期限规则"
    )
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "廉政举报"

    def __str__(self) -> str:
        # Stands in messages and histories: nothing of what was told.
        return f"举报 {self.number or ''}".strip()

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        """The discipline role, and nobody else whatever they reach."""
        return Q() if reach.roles & READERS else NOTHING

    def attachment_kinds(self) -> list[str]:
        return ["举报材料", "核查材料", "处理依据"]

    def content_digest(self) -> str:
        """Over the code's key, which works as a salt, and all that the reporter told."""
        told = (
            self.code_key,
            self.unit_name,
            self.person_name,
            self.project_name,
            self.content,
            self.reporter_name,
            self.reporter_phone,
        )
        return hashlib.sha256("\x1f".join(told).encode("utf-8", "surrogatepass")).hexdigest()

    def before_create(self, actor) -> None:
        self.code_key = self.code_key or key_of(new_code(CODE_LENGTH))
        self.rules = rule(REPORTS, self.received_on)
        self.accept_by = add_workdays(self.received_on, self.rules.content["accept_workdays"])
        self.due_on = self.accept_by
        self.named = bool(self.reporter_name)
        self.digest = self.content_digest()

    def before_update(self, before: dict) -> None:
        self.named = bool(self.reporter_name)
        self.digest = self.content_digest()

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "received_on", "rewarded_on")
        if self.reward is not None and self.reward <= 0:
            errors["reward"] = "奖励金额须大于0。"
        raise_if(errors)


def altered() -> Iterator[Breach]:
    """Reports whose told content does not fit the digest in their history (see `history.derived`)."""
    for report in ConductReport._base_manager.order_by("pk").iterator(500):
        if report.content_digest() != report.digest:
            yield Breach(label_of(ConductReport), report.pk, "举报内容未经平台改动")
