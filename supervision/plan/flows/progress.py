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
    reports.refill(report, actor)


def submitted(report: ShareReport, data: dict, actor) -> None:
    """What is handed in says what the ledgers say now, of the whole period where it is over."""
    reports.refill(report, actor)
    report.submitted_on = timezone.localdate()


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
            help="按期末（期间未结束的按今天）的台账重新带出数据；已人工更正的保留更正数和理由。",
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
            effect=submitted,
            due_field="report_by",
            help="报送时按期末（期间未结束的按今天）重新取数；已人工更正的保留更正数，其下台账数有变的会注明。",
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
