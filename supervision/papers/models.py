"""Files on records."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from supervision.flows.reach import model_named, through_records
from supervision.people.records import Record
from supervision.people.scope import Reach, Scoped, ScopedQuerySet


class EvidenceKept(RuntimeError):
    """Attachments are neither changed nor removed; use supervision.papers.services.void."""


class AttachmentQuerySet(ScopedQuerySet):
    def valid(self):
        """Those that were not voided."""
        return self.filter(void_at__isnull=True)

    def update(self, **values: object) -> int:
        raise EvidenceKept

    def bulk_update(self, objs, fields, **options):
        raise EvidenceKept

    def delete(self):
        raise EvidenceKept


class Attachment(Scoped):
    """A file on a record: evidence, never overwritten or removed, at most voided with a reason.

    `model` and `object_id` name the record; whoever sees it sees the file. `at` is the server's time,
    `taken_at` the camera's. `path` is relative to MEDIA_ROOT and follows from `sha256`.
    """

    model = models.CharField("记录类别", max_length=60, editable=False)
    object_id = models.BigIntegerField("记录编号", editable=False)
    kind = models.CharField("附件类别", max_length=60)
    name = models.CharField("文件名", max_length=120)
    size = models.PositiveBigIntegerField("大小（字节）", editable=False)
    sha256 = models.CharField("SHA-256", max_length=64, editable=False, db_index=True)
    mime = models.CharField("文件类型", max_length=100, editable=False)
    path = models.CharField("存放位置", max_length=100, editable=False)
    is_image = models.BooleanField("图片", default=False, editable=False)
    width = models.PositiveIntegerField("宽（像素）", null=True, editable=False)
    height = models.PositiveIntegerField("高（像素）", null=True, editable=False)
    taken_at = models.DateTimeField("拍摄时间", null=True, editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        verbose_name="上传人",
        related_name="+",
    )
    uploader_name = models.CharField("上传人姓名", max_length=60, editable=False)
    organization_name = models.CharField("上传人单位", max_length=120, blank=True, editable=False)
    at = models.DateTimeField("上传时间", default=timezone.now, editable=False)
    void_at = models.DateTimeField("作废时间", null=True, editable=False)
    void_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        verbose_name="作废人",
        related_name="+",
    )
    void_name = models.CharField("作废人姓名", max_length=60, blank=True, editable=False)
    void_reason = models.TextField("作废原因", blank=True, editable=False)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        ordering = ["at", "pk"]
        verbose_name = verbose_name_plural = "附件"
        indexes = [models.Index(fields=["model", "object_id"], name="papers_attachment_record")]
        constraints = [
            # An upload sent twice (a double click, a dropped line) is one attachment.
            models.UniqueConstraint(
                fields=["model", "object_id", "kind", "sha256", "name"],
                condition=Q(void_at__isnull=True),
                name="papers_attachment_once",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        return through_records(reach)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise EvidenceKept
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any):
        raise EvidenceKept

    @property
    def record(self) -> Record | None:
        """The record this file is on; None when it was a draft that was deleted since."""
        return model_named(self.model)._base_manager.filter(pk=self.object_id).first()

    @property
    def is_void(self) -> bool:
        return self.void_at is not None

    @property
    def has_preview(self) -> bool:
        """Whether `attachment_preview` shows something for it."""
        return self.is_image or self.mime == "application/pdf"


# The room's other family of models; Django looks for them here.
from .documents.models import (  # noqa: E402
    Delivery,
    Document,
    DocumentTemplate,
    NumberCounter,
    NumberPool,
)

__all__ = [
    "Attachment",
    "AttachmentQuerySet",
    "Delivery",
    "Document",
    "DocumentTemplate",
    "EvidenceKept",
    "NumberCounter",
    "NumberPool",
]
