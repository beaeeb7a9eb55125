"""How a drafted supervision measure is signed and received, and how a sister section answers."""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from supervision.flows import perform, records
from supervision.flows.flow import Flow, State, Transition
from supervision.flows.oversight import ListingLevel
from supervision.people.models import AUTHORITY_ROLES, Role
from supervision.rules.calendar import add_workdays

from .. import step_documents
from ..models import HiddenDanger, SisterCheck, Source, SupervisionStep
from ..models.danger import ListingSource
from ..models.ladder import Rung
from ..rules import DEADLINES, rule

SIGNERS = {role: Q(signer_role=role.value) for role in AUTHORITY_ROLES}
UNITS = frozenset({Role.CONTRACTOR, Role.OWNER, Role.ENTERPRISE})


def sign(step: SupervisionStep, data: dict, actor) -> None:
    """What a signature brings about: a listing lists, a suspension suspends, in the signer's name."""
    if step.signed_on is None:
        step.signed_on = timezone.localdate()
    step.number = step_documents.sign_step(step, actor).number
    danger = HiddenDanger.objects.get(pk=step.danger_id)
    reason = step.demand or step.reason
    if step.rung == Rung.LISTING and not danger.is_listed:
        county = step.signer_role == Role.COUNTY_STAFF
        perform.perform(
            danger,
            "list",
            actor,
            {
                "listing_source": ListingSource.OTHER,
                "listing_level": ListingLevel.COUNTY if county else ListingLevel.CITY,
                "listing_number": step.number,
                "opinion": reason,
            },
        )
    elif step.rung == Rung.SUSPENSION and not danger.is_suspended:
        perform.perform(danger, "suspend", actor, {"suspension_scope": danger.part, "opinion": reason})


def receive(step: SupervisionStep, data: dict, actor) -> None:
    step.received_on = timezone.localdate()
    step_documents.acknowledge_step(step, actor)


def drop(step: SupervisionStep, data: dict, actor) -> None:
    step_documents.drop_draft(step, actor, data["opinion"])


SupervisionStep.flow = Flow(
    initial="drafted",
    states={
        "drafted": State("待签发", "yellow"),
        "signed": State("已签发", "blue"),
        "received": State("已签收", "green", final=True),
        "dropped": State("不予签发", "gray", final=True),
    },
    transitions=[
        Transition(
            "sign",
            "签发",
            ("drafted",),
            "signed",
            AUTHORITY_ROLES,
            optional=("approved_by", "demand"),
            opinion="no",
            role_when=SIGNERS,
            guard=step_documents.lacking,
            effect=sign,
            help="签发后文书取得文号并送达责任单位；签发挂牌督办、停工整改的，同时在隐患上办理挂牌、停工。",
        ),
        Transition(
            "drop",
            "不予签发",
            ("drafted",),
            "dropped",
            AUTHORITY_ROLES,
            opinion="required",
            opinion_label="理由",
            role_when=SIGNERS,
            effect=drop,
            duty=False,
            style="secondary",
        ),
        Transition("receive", "签收", ("signed",), "received", UNITS, effect=receive, opinion="no"),
    ],
)


def none_found(check: SisterCheck, data: dict, actor) -> None:
    if check.checked_on is None:
        check.checked_on = timezone.localdate()


def found_one(check: SisterCheck, data: dict, actor) -> None:
    """The sister section has it too: a danger of its own, found by self-check."""
    none_found(check, data, actor)
    origin = check.danger
    check.found = records.create(
        HiddenDanger(
            project_id=check.section.project_id,
            section=check.section,
            part=origin.part,
            category=origin.category,
            clause=origin.clause,
            description=data["opinion"],
            source=Source.SELF_CHECK,
            found_on=check.checked_on,
        ),
        actor,
        reason=f"举一反三自查（{origin.number}）",
    )


SisterCheck.flow = Flow(
    initial="asked",
    states={
        "asked": State("待自查", "yellow"),
        "clean": State("未发现同类隐患", "green", final=True),
        "found": State("查出同类隐患", "red", final=True),
    },
    transitions=[
        Transition(
            "none_found",
            "自查无同类隐患",
            ("asked",),
            "clean",
            frozenset({Role.CONTRACTOR}),
            optional=("checked_on",),
            opinion="required",
            opinion_label="自查情况",
            effect=none_found,
            deadline=lambda check: add_workdays(timezone.localdate(), rule(DEADLINES).content["sister"]),
        ),
        Transition(
            "found_one",
            "查出同类隐患",
            ("asked",),
            "found",
            frozenset({Role.CONTRACTOR}),
            optional=("checked_on",),
            opinion="required",
            opinion_label="隐患描述",
            effect=found_one,
            duty=False,
            style="warning",
            help="提交后自动登记为本标段自查隐患。",
        ),
    ],
)
