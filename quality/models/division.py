"""The division of a section into 单位, 分部 and 分项 works: a tree, and what stands at each of its nodes."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Concat, Substr
from django.utils import timezone

from projects.models import Participation, Section
from supervision.flows.models import FlowRecord
from supervision.people import history_guard
from supervision.people.models import Organization, Role
from supervision.people.scope import Scoped
from supervision.rules.stakes import StakeField

ACTIVE, DROPPED = "active", "dropped"


class Kind(models.TextChoices):
    """From the top of the tree to its leaves; a node hangs on one further up."""

    UNIT = "unit", "单位工程"
    SUB_UNIT = "sub_unit", "子单位工程"
    PART = "part", "分部工程"
    SUB_PART = "sub_part", "子分部工程"
    ITEM = "item", "分项工程"


# Which kinds a node of each kind may hang on. Every step leads upwards, so that no tree can bite its tail.
PARENTS: dict[str, tuple[str, ...]] = {
    Kind.UNIT: (),
    Kind.SUB_UNIT: (Kind.UNIT,),
    Kind.PART: (Kind.UNIT, Kind.SUB_UNIT),
    Kind.SUB_PART: (Kind.PART,),
    Kind.ITEM: (Kind.PART, Kind.SUB_PART),
}


class Works(models.TextChoices):
    """Types of works. Which rules judge them and how they are divided says the rule set division-templates."""

    ROADBED = "roadbed", "路基工程"
    PAVEMENT = "pavement", "路面工程"
    BRIDGE = "bridge", "桥梁工程"
    TUNNEL = "tunnel", "隧道工程"
    TRAFFIC = "traffic", "交通安全设施"
    MECHANICAL = "mechanical", "机电工程"
    GREENING = "greening", "绿化工程"
    FAIRWAY = "fairway", "航道工程"
    WHARF = "wharf", "港口码头工程"
    LOCK = "lock", "船闸工程"


class Outcome(models.TextChoices):
    PASS = "pass", "合格"
    FAIL = "fail", "不合格"
    OPEN = "open", "未评定"


OUTCOME_COLORS = {"pass": "green", "fail": "red", "open": "gray"}


def contractor_of(section_id: int | None) -> Organization | None:
    """The unit that builds a section today, by the registry."""
    rows = Participation.on(timezone.localdate()).filter(section_id=section_id, role=Role.CONTRACTOR)
    row = rows.select_related("organization").order_by("-since").first()
    return row.organization if row else None


class Division(FlowRecord):
    """One node. `path` is the numbers of the nodes above it and its own: 12/57/903/."""

    scope_through = "section"
    text_joins = ("section__project",)
    natural = ("section.project.name", "section.code", "code")
    unrecorded_fields = FlowRecord.unrecorded_fields | {"path"}

    section = models.ForeignKey(Section, models.PROTECT, related_name="divisions", verbose_name="标段")
    code = models.CharField("编号", max_length=40, help_text="在标段内不重复，如 LJ-01-02-03")
    parent_code = models.CharField("上级编号", max_length=40, blank=True, help_text="单位工程不填")
    kind = models.CharField("层级", max_length=10, choices=Kind.choices)
    name = models.CharField("名称", max_length=120)
    works = models.CharField(
        "工程类别",
        max_length=12,
        choices=Works.choices,
        blank=True,
        help_text="单位工程必填；以下各级随上级，不必填",
    )
    stakes = StakeField("桩号或部位", blank=True)
    investment = models.DecimalField(
        "投资额（万元）",
        max_digits=16,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.0001"))],
        help_text="单位工程填写，鉴定评分按其加权",
    )
    remark = models.CharField("备注", max_length=300, blank=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, editable=False, related_name="children", verbose_name="上级"
    )
    path = models.CharField(max_length=100, editable=False, default="", db_index=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["section_id", "path"]
        verbose_name = "分部分项"
        constraints = [
            models.UniqueConstraint(
                fields=["section", "code"],
                name="quality_division_code",
                violation_error_message="该标段已有同编号的分部分项。",
            )
        ]
        indexes = [
            models.Index(fields=["section", "kind"], name="quality_division_kind"),
            models.Index(fields=["section", "path"], name="quality_division_order"),
            models.Index(fields=["code"], name="quality_division_named"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @classmethod
    def find_by_text(cls, queryset: models.QuerySet, texts: list[str]) -> dict[str, list[int]]:
        """Nodes by “项目 标段 编号”, through the index of codes: there are many more nodes than sections."""
        codes = {text[at + 1 :] for text in texts for at, sign in enumerate(text) if sign == " "}
        wanted, found = set(texts), defaultdict(list)
        listed = sorted(codes)
        for start in range(0, len(listed), 500):
            rows = queryset.order_by().filter(code__in=listed[start : start + 500])
            for pk, *words in rows.values_list("pk", "section__project__name", "section__code", "code"):
                if (text := " ".join(words)) in wanted:
                    found[text].append(pk)
        return dict(found)

    def attachment_kinds(self) -> list[str]:
        return ["划分文件", "照片"]

    @property
    def is_item(self) -> bool:
        return self.kind == Kind.ITEM

    def above(self) -> list[int]:
        """The numbers of the nodes above, the root first."""
        return [int(step) for step in self.path.split("/")[:-2]]

    def found_parent(self) -> Division | None:
        """The node that `parent_code` names, if there is one."""
        if not self.parent_code or not self.section_id:
            return None
        return Division._base_manager.filter(section_id=self.section_id, code=self.parent_code).first()

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if self.kind == Kind.UNIT:
            if self.parent_code:
                errors["parent_code"] = "单位工程没有上级，请不要填写上级编号。"
            if not self.works:
                errors["works"] = "请选择单位工程的工程类别。"
        elif self.kind in PARENTS:
            if not self.parent_code:
                errors["parent_code"] = f"{self.get_kind_display()}须填写上级编号。"
            elif parent := self.found_parent():
                # One that is not there yet may stand further up in the same sheet; saving finds out.
                errors |= self.misplaced(parent)
            if self.investment is not None and self.kind != Kind.SUB_UNIT:
                errors["investment"] = "投资额只在单位工程、子单位工程上填写。"
        if errors:
            raise ValidationError(errors)

    def misplaced(self, parent: Division) -> dict[str, str]:
        """What keeps this node from hanging on `parent`, by field."""
        if parent.kind not in PARENTS[self.kind]:
            fitting = "、".join(Kind(kind).label for kind in PARENTS[self.kind])
            return {
                "parent_code": f"{self.get_kind_display()}的上级应是{fitting}，"
                f"而“{parent}”是{parent.get_kind_display()}。"
            }
        if parent.status == DROPPED:
            return {"parent_code": f"上级“{parent}”已取消。"}
        if self.pk and self.works and self.works != parent.works:
            return {"parent_code": f"“{parent}”属于{parent.get_works_display()}，不能移到另一类工程之下。"}
        return {}

    # ----------------------------------------------------------------------------------------------- writing

    def attach_to_parent(self) -> None:
        self.parent = self.found_parent()
        if self.parent_code and self.parent is None:
            raise ValidationError(
                {"parent_code": f"该标段没有编号为“{self.parent_code}”的上级，请先登记上级。"}
            )
        if self.parent is not None:
            if self._state.adding:
                self.works = self.parent.works
            if self.kind in PARENTS and (wrong := self.misplaced(self.parent)):
                raise ValidationError(wrong)

    def before_create(self, actor) -> None:
        self.attach_to_parent()

    def before_update(self, before: dict) -> None:
        if "parent_code" in before:
            self.attach_to_parent()

    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)
        former, self.path = self.path, f"{self.parent.path if self.parent_id else ''}{self.pk}/"
        if former == self.path:
            return
        models.Model.save(self, update_fields=["path"])
        if former:
            self.move_below(former)

    def move_below(self, former: str) -> None:
        """Give everything below a moved node its new path, in one statement."""
        with history_guard.writer():
            Division._base_manager.filter(path__startswith=former).exclude(pk=self.pk).update(
                path=Concat(models.Value(self.path), Substr("path", len(former) + 1))
            )

    def after_write(self, changes: dict, actor) -> None:
        from ..division import rolling

        if "code" in changes and changes["code"][0] is None:
            Standing.objects.create(division=self, needs_own=rolling.needs_own(self))
            rolling.mark_stale(self)
            return
        if {"parent", "status"} & set(changes):
            rolling.refresh(*changes.get("parent", [])[:1], self.parent_id)


class Standing(Scoped):
    """What stands at a node now: derived from the evaluations, never typed; `division.rolling` keeps it.

    own     the outcome of the node's own last evaluation; "" before the first
    result  the outcome of the node with all that is below it
    stale   nodes were added below that are not counted yet; such a node never counts as passed
    """

    scope_through = "division"

    division = models.OneToOneField(
        Division, models.CASCADE, primary_key=True, related_name="standing", verbose_name="分部分项"
    )
    needs_own = models.BooleanField(default=True)
    own = models.CharField("本级评定", max_length=4, choices=Outcome.choices, default="", blank=True)
    result = models.CharField("评定结果", max_length=4, choices=Outcome.choices, default=Outcome.OPEN)
    stale = models.BooleanField("待汇总", default=False)
    items = models.PositiveIntegerField("分项数", default=0)
    passed = models.PositiveIntegerField("合格分项", default=0)
    failed = models.PositiveIntegerField("不合格分项", default=0)
    points = models.PositiveIntegerField("检查点数", default=0)
    good = models.PositiveIntegerField("合格点数", default=0)

    class Meta:
        verbose_name = "评定汇总"
        indexes = [
            models.Index(fields=["result"], name="quality_standing_result"),
            models.Index(fields=["stale"], condition=Q(stale=True), name="quality_standing_stale"),
        ]

    def __str__(self) -> str:
        return f"{self.division_id} {self.get_result_display()}"

    @property
    def undecided(self) -> int:
        """Items below without a result."""
        return self.items - self.passed - self.failed

    @property
    def rate(self) -> str:
        """The share of points within their limits, as text with one decimal; — without points."""
        from ..division.judging import rate_text

        return rate_text(self.good, self.points)
