"""Taking one answered sheet: it is added to the counts and forgotten."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from supervision.people.visitors import proof
from supervision.people.visitors.codes import new_code

from ..models import QuestionKind, Survey, SurveyQuestion, SurveyRemark, SurveyTally

SCORES = [(str(score), f"{score}分") for score in range(5, 0, -1)]


class AnswerForm(forms.Form):
    """The questions of one questionnaire."""

    def __init__(
        self, *args, survey: Survey, questions: list[SurveyQuestion], checked: bool = True, **kwargs
    ):
        super().__init__(*args, **kwargs)
        self.checked = checked
        if survey.groups:
            self.fields["group"] = forms.ChoiceField(
                label="您所在的单位属于",
                choices=[(word, word) for word in survey.groups],
                widget=forms.RadioSelect,
            )
        for question in questions:
            self.fields[f"q{question.pk}"] = field_of(question)
        self.fields["challenge"] = forms.CharField(widget=forms.HiddenInput, max_length=200, required=checked)
        self.fields["proof"] = forms.CharField(widget=forms.HiddenInput, max_length=20, required=False)

    def clean(self):
        data = super().clean()
        if self.checked and not self.errors and not proof.take(data["challenge"], data["proof"]):
            raise ValidationError("浏览器未完成校验，请稍候几秒再提交；须启用脚本。")
        return data


def field_of(question: SurveyQuestion) -> forms.Field:
    """The field of one question."""
    common = {"label": str(question), "required": question.required}
    if question.kind == QuestionKind.TEXT:
        return forms.CharField(
            max_length=1000,
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text="请不要写姓名、电话等能认出本人的内容",
            **common,
        )
    if question.kind == QuestionKind.SCORE:
        return forms.ChoiceField(choices=SCORES, widget=forms.RadioSelect, **common)
    choices = [(word, word) for word in question.options]
    if question.kind == QuestionKind.MANY:
        return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple, **common)
    return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **common)


def claim(survey: Survey) -> bool:
    """Take the row of a questionnaire that is open today, until the transaction ends; False once it is over.

    Whoever closes it meanwhile waits, and whoever comes after that is too late: results never change once they can
    be read. Nothing of the row changes, so that it does not tell when somebody answered.
    """
    open_today = Q(close_on__isnull=True) | Q(close_on__gte=timezone.localdate())
    return bool(Survey._base_manager.filter(open_today, pk=survey.pk, status="open").update(token=F("token")))


def take(survey: Survey, questions: list[SurveyQuestion], data: dict) -> bool:
    """Add one sheet to the counts, in one transaction; False when the questionnaire is over."""
    group = data.get("group", "")
    counted: list[tuple[SurveyQuestion | None, str]] = [(None, "")]
    remarks = []
    for question in questions:
        given = data.get(f"q{question.pk}") or ""
        if question.kind == QuestionKind.TEXT:
            if given.strip():
                remarks.append(
                    SurveyRemark(key=new_code(16), survey=survey, question=question, text=given.strip())
                )
            continue
        words = given if isinstance(given, list) else [given] if given else []
        # How many answered a question of several choices is not the sum of its words.
        counted += [(question, ""), *((question, word) for word in words)] if words else []
    # Always in one order, so that two sheets at once do not wait for each other.
    counted.sort(key=lambda pair: (pair[0].pk if pair[0] else 0, pair[1]))
    with transaction.atomic():
        if not claim(survey):
            return False
        for question, word in counted:
            place = {"survey": survey, "question": question, "group": group, "word": word}
            SurveyTally.objects.get_or_create(**place)
            SurveyTally.objects.filter(**place).update(number=F("number") + 1)
        SurveyRemark.objects.bulk_create(remarks)
    return True
