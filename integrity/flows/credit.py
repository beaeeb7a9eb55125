"""How credit records, appeals, repairs, evaluations, listings, proposals and advices travel.

Whoever recorded never confirms. Machines only propose: every step is a person's.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from supervision.flows.flow import Flow, Overlay, State, Transition
from supervision.papers import services as papers
from supervision.people.models import AUTHORITY_ROLES, Role
from supervision.rules.calendar import add_workdays

from ..credit import accepting, appealing, clocks, evaluating, rules, standing
from ..models import (
    CreditAppeal,
    CreditEvaluation,
    CreditListing,
    CreditOrigin,
    CreditProposal,
    CreditRecord,
    CreditRepair,
    InspectionAdvice,
)
from ..models import credit_evaluation as evaluation
from ..models import credit_record as record_states
from ..models.credit_record import OPEN_APPEAL

BUREAU = frozenset({Role.BUREAU_STAFF})
AUTHORITY = AUTHORITY_ROLES
RECORDERS = record_states.RECORDERS
SUBJECTS = frozenset({Role.CONTRACTOR, Role.SUPERVISOR, Role.DESIGNER, Role.LABORATORY})


def today():
    return timezone.localdate()


# ------------------------------------------------------------------------------------------------------ record


def proven(record: CreditRecord) -> list[str]:
    """What a record still lacks before somebody else looks at it."""
    lacking = []
    if not record.evidence_id and not papers.of(record).exists():
        lacking.append("没有来源记录，须上传认定文书、证据材料或处罚决定。")
    if record.category in ("bid", "performance") and not record.unit_id and not record.effect:
        lacking.append(f"{record.get_category_display()}须选评价单元（所在的投标或合同段）。")
    return lacking


def submitted(record: CreditRecord, data: dict, actor) -> None:
    record.recorded_by = actor.user


def revoked(record: CreditRecord, data: dict, actor) -> None:
    record.revoked_on = today()


def notice_end(record: CreditRecord):
    return rules.term("notice_days")


def confirmed(record: CreditRecord, data: dict, actor) -> None:
    record.confirmed_by = actor.user
    record.enter(notice_end(record), today())


def noticed(record: CreditRecord) -> list[str]:
    lacking = []
    if not clocks.over(record.notice_until, today()):
        lacking.append(f"公示至{record.notice_until}，期满后办理。")
    if record.pk and record.appeals.filter(OPEN_APPEAL).exists():
        lacking.append("有异议尚未答复。")
    return lacking


CreditRecord.flow = Flow(
    initial=record_states.DRAFT,
    states={
        record_states.DRAFT: State("草稿", "gray", editable=True),
        record_states.RECORDED: State("待确认", "blue"),
        record_states.NOTICED: State("公示中", "yellow"),
        record_states.EFFECTIVE: State("已生效", "green", final=True),
        record_states.VOID: State("不予认定", "gray", final=True),
    },
    overlays=(
        Overlay("revoked_on", "已撤销", "gray"),
        Overlay("repaired_on", "已修复", "green"),
        Overlay("is_expired", "已失效", "gray"),
    ),
    transitions=[
        Transition(
            "submit",
            "提交确认",
            (record_states.DRAFT,),
            record_states.RECORDED,
            RECORDERS,
            guard=proven,
            effect=submitted,
        ),
        Transition(
            "confirm",
            "确认并公示",
            (record_states.RECORDED,),
            record_states.NOTICED,
            AUTHORITY,
            not_by=("submit",),
            effect=confirmed,
            deadline=notice_end,
            tells=SUBJECTS,
        ),
        Transition(
            "return",
            "退回",
            (record_states.RECORDED,),
            record_states.DRAFT,
            AUTHORITY,
            opinion="required",
            returns=True,
            duty=False,
            style="secondary",
        ),
        Transition(
            "settle",
            "公示期满，生效",
            (record_states.NOTICED,),
            record_states.EFFECTIVE,
            AUTHORITY,
            when=Q(revoked_on__isnull=True),
            guard=noticed,
            tells=SUBJECTS,
        ),
        Transition(
            "revoke",
            "更正撤销",
            (record_states.EFFECTIVE,),
            None,
            AUTHORITY,
            opinion="required",
            opinion_label="撤销事由",
            not_by=("confirm",),
            when=Q(revoked_on__isnull=True),
            effect=revoked,
            duty=False,
            style="secondary",
            tells=SUBJECTS,
            help="认定有误的，由确认人以外的人撤销；已计算的年度评价随即重算，原结果一并保留。",
        ),
        Transition(
            "drop",
            "不予认定",
            (record_states.DRAFT, record_states.RECORDED, record_states.NOTICED),
            record_states.VOID,
            AUTHORITY,
            opinion="required",
            duty=False,
            style="secondary",
        ),
    ],
)


# ------------------------------------------------------------------------------------------------------ appeal


def may_file(appeal: CreditAppeal) -> list[str]:
    record, one = appeal.record, appeal.evaluation
    if record is not None and (record.revoked_on or record.status not in ("noticed", "effective")):
        return [f"该记录“{'已撤销' if record.revoked_on else record.status_label}”，不能提出异议、申诉。"]
    if one is not None and one.status in ("open", "computed"):
        return ["该年度评价尚未送达，不能提出异议、申诉。"]
    return []


def filed(appeal: CreditAppeal, data: dict, actor) -> None:
    appeal.filed_on = today()
    about = appeal.about
    term = about.notice_until if appeal.record_id else about.objection_until
    appeal.stage = "appeal" if clocks.over(term, today()) else "objection"
    appeal.reckon(today())
    appeal.due_on = appeal.answer_by


def suspended(appeal: CreditAppeal, data: dict, actor) -> None:
    appeal.pauses = [*appeal.pauses, [today().isoformat(), None]]


def resumed(appeal: CreditAppeal, data: dict, actor) -> None:
    if appeal.pauses:
        appeal.pauses = [*appeal.pauses[:-1], [appeal.pauses[-1][0], today().isoformat()]]
    appeal.reckon(today())
    appeal.due_on = appeal.answer_by


def upheld(appeal: CreditAppeal, data: dict, actor) -> None:
    appeal.decided_on = today()
    appeal.outcome = appealing.upheld(appeal, actor)


def dismissed(appeal: CreditAppeal, data: dict, actor) -> None:
    appeal.decided_on = today()


CreditAppeal.flow = Flow(
    initial="draft",
    states={
        "draft": State("草稿", "gray", editable=True),
        "filed": State("待答复", "blue"),
        "suspended": State("中止", "orange"),
        "upheld": State("成立", "green", final=True),
        "dismissed": State("不成立", "gray", final=True),
        "withdrawn": State("已撤回", "gray", final=True),
    },
    transitions=[
        Transition(
            "file",
            "提出",
            ("draft",),
            "filed",
            SUBJECTS,
            guard=may_file,
            effect=filed,
            tells=AUTHORITY,
        ),
        Transition(
            "suspend",
            "中止计时",
            ("filed",),
            "suspended",
            AUTHORITY,
            opinion="required",
            opinion_label="中止事由（补正材料、鉴定等）",
            duty=False,
            effect=suspended,
            style="secondary",
        ),
        Transition(
            "resume",
            "恢复计时",
            ("suspended",),
            "filed",
            AUTHORITY,
            effect=resumed,
        ),
        Transition(
            "uphold",
            "申诉成立",
            ("filed",),
            "upheld",
            AUTHORITY,
            fields=("answer",),
            not_of=("record__confirmed_by",),
            effect=upheld,
            tells=SUBJECTS,
            help="由确认人以外的人决定。所申诉的记录将撤销，当年和其后已计算的评价随即重算，原结果一并保留。",
        ),
        Transition(
            "dismiss",
            "申诉不成立",
            ("filed",),
            "dismissed",
            AUTHORITY,
            fields=("answer",),
            not_of=("record__confirmed_by",),
            effect=dismissed,
            tells=SUBJECTS,
            style="secondary",
        ),
        Transition(
            "withdraw", "撤回", ("filed", "suspended"), "withdrawn", SUBJECTS, duty=False, style="secondary"
        ),
    ],
)


# ------------------------------------------------------------------------------------------------------ repair


def may_apply(repair: CreditRepair) -> list[str]:
    return repair.lacking(today())


def still(problems: list[str]) -> None:
    """Asked again while the record is held, of what somebody else may have done meanwhile."""
    if problems:
        raise ValidationError(problems)


def applied(repair: CreditRepair, data: dict, actor) -> None:
    repair.take_record()
    still(repair.lacking(today()))
    repair.applied_on = today()


def decide_by(repair: CreditRepair):
    return add_workdays(today(), repair.rules.content["decide_days"])


def decided(repair: CreditRepair, data: dict, actor) -> None:
    repair.decided_on = today()


def granted(repair: CreditRepair, data: dict, actor) -> None:
    repair.take_record()
    still(repair.futile())
    repair.decided_on = today()


CreditRepair.flow = Flow(
    initial="draft",
    states={
        "draft": State("草稿", "gray", editable=True),
        "applied": State("待决定", "blue"),
        "granted": State("准予修复", "green", final=True),
        "refused": State("不予修复", "gray", final=True),
    },
    transitions=[
        Transition(
            "apply",
            "申请修复",
            ("draft",),
            "applied",
            SUBJECTS,
            guard=may_apply,
            effect=applied,
            deadline=decide_by,
            tells=AUTHORITY,
        ),
        Transition(
            "grant",
            "准予修复",
            ("applied",),
            "granted",
            AUTHORITY,
            fields=("decision",),
            guard=CreditRepair.futile,
            effect=granted,
            tells=SUBJECTS,
        ),
        Transition(
            "refuse",
            "不予修复",
            ("applied",),
            "refused",
            AUTHORITY,
            fields=("decision",),
            effect=decided,
            tells=SUBJECTS,
            style="secondary",
        ),
    ],
)


# -------------------------------------------------------------------------------------------------- evaluation


def objection_end(one: CreditEvaluation):
    return rules.term("objection_days")


def notice_last(one: CreditEvaluation):
    return rules.term("notice_days")


def computed(one: CreditEvaluation, data: dict, actor) -> None:
    (found,) = evaluating.computed([one])
    for name, value in found.items():
        setattr(one, name, value)


def sent(one: CreditEvaluation, data: dict, actor) -> None:
    one.sent_on, one.objection_until = today(), objection_end(one)


def heard(one: CreditEvaluation) -> list[str]:
    lacking = []
    if not clocks.over(one.objection_until, today()):
        lacking.append(f"异议期至{one.objection_until}，期满后办理。")
    return lacking + unanswered(one)


def unanswered(one: CreditEvaluation) -> list[str]:
    about = Q(evaluation=one) | Q(
        record__subject=one.subject_id, record__family=one.family, record__decided_on__year=one.year
    )
    if not one.pk:
        return []
    number = CreditAppeal.objects.filter(OPEN_APPEAL).filter(about).count()
    lacking = [f"有{number}件异议、申诉尚未答复。"] if number else []
    under_way = CreditRecord.objects.filter(
        status__in=(record_states.RECORDED, record_states.NOTICED),
        nature=record_states.Nature.BAD,
        subject=one.subject_id,
        family=one.family,
        decided_on__year=one.year,
    )
    if numbers := list(under_way.order_by("pk").values_list("number", flat=True)):
        told = "、".join(numbers[:5]) + ("等" if len(numbers) > 5 else "")
        lacking.append(f"{one.year}年的不良记录{told}尚在确认或公示，共{len(numbers)}条，先办结。")
    return lacking


def before_settled(one: CreditEvaluation) -> list[str]:
    """The grade of the year before, of the subject and of those it came of, bounds this one: it has to stand."""
    came = CreditOrigin.objects.filter(subject=one.subject_id, on__year=one.year).values("predecessor")
    unsettled = CreditEvaluation.objects.filter(
        Q(subject=one.subject_id) | Q(subject__in=came), family=one.family, year=one.year - 1
    ).exclude(status__in=evaluation.OUT)
    return [
        f"{before}（{before.status_label}）尚未公布，升级限制和延续以它为准，先办结上年度。"
        for before in unsettled.select_related("subject")
    ]


def posted(one: CreditEvaluation, data: dict, actor) -> None:
    one.notice_from, one.notice_until = today(), notice_last(one)


def shown_long_enough(one: CreditEvaluation) -> list[str]:
    lacking = []
    if not clocks.over(one.notice_until, today()):
        lacking.append(f"公示至{one.notice_until}，期满后公布。")
    return lacking + unanswered(one)


def published(one: CreditEvaluation, data: dict, actor) -> None:
    one.published_on = today()
    one.valid_until = clocks.last_of(today(), rules.procedure()["valid_months"])


CreditEvaluation.flow = Flow(
    initial=evaluation.OPEN,
    states={
        evaluation.OPEN: State("待计算", "gray"),
        evaluation.COMPUTED: State("草案", "blue"),
        evaluation.SENT: State("已送达，异议期", "yellow"),
        evaluation.ANSWERED: State("异议已答复", "blue"),
        evaluation.NOTICE: State("公示中", "yellow"),
        evaluation.PUBLISHED: State("已公布", "green"),
        evaluation.ARCHIVED: State("已归档", "gray", final=True),
    },
    overlays=(Overlay("is_recomputed", "已重算", "orange"),),
    transitions=[
        Transition("compute", "计算草案", (evaluation.OPEN,), evaluation.COMPUTED, BUREAU, effect=computed),
        Transition(
            "reopen",
            "退回重算",
            (evaluation.COMPUTED, evaluation.ANSWERED),
            evaluation.OPEN,
            BUREAU,
            opinion="required",
            returns=True,
            duty=False,
            style="secondary",
        ),
        Transition(
            "send",
            "送达主体",
            (evaluation.COMPUTED,),
            evaluation.SENT,
            BUREAU,
            guard=before_settled,
            effect=sent,
            deadline=objection_end,
            tells=SUBJECTS,
        ),
        Transition(
            "answer",
            "异议期满，答复完毕",
            (evaluation.SENT,),
            evaluation.ANSWERED,
            BUREAU,
            guard=heard,
        ),
        Transition(
            "notice",
            "公示",
            (evaluation.ANSWERED,),
            evaluation.NOTICE,
            BUREAU,
            guard=heard,
            effect=posted,
            deadline=notice_last,
        ),
        Transition(
            "publish",
            "公布",
            (evaluation.NOTICE,),
            evaluation.PUBLISHED,
            BUREAU,
            guard=shown_long_enough,
            effect=published,
            tells=SUBJECTS,
        ),
        Transition(
            "archive",
            "归档",
            (evaluation.PUBLISHED,),
            evaluation.ARCHIVED,
            BUREAU,
            duty=False,
            style="secondary",
        ),
    ],
)


# ------------------------------------------------------------------------------------------------------- lists


def red_enough(listing: CreditListing) -> list[str]:
    if listing.kind != "red":
        return []
    found = standing.red_conditions(listing.subject, today())
    return [f"不符合红名单条件：{text}" for text, holds in found if not holds]


def listable(listing: CreditListing) -> list[str]:
    """Once on a list is enough: who is on it already stays until the term is over."""
    there = CreditListing.on(today()).filter(subject=listing.subject_id, kind=listing.kind)
    return [
        f"该主体已在{one.get_kind_display()}中（{one.number}，至{one.valid_until}）。"
        for one in there.exclude(pk=listing.pk)
    ] + red_enough(listing)


def listed(listing: CreditListing, data: dict, actor) -> None:
    listing.listed_on = today()
    years = listing.rules.content[listing.kind]["years"]
    listing.valid_until = clocks.last_of(today(), 12 * years)


def exited(listing: CreditListing, data: dict, actor) -> None:
    listing.exited_on = today()


CreditListing.flow = Flow(
    initial="draft",
    states={
        "draft": State("草稿", "gray", editable=True),
        "submitted": State("待认定", "blue"),
        "listed": State("已列入", "red"),
        "exited": State("已移出", "gray", final=True),
        "refused": State("不列入", "gray", final=True),
    },
    overlays=(Overlay("is_over", "期满", "gray"),),
    transitions=[
        Transition("submit", "提请认定", ("draft",), "submitted", AUTHORITY, guard=listable),
        Transition(
            "list",
            "认定列入",
            ("submitted",),
            "listed",
            BUREAU,
            not_by=("submit",),
            guard=listable,
            effect=listed,
            tells=SUBJECTS,
        ),
        Transition(
            "refuse",
            "不列入",
            ("draft", "submitted"),
            "refused",
            AUTHORITY,
            opinion="required",
            duty=False,
            style="secondary",
        ),
        Transition(
            "exit",
            "移出",
            ("listed",),
            "exited",
            BUREAU,
            fields=("exit_reason",),
            duty=False,
            effect=exited,
            tells=SUBJECTS,
        ),
    ],
)

CreditProposal.flow = Flow(
    initial="open",
    states={
        "open": State("待研判", "yellow"),
        "accepted": State("已采用", "green", final=True),
        "dismissed": State("未采用", "gray", final=True),
    },
    transitions=[
        Transition(
            "accept",
            "采用",
            ("open",),
            "accepted",
            AUTHORITY,
            optional=("item", "given"),
            effect=accepting.accept,
            help="生成一条草稿，补充证据后由两人登记、确认；系统不直接扣分、不列名单。",
        ),
        Transition(
            "dismiss",
            "不采用",
            ("open",),
            "dismissed",
            AUTHORITY,
            opinion="required",
            duty=False,
            style="secondary",
        ),
    ],
)


def settled(advice: InspectionAdvice, data: dict, actor) -> None:
    advice.decided_on = today()


InspectionAdvice.flow = Flow(
    initial="proposed",
    states={"proposed": State("建议", "yellow"), "accepted": State("已采用", "green", final=True)},
    transitions=[
        Transition(
            "accept",
            "确定频次",
            ("proposed",),
            "accepted",
            AUTHORITY,
            fields=("accepted",),
            effect=settled,
            opinion_label="与建议不同的，写明理由",
        )
    ],
)
