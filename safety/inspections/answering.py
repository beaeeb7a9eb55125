"""Writing down what a visit finds: answers, findings with their photos, checklists chosen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from supervision.flows import perform, records
from supervision.flows.errors import IllegalTransition, LostRace, NotAllowed
from supervision.flows.history import Actor
from supervision.papers import services as papers
from supervision.people.models import AUTHORITY_ROLES, Role, User

from ..models.inspection import OPEN, SIGNING, Finding, InspectionTask, Result, Visit, VisitItem
from . import sealing
from .asking import PRIOR, Group, answers_of, groups_of

PHOTO = "检查照片"


@dataclass
class Given:
    """What was sent about one item. `seen` is the answer the person saw, so that two inspectors with two phones
    do not overwrite each other."""

    key: str
    result: str = ""
    seen: str = ""
    part: str = ""
    stakes: str = ""
    description: str = ""
    photos: list[Any] = field(default_factory=list)

    @property
    def tells(self) -> bool:
        return bool(self.part or self.description or self.stakes)


def begin(task: InspectionTask, actor: Actor) -> tuple[Visit, bool]:
    """The visit of a task, and whether it is new: place, way and inspectors are the task's; one that is going on
    already comes back. Raises NotAllowed, IllegalTransition, ValidationError."""
    if actor.user is None or not actor.user.roles & (AUTHORITY_ROLES | {Role.INSPECTOR}):
        raise NotAllowed("您的角色不能开始检查。")
    if task.status != "assigned":
        raise IllegalTransition("此任务现在不能开始检查。")
    going = task.visits.filter(status__in=(OPEN, SIGNING)).order_by("-pk").first()
    if going is not None:
        return going, False
    made = Visit(
        task=task,
        kind=task.kind,
        project=task.project,
        section=task.section,
        inspectors=task.inspectors or [actor.user.name],
        is_demo=task.is_demo,
    )
    return records.create(made, actor, reason=str(task)), True


def may_answer(visit: Visit, user: User) -> bool:
    """Whether this person may fill in the visit now: whoever may finish it."""
    return visit.status == OPEN and any(t.name == "finish" for t in perform.open_to([visit], user)[visit.pk])


def check_may(visit: Visit, actor: Actor) -> None:
    if visit.status != OPEN:
        raise IllegalTransition(f"检查记录“{visit.status_label}”，不能再填。")
    if actor.user is None or not may_answer(visit, actor.user):
        raise NotAllowed("您不能填写此次检查。")


def choose_lists(visit: Visit, codes: Iterable[str], actor: Actor) -> Visit:
    """Which checklists are asked beside the general one. Raises NotAllowed, LostRace, ValidationError when a list
    that is taken away has answers already."""
    check_may(visit, actor)
    known = [one["code"] for one in visit.checklist_rule.content["lists"]]
    wanted = [code for code in known if code in set(codes) or code == known[0]]
    dropped = {
        item["key"]
        for one in visit.checklist_rule.content["lists"]
        if one["code"] in visit.lists and one["code"] not in wanted
        for item in one["items"]
    }
    if visit.items.filter(key__in=dropped).exists():
        raise ValidationError("已填写的检查表不能取消。")
    return records.update(visit, {"lists": wanted}, actor, label="选择检查表")


def save(visit: Visit, given: Iterable[Given], actor: Actor, groups: list[Group] | None = None) -> int:
    """Write down what is new in `given`, all or nothing; returns how many items changed.

    Raises ValidationError {key: [sentences]}, NotAllowed, IllegalTransition, and LostRace when somebody answered
    an item differently meanwhile. Photos are put on after the rest is written.
    """
    check_may(visit, actor)
    items = {item.key: (item, group) for group in groups or groups_of(visit) for item in group.items}
    answers, errors, found = answers_of(visit), {}, []
    changes: list[tuple[VisitItem | None, VisitItem]] = []
    with_finding = set(visit.findings.values_list("key", flat=True))
    for one in given:
        if one.key not in items:
            continue
        item, group = items[one.key]
        now = answers.get(one.key)
        if one.result and one.result not in Result.values:
            errors[one.key] = ["请选择合格、不合格或不适用。"]
            continue
        if one.result and one.result != (now.result if now else ""):
            if one.seen != (now.result if now else ""):
                raise LostRace(
                    f"“{item.text[:40]}”已由他人填写为“{now.get_result_display()}”，请刷新后再填。"
                )
            row = VisitItem(visit=visit, key=one.key, text=item.text, clause=item.clause, result=one.result)
            changes.append((now, row))
        if group.kind == PRIOR:
            continue
        result = one.result or (now.result if now else "")
        if result == Result.FAIL and one.tells:
            problem = {
                name: label
                for name, label in (("part", "部位"), ("description", "情况"))
                if not getattr(one, name)
            }
            if problem:
                errors[one.key] = [f"请写明{'和'.join(problem.values())}。"]
                continue
            found.append((one, item))
        elif result == Result.FAIL and one.key not in with_finding:
            errors[one.key] = ["不合格的，请写明部位和情况。"]
        elif result != Result.FAIL and one.key in with_finding:
            errors[one.key] = ["本条已记有问题，请先删除所记问题再改为合格或不适用。"]
    made = []
    for one, item in found:
        finding = Finding(
            visit=visit,
            key=one.key,
            part=one.part,
            stakes=one.stakes,
            description=one.description,
            clause=item.clause or f"检查表{item.key} {item.text}"[:300],
            category=item.category,
            is_demo=visit.is_demo,
        )
        try:
            finding.full_clean(exclude=("visit",))
        except ValidationError as error:
            errors[one.key] = error.messages
        made.append((finding, one.photos))
    if errors:
        raise ValidationError(errors)
    with transaction.atomic():
        new = [row for now, row in changes if now is None]
        if new:
            records.create_many(new, actor, label="填写")
        for now, row in changes:
            if now is not None:
                records.update(now, {"result": row.result}, actor, label="改填")
        if made:
            records.create_many([finding for finding, _ in made], actor, label="记录问题")
    for finding, photos in made:
        for photo in photos:
            papers.attach(finding, photo, PHOTO, actor)
    return len(changes) + len(made)


def add_finding(visit: Visit, facts: dict[str, Any], photos: list[Any], actor: Actor) -> Finding:
    """A problem that no item asks about. Raises ValidationError by field, NotAllowed, IllegalTransition."""
    check_may(visit, actor)
    finding = records.create(Finding(visit=visit, is_demo=visit.is_demo, **facts), actor, label="记录问题")
    for photo in photos:
        papers.attach(finding, photo, PHOTO, actor)
    return finding


def drop_finding(finding: Finding, actor: Actor) -> None:
    """Take back a problem while the visit is open; it stays in the history. Raises as the others."""
    check_may(finding.visit, actor)
    if finding.danger_id:
        raise IllegalTransition("这一处已立为隐患，不能删除；不属实的在隐患中核查。")
    if papers.of(finding).valid().exists():
        for photo in papers.of(finding).valid():
            papers.void(photo, actor, "所记问题已删除")
    records.delete(finding, actor, reason="检查中删除")


def raise_now(finding: Finding, actor: Actor) -> Finding:
    """Where danger is immediate: the finding becomes a hidden danger before the visit is signed and sealed.

    A finding that is one already comes back as it is. Raises NotAllowed, IllegalTransition.
    """
    check_may(finding.visit, actor)
    if finding.danger_id is None:
        with transaction.atomic():
            sealing.raise_danger_of(finding, actor)
        finding.refresh_from_db()
    return finding
