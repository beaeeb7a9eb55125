"""Reports by anybody: no account, an acknowledgement code, and somebody at the authority who looks."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models import Project, Section
from supervision.flows.models import FlowRecord
from supervision.people.models import District
from supervision.people.scope import Reach
from supervision.people.visitors.codes import new_code
from supervision.rules.calendar import add_workdays
from supervision.rules.stakes import StakeField

from ..rules import DEADLINES, rule
from .danger import HiddenDanger


class PublicReport(FlowRecord):
    """What somebody without an account told: where, what, photos; a telephone number if they like."""

    secret_fields = frozenset({"phone"})

    code = models.CharField("受理码", max_length=12, unique=True, default=new_code, editable=False)
    place = models.CharField("地点", max_length=200)
    description = models.TextField("反映情况", max_length=2000)
    phone = models.CharField("联系电话", max_length=30, blank=True)
    district = models.ForeignKey(District, models.PROTECT, null=True, blank=True, verbose_name="所在县区")
    project = models.ForeignKey(
        Project, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="项目"
    )
    section = models.ForeignKey(
        Section, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="标段"
    )
    part = models.CharField("部位", max_length=120, blank=True)
    stakes = StakeField("桩号", blank=True, help_text="路线上的隐患必填，如 K0+500-K0+800")
    danger = models.ForeignKey(
        HiddenDanger,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="reports",
        verbose_name="立为隐患",
    )
    answer = models.TextField("答复", blank=True, max_length=1000, help_text="举报人凭受理码可见")
    reward = models.DecimalField("奖励（元）", max_digits=10, decimal_places=2, null=True, blank=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "群众举报"

    def __str__(self) -> str:
        return f"举报 {self.code} {self.place[:30]}"

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        """The city reads all, a county those of its district. The units complained of read none: who reported
        is not theirs to know."""
        return Q() if reach.everything else Q(district__in=reach.districts)

    def before_create(self, actor) -> None:
        if self.due_on is None:
            self.due_on = add_workdays(timezone.localdate(), rule(DEADLINES).content["verify"])

    def attachment_kinds(self) -> list[str]:
        return ["举报照片"]
