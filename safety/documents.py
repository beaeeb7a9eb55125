"""The papers of hidden dangers: what each says is taken from the record, and a person signs it.

Suffixes of numbers and the wording of demands are the portal's own (本系统设定); both may be changed by the bureau.
"""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone

from projects.papers import addressees as units_of
from projects.papers import issued_paper, place_of, short, where
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.papers.documents import registry, services
from supervision.papers.documents.blueprints import listing as forms
from supervision.papers.documents.blueprints import rectification as loop
from supervision.papers.documents.blueprints import talks
from supervision.papers.documents.contents import Contents, join
from supervision.papers.documents.models import Document
from supervision.papers.documents.registry import Signature, document, pool_form
from supervision.people.models import Organization, Role
from supervision.rules.numbers import date_cn

from . import links
from .models import HiddenDanger, Source
from .models.danger import DISMISSED, EXPERT, REPORTED
from .rules import DEADLINES, rule

DANGER, STEP = "safety.hiddendanger", "safety.supervisionstep"
NOTICE, RECHECK, STOP, LISTING = "safety-notice", "safety-recheck", "safety-stop", "safety-listing"
SLIP, LETTER, INTERVIEW, CIRCULAR = "safety-slip", "safety-letter", "safety-interview", "safety-circular"

for code, label, suffix in (
    (NOTICE, "隐患整改通知书", "安整"),
    (RECHECK, "隐患复查意见书", "安复"),
    (STOP, "停工、复工通知书", "安停"),
    (LISTING, "挂牌督办通知书", "安督"),
    (SLIP, "督办单", "督"),
    (LETTER, "督办函", "督函"),
    (INTERVIEW, "约谈通知", "安约"),
    (CIRCULAR, "通报", "安通"),
):
    pool_form(code, label, suffix)


# ------------------------------------------------------------------------------------------------ what they share


def answerer_of(danger: HiddenDanger) -> list[Organization]:
    return [danger.responsible_unit] if danger.responsible_unit_id else []


def addressed(danger: HiddenDanger) -> dict[str, str]:
    """A paper to the unit that answers, with copies to its supervisor and owner."""
    first, *others = units_of(danger) or [""]
    return {"to": str(first), "copies": join(map(str, others))}


def reply_address(danger: HiddenDanger) -> str:
    """The address printed as QR code: the site's reply page, or the record for those who sign in."""
    if danger.status not in links.WITH_UNIT or danger.is_major or not danger.responsible_unit_id:
        return ""
    return settings.PORTAL_PUBLIC_URL + links.reply_url(danger)


def issued_step_paper(danger: HiddenDanger, code: str) -> Document | None:
    steps = danger.steps.values("pk")
    found = Document.objects.filter(model=STEP, code=code, object_id__in=steps).exclude(number="")
    return found.exclude(status="void").order_by("-pk").first()


def open_now(danger: HiddenDanger) -> bool:
    return bool(danger.grade) and danger.status not in (REPORTED, EXPERT, DISMISSED)


def finding_of(danger: HiddenDanger) -> loop.Finding:
    return loop.Finding(
        place=where(danger),
        what=danger.description,
        clause=danger.clause,
        grade=danger.get_grade_display(),
        demand=danger.measures or "立即整改，消除隐患，并对同类部位举一反三。",
        deadline=date_cn(danger.deadline),
    )


# ---------------------------------------------------------------------------------------------- the loop's papers


@document(
    "danger-notice",
    model=DANGER,
    paper="rectification_notice",
    signature=Signature.STAFF,
    pools=[NOTICE],
    recipients=answerer_of,
    when=lambda danger: open_now(danger) and danger.status != "closed",
)
def notice(danger: HiddenDanger) -> Contents:
    inspected = danger.source == Source.INSPECTION
    return loop.RectificationNotice(
        **place_of(danger),
        title="安全生产事故隐患整改通知书",
        head="",
        inspected_on=danger.found_on if inspected else danger.verified_on,
        inspection="监督检查" if inspected else "隐患核查",
        inspectors=[danger.reported_by.name] if inspected and danger.reported_by_id else [],
        findings=[finding_of(danger)],
        demands=["整改完成后，请将整改情况连同整改前后照片书面回复，经监理单位核实、建设单位确认。"],
        deadline=danger.deadline,
        reply_url=reply_address(danger),
    )


@document(
    "danger-reply",
    model=DANGER,
    paper="rectification_reply",
    signature=Signature.PARTY,
    when=open_now,
)
def reply(danger: HiddenDanger) -> Contents:
    sent = issued_paper(danger, "danger-notice", "danger-listing", "danger-stop")
    return loop.RectificationReply(
        **place_of(danger),
        title="安全生产事故隐患整改回复",
        to=sent.contents.get("office", "") if sent else "",
        notice_number=sent.number if sent else "",
        notice_on=sent.issued_on if sent else "",
        outcomes=[
            loop.Outcome(
                what=danger.description,
                measure=danger.measures or danger.reply,
                result="已完成" if danger.rectified_on else "整改中",
                done_on=danger.rectified_on,
                person=danger.responsible_person,
            )
        ],
        responsibility=danger.responsible_person,
        measures=danger.measures,
        funds="" if danger.funds is None else f"投入整改资金{danger.funds.normalize():f}万元",
        time=danger.deadline,
        plan=danger.contingency,
    )


@document(
    "danger-recheck",
    model=DANGER,
    paper="recheck_opinion",
    signature=Signature.STAFF,
    pools=[RECHECK],
    recipients=answerer_of,
    when=lambda danger: danger.status in ("authority_check", "closed") or danger.failed > 0,
)
def recheck(danger: HiddenDanger) -> Contents:
    sent = issued_paper(danger, "danger-notice")
    closed = danger.closed_on is not None
    return loop.RecheckOpinion(
        **place_of(danger),
        head="",
        notice_number=sent.number if sent else "",
        rechecked_on=danger.closed_on or timezone.localdate(),
        items=[loop.Rechecked(what=danger.description, passed="合格" if closed else "")],
        conclusion="隐患已整改到位，同意销号。" if closed else "",
    )


@document(
    "danger-stop",
    model=DANGER,
    paper="stop_notice",
    signature=Signature.STAFF,
    pools=[STOP],
    recipients=units_of,
    when=lambda danger: danger.is_suspended,
)
def stop(danger: HiddenDanger) -> Contents:
    return loop.StopNotice(
        **place_of(danger),
        head="",
        inspected_on=danger.found_on,
        scope=danger.suspension_scope or where(danger),
        reason=danger.description.rstrip("。"),
        basis="",
        from_on=danger.suspended_on or timezone.localdate(),
        demands=[
            "立即停止上述范围内的施工作业，撤出危险区域内作业人员，设置警戒并安排专人值守。",
            "整改完成并经监理、建设单位验收合格后，书面提出复工申请；未经同意不得擅自复工。",
        ],
    )


@document(
    "danger-resume",
    model=DANGER,
    paper="resume_notice",
    signature=Signature.STAFF,
    pools=[STOP],
    recipients=units_of,
    when=lambda danger: danger.resumed_on is not None,
)
def resume(danger: HiddenDanger) -> Contents:
    sent = issued_paper(danger, "danger-stop") or issued_step_paper(danger, "step-stop")
    return loop.ResumeNotice(
        **place_of(danger),
        head="",
        stop_number=sent.number if sent else "",
        applied_on=danger.resume_applied_on,
        checked_on=danger.resumed_on,
        scope=danger.suspension_scope,
        conclusion="停工整改要求已落实，具备复工条件",
        from_on=danger.resumed_on,
    )


def listing_contents(danger: HiddenDanger) -> Contents:
    def named(role: Role) -> str:
        if not danger.section_id:
            return ""
        return join(row.organization.name for row in danger.parties(role).select_related("organization"))

    return forms.ListingNotice(
        **place_of(danger),
        title=f"关于对{short(danger)}重大事故隐患实施挂牌督办的通知",
        owner=danger.project.owner or "",
        contractor=named(Role.CONTRACTOR),
        supervisor=named(Role.SUPERVISOR),
        source=danger.get_listing_source_display() or danger.get_source_display(),
        category=danger.category,
        place=where(danger),
        what=danger.description,
        clauses=[danger.clause] if danger.clause else [],
        demands=[danger.measures]
        if danger.measures
        else [
            "落实整改责任、措施、资金、时限和应急预案，隐患消除前采取可靠的安全防范措施。",
            "建设单位组织、监理单位督促、施工单位治理，完成后逐级验收并申请解除挂牌督办。",
        ],
        plan_days=str(rule(DEADLINES).content["listing_plan_days"]),
        deadline=danger.deadline,
        lifting="整改完成并经施工单位自验、监理单位复核、建设单位验收后，由挂牌督办单位现场复查，合格的予以解除。",
    )


def note_listing_number(danger: HiddenDanger, made: Document, actor: Actor) -> None:
    """The notice's number is the listing's, unless a higher authority's was entered by hand."""
    if not danger.listing_number:
        fresh = HiddenDanger.objects.get(pk=danger.pk)
        records.update(fresh, {"listing_number": made.number}, actor, label="登记督办文号")


document(
    "danger-listing",
    model=DANGER,
    paper="listing_notice",
    signature=Signature.LEADER,
    pools=[LISTING],
    recipients=units_of,
    when=lambda danger: danger.is_listed,
    issued=note_listing_number,
)(listing_contents)


@document(
    "danger-lifted",
    model=DANGER,
    paper="listing_lifted",
    signature=Signature.LEADER,
    pools=[LISTING],
    recipients=units_of,
    when=lambda danger: danger.lifted_on is not None,
)
def lifted(danger: HiddenDanger) -> Contents:
    return forms.ListingLifted(
        **place_of(danger),
        title=f"关于解除{short(danger)}重大事故隐患挂牌督办的通知",
        listing_number=danger.listing_number,
        listed_on=danger.listed_on,
        place=where(danger),
        rechecked_on=danger.lift_visited_on,
        conclusion="隐患已消除，符合解除挂牌督办条件",
        demands=["请建设单位组织各参建单位举一反三，防止同类隐患重复发生。"],
    )


def circular_of(danger: HiddenDanger, decision: str = "") -> Contents:
    found = finding_of(danger)
    return talks.Circular(
        title=f"关于{short(danger)}事故隐患整改情况的通报",
        opening=f"{date_cn(danger.found_on)}，检查发现{short(danger)}存在事故隐患，要求于{date_cn(danger.deadline)}"
        "前完成整改。现将有关情况通报如下：",
        findings=[found],
        decisions=[decision] if decision else [],
        demands=["各单位要举一反三，对同类部位开展自查自纠，确保整改闭环。"],
    )


document(
    "danger-circular",
    model=DANGER,
    paper="circular",
    signature=Signature.LEADER,
    pools=[CIRCULAR],
    recipients=units_of,
    when=open_now,
)(circular_of)


# Which act beside the loop drafts which paper, by the date that it sets.
DRAFTED_BY = {
    "listed_on": "danger-listing",
    "lifted_on": "danger-lifted",
    "suspended_on": "danger-stop",
    "resumed_on": "danger-resume",
}


def follow(danger: HiddenDanger, changes: dict, actor: Actor) -> None:
    """Draft the paper of an act that wants one, where whoever acted may draft it and the ladder has not."""
    if actor.user is None:
        return
    for column, code in DRAFTED_BY.items():
        kind = registry.kind_of(code)
        if not changes.get(column, [None, None])[1] or not actor.user.roles & kind.drafters:
            continue
        if sent_by_the_ladder(danger, column):
            continue
        services.draft(danger, code, actor)


def sent_by_the_ladder(danger: HiddenDanger, column: str) -> bool:
    """Whether a listing or suspension came about by the ladder, whose own paper was issued with it."""
    code = {"listed_on": "step-listing", "suspended_on": "step-stop"}.get(column)
    made = issued_step_paper(danger, code) if code else None
    return made is not None and made.issued_on == timezone.localdate()
