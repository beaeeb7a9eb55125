"""Acting on a record: what a person may do to it now, and doing it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, DateField, F, Q, QuerySet, When
from django.utils import timezone

from supervision.people import history_guard
from supervision.people.models import OrganizationKind, Role, User
from supervision.people.scope import under

from . import history, records
from .errors import IllegalTransition, LostRace, NotAllowed
from .flow import AUTHORING, Transition
from .forms import left_out, transition_form
from .history import Actor
from .models import Event, FlowRecord
from .reach import label_of

R = TypeVar("R", bound=FlowRecord)

# Counts the attachments of a record by kind; the papers room, which lies above, fills it in.
count_attachments = None


def of_own(way: str, roles: Iterable[str], user: User) -> Q:
    """The records whose organisation at `way` is this person's unit's through one of `roles`: their own, and those
    below it; who sits in an office (处室) speaks for what it is an office of."""
    units = [m.organization for m in user.active_memberships if m.role in roles]
    mine = under(sorted({unit.path for unit in units}), f"{way}__path")
    if above := {unit.parent_id for unit in units if unit.kind == OrganizationKind.OFFICE and unit.parent_id}:
        mine |= Q(**{f"{way}__in": above})
    if Role.BUREAU_STAFF in user.roles & frozenset(roles):
        # They speak for the bureau itself.
        mine |= Q(**{f"{way}__isnull": True}) | Q(**{f"{way}__kind": "bureau"})
    return mine


def _of_own(transition: Transition, user: User) -> Q:
    """The records on which the act is this person's unit's, as their roles in it go."""
    return of_own(transition.own, transition.roles, user)


def open_to(record_list: Iterable[R], user: User) -> dict[int, list[Transition]]:
    """For each record: the transitions its status allows and this person may perform, guards aside.

    The records must have come from `visible_to(user)`. The number of queries does not depend on how many
    records there are.
    """
    record_list = list(record_list)
    if not record_list or not user.is_authenticated:
        return {record.pk: [] for record in record_list}
    model = type(record_list[0])
    flow = model.flow
    ids = [record.pk for record in record_list]
    role_count = len(user.active_memberships)
    reached: dict[frozenset[str], set[int]] = {}
    for transition in flow.transitions:
        mine = frozenset(transition.roles) & user.roles
        if mine and mine not in reached:
            if role_count == 1:
                reached[mine] = set(ids)
            else:
                seen = model.objects.visible_to(user, mine).filter(pk__in=ids)
                reached[mine] = set(seen.values_list("pk", flat=True))
    own: dict[str, set[int]] = {}
    for transition in flow.transitions:
        if transition.own and transition.roles & user.roles:
            mine = model._base_manager.filter(_of_own(transition, user), pk__in=ids)
            own[transition.name] = set(mine.values_list("pk", flat=True))
    barred = {name for t in flow.transitions for name in t.not_by}
    done = records.performers(ids, model, barred, user.pk) if barred else set()
    about = {path for transition in flow.transitions for path in transition.not_of}
    done |= {(pk, path) for path in about for pk in named_at(model, ids, path, user.pk)}
    return {
        record.pk: [
            t
            for t in flow.starting_from(record.status)
            if record.pk in reached.get(frozenset(t.roles) & user.roles, ())
            and t.applies(record, frozenset(t.roles) & user.roles)
            and (not t.own or record.pk in own[t.name])
            and not any((record.pk, name) in done for name in (*t.not_by, *t.not_of))
        ]
        for record in record_list
    }


def waiting_for(model: type[R], user: User) -> QuerySet[R]:
    """The records of `model` on which this person is expected to take the next step, each with `wait_until`: the
    day by which, None without one."""
    expected, own_days = Q(pk__in=()), []
    for transition in model.flow.transitions:
        mine = frozenset(transition.roles) & user.roles
        if not transition.duty or not mine:
            continue
        part = Q(status__in=transition.sources) & transition.condition(mine)
        if transition.own:
            part &= _of_own(transition, user)
        if len(user.active_memberships) > 1:
            part &= Q(pk__in=model.objects.visible_to(user, mine).values("pk"))
        if transition.not_by:
            barred = Event.objects.filter(
                records.done_by(transition.not_by), model=label_of(model), actor_id=user.pk
            ).values("object_id")
            part &= ~Q(pk__in=barred)
        for path in transition.not_of:
            part &= ~Q(pk__in=model._base_manager.filter(**{path: user.pk}).values("pk"))
        expected |= part
        if transition.due_field:
            own_days.append(When(part, then=F(transition.due_field)))
    day = Case(*own_days, default=F("due_on"), output_field=DateField()) if own_days else F("due_on")
    return model.objects.visible_to(user).filter(expected).annotate(wait_until=day)


def available(record: R, user: User) -> list[Transition]:
    """The transitions that would succeed if this person performed them now with a filled-in form."""
    return [t for t in open_to([record], user)[record.pk] if not missing_for(record, t)]


def blocked(record: R, user: User) -> list[tuple[Transition, list[str]]]:
    """The transitions this person is expected to perform but cannot yet, with what is missing."""
    pairs = [(t, missing_for(record, t)) for t in open_to([record], user)[record.pk]]
    return [(t, missing) for t, missing in pairs if missing]


def missing_for(record: R, transition: Transition) -> list[str]:
    """What still stands in the way of a transition, as Chinese sentences."""
    missing = list(transition.guard(record)) if transition.guard else []
    if transition.attachments:
        kinds = count_attachments(record) if count_attachments else {}
        missing += [f"缺少附件：{kind}" for kind in transition.attachments if not kinds.get(kind)]
    return missing


def perform(
    record: R, name: str, actor: Actor, data: Mapping[str, Any] | None = None, *, version: int | None = None
) -> R:
    """Perform the transition `name` and return the record as it then is.

    data      the transition's fields by name, and `opinion`; raw or typed. An optional field that is left out
              keeps the value it has; sent empty, it is emptied
    version   the version the person saw; the record's own when not given

    One transaction: claim the row, check, save, write the Event. Raises IllegalTransition (409) when the
    record's status does not allow it, NotAllowed (403), LostRace (409) when somebody was faster, and
    ValidationError by field. Nothing is written when it raises.
    """
    transition = record.flow.by_name.get(name)
    if transition is None:
        raise IllegalTransition(f"没有“{name}”这一操作。")
    user = actor.user
    form = transition_form(record, transition, user, data or {})
    if not form.is_valid():
        # Whether one may at all comes before what one forgot to fill in.
        check_may(record, transition, user)
        raise ValidationError(form.errors.as_data())
    seen = version if version is not None else form.cleaned_data.pop("version", None)
    form.cleaned_data.pop("version", None)
    with transaction.atomic(), history_guard.writer():
        if seen is not None:
            record.version = seen
        if not records.claim(record, status__in=transition.sources):
            fresh = type(record)._base_manager.filter(pk=record.pk).first()
            if fresh is not None and fresh.status not in transition.sources:
                _check_role(record, transition, user)
                raise IllegalTransition(
                    f"“{fresh.status_label}”状态下不能“{transition.label}”。{records.lost_message(record)}"
                )
            raise LostRace(records.lost_message(record))
        before = type(record)._base_manager.get(pk=record.pk)
        current = type(record)._base_manager.get(pk=record.pk)
        check_may(before, transition, user)
        if missing := missing_for(current, transition):
            raise ValidationError(missing)
        opinion = form.cleaned_data.pop("opinion", "") or ""
        for field, value in form.cleaned_data.items():
            if not left_out(form, field):
                setattr(current, field, value)
        if transition.target:
            current.status = transition.target
            current.status_since = timezone.now()
        if transition.returns:
            current.returned += 1
        current.due_on = transition.deadline(current) if transition.deadline else None
        if transition.effect:
            transition.effect(current, form.cleaned_data | {"opinion": opinion}, actor)
        current.full_clean(exclude={"status"})
        changes = history.difference(before, current)
        records.save_changed(current, changes)
        changes = history.difference(before, current)
        history.write_events(
            [(current, changes)],
            actor,
            verb="transition",
            name=transition.name,
            label=transition.label,
            reason=opinion,
        )
        current.after_write(changes, actor)
    return current


def named_at(model: type[FlowRecord], ids: Iterable[int], path: str, user_id: int) -> set[int]:
    """Which of these records name this person at `path`."""
    found = model._base_manager.filter(pk__in=list(ids), **{path: user_id})
    return set(found.values_list("pk", flat=True))


def _check_role(record: FlowRecord, transition: Transition, user: User | None) -> None:
    mine = frozenset(transition.roles) & (user.roles if user else frozenset())
    if not mine or not type(record).objects.visible_to(user, mine).filter(pk=record.pk).exists():
        raise NotAllowed(f"您的角色不能办理“{transition.label}”。")
    if (
        transition.own
        and not type(record)._base_manager.filter(_of_own(transition, user), pk=record.pk).exists()
    ):
        raise NotAllowed(f"“{transition.label}”由有关单位自己的人员办理。")
    if not transition.applies(record, mine):
        raise IllegalTransition(f"该记录不适用“{transition.label}”。")


def check_may(record: FlowRecord, transition: Transition, user: User | None) -> None:
    """Raise what stops this person: role and scope (NotAllowed), status (IllegalTransition), or having done an
    earlier step that bars this one, or being named where this one says so (NotAllowed). Passes silently when
    nothing does."""
    _check_role(record, transition, user)
    if record.status not in transition.sources:
        raise IllegalTransition(f"“{record.status_label}”状态下不能“{transition.label}”。")
    if transition.not_by and records.performers([record.pk], type(record), transition.not_by, user.pk):
        steps = {name: one.label for name, one in record.flow.by_name.items()} | AUTHORING
        labels = "、".join(f"“{steps[name]}”" for name in transition.not_by)
        raise NotAllowed(f"办理过{labels}的人不能再办理“{transition.label}”。")
    if any(named_at(type(record), [record.pk], path, user.pk) for path in transition.not_of):
        raise NotAllowed(f"经办过所涉记录的人不能办理“{transition.label}”，请由他人办理。")
