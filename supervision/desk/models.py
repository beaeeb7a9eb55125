"""Messages to persons."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from supervision.people.scope import NOTHING, Reach, Scoped

from .search.models import SearchEntry

__all__ = ["Notice", "SearchEntry"]


class Notice(Scoped):
    """One message to one person. `key` says what it is about, so that a rerun sends nothing twice."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    key = models.CharField(max_length=120)
    title = models.CharField("标题", max_length=200)
    body = models.TextField("内容", blank=True)
    # The record it is about: the address is made when shown, and only while the person may see it.
    model = models.CharField(max_length=60, blank=True)
    object_id = models.BigIntegerField(null=True, blank=True)
    url = models.CharField(max_length=200, blank=True)
    # 红色: something serious that is not left to the morning's digest.
    is_red = models.BooleanField("紧急", default=False)
    at = models.DateTimeField("时间", auto_now_add=True)
    read_at = models.DateTimeField("阅读时间", null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "消息"
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="desk_notice_once")]
        indexes = [models.Index(fields=["user", "read_at"], name="desk_notice_unread")]

    def __str__(self) -> str:
        return self.title

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        return Q(user_id=reach.user_id) if reach.user_id else NOTHING
