"""Objections (异议) and complaints (投诉) about a tender, with their statutory clocks."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from projects.models import Numbered
from projects.models.project import registry_scope
from supervision.flows.models import FlowRecord
from supervision.people.scope import Reach

from ..tendering import clocks
from ..tendering.clocks import CLOCKS
from .commissioned import authorities_only, in_order, not_ahead, raise_if, rules_on
from .tendering import Tender

RECEIVED, ANSWERED, REJECTED, WITHDRAWN = "received", "answered", "rejected", "withdrawn"
HANDLING, HALTED, DECIDED, REFUSED = "handling", "halted", "decided", "refused"


class ObjectionSubject(models.TextChoices):
    DOCUMENT = "document", "招标文件"
    PREQUALIFICATION = "prequalification", "资格预审文件"
    OPENING = "opening", "开标"
    RESULT = "result", "评标结果"


class TenderObjection(Numbered, FlowRecord):
    """What a bidder or another party objects to, and the owner's answer. Until it is answered the tender halts."""

    scope_through = "tender"
    text_joins = ("tender__section__project",)
    number_prefix = "YY"

    tender = models.ForeignKey(Tender, models.PROTECT, related_name="objections", verbose_name="招标项目")
    subject = models.CharField("异议对象", max_length=16, choices=ObjectionSubject.choices)
    raised_by = models.CharField("异议人", max_length=120, help_text="单位名称；个人的只填“个人”")
    received_on = models.DateField("收到日期", default=timezone.localdate)
    content = models.TextField("异议内容", max_length=3000)
    answer_by = models.DateField("答复期限", null=True, editable=False)
    answered_on = models.DateField("答复日期", null=True, blank=True)
    raise_by = models.DateField("可提出至", null=True, editable=False)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "招标异议"
        indexes = [models.Index(fields=["status", "answer_by"], name="integrity_objection_open")]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.tender.title} {self.get_subject_display()}异议".strip()

    def attachment_kinds(self) -> list[str]:
        return ["异议书", "答复", "其他"]

    @property
    def questions(self) -> list[str]:
        found = []
        if self.raise_by and self.received_on > self.raise_by:
            found.append(f"超过提出期限（{self.raise_by}）")
        if self.answered_on and self.answer_by and self.answered_on > self.answer_by:
            found.append("答复超期")
        return found

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "received_on", "answered_on")
        in_order(self, errors, "received_on", "answered_on")
        raise_if(errors)

    def before_create(self, actor) -> None:
        self.work_out()
        self.due_on = self.answer_by

    def before_update(self, before: dict) -> None:
        if {"received_on", "subject", "tender"} & set(before):
            self.work_out()
            if self.status == RECEIVED:
                self.due_on = self.answer_by

    def work_out(self) -> None:
        """Its two days: until when it could be raised, and until when it is answered."""
        if not (self.tender_id and self.received_on and self.subject):
            return
        content = rules_on(CLOCKS, self.received_on).content
        names = ("prequalification_by", "bid_by", "opened_on", "publicity_until")
        facts = {name: getattr(self.tender, name) for name in names}
        self.raise_by = clocks.raise_by(self.subject, facts, content)
        at_once = self.subject == ObjectionSubject.OPENING
        self.answer_by = self.received_on if at_once else clocks.answer_by(self.received_on, content)


class ComplaintMatter(models.TextChoices):
    OTHER = "other", "其他事项"
    PREQUALIFICATION = "prequalification", "资格预审文件"
    DOCUMENT = "document", "招标文件"
    OPENING = "opening", "开标"
    RESULT = "result", "评标结果"


class ComplaintOutcome(models.TextChoices):
    UPHELD = "upheld", "投诉成立"
    DISMISSED = "dismissed", "投诉不成立，驳回"
    FABRICATED = "fabricated", "捏造事实或伪造材料，驳回"


class TenderComplaint(Numbered, FlowRecord):
    """A complaint to the authority. Tests, appraisals and expert reviews stop its clock."""

    text_joins = ("tender__section__project", "objection__tender__section__project")
    number_prefix = "TS"

    tender = models.ForeignKey(Tender, models.PROTECT, related_name="complaints", verbose_name="招标项目")
    matter = models.CharField("投诉事项", max_length=16, choices=ComplaintMatter.choices)
    objection = models.ForeignKey(
        TenderObjection,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="complaints",
        verbose_name="已提出的异议",
        help_text="对预审文件、招标文件、开标、评标结果投诉的，须先异议",
    )
    complainant = models.CharField("投诉人", max_length=120, help_text="单位名称；个人的只填“个人”")
    respondent = models.CharField("被投诉人", max_length=120)
    knew_on = models.DateField("知道或应当知道之日")
    received_on = models.DateField("收到日期", default=timezone.localdate)
    content = models.TextField("投诉请求与事实", max_length=3000)
    complain_by = models.DateField("可投诉至", null=True, editable=False)
    accept_by = models.DateField("受理期限", null=True, editable=False)
    accepted_on = models.DateField("受理日期", null=True, blank=True)
    halted_on = models.DateField("中止计时自", null=True, blank=True, editable=False)
    halted_days = models.PositiveSmallIntegerField("中止工作日", default=0, editable=False)
    decide_by = models.DateField("处理期限", null=True, editable=False)
    decided_on = models.DateField("处理决定日期", null=True, blank=True)
    outcome = models.CharField("处理结果", max_length=12, choices=ComplaintOutcome.choices, blank=True)
    is_demo = models.BooleanField("演示数据", default=False, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "招标投诉"
        indexes = [models.Index(fields=["status", "decide_by"], name="integrity_complaint_open")]

    def __str__(self) -> str:
        return f"{self.number or ''} {self.tender.title} 投诉".strip()

    @classmethod
    def scope_q(cls, reach: Reach) -> Q:
        return registry_scope(authorities_only(reach), through="tender__section__project")

    def attachment_kinds(self) -> list[str]:
        return ["投诉书", "受理（不予受理）决定", "中止依据", "处理决定", "其他"]

    @property
    def needs_objection(self) -> bool:
        return self.matter != ComplaintMatter.OTHER

    @property
    def questions(self) -> list[str]:
        found = []
        if self.complain_by and self.received_on > self.complain_by:
            found.append(f"超过投诉期限（{self.complain_by}）")
        if self.needs_objection and not self.objection_id:
            found.append("未先提出异议")
        if self.decided_on and self.decide_by and self.decided_on > self.decide_by:
            found.append("处理超期")
        return found

    def clean(self) -> None:
        errors: dict[str, str] = {}
        not_ahead(self, errors, "knew_on", "received_on", "accepted_on", "decided_on")
        in_order(self, errors, "knew_on", "received_on", "accepted_on", "decided_on")
        if self.objection_id and self.tender_id and self.objection.tender_id != self.tender_id:
            errors["objection"] = "该异议不属于此招标项目。"
        elif self.objection_id and self.needs_objection and self.objection.subject != self.matter:
            errors["objection"] = f"该异议是对{self.objection.get_subject_display()}提出的，与投诉事项不同。"
        raise_if(errors)

    def before_create(self, actor) -> None:
        self.work_out()
        self.due_on = self.accept_by

    def before_update(self, before: dict) -> None:
        if {"knew_on", "received_on", "objection", "tender"} & set(before):
            self.work_out()
            if self.status == RECEIVED:
                self.due_on = self.accept_by

    def work_out(self) -> None:
        if not (self.knew_on and self.received_on):
            return
        content = rules_on(CLOCKS, self.received_on).content
        self.complain_by = clocks.complain_by(self.knew_on, self.answering_days(), content)
        self.accept_by = clocks.accept_by(self.received_on, content)

    def answering_days(self) -> int:
        """The days, of those that run since the complainant knew, in which the owner was to answer the objection
        that had to come first: as long as it was open, to the day of the complaint at most."""
        if not (self.objection_id and self.needs_objection):
            return 0
        begun = max(self.objection.received_on, self.knew_on)
        return clocks.answering_days(begun, self.objection.answered_on, self.received_on)

    def count_on(self) -> None:
        """Set the day until which it is decided, by what stopped the clock so far."""
        content = rules_on(CLOCKS, self.received_on).content
        self.decide_by = clocks.decide_by(self.accepted_on or self.received_on, self.halted_days, content)
