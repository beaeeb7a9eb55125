"""How micro-innovations, key tasks and summaries travel: from the owners, judged by the bureau."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Q, Sum
from django.utils import timezone

from supervision.flows.flow import Flow, Overlay, State, Transition
from supervision.people.models import AUTHORITY_ROLES, Role

from ..models import Innovation, KeyTask, WorkSummary
from ..models.innovation import DRAFT, PUBLISHED, REJECTED, RESULTS, REVIEWING, SUBMITTED
from ..works.prefill import publish
from .roles import OWNER, dated

BUREAU = frozenset({Role.BUREAU_STAFF})
CENT = Decimal("0.01")


def mean(record: Innovation) -> Decimal | None:
    """The mean of the experts' totals to two places; None without any. Those recused do not count."""
    total = record.counted_scores().aggregate(sum=Sum("total"))["sum"]
    number = record.counted_scores().count()
    return (total / number).quantize(CENT, ROUND_HALF_UP) if number else None


def enough_experts(record: Innovation) -> list[str]:
    least, number = record.rules.content["least_experts"], record.counted_scores().count()
    return [] if number >= least else [f"评分专家不足 {least} 人，现有 {number} 人（回避的不计）。"]


def good_enough(record: Innovation) -> list[str]:
    if missing := enough_experts(record):
        return missing
    score, least = mean(record), Decimal(record.rules.content["pass"])
    return [] if score >= least else [f"平均得分 {score}，未达到 {least} 分。"]


def decide(record: Innovation, data: dict, actor) -> None:
    record.score = mean(record)
    record.decided_on = timezone.localdate()


def publish_it(record: Innovation, data: dict, actor) -> None:
    decide(record, data, actor)
    record.published_on = timezone.localdate()
    publish(record, actor)


Innovation.flow = Flow(
    initial=DRAFT,
    states={
        DRAFT: State("草稿", "gray", editable=True),
        SUBMITTED: State("待受理", "blue"),
        REVIEWING: State("评审中", "yellow"),
        PUBLISHED: State("已发布", "green", final=True),
        REJECTED: State("未入选", "gray", final=True),
    },
    overlays=(Overlay("prize_on", "获奖", "orange"),),
    transitions=[
        Transition(
            "submit",
            "申报",
            (DRAFT,),
            SUBMITTED,
            OWNER,
            attachments=(RESULTS,),
            effect=dated("submitted_on"),
        ),
        Transition("accept", "受理，组织评审", (SUBMITTED,), REVIEWING, BUREAU),
        Transition(
            "return",
            "退回",
            (SUBMITTED,),
            DRAFT,
            BUREAU,
            opinion="required",
            returns=True,
            duty=False,
            style="warning",
        ),
        Transition(
            "publish",
            "评审通过并发布",
            (REVIEWING,),
            PUBLISHED,
            BUREAU,
            guard=good_enough,
            effect=publish_it,
            style="success",
        ),
        Transition(
            "reject",
            "评审未通过",
            (REVIEWING,),
            REJECTED,
            BUREAU,
            opinion="required",
            guard=enough_experts,
            effect=decide,
            duty=False,
        ),
        Transition(
            "record_prize",
            "登记获奖",
            (PUBLISHED, REJECTED),
            None,
            OWNER | BUREAU,
            fields=("prize", "prize_level", "prize_on"),
            attachments=("获奖证书",),
            when=Q(prize_on__isnull=True),
            duty=False,
        ),
    ],
)

KeyTask.flow = Flow(
    initial="planned",
    states={
        "planned": State("推进中", "blue", editable=True),
        "reported": State("待确认", "yellow"),
        "done": State("已完成", "green", final=True),
    },
    transitions=[
        Transition(
            "report",
            "报告完成",
            ("planned",),
            "reported",
            OWNER,
            fields=("done_on", "result"),
            attachments=("成果材料",),
        ),
        Transition("confirm", "确认完成", ("reported",), "done", AUTHORITY_ROLES, style="success"),
        Transition(
            "return",
            "退回",
            ("reported",),
            "planned",
            AUTHORITY_ROLES,
            opinion="required",
            returns=True,
            duty=False,
            style="warning",
        ),
    ],
)


def submit_summary(record: WorkSummary, data: dict, actor) -> None:
    record.fill_in()
    record.submitted_on = timezone.localdate()


WorkSummary.flow = Flow(
    initial="draft",
    states={
        "draft": State("起草", "gray", editable=True),
        "submitted": State("已报送", "yellow"),
        "received": State("已接收", "green", final=True),
    },
    transitions=[
        Transition(
            "submit",
            "报送",
            ("draft",),
            "submitted",
            OWNER,
            fields=("progress",),
            optional=("problems", "plans"),
            effect=submit_summary,
            help="报送时统计数按台账重新计算并定格。",
        ),
        Transition("receive", "接收", ("submitted",), "received", AUTHORITY_ROLES, style="success"),
        Transition(
            "return",
            "退回",
            ("submitted",),
            "draft",
            AUTHORITY_ROLES,
            opinion="required",
            returns=True,
            duty=False,
            style="warning",
        ),
    ],
)
