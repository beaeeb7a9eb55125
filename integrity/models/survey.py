"""Questionnaires without names: answers are kept as counts alone, so that there is nobody to be found in them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models import Numbered
from supervision.flows.models import FlowRecord
from supervision.people.records import Record
from supervision.people.scope import NOTHING, Reach, Scoped
from supervision.people.visitors.codes import new_code

SURVEYS = "integrity-surveys"
TOKEN_LENGTH = 10
MOST_OPTIONS = 12
# As long as the counts can keep them.
LONGEST_GROUP, LONGEST_OPTION = 60, 120


def bad_word(words: list, longest: int) -> str:
    """What is wrong with the words of a list that people choose from; "" when nothing is."""
    if any(not isinstance(word, str) or not word.strip() for word in words):
        return "每项须为文字，不能为空。"
    if long := next((word for word in words if len(word) > longest), ""):
        return f"“{long[:20]}…”超过{longest}个字。"
    return ""


class Survey(Numbered, FlowRecord):
    """A questionnaire: built, open under a QR code until a day, closed. Its results are read once it is closed."""

    number_prefix = "WJ"

    title = models.CharField("问卷名称", max_length=120)
    intro = models.TextField("说明", max_length=2000, blank=True)
    groups = models.JSONField(
        "答卷人分组",
        default=list,
        blank=True,
        help_text="如 施工单位、监理单位；不填则不分组。多项用、隔开",
    )
    close_on = models.DateField("截止日期", null=True, blank=True)
    token = models.CharField(max_length=16, unique=True, editable=False)
    opened_on = models.DateField("开放日期", null=True, blank=True, editable=False)
    closed_on = models.DateField("关闭日期", null=True, blank=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "问卷"

    def __str__(self) -> str:
        return f"{self.number or ''} {self.title}".strip()

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        """Whoever reaches the whole city; others answer it by its link."""
        return Q() if reach.everything else NOTHING

    def before_create(self, actor) -> None:
        self.token = self.token or new_code(TOKEN_LENGTH)

    def clean(self) -> None:
        if not isinstance(self.groups, list) or len(self.groups) != len(set(map(str, self.groups))):
            raise ValidationError({"groups": "分组不能重复。"})
        if wrong := bad_word(self.groups, LONGEST_GROUP):
            raise ValidationError({"groups": wrong})
        if len(self.groups) == 1 or len(self.groups) > MOST_OPTIONS:
            raise ValidationError({"groups": f"分组须为2至{MOST_OPTIONS}个，或不分组。"})

    @property
    def takes_answers(self) -> bool:
        """Whether somebody who comes by the link may answer today."""
        return self.status == "open" and (not self.close_on or self.close_on >= timezone.localdate())

    @property
    def over(self) -> bool:
        """Whether no more answers come, so that its results may be read."""
        return self.status == "closed" or (
            self.status == "open" and bool(self.close_on) and self.close_on < timezone.localdate()
        )


class QuestionKind(models.TextChoices):
    ONE = "one", "单选"
    MANY = "many", "多选"
    SCORE = "score", "评分（1～5分）"
    TEXT = "text", "文字"


class SurveyQuestion(Record):
    """One question of a questionnaire; changed only while the questionnaire is being built."""

    scope_through = "survey"
    text_joins = ("survey",)

    survey = models.ForeignKey(Survey, models.PROTECT, related_name="questions", verbose_name="问卷")
    order = models.PositiveSmallIntegerField("序号")
    kind = models.CharField("题型", max_length=6, choices=QuestionKind.choices)
    text = models.CharField("题目", max_length=300)
    options = models.JSONField("选项", default=list, blank=True, help_text="单选、多选题填写，多项用、隔开")
    required = models.BooleanField("必答", default=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["survey", "order", "pk"]
        verbose_name = "问卷题目"
        constraints = [
            models.UniqueConstraint(
                fields=["survey", "order"],
                name="integrity_question_order",
                violation_error_message="该问卷已有这一序号的题目。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.order}. {self.text[:60]}"

    def clean(self) -> None:
        errors: dict[str, str] = {}
        chosen = self.kind in (QuestionKind.ONE, QuestionKind.MANY)
        options = self.options if isinstance(self.options, list) else []
        if chosen and not 2 <= len(options) <= MOST_OPTIONS:
            errors["options"] = f"单选、多选题须有2至{MOST_OPTIONS}个选项。"
        elif not chosen and options:
            errors["options"] = "评分题和文字题没有选项。"
        elif len(options) != len(set(map(str, options))):
            errors["options"] = "选项不能重复。"
        elif wrong := bad_word(options, LONGEST_OPTION):
            errors["options"] = wrong
        if self.survey_id and self.survey.status not in ("", "draft"):
            errors["survey"] = "问卷开放后，题目不再增加或修改。"
        if errors:
            raise ValidationError(errors)

    def words(self) -> list[str]:
        """What may be answered, for a question that is counted."""
        return ["1", "2", "3", "4", "5"] if self.kind == QuestionKind.SCORE else list(self.options)


class SurveyTally(Scoped):
    """How often something was answered: question (none: a whole answered sheet), word, group. Rows count, they do
    not say who or when, and no two answers of one person stand together."""

    scope_through = "survey"

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="tallies")
    question = models.ForeignKey(SurveyQuestion, models.CASCADE, null=True, related_name="tallies")
    group = models.CharField(max_length=LONGEST_GROUP, blank=True)
    word = models.CharField(max_length=LONGEST_OPTION, blank=True)
    number = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "问卷计数"
        constraints = [
            models.UniqueConstraint(
                fields=["question", "group", "word"],
                condition=Q(question__isnull=False),
                name="integrity_tally_once",
            ),
            models.UniqueConstraint(
                fields=["survey", "group"],
                condition=Q(question__isnull=True),
                name="integrity_tally_sheets_once",
            ),
        ]


class SurveyRemark(Scoped):
    """What somebody wrote in their own words. The key is random: it does not tell the order of coming."""

    scope_through = "survey"

    key = models.CharField(max_length=16, primary_key=True)
    survey = models.ForeignKey(Survey, models.CASCADE, related_name="remarks")
    question = models.ForeignKey(SurveyQuestion, models.CASCADE, related_name="remarks")
    text = models.TextField(max_length=1000)

    class Meta:
        ordering = ["key"]
        verbose_name = "问卷文字"
