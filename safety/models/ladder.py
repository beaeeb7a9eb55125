"""What follows from a danger that is not put right in time, and from one that others may have too."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from projects.models import Section
from supervision.flows.models import FlowRecord
from supervision.people.models import Role
from supervision.rules.calendar import add_workdays
from supervision.rules.models import RuleSet

from ..rules import DEADLINES, LADDER, rule
from .danger import HiddenDanger


class Rung(models.TextChoices):
    """The ladder, from its lowest rung; when each is reached is a rule set's matter."""

    BLUE = "blue", "督办单（蓝，临近）"
    YELLOW = "yellow", "督办单（黄，滞后）"
    RED = "red", "督办单（红，逾期）"
    LISTING = "listing", "挂牌督办"
    INTERVIEW = "interview", "约谈"
    SUSPENSION = "suspension", "停工整改"
    CREDIT = "credit", "信用处理建议"


class SupervisionStep(FlowRecord):
    """One rung of the ladder for one danger and one deadline: drafted by the portal, signed by a person."""

    scope_through = "danger"
    text_joins = ("danger__project", "danger__section__project")

    danger = models.ForeignKey(HiddenDanger, models.PROTECT, related_name="steps", verbose_name="隐患")
    rung = models.CharField("督办措施", max_length=12, choices=Rung.choices)
    deadline = models.DateField("所督整改期限")
    reason = models.CharField("督办事由", max_length=300)
    signer_role = models.CharField(
        "签发人角色",
        max_length=20,
        choices=[
            (role.value, role.label) for role in (Role.BUREAU_STAFF, Role.COUNTY_STAFF, Role.CENTRE_STAFF)
        ],
    )
    ladder_rule = models.ForeignKey(
        RuleSet,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name="依据规则",
    )
    drafted_on = models.DateField("拟稿日期", default=timezone.localdate, editable=False)
    number = models.CharField("文号", max_length=120, blank=True, editable=False)
    approved_by = models.CharField(
        "批准人", max_length=60, blank=True, help_text="由经办人代录领导批示时填写，印在文书签发人处"
    )
    demand = models.TextField("督办要求", blank=True, max_length=2000)
    signed_on = models.DateField("签发日期", null=True, blank=True)
    received_on = models.DateField("签收日期", null=True, blank=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "督办事项"
        constraints = [
            # What makes the nightly job safe to run twice.
            models.UniqueConstraint(
                fields=["danger", "rung", "deadline"],
                name="safety_step_once",
                violation_error_message="该隐患在这一期限上已有同一督办措施。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_rung_display()} {self.danger}"

    def clean(self) -> None:
        if self.signed_on and self.signed_on > timezone.localdate():
            raise ValidationError({"signed_on": "签发日期不能晚于今天。"})

    def before_create(self, actor) -> None:
        if self.due_on is None:
            self.due_on = add_workdays(timezone.localdate(), rule(LADDER).content["sign"])

    def attachment_kinds(self) -> list[str]:
        return ["约谈照片", "会议签到", "领导批示"]


class SisterCheck(FlowRecord):
    """举一反三: a sister section is asked to look for the same danger on its own site."""

    scope_through = "section"
    text_joins = ("danger__project", "danger__section__project", "section__project")

    danger = models.ForeignKey(HiddenDanger, models.PROTECT, related_name="sisters", verbose_name="起因隐患")
    section = models.ForeignKey(Section, models.PROTECT, related_name="+", verbose_name="自查标段")
    asked = models.TextField("自查内容", max_length=2000)
    checked_on = models.DateField("自查日期", null=True, blank=True)
    found = models.ForeignKey(
        HiddenDanger,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name="查出的隐患",
    )
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "举一反三自查"
        constraints = [
            models.UniqueConstraint(
                fields=["danger", "section"],
                name="safety_sister_once",
                violation_error_message="该标段已就此隐患布置自查。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.section} 举一反三自查（{self.danger.number}）"

    def clean(self) -> None:
        if self.danger_id and self.section_id and self.section_id == self.danger.section_id:
            raise ValidationError({"section": "不必向隐患所在标段布置自查。"})
        if self.checked_on and self.checked_on > timezone.localdate():
            raise ValidationError({"checked_on": "自查日期不能晚于今天。"})

    def before_create(self, actor) -> None:
        if self.due_on is None:
            self.due_on = add_workdays(timezone.localdate(), rule(DEADLINES).content["sister"])

    def attachment_kinds(self) -> list[str]:
        return ["自查照片", "自查记录"]
