"""How samples, tests and the questions about their figures travel."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from supervision.flows import records
from supervision.flows.flow import Flow, State, Transition
from supervision.people.models import Role

from ..models import DataQuestion, Sample, Test
from ..models.testing import RECEIVED, REFUSED, TAKEN, VALID, VOID, WITNESSED
from ..rules import SIGNS
from .roles import AUTHORITY, within

WITNESSES = frozenset({Role.SUPERVISOR, Role.OWNER})
LABORATORY = frozenset({Role.LABORATORY})
READY = Q(needs_witness=False) | Q(witnessed_on__isnull=False)
OPEN, EXPLAINED, ANSWERED = "open", "explained", "answered"


def witness(record: Sample, data: dict, actor) -> None:
    """Whoever filed the sample is not its witness, and no more is the person who took it."""
    filed = records.events_of(record).order_by("seq").first()
    if filed is not None and actor.user is not None and filed.actor_id == actor.user.pk:
        raise ValidationError("登记取样的人不能见证。")
    if record.witness == record.sampler:
        raise ValidationError({"witness": "见证人不能是取样人。"})
    record.witnessed_on = timezone.localdate()


def receive(record: Sample, data: dict, actor) -> None:
    record.received_on = timezone.localdate()


Sample.flow = Flow(
    initial=TAKEN,
    states={
        TAKEN: State("待见证（送检）", "blue", editable=True),
        WITNESSED: State("已见证", "cyan"),
        RECEIVED: State("已收样", "green"),
        REFUSED: State("退样", "gray", final=True),
    },
    transitions=[
        Transition(
            "witness",
            "见证",
            (TAKEN,),
            WITNESSED,
            WITNESSES,
            fields=("witness",),
            when=Q(needs_witness=True),
            effect=witness,
            help="见证取样、封样和送检的人签认。",
        ),
        Transition("receive", "收样", (TAKEN, WITNESSED), RECEIVED, LABORATORY, when=READY, effect=receive),
        Transition(
            "refuse",
            "退样",
            (TAKEN, WITNESSED),
            REFUSED,
            LABORATORY,
            opinion="required",
            opinion_label="退样原因",
            duty=False,
            style="warning",
        ),
    ],
)


def void(record: Test, data: dict, actor) -> None:
    record.voided_on = timezone.localdate()


def without_retest(record: Test) -> list[str]:
    """A result on which a retest rests stands while the retest does."""
    found = Test.objects.filter(retest_of=record, status=VALID).first()
    return [f"已有复检{found.number}，请先作废复检。"] if found else []


Test.flow = Flow(
    initial=VALID,
    states={VALID: State("有效", "green"), VOID: State("作废", "gray", final=True)},
    transitions=[
        Transition(
            "void",
            "作废",
            (VALID,),
            VOID,
            AUTHORITY,
            opinion="required",
            opinion_label="作废原因",
            guard=without_retest,
            effect=void,
            duty=False,
            style="danger",
            help="只用于登记有误；原记录保留并标明作废。",
        ),
    ],
)


def answer(record: DataQuestion, data: dict, actor) -> None:
    record.answered_on = timezone.localdate()


REVIEWERS = AUTHORITY | {Role.OWNER}
DataQuestion.flow = Flow(
    initial=OPEN,
    states={
        OPEN: State("待说明", "blue"),
        EXPLAINED: State("待核查", "yellow"),
        ANSWERED: State("已核查", "green", final=True),
    },
    transitions=[
        Transition(
            "explain",
            "试验室说明",
            (OPEN,),
            EXPLAINED,
            LABORATORY,
            fields=("explanation",),
            opinion="no",
            deadline=within(SIGNS, "check"),
        ),
        Transition(
            "answer",
            "填写核查意见",
            (OPEN, EXPLAINED),
            ANSWERED,
            REVIEWERS,
            fields=("conclusion",),
            opinion="required",
            opinion_label="核查情况",
            effect=answer,
            help="疑点只是提示，不是结论；结论由核查人作出。",
        ),
        Transition(
            "ask_again",
            "重新核查",
            (ANSWERED,),
            OPEN,
            REVIEWERS,
            opinion="required",
            opinion_label="原因",
            deadline=within(SIGNS, "explain"),
            duty=False,
            style="secondary",
        ),
    ],
)
