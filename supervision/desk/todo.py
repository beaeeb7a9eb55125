"""What a person must do next, over all ledgers that travel."""

from __future__ import annotations

from datetime import date, timedelta
from heapq import nsmallest
from operator import itemgetter
from typing import Any

from django.core.cache import cache
from django.db.models import Count, F, Q, Value
from django.utils import timezone

from supervision.flows import perform
from supervision.flows.reach import model_named
from supervision.ledgers.ledger import Ledger
from supervision.ledgers.registry import all_ledgers
from supervision.papers.documents.models import Document
from supervision.people.models import User

SOON_DAYS = 3
COUNT_SECONDS = 60
# A statement of more parts than this takes a database longer to plan than the trips it saves.
AT_ONCE = 40


def travelling(user: User) -> list[Ledger]:
    """The ledgers of records that travel and that this person may open."""
    return [ledger for ledger in all_ledgers() if ledger.flow and ledger.may_view(user)]


def on_duty(user: User) -> list[Ledger]:
    """Those of them in which a step may wait for this person."""
    mine = user.roles
    return [
        ledger
        for ledger in travelling(user)
        if any(transition.duty and transition.roles & mine for transition in ledger.flow.transitions)
    ]


def waiting(ledger: Ledger, user: User):
    """The records of a ledger that wait for this person."""
    return perform.waiting_for(ledger.model, user)


def counts_by_ledger(user: User) -> list[tuple[Ledger, dict[str, int]]]:
    """How many steps wait for a person in each ledger: total, overdue, soon (due within three days). One statement
    for `AT_ONCE` ledgers; those in which nothing waits are left out."""
    today = timezone.localdate()
    ledgers = on_duty(user)
    parts = [
        waiting(ledger, user)
        .order_by()
        .annotate(wait_ledger=Value(number))
        .values("wait_ledger")
        .annotate(
            wait_total=Count("pk"),
            wait_overdue=Count("pk", filter=Q(wait_until__lt=today)),
            wait_soon=Count(
                "pk", filter=Q(wait_until__gte=today, wait_until__lte=today + timedelta(days=SOON_DAYS))
            ),
        )
        for number, ledger in enumerate(ledgers)
    ]
    found = []
    for at in range(0, len(parts), AT_ONCE):
        first, *others = parts[at : at + AT_ONCE]
        found += first.union(*others, all=True) if others else first
    return [
        (ledgers[row["wait_ledger"]], {name: row[f"wait_{name}"] for name in ("total", "overdue", "soon")})
        for row in sorted(found, key=itemgetter("wait_ledger"))
        if row["wait_total"]
    ]


def summed(found: list[tuple[Ledger, dict[str, int]]]) -> dict[str, int]:
    """The same over all ledgers."""
    return {name: sum(row[name] for _, row in found) for name in ("total", "overdue", "soon")}


def _key(user_id: int) -> str:
    return f"todo-count:{user_id}"


def cached_total(user: User) -> int:
    """The number in the top bar: at most a minute old, and fresh after the person's own acts."""
    value = cache.get(_key(user.pk))
    if value is None:
        value = summed(counts_by_ledger(user))["total"]
        cache.set(_key(user.pk), value, COUNT_SECONDS)
    return value


def forget_count(user_ids: set[int]) -> None:
    cache.delete_many([_key(pk) for pk in user_ids])


def deadline_state(due: date | None) -> str:
    """Where a deadline stands today: "overdue", "soon", "ok", or "" without one."""
    if due is None:
        return ""
    today = timezone.localdate()
    if due < today:
        return "overdue"
    return "soon" if due <= today + timedelta(days=SOON_DAYS) else "ok"


def page(
    user: User, first: int, size: int, late: str = "", ledgers: list[Ledger] | None = None
) -> list[dict[str, Any]]:
    """Rows `first` … `first + size` of what waits, the most urgent first, over all ledgers or over some."""
    today = timezone.localdate()
    entries = []
    for ledger in on_duty(user) if ledgers is None else ledgers:
        queryset = waiting(ledger, user).select_related(*ledger.joins)
        if late == "overdue":
            queryset = queryset.filter(wait_until__lt=today)
        elif late == "soon":
            queryset = queryset.filter(
                wait_until__gte=today, wait_until__lte=today + timedelta(days=SOON_DAYS)
            )
        for record in queryset.order_by(F("wait_until").asc(nulls_last=True), "-pk")[: first + size]:
            entries.append((ledger, record))
    chosen = nsmallest(first + size, entries, key=lambda pair: (pair[1].wait_until or date.max, -pair[1].pk))
    rows = [row(ledger, record) for ledger, record in chosen[first:]]
    name_hosts(rows, [record for _, record in chosen[first:]], user)
    return rows


def name_hosts(rows: list[dict[str, Any]], records: list[Any], user: User) -> None:
    """Say what a document is about where the line would have no project: two papers of one kind are told apart by
    it. One query for each kind of record."""
    wanted: dict[str, dict[int, list[dict]]] = {}
    for line, record in zip(rows, records, strict=True):
        if isinstance(record, Document) and not line["project"]:
            wanted.setdefault(record.model, {}).setdefault(record.object_id, []).append(line)
    for label, lines in wanted.items():
        model = model_named(label)
        hosts = model.objects.visible_to(user).filter(pk__in=lines)
        for host in hosts.select_related(*getattr(model, "text_joins", ())):
            for line in lines[host.pk]:
                line["project"] = str(host)


def row(ledger: Ledger, record: Any) -> dict[str, Any]:
    """One line of the workbench, for a record that waits for somebody or for any other."""
    due = getattr(record, "wait_until", record.due_on)
    state = ledger.flow.states[record.status]
    project = getattr(record, "project", None)
    section = getattr(record, "section", None)
    return {
        "at": record.status_since or record.created_at,
        "what": ledger.title_of(record),
        "url": f"{ledger.record_url(record.pk)}?from=todo",
        "project": str(project) if project else "",
        "section": section.code if section else "",
        "from_whom": "",
        "deadline": due,
        "deadline_state": deadline_state(due),
        "status": {"label": state.label, "color": state.color},
        "action_label": "处理",
        "model": ledger.model,
        "pk": record.pk,
    }
