"""How an assessment travels: 自评, 监理复核, 建设单位考核, 主管部门抽查; and what follows from a failure."""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from supervision.flows.flow import Flow, Overlay, State, Transition
from supervision.people.models import AUTHORITY_ROLES, Role

from .assessments.late_vetoes import overturn, still_vetoed
from .assessments.settling import decide, due, outcome, ready, rectify_due, submit
from .models import Assessment
from .models.assessment import Course
from .models.standard import MarkColumn, Subject

SELF, RECHECK, OWNER, BUREAU = (column.value for column in MarkColumn)
DONE, RECTIFY, VOID = "done", "rectify", "void"

JUDGED = frozenset({Role.CONTRACTOR, Role.SUPERVISOR, Role.OWNER})
REGULATORS = AUTHORITY_ROLES | {Role.INSPECTOR}
# Each unit fills its own sheet; what stands for the whole project is the owner's.
OWN_SHEET = {
    Role.CONTRACTOR: Q(subject=Subject.CONTRACTOR),
    Role.SUPERVISOR: Q(subject=Subject.SUPERVISOR),
    Role.OWNER: Q(subject__in=(Subject.OWNER, Subject.PROJECT)),
}
ALWAYS = Q()
DRAWN = Q(drawn_on__isnull=False, bureau_on__isnull=True)
AGAIN, FIRST = Q(failures__gte=1), Q(failures=0)
LATE_VETO = Q(passed=True, veto_found_on__isnull=False)
STOPPED = Q(stopped_on__isnull=False, resumed_on__isnull=True)
LAST_AT = {
    SELF: Q(course=Course.ALONE),
    RECHECK: Q(course=Course.RECHECK),
    OWNER: Q(course__in=(Course.FULL, Course.DIRECT)),
}
WHO = {
    SELF: JUDGED,
    RECHECK: frozenset({Role.SUPERVISOR}),
    OWNER: frozenset({Role.OWNER}),
    BUREAU: REGULATORS,
}


def today_in(field: str):
    def effect(record: Assessment, data: dict, actor) -> None:
        setattr(record, field, timezone.localdate())

    return effect


def handed_on(name: str, label: str, source: str, target: str, when: Q) -> Transition:
    """The submission of a column that decides nothing: on to the next column, or to the end."""
    return Transition(
        name,
        label,
        (source,),
        target,
        WHO[source],
        when=when,
        role_when=OWN_SHEET if source == SELF else {},
        guard=ready(source),
        effect=submit(source),
        deadline=due(target) if target != DONE else None,
    )


def decided(
    name: str, label: str, source: str, target: str, when: Q = ALWAYS, *, failed: bool = False
) -> Transition:
    """The submission of the owner's or the bureau's column, with its verdict."""
    return Transition(
        name,
        label,
        (source,),
        target,
        WHO[source],
        when=when,
        opinion="required" if failed else "optional",
        opinion_label="整改要求" if failed else "意见",
        guard=outcome(source, not failed),
        effect=decide(source, failed=failed),
        deadline=rectify_due if failed else due(target) if target != DONE else None,
        # A standstill is the regulator's matter as soon as it begins.
        tells=REGULATORS | {Role.BUREAU_LEADER} if failed and when == AGAIN else frozenset(),
        style="danger" if failed else "success",
        help="" if not failed else "第二次不合格的，该标段全部停工整改，并报主管部门。",
    )


def overturned(name: str, label: str, when: Q) -> Transition:
    """A ground proven after the sheet was settled as passed: the result kept so far is superseded by 不合格."""
    return Transition(
        name,
        label,
        (DONE,),
        RECTIFY,
        REGULATORS,
        when=LATE_VETO & when,
        opinion="required",
        opinion_label="改判理由和整改要求",
        guard=still_vetoed,
        effect=overturn,
        deadline=rectify_due,
        tells=REGULATORS | {Role.BUREAU_LEADER} if when == AGAIN else frozenset(),
        style="danger",
        help="结论作出后查实了否决情形。改判后得分不变、结论为不合格，原结果保留；整改后由建设单位复评。",
    )


def returned(name: str, source: str, target: str, when: Q = ALWAYS) -> Transition:
    return Transition(
        name,
        "退回",
        (source,),
        target,
        WHO[source],
        when=when,
        opinion="required",
        opinion_label="退回理由",
        deadline=due(target),
        returns=True,
        duty=False,
        style="warning",
    )


assessment_flow = Flow(
    initial=SELF,
    states={
        SELF: State("待自评", "gray", editable=True),
        RECHECK: State("已自评，待监理复核", "blue"),
        OWNER: State("待建设单位考核", "blue"),
        BUREAU: State("待主管部门抽查", "purple"),
        RECTIFY: State("整改中", "orange"),
        DONE: State("完成", "green", final=True),
        VOID: State("不需考核", "gray", final=True),
    },
    overlays=(
        Overlay("is_stopped", "停工整改", "red"),
        Overlay("has_late_veto", "结论后查实否决情形", "red"),
    ),
    transitions=[
        handed_on("submit_self", "提交自评", SELF, RECHECK, Q(course__in=(Course.RECHECK, Course.FULL))),
        handed_on("submit_self_owner", "提交自评", SELF, OWNER, Q(course=Course.DIRECT)),
        handed_on("submit_self_bureau", "提交自评", SELF, BUREAU, LAST_AT[SELF] & DRAWN),
        handed_on("submit_self_done", "提交自评", SELF, DONE, LAST_AT[SELF] & ~DRAWN),
        handed_on("submit_recheck", "提交复核", RECHECK, OWNER, Q(course=Course.FULL)),
        handed_on("submit_recheck_bureau", "提交复核", RECHECK, BUREAU, LAST_AT[RECHECK] & DRAWN),
        handed_on("submit_recheck_done", "提交复核", RECHECK, DONE, LAST_AT[RECHECK] & ~DRAWN),
        decided("pass_owner", "评定合格", OWNER, DONE, ~DRAWN),
        decided("pass_owner_bureau", "评定合格，送抽查", OWNER, BUREAU, DRAWN),
        decided("fail_owner", "不合格，要求整改", OWNER, RECTIFY, FIRST, failed=True),
        decided("fail_owner_again", "再次不合格，停工整改", OWNER, RECTIFY, AGAIN, failed=True),
        decided("pass_bureau", "抽查合格", BUREAU, DONE),
        decided("fail_bureau", "抽查不合格，要求整改", BUREAU, RECTIFY, FIRST, failed=True),
        decided("fail_bureau_again", "抽查再次不合格，停工整改", BUREAU, RECTIFY, AGAIN, failed=True),
        Transition(
            "rectified",
            "整改完成，申请复评",
            (RECTIFY,),
            OWNER,
            JUDGED,
            when=~Q(subject=Subject.OWNER),
            role_when=OWN_SHEET,
            opinion="required",
            opinion_label="整改情况",
            attachments=("整改报告",),
            deadline=due(OWNER),
            help="由建设单位在原表上复评，前次结果保留。",
        ),
        Transition(
            "rectified_owner",
            "整改完成，申请复查",
            (RECTIFY,),
            BUREAU,
            JUDGED,
            when=Q(subject=Subject.OWNER),
            role_when=OWN_SHEET,
            opinion="required",
            opinion_label="整改情况",
            attachments=("整改报告",),
            deadline=due(BUREAU),
        ),
        returned("return_self", RECHECK, SELF),
        returned("return_recheck", OWNER, RECHECK, Q(course=Course.FULL)),
        returned("return_self_owner", OWNER, SELF, Q(course=Course.DIRECT)),
        overturned("overturn_first", "按否决情形改判不合格", FIRST),
        overturned("overturn_again", "按否决情形改判，停工整改", AGAIN),
        Transition(
            "begin_spot",
            "开始抽查",
            (DONE,),
            BUREAU,
            REGULATORS,
            when=DRAWN,
            deadline=due(BUREAU),
        ),
        Transition(
            "add_spot",
            "列入抽查",
            (DONE,),
            BUREAU,
            REGULATORS,
            when=Q(drawn_on__isnull=True),
            opinion="required",
            opinion_label="抽查理由",
            effect=today_in("drawn_on"),
            deadline=due(BUREAU),
            duty=False,
        ),
        Transition(
            "confirm_stop",
            "核实停工",
            (RECTIFY, OWNER, BUREAU, DONE),
            None,
            REGULATORS,
            when=STOPPED & Q(stop_confirmed_on__isnull=True),
            opinion="required",
            opinion_label="核实情况",
            effect=today_in("stop_confirmed_on"),
            deadline=lambda record: record.due_on,
            style="warning",
            help="两次考核不合格，该标段应全部停工整改。核实现场是否停工并登记。",
        ),
        Transition(
            "resume",
            "同意复工",
            (DONE,),
            None,
            REGULATORS,
            when=STOPPED & Q(passed=True),
            opinion="required",
            opinion_label="复工意见",
            effect=today_in("resumed_on"),
            style="success",
        ),
        Transition(
            "cancel",
            "不需考核",
            (SELF,),
            VOID,
            AUTHORITY_ROLES | {Role.OWNER},
            opinion="required",
            opinion_label="理由",
            duty=False,
            style="danger",
            help="如本期停工、已完工。理由留在历史中，可供查核。",
        ),
    ],
)
Assessment.flow = assessment_flow
