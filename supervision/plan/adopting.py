"""Deciding on what was read out of a notice, and making the accepted part of it a plan."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction

from supervision.flows import records
from supervision.flows.errors import IllegalTransition
from supervision.flows.history import Actor

from . import naming
from .drafting import NO_YEAR
from .models import (
    ItemKind,
    ItemState,
    NameRole,
    NoticeDraft,
    NoticeItem,
    Period,
    Plan,
    Target,
    Task,
    TaskGroup,
    TaskUnit,
)


@dataclass
class Adopted:
    """The plan a draft has become, and what this adoption added to it, by name of the kind."""

    plan: Plan
    made: Counter = field(default_factory=Counter)

    def __str__(self) -> str:
        return "、".join(f"{name} {number} 条" for name, number in self.made.items() if number) or "没有新增"


def decide(item: NoticeItem, state: str, actor: Actor, *, version: int | None = None) -> NoticeItem:
    """Accept or reject an item, or put it back to be looked at.

    Raises ValidationError with what is missing for acceptance, IllegalTransition once it is adopted, LostRace.
    """
    if item.adopted:
        raise IllegalTransition("该条已采用到计划中，请在计划里修改。")
    if state == ItemState.ACCEPTED and (missing := missing_for(item)):
        raise ValidationError(missing)
    label = {ItemState.ACCEPTED: "接受", ItemState.REJECTED: "不采用", ItemState.PENDING: "改为待核"}[
        ItemState(state)
    ]
    values = {"state": state}
    if state == ItemState.ACCEPTED:
        values["unresolved"] = False
    return records.update(item, values, actor, version=version, label=label)


def accept_read(draft: NoticeDraft, actor: Actor) -> int:
    """Accept whatever was read without anything open; what is marked 未识别 stays to be looked at one by one."""
    done = 0
    rows = draft.items.filter(state=ItemState.PENDING, unresolved=False, adopted=False)
    rows = rows.filter(kind__in=(ItemKind.TASK, ItemKind.TARGET)).select_related("draft", "like")
    with transaction.atomic():
        for item in rows:
            if not missing_for(item):
                decide(item, ItemState.ACCEPTED, actor)
                done += 1
    return done


def all_yearly(draft: NoticeDraft, actor: Actor) -> int:
    """A person's decision that the targets for which the notice names no year are asked for every year."""
    done = 0
    rows = draft.items.filter(kind=ItemKind.TARGET, state=ItemState.PENDING, period="", adopted=False)
    with transaction.atomic():
        for item in rows:
            values = {"period": Period.YEARLY}
            # Reasons come in the order of their weight: nothing else is open when this one stands first.
            if item.issue.split("；")[0] == NO_YEAR and item.low is not None:
                values["unresolved"] = False
            records.update(item, values, actor, label="按每年考核")
            done += 1
    return done


def missing_for(item: NoticeItem) -> list[str]:
    """What an item still lacks to become part of a plan, as Chinese sentences."""
    lacking = []
    if item.kind == ItemKind.TEXT:
        lacking.append("其他文字不能直接采用，请先把类别改为任务或目标。")
    elif not item.title.strip():
        lacking.append("请填写名称。")
    if item.kind == ItemKind.TASK and not item.no.strip():
        lacking.append("请填写序号。")
    if item.kind == ItemKind.TARGET:
        if not item.figure_kind or item.low is None:
            lacking.append("请填写形式和目标值。")
        if not item.period:
            lacking.append("请选择考核周期。")
        if not lacking:
            # A plan's years are not known yet; everything else of the target is.
            first = item.draft.year_from or item.by_year or 2000
            try:
                _target(item, Plan(year_from=min(first, item.by_year or first)), "X").clean()
            except ValidationError as error:
                lacking += error.messages
    if item.kind == ItemKind.LIST:
        if not item.list_kind:
            lacking.append("请选择名单用途。")
        if not item.by_year:
            lacking.append("请填写年度。")
        if unknown := [name.name for name in item.names.all() if not name.project]:
            lacking.append(f"尚未对应到项目库：{'、'.join(unknown)}。请填写对应项目，或先在项目库登记。")
    return lacking


def adopt(draft: NoticeDraft, actor: Actor, *, version: int | None = None) -> Adopted:
    """Make the accepted items, so far as they are not yet, part of the plan; the plan is made the first time.

    One transaction. Asked again it adds nothing. Raises ValidationError naming the items that cannot be entered,
    LostRace when somebody wrote the draft meanwhile.
    """
    actor = actor.in_batch(f"adopt-{draft.sha256[:20]}")
    with transaction.atomic():
        items = list(
            draft.items.filter(state=ItemState.ACCEPTED, adopted=False)
            .exclude(kind=ItemKind.TEXT)
            .select_related("draft", "like")
            .prefetch_related("names")
        )
        if not items:
            if draft.plan_id:
                return Adopted(draft.plan)
            raise ValidationError("还没有接受任何条目，请先核对并接受。")
        problems = [f"{item}：{text}" for item in items for text in missing_for(item)]
        if problems:
            raise ValidationError(problems)
        plan, new = _plan(draft, actor)
        made = Adopted(plan, Counter({"计划": int(new)}))
        # The claim of the draft's row: of two people at once one adopts.
        values = {"plan": plan, "adoptions": draft.adoptions + 1}
        records.update(draft, values, actor, version=version, label="采用为计划")
        for item in items:
            try:
                made.made[ItemKind(item.kind).label] += _enter(item, plan, actor)
            except ValidationError as error:
                raise ValidationError([f"{item}：{text}" for text in error.messages]) from error
            records.update(item, {"adopted": True}, actor, label="采用")
    return made


def _plan(draft: NoticeDraft, actor: Actor) -> tuple[Plan, bool]:
    if draft.plan_id:
        return draft.plan, False
    known = Plan.objects.filter(number=draft.number).first() if draft.number else None
    known = known or Plan.objects.filter(title=draft.title).first()
    if known:
        return known, False
    if not (draft.year_from and draft.year_to):
        raise ValidationError("请先填写计划的起止年度。")
    plan = Plan(
        number=draft.number,
        title=draft.title,
        issuer=draft.issuer,
        issued_on=draft.issued_on,
        year_from=draft.year_from,
        year_to=draft.year_to,
        source=f"由通知草稿{draft.pk}采用",
    )
    return records.create(plan, actor, label="由通知采用"), True


def _enter(item: NoticeItem, plan: Plan, actor: Actor) -> int:
    if item.kind == ItemKind.TASK:
        return _enter_task(item, plan, actor)
    if item.kind == ItemKind.TARGET:
        used = set(plan.targets.values_list("code", flat=True))
        number = len(used) + 1
        while f"M{number:02}" in used:
            number += 1
        records.create(
            _target(item, plan, item.no or f"M{number:02}", order=number), actor, label="由通知采用"
        )
        return 1
    keeper = naming.projects()
    names = list(dict.fromkeys(name.project for name in item.names.all()))
    provenance = f"{plan.number or plan.title} {item.title}"[:120]
    if keeper is None:
        raise ValidationError("本系统未启用项目库，不能采用名单。")
    return keeper.adopt(item.list_kind, item.by_year, names, provenance, actor)


def _enter_task(item: NoticeItem, plan: Plan, actor: Actor) -> int:
    groups = TaskGroup.values
    leads = [name.organization for name in item.names.all() if name.role == NameRole.LEAD]
    task = Task(
        plan=plan,
        no=item.no,
        title=item.title,
        gist=item.content or item.source[:20000],
        group=item.group if item.group in groups else TaskGroup.OTHER,
        due=item.due,
        lead=next((office for office in leads if office is not None), None),
        order=min(item.order, 32767),
    )
    records.create(task, actor, label="由通知采用")
    units = [
        TaskUnit(task=task, name=name.name, role=name.role, organization=name.organization, order=place)
        for place, name in enumerate(item.names.all(), start=1)
        if name.role != NameRole.PROJECT
    ]
    if units:
        records.create_many(units, actor, label="由通知采用")
    return 1


def _target(item: NoticeItem, plan: Plan, code: str, order: int = 0) -> Target:
    like = item.like
    by_year = item.by_year if item.period == Period.BY_YEAR else None
    return Target(
        plan=plan,
        code=code[:40],
        name=item.title,
        group=item.group,
        kind=item.figure_kind,
        threshold=item.low,
        stretch=item.high,
        at_most=item.at_most,
        period=item.period,
        by_year=by_year,
        indicator=like.indicator if like else "",
        parameters=dict(like.parameters) if like else {},
        basis=(like.basis if like else "") or f"原文：{item.source}"[:1000],
        unit_label=item.unit_label,
        order=order,
    )
