"""What becomes of a report by the public."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.files import File

from supervision.flows import records
from supervision.flows.flow import Flow, State, Transition
from supervision.papers import services as papers
from supervision.people.models import Role

from ..models import HiddenDanger, PublicReport, Source

AUTHORITY = frozenset({Role.BUREAU_STAFF, Role.COUNTY_STAFF, Role.INSPECTOR})


def open_danger(report: PublicReport, data: dict, actor) -> None:
    """A hidden danger on the project it is about; the reporter's telephone number stays here."""
    if report.section_id and report.section.project_id != report.project_id:
        raise ValidationError({"section": "所选标段不属于该项目。"})
    report.danger = records.create(
        HiddenDanger(
            project=report.project,
            section=report.section,
            part=report.part,
            stakes=report.stakes,
            description=report.description,
            source=Source.PUBLIC,
        ),
        actor,
        reason=f"举报 {report.code}",
    )
    for photo in papers.of(report).valid():
        if path := papers.file_of(photo):
            with path.open("rb") as content:
                papers.attach(report.danger, File(content, name=photo.name), "隐患照片", actor)
    report.answer = report.answer or "已受理并转为隐患核查。"


def dismiss(report: PublicReport, data: dict, actor) -> None:
    report.answer = report.answer or "经核实不属实或不属本部门职责。"


PublicReport.flow = Flow(
    initial="received",
    states={
        "received": State("待受理", "blue"),
        "accepted": State("已立为隐患", "green", final=True),
        "dismissed": State("不予受理", "gray", final=True),
    },
    transitions=[
        Transition(
            "accept",
            "立为隐患",
            ("received",),
            "accepted",
            AUTHORITY,
            fields=("project", "part"),
            optional=("section", "stakes", "answer"),
            effect=open_danger,
        ),
        Transition(
            "dismiss",
            "不予受理",
            ("received",),
            "dismissed",
            AUTHORITY,
            optional=("answer",),
            opinion="required",
            opinion_label="理由",
            effect=dismiss,
            duty=False,
            style="secondary",
        ),
        Transition(
            "reward",
            "登记奖励",
            ("accepted",),
            None,
            frozenset({Role.BUREAU_STAFF, Role.COUNTY_STAFF}),
            fields=("reward",),
            duty=False,
        ),
    ],
)
