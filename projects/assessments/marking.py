"""Saving marks: checked against the items, versioned one by one, told to the sheet's history.

Saving one mark takes the same number of statements on a sheet of ten items as on one of three hundred.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from heapq import merge
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from supervision.flows import history, perform
from supervision.flows.errors import FlowError, IllegalTransition, NotAllowed
from supervision.flows.history import Actor, Breach
from supervision.flows.models import Event
from supervision.flows.reach import label_of
from supervision.people.models import User

from ..models import Assessment, AssessmentMark
from ..models.standard import MarkColumn
from ..standards.marks import Mark, mark_problems, read_deduction
from ..standards.spec import Item
from .sheet import COLUMN_LABELS, Sheet, plain, told

VERB = "mark"
# The column that is open for marks in each status of the sheet.
OPEN_COLUMN = {column: column for column in COLUMN_LABELS}
WORDS = {"符合": True, "不符合": False, "true": True, "false": False, "": None}


class MarkConflict(FlowError):
    """Somebody else marked the item first; `current` holds the marks as they now are, by item key."""

    http_status = 409
    code = "conflict"

    def __init__(self, message: str, current: dict[str, AssessmentMark]):
        super().__init__(message)
        self.current = current


@dataclass(frozen=True)
class Given:
    """One mark as sent: `version` is that of the mark the person saw, 0 for an empty one, None not to check."""

    item: str
    deduction: Any = None
    not_applicable: bool = False
    conforms: Any = None
    reason: str = ""
    version: int | None = None


def open_column(assessment: Assessment, user: User) -> str | None:
    """The column this person may fill now, or None."""
    column = OPEN_COLUMN.get(assessment.status)
    if column is None:
        return None
    acts = perform.open_to([assessment], user)[assessment.pk]
    return column if any(t.name.startswith(SUBMITS[column]) for t in acts) else None


# How the transitions that submit a column begin.
SUBMITS = {
    MarkColumn.SELF.value: ("submit_self",),
    MarkColumn.RECHECK.value: ("submit_recheck",),
    MarkColumn.OWNER.value: ("pass_owner", "fail_owner"),
    MarkColumn.BUREAU.value: ("pass_bureau", "fail_bureau"),
}


def check_open(assessment: Assessment, user: User) -> str:
    """The column open to this person. Raises IllegalTransition or NotAllowed, in words, when there is none."""
    column = open_column(assessment, user)
    if column is None:
        if assessment.status not in OPEN_COLUMN:
            raise IllegalTransition(f"“{assessment.status_label}”状态下不能评分。")
        raise NotAllowed(f"现在由{COLUMN_LABELS[assessment.status]}一方评分，您不能填写。")
    return column


def read_mark(given: Given, item: Item, column: str) -> Mark:
    """What was sent as a mark. Raises ValueError with Chinese sentences."""
    reason = " ".join(str(given.reason or "").split()) if given.reason is not None else ""
    if "\x00" in reason or any("\ud800" <= sign <= "\udfff" for sign in reason):
        raise ValueError("理由含有不能使用的字符")
    if len(reason) > 500:
        raise ValueError("理由最多 500 字")
    deduction: Decimal | None = None
    if not given.not_applicable and given.deduction not in (None, ""):
        deduction = read_deduction(given.deduction, item)
    conforms = given.conforms
    if isinstance(conforms, str):
        if conforms.strip().lower() not in WORDS:
            raise ValueError("符合性应为“符合”或“不符合”")
        conforms = WORDS[conforms.strip().lower()]
    elif conforms is not None and not isinstance(conforms, bool):
        raise ValueError("符合性应为“符合”或“不符合”")
    mark = Mark(
        item.key,
        column,
        deduction,
        bool(given.not_applicable),
        None if given.not_applicable else conforms,
        reason,
    )
    if problems := mark_problems(mark, item):
        raise ValueError("；".join(problems))
    return mark


def save_marks(
    assessment: Assessment, given: Iterable[Given], actor: Actor, *, label: str = ""
) -> dict[str, AssessmentMark]:
    """Save marks of the column that is open to `actor.user`; returns the rows by item key.

    All or nothing, one Event for all of them; marks that say what is there already are left alone. Raises
    ValidationError {item key: sentences}, MarkConflict when one of them was written since it was seen,
    IllegalTransition or NotAllowed when the sheet is not open to the person (any more).
    """
    column = check_open(assessment, actor.user)
    sheet = Sheet(assessment)
    wanted: dict[str, tuple[Given, Mark]] = {}
    errors: dict[str, list[str]] = {}
    for one in given:
        item = sheet.items.get(one.item)
        try:
            if item is None:
                raise ValueError("本表没有这一条目，或它不适用于该单位")
            if one.item in wanted:
                raise ValueError("同一条目给出了两次")
            wanted[one.item] = (one, read_mark(one, item, column))
        except ValueError as error:
            errors[one.item] = [f"{error}。"]
    if errors:
        raise ValidationError(errors)
    if not wanted:
        return {}
    now = timezone.now()
    with transaction.atomic():
        # Takes the sheet's row: no submission slips in between, and no two events take one place in its chain.
        # The sheet's own version stays: marks have versions of their own.
        if not Assessment._base_manager.filter(pk=assessment.pk, status=column).update(updated_at=now):
            raise IllegalTransition("考核表已经提交，刚才的评分没有保存。请刷新后再看。")
        return _write(assessment, sheet, column, wanted, actor, now, label or f"{COLUMN_LABELS[column]}评分")


def _write(assessment, sheet, column, wanted, actor, now, label) -> dict[str, AssessmentMark]:
    ids = {sheet.items[key].pk: key for key in wanted}
    present = {
        ids[row.item_id]: row
        for row in AssessmentMark.objects.filter(
            assessment_id=assessment.pk, column=column, item_id__in=list(ids)
        )
    }
    changes: dict[str, list[Any]] = {}
    stale: dict[str, AssessmentMark] = {}
    new, old = [], []
    for key, (sent, mark) in wanted.items():
        row = present.get(key)
        before = told(row)
        if told(mark) == before:
            continue
        if sent.version is not None and sent.version != (row.version if row else 0):
            stale[key] = row or AssessmentMark(item_id=sheet.items[key].pk, column=column, version=0)
            continue
        changes[f"{COLUMN_LABELS[column]} {key}"] = [before or None, told(mark) or None]
        if row is None:
            row = AssessmentMark(
                assessment_id=assessment.pk, item_id=sheet.items[key].pk, column=column, version=0
            )
            new.append(row)
        else:
            old.append(row)
        row.deduction, row.not_applicable, row.conforms = mark.deduction, mark.not_applicable, mark.conforms
        row.reason, row.version = mark.reason, row.version + 1
        row.marked_by, row.marked_name, row.marked_at = actor.user, actor.name, now
        present[key] = row
    if stale:
        who = "、".join(dict.fromkeys(row.marked_name or "他人" for row in stale.values()))
        numbers = "、".join(list(stale)[:5])
        raise MarkConflict(f"{who}刚刚评了 {numbers}，请看过再定；您填的内容还在页面上，没有丢失。", stale)
    if new:
        AssessmentMark.objects.bulk_create(new)
    if old:
        names = (
            "deduction",
            "not_applicable",
            "conforms",
            "reason",
            "version",
            "marked_by",
            "marked_name",
            "marked_at",
        )
        AssessmentMark.objects.bulk_update(old, names, batch_size=50)
    if changes:
        history.write_events([(assessment, changes)], actor, verb=VERB, label=label)
    return {key: present[key] for key in wanted if key in present}


def copy_marks(assessment: Assessment, source: str, actor: Actor, *, table: str = "") -> int:
    """Take over another column's answers for items that the open column leaves open; returns how many.

    An act of the person, with an Event: what an assessor did not look at never counts as assessed by itself.
    Raises ValidationError for a column that does not come before, and what `save_marks` raises.
    """
    column = check_open(assessment, actor.user)
    order = list(COLUMN_LABELS)
    if source not in order or order.index(source) >= order.index(column):
        raise ValidationError("只能沿用在前一栏的评分。")
    sheet = Sheet(assessment)
    theirs = sheet.marks(source)
    given = [
        Given(
            item.key,
            theirs[item.key].deduction,
            theirs[item.key].not_applicable,
            theirs[item.key].conforms,
            theirs[item.key].reason,
            None,
        )
        for item in sheet.unanswered(column)
        if item.key in theirs and (not table or item.table == table)
    ]
    save_marks(assessment, given, actor, label=f"沿用{COLUMN_LABELS[source]}")
    return len(given)


def verify_marks() -> Iterator[Breach]:
    """Compare every mark with its sheet's history: rows added, changed or taken away behind the portal's back.

    Sheet by sheet: what is held at a time does not grow with their number.
    """
    label = label_of(Assessment)
    events = Event.objects.filter(model=label, verb=VERB).order_by("object_id", "seq").iterator(1000)
    rows = AssessmentMark.objects.select_related("item__table").order_by("assessment_id").iterator(2000)
    by_sheet = merge(
        ((pk, "told", list(part)) for pk, part in groupby(events, attrgetter("object_id"))),
        ((pk, "kept", list(part)) for pk, part in groupby(rows, attrgetter("assessment_id"))),
        key=itemgetter(0),
    )
    for pk, parts in groupby(by_sheet, itemgetter(0)):
        found = {kind: part for _, kind, part in parts}
        said = {name: pair[1] for event in found.get("told", ()) for name, pair in event.changes.items()}
        kept = {}
        for row in found.get("kept", ()):
            key = f"{row.item.table.code}/{row.item.no}"
            kept[f"{COLUMN_LABELS[row.column]} {key}"] = told(plain(key, row)) or None
        if wrong := sorted(name for name in {**said, **kept} if said.get(name) != kept.get(name)):
            yield Breach(label, pk, f"评分未经平台改动：{'、'.join(wrong)}")


def from_data(rows: Any) -> list[Given]:
    """Marks out of a JSON body. Raises ValidationError when it is not a list of marks."""
    rows = [rows] if isinstance(rows, Mapping) else rows
    if (
        not isinstance(rows, list)
        or not rows
        or len(rows) > 500
        or not all(isinstance(r, Mapping) for r in rows)
    ):
        raise ValidationError("请求应为一条评分，或不超过 500 条评分的列表。")
    found = []
    for row in rows:
        key, version, reason = row.get("item"), row.get("version"), row.get("reason", "")
        flag = row.get("not_applicable", False)
        if not isinstance(key, str) or not key:
            raise ValidationError("缺少条目编号 item。")
        if version is not None and (isinstance(version, bool) or not isinstance(version, int)):
            raise ValidationError({key: ["version 应为整数。"]})
        if not isinstance(flag, bool):
            raise ValidationError({key: ["not_applicable 应为 true 或 false。"]})
        if not isinstance(reason, (str, type(None))):
            raise ValidationError({key: ["理由应为文字。"]})
        if isinstance(row.get("deduction"), (list, dict, bool)):
            raise ValidationError({key: ["扣分不是数字。"]})
        found.append(Given(key, row.get("deduction"), flag, row.get("conforms"), reason, version))
    return found
