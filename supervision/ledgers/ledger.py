"""The declaration of a ledger. See docs/adding-a-ledger.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, ClassVar

from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse

from supervision.flows import perform, records
from supervision.flows.conditions import holds
from supervision.flows.errors import NotAllowed
from supervision.flows.history import Actor
from supervision.flows.models import FlowRecord
from supervision.people.models import READER_ROLES, Role, User
from supervision.people.records import Record

from .columns import ChoiceKind, Column, kind_of


@dataclass(frozen=True)
class Panel:
    """Records of another ledger shown on this one's page: those whose `field` points here."""

    ledger: str
    field: str
    label: str = ""
    columns: tuple[str, ...] = ()
    rows: int = 10


def all_among(pks: list[int], rows: models.QuerySet) -> bool:
    """Whether every one of these records is among the rows; one query for five hundred."""
    parts = (pks[start : start + 500] for start in range(0, len(pks), 500))
    return sum(rows.filter(pk__in=part).count() for part in parts) == len(pks)


class Ledger:
    """One named list of records of one kind.

    A subclass states what differs; `@register` makes the pages, the API, the sheets, the menu entry and the
    rows of the generated tests. Attributes with a default may be left out.
    """

    model: ClassVar[type[models.Model]]
    slug: ClassVar[str]
    label: ClassVar[str]
    columns: ClassVar[tuple[Column, ...] | list[Column]]
    # Where it stands: first-level menu label (None: not in the menu) and order.
    menu: ClassVar[str | None] = None
    order: ClassVar[int] = 100
    # The heading in the menu under which the ledgers of one family stand together.
    family: ClassVar[str] = ""
    icon: ClassVar[str] = "table"
    intro: ClassVar[str] = ""
    # Who: roles that may open it, add to it, change it.
    view_roles: ClassVar[frozenset[str]] = READER_ROLES
    create_roles: ClassVar[frozenset[str]] = frozenset()
    edit_roles: ClassVar[frozenset[str]] = frozenset()
    # Role → the records its holders may change, where not all: asks the record's own columns, as in a Transition.
    edit_when: ClassVar[Mapping[str, Q]] = {}
    attach_roles: ClassVar[frozenset[str]] = frozenset()
    # The way to the organisation whose own people alone write its records, and add files, where seeing one is not
    # enough (as in a Transition); roles that keep them for every unit.
    own: ClassVar[str] = ""
    own_but: ClassVar[frozenset[str]] = frozenset()
    # To whom the menu offers it, of those who may open it: what serves works alone is no place for an enterprise.
    menu_roles: ClassVar[frozenset[str]] = READER_ROLES - {Role.ENTERPRISE}
    # What this ledger calls a field, where the model's own word does not fit; which of a field's choices it knows.
    labels: ClassVar[Mapping[str, str]] = {}
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    # Fields that its form asks for, though the table may go without them for the sake of others.
    asks: ClassVar[tuple[str, ...]] = ()
    # Form: (group label, field names); every writable column in one group when empty.
    groups: ClassVar[tuple[tuple[str, tuple[str, ...]], ...]] = ()
    # Fields that are set when a record is made and never changed after.
    fixed: ClassVar[tuple[str, ...]] = ()
    # Lists.
    filters: ClassVar[tuple[str, ...]] = ()
    filterset_class: ClassVar[type | None] = None
    search: ClassVar[tuple[str, ...]] = ()
    # Whether the search box over everything finds its records too.
    findable: ClassVar[bool] = True
    ordering: ClassVar[tuple[str, ...]] = ("-pk",)
    related: ClassVar[tuple[str, ...]] = ()
    panels: ClassVar[tuple[Panel, ...]] = ()
    batch: ClassVar[tuple[str, ...]] = ()
    # Sheets: the columns that say which record a row is; none: every imported row is new.
    key: ClassVar[tuple[str, ...]] = ()
    importable: ClassVar[bool] = True
    exportable: ClassVar[bool] = True
    sheet_title: ClassVar[str] = ""
    # Extra template parts on list and detail pages.
    list_templates: ClassVar[tuple[str, ...]] = ()
    detail_templates: ClassVar[tuple[str, ...]] = ()
    # The same, above the record's facts.
    lead_templates: ClassVar[tuple[str, ...]] = ()
    # Verbs of events that a record's own page leaves to its full history (many small steps of one act).
    quiet_verbs: ClassVar[tuple[str, ...]] = ()

    def __init__(self):
        fields = {field.name: field for field in self.model._meta.concrete_fields}
        for column in self.columns:
            column.model_field = fields.get(column.key)
            target = self._field_at(column.source.replace(".", "__") or column.key)
            if column.kind is None and column.key in self.choices:
                column.kind = ChoiceKind(dict(self.choices_of(target)))
            if column.kind is None:
                column.kind = (
                    self._status_kind() if column.key == "status" else kind_of(target or models.CharField())
                )
            if not column.label:
                column.label = self.labels.get(column.key, "")
            if not column.label:
                column.label = str(target.verbose_name) if target is not None else column.key
            field = column.model_field
            column.writable = bool(field is not None and field.editable and not column.source)
            column.required = bool(column.writable and not field.blank and not field.has_default())
            column.required |= column.writable and column.key in self.asks
            if column.sortable is None:
                column.sortable = field is not None and not isinstance(field, models.JSONField)

    def _status_kind(self) -> ChoiceKind | None:
        flow = self.flow
        if flow is None:
            return None
        return ChoiceKind(dict(flow.choices()), {code: state.color for code, state in flow.states.items()})

    def _field_at(self, path: str) -> models.Field | None:
        model, field = self.model, None
        for step in path.split("__"):
            try:
                field = model._meta.get_field(step)
            except Exception:
                return None
            model = getattr(field, "related_model", None)
        return field if isinstance(field, models.Field) else None

    def choices_of(self, field: models.Field) -> list[tuple[str, str]]:
        """The choices of a column that this ledger knows."""
        known = self.choices.get(field.name)
        return [pair for pair in field.flatchoices if known is None or pair[0] in known]

    # ------------------------------------------------------------------------------------------ records

    @property
    def flow(self):
        return getattr(self.model, "flow", None) if issubclass(self.model, FlowRecord) else None

    @property
    def keeps_history(self) -> bool:
        return issubclass(self.model, Record)

    @cached_property
    def joins(self) -> tuple[str, ...]:
        """Foreign keys that the columns read, so that a page of any length takes the same queries."""
        found = list(self.related)
        for column in self.columns:
            steps = (column.source or column.key).split(".")
            path, model = [], self.model
            for step in steps:
                try:
                    field = model._meta.get_field(step)
                except Exception:
                    break
                if not isinstance(field, models.ForeignKey):
                    break
                path.append(step)
                model = field.related_model
            if path:
                found.append("__".join(path))
                found += [f"{'__'.join(path)}__{more}" for more in getattr(model, "text_joins", ())]
        return tuple(dict.fromkeys(found + list(getattr(self.model, "text_joins", ()))))

    def base(self) -> models.QuerySet:
        """All records that belong to the ledger, before scope. Narrow it for what is never listed."""
        return self.model.objects.all()

    def pool(self) -> models.QuerySet:
        """The records of the model that a pick list may offer, before scope and what the field asks: those listed
        here. Wider where other ledgers keep further rows of the table."""
        return self.base()

    def holds(self, record: models.Model) -> bool:
        """Whether a record of the model belongs here, and not to another ledger of the same table."""
        return True

    def queryset(self, user: User) -> models.QuerySet:
        """The records `user` may see in this ledger, with what the columns need."""
        return self._seen(self.base(), user)

    def reachable(self, user: User) -> models.QuerySet:
        """Those, and what ledgers of the same table keep."""
        return self._seen(self.pool(), user)

    def _seen(self, rows: models.QuerySet, user: User) -> models.QuerySet:
        if not self.may_view(user):
            return self.model.objects.none()
        visible = rows.visible_to(user)
        return visible.select_related(*self.joins) if self.joins else visible

    # ------------------------------------------------------------------------------------------ who may

    def may_view(self, user: User) -> bool:
        """Whether the person's roles open this ledger at all; which records is the scope's matter."""
        return bool(user.is_authenticated and user.roles & self.view_roles)

    def in_menu(self, roles: frozenset[str]) -> bool:
        """Whether the menu offers it to somebody signed in who holds these roles."""
        return bool(self.menu and roles & self.view_roles and roles & self.menu_roles)

    def may_create(self, user: User) -> bool:
        return self.may_view(user) and bool(user.roles & self.create_roles)

    def may_edit(self, record: models.Model, user: User) -> bool:
        """Whether the person may change the record's fields now: role, scope through that role, and status."""
        mine = {role for role in user.roles & self.edit_roles if holds(self.edit_when.get(role, Q()), record)}
        if not mine or not self.may_view(user):
            return False
        if self.flow and not self.flow.states[record.status].editable:
            return False
        if not self.is_own([record.pk], user, mine):
            return False
        if len(user.active_memberships) == 1:
            return True
        return self.model.objects.visible_to(user, mine).filter(pk=record.pk).exists()

    def may_attach(self, record: models.Model, user: User) -> bool:
        """Whether the person may add files: those who may change the record or have a step to take on it."""
        if not self.keeps_history or not self.may_view(user):
            return False
        adding = user.roles & self.attach_roles
        if (adding and self.is_own([record.pk], user, adding)) or self.may_edit(record, user):
            return True
        return bool(self.flow and any(t.duty for t in perform.open_to([record], user)[record.pk]))

    def may_void(self, record: models.Model, file: Any, user: User) -> bool:
        """Whether the person may mark a file of the record as no longer valid: whoever may add files."""
        return self.may_attach(record, user)

    def is_own(self, pks: list[int], user: User, roles: Iterable[str]) -> bool:
        """Whether all these records are this person's unit's to write through one of `roles`, where the ledger says
        so."""
        if not self.own or self.own_but & user.roles & frozenset(roles):
            return True
        return all_among(pks, self.model._base_manager.filter(perform.of_own(self.own, roles, user)))

    def check_reach(self, saved: list[models.Model], user: User) -> None:
        """Raise NotAllowed unless every record just saved lies where this person may write.

        Asked after saving, inside the transaction: whoever files under another's section, or moves a record
        out of their own sight, is told and nothing remains.
        """
        roles = user.roles & (self.create_roles | self.edit_roles)
        pks = [record.pk for record in saved]
        if not all_among(pks, self.model.objects.visible_to(user, roles)):
            raise NotAllowed(f"您无权在所选的项目、标段或单位下登记{self.label}。")
        if not self.is_own(pks, user, roles):
            raise NotAllowed(f"{self.label}由有关单位自己的人员登记。")

    # ------------------------------------------------------------------------------------------ forms

    @cached_property
    def form_groups(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        if self.groups:
            return self.groups
        return (("", tuple(column.key for column in self.columns if column.writable)),)

    @cached_property
    def form_fields(self) -> tuple[str, ...]:
        return tuple(name for _, names in self.form_groups for name in names)

    def prepare(self, record: models.Model, user: User | None, new: bool) -> None:
        """Fill in what follows from who files the record. Called before validation."""

    def there(self, record: models.Model) -> models.Model | None:
        """The record that already says what this new one would: whoever files it is led there, and nothing is made.
        Asked inside the transaction that would make it."""
        return None

    def look_at(self, records: list[models.Model]) -> None:
        """Called with the records of a page, or of a part of a sheet, before they are drawn: for columns that are
        found for many at once."""

    def check_sheet(self, drafts: list[tuple[int, models.Model]]) -> dict[int, dict[str, list[str]]]:
        """What is wrong with new rows of a sheet as they stand together: drafts (row, record) in the order of the
        sheet → {row: {field: sentences}}. For rows that name one another, as the nodes of a tree do."""
        return {}

    def save(self, form: Any, actor: Actor, *, new: bool) -> models.Model:
        """Save a valid LedgerForm with its Event; a new record that is there already comes back as it is. Raises
        FlowError or ValidationError; nothing half-written."""
        with transaction.atomic():
            if new and (there := self.there(form.instance)) is not None:
                return there
            if new:
                record = records.create(form.instance, actor)
            else:
                values = {
                    name: form.cleaned_data[name] for name in self.form_fields if name in form.cleaned_data
                }
                fresh = self.model._base_manager.get(pk=form.instance.pk)
                record = records.update(fresh, values, actor, version=form.cleaned_data.get("version"))
            self.check_reach([record], actor.user)
        return record

    # ------------------------------------------------------------------------------------------ addresses

    @cached_property
    def url(self) -> str:
        return reverse(f"{self.slug}:list")

    def record_url(self, pk: int) -> str:
        return reverse(f"{self.slug}:detail", args=[pk])

    def column(self, key: str) -> Column:
        return next(column for column in self.columns if column.key == key)

    @property
    def sheet_columns(self) -> list[Column]:
        return [column for column in self.columns if column.sheet]

    def title_of(self, record: models.Model) -> str:
        return str(record)

    def more_context(self, record: models.Model, user: User) -> dict[str, Any]:
        """More context for `detail_templates`."""
        return {}

    def opened(self, record: models.Model, actor: Actor) -> None:
        """Called when somebody opens a record's page, or reads it by the API."""

    def steps(self, record: models.Model) -> Iterable[dict]:
        """The progress strip: the statuses along which the record came, each with its day and person, and those
        that lie ahead where the flow knows them.

        The day is the one the act was dated, where the act has a date of its own, else that of the event.
        """
        if not self.flow:
            return []
        seen = []
        for event in records.events_of(record).order_by("seq"):
            status = event.changes.get("status", [None, None])[1]
            if status in self.flow.states:
                label = self.flow.states[status].label
                day = self._acted_on(event) or event.at
                seen.append({"label": label, "state": "done", "date": day, "actor": event.actor_name})
        if seen:
            state = self.flow.states[record.status]
            ended = "failed" if state.color == "red" else "done"
            seen[-1]["state"] = ended if state.final else "current"
        return seen + [{"label": label, "state": "ahead"} for label in record.ahead()]

    def _acted_on(self, event: Any) -> date | None:
        transition = self.flow.by_name.get(event.name)
        for name in (*transition.fields, *transition.optional) if transition else ():
            value = event.changes.get(name, [None, None])[1]
            if value and isinstance(self.model._meta.get_field(name), models.DateField):
                return date.fromisoformat(value[:10])
        return None
