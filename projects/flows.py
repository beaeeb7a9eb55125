"""How a candidacy travels, from 拟申报 to 命名."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from supervision.flows import perform
from supervision.flows.flow import Flow, Overlay, State, Transition
from supervision.people.models import Role

from .assessments.counting import missing_pass
from .models import Candidacy
from .models.candidacy import Stage
from .steps import step_end

BUREAU = frozenset({Role.BUREAU_STAFF})
UNITS = frozenset({Role.OWNER, Role.CONTRACTOR})

STEPS = "candidacy-steps"


def missing_materials(record: Candidacy) -> list[str]:
    """The scheme's materials that are not attached yet, said at once rather than at screening."""
    needed = record.materials()
    if not needed:
        return []
    present = perform.count_attachments(record) if perform.count_attachments else {}
    return [f"缺少材料：{name}" for name in needed if not present.get(name)]


def may_declare(record: Candidacy) -> list[str]:
    missing = missing_materials(record)
    if not record.scheme.is_active:
        missing.append("该申报方案已停用。")
    elif not record.scheme.window_open(timezone.localdate()):
        missing.append(f"不在申报窗口内（{record.scheme.window_from} 至 {record.scheme.window_to}）。")
    return missing


# A contractor acts for its own section; what stands for a whole project is the owner's to declare.
CONTRACTOR_OWN = {Role.CONTRACTOR: Q(section__isnull=False)}
LISTING = Q(stage=Stage.LISTING)
CREATION = Q(stage=Stage.CREATION)


def today_for(field: str):
    """An effect: the act's date is today unless the person gave another."""

    def effect(record: Candidacy, data: dict, actor) -> None:
        if getattr(record, field) is None:
            setattr(record, field, timezone.localdate())

    return effect


def decide_listing(listed: bool):
    def effect(record: Candidacy, data: dict, actor) -> None:
        record.listed = listed
        today_for("listing_decided_on")(record, data, actor)

    return effect


def apply_review(record: Candidacy, data: dict, actor) -> None:
    today_for("review_applied_on")(record, data, actor)
    if record.review_year is None:
        record.review_year = record.year if record.stage != Stage.LISTING else record.review_applied_on.year


def publish(record: Candidacy, data: dict, actor) -> None:
    today_for("publicity_from")(record, data, actor)
    if record.publicity_until is None:
        record.publicity_until = step_end(STEPS, "publicity", record.publicity_from)


def decide_name(named: bool):
    def effect(record: Candidacy, data: dict, actor) -> None:
        record.named = named
        today_for("decided_on")(record, data, actor)
        if not named:
            record.grade = ""

    return effect


def may_name(record: Candidacy) -> list[str]:
    missing = missing_pass(record)
    if record.objection_open:
        missing.append("公示期间的异议尚未处理。")
    if record.publicity_until and record.publicity_until >= timezone.localdate():
        missing.append(f"公示至{record.publicity_until}，期满后方可命名。")
    return missing


def set_objection(value: bool):
    def effect(record: Candidacy, data: dict, actor) -> None:
        record.objection_open = value

    return effect


def screening_due(record: Candidacy):
    return step_end(STEPS, "screening")


def supplement_due(record: Candidacy):
    return step_end(STEPS, "supplement")


def publicity_due(record: Candidacy):
    return record.publicity_until + timedelta(days=1) if record.publicity_until else None


candidacy_flow = Flow(
    initial="planned",
    states={
        "planned": State("拟申报", "gray", editable=True),
        "declared": State("已申报", "blue"),
        "screening": State("初审", "blue"),
        "supplement": State("补正", "yellow", editable=True),
        "listed": State("挂牌", "cyan"),
        "not_listed": State("未挂牌", "red", final=True),
        "creating": State("创建中", "cyan"),
        "review_applied": State("申请核查", "blue"),
        "document_review": State("资料审查", "blue"),
        "site_review": State("现场核查", "blue"),
        "judging": State("评审", "purple"),
        "publicity": State("公示", "purple"),
        "named": State("命名", "green", final=True),
        "rejected": State("未通过", "red", final=True),
        "withdrawn": State("已撤回", "gray", final=True),
    },
    overlays=(Overlay("objection_open", "异议处理中", "orange"),),
    transitions=[
        Transition(
            "declare",
            "申报",
            ("planned",),
            "declared",
            UNITS,
            optional=("declared_on",),
            when=~Q(stage=Stage.REVIEW),
            role_when=CONTRACTOR_OWN,
            guard=may_declare,
            effect=today_for("declared_on"),
            deadline=screening_due,
            help="申报材料齐全后提交；申报日期不填为当天。",
        ),
        Transition("accept", "受理初审", ("declared",), "screening", BUREAU, deadline=screening_due),
        Transition(
            "request_supplement",
            "要求补正",
            ("screening",),
            "supplement",
            BUREAU,
            opinion="required",
            opinion_label="须补正的内容",
            deadline=supplement_due,
            returns=True,
            duty=False,
            style="warning",
        ),
        Transition(
            "supplement",
            "提交补正",
            ("supplement",),
            "declared",
            UNITS,
            role_when=CONTRACTOR_OWN,
            guard=missing_materials,
            deadline=screening_due,
        ),
        Transition(
            "list",
            "挂牌",
            ("screening",),
            "listed",
            BUREAU,
            optional=("listing_decided_on",),
            when=LISTING,
            effect=decide_listing(True),
            style="success",
        ),
        Transition(
            "not_list",
            "不予挂牌",
            ("screening",),
            "not_listed",
            BUREAU,
            optional=("listing_decided_on",),
            opinion="required",
            when=LISTING,
            effect=decide_listing(False),
            duty=False,
            style="danger",
        ),
        Transition(
            "pass_screening",
            "初审通过",
            ("screening",),
            "creating",
            BUREAU,
            when=CREATION,
            style="success",
        ),
        Transition("start", "启动创建", ("listed",), "creating", UNITS, role_when=CONTRACTOR_OWN),
        Transition(
            "apply_review",
            "申请核查",
            ("planned", "creating"),
            "review_applied",
            UNITS,
            optional=("review_applied_on",),
            when=~Q(status="planned") | Q(stage=Stage.REVIEW),
            role_when=CONTRACTOR_OWN,
            guard=missing_materials,
            effect=apply_review,
            deadline=screening_due,
        ),
        Transition("review_documents", "资料审查", ("review_applied",), "document_review", BUREAU),
        Transition(
            "return_review",
            "退回补充资料",
            ("document_review",),
            "creating",
            BUREAU,
            opinion="required",
            returns=True,
            duty=False,
            style="warning",
        ),
        Transition("review_site", "现场核查", ("document_review",), "site_review", BUREAU),
        Transition("judge", "提交评审", ("site_review",), "judging", BUREAU),
        Transition(
            "publish",
            "公示",
            ("judging",),
            "publicity",
            BUREAU,
            optional=("publicity_from", "publicity_until"),
            effect=publish,
            deadline=publicity_due,
            help="公示结束日期不填的，按“创建申报各步办理期限”中的公示工作日计算（本系统设定）。",
        ),
        Transition(
            "object",
            "登记异议",
            ("publicity",),
            None,
            frozenset({Role.BUREAU_STAFF, Role.DISCIPLINE}),
            opinion="required",
            opinion_label="异议内容",
            when=Q(objection_open=False),
            effect=set_objection(True),
            deadline=publicity_due,
            duty=False,
            style="warning",
        ),
        Transition(
            "resolve_objection",
            "异议处理完毕",
            ("publicity",),
            None,
            BUREAU,
            opinion="required",
            opinion_label="处理结论",
            when=Q(objection_open=True),
            effect=set_objection(False),
            deadline=publicity_due,
        ),
        Transition(
            "name",
            "命名",
            ("publicity",),
            "named",
            BUREAU,
            optional=("decided_on", "grade"),
            guard=may_name,
            effect=decide_name(True),
            style="success",
        ),
        Transition(
            "reject",
            "不予通过",
            ("screening", "document_review", "site_review", "judging", "publicity"),
            "rejected",
            BUREAU,
            optional=("decided_on",),
            opinion="required",
            when=~Q(status="screening") | CREATION,
            effect=decide_name(False),
            duty=False,
            style="danger",
        ),
        Transition(
            "withdraw",
            "撤回",
            (
                "planned",
                "declared",
                "screening",
                "supplement",
                "listed",
                "creating",
                "review_applied",
                "document_review",
                "site_review",
                "judging",
                "publicity",
            ),
            "withdrawn",
            UNITS | BUREAU,
            optional=("withdrawn_on",),
            opinion="required",
            opinion_label="撤回理由",
            role_when=CONTRACTOR_OWN,
            effect=today_for("withdrawn_on"),
            duty=False,
            style="danger",
        ),
    ],
)
Candidacy.flow = candidacy_flow
