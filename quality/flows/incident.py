"""How a quality incident travels: 待报告 → 已报告 → 调查处理 → 结案.

The moment of the report is the portal's own.
"""

from __future__ import annotations

from django.utils import timezone

from supervision.flows.flow import Flow, Overlay, State, Transition
from supervision.flows.oversight import beside
from supervision.people.models import Role

from ..models import QualityIncident
from ..models.incident import CONCLUDED, DISMISSED, INVESTIGATING, REPORTED, UNREPORTED
from ..rules import INCIDENTS
from .roles import AUTHORITY, within

REPORTERS = frozenset({Role.CONTRACTOR, Role.OWNER, Role.SUPERVISOR})
HARM = ("loss", "deaths", "injuries")


def report(record: QualityIncident, data: dict, actor) -> None:
    record.reported_at = timezone.now()
    record.is_late = record.reported_at > record.report_by


def conclude(record: QualityIncident, data: dict, actor) -> None:
    record.concluded_on = timezone.localdate()


QualityIncident.flow = Flow(
    initial=UNREPORTED,
    states={
        UNREPORTED: State("待报告", "red", editable=True),
        REPORTED: State("已报告", "orange"),
        INVESTIGATING: State("调查处理", "yellow"),
        CONCLUDED: State("已结案", "green", final=True),
        DISMISSED: State("不属质量事故", "gray", final=True),
    },
    overlays=(Overlay("is_late", "迟报", "red"), Overlay("clock_ran_out", "超时未报", "red")),
    transitions=[
        Transition(
            "report",
            "报告事故",
            (UNREPORTED,),
            REPORTED,
            REPORTERS,
            fields=("measures",),
            optional=HARM,
            opinion_label="报告说明",
            effect=report,
            deadline=within(INCIDENTS, "verify"),
            tells=AUTHORITY,
            style="danger",
            help="报告时间以办理本步的时间为准，不能填写；发生后24小时内报告。",
        ),
        Transition(
            "investigate",
            "核实并调查",
            (REPORTED,),
            INVESTIGATING,
            AUTHORITY,
            optional=HARM,
            opinion="required",
            opinion_label="核实情况",
        ),
        Transition(
            "dismiss",
            "不属质量事故",
            (UNREPORTED, REPORTED, INVESTIGATING),
            DISMISSED,
            AUTHORITY,
            opinion="required",
            opinion_label="核实情况",
            duty=False,
            style="warning",
        ),
        Transition(
            "conclude",
            "结案",
            (INVESTIGATING,),
            CONCLUDED,
            AUTHORITY,
            fields=("cause", "settlement"),
            optional=HARM,
            attachments=("调查报告",),
            effect=conclude,
            style="success",
        ),
        beside(
            "continue_report",
            "续报",
            REPORTERS,
            (REPORTED, INVESTIGATING),
            optional=("measures", *HARM),
            opinion="required",
            opinion_label="新的情况",
            duty=False,
            tells=AUTHORITY,
        ),
        beside(
            "correct_time",
            "更正发生时间",
            AUTHORITY,
            (UNREPORTED, REPORTED, INVESTIGATING),
            fields=("happened_at",),
            opinion="required",
            opinion_label="更正依据",
            duty=False,
            help="原时间留在历史中；更正后迟报的予以标记，已标记的不取消。",
        ),
    ],
)
