"""Rule sets with a date and a source, and the days that depart from the plain working week."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

HOUSE_RULE = "本系统设定"


class Confidence(models.TextChoices):
    """How well a rule's official source is known."""

    TEXT = "V", "已核对原文"
    SECOND_HAND = "V′", "有出处（旧版、外省或转述）"
    KNOWN = "K", "依据明确，原文待核"
    UNSURE = "K?", "依据不确切"
    DEFAULT = "D", HOUSE_RULE


OFFICIAL = frozenset({Confidence.TEXT, Confidence.SECOND_HAND, Confidence.KNOWN})


class RuleSetQuerySet(models.QuerySet):
    def in_force(self, code: str, on_date: date) -> "RuleSet":
        """Return the version of `code` that applies on `on_date` (both its days included).

        Where versions overlap the one that took effect last applies. Raises RuleSet.DoesNotExist.
        """
        not_ended = Q(effective_to=None) | Q(effective_to__gte=on_date)
        begun = self.filter(not_ended, code=code, effective_from__lte=on_date)
        found = begun.order_by("-effective_from", "-pk").first()
        if found is None:
            raise self.model.DoesNotExist(f"{on_date} 没有生效的规则：{code}")
        return found


class RuleSet(models.Model):
    """One version of a rule: score table, pass line, rates, deadlines. Records point to what judged them."""

    scope_public = True

    code = models.CharField("代码", max_length=60)
    version = models.CharField("版本", max_length=40)
    title = models.CharField("名称", max_length=200)
    effective_from = models.DateField("施行日期")
    effective_to = models.DateField("失效日期", null=True, blank=True, help_text="最后有效日；空白为长期有效")
    source_document = models.CharField("依据文件", max_length=300, blank=True)
    article = models.CharField("条款", max_length=100, blank=True)
    confidence = models.CharField("依据可信度", max_length=2, choices=Confidence, default=Confidence.DEFAULT)
    content = models.JSONField("内容", default=dict)

    objects = RuleSetQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "规则"
        ordering = ["code", "-effective_from", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "version"],
                name="rules_ruleset_version",
                violation_error_message="该版本已存在",
            ),
            models.CheckConstraint(
                condition=Q(effective_to=None) | Q(effective_to__gte=F("effective_from")),
                name="rules_ruleset_period",
                violation_error_message="失效日期不能早于施行日期",
            ),
            models.CheckConstraint(
                condition=Q(confidence__in=Confidence.values), name="rules_ruleset_confidence"
            ),
        ]

    def __str__(self):
        return f"{self.title}（{self.version}）"

    def clean(self):
        if self.is_official and not self.source_document.strip():
            raise ValidationError({"source_document": "有官方依据的规则须写明依据文件"})

    @property
    def is_official(self) -> bool:
        """Whether the rule may be shown as an official one."""
        return self.confidence in OFFICIAL

    @property
    def source_label(self) -> str:
        """What stands beside the rule on a page: its document and article, or that it is the portal's own."""
        return f"{self.source_document}{self.article}" if self.is_official else HOUSE_RULE


class Holiday(models.Model):
    """A day that is off on a weekday or worked on a weekend; see `supervision.rules.calendar`."""

    scope_public = True

    date = models.DateField("日期", unique=True, error_messages={"unique": "该日期已有安排"})
    name = models.CharField("名称", max_length=40)
    is_workday = models.BooleanField("上班", default=False, help_text="调休上班日勾选，放假日不勾选")
    source = models.CharField("依据", max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "节假日安排"
        ordering = ["date"]

    def __str__(self):
        return f"{self.date} {self.name}{'上班' if self.is_workday else '放假'}"
