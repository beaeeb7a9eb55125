"""The seven papers of the rectification loop: notice, reply, recheck, stop, resume, listing and its lifting.

What each says is taken from the record, and a person signs it. A ledger whose records travel the loop under
oversight (`Placed`, `Overseen`) subclasses `LoopPapers`, gives the words that are its own, and registers them:

    class DefectPapers(LoopPapers):
        model, prefix = QualityDefect, "defect"
        …

    papers = DefectPapers()
    papers.register()

Suffixes of numbers and the wording of demands are the portal's own (本系统设定); both may be changed by the bureau.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone

from supervision.flows import records
from supervision.flows.history import Actor
from supervision.flows.oversight import Overseen
from supervision.flows.reach import label_of
from supervision.papers.documents import registry, services
from supervision.papers.documents.blueprints import listing as forms
from supervision.papers.documents.blueprints import rectification as loop
from supervision.papers.documents.contents import Contents, join
from supervision.papers.documents.models import Document
from supervision.papers.documents.registry import Signature, document, pool_form
from supervision.people.models import Organization, Role
from supervision.rules.numbers import date_cn

from .papers import addressees, issued_paper, place_of, short, where

# Which act beside the loop drafts which paper, by the date that it sets.
DRAFTED_BY = {"listed_on": "listing", "lifted_on": "lifted", "suspended_on": "stop", "resumed_on": "resume"}


class LoopPapers:
    # The records, the first part of the codes of their papers and of their pools of numbers.
    model: ClassVar[type[Overseen]]
    prefix: ClassVar[str]
    pool: ClassVar[str]
    # Pool → (what its papers are called, the suffix of their numbers).
    pools: ClassVar[dict[str, tuple[str, str]]]
    # States in which a record has not come to be put right, or never will.
    not_open: ClassVar[frozenset[str]]
    inspection: ClassVar[str]

    # The words that are the ledger's own.
    notice_title: ClassVar[str]
    notice_demand: ClassVar[str]
    verification: ClassVar[str]
    reply_title: ClassVar[str]
    measures: ClassVar[str]
    recheck_passed: ClassVar[str]
    stop_demand: ClassVar[str]
    listed_as: ClassVar[str]
    listing_demands: ClassVar[tuple[str, ...]]
    lifting: ClassVar[str]
    lifted_conclusion: ClassVar[str]
    lifted_demand: ClassVar[str]

    # The same where an enterprise, or a route's keeper, answers: nobody supervises or commissions there.
    object_demand: ClassVar[str] = "整改完成后，请将整改情况连同整改前后照片书面回复，由我单位复查。"
    object_stop_demand: ClassVar[str] = (
        "立即停止上述范围内的作业（使用），撤出危险区域内人员，设置警戒并安排专人值守。"
    )
    object_listing_demands: ClassVar[tuple[str, ...]] = (
        "落实整改责任、措施、资金、时限和应急预案，隐患消除前采取可靠的安全防范措施。",
        "由责任单位主要负责人组织治理，完成后自查合格并申请解除挂牌督办。",
    )
    object_lifting: ClassVar[str] = "整改完成并自查合格后，由挂牌督办单位现场复查，合格的予以解除。"
    object_lifted_demand: ClassVar[str] = "请责任单位举一反三，防止同类隐患重复发生。"

    # ------------------------------------------------------------------------------------------- what may differ

    def reply_url(self, record: Any) -> str:
        """The address printed on the notice as QR code, if there is one."""
        return ""

    def outcome(self, record: Any) -> str:
        """What was done, as the reply says it."""
        return record.measures

    def reply_more(self, record: Any) -> dict[str, Any]:
        """Facts of the reply that only this ledger has."""
        return {}

    def stopped_by(self, record: Any) -> Document | None:
        """The paper that stopped the works."""
        return issued_paper(record, self.code("stop"))

    def source(self, record: Any) -> str:
        return record.get_source_display()

    def drafted_elsewhere(self, record: Any, column: str) -> bool:
        """Whether the paper of an act came about in another way already."""
        return False

    # ------------------------------------------------------------------------------------------------- registering

    def code(self, name: str) -> str:
        return f"{self.prefix}-{name}"

    def register(self) -> None:
        for name, (label, suffix) in self.pools.items():
            pool_form(f"{self.pool}-{name}", label, suffix)
        staff, leader = Signature.STAFF, Signature.LEADER
        answerer, units = self.answerer_of, addressees
        self._document(
            "notice",
            "rectification_notice",
            staff,
            "notice",
            answerer,
            lambda record: self.is_open(record) and record.status != "closed",
        )
        self._document("reply", "rectification_reply", Signature.PARTY, "", None, self.is_open)
        self._document("recheck", "recheck_opinion", staff, "recheck", answerer, self.is_rechecked)
        self._document("stop", "stop_notice", staff, "stop", units, lambda record: record.is_suspended)
        self._document(
            "resume", "resume_notice", staff, "stop", units, lambda record: record.resumed_on is not None
        )
        self._document(
            "listing",
            "listing_notice",
            leader,
            "listing",
            units,
            lambda record: record.is_listed,
            issued=self.note_listing_number,
        )
        self._document(
            "lifted", "listing_lifted", leader, "listing", units, lambda record: record.lifted_on is not None
        )

    def _document(self, name, paper, signature, pool, recipients, when, **more) -> None:
        document(
            self.code(name),
            model=label_of(self.model),
            paper=paper,
            signature=signature,
            pools=[f"{self.pool}-{pool}"] if pool else [],
            recipients=recipients,
            when=when,
            **more,
        )(getattr(self, name))

    # ------------------------------------------------------------------------------------------- what they share

    def answerer_of(self, record: Any) -> list[Organization]:
        return [record.responsible_unit] if record.responsible_unit_id else []

    def is_open(self, record: Any) -> bool:
        return bool(record.grade) and record.status not in self.not_open

    def is_rechecked(self, record: Any) -> bool:
        return record.status in ("authority_check", "closed") or record.failed > 0

    def finding(self, record: Any) -> loop.Finding:
        return loop.Finding(
            place=where(record),
            what=record.description,
            clause=record.clause,
            grade=record.get_grade_display(),
            demand=record.measures or self.measures,
            deadline=date_cn(record.deadline),
        )

    def notice(self, record: Any) -> Contents:
        inspected = record.source == self.inspection
        return loop.RectificationNotice(
            **place_of(record),
            title=self.notice_title,
            head="",
            inspected_on=record.found_on if inspected else record.verified_on,
            inspection="监督检查" if inspected else self.verification,
            inspectors=[record.reported_by.name] if inspected and record.reported_by_id else [],
            findings=[self.finding(record)],
            demands=[self.notice_demand if record.project.is_works else self.object_demand],
            deadline=record.deadline,
            reply_url=self.reply_url(record),
        )

    def reply(self, record: Any) -> Contents:
        sent = issued_paper(record, *map(self.code, ("notice", "listing", "stop")))
        return loop.RectificationReply(
            **place_of(record),
            title=self.reply_title,
            to=sent.contents.get("office", "") if sent else "",
            notice_number=sent.number if sent else "",
            notice_on=sent.issued_on if sent else "",
            outcomes=[
                loop.Outcome(
                    what=record.description,
                    measure=self.outcome(record),
                    result="已完成" if record.rectified_on else "整改中",
                    done_on=record.rectified_on,
                    person=record.responsible_person,
                )
            ],
            responsibility=record.responsible_person,
            measures=record.measures,
            time=record.deadline,
            **self.reply_more(record),
        )

    def recheck(self, record: Any) -> Contents:
        sent = issued_paper(record, self.code("notice"))
        closed = record.closed_on is not None
        return loop.RecheckOpinion(
            **place_of(record),
            head="",
            notice_number=sent.number if sent else "",
            rechecked_on=record.closed_on or timezone.localdate(),
            items=[loop.Rechecked(what=record.description, passed="合格" if closed else "")],
            conclusion=self.recheck_passed if closed else "",
        )

    def stop(self, record: Any) -> Contents:
        return loop.StopNotice(
            **place_of(record),
            head="",
            inspected_on=record.found_on,
            scope=record.suspension_scope or where(record),
            reason=record.description.rstrip("。"),
            basis="",
            from_on=record.suspended_on or timezone.localdate(),
            demands=[
                self.stop_demand if record.project.is_works else self.object_stop_demand,
                "整改完成并经监理、建设单位验收合格后，书面提出复工申请；未经同意不得擅自复工。"
                if record.project.is_works
                else "整改完成并自查合格后，书面提出恢复申请；未经同意不得擅自恢复。",
            ],
        )

    def resume(self, record: Any) -> Contents:
        sent = self.stopped_by(record)
        return loop.ResumeNotice(
            **place_of(record),
            head="",
            stop_number=sent.number if sent else "",
            applied_on=record.resume_applied_on,
            checked_on=record.resumed_on,
            scope=record.suspension_scope,
            conclusion="停工整改要求已落实，具备复工条件"
            if record.project.is_works
            else "停业（停用）整改要求已落实，具备恢复条件",
            from_on=record.resumed_on,
        )

    def listing(self, record: Any) -> Contents:
        def named(role: Role) -> str:
            if not record.section_id:
                return ""
            return join(row.organization.name for row in record.parties(role).select_related("organization"))

        return forms.ListingNotice(
            **place_of(record),
            title=f"关于对{short(record)}{self.listed_as}实施挂牌督办的通知",
            owner=record.project.owner if record.project.is_works and record.project.owner_id else "",
            unit="" if record.project.is_works else record.responsible_unit or record.project.owner or "",
            contractor=named(Role.CONTRACTOR),
            supervisor=named(Role.SUPERVISOR),
            source=self.source(record),
            category=record.category,
            place=where(record),
            what=record.description,
            clauses=[record.clause] if record.clause else [],
            demands=[record.measures]
            if record.measures
            else list(self.listing_demands if record.project.is_works else self.object_listing_demands),
            plan_days=str(record.listing_plan_days()),
            deadline=record.deadline,
            lifting=self.lifting if record.project.is_works else self.object_lifting,
        )

    def lifted(self, record: Any) -> Contents:
        return forms.ListingLifted(
            **place_of(record),
            title=f"关于解除{short(record)}{self.listed_as}挂牌督办的通知",
            listing_number=record.listing_number,
            listed_on=record.listed_on,
            place=where(record),
            rechecked_on=record.lift_visited_on,
            conclusion=self.lifted_conclusion,
            demands=[self.lifted_demand if record.project.is_works else self.object_lifted_demand],
        )

    def note_listing_number(self, record: Any, made: Document, actor: Actor) -> None:
        """The notice's number is the listing's, unless a higher authority's was entered by hand."""
        if not record.listing_number:
            fresh = self.model.objects.get(pk=record.pk)
            records.update(fresh, {"listing_number": made.number}, actor, label="登记督办文号")

    def follow(self, record: Any, changes: dict, actor: Actor) -> None:
        """Draft the paper of an act that wants one, where whoever acted may draft it."""
        if actor.user is None:
            return
        for column, name in DRAFTED_BY.items():
            if not changes.get(column, [None, None])[1] or self.drafted_elsewhere(record, column):
                continue
            if actor.user.roles & registry.kind_of(self.code(name)).drafters:
                services.draft(record, self.code(name), actor)
