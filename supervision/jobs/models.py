"""A JobRun is the truth about one piece of long work; the broker's message is only a nudge."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone

from supervision.people.scope import Scoped


class JobRun(Scoped):
    class State(models.TextChoices):
        QUEUED = "queued", "排队中"
        RUNNING = "running", "执行中"
        DONE = "done", "已完成"
        FAILED = "failed", "失败"
        CANCELLED = "cancelled", "已取消"

    UNFINISHED = (State.QUEUED, State.RUNNING)

    kind = models.CharField("类型", max_length=60)
    label = models.CharField("任务", max_length=200)
    params = models.JSONField("参数", default=dict, blank=True)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.QUEUED)
    key = models.CharField("去重标识", max_length=200, blank=True, default="")
    total = models.PositiveIntegerField("总数", null=True, blank=True)
    done = models.PositiveIntegerField("已处理", default=0)
    message = models.CharField("进展", max_length=500, blank=True, default="")
    result = models.JSONField("结果", null=True, blank=True, encoder=DjangoJSONEncoder)
    result_file = models.CharField(
        "结果文件", max_length=300, blank=True, default="", help_text="相对于媒体目录的路径"
    )
    error = models.TextField("错误", blank=True, default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="发起人",
    )
    created_at = models.DateTimeField("发起时间", default=timezone.now)
    sent_at = models.DateTimeField("投递时间", null=True, blank=True)
    started_at = models.DateTimeField("开始时间", null=True, blank=True)
    heartbeat_at = models.DateTimeField("最近心跳", null=True, blank=True)
    finished_at = models.DateTimeField("结束时间", null=True, blank=True)
    attempts = models.PositiveSmallIntegerField("执行次数", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "后台任务"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"],
                condition=Q(state__in=["queued", "running"]) & ~Q(key=""),
                name="jobs_one_unfinished_per_key",
            ),
        ]
        indexes = [
            models.Index(
                fields=["state", "heartbeat_at"],
                condition=Q(state__in=["queued", "running"]),
                name="jobs_unfinished",
            ),
            models.Index(fields=["created_by", "-id"], name="jobs_by_person"),
            models.Index(fields=["kind", "key"], name="jobs_by_key"),
        ]

    def __str__(self) -> str:
        return f"{self.label}（{self.get_state_display()}）"

    @classmethod
    def scope_q(cls, reach) -> Q:
        own = Q(created_by_id=reach.user_id)
        return own | Q(created_by=None) if reach.everything else own

    @property
    def finished(self) -> bool:
        """True when nothing more will happen to this run."""
        return self.state not in self.UNFINISHED

    @property
    def percent(self) -> int | None:
        """0–100 for the bar; None while the total is not known."""
        if self.state == self.State.DONE:
            return 100
        if not self.total:
            return None
        return min(100, self.done * 100 // self.total)
