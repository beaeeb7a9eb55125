"""The forms of the visit and signing pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from supervision.papers.photos import PHOTOS, PhotosField, check_photo
from supervision.rules.stakes import StakeError, canonical

from ..models.inspection import Visit
from ..models.signing import Side, SignedHow
from ..rules import categories
from .answering import Given
from .asking import MAJOR, Group


def read_answers(request: HttpRequest, groups: list[Group]) -> list[Given]:
    """What the visit page sent: fields r: (result), w: (result seen), p: s: d: (part, stakes, description) and
    f: (photos), each with the item's key. `skip` names a group whose open items are 不适用, or is "others": then
    all groups of 重大隐患 beside those in `on`. Raises ValidationError {key: [sentences]} for what is no photo."""
    post, given, errors = request.POST, [], {}
    skip, on_site = post.get("skip", ""), post.getlist("on")
    for group in groups:
        skipped = group.code == skip or (
            skip == "others" and group.kind == MAJOR and group.code not in on_site
        )
        for item in group.items:
            key = item.key
            seen, result = post.get(f"w:{key}", ""), post.get(f"r:{key}", "")
            if skipped and not result and not seen:
                result = "na"
            photos = request.FILES.getlist(f"f:{key}")
            try:
                if len(photos) > PHOTOS:
                    raise ValidationError(f"最多 {PHOTOS} 张照片。")
                for photo in photos:
                    check_photo(photo)
            except ValidationError as error:
                errors[key] = error.messages
            given.append(
                Given(
                    key,
                    result,
                    seen,
                    post.get(f"p:{key}", "").strip(),
                    post.get(f"s:{key}", "").strip(),
                    post.get(f"d:{key}", "").strip(),
                    photos,
                )
            )
    if errors:
        raise ValidationError(errors)
    return given


class FindingForm(forms.Form):
    """A problem beside the checklists."""

    part = forms.CharField(label="部位", max_length=120)
    stakes = forms.CharField(label="桩号", max_length=200, required=False)
    description = forms.CharField(label="问题描述", max_length=3000, widget=forms.Textarea(attrs={"rows": 3}))
    category = forms.ChoiceField(
        label="隐患类别", choices=lambda: [("", "---------"), *categories()], required=False
    )
    clause = forms.CharField(label="依据", max_length=300, required=False)
    photos = PhotosField(label="照片", required=False)

    def clean_stakes(self) -> str:
        text = self.cleaned_data["stakes"]
        try:
            return canonical(text) if text.strip() else ""
        except StakeError as error:
            raise ValidationError(str(error)) from error


class TakeForm(forms.Form):
    """A signature given on the inspector's screen."""

    how = forms.ChoiceField(
        label="方式",
        choices=[(SignedHow.DRAWN.value, "手写签名"), (SignedHow.REFUSED.value, "受检方拒绝签字")],
        initial=SignedHow.DRAWN.value,
        widget=forms.RadioSelect,
    )
    signer = forms.ChoiceField(label="签字人")
    name = forms.CharField(label="受检方签字人姓名", max_length=40, required=False)
    unit = forms.CharField(label="受检方单位、职务", max_length=120, required=False)
    remark = forms.CharField(label="说明", max_length=300, required=False, help_text="拒绝签字的写明情况")
    image = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, visit: Visit, left: list[str], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.visit = visit
        self.fields["signer"].choices = [
            ("", "受检方人员"),
            *((name, f"检查人员 {name}") for name in left),
        ]
        self.fields["signer"].required = False

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not data.get("signer") and not data.get("name"):
            self.add_error("name", "请填写签字人姓名。")
        if data.get("how") == SignedHow.REFUSED and data.get("signer"):
            self.add_error("signer", "检查人员不能拒绝签字。")
        return data

    @property
    def facts(self) -> dict[str, str]:
        data = self.cleaned_data
        inspector = bool(data["signer"])
        return {
            "side": Side.INSPECTOR if inspector else Side.SITE,
            "name": data["signer"] or data["name"],
            "unit": "" if inspector else data["unit"],
            "remark": data["remark"],
            "how": data["how"],
        }
