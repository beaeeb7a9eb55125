"""How a round goes: the contractor measures and submits, the supervisor judges; the verdict is computed."""

from __future__ import annotations

from django.utils import timezone

from supervision.flows.flow import Flow, State, Transition
from supervision.people.models import Role

from ..division import judging, templates
from ..models.division import DROPPED
from ..models.evaluation import JUDGED, MEASURING, SUBMITTED, Appearance, Documents, Evaluation

BUILDERS, JUDGES = frozenset({Role.CONTRACTOR}), frozenset({Role.SUPERVISOR})


def measured(record: Evaluation) -> list[str]:
    """What an item's round lacks before it can be judged."""
    found = []
    if record.division.status == DROPPED:
        found.append("该分部分项已取消。")
    if not record.division.is_item:
        return found
    rows = list(record.measurements.values_list("name", "points"))
    if not rows:
        return [*found, "还没有实测项目。"]
    return found + [f"“{name}”还没有实测值。" for name, points in rows if not points]


def judge(record: Evaluation, data: dict, actor) -> None:
    rules = templates.judging_rule(record.division.works)
    verdict = judging.judge(
        [
            judging.Measured(*row)
            for row in record.measurements.values_list("name", "is_key", "points", "good", "beyond")
        ],
        content=rules.content,
        works=record.division.works,
        appearance_good=record.appearance == Appearance.GOOD,
        documents_complete=record.documents == Documents.COMPLETE,
    )
    record.result = verdict.result
    record.reasons = list(verdict.reasons)
    record.points, record.good = verdict.points, verdict.good
    record.judging_rule = rules
    record.judged_on = timezone.localdate()


Evaluation.flow = Flow(
    initial=MEASURING,
    states={
        MEASURING: State("检查中", "blue", editable=True),
        SUBMITTED: State("待评定", "yellow"),
        JUDGED: State("已评定", "green", final=True),
    },
    transitions=[
        Transition(
            "submit",
            "自检完成，提交评定",
            (MEASURING,),
            SUBMITTED,
            BUILDERS,
            opinion_label="自检结论",
            guard=measured,
        ),
        Transition(
            "send_back",
            "退回重测",
            (SUBMITTED,),
            MEASURING,
            JUDGES,
            opinion="required",
            returns=True,
            duty=False,
            style="warning",
        ),
        Transition(
            "judge",
            "评定",
            (SUBMITTED,),
            JUDGED,
            JUDGES,
            fields=("appearance", "documents"),
            opinion_label="评定意见",
            not_by=("submit",),
            guard=measured,
            effect=judge,
            style="success",
            help="结果按实测数据和现行标准计算，不能直接选定；不合格的经返工处理后另作一轮评定，本轮保留。",
        ),
    ],
)
