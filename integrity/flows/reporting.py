"""How a report about conduct travels: received, accepted, finished, told. Every step is the discipline role's."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from supervision.flows.flow import Flow, State, Transition
from supervision.rules.calendar import add_workdays

from ..models import ConductReport
from ..models.reporting import READERS

UPHELD = Q(finding__in=("true", "partly"))


def accept(report: ConductReport, data: dict, actor) -> None:
    report.accepted_on = timezone.localdate()
    report.finish_by = report.accepted_on + timedelta(days=report.rules.content["finish_days"])


def may_extend(report: ConductReport) -> list[str]:
    most = report.rules.content["most_extensions"]
    return [f"最多延期{most}次。"] if report.extensions >= most else []


def extend(report: ConductReport, data: dict, actor) -> None:
    report.extensions += 1
    report.finish_by += timedelta(days=report.rules.content["extension_days"])


def finish(report: ConductReport, data: dict, actor) -> None:
    report.finished_on = timezone.localdate()
    report.inform_by = add_workdays(report.finished_on, report.rules.content["inform_workdays"])


def inform(report: ConductReport, data: dict, actor) -> None:
    report.informed_on = timezone.localdate()


ConductReport.flow = Flow(
    initial="received",
    states={
        "received": State("待受理", "blue"),
        "accepted": State("核查中", "yellow"),
        "finished": State("待告知", "orange"),
        "informed": State("已告知", "green", final=True),
        "refused": State("不予受理", "gray", final=True),
        "handed": State("已移送", "gray", final=True),
    },
    transitions=[
        Transition(
            "accept",
            "受理",
            ("received",),
            "accepted",
            READERS,
            fields=("category",),
            effect=accept,
            deadline=lambda report: (
                timezone.localdate() + timedelta(days=report.rules.content["finish_days"])
            ),
        ),
        Transition(
            "refuse",
            "不予受理",
            ("received",),
            "refused",
            READERS,
            fields=("answer",),
            opinion="required",
            opinion_label="理由",
            effect=inform,
            duty=False,
            style="secondary",
        ),
        Transition(
            "hand_over",
            "移送",
            ("received", "accepted"),
            "handed",
            READERS,
            fields=("handed_to", "answer"),
            opinion="required",
            opinion_label="移送理由",
            effect=inform,
            duty=False,
            style="secondary",
            help="移送在平台外办理；移送材料不附举报人信息，除非受理单位依法调取。",
        ),
        Transition(
            "extend",
            "延长办结期限",
            ("accepted",),
            None,
            READERS,
            opinion="required",
            opinion_label="延期理由",
            guard=may_extend,
            effect=extend,
            deadline=lambda report: report.finish_by + timedelta(days=report.rules.content["extension_days"]),
            duty=False,
            style="secondary",
        ),
        Transition(
            "finish",
            "办结",
            ("accepted",),
            "finished",
            READERS,
            fields=("finding", "result"),
            opinion="no",
            effect=finish,
            deadline=lambda report: add_workdays(
                timezone.localdate(), report.rules.content["inform_workdays"]
            ),
        ),
        Transition(
            "inform",
            "告知举报人",
            ("finished",),
            "informed",
            READERS,
            fields=("answer",),
            opinion="no",
            effect=inform,
            style="success",
            help="答复由举报人凭受理码查看，不写被反映人以外的个人信息。",
        ),
        Transition(
            "reward",
            "登记奖励",
            ("finished", "informed"),
            None,
            READERS,
            fields=("reward", "rewarded_on"),
            opinion="no",
            when=UPHELD & Q(rewarded_on__isnull=True),
            deadline=lambda report: report.inform_by if report.status == "finished" else None,
            duty=False,
        ),
    ],
)
