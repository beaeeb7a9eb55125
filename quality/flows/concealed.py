"""How a concealed work travels: 通知 → 影像 → 验收 → 隐蔽; covered unseen it is opened or tested and accepted."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from supervision.flows.flow import Flow, Overlay, State, Transition

from ..models import ConcealedWork
from ..models import concealed as m
from .roles import AUTHORITY, CONTRACTOR, OWNER, SUPERVISOR, dated


def in_time(record: ConcealedWork) -> list[str]:
    """The notice goes out so many hours before covering as the rule set says."""
    hours = record.rules.content["notice_hours"]
    if record.planned_at - timezone.now() >= timedelta(hours=hours):
        return []
    return [f"须在拟隐蔽时间 {hours} 小时前通知，请调整拟隐蔽时间。"]


def settle_unseen(record: ConcealedWork, data: dict, actor) -> None:
    record.accepted_on = timezone.localdate()
    record.covered_on = record.unseen_on


ConcealedWork.flow = Flow(
    initial=m.PLANNED,
    states={
        m.PLANNED: State("待通知", "blue", editable=True),
        m.NOTIFIED: State("待验收", "yellow"),
        m.ACCEPTED: State("验收合格，待隐蔽", "green"),
        m.COVERED_UNSEEN: State("未验收已隐蔽", "red"),
        m.COVERED: State("已隐蔽", "green", final=True),
    },
    overlays=(Overlay("unseen_on", "曾未经验收隐蔽", "red"),),
    transitions=[
        Transition(
            "notify",
            "通知监理、建设单位和主管部门",
            (m.PLANNED,),
            m.NOTIFIED,
            CONTRACTOR,
            guard=in_time,
            effect=dated("notified_on"),
            deadline=lambda record: timezone.localdate(record.planned_at),
            tells=SUPERVISOR | OWNER | AUTHORITY,
        ),
        Transition(
            "accept",
            "隐蔽验收合格",
            (m.NOTIFIED,),
            m.ACCEPTED,
            SUPERVISOR,
            attachments=(m.ACCEPTANCE,),
            guard=ConcealedWork.missing_images,
            effect=dated("accepted_on"),
            not_by=("notify",),
            style="success",
        ),
        Transition(
            "refuse",
            "验收不合格，退回",
            (m.NOTIFIED,),
            m.PLANNED,
            SUPERVISOR,
            opinion="required",
            returns=True,
            duty=False,
            style="warning",
            help="整改后重新通知；已上传的影像保留。",
        ),
        Transition(
            "cover",
            "登记隐蔽",
            (m.ACCEPTED,),
            m.COVERED,
            CONTRACTOR,
            effect=dated("covered_on"),
        ),
        Transition(
            "find_unseen",
            "发现未经验收隐蔽",
            (m.PLANNED, m.NOTIFIED),
            m.COVERED_UNSEEN,
            SUPERVISOR | OWNER | AUTHORITY,
            opinion="required",
            opinion_label="情况与处理要求",
            effect=dated("unseen_on"),
            duty=False,
            tells=OWNER | AUTHORITY,
            style="danger",
        ),
        Transition(
            "accept_opened",
            "剥离或检测后验收合格",
            (m.COVERED_UNSEEN,),
            m.COVERED,
            SUPERVISOR,
            opinion="required",
            opinion_label="检查结论",
            attachments=(m.OPENED,),
            effect=settle_unseen,
            style="success",
            help="影像覆盖率按未留影像计，除非双方影像齐全。",
        ),
    ],
)
