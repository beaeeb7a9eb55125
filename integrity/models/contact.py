"""联系与服务: leaders' contact points, meetings with the projects shown there, experience, publicity.

Visits and the problems raised on them are those of 三服务 (`service.py`); a visit may name the contact point it was
paid to. Nobody has to check in, and nobody is ranked.
"""

from __future__ import annotations

from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models import Project
from supervision.flows.models import FlowRecord
from supervision.people.models import Organization
from supervision.people.records import Record
from supervision.people.scope import Reach, unit_scope

from .of_unit import OfUnit, not_ahead, raise_if


class ContactPoint(Record):
    """领导联系点: which post of an office keeps in touch with which unit or project, from when to when."""

    natural = ("post", "unit.name", "since")
    text_joins = ("unit", "project")

    office = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name="联系单位")
    post = models.CharField("联系领导职务", max_length=60)
    name = models.CharField("联系领导姓名", max_length=40, blank=True)
    unit = models.ForeignKey(
        Organization,
        models.PROTECT,
        related_name="contact_points",
        verbose_name="被联系单位",
        help_text="联系项目的，填建设单位",
    )
    project = models.ForeignKey(
        Project, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="联系项目"
    )
    since = models.DateField("自", default=timezone.localdate)
    until = models.DateField("至", null=True, blank=True)
    task = models.TextField("联系任务", max_length=1000, blank=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-since", "-pk"]
        verbose_name = "领导联系点"

    def __str__(self) -> str:
        return f"{self.post}联系{self.project or self.unit}"

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        """The unit kept in touch with, the office, and whoever oversees the unit."""
        kept = unit_scope(reach)
        return kept | unit_scope(reach, "office") if kept else Q()

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if self.since and self.until and self.until < self.since:
            errors["until"] = "结束日期早于开始日期。"
        if self.office_id and self.office_id == self.unit_id:
            errors["unit"] = "被联系单位不能是联系单位本身。"
        raise_if(errors)


class MeetingKind(models.TextChoices):
    PUSH = "push", "推进会"
    VIEW = "view", "现场观摩会"
    EXCHANGE = "exchange", "交流会"


class WorkMeeting(FlowRecord):
    """推进会、观摩会、交流会: announced, then held with how many came; minutes are an attachment."""

    scope_public = True
    natural = ("title", "planned_on")
    text_joins = ("unit",)

    unit = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", verbose_name="主办单位", editable=False
    )
    kind = models.CharField("类别", max_length=10, choices=MeetingKind.choices)
    title = models.CharField("会议名称", max_length=120)
    planned_on = models.DateField("计划日期")
    place = models.CharField("地点", max_length=120, blank=True)
    held_on = models.DateField("召开日期", null=True, blank=True)
    units = models.PositiveSmallIntegerField("参加单位数", null=True, blank=True)
    people = models.PositiveIntegerField("参加人数", null=True, blank=True)
    summary = models.TextField("会议情况", max_length=3000, blank=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-planned_on", "-pk"]
        verbose_name = "推进、观摩、交流会"
        indexes = [models.Index(fields=["held_on"], name="integrity_meeting_held")]

    def __str__(self) -> str:
        return self.title

    def attachment_kinds(self) -> list[str]:
        return ["会议纪要", "会议通知", "现场照片"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "held_on")
        raise_if(errors)


class MeetingShow(Record):
    """A project shown at a meeting, and what was to be seen there."""

    scope_public = True
    natural = ("meeting.title", "project.name")
    text_joins = ("meeting", "project")

    meeting = models.ForeignKey(WorkMeeting, models.PROTECT, related_name="shows", verbose_name="会议")
    project = models.ForeignKey(Project, models.PROTECT, related_name="+", verbose_name="观摩项目")
    content = models.CharField("观摩内容", max_length=300, blank=True)

    class Meta:
        ordering = ["meeting", "pk"]
        verbose_name = "观摩项目"
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "project"],
                name="integrity_show_once",
                violation_error_message="该项目已列入本次会议。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.meeting} {self.project}"


class ExperienceKind(models.TextChoices):
    SAFETY = "safety", "平安工程"
    QUALITY = "quality", "精品工程"
    INTEGRITY = "integrity", "廉洁工程"
    SERVICE = "service", "联系服务"


class AreaLevel(models.TextChoices):
    NATION = "nation", "国家级"
    PROVINCE = "province", "省级"
    CITY = "city", "市级"
    COUNTY = "county", "县区级"


PUBLISHED = "published"


class Experience(OfUnit, FlowRecord):
    """经验做法: submitted by a unit, published by the bureau with the level it recommends; who has taken it up."""

    natural = ("title", "unit.name")

    title = models.CharField("名称", max_length=120)
    kind = models.CharField("类别", max_length=12, choices=ExperienceKind.choices)
    project = models.ForeignKey(
        Project, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="项目"
    )
    content = models.TextField("做法和成效", max_length=5000)
    level = models.CharField("推荐级别", max_length=10, choices=AreaLevel.choices, blank=True)
    published_on = models.DateField("发布日期", null=True, editable=False)
    adopted_by = models.TextField("采用单位", max_length=1000, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "经验做法"
        indexes = [models.Index(fields=["published_on"], name="integrity_experience_published")]

    def __str__(self) -> str:
        return self.title

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        """What is published is for everybody; before that it is its unit's and its overseers'."""
        own = unit_scope(reach)
        return own | Q(status=PUBLISHED) if own else Q()

    def attachment_kinds(self) -> list[str]:
        return ["经验材料", "图片", "推荐文件"]


class Publicity(OfUnit, Record):
    """宣传报道: what was published where, on which level, and its address."""

    natural = ("title", "medium", "published_on")
    text_joins = ("unit", "project")

    title = models.CharField("标题", max_length=200)
    medium = models.CharField("媒体", max_length=80)
    level = models.CharField("级别", max_length=10, choices=AreaLevel.choices)
    published_on = models.DateField("刊发日期")
    link = models.CharField("网址", max_length=400, blank=True, validators=[URLValidator(["http", "https"])])
    project = models.ForeignKey(
        Project, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="项目"
    )

    class Meta:
        ordering = ["-published_on", "-pk"]
        verbose_name = "宣传报道"
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "title", "medium", "published_on"],
                name="integrity_publicity_once",
                violation_error_message="这篇报道已经登记。",
            )
        ]

    def __str__(self) -> str:
        return self.title

    def attachment_kinds(self) -> list[str]:
        return ["报道截图", "报道原文"]

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "published_on")
        raise_if(errors)
