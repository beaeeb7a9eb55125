"""The register of responsibility for quality (质量终身责任登记): units, persons, and what the persons did.

What was registered stays: a successor ends the former holder's term, and nothing in force is rewritten. Who has to
be registered is the rule set `quality-responsibility`.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models import Numbered, Placed
from supervision.flows import records
from supervision.flows.models import FlowRecord
from supervision.people.models import Organization, Role
from supervision.people.records import Record
from supervision.rules.shipped import rule
from supervision.rules.words import WordField

from .of_section import not_ahead, raise_if

REGISTER = "quality-responsibility"
DRAFT, SUBMITTED, IN_FORCE, ENDED = "draft", "submitted", "in_force", "ended"
UNDERTAKING = "质量责任承诺书"


class Capacity(models.TextChoices):
    """In which capacity a unit answers for the works; where a role of the portal fits, its code."""

    OWNER = Role.OWNER.value, "建设"
    SURVEYOR = "surveyor", "勘察"
    DESIGNER = Role.DESIGNER.value, "设计"
    CONTRACTOR = Role.CONTRACTOR.value, "施工"
    SUPERVISOR = Role.SUPERVISOR.value, "监理"
    LABORATORY = Role.LABORATORY.value, "检测"


class Registered(Placed, FlowRecord):
    """What units and persons in the register have in common: a capacity and a term, confirmed once."""

    capacity = models.CharField("责任主体", max_length=12, choices=Capacity.choices)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", verbose_name="单位")
    since = models.DateField("责任起始日期", default=timezone.localdate)
    until = models.DateField("责任截止日期", null=True, blank=True, editable=False)
    duties = models.TextField("质量责任内容", max_length=2000, blank=True)
    change_reason = models.CharField(
        "变更原因", max_length=300, blank=True, help_text="接替原登记的，说明变更原因"
    )
    confirmed_on = models.DateField("登记确认日期", null=True, blank=True, editable=False)
    ended_on = models.DateField("离任日期", null=True, blank=True)

    class Meta:
        abstract = True

    def attachment_kinds(self) -> list[str]:
        return [UNDERTAKING, "任命文件", "执业资格证书", "变更批准文件"]

    def same_post(self) -> models.QuerySet:
        """Other rows in force of which this one is the successor."""
        raise NotImplementedError

    @classmethod
    def in_force(cls, day: date) -> Q:
        """Confirmed by `day`, and answering on that day."""
        return Q(confirmed_on__lte=day, since__lte=day) & (Q(until__isnull=True) | Q(until__gte=day))

    def clean(self) -> None:
        errors: dict[str, str] = {}
        self.check_place(errors)
        not_ahead(self, errors, "since", "ended_on")
        if self.capacity == Capacity.OWNER and self.section_id:
            errors["section"] = "建设单位对整个项目负责，不选标段。"
        if (
            self.capacity not in (Capacity.OWNER, Capacity.SURVEYOR)
            and self.project_id
            and not self.section_id
        ):
            errors["section"] = "请选择标段。"
        if self.ended_on and self.since and self.ended_on < self.since:
            errors["ended_on"] = f"离任日期早于责任起始日期（{self.since}）。"
        if not errors and self.status in (None, "", DRAFT, SUBMITTED):
            self.check_successor(errors)
        raise_if(errors)

    def check_successor(self, errors: dict) -> None:
        former = self.same_post().order_by("-since").first()
        if former is None:
            return
        if self.since <= former.since:
            errors["since"] = f"该岗位已登记“{former}”，接替日期须晚于其责任起始日期（{former.since}）。"
        elif not self.change_reason.strip():
            errors["change_reason"] = f"接替“{former}”的，请填写变更原因。"

    def after_write(self, changes: dict, actor) -> None:
        """Once confirmed, the former holder's responsibility ends the day before; the former row stays."""
        if self.status != IN_FORCE or "status" not in changes:
            return
        for former in self.same_post().filter(since__lt=self.since):
            last = self.since - timedelta(days=1)
            records.update(
                former, {"until": last}, actor, label="变更登记", reason=self.change_reason, clean=False
            )


class ResponsibleUnit(Registered):
    """A unit that answers for the quality of a project or section."""

    legal_representative = models.CharField("法定代表人", max_length=40)
    certificate = models.CharField("资质证书编号", max_length=60, blank=True)
    contract_on = models.DateField("合同签订日期", null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "质量责任单位"
        indexes = [models.Index(fields=["section", "capacity"], name="quality_unit_post")]

    def __str__(self) -> str:
        return f"{self.section or self.project} {self.get_capacity_display()} {self.organization}"

    def same_post(self) -> models.QuerySet:
        return ResponsibleUnit.objects.filter(
            project_id=self.project_id,
            section_id=self.section_id,
            capacity=self.capacity,
            status=IN_FORCE,
            until__isnull=True,
        ).exclude(pk=self.pk)


def posts(on: date | None = None) -> list[dict]:
    """The posts of the register in force on a day: capacity, post, required ("always", "takes_part" or "no")."""
    return rule(REGISTER, on).content["posts"]


def post_names() -> list[str]:
    """The posts of every capacity, each once."""
    return list(dict.fromkeys(row["post"] for row in posts()))


def duties() -> list[str]:
    """What a line in a file of duties done may be about."""
    return list(rule(REGISTER).content["duties"])


class ResponsiblePerson(Numbered, Registered):
    """A person who answers for quality in a post, for life and wherever he works later (终身责任)."""

    number_prefix = "ZR"

    post = WordField(
        "岗位", max_length=40, words=post_names, help_text="如项目经理、总监理工程师、首席质量官"
    )
    name = models.CharField("姓名", max_length=40)
    title = models.CharField("职称", max_length=40, blank=True)
    certificate = models.CharField("执业资格证书编号", max_length=60, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "质量责任人"
        indexes = [models.Index(fields=["section", "capacity", "post"], name="quality_person_post")]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.section or self.project} {self.post} {self.name}".strip()

    def clean(self) -> None:
        super().clean()
        self._meta.get_field("post").check_word(self)
        known = [row["post"] for row in posts() if row["capacity"] == self.capacity]
        if self.post in post_names() and self.post not in known:
            raise ValidationError(
                {"post": f"{self.get_capacity_display()}单位的岗位应为：{'、'.join(known)}。"}
            )

    def same_post(self) -> models.QuerySet:
        return ResponsiblePerson.objects.filter(
            project_id=self.project_id,
            section_id=self.section_id,
            capacity=self.capacity,
            post=self.post,
            status=IN_FORCE,
            until__isnull=True,
        ).exclude(pk=self.pk)


class DutyEntry(Record):
    """One line of a person's file of duties done (履职档案); written once."""

    scope_through = "person"
    text_joins = ("person__project", "person__section__project")

    person = models.ForeignKey(
        ResponsiblePerson, models.PROTECT, related_name="entries", verbose_name="责任人"
    )
    done_on = models.DateField("履职日期", default=timezone.localdate)
    kind = WordField("履职事项", max_length=40, words=duties)
    content = models.TextField("履职内容", max_length=3000)
    result = models.TextField("发现问题与处理", max_length=2000, blank=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-done_on", "-pk"]
        verbose_name = "履职记录"
        indexes = [models.Index(fields=["person", "-done_on"], name="quality_duty_person")]

    def __str__(self) -> str:
        return f"{self.person.name} {self.done_on} {self.kind}"

    def attachment_kinds(self) -> list[str]:
        return ["履职照片", "会议纪要", "检查记录"]

    def clean(self) -> None:
        self._meta.get_field("kind").check_word(self)
        errors: dict[str, str] = {}
        not_ahead(self, errors, "done_on")
        if self.person_id and self.done_on:
            if self.person.confirmed_on is None:
                errors["person"] = "该责任人尚未登记确认。"
            elif self.done_on < self.person.since or (self.person.until and self.done_on > self.person.until):
                errors["done_on"] = "履职日期不在该责任人的任职期内。"
        raise_if(errors)
