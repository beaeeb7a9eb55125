"""The register of tender experts (评标专家) and how they conducted themselves."""

from __future__ import annotations

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import IntegerField, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from supervision.flows.models import FlowRecord
from supervision.people.scope import Reach
from supervision.rules.models import RuleSet
from supervision.rules.shipped import rule
from supervision.rules.words import WordField

from ..tendering.committees import COMMITTEE
from .commissioned import not_ahead, raise_if, register_scope, rules_on

IN_FORCE, SUSPENDED, REMOVED = "in_force", "suspended", "removed"
DRAFT, SUBMITTED, CONFIRMED, DISMISSED = "draft", "submitted", "confirmed", "dismissed"
CONDUCT, REMOVAL = "expert-conduct", "tender-removal"


def conducts() -> list[str]:
    return list(rule(CONDUCT).content["points"])


def grounds() -> list[str]:
    return list(rule(REMOVAL).content["grounds"])


class TenderExpert(FlowRecord):
    """One expert. Points are of a year and are what is left after the confirmed deductions."""

    natural = ("register_no",)

    register_no = models.CharField(
        "专家编号", max_length=40, unique=True, error_messages={"unique": "该专家编号已登记。"}
    )
    name = models.CharField("姓名", max_length=40)
    unit = models.CharField("工作单位", max_length=120)
    speciality = models.CharField("评标专业", max_length=80)
    title = models.CharField("职称", max_length=40)
    senior = models.BooleanField("高级职称或同等水平", default=True)
    years = models.PositiveSmallIntegerField("从业年限", validators=[MaxValueValidator(70)])
    region = models.CharField("所在地", max_length=40, blank=True)
    ground = WordField("暂停或取消情形", max_length=40, blank=True, words=grounds)
    suspended_until = models.DateField("暂停至", null=True, blank=True)
    removed_on = models.DateField("取消资格日期", null=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["register_no"]
        verbose_name = "评标专家"

    def __str__(self) -> str:
        return f"{self.name}（{self.speciality}）"

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        return register_scope(reach)

    def attachment_kinds(self) -> list[str]:
        return ["资格证明", "处理决定", "其他"]

    @classmethod
    def with_points(cls, rows):
        """The rows, each with `left_now` and `ask_now`: the points left this year, and at which to ask."""
        mine = ExpertConduct._base_manager.filter(
            expert=OuterRef("pk"), status=CONFIRMED, occurred_on__year=timezone.localdate().year
        )
        total = mine.order_by().values("expert").annotate(total=Sum("points")).values("total")
        content = rule(CONDUCT).content
        return rows.annotate(
            left_now=Value(content["full"]) - Coalesce(Subquery(total, output_field=IntegerField()), 0),
            ask_now=Value(content["ask_at"]),
        )

    @property
    def _now(self) -> TenderExpert:
        """This record with what `with_points` adds."""
        known = "left_now" in self.__dict__
        return self if known else type(self).with_points(type(self)._base_manager.filter(pk=self.pk)).get()

    @property
    def points_left(self) -> int:
        return self._now.left_now

    @property
    def questions(self) -> list[str]:
        """What should be looked into; nothing follows by itself."""
        found = []
        now = self._now
        if now.left_now <= now.ask_now:
            found.append("提请研究暂停")
        today = timezone.localdate()
        if self.status == SUSPENDED and self.suspended_until and self.suspended_until < today:
            found.append("暂停期已满")
        return found

    def clean(self) -> None:
        errors: dict[str, str] = {}
        least = rule(COMMITTEE).content["years"]
        if self.years is not None and self.years < least:
            errors["years"] = f"评标专家须从业满{least}年（招标投标法第37条）。"
        if not self.senior:
            errors["senior"] = "评标专家须具有高级职称或同等专业水平（招标投标法第37条）。"
        raise_if(errors)


class ExpertConduct(FlowRecord):
    """One occurrence for which points are deducted, proposed by one person and confirmed by another."""

    scope_through = "expert"
    text_joins = ("expert", "tender__section__project")

    expert = models.ForeignKey(TenderExpert, models.PROTECT, related_name="conducts", verbose_name="专家")
    tender = models.ForeignKey(
        "integrity.Tender",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="conducts",
        verbose_name="招标项目",
    )
    kind = WordField("情形", max_length=40, words=conducts)
    occurred_on = models.DateField("发生日期", default=timezone.localdate)
    description = models.TextField("情况", max_length=2000)
    points = models.PositiveSmallIntegerField("扣分", default=0, editable=False)
    rules = models.ForeignKey(
        RuleSet, models.PROTECT, null=True, editable=False, related_name="+", verbose_name="扣分规则"
    )
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "专家履职扣分"
        indexes = [models.Index(fields=["expert", "occurred_on"], name="integrity_conduct_year")]

    def __str__(self) -> str:
        return f"{self.expert} {self.kind}"

    def attachment_kinds(self) -> list[str]:
        return ["佐证材料", "其他"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "occurred_on")
        raise_if(errors)
        self._meta.get_field("kind").check_word(self)

    def before_create(self, actor) -> None:
        self.judge()

    def before_update(self, before: dict) -> None:
        if "kind" in before or "occurred_on" in before:
            self.judge()

    def judge(self) -> None:
        """The points by the rules of the day it happened."""
        if not self.occurred_on:
            return
        self.rules = rules_on(CONDUCT, self.occurred_on)
        self.points = self.rules.content["points"].get(self.kind, 0)
