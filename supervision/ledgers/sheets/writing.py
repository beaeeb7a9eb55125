"""Writing a checked batch, all or nothing, and taking it back."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import ProtectedError, Q
from django.utils import timezone

from supervision.flows import history, records
from supervision.flows.errors import FlowError, IllegalTransition, LostRace, NotAllowed
from supervision.flows.history import Actor
from supervision.flows.models import Event
from supervision.flows.reach import model_named
from supervision.jobs import services
from supervision.jobs.models import JobRun
from supervision.people.models import User

from ..ledger import Ledger
from ..models import ImportBatch, ImportRow
from ..registry import get
from . import acting, matching
from .rules import PART, by_pk
from .staging import INLINE_ROWS, restored

State, Action = ImportBatch.State, ImportRow.Action
CREATE_PART = 100


class Refused(FlowError):
    """The batch as it was checked cannot be written (or taken back); `rows` says what is wrong with which."""

    http_status = 409
    code = "conflict"

    def __init__(self, faults: dict[int, str], lead: str):
        shown = [f"第 {row} 行：{text}" if row else text for row, text in sorted(faults.items())[:10]]
        more = f"等共 {len(faults)} 处" if len(faults) > len(shown) else ""
        super().__init__(f"{lead}{'；'.join(shown)}{more}")
        self.rows = faults


# ------------------------------------------------------------------------------------------------------- asking


def commit(batch: ImportBatch, user: User | None, *, good_only: bool = False) -> bool:
    """Write a checked batch now, or hand it to a job when it is long. False: it was asked for already.

    Raises NotAllowed or Refused (naming rows; nothing was written then), IllegalTransition while rows are
    faulty and `good_only` is not set.
    """
    if batch.state == State.STAGED and batch.error_count and not good_only:
        raise IllegalTransition(f"还有 {batch.error_count} 行有误，请改正后重新上传，或只写入无误的行。")
    writes = batch.rows.filter(action__in=(Action.CREATE, Action.UPDATE)).count()
    if writes <= INLINE_ROWS:
        return write(batch.pk, user, good_only=good_only)
    with transaction.atomic():
        if not _waiting(batch.pk).update(state=State.COMMITTING, good_only=good_only, message=""):
            return False
        run = services.enqueue(
            "commit_import",
            {"batch": batch.pk},
            user,
            key=f"commit-{batch.pk}",
            label=f"写入导入的{get(batch.ledger).label}：{batch.filename}"[:200],
        )
        ImportBatch.objects.filter(pk=batch.pk).update(job=run)
    return True


def _waiting(batch_id: int) -> models.QuerySet:
    """The batch if it may be written: checked, or left over from a job that came to an end without writing it."""
    dead = Q(state=State.COMMITTING) & (Q(job=None) | ~Q(job__state__in=JobRun.UNFINISHED))
    ready = ImportBatch.objects.filter(pk=batch_id).filter(Q(state=State.STAGED) | dead).values("pk")
    return ImportBatch.objects.filter(pk__in=list(ready.values_list("pk", flat=True))).filter(
        state__in=(State.STAGED, State.COMMITTING)
    )


def write(batch_id: int, user: User | None, *, good_only: bool = False, run: JobRun | None = None) -> bool:
    """Write the faultless rows of a batch in one transaction. False when it was written already.

    Raises Refused and NotAllowed with nothing written; the rows that are to blame are marked in the batch.
    """
    try:
        with transaction.atomic():
            mine = (
                ImportBatch.objects.filter(pk=batch_id, state=State.COMMITTING) if run else _waiting(batch_id)
            )
            # Taking the row first keeps a second delivery waiting until this one has written or given up.
            if not mine.update(state=State.COMMITTED, committed_at=timezone.now(), message=""):
                return False
            batch = ImportBatch.objects.get(pk=batch_id)
            if batch.error_count and not (good_only or batch.good_only):
                raise Refused({}, f"还有 {batch.error_count} 行有误。")
            _Writer(batch, user, run).write()
            if run is not None:
                services.hold(run)
    except (Refused, NotAllowed) as refusal:
        _put_back(batch_id, refusal)
        raise
    return True


def _put_back(batch_id: int, refusal: FlowError) -> None:
    faults = getattr(refusal, "rows", {})
    with transaction.atomic():
        for row in ImportRow.objects.filter(
            batch_id=batch_id, row__in=[number for number in faults if number]
        ):
            row.errors = [*row.errors, {"column": "", "message": faults[row.row], "value": ""}]
            row.action = Action.ERROR
            row.save()
        rows = ImportRow.objects.filter(batch_id=batch_id)
        ImportBatch.objects.filter(pk=batch_id, state__in=(State.STAGED, State.COMMITTING)).update(
            state=State.STAGED,
            message=refusal.message,
            error_count=rows.filter(action=Action.ERROR).count(),
            created=rows.filter(action=Action.CREATE).count(),
            updated=rows.filter(action=Action.UPDATE).count(),
        )


# ------------------------------------------------------------------------------------------------------ writing


class _Writer:
    def __init__(self, batch: ImportBatch, user: User | None, run: JobRun | None):
        self.batch, self.user, self.run = batch, user, run
        self.ledger: Ledger = get(batch.ledger)
        self.model = self.ledger.model
        self.actor = Actor.of(user, "import").in_batch(batch.tag)
        self.faults: dict[int, str] = {}
        self.saved: list[tuple[ImportRow, models.Model]] = []
        self.done = 0
        wanted = batch.rows.filter(action__in=(Action.CREATE, Action.UPDATE)).order_by("row")
        self.rows = list(wanted)

    def write(self) -> None:
        if not acting.may_import(self.ledger, self.user):
            raise NotAllowed(f"您的角色现在不能导入“{self.ledger.label}”。")
        self.update([row for row in self.rows if row.action == Action.UPDATE])
        self.create([row for row in self.rows if row.action == Action.CREATE])
        self.stop_on_faults()
        self.check_reach()
        for row, record in self.saved:
            row.object_id = record.pk
        ImportRow.objects.bulk_update([row for row, _ in self.saved], ["object_id"], batch_size=PART)

    def stop_on_faults(self) -> None:
        if self.faults:
            raise Refused(self.faults, "没有写入任何数据。")

    def report(self, count: int = 1) -> None:
        self.done += count
        if self.run is not None:
            services.progress(self.run, self.done, len(self.rows), "写入")

    def update(self, rows: list[ImportRow]) -> None:
        for start in range(0, len(rows), PART):
            part = rows[start : start + PART]
            known = by_pk(acting.records_of(self.ledger, self.user), {row.object_id for row in part})
            for row in part:
                self.update_one(row, known.get(row.object_id))
                self.report()

    def update_one(self, row: ImportRow, record: models.Model | None) -> None:
        if record is None:
            self.faults[row.row] = "检查之后，记录已被删除或不再归您查看"
        elif record.version != row.version:
            last = records.last_event(record)
            who = f"{last.actor_name}于 {timezone.localtime(last.at):%m-%d %H:%M} " if last else ""
            self.faults[row.row] = f"检查之后，{who}修改了这条记录，请重新上传检查"
        elif not acting.may_edit(self.ledger, record, self.user):
            self.faults[row.row] = "您现在不能修改这条记录"
        else:
            try:
                # Its own savepoint: a refused row must leave the transaction able to look at the next.
                with transaction.atomic():
                    values = restored(self.model, row.values)
                    saved = records.update(record, values, self.actor, version=row.version, label="导入更新")
                self.saved.append((row, saved))
            except (ValidationError, FlowError, IntegrityError) as error:
                self.faults[row.row] = self.words(error)

    def create(self, rows: list[ImportRow]) -> None:
        if rows and not acting.may_create(self.ledger, self.user):
            raise NotAllowed(f"您的角色现在不能新增“{self.ledger.label}”。")
        self.refuse_known(rows)
        rows = [row for row in rows if row.row not in self.faults]
        for start in range(0, len(rows), CREATE_PART):
            part = rows[start : start + CREATE_PART]
            if not self.create_some(part):
                for row in part:
                    self.create_some([row])
            self.report(len(part))

    def create_some(self, rows: list[ImportRow]) -> bool:
        made = [self.new(row) for row in rows]
        try:
            with transaction.atomic():
                # Of many at once the database tells whether all is well; if not, one by one says what is wrong.
                records.create_many(made, self.actor, label="导入新增", by_database=len(made) > 1)
        except (ValidationError, FlowError, IntegrityError) as error:
            if len(rows) == 1:
                self.faults[rows[0].row] = self.words(error)
            return False
        self.saved += zip(rows, made, strict=True)
        return True

    def new(self, row: ImportRow) -> models.Model:
        record = self.model()
        self.ledger.prepare(record, self.user, True)
        for name, value in restored(self.model, row.values).items():
            setattr(record, name, value)
        return record

    def refuse_known(self, rows: list[ImportRow]) -> None:
        """Somebody may have made the same record since the check: the same file sent twice, for one."""
        present = [self.ledger.column(key) for key in self.batch.columns]
        columns = [c for c in matching.key_columns(self.ledger, present) if c.key in self.ledger.form_fields]
        keys = {}
        for row in rows:
            values = restored(self.model, row.values)
            keys[row.row] = tuple(matching.comparable(values.get(c.model_field.attname)) for c in columns)
        known = matching.lookup(self.ledger, self.user, columns, list(keys.values()))
        made_here = {record.pk for _, record in self.saved}
        for row, key in keys.items():
            pks = set(known.get(key, ())) - made_here
            if pks and (not self.ledger.flow or not self.all_closed(pks)):
                self.faults[row] = "检查之后，同一条记录已被登记，请重新上传检查"

    def all_closed(self, pks: set[int]) -> bool:
        final = [code for code, state in self.ledger.flow.states.items() if state.final]
        return not self.model._base_manager.filter(pk__in=pks).exclude(status__in=final).exists()

    def check_reach(self) -> None:
        if self.user is None or not self.saved:
            return
        try:
            self.ledger.check_reach([record for _, record in self.saved], self.user)
        except NotAllowed as error:
            faults: dict[int, str] = {}
            for row, record in self.saved:
                try:
                    self.ledger.check_reach([record], self.user)
                except NotAllowed as single:
                    faults[row.row] = single.message
            raise Refused(faults or {0: error.message}, "没有写入任何数据。") from error

    def words(self, error: Exception) -> str:
        """What went wrong with one row, with the labels of its columns."""
        if isinstance(error, FlowError):
            return error.message
        if isinstance(error, IntegrityError):
            return "与另一条记录重复"
        if not hasattr(error, "error_dict"):
            return "；".join(error.messages)
        labels = {f.name: str(f.verbose_name) for f in self.model._meta.concrete_fields}
        labels |= {column.key: column.label for column in self.ledger.columns}
        parts = []
        for name, errors in error.error_dict.items():
            text = "；".join(message for e in errors for message in e.messages)
            parts.append(f"{labels[name]}：{text}" if name in labels else text)
        return "；".join(parts)


# ------------------------------------------------------------------------------------------------- taking back


def ask_undo(batch: ImportBatch, user: User | None) -> None:
    """Take a written batch back now, or hand that to a job when it is long. Raises as `undo` does."""
    if batch.created + batch.updated <= INLINE_ROWS:
        undo(batch.pk, user)
        return
    with transaction.atomic():
        run = services.enqueue(
            "undo_import",
            {"batch": batch.pk},
            user,
            key=f"undo-{batch.pk}",
            label=f"撤销导入：{batch.filename}"[:200],
        )
        ImportBatch.objects.filter(pk=batch.pk).update(job=run)


def undo(batch_id: int, user: User | None, run: JobRun | None = None) -> None:
    """Remove what a batch created and set back what it changed, in one transaction.

    Raises Refused, naming rows, when somebody wrote one of its records since or others refer to it; then
    nothing is changed. IllegalTransition when the batch is not written.
    """
    with transaction.atomic():
        mine = ImportBatch.objects.filter(pk=batch_id, state=State.COMMITTED)
        if not mine.update(state=State.UNDONE, message=""):
            raise IllegalTransition("这一批没有写入，或已经撤销。")
        batch = ImportBatch.objects.get(pk=batch_id)
        if not acting.may_import(get(batch.ledger), user):
            raise NotAllowed("您的角色现在不能撤销这次导入。")
        _take_back(batch, Actor.of(user, "import").in_batch(f"undo-{batch.pk}"), run)
        if run is not None:
            services.hold(run)


def _take_back(batch: ImportBatch, actor: Actor, run: JobRun | None) -> None:
    # The events tell more than the rows: what followed from a row (a predecessor's end) is undone with it.
    chains: dict[tuple[str, int], list[Event]] = defaultdict(list)
    for event in Event.objects.filter(batch=batch.tag).order_by("pk"):
        chains[event.model, event.object_id].append(event)
    own = get(batch.ledger).model._meta.label_lower
    rows = {(own, row.object_id): row.row for row in batch.rows.exclude(object_id=None)}
    faults: dict[int, str] = {}
    by_model: dict[str, list[int]] = defaultdict(list)
    for label, pk in chains:
        by_model[label].append(pk)
    for label, pks in by_model.items():
        for pk, (seq, _) in history.heads(model_named(label), pks).items():
            if seq != chains[label, pk][-1].seq:
                faults[rows.get((label, pk), 0)] = f"“{chains[label, pk][-1].title}”在导入之后又有变动"
    if faults:
        raise Refused(faults, "不能撤销，没有改动任何数据。")
    reason = f"撤销导入“{batch.filename}”"
    for done, ((label, pk), events) in enumerate(reversed(chains.items()), 1):
        model = model_named(label)
        record = model._base_manager.get(pk=pk)
        try:
            with transaction.atomic():
                if events[0].verb == "create":
                    records.delete(record, actor, reason=reason)
                else:
                    _set_back(record, events, actor, reason)
        except ProtectedError:
            faults[rows.get((label, pk), 0)] = f"“{record}”已被其他记录引用，请先处理那些记录"
        except (LostRace, ValidationError, IntegrityError) as error:
            faults[rows.get((label, pk), 0)] = getattr(error, "message", f"“{record}”不能恢复原值")
        if run is not None:
            services.progress(run, done, len(chains), "撤销")
    if faults:
        raise Refused(faults, "不能撤销，没有改动任何数据。")


def _set_back(record: models.Model, events: list[Event], actor: Actor, reason: str) -> None:
    before: dict[str, Any] = {}
    for event in events:
        for name, pair in event.changes.items():
            before.setdefault(name, pair[0])
    values = restored(type(record), before)
    records.update(record, values, actor, label="撤销导入", reason=reason, clean=False)
