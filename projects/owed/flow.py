"""How an owed document travels: handed in by its unit, checked by the owner or the authority, or sent back."""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from supervision.flows.flow import Flow, State, Transition
from supervision.people.models import AUTHORITY_ROLES, PARTY_ROLES, Role

from ..models.owed import ACCEPTED, HANDED, OWED, WAIVED, Checker, Goals, OwedDocument

CHECKERS = AUTHORITY_ROLES | {Role.OWNER}
BY_CHECKER = {
    Role.OWNER: Q(checker=Checker.OWNER),
    Role.COUNTY_STAFF: Q(checker=Checker.AUTHORITY),
    Role.CENTRE_STAFF: Q(checker=Checker.AUTHORITY),
}


def hand_in(document: OwedDocument, data: dict, actor) -> None:
    document.handed_on = timezone.localdate()


def accept(document: OwedDocument, data: dict, actor) -> None:
    document.accepted_on = timezone.localdate()


def waive(document: OwedDocument, data: dict, actor) -> None:
    document.waived_on = timezone.localdate()


def send_back(document: OwedDocument, data: dict, actor) -> None:
    document.handed_on = None


def without_goals(document: OwedDocument) -> list[str]:
    named = document.goals == Goals.ALL
    return [] if named else ["三个工程目标没有全部载明，请退回补充。"]


OwedDocument.flow = Flow(
    initial=OWED,
    states={
        OWED: State("待提交", "blue"),
        HANDED: State("待核查", "yellow"),
        ACCEPTED: State("已核查", "green", final=True),
        WAIVED: State("免交", "gray", final=True),
    },
    transitions=[
        Transition(
            "hand_in",
            "提交",
            (OWED,),
            HANDED,
            AUTHORITY_ROLES | PARTY_ROLES,
            own="unit",
            fields=("title", "goals"),
            attachments=("文件",),
            opinion="no",
            effect=hand_in,
            due_field="due_by",
            help="先上传文件，再填名称和是否载明平安、精品、廉洁三个工程目标。",
        ),
        Transition(
            "accept",
            "核查通过",
            (HANDED,),
            ACCEPTED,
            CHECKERS,
            role_when=BY_CHECKER,
            not_by=("hand_in",),
            guard=without_goals,
            effect=accept,
            style="success",
        ),
        Transition(
            "send_back",
            "退回",
            (HANDED,),
            OWED,
            CHECKERS,
            role_when=BY_CHECKER,
            opinion="required",
            effect=send_back,
            returns=True,
            duty=False,
            style="warning",
        ),
        Transition(
            "waive",
            "免交",
            (OWED,),
            WAIVED,
            frozenset({Role.BUREAU_STAFF}),
            opinion="required",
            opinion_label="免交理由",
            effect=waive,
            duty=False,
            style="warning",
        ),
    ],
)
