"""制度核查: what the history itself asks. A question with its records, its threshold and its number of cases; the
portal answers none of them and does nothing by itself."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from projects.models import Numbered
from supervision.flows.models import FlowRecord
from supervision.people.scope import NOTHING, Reach
from supervision.rules.models import RuleSet

from .reporting import READERS

CONTROLS = "integrity-controls"


class Control(models.TextChoices):
    OWN_ACCEPTANCE = "own_acceptance", "整改人自己验收"
    LAST_MINUTE = "last_minute", "临期数分钟内集中销号"
    SAME_PAIR = "same_pair", "全年固定的检查人员与单位"
    OUT_OF_HOURS = "out_of_hours", "非工作时间办理审批"
    BARE_EXTENSION = "bare_extension", "延期无书面材料"


class ControlQuestion(Numbered, FlowRecord):
    """One question to the discipline reader. `key` names what it is about, so that no night asks it twice."""

    number_prefix = "HC"

    control = models.CharField("核查事项", max_length=16, choices=Control.choices)
    year = models.PositiveSmallIntegerField("年度")
    key = models.CharField(max_length=160, editable=False)
    title = models.CharField("疑问", max_length=200)
    cases = models.PositiveIntegerField("件数")
    threshold = models.CharField("阈值", max_length=120)
    found = models.JSONField("涉及记录", default=list, blank=True, editable=False)
    asked_on = models.DateField("提出日期", editable=False)
    answer = models.TextField("核实情况", max_length=3000, blank=True)
    remedy = models.TextField("完善制度的建议", max_length=2000, blank=True)
    answered_on = models.DateField("核实日期", null=True, blank=True, editable=False)
    rules = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="阈值规则"
    )
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "制度核查疑问"
        constraints = [
            models.UniqueConstraint(fields=["control", "year", "key"], name="integrity_control_once")
        ]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.get_control_display()}".strip()

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        """The discipline role alone: the questions are about those who would otherwise read them."""
        return Q() if reach.roles & READERS else NOTHING
