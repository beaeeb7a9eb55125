"""Clauses looked at before something may be used or begun, and what was raised from the site's own records."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models

from supervision.flows.models import FlowRecord
from supervision.people.scope import Scoped
from supervision.rules.models import RuleSet

from .camp import Camp
from .on_section import OfSection, Raisable
from .works import DangerousWork

OPEN, MET, UNMET, SKIPPED = "open", "met", "unmet", "skipped"


class SiteClause(OfSection, Raisable, FlowRecord):
    """One clause of a list, asked of a dangerous work or of a camp. Each new look at the whole is a new round; the
    rows of former rounds stay."""

    text_joins = (
        "section__project",
        "work__section__project",
        "camp__section__project",
    )

    work = models.ForeignKey(
        DangerousWork,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="clauses",
        verbose_name="危大工程",
    )
    camp = models.ForeignKey(
        Camp, models.PROTECT, null=True, blank=True, related_name="clauses", verbose_name="驻地"
    )
    round = models.PositiveSmallIntegerField("第几次核查", default=1)
    code = models.CharField("条目编号", max_length=20)
    text = models.CharField("核查内容", max_length=300)
    category = models.CharField("隐患类别", max_length=40, blank=True)
    clause_rule = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="依据"
    )
    answered_on = models.DateField("核查日期", null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "安全条件核查"
        indexes = [
            models.Index(fields=["work", "round"], name="safety_clause_work"),
            models.Index(fields=["camp", "round"], name="safety_clause_camp"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.code}"

    @property
    def subject(self) -> DangerousWork | Camp:
        return self.work or self.camp

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if (self.work_id is None) == (self.camp_id is None):
            errors["work"] = "核查条目须属于一项危大工程或一处驻地。"
        self.check_same_section(errors, "work", "camp")
        if errors:
            raise ValidationError(errors)

    def attachment_kinds(self) -> list[str]:
        return ["核查记录", "照片", "其他"]


class SiteFinding(Scoped):
    """That something of the site's records was raised as a hidden danger: one row per case, so that it is raised
    once however often it is looked at. `case` tells cases of one record apart, such as the day a certificate ran
    out."""

    scope_through = "section"

    section = models.ForeignKey("projects.Section", models.CASCADE, related_name="+", verbose_name="标段")
    label = models.CharField("记录类别", max_length=60)
    object_id = models.BigIntegerField("记录编号")
    case = models.CharField("情形", max_length=40)
    found_on = models.DateField("发现日期")

    class Meta:
        verbose_name = "现场记录所转隐患"
        constraints = [
            models.UniqueConstraint(fields=["label", "object_id", "case"], name="safety_site_finding_once")
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.object_id} {self.case}"
