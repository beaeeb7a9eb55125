"""Who signed a visit, and what was corrected beside it afterwards."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from supervision.people.records import Record

from .inspection import SEALED, SIGNING, Visit


class Side(models.TextChoices):
    INSPECTOR = "inspector", "检查方"
    SITE = "site", "受检方"


class SignedHow(models.TextChoices):
    ACCOUNT = "account", "登录确认"
    DRAWN = "drawn", "手写签名"
    REFUSED = "refused", "拒绝签字"


class VisitSignature(Record):
    """One person's name under a visit. It holds for what the visit said then: `digest`.

    A visit that was taken back and changed has another digest, and has to be signed anew.
    """

    scope_through = "visit"

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="signatures", verbose_name="检查记录")
    side = models.CharField("签字方", max_length=10, choices=Side.choices)
    name = models.CharField("姓名", max_length=40)
    unit = models.CharField("单位", max_length=120, blank=True)
    how = models.CharField("签字方式", max_length=10, choices=SignedHow.choices)
    remark = models.CharField("说明", max_length=300, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="账号"
    )
    image_sha256 = models.CharField("签名图像校验值", max_length=64, blank=True)
    digest = models.CharField("所签内容校验值", max_length=64)

    class Meta:
        ordering = ["pk"]
        verbose_name = "现场签字"
        constraints = [
            models.UniqueConstraint(
                fields=["visit", "side", "name", "digest"],
                name="safety_signature_once",
                violation_error_message="此人已经签字。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_side_display()} {self.name}"

    def clean(self) -> None:
        if self._state.adding and self.visit_id:
            if self.visit.status != SIGNING:
                raise ValidationError(f"检查记录“{self.visit.status_label}”，现在不能签字。")
            if self.digest != self.visit.digest:
                raise ValidationError("检查记录已有改动，请刷新后重新签字。")
        if self.side == Side.INSPECTOR and self.name not in (self.visit.inspectors or []):
            raise ValidationError({"name": f"“{self.name}”不在检查人员名单内。"})
        if self.how == SignedHow.REFUSED and (self.side != Side.SITE or not self.remark):
            raise ValidationError({"remark": "受检方拒绝签字的，请写明情况。"})


class VisitCorrection(Record):
    """A correction of a sealed visit: it stands beside what was signed and changes nothing in it."""

    scope_through = "visit"
    text_joins = ("visit__project", "visit__section__project")

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="corrections", verbose_name="检查记录")
    wrong = models.TextField("原记录", max_length=2000)
    right = models.TextField("更正为", max_length=2000)
    reason = models.CharField("更正理由", max_length=300)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "检查记录更正"

    def __str__(self) -> str:
        return f"{self.visit.number or ''} 更正：{self.right[:40]}"

    def clean(self) -> None:
        if self.visit_id and self.visit.status != SEALED:
            raise ValidationError({"visit": "未封存的检查记录可直接修改，不必更正。"})
