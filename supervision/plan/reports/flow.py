"""How a report travels: 草稿 → 已核校 → 已签发. Whoever checked it does not sign it."""

from __future__ import annotations

from django.utils import timezone

from supervision.flows.flow import Flow, State, Transition
from supervision.people.models import Role

from ..models.report import CHECKED, DRAFT, ISSUED, VOID, Report
from . import checking

STAFF = frozenset({Role.BUREAU_STAFF})
LEADER = frozenset({Role.BUREAU_LEADER})


def obstacles(report: Report) -> list[str]:
    """What still stands in the way, in sentences."""
    found = checking.of_span(report.last, report.as_of, timezone.localdate())
    if report.made_at is None or not report.word:
        return [*found, "尚未取数生成文稿。"]
    return [*found, *report.findings]


def issue(report: Report, data: dict, actor) -> None:
    report.issued_on = timezone.localdate()
    report.seal = report.figures_seal()


Report.flow = Flow(
    initial=DRAFT,
    states={
        DRAFT: State("草稿", "gray", editable=True),
        CHECKED: State("待签发", "blue"),
        ISSUED: State("已签发", "green", final=True),
        VOID: State("已作废", "gray", final=True),
    },
    transitions=[
        Transition(
            "check",
            "核校通过",
            (DRAFT,),
            CHECKED,
            STAFF,
            guard=obstacles,
            help="合计、比例、人工填报和修改稿都已核对无误的，方可送签。",
        ),
        Transition(
            "issue",
            "签发",
            (CHECKED,),
            ISSUED,
            LEADER,
            not_by=("check",),
            guard=obstacles,
            effect=issue,
            help="签发后数字及其清单定格，不再变动；以后的更正另成一份，并列出差异。",
        ),
        Transition(
            "return",
            "退回",
            (CHECKED,),
            DRAFT,
            STAFF | LEADER,
            opinion="required",
            returns=True,
            duty=False,
            style="warning",
        ),
        Transition(
            "void",
            "作废",
            (DRAFT,),
            VOID,
            STAFF,
            opinion="required",
            opinion_label="作废原因",
            duty=False,
            style="danger",
        ),
    ],
)
