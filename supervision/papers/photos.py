"""A form's field for a few photos, for whoever sends them: with an account or without."""

from __future__ import annotations

import tempfile
from pathlib import Path

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from . import formats, images
from .errors import WrongContent
from .names import clean_name

PHOTOS = 4
PHOTO_BYTES = 20 * 1024 * 1024
PICTURES = ("image/jpeg", "image/png", "image/webp")


class PhotosInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """A few photos, each looked into: what is no JPEG, PNG or WebP is refused whatever it is called."""

    def __init__(self, **kwargs):
        kwargs.setdefault("widget", PhotosInput(attrs={"accept": ",".join(PICTURES), "data-shrink": ""}))
        kwargs.setdefault("help_text", f"最多 {PHOTOS} 张，每张不超过 20 MB")
        super().__init__(**kwargs)

    def clean(self, data, initial=None):
        files = [file for file in (data if isinstance(data, (list, tuple)) else [data]) if file]
        if len(files) > PHOTOS:
            raise ValidationError(f"最多 {PHOTOS} 张照片。")
        if self.required and not files:
            raise ValidationError(self.error_messages["required"])
        for file in files:
            super().clean(file, initial)
            check_photo(file)
        return files


def check_photo(file) -> None:
    """Raise ValidationError unless `file` is a photo in order."""
    if file.size > PHOTO_BYTES:
        raise ValidationError(f"“{file.name[:40]}”超过 20 MB，请缩小后再传。")
    with tempfile.NamedTemporaryFile() as copy:
        for chunk in file.chunks():
            copy.write(chunk)
        copy.flush()
        file.seek(0)
        found = formats.inspect(Path(copy.name), clean_name(file.name))
    if found.picture is None:
        raise ValidationError("只能上传照片（JPG、PNG、WebP）。")


def redrawn(photo, name: str) -> ContentFile:
    """A photo drawn anew from its pixels and called `name` (without ending): where and when it was taken, by which
    device, and what its file was called stay behind. Raises ValidationError when it is damaged."""
    with tempfile.NamedTemporaryFile() as copy:
        for chunk in photo.chunks():
            copy.write(chunk)
        copy.flush()
        photo.seek(0)
        try:
            return ContentFile(images.draw(Path(copy.name), "whole"), f"{name}.jpg")
        except WrongContent:
            raise ValidationError("只能上传照片（JPG、PNG、WebP）。") from None
