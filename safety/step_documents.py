"""The papers of the ladder: each rung drafts one, and a person signs it."""

from __future__ import annotations

from django.utils import timezone

from projects.papers import addressees as units_of
from projects.papers import place_of, short, where
from supervision.flows import perform
from supervision.flows.history import Actor
from supervision.papers.documents import issuing, services
from supervision.papers.documents.blueprints import listing as forms
from supervision.papers.documents.blueprints import talks
from supervision.papers.documents.contents import Contents
from supervision.papers.documents.flow import DRAFT
from supervision.papers.documents.models import Document
from supervision.papers.documents.registry import Signature, document
from supervision.people.models import Membership, Organization, OrganizationKind, Role
from supervision.rules.calendar import add_workdays

from .documents import (
    CIRCULAR,
    INTERVIEW,
    LETTER,
    LISTING,
    SLIP,
    STEP,
    STOP,
    addressed,
    circular_of,
    papers,
    reply_address,
)
from .models import SupervisionStep
from .models.ladder import Rung

COLOURS = {Rung.BLUE: ("蓝色", "临近期限"), Rung.YELLOW: ("黄色", "整改滞后"), Rung.RED: ("红色", "整改逾期")}
SLIPS = frozenset(COLOURS)


def step_units(step: SupervisionStep) -> list[Organization]:
    return units_of(step.danger)


def new_deadline(step: SupervisionStep):
    """By when a chased unit answers: the deadline itself while it has not passed, else a few working days."""
    again = add_workdays(timezone.localdate(), step.danger.days("redo"))
    return max(step.deadline, again)


def receive_step(step: SupervisionStep, made: Document, actor: Actor) -> None:
    """Every unit signed for the paper: the step is received, if the last of them may say so."""
    fresh = SupervisionStep.objects.get(pk=step.pk)
    if fresh.status != "signed" or actor.user is None:
        return
    if any(one.name == "receive" for one in perform.open_to([fresh], actor.user)[fresh.pk]):
        perform.perform(fresh, "receive", actor)


def of_rung(*rungs: str):
    return lambda step: step.rung in rungs and step.status != "dropped"


@document(
    "step-slip",
    model=STEP,
    paper="supervision_slip",
    signature=Signature.STAFF,
    pools=[SLIP, LETTER],
    recipients=step_units,
    when=of_rung(*SLIPS),
    acknowledged=receive_step,
)
def slip(step: SupervisionStep) -> Contents:
    danger = step.danger
    color, stage = COLOURS[step.rung]
    return forms.SupervisionSlip(
        **place_of(danger),
        title="事故隐患整改督办单",
        subject="" if danger.project.is_works else danger.project.noun,
        color=color,
        stage=stage,
        matter=f"{where(danger)}：{danger.description}",
        deadline=step.deadline,
        new_deadline=new_deadline(step),
        progress=step.reason,
        demands=[step.demand] if step.demand else [],
        **addressed(danger),
    )


@document(
    "step-letter",
    model=STEP,
    paper="supervision_letter",
    signature=Signature.STAFF,
    recipients=step_units,
    # The slip takes both numbers; the letter that goes with it bears the second.
    number=lambda step: slip_of(step).second_number,
    when=lambda step: step.rung in SLIPS and slip_of(step) is not None,
)
def letter(step: SupervisionStep) -> Contents:
    danger, made = step.danger, slip_of(step)
    return forms.SupervisionLetter(
        title=f"关于督促落实{short(danger)}事故隐患整改的函",
        slip_number=made.number if made else "",
        matter=f"经查，你单位{short(danger)}存在事故隐患，{step.reason.rstrip('。')}",
        demands=[step.demand or "主要负责人到场督导，抓紧完成整改。", "整改期间落实安全防范措施，确保安全。"],
        deadline=new_deadline(step),
        reply_url=reply_address(danger),
        **addressed(danger),
    )


def slip_of(step: SupervisionStep) -> Document | None:
    found = services.of(step).filter(code="step-slip").exclude(number="").exclude(status="void")
    return found.order_by("-pk").first()


document(
    "step-listing",
    model=STEP,
    paper="listing_notice",
    signature=Signature.STAFF,
    pools=[LISTING],
    recipients=step_units,
    when=of_rung(Rung.LISTING),
    acknowledged=receive_step,
)(lambda step: papers.listing(step.danger))


@document(
    "step-summons",
    model=STEP,
    paper="interview_summons",
    signature=Signature.STAFF,
    pools=[INTERVIEW],
    recipients=step_units,
    when=of_rung(Rung.INTERVIEW),
    acknowledged=receive_step,
)
def summons(step: SupervisionStep) -> Contents:
    danger = step.danger
    # Time, place and host are for a person to say; until then it cannot be signed.
    return talks.InterviewSummons(
        title=f"关于约谈{short(danger)}{'参建' if danger.project.is_works else '责任'}单位的通知",
        reason=f"{short(danger)}存在事故隐患，{step.reason.rstrip('。')}，安全生产主体责任落实不到位",
        invited=[unit.name for unit in units_of(danger)],
        materials=["隐患整改情况报告"],
    )


@document(
    "step-record",
    model=STEP,
    paper="interview_record",
    signature=Signature.STAFF,
    recipients=step_units,
    when=lambda step: step.rung == Rung.INTERVIEW and step.status in ("signed", "received"),
)
def interview_record(step: SupervisionStep) -> Contents:
    sent = services.of(step).filter(code="step-summons").exclude(number="").order_by("-pk").first()
    told = sent.contents if sent else {}
    return talks.InterviewRecord(
        summons_number=sent.number if sent else "",
        reason=told.get("reason", step.reason),
        at=told.get("at", ""),
        place=told.get("place", ""),
        host=told.get("host", ""),
    )


@document(
    "step-stop",
    model=STEP,
    paper="stop_notice",
    signature=Signature.STAFF,
    pools=[STOP],
    recipients=step_units,
    when=of_rung(Rung.SUSPENSION),
    acknowledged=receive_step,
)
def step_stop(step: SupervisionStep) -> Contents:
    return papers.stop(step.danger)


@document(
    "step-circular",
    model=STEP,
    paper="circular",
    signature=Signature.STAFF,
    pools=[CIRCULAR],
    recipients=step_units,
    when=of_rung(Rung.CREDIT),
    acknowledged=receive_step,
)
def step_circular(step: SupervisionStep) -> Contents:
    return circular_of(step.danger, "对责任单位予以通报批评，建议按规定计入信用评价。")


PAPER_OF = {
    **dict.fromkeys(SLIPS, "step-slip"),
    Rung.LISTING: "step-listing",
    Rung.INTERVIEW: "step-summons",
    Rung.SUSPENSION: "step-stop",
    Rung.CREDIT: "step-circular",
}


def office_for(step: SupervisionStep) -> Organization | None:
    """The office in whose name the portal drafts: where somebody can sign in the step's role, for a county's the
    one of the project's district."""
    held = Membership.objects.current().filter(role=step.signer_role, user__is_active=True)
    if step.signer_role == Role.COUNTY_STAFF:
        held = held.filter(organization__district=step.danger.project.district_id)
    row = held.select_related("organization__parent").order_by("organization__path", "pk").first()
    if row is None:
        return None
    office = row.organization
    return office.parent if office.kind == OrganizationKind.OFFICE and office.parent_id else office


def draft_for(step: SupervisionStep, actor: Actor) -> Document | None:
    """The portal's draft of a step's paper; None while nobody holds the role that signs it."""
    office = office_for(step)
    return services.draft(step, PAPER_OF[step.rung], actor, organization=office) if office else None


def draft_of(step: SupervisionStep) -> Document | None:
    """The paper that waits with a drafted step."""
    drafts = services.of(step).filter(code=PAPER_OF[step.rung], status=DRAFT)
    return drafts.order_by("-pk").first()


def lacking(step: SupervisionStep) -> list[str]:
    """What the step's paper still lacks, as Chinese sentences."""
    made = draft_of(step)
    return [f"{made.kind_label}{text}" for text in issuing.missing_for_issue(made)] if made else []


def sign_step(step: SupervisionStep, actor: Actor) -> Document:
    """Issue the step's paper in the signer's name and send it to its units. Raises what `services.issue` raises."""
    drafts = services.of(step).filter(code=PAPER_OF[step.rung], status=DRAFT)
    made = drafts.visible_to(actor.user).order_by("-pk").first()
    made = made or services.draft(step, PAPER_OF[step.rung], actor)
    if step.demand and "demands" in made.contents and step.demand not in made.contents["demands"]:
        made = services.revise(made, {"demands": [*made.contents["demands"], step.demand]}, actor)
    made = services.issue(made, actor, approved_by=step.approved_by)
    if made.deliveries.exists():
        made = services.deliver(made, [], actor)
    return made


def drop_draft(step: SupervisionStep, actor: Actor, reason: str) -> None:
    """The paper of a step that is let go is void."""
    for made in services.of(step).filter(status=DRAFT).visible_to(actor.user):
        services.void(made, actor, reason)


def acknowledge_step(step: SupervisionStep, actor: Actor) -> None:
    """Sign for the step's papers on behalf of the person's unit, where that has not been done yet."""
    for made in services.of(step).filter(status="delivered").visible_to(actor.user):
        if services.deliveries_to(made, actor.user).filter(received_at__isnull=True).exists():
            services.acknowledge(made, actor)
