"""The papers of quality defects: the same forms as those of hidden dangers, filled from the defect.

Suffixes of numbers and the wording of demands are the portal's own (本系统设定); both may be changed by the bureau.
"""

from __future__ import annotations

from django.utils import timezone

from projects.papers import addressees, issued_paper, place_of, short, where
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.papers.documents import registry, services
from supervision.papers.documents.blueprints import listing as forms
from supervision.papers.documents.blueprints import rectification as loop
from supervision.papers.documents.contents import Contents, join
from supervision.papers.documents.models import Document
from supervision.papers.documents.registry import Signature, document, pool_form
from supervision.people.models import Organization, Role
from supervision.rules.numbers import date_cn

from .models import DefectSource, QualityDefect
from .models.defect import DISMISSED, REPORTED

DEFECT = "quality.qualitydefect"
NOTICE, RECHECK, STOP, LISTING = "quality-notice", "quality-recheck", "quality-stop", "quality-listing"

for code, label, suffix in (
    (NOTICE, "质量整改通知书", "质整"),
    (RECHECK, "质量整改复查意见书", "质复"),
    (STOP, "质量停工、复工通知书", "质停"),
    (LISTING, "质量挂牌督办通知书", "质督"),
):
    pool_form(code, label, suffix)


def answerer_of(defect: QualityDefect) -> list[Organization]:
    return [defect.responsible_unit] if defect.responsible_unit_id else []


def open_now(defect: QualityDefect) -> bool:
    return bool(defect.grade) and defect.status not in (REPORTED, DISMISSED)


def finding_of(defect: QualityDefect) -> loop.Finding:
    return loop.Finding(
        place=where(defect),
        what=defect.description,
        clause=defect.clause,
        grade=defect.get_grade_display(),
        demand=defect.measures or "查明原因，按设计和规范要求处理，并对同类部位举一反三。",
        deadline=date_cn(defect.deadline),
    )


@document(
    "defect-notice",
    model=DEFECT,
    paper="rectification_notice",
    signature=Signature.STAFF,
    pools=[NOTICE],
    recipients=answerer_of,
    when=lambda defect: open_now(defect) and defect.status != "closed",
)
def notice(defect: QualityDefect) -> Contents:
    inspected = defect.source == DefectSource.INSPECTION
    return loop.RectificationNotice(
        **place_of(defect),
        title="工程质量缺陷整改通知书",
        head="",
        inspected_on=defect.found_on if inspected else defect.verified_on,
        inspection="监督检查" if inspected else "质量缺陷核查",
        inspectors=[defect.reported_by.name] if inspected and defect.reported_by_id else [],
        findings=[finding_of(defect)],
        demands=[
            "整改完成后，请将处理情况连同检测资料、整改前后照片书面回复，经监理单位核实、建设单位确认。"
        ],
        deadline=defect.deadline,
    )


@document("defect-reply", model=DEFECT, paper="rectification_reply", signature=Signature.PARTY, when=open_now)
def reply(defect: QualityDefect) -> Contents:
    sent = issued_paper(defect, "defect-notice", "defect-listing", "defect-stop")
    return loop.RectificationReply(
        **place_of(defect),
        title="工程质量缺陷整改回复",
        to=sent.contents.get("office", "") if sent else "",
        notice_number=sent.number if sent else "",
        notice_on=sent.issued_on if sent else "",
        outcomes=[
            loop.Outcome(
                what=defect.description,
                measure=defect.measures,
                result="已完成" if defect.rectified_on else "整改中",
                done_on=defect.rectified_on,
                person=defect.responsible_person,
            )
        ],
        responsibility=defect.responsible_person,
        measures=defect.measures,
        time=defect.deadline,
    )


@document(
    "defect-recheck",
    model=DEFECT,
    paper="recheck_opinion",
    signature=Signature.STAFF,
    pools=[RECHECK],
    recipients=answerer_of,
    when=lambda defect: defect.status in ("authority_check", "closed") or defect.failed > 0,
)
def recheck(defect: QualityDefect) -> Contents:
    sent = issued_paper(defect, "defect-notice")
    closed = defect.closed_on is not None
    return loop.RecheckOpinion(
        **place_of(defect),
        head="",
        notice_number=sent.number if sent else "",
        rechecked_on=defect.closed_on or timezone.localdate(),
        items=[loop.Rechecked(what=defect.description, passed="合格" if closed else "")],
        conclusion="质量缺陷已整改到位，同意销号。" if closed else "",
    )


@document(
    "defect-stop",
    model=DEFECT,
    paper="stop_notice",
    signature=Signature.STAFF,
    pools=[STOP],
    recipients=addressees,
    when=lambda defect: defect.is_suspended,
)
def stop(defect: QualityDefect) -> Contents:
    return loop.StopNotice(
        **place_of(defect),
        head="",
        inspected_on=defect.found_on,
        scope=defect.suspension_scope or where(defect),
        reason=defect.description.rstrip("。"),
        basis="",
        from_on=defect.suspended_on or timezone.localdate(),
        demands=[
            "立即停止上述范围内的施工，不得覆盖、隐蔽缺陷部位或进行下道工序。",
            "整改完成并经监理、建设单位验收合格后，书面提出复工申请；未经同意不得擅自复工。",
        ],
    )


@document(
    "defect-resume",
    model=DEFECT,
    paper="resume_notice",
    signature=Signature.STAFF,
    pools=[STOP],
    recipients=addressees,
    when=lambda defect: defect.resumed_on is not None,
)
def resume(defect: QualityDefect) -> Contents:
    sent = issued_paper(defect, "defect-stop")
    return loop.ResumeNotice(
        **place_of(defect),
        head="",
        stop_number=sent.number if sent else "",
        applied_on=defect.resume_applied_on,
        checked_on=defect.resumed_on,
        scope=defect.suspension_scope,
        conclusion="停工整改要求已落实，具备复工条件",
        from_on=defect.resumed_on,
    )


def note_listing_number(defect: QualityDefect, made: Document, actor: Actor) -> None:
    """The notice's number is the listing's, unless a higher authority's was entered by hand."""
    if not defect.listing_number:
        fresh = QualityDefect.objects.get(pk=defect.pk)
        records.update(fresh, {"listing_number": made.number}, actor, label="登记督办文号")


@document(
    "defect-listing",
    model=DEFECT,
    paper="listing_notice",
    signature=Signature.LEADER,
    pools=[LISTING],
    recipients=addressees,
    when=lambda defect: defect.is_listed,
    issued=note_listing_number,
)
def listing(defect: QualityDefect) -> Contents:
    def named(role: Role) -> str:
        if not defect.section_id:
            return ""
        return join(row.organization.name for row in defect.parties(role).select_related("organization"))

    return forms.ListingNotice(
        **place_of(defect),
        title=f"关于对{short(defect)}严重质量缺陷实施挂牌督办的通知",
        owner=defect.project.owner or "",
        contractor=named(Role.CONTRACTOR),
        supervisor=named(Role.SUPERVISOR),
        source=defect.get_source_display(),
        category=defect.category,
        place=where(defect),
        what=defect.description,
        clauses=[defect.clause] if defect.clause else [],
        demands=[defect.measures]
        if defect.measures
        else ["查明原因，编制处理方案并经审查后实施，处理完成后逐级验收并申请解除挂牌督办。"],
        plan_days=str(defect.listing_plan_days()),
        deadline=defect.deadline,
        lifting="整改完成并经监理单位、建设单位验收后，由挂牌督办单位现场复查，合格的予以解除。",
    )


@document(
    "defect-lifted",
    model=DEFECT,
    paper="listing_lifted",
    signature=Signature.LEADER,
    pools=[LISTING],
    recipients=addressees,
    when=lambda defect: defect.lifted_on is not None,
)
def lifted(defect: QualityDefect) -> Contents:
    return forms.ListingLifted(
        **place_of(defect),
        title=f"关于解除{short(defect)}严重质量缺陷挂牌督办的通知",
        listing_number=defect.listing_number,
        listed_on=defect.listed_on,
        place=where(defect),
        rechecked_on=defect.lift_visited_on,
        conclusion="缺陷已处理完毕，符合解除挂牌督办条件",
        demands=["请建设单位组织各参建单位举一反三，防止同类缺陷重复发生。"],
    )


# Which act beside the loop drafts which paper, by the date that it sets.
DRAFTED_BY = {
    "listed_on": "defect-listing",
    "lifted_on": "defect-lifted",
    "suspended_on": "defect-stop",
    "resumed_on": "defect-resume",
}


def follow(defect: QualityDefect, changes: dict, actor: Actor) -> None:
    """Draft the paper of an act that wants one, where whoever acted may draft it."""
    if actor.user is None:
        return
    for column, code in DRAFTED_BY.items():
        if changes.get(column, [None, None])[1] and actor.user.roles & registry.kind_of(code).drafters:
            services.draft(defect, code, actor)
