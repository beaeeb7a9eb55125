"""The forms around a report."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError

from supervision.papers.photos import PhotosField


class Worked(forms.Form):
    """A form of somebody without an account, who has worked for it or not (see `people.visitors.proof`). The page
    looks at the work first and says so here."""

    challenge = forms.CharField(widget=forms.HiddenInput, max_length=200, required=False)
    proof = forms.CharField(widget=forms.HiddenInput, max_length=20, required=False)

    def __init__(self, *args, worked: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        self.worked = worked

    def clean(self):
        if not self.worked:
            raise ValidationError("浏览器未完成校验，请稍候几秒再提交；须启用脚本。")
        return super().clean()


class ConductReportForm(Worked):
    """Anybody's report. Whom and what it is about is asked for; who tells is theirs to say or not."""

    unit_name = forms.CharField(label="反映哪个单位", max_length=120, help_text="单位或部门名称")
    person_name = forms.CharField(label="反映谁", max_length=60, required=False, help_text="选填，可写职务")
    project_name = forms.CharField(label="涉及哪个项目", max_length=120, required=False, help_text="选填")
    content = forms.CharField(
        label="反映什么问题",
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 7}),
        help_text="时间、地点、经过、涉及的人和钱物；不要写自己的姓名，除非愿意实名",
    )
    photos = PhotosField(label="照片、截图", required=False)
    reporter_name = forms.CharField(
        label="您的姓名", max_length=40, required=False, help_text="选填；不填即为匿名"
    )
    reporter_phone = forms.CharField(
        label="联系方式", max_length=60, required=False, help_text="选填；只有纪检监督人员经登记可以查看"
    )


class CodeForm(Worked):
    code = forms.CharField(
        label="受理码",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )


class ReasonForm(forms.Form):
    """Why somebody wants to know who reported."""

    reason = forms.CharField(label="查看事由", max_length=200)


class ReporterForm(forms.Form):
    """Who reported by letter or in person, entered by the discipline role."""

    reporter_name = forms.CharField(label="举报人", max_length=40)
    reporter_phone = forms.CharField(label="联系方式", max_length=60, required=False)
