"""Images of concealed works: taking them in, and showing a section's, however many there are.

A file becomes an attachment of the work and with it evidence: kept under its SHA-256, never replaced. One file
proves one work: the same content given for another work, or by the other side, is refused.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.utils import timezone

from supervision.flows import records
from supervision.flows.errors import IllegalTransition, NotAllowed
from supervision.flows.history import Actor
from supervision.papers import services as papers
from supervision.papers.images import FORMATS
from supervision.people.models import User
from supervision.rules.numbers import whole_number

from ..models import ConcealedWork, SiteImage
from ..models.concealed import COVERED, IMAGE_KINDS, Side, TimeSource

# What one upload may hold, and what one page of a gallery draws.
FILES, PAGE = 30, 48


def side_of(work: ConcealedWork, user: User) -> Side | None:
    """For which side this person may give images of the work: their role in its section; None for others."""
    if work.status == COVERED:
        return None
    mine = [side for side in Side if side.value in user.roles]
    seen = ConcealedWork.objects.filter(pk=work.pk)
    return next((side for side in mine if seen.visible_to(user, {side.value}).exists()), None)


def add(work: ConcealedWork, file: File, place: str, stated_at: datetime | None, actor: Actor) -> SiteImage:
    """Take one image in for the side of whoever gives it.

    place       which spot it shows
    stated_at   when it was taken, for a file that does not say so itself
    Raises NotAllowed, IllegalTransition once the work is covered, and ValidationError naming the file. Sent
    twice it is one image. What the store took but the work cannot use is voided at once, with the reason.
    """
    if work.status == COVERED:
        raise IllegalTransition("该部位已隐蔽，不再接收影像。")
    side = side_of(work, actor.user) if actor.user else None
    if side is None:
        raise NotAllowed("隐蔽影像由该标段的施工单位和监理单位上传。")
    if file.name.rpartition(".")[2].lower() not in FORMATS:
        raise ValidationError(f"“{file.name[:60]}”不是照片，只收 JPG、PNG、WebP。")
    try:
        attachment = papers.attach(work, file, IMAGE_KINDS[side], actor)
    except ValidationError as error:
        raise ValidationError(f"“{file.name[:60]}”：{'；'.join(error.messages)}") from error
    if found := SiteImage.objects.filter(attachment=attachment).first():
        return found
    image = SiteImage(
        section_id=work.section_id,
        work=work,
        attachment=attachment,
        side=side,
        place=place.strip(),
        taken_at=attachment.taken_at or stated_at or timezone.now(),
        time_source=TimeSource.CAMERA if attachment.taken_at else TimeSource.STATED,
        is_demo=work.is_demo,
    )
    try:
        with transaction.atomic():
            refuse_used(image)
            return records.create(image, actor, label="上传影像")
    except ValidationError as error:
        reason = "；".join(error.messages)
        papers.void(attachment, actor, f"未收作影像：{reason}")
        raise ValidationError(f"“{file.name[:60]}”：{reason}") from error


def refuse_used(image: SiteImage) -> None:
    """Raise ValidationError when this content already stands for another work, or for the other side."""
    twin = (
        SiteImage.valid()
        .filter(attachment__sha256=image.attachment.sha256)
        .exclude(attachment=image.attachment)
        .select_related("work")
        .first()
    )
    if twin is not None and twin.section_id != image.section_id:
        raise ValidationError("同一张照片已用于其他标段的隐蔽工程，不能重复使用。")
    if twin is not None:
        raise ValidationError(f"同一张照片已用于“{twin.work.number} {twin.place}”，不能重复使用。")


class PhotosInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """Several files at once; what each is, is looked into when it is taken in."""

    def __init__(self, **kwargs: Any):
        accept = ",".join(f".{ending}" for ending in FORMATS)
        kwargs.setdefault("widget", PhotosInput(attrs={"accept": accept, "multiple": True}))
        super().__init__(**kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[File]:
        files = [file for file in (data if isinstance(data, (list, tuple)) else [data]) if file]
        if not files:
            raise ValidationError(self.error_messages["required"], code="required")
        if len(files) > FILES:
            raise ValidationError(f"一次最多 {FILES} 张，请分次上传。")
        return [super(PhotosField, self).clean(file, initial) for file in files]


class ImagesForm(forms.Form):
    """What somebody on site fills in for a handful of images of one spot."""

    place = forms.CharField(label="拍摄部位", max_length=120, help_text="如“2号墩承台底层钢筋”")
    taken_at = forms.DateTimeField(
        label="拍摄时间",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        help_text="照片自带拍摄时间的以照片为准；不填为上传时间",
    )
    photos = PhotosField(label="照片", help_text=f"一次最多 {FILES} 张；原样保存并计算校验值，不能替换")


def gallery(rows, before: str, side: str) -> dict[str, Any]:
    """One page of images, the newest first: those older than the image `before`. The number of queries and of
    rows read does not depend on how many images there are.

    rows   the images, scoped
    """
    if side in Side.values:
        rows = rows.filter(side=side)
    if (last := whole_number(before)) is not None:
        rows = rows.filter(pk__lt=last)
    found = list(rows.select_related("attachment", "work__section__project").order_by("-pk")[: PAGE + 1])
    more = found[PAGE - 1].pk if len(found) > PAGE else None
    return {"images": found[:PAGE], "older": more, "side": side, "sides": Side.choices}
