"""The append-only history, its seals, and the base of records that travel."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from supervision.people.records import Record
from supervision.people.scope import Reach, Scoped, ScopedQuerySet

from .reach import through_records

if TYPE_CHECKING:
    from .flow import Flow


class Source(models.TextChoices):
    PAGE = "page", "页面"
    API = "api", "接口"
    IMPORT = "import", "导入"
    JOB = "job", "后台任务"
    COMMAND = "command", "命令行"


class HistoryKept(RuntimeError):
    """Events and seals are neither changed nor removed."""


class KeptQuerySet(ScopedQuerySet):
    def update(self, **values: object) -> int:
        raise HistoryKept

    def bulk_update(self, objs, fields, **options):
        raise HistoryKept

    def delete(self):
        raise HistoryKept


class Kept(Scoped):
    """A row that is only ever added."""

    objects = KeptQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args, **kwargs) -> None:
        if not self._state.adding:
            raise HistoryKept
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise HistoryKept


class Event(Kept):
    """One thing that happened to one record. Rows are only ever added.

    The events of a record form a chain: `hash` covers the row and `previous`, the hash before it.
    `changes` maps field names to [before, after]; the first event of a record holds every field, so the
    chain can be folded and compared with the row as it is now (`verify_history`).
    """

    keeps_history: ClassVar[bool] = False

    model = models.CharField("记录类别", max_length=60)
    object_id = models.BigIntegerField("记录编号")
    seq = models.PositiveIntegerField("序号")
    title = models.CharField("记录", max_length=200)
    verb = models.CharField("动作", max_length=20)
    name = models.CharField(max_length=40, blank=True)
    label = models.CharField("操作", max_length=60)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name="操作人",
        related_name="+",
    )
    actor_name = models.CharField("操作人姓名", max_length=60)
    organization_name = models.CharField("操作人单位", max_length=120, blank=True)
    at = models.DateTimeField("时间", db_index=True)
    reason = models.TextField("意见", blank=True)
    changes = models.JSONField("变更", default=dict)
    batch = models.CharField("批次", max_length=40, blank=True, db_index=True)
    source = models.CharField("来源", max_length=10, choices=Source.choices)
    previous = models.CharField(max_length=64, blank=True)
    hash = models.CharField("校验值", max_length=64)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "操作历史"
        constraints = [
            models.UniqueConstraint(fields=["model", "object_id", "seq"], name="flows_event_chain")
        ]
        indexes = [models.Index(fields=["actor", "-id"], name="flows_event_actor")]

    def __str__(self) -> str:
        return f"{self.label} {self.title}"

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        return through_records(reach)


class Seal(Kept):
    """A day's events bound into one value, each seal over the one before.

    A chain finds an edited row; only a seal kept outside the database (exported, printed) also finds a
    tail that was cut off together with its seal.

    Some records are read by one role alone. So that nobody finds by counting or by computing the digest of what
    they do see that there was more, the number of events is not shown, and the digest starts from a salt.
    """

    scope_public = True
    secret_fields: ClassVar[frozenset[str]] = frozenset({"count", "salt"})

    day = models.DateField("日期", unique=True)
    count = models.PositiveIntegerField("事件数")
    salt = models.CharField(max_length=32, default="", editable=False)
    digest = models.CharField("当日摘要", max_length=64)
    previous = models.CharField(max_length=64, blank=True)
    hash = models.CharField("封存值", max_length=64)
    made_at = models.DateTimeField("封存时间", auto_now_add=True)

    class Meta:
        ordering = ["-day"]
        verbose_name = "历史封存"

    def __str__(self) -> str:
        return f"{self.day} {self.hash[:12]}"


class FlowRecord(Record):
    """A record with a status. Only `supervision.flows.perform` changes `status`.

    `due_on` is the deadline that the last transition set; overdue is a query on it, never a status.
    `returned` counts how often it was sent back.
    """

    unrecorded_fields = Record.unrecorded_fields | {"status_since"}
    flow: ClassVar[Flow]

    status = models.CharField("状态", max_length=30, editable=False, db_index=True)
    status_since = models.DateTimeField("状态起始", null=True, editable=False)
    due_on = models.DateField("办理期限", null=True, blank=True, editable=False)
    returned = models.PositiveSmallIntegerField("退回次数", default=0, editable=False)

    class Meta:
        abstract = True

    @property
    def status_label(self) -> str:
        return self.flow.states[self.status].label

    def get_status_display(self) -> str:
        return self.status_label

    def ahead(self) -> list[str]:
        """What still lies before the record, as the labels of states, where its way is known beforehand."""
        return []
