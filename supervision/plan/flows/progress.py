"""How a unit's report travels: filled, submitted, read or sent back by the leading office."""

from __future__ import annotations

from django.utils import timezone

from supervision.flows.flow import Flow, State, Transition

from ..models import ShareReport
from ..models.progress import DRAFT, READ, SUBMITTED
from ..shares import reports
from .roles import LEADS, UNITS
from .share import clear, stamp


def refilled(report: ShareReport, data: dict, actor) -> None:
    report.as_of = timezone.localdate()
    reports.refill(report, actor)


ShareReport.flow = Flow(
    initial=DRAFT,
    states={
        DRAFT: State("待报送", "blue"),
        SUBMITTED: State("待审阅", "yellow"),
        READ: State("已审阅", "green", final=True),
    },
    transitions=[
        Transition(
            "write",
            "保存草稿",
            (DRAFT,),
            None,
            UNITS,
            own="share__unit",
            optional=("progress", "problems", "next_steps"),
            opinion="no",
            duty=False,
        ),
        Transition(
            "refill",
            "重新取数",
            (DRAFT,),
            None,
            UNITS,
            own="share__unit",
            opinion="no",
            effect=refilled,
            duty=False,
            help="按今天的台账重新带出数据；已人工更正的保留更正数和理由。",
        ),
        Transition(
            "submit",
            "报送",
            (DRAFT,),
            SUBMITTED,
            UNITS,
            own="share__unit",
            fields=("progress",),
            optional=("problems", "next_steps"),
            opinion="no",
            effect=stamp("submitted_on"),
            due_field="report_by",
        ),
        Transition(
            "read",
            "审阅",
            (SUBMITTED,),
            READ,
            LEADS,
            own="share__lead",
            not_by=("submit",),
            effect=stamp("read_on"),
            style="success",
        ),
        Transition(
            "send_back",
            "退回",
            (SUBMITTED,),
            DRAFT,
            LEADS,
            own="share__lead",
            opinion="required",
            effect=clear("submitted_on"),
            returns=True,
            duty=False,
            style="warning",
        ),
    ],
)
