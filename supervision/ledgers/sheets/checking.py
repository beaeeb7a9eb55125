"""Checking every row of a sheet without writing anything: what it would do, and all that is wrong with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from supervision.flows.models import FlowRecord
from supervision.people.models import User
from supervision.rules.names import name_key

from .. import natural
from ..columns import Column, LinesKind
from ..fields import form_field, limited
from ..ledger import Ledger
from . import acting, matching
from .cells import emptied, out, said, same, value_of
from .reader import SheetData, SheetRow, empty
from .rules import PART, by_pk, holds, named_in, problems, settable, uniques, verbose

CREATE, UPDATE, UNCHANGED, ERROR = "create", "update", "unchanged", "error"
Report = Callable[[int, int], None]


@dataclass
class Staged:
    """What one row would do. `values` holds Python values by field name; of an update only what changes."""

    row: int
    cells: dict[str, Any]
    action: str = CREATE
    values: dict[str, Any] = field(default_factory=dict)
    errors: list[dict] = field(default_factory=list)
    object_id: int | None = None
    version: int | None = None

    def blame(self, message: str, column: str = "", value: str = "") -> None:
        self.action = ERROR
        if not any(e["column"] == column and e["message"] == message for e in self.errors):
            self.errors.append(
                {"column": column, "message": message, "value": value[:200].replace("\x00", "")}
            )


def check(data: SheetData, ledger: Ledger, user: User | None, report: Report | None = None) -> list[Staged]:
    """Check every row of `data` for `user` (None: the portal itself), in the order of the sheet.

    `report(done, total)` is called now and then. Adds sentences to `data.notes`. Writes nothing.
    """
    return _Check(data, ledger, user, report or (lambda done, total: None)).run()


class _Check:
    def __init__(self, data: SheetData, ledger: Ledger, user: User | None, report: Report):
        self.data, self.ledger, self.user, self.report = data, ledger, user, report
        self.model = ledger.model
        self.columns = settable(ledger, data.columns)
        self.read_only = [column for column in data.columns if column not in self.columns]
        self.key = matching.key_columns(ledger, self.columns)
        # Lists of texts have limits of their own, which only their form field knows.
        self.lists = {
            column.key: form_field(column.model_field, user)
            for column in self.columns
            if isinstance(column.model_field, models.JSONField) and isinstance(column.kind, LinesKind)
        }
        self.may_create = acting.may_create(ledger, user)
        self.parsed: list[tuple[dict[str, Any], dict[str, str]]] = []
        self.related: dict[str, dict[str, models.Model | ValueError]] = {}
        self.keys: list[tuple | None] = []
        self.exact: set[int] = set()
        self.instances: dict[int, models.Model] = {}
        self.ignored: dict[str, list[int]] = defaultdict(list)

    def run(self) -> list[Staged]:
        total = len(self.data.rows)
        self.find_related()
        self.parsed = [self.read(row) for row in self.data.rows]
        candidates = self.candidates()
        records_known: dict[int, models.Model] = {}
        staged = []
        for done, row in enumerate(self.data.rows):
            if done % PART == 0:
                wanted = [pk for c in candidates[done : done + PART] for pk in c[:5]]
                records_known = self.fetch(wanted)
            staged.append(self.judge(row, *self.parsed[done], candidates[done], records_known))
            if done % 50 == 0:
                self.report(done, total)
        by_row = {entry.row: entry for entry in staged}
        self.taken_values(by_row)
        self.same_key_twice(staged)
        self.same_value_twice(by_row)
        drafts = [
            (e.row, self.instances[e.row]) for e in staged if e.action == CREATE and e.row in self.instances
        ]
        for row, found in self.ledger.check_sheet(drafts).items():
            self.blame_fields(by_row[row], found)
        for label, rows in self.ignored.items():
            some = "、".join(map(str, rows[:10])) + (f"等 {len(rows)} 行" if len(rows) > 10 else "")
            self.data.notes.append(f"“{label}”列不能通过导入修改，第 {some} 行填写的内容已忽略。")
        self.report(total, total)
        return staged

    # -------------------------------------------------------------------------------------------- reading

    def label(self, column: Column) -> str:
        twins = [other for other in self.ledger.sheet_columns if other.label == column.label]
        return f"{column.group}{column.label}" if len(twins) > 1 else column.label

    def find_related(self) -> None:
        """Look up the records that whole columns name, a few queries for each model."""
        texts: dict[tuple[type[models.Model], models.Q], dict[str, None]] = defaultdict(dict)
        foreign = [c for c in self.columns if isinstance(c.model_field, models.ForeignKey)]
        for column in foreign:
            taken = column.model_field.related_model, limited(column.model_field)[0]
            for row in self.data.rows:
                text = said(row.cells[column.key]).strip()
                if text and "\x00" not in text:
                    texts[taken][text] = None
        found = {}
        for (model, limit), wanted in texts.items():
            pool = acting.visible(natural.pool(model).filter(limit), self.user)
            meant = natural.find(pool, wanted)
            joined = pool.select_related(*getattr(model, "text_joins", ()))
            known = by_pk(joined, {pk for pks in meant.values() for pk in pks})
            found[model, limit] = {text: self.one_of(text, meant.get(text, []), known) for text in wanted}
        self.related = {
            c.key: found.get((c.model_field.related_model, limited(c.model_field)[0]), {}) for c in foreign
        }

    @staticmethod
    def one_of(text: str, pks: list[int], known: dict[int, models.Model]) -> models.Model | ValueError:
        if not pks:
            return ValueError(f"没有找到“{text[:60]}”，请核对名称，或先登记后再导入")
        if len(pks) > 1:
            return ValueError(f"“{text[:60]}”对应 {len(pks)} 条记录，请写全称")
        return known[pks[0]]

    def read(self, row: SheetRow) -> tuple[dict[str, Any], dict[str, str]]:
        """The values of a row's filled cells, and what is wrong with the others, by column key."""
        values, wrong = {}, {}
        for column in self.columns:
            cell = row.cells[column.key]
            if empty(cell):
                continue
            try:
                value = value_of(column, cell, self.data.epoch)
                if column.key in self.related:
                    value = self.related[column.key][value]
                    if isinstance(value, ValueError):
                        raise value
                elif column.key in self.lists:
                    value = self.lists[column.key].clean(value)
                elif not isinstance(column.model_field, models.JSONField):
                    value = column.model_field.to_python(value)
                    # Of long texts only the form knows the limit, not the model.
                    limit = column.model_field.max_length
                    if isinstance(value, str) and limit and len(value) > limit:
                        raise ValueError(f"不能超过 {limit} 字（现有 {len(value)} 字）")
            except ValidationError as error:
                wrong[column.key] = "；".join(error.messages)
            except ValueError as error:
                wrong[column.key] = str(error)
            else:
                values[column.key] = value
        return values, wrong

    # ------------------------------------------------------------------------------------------- matching

    def key_of(self, values: dict[str, Any], wrong: dict[str, str]) -> tuple | None:
        if any(column.key in wrong for column in self.key):
            return None
        key = tuple(matching.comparable(values.get(column.key, default(column))) for column in self.key)
        return key if any(part is not None for part in key) else None

    def candidates(self) -> list[list[int]]:
        """For each row the records it may be about."""
        keys = self.keys = [self.key_of(*parsed) for parsed in self.parsed]
        found = matching.lookup(self.ledger, self.user, self.key, [key for key in keys if key is not None])
        return [found.get(key, []) if key is not None else [] for key in keys]

    def fetch(self, pks: Iterable[int]) -> dict[int, models.Model]:
        return by_pk(acting.records_of(self.ledger, self.user), set(pks))

    def unchanged(self, row: SheetRow, record: models.Model) -> bool:
        return all(same(row.cells[column.key], out(column, record)) for column in self.data.columns)

    # -------------------------------------------------------------------------------------------- judging

    def judge(
        self,
        row: SheetRow,
        values: dict[str, Any],
        wrong: dict[str, str],
        pks: list[int],
        known: dict[int, models.Model],
    ) -> Staged:
        entry = Staged(row.number, row.cells)
        records = [known[pk] for pk in pks if pk in known]
        for record in records:
            if record.pk not in self.exact and self.unchanged(row, record):
                self.exact.add(record.pk)
                entry.action, entry.object_id, entry.version = UNCHANGED, record.pk, record.version
                return entry
        if records and not self.ledger.key:
            # Without a key a row is either there already or new; all that a person fills in is the same here.
            entry.action, entry.object_id, entry.version = UNCHANGED, records[0].pk, records[0].version
            return entry
        if len(records) > 1:
            open_ones = [r for r in records if acting.may_edit(self.ledger, r, self.user)]
            if len(open_ones) != 1:
                entry.blame(f"这一行对应 {len(records)} 条已有记录，无法确定是哪一条，请在页面上修改")
                return entry
            records = open_ones
        if records:
            self.update(entry, row, values, wrong, records[0])
        else:
            self.create(entry, row, values, wrong)
        return entry

    def blame_cells(self, entry: Staged, row: SheetRow, wrong: dict[str, str]) -> None:
        for column in self.columns:
            if column.key in wrong:
                entry.blame(wrong[column.key], self.label(column), said(row.cells[column.key]))

    def create(self, entry: Staged, row: SheetRow, values: dict[str, Any], wrong: dict[str, str]) -> None:
        if not self.may_create:
            entry.blame(f"没有找到这条记录，而您的角色不能新增“{self.ledger.label}”")
            return
        self.blame_cells(entry, row, wrong)
        present = {column.key for column in self.columns}
        for column in settable(self.ledger, self.ledger.sheet_columns):
            if not column.required or column.key in values or column.key in wrong:
                continue
            missing = "必填，不能为空" if column.key in present else "缺少这一列，新增的记录必须填写"
            entry.blame(missing, self.label(column))
        for column in self.read_only:
            if not empty(row.cells[column.key]):
                self.ignored[self.label(column)].append(row.number)
        entry.values = values
        record = self.model()
        if isinstance(record, FlowRecord):
            record.status = self.ledger.flow.initial
        self.validate(entry, record, new=True)

    def update(
        self,
        entry: Staged,
        row: SheetRow,
        values: dict[str, Any],
        wrong: dict[str, str],
        record: models.Model,
    ) -> None:
        entry.action, entry.object_id, entry.version = UPDATE, record.pk, record.version
        keys = {column.key for column in self.key}
        for column in self.columns:
            cell = row.cells[column.key]
            # What names the record is not changed by naming it in another spelling.
            if column.key in keys or same(cell, out(column, record)):
                continue
            if column.key in wrong:
                entry.blame(wrong[column.key], self.label(column), said(cell))
                continue
            try:
                value = values[column.key] if column.key in values else emptied(column)
            except ValueError as error:
                entry.blame(str(error), self.label(column))
                continue
            if value == getattr(record, column.key):
                continue
            if column.key in self.ledger.fixed:
                entry.blame("登记后不能修改", self.label(column), said(cell))
            entry.values[column.key] = value
        for column in self.read_only:
            if not empty(row.cells[column.key]) and not same(row.cells[column.key], out(column, record)):
                self.ignored[self.label(column)].append(row.number)
        if not entry.values and entry.action != ERROR:
            entry.action = UNCHANGED
            return
        if not acting.may_edit(self.ledger, record, self.user):
            state = self.ledger.flow.states[record.status] if self.ledger.flow else None
            if state and not state.editable:
                entry.blame(f"记录的状态为“{state.label}”，不能修改")
            else:
                entry.blame("您不能修改这条记录")
            return
        self.validate(entry, record, new=False)

    def validate(self, entry: Staged, record: models.Model, new: bool) -> None:
        """The model's own rules on the record as it would be; the same that its form applies."""
        self.ledger.prepare(record, self.user, new)
        for name, value in entry.values.items():
            setattr(record, name, value)
        self.blame_fields(entry, problems(record, self.ledger, rules=True))
        self.instances[entry.row] = record

    def blame_fields(self, entry: Staged, found: dict[str, list[str]]) -> None:
        said_already = {error["column"] for error in entry.errors}
        labels = {column.key: self.label(column) for column in self.ledger.columns}
        for name, messages in found.items():
            label = labels.get(name) or (verbose(self.model, name) if name != "__all__" else "")
            if label and label in said_already:
                continue
            for message in messages:
                entry.blame(message, label, said(entry.cells.get(name, "")))

    # ------------------------------------------------------------------------------- rows against each other

    def taken_values(self, by_row: dict[int, Staged]) -> None:
        """Ask the model's unique fields and constraints, which is a query each, only of rows whose values some
        record has already; a few queries find out which those are."""
        suspects: set[int] = set()
        for names in uniques(self.model):
            suspects |= self.shared(names) if names else set(self.instances)
        for row in sorted(suspects):
            self.blame_fields(by_row[row], problems(self.instances[row], self.ledger, uniqueness=True))

    def shared(self, names: tuple[str, ...]) -> set[int]:
        """Rows that have the same values of some columns as a record in the database (other than their own)."""
        rows: dict[tuple, list[int]] = defaultdict(list)
        for row, record in self.instances.items():
            parts = tuple(getattr(record, self.model._meta.get_field(name).attname) for name in names)
            if None not in parts:
                rows[parts].append(row)
        if not rows:
            return set()
        attributes = [self.model._meta.get_field(name).attname for name in names]
        narrow = max(range(len(names)), key=lambda at: len({parts[at] for parts in rows}))
        values, found = sorted({parts[narrow] for parts in rows}, key=str), set()
        for start in range(0, len(values), PART):
            part = {f"{attributes[narrow]}__in": values[start : start + PART]}
            for pk, *parts in self.model._base_manager.filter(**part).values_list("pk", *attributes):
                found |= {row for row in rows.get(tuple(parts), ()) if self.instances[row].pk != pk}
        return found

    def same_key_twice(self, staged: list[Staged]) -> None:
        """Two rows about one record, or two new ones under one key: which is meant, only the sender knows."""
        labels = "、".join(self.label(column) for column in self.key)
        by_record: dict[Any, list[Staged]] = defaultdict(list)
        for entry, key in zip(staged, self.keys, strict=True):
            if entry.action == UNCHANGED and not self.ledger.key:
                continue
            if entry.object_id is not None:
                by_record[entry.object_id].append(entry)
            elif key is not None:
                named = matching.by_name(self.ledger)
                by_record[name_key(str(key[0])) if named else key].append(entry)
        for entries in by_record.values():
            _blame_each_other(entries, labels if self.ledger.key else "")

    def same_value_twice(self, by_row: dict[int, Staged]) -> None:
        """Values that may occur once only, in two rows of the sheet: unique columns, names and aliases."""
        form = set(self.ledger.form_fields) | {"status"}
        unique = [
            ((f.name,), None) for f in self.model._meta.concrete_fields if f.unique and not f.primary_key
        ]
        unique += [
            (tuple(constraint.fields), constraint.condition)
            for constraint in self.model._meta.constraints
            if isinstance(constraint, models.UniqueConstraint)
            and constraint.fields
            and {*constraint.fields, *named_in(constraint.condition)} <= form
        ]
        keys = {column.key for column in self.key}
        for names, condition in unique:
            if set(names) <= keys:
                continue
            groups: dict[tuple, list[int]] = defaultdict(list)
            for row, record in self.instances.items():
                parts = tuple(matching.comparable(getattr(record, name)) for name in names)
                if None not in parts:
                    groups[parts].append(row)
            label = "、".join(verbose(self.model, name) for name in names)
            for rows in groups.values():
                if len(rows) > 1 and condition is not None:
                    rows = [row for row in rows if holds(condition, self.instances[row])]
                _blame_each_other([by_row[row] for row in rows], label)
        if matching.by_name(self.ledger):
            self.names_twice(by_row)

    def names_twice(self, by_row: dict[int, Staged]) -> None:
        owners: dict[str, dict[int, str]] = defaultdict(dict)
        for row, record in self.instances.items():
            texts = [
                record.name,
                getattr(record, "short_name", ""),
                *(getattr(record, "aliases", None) or []),
            ]
            for text in texts:
                if key := name_key(text or ""):
                    owners[key].setdefault(row, text)
        for rows in owners.values():
            for row, text in rows.items():
                others = [other for other in rows if other != row]
                entry = by_row[row]
                if others and not any("相同" in e["message"] or "重复" in e["message"] for e in entry.errors):
                    name = by_row[others[0]]
                    entry.blame(f"名称或别名“{text}”与第 {name.row} 行相同", self.label(self.key[0]), text)


def default(column: Column) -> Any:
    """What a new record has where nothing is filled in."""
    return column.model_field.get_default() if column.model_field.has_default() else None


def _blame_each_other(entries: list[Staged], label: str) -> None:
    if len(entries) < 2:
        return
    for entry in entries:
        others = "、".join(str(other.row) for other in entries if other is not entry)
        entry.blame(f"与第 {others} 行重复", label)
