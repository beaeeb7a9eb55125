"""Forms that are no ledger's: reports and replies without an account, the grading questions, sister checks."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError

from supervision.papers.photos import PhotosField
from supervision.people.models import District
from supervision.people.visitors import proof

from .grading import ANSWERS
from .rules import categories


class ReportForm(forms.Form):
    """Anybody's report."""

    place = forms.CharField(label="在哪里", max_length=200, help_text="工程名称、路段或桩号、构造物")
    description = forms.CharField(
        label="发现了什么", max_length=2000, widget=forms.Textarea(attrs={"rows": 5})
    )
    photos = PhotosField(label="照片", required=False)
    district = forms.ModelChoiceField(
        District.objects.all(), label="所在县区", required=False, empty_label="不清楚"
    )
    phone = forms.CharField(
        label="联系电话",
        max_length=30,
        required=False,
        help_text="选填；只用于核实情况和发放奖励，对被反映单位保密",
    )
    challenge = forms.CharField(widget=forms.HiddenInput, max_length=200)
    proof = forms.CharField(widget=forms.HiddenInput, max_length=20, required=False)

    def clean(self):
        data = super().clean()
        # Asked last: a challenge is spent only on a form that is otherwise in order.
        if not self.errors and not proof.take(data["challenge"], data["proof"]):
            raise ValidationError("浏览器未完成校验，请稍候几秒再提交；须启用脚本。")
        return data


class ReplyForm(forms.Form):
    """The site's answer: a sentence, photos, and who says so."""

    text = forms.CharField(
        label="整改情况", max_length=1000, widget=forms.Textarea(attrs={"rows": 4, "autofocus": ""})
    )
    photos = PhotosField(label="整改后照片", required=True)
    name = forms.CharField(label="回复人姓名", max_length=40)


class CategoryForm(forms.Form):
    category = forms.ChoiceField(label="隐患类别", choices=lambda: [("", "---------"), *categories()])


class QuestionsForm(forms.Form):
    """The questions of one category, each answered 是, 否 or 不清楚; none is answered beforehand."""

    def __init__(self, *args, asked, version: int, **kwargs):
        super().__init__(*args, **kwargs)
        self.asked = asked
        for question in asked:
            label = f"{question.work}：{question.text}" if question.work else question.text
            self.fields[question.key] = forms.ChoiceField(
                label=label,
                choices=list(ANSWERS.items()),
                widget=forms.RadioSelect,
                help_text=f"{question.clause}　{question.confidence_label}",
            )
        self.fields["version"] = forms.IntegerField(widget=forms.HiddenInput, initial=version)


class SistersForm(forms.Form):
    def __init__(self, *args, sections, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["sections"] = forms.ModelMultipleChoiceField(
            sections,
            label="自查标段",
            widget=forms.CheckboxSelectMultiple,
            error_messages={"required": "请选择要自查的标段。"},
        )
        self.fields["asked"] = forms.CharField(
            label="自查内容", max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
        )
