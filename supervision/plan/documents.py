"""The papers of tasks: 督办单, 督办函, 约谈通知, 约谈记录. Suffixes of numbers are 本系统设定."""

from __future__ import annotations

from supervision.papers.documents import services
from supervision.papers.documents.blueprints import listing as forms
from supervision.papers.documents.blueprints import talks
from supervision.papers.documents.contents import Contents
from supervision.papers.documents.models import Document
from supervision.papers.documents.registry import Signature, document, pool_form
from supervision.people.models import Organization

from .models import TaskInterview, TaskUrging, Urgency
from .shares.acting import is_lead

SLIP, LETTER, TALK = "plan-slip", "plan-letter", "plan-interview"
for code, label, suffix in (
    (SLIP, "任务督办单", "任督"),
    (LETTER, "任务督办函", "任督函"),
    (TALK, "任务约谈通知", "任约"),
):
    pool_form(code, label, suffix)

COLOURS = {
    Urgency.BLUE: ("蓝色", "临近期限"),
    Urgency.YELLOW: ("黄色", "进度滞后"),
    Urgency.RED: ("红色", "已经逾期"),
}


def unit_of_slip(slip: TaskUrging) -> list[Organization]:
    return [slip.share.unit]


def unit_of_talk(talk: TaskInterview) -> list[Organization]:
    return [talk.urging.share.unit]


def slip_paper(slip: TaskUrging) -> Document | None:
    found = services.of(slip).filter(code="task-slip").exclude(number="").exclude(status="void")
    return found.order_by("-pk").first()


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def last_report(slip: TaskUrging) -> str:
    """What the unit reported last, for the slip's 目前进展."""
    report = slip.share.reports.exclude(progress="").order_by("-last").first()
    return f"{report.period_label}：{report.progress}" if report else ""


@document(
    "task-slip",
    model="plan.taskurging",
    paper="supervision_slip",
    signature=Signature.STAFF,
    pools=[SLIP, LETTER],
    recipients=unit_of_slip,
    may=lambda record, user: is_lead(user, record.share),
    when=lambda slip: slip.status != "dropped",
)
def slip(record: TaskUrging) -> Contents:
    color, stage = COLOURS[record.colour]
    return forms.SupervisionSlip(
        title="重点任务督办单",
        color=color,
        stage=stage,
        matter=f"{record.share.task}：{record.reason}",
        deadline=record.original_on or "",
        new_deadline=record.answer_by or "",
        progress=last_report(record),
        demands=lines(record.demand),
    )


@document(
    "task-letter",
    model="plan.taskurging",
    paper="supervision_letter",
    signature=Signature.STAFF,
    recipients=unit_of_slip,
    may=lambda record, user: is_lead(user, record.share),
    number=lambda record: slip_paper(record).second_number,
    when=lambda record: record.status != "dropped" and slip_paper(record) is not None,
)
def letter(record: TaskUrging) -> Contents:
    made = slip_paper(record)
    return forms.SupervisionLetter(
        title=f"关于督促推进“{record.share.task.title}”任务的函",
        slip_number=made.number if made else "",
        matter=f"按照《{record.share.task.plan}》，你单位承担“{record.share.task}”任务。经核，{record.reason.rstrip('。')}",
        demands=lines(record.demand) or ["查明原因，明确责任人和完成时限，抓紧推进。"],
        deadline=record.answer_by or "",
    )


@document(
    "task-summons",
    model="plan.taskinterview",
    paper="interview_summons",
    signature=Signature.STAFF,
    pools=[TALK],
    recipients=unit_of_talk,
    may=lambda talk, user: is_lead(user, talk.urging.share),
    when=lambda talk: talk.status == "arranged",
)
def summons(talk: TaskInterview) -> Contents:
    # Time, place and host are for a person to say; until then it cannot be signed.
    share = talk.urging.share
    return talks.InterviewSummons(
        title=f"关于约谈{share.unit}的通知",
        reason=f"你单位承担的“{share.task}”任务推进不力，{talk.reason.rstrip('。')}",
        place=talk.place,
        host=talk.host,
        invited=[f"{share.unit}主要负责人"],
        materials=["任务推进情况和整改措施"],
    )


@document(
    "task-interview",
    model="plan.taskinterview",
    paper="interview_record",
    signature=Signature.STAFF,
    recipients=unit_of_talk,
    may=lambda talk, user: is_lead(user, talk.urging.share),
    when=lambda talk: talk.status in ("held", "closed"),
)
def interview(talk: TaskInterview) -> Contents:
    sent = services.of(talk).filter(code="task-summons").exclude(number="").order_by("-pk").first()
    return talks.InterviewRecord(
        summons_number=sent.number if sent else "",
        reason=talk.reason,
        at=talk.held_on,
        place=talk.place,
        host=talk.host,
        present=[name for name in talk.present.replace("，", "、").split("、") if name.strip()],
        recorder=talk.recorder,
        record=talk.minutes,
        commitments=lines(talk.commitments),
    )
