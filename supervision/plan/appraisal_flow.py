"""How schemes, sheets and objections of the yearly appraisal travel."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from django.utils import timezone

from supervision.flows.flow import Flow, State, Transition
from supervision.people.models import Role
from supervision.rules.calendar import add_workdays

from .models import Appraisal, AppraisalObjection, AppraisalScheme
from .models.appraisal import FULL, Applies

BUREAU = frozenset({Role.BUREAU_STAFF})
LEADER = frozenset({Role.BUREAU_LEADER})
APPRAISED_ROLES = frozenset({Role.COUNTY_STAFF, Role.CENTRE_STAFF})


def whole(scheme: AppraisalScheme) -> list[str]:
    """What keeps a scheme from being put in force: each kind of unit must be asked for a hundred marks."""
    items = list(scheme.items.all())
    if not items:
        return ["方案还没有评价内容。"]
    said = []
    for applies in (Applies.COUNTY, Applies.CENTRE):
        marks = sum(
            (
                Fraction(item.marks)
                for item in items
                if item.scored and item.applies in (Applies.ALL, applies)
            ),
            Fraction(0),
        )
        if marks != FULL:
            said.append(f"{applies.label}的分值合计为{float(marks):g}分，应为100分。")
    others = AppraisalScheme._base_manager.filter(year=scheme.year, status="in_force").exclude(pk=scheme.pk)
    if other := others.first():
        said.append(f"{scheme.year}年已有启用的方案“{other}”，请先停用。")
    return said


def all_fixed(scheme: AppraisalScheme) -> list[str]:
    rows = Appraisal._base_manager.filter(scheme=scheme)
    if not rows.exists():
        return ["还没有考核评价结果。"]
    open_ = rows.exclude(status="fixed").count()
    return [f"还有{open_}个单位的结果没有确定。"] if open_ else []


def publish(scheme: AppraisalScheme, data: dict, actor) -> None:
    scheme.published_on = timezone.localdate()


AppraisalScheme.flow = Flow(
    initial="draft",
    states={
        "draft": State("编制中", "gray", editable=True),
        "in_force": State("已启用", "blue"),
        "published": State("结果已公布", "green", final=True),
        "ended": State("已停用", "gray", final=True),
    },
    transitions=[
        Transition(
            "adopt", "启用", ("draft",), "in_force", BUREAU, guard=whole, help="启用后评价内容不再改。"
        ),
        Transition(
            "publish",
            "公布结果",
            ("in_force",),
            "published",
            LEADER,
            guard=all_fixed,
            effect=publish,
            tells=APPRAISED_ROLES,
        ),
        Transition(
            "end",
            "停用",
            ("in_force",),
            "ended",
            BUREAU,
            opinion="required",
            opinion_label="停用理由",
            duty=False,
            style="warning",
        ),
    ],
)


def objections_until(appraisal: Appraisal) -> date:
    return add_workdays(timezone.localdate(), appraisal.scheme.objection_days)


def send(appraisal: Appraisal, data: dict, actor) -> None:
    appraisal.sent_on = timezone.localdate()


def recall(appraisal: Appraisal, data: dict, actor) -> None:
    appraisal.sent_on = None


def computed(appraisal: Appraisal) -> list[str]:
    return [] if appraisal.sheet.get("lines") else ["还没有测算，请先在方案页测算。"]


def settled(appraisal: Appraisal) -> list[str]:
    """What keeps a result from being fixed."""
    open_ = AppraisalObjection._base_manager.filter(appraisal=appraisal, status="open").count()
    said = [f"还有{open_}条异议没有答复。"] if open_ else []
    if appraisal.status == "sent" and appraisal.due_on and timezone.localdate() <= appraisal.due_on:
        said.append(f"异议期限至{appraisal.due_on}，被考核单位也还没有确认。")
    return said


def no_objection_open(appraisal: Appraisal) -> list[str]:
    open_ = AppraisalObjection._base_manager.filter(appraisal=appraisal, status="open").exists()
    return ["提出的异议还没有答复。"] if open_ else []


def fix(appraisal: Appraisal, data: dict, actor) -> None:
    appraisal.fixed_on = timezone.localdate()


Appraisal.flow = Flow(
    initial="draft",
    states={
        "draft": State("测算稿", "gray"),
        "sent": State("征求意见", "yellow"),
        "agreed": State("单位无异议", "blue"),
        "fixed": State("结果已定", "green", final=True),
    },
    transitions=[
        Transition(
            "send",
            "征求意见",
            ("draft",),
            "sent",
            BUREAU,
            guard=computed,
            effect=send,
            tells=APPRAISED_ROLES,
            deadline=objections_until,
        ),
        Transition(
            "agree",
            "确认无异议",
            ("sent",),
            "agreed",
            APPRAISED_ROLES,
            own="organization",
            guard=no_objection_open,
            help="有异议的在“考核异议”中提出。",
        ),
        Transition(
            "recall",
            "收回重测",
            ("sent", "agreed"),
            "draft",
            BUREAU,
            opinion="required",
            opinion_label="收回理由",
            effect=recall,
            returns=True,
            duty=False,
            style="warning",
        ),
        Transition(
            "fix",
            "确定结果",
            ("sent", "agreed"),
            "fixed",
            BUREAU,
            guard=settled,
            effect=fix,
            help="异议期满或单位确认后定格，不再随台账变动。",
        ),
    ],
)


def answer(objection: AppraisalObjection, data: dict, actor) -> None:
    objection.answered_on = timezone.localdate()


AppraisalObjection.flow = Flow(
    initial="open",
    states={
        "open": State("待答复", "yellow"),
        "answered": State("已答复", "green", final=True),
        "withdrawn": State("已撤回", "gray", final=True),
    },
    transitions=[
        Transition(
            "answer",
            "答复",
            ("open",),
            "answered",
            BUREAU,
            fields=("answer", "outcome"),
            opinion="no",
            effect=answer,
        ),
        Transition(
            "withdraw",
            "撤回异议",
            ("open",),
            "withdrawn",
            APPRAISED_ROLES,
            own="appraisal__organization",
            duty=False,
            style="warning",
        ),
    ],
)
