"""What the ledger room itself keeps: a reader's choice of columns, and forms already taken."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from supervision.people.scope import NOTHING, Reach, Scoped


def own_rows(reach: Reach) -> Q:
    return Q(user_id=reach.user_id) if reach.user_id else NOTHING


class ColumnChoice(Scoped):
    """Which columns of a ledger a person wants to see."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    ledger = models.CharField(max_length=40)
    keys = models.JSONField(default=list)

    class Meta:
        verbose_name = "列选择"
        constraints = [models.UniqueConstraint(fields=["user", "ledger"], name="ledgers_columnchoice_once")]

    def __str__(self) -> str:
        return self.ledger

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        return own_rows(reach)


class Submission(Scoped):
    """A form or API call that was taken: sent again under the same key it makes no second record."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    key = models.CharField(max_length=80)
    model = models.CharField(max_length=60)
    object_id = models.BigIntegerField(null=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "已受理的提交"
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="ledgers_submission_once")]

    def __str__(self) -> str:
        return self.key

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        return own_rows(reach)


class ImportBatch(Scoped):
    """One workbook sent in for one ledger: checked row by row first, written only when told to.

    `user` is empty for a batch of the command line that acts as the portal itself; no person sees those.
    """

    class State(models.TextChoices):
        STAGING = "staging", "检查中"
        STAGED = "staged", "已检查，待写入"
        COMMITTING = "committing", "写入中"
        COMMITTED = "committed", "已写入"
        UNDONE = "undone", "已撤销"
        FAILED = "failed", "不能读取"

    ledger = models.CharField("台账", max_length=40)
    filename = models.CharField("文件名", max_length=200)
    sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=300, blank=True, help_text="relative to the media folder")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    state = models.CharField("状态", max_length=12, choices=State.choices, default=State.STAGING)
    good_only = models.BooleanField("只写入无误的行", default=False)
    columns = models.JSONField("识别的列", default=list)
    notes = models.JSONField("说明", default=list)
    message = models.TextField("结果说明", blank=True)
    total = models.PositiveIntegerField("行数", default=0)
    created = models.PositiveIntegerField("新增", default=0)
    updated = models.PositiveIntegerField("更新", default=0)
    unchanged = models.PositiveIntegerField("无变化", default=0)
    error_count = models.PositiveIntegerField("有误的行", default=0)
    job = models.ForeignKey("jobs.JobRun", models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField("上传时间", auto_now_add=True)
    committed_at = models.DateTimeField("写入时间", null=True)

    class Meta:
        verbose_name = "导入批次"
        indexes = [models.Index(fields=["ledger", "user", "-id"], name="ledgers_importbatch_own")]

    def __str__(self) -> str:
        return self.filename

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        return own_rows(reach)

    @property
    def tag(self) -> str:
        """The batch id that the events of this import carry."""
        return f"import-{self.pk}"


class ImportRow(Scoped):
    """One row of a batch: what was sent, what it means, what is wrong with it."""

    scope_through = "batch"

    class Action(models.TextChoices):
        CREATE = "create", "新增"
        UPDATE = "update", "更新"
        UNCHANGED = "unchanged", "无变化"
        ERROR = "error", "有误"

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="rows")
    row = models.PositiveIntegerField("行号", help_text="as the spreadsheet counts, from 1")
    raw = models.JSONField("填写的内容", default=dict)
    values = models.JSONField("读出的内容", default=dict)
    action = models.CharField("处理", max_length=10, choices=Action.choices)
    object_id = models.BigIntegerField("记录编号", null=True)
    version = models.PositiveIntegerField("检查时的版本", null=True)
    errors = models.JSONField("问题", default=list, help_text="[{column, message, value}]")

    class Meta:
        verbose_name = "导入行"
        ordering = ["batch", "row"]
        constraints = [models.UniqueConstraint(fields=["batch", "row"], name="ledgers_importrow_once")]
        indexes = [models.Index(fields=["batch", "action"], name="ledgers_importrow_action")]

    def __str__(self) -> str:
        return f"第 {self.row} 行"
