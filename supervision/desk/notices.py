"""Telling people: who was part of a record hears what became of it; each morning one digest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.utils import timezone

from supervision.flows import reminders
from supervision.flows.history import announced
from supervision.flows.models import Event
from supervision.flows.reach import label_of, model_named
from supervision.jobs.registry import job
from supervision.people.models import ADMIN_ROLES, User

from .models import Notice
from .todo import counts_by_ledger, forget_count, summed


def send(users: Iterable[int], key: str, title: str, body: str = "", **about) -> int:
    """Send one message to each person who did not get it yet under `key`. Returns how many were new."""
    rows = [Notice(user_id=pk, key=key[:120], title=title[:200], body=body, **about) for pk in set(users)]
    before = Notice.objects.filter(key=key[:120]).count()
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    return Notice.objects.filter(key=key[:120]).count() - before


def on_announced(sender: type, events: list[Event], **kwargs) -> None:
    """After a transition or a reminder of the portal's: whoever acted on the record before is told, unless it is
    their own act; and in red the holders of the roles that the transition names, or when a record is filed, its
    model."""
    forget_count({event.actor_id for event in events if event.actor_id})
    heard = [
        event
        for event in events
        if event.verb in ("transition", "remind")
        or (event.verb == "create" and model_named(event.model).tells)
    ]
    took_part = actors_of(heard)
    for event in heard:
        alarmed = to_be_told(event)
        people = took_part[event.model, event.object_id] - {event.actor_id} | alarmed
        if not people:
            continue
        seen = may_see(event.model, event.object_id, people)
        body = f"{event.actor_name}（{event.organization_name}）办理“{event.label}”。"
        if event.reason:
            body += f"意见：{event.reason}"
        for red in (True, False):
            send(
                [pk for pk in seen if (pk in alarmed) is red],
                f"event:{event.pk}",
                f"{event.title}：{event.label}",
                body,
                model=event.model,
                object_id=event.object_id,
                is_red=red,
            )


def actors_of(events: list[Event]) -> dict[tuple[str, int], set[int]]:
    """Who acted on the records of these events so far; a query for each kind of record."""
    about, found = defaultdict(set), defaultdict(set)
    for event in events:
        about[event.model].add(event.object_id)
    for model, pks in about.items():
        rows = Event.objects.filter(model=model, object_id__in=pks, actor__isnull=False).order_by()
        for pk, actor in rows.values_list("object_id", "actor_id").distinct():
            found[model, pk].add(actor)
    return found


def to_be_told(event: Event) -> set[int]:
    """Who holds a role that the event's transition, or the filing of such a record, tells at once."""
    model = model_named(event.model)
    source = model if event.verb == "create" else model.flow.by_name.get(event.name)
    if source is None or not source.tells:
        return set()
    holders = User.objects.filter(is_active=True, memberships__role__in=source.tells).distinct()
    return {user.pk for user in holders if user.roles & source.tells} - {event.actor_id}


def may_see(model: str, object_id: int, people: Iterable[int]) -> list[int]:
    """Those of `people` who see the record; nobody hears of what they may not read."""
    records = model_named(model)
    found = User.objects.filter(pk__in=people, is_active=True)
    return [user.pk for user in found if records.objects.visible_to(user).filter(pk=object_id).exists()]


def remind(what: reminders.Reminder) -> int:
    """Send a reminder to the holders of its roles; returns how many had not got it yet."""
    holders = User.objects.filter(is_active=True, memberships__role__in=what.roles).distinct()
    return send(
        [user.pk for user in holders if user.roles & what.roles],
        what.key,
        what.title,
        what.body,
        url=what.url,
    )


def on_reminded(sender: type, users, key: str, title: str, body: str, record, red: bool, **kwargs) -> None:
    """A room below asks to remind people of a record: whoever sees it hears of it once."""
    model = label_of(sender)
    seen = may_see(model, record.pk, users)
    send(seen, key, title, body, model=model, object_id=record.pk, is_red=red)


@job("daily_digest", label="每日提醒")
def daily_digest(run) -> None:
    """What the rooms remind of, and one message a day to everybody with something overdue or due within three
    days. A second run of a day sends nothing twice. How many were sent is not kept: one more than on other days
    would tell readers of the list of jobs that somebody has something which they must not hear of."""
    today = timezone.localdate()
    for each in reminders.due(today):
        remind(each)
    people = User.objects.filter(is_active=True, memberships__isnull=False).distinct()
    for user in people.iterator(200):
        if user.roles & ADMIN_ROLES:
            continue
        number = summed(counts_by_ledger(user))
        if not number["overdue"] and not number["soon"]:
            continue
        title = f"今日待办：{number['overdue']} 项已超期，{number['soon']} 项三日内到期"
        send([user.pk], f"digest:{today}", title, f"共有 {number['total']} 项待办。", url="/")


def unread(user: User) -> int:
    return Notice.objects.filter(user_id=user.pk, read_at__isnull=True).count()


def addresses(notices: list[Notice], user: User) -> dict[int, str]:
    """Where each message leads, for those records that the person still sees. A query per kind of record."""
    from supervision.ledgers.registry import ledger_for

    wanted: dict[str, set[int]] = defaultdict(set)
    for notice in notices:
        if notice.model:
            wanted[notice.model].add(notice.object_id)
    visible: dict[str, set[int]] = {}
    ledgers = {}
    for label, pks in wanted.items():
        model = model_named(label)
        ledgers[label] = ledger_for(model)
        visible[label] = set(model.objects.visible_to(user).filter(pk__in=pks).values_list("pk", flat=True))
    found = {}
    for notice in notices:
        if notice.url:
            found[notice.pk] = notice.url
        elif notice.object_id in visible.get(notice.model, ()) and ledgers[notice.model]:
            found[notice.pk] = ledgers[notice.model].record_url(notice.object_id)
    return found


def listen() -> None:
    announced.connect(on_announced, dispatch_uid="desk.notices")
    reminders.reminded.connect(on_reminded, dispatch_uid="desk.reminders")
