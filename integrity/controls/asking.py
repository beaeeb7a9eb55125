"""The five controls, each a constant number of aggregating statements over a year's events.

What is found becomes a question to the discipline role. Nothing is decided, nobody is marked: a question carries
the records it is about, the threshold it passed and how many cases there were, and a person writes the answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import reduce
from operator import or_

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import (
    ExtractHour,
    ExtractIsoWeekDay,
    ExtractMinute,
    TruncDate,
    TruncMonth,
)
from django.utils import timezone

from quality.models import QualityDefect
from safety.models import HiddenDanger
from supervision.flows import records
from supervision.flows.history import SYSTEM
from supervision.flows.models import Event, FlowRecord
from supervision.flows.reach import label_of, record_models
from supervision.flows.rectification import CLOSED, Rectifiable
from supervision.papers.models import Attachment
from supervision.people.models import AUTHORITY_ROLES, Membership, Organization, Role
from supervision.rules.models import Holiday
from supervision.rules.shipped import rule

from ..models import ConductReport, Control, ControlQuestion
from ..models.control import CONTROLS

INSPECTING = AUTHORITY_ROLES | {Role.INSPECTOR}
LOOPS = (HiddenDanger, QualityDefect)
# Of what the discipline role does by itself no question is made to it.
LEFT_OUT = (label_of(ConductReport), label_of(ControlQuestion))
MOST_RECORDS = 50


@dataclass(frozen=True)
class Found:
    """One question before it is asked. `records` are (model, id, title) of what it is about."""

    control: str
    key: str
    title: str
    cases: int
    threshold: str
    records: tuple[tuple[str, int, str], ...]


def ask(year: int | None = None) -> int:
    """Ask what the year's history asks and was not asked yet; returns how many questions are new. A question that
    waits takes the new number of cases; one that was answered stays as it was answered."""
    today = timezone.localdate()
    year = year or today.year
    rules = rule(CONTROLS, today)
    found = [one for control in CHECKS for one in control(year, rules.content)]
    there = {
        (question.control, question.key): question
        for question in ControlQuestion._base_manager.filter(year=year)
    }
    fresh = []
    for one in found:
        values = {"cases": one.cases, "found": [list(row) for row in one.records], "title": one.title[:200]}
        question = there.get((one.control, one.key))
        if question is None:
            fresh.append(
                ControlQuestion(
                    control=one.control,
                    key=one.key,
                    year=year,
                    threshold=one.threshold,
                    asked_on=today,
                    rules=rules,
                    **values,
                )
            )
        elif question.status == "asked" and question.cases != one.cases:
            records.update(question, values, SYSTEM, label="件数更新")
    records.create_many(fresh, SYSTEM, label="提出疑问")
    return len(fresh)


def events_of(year: int) -> QuerySet[Event]:
    """The transitions of a year (Asia/Shanghai)."""
    zone = timezone.get_default_timezone()
    begin, end = (datetime.combine(date(y, 1, 1), time.min, zone) for y in (year, year + 1))
    return Event.objects.filter(at__gte=begin, at__lt=end, verb="transition").order_by()


def of_inspecting(rows: QuerySet[Event]) -> QuerySet[Event]:
    """Those by persons who hold, or held, a role of the authorities."""
    held = Membership._base_manager.filter(user_id=OuterRef("actor_id"), role__in=INSPECTING)
    return rows.filter(Exists(held))


def transitions(test) -> Q:
    """Events of all transitions of which `test(model, transition)` is true."""
    parts = []
    for model in record_models():
        if issubclass(model, FlowRecord) and hasattr(model, "flow") and label_of(model) not in LEFT_OUT:
            names = [t.name for t in model.flow.transitions if test(model, t)]
            if names:
                parts.append(Q(model=label_of(model), name__in=names))
    return reduce(or_, parts, Q(pk__in=()))


def closing(model, transition) -> bool:
    """A step of the loop that closes the record."""
    return looking(model, transition) and transition.target == CLOSED


def looking(model, transition) -> bool:
    """A step of the loop at which somebody else's work is looked at."""
    return model in LOOPS and f"return_{transition.name}" in model.flow.by_name


def minute_of(clock: str) -> int:
    """The minute of the day at "18:30"."""
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def told(rows: Iterable[Event | dict]) -> tuple[tuple[str, int, str], ...]:
    return tuple((row["model"], row["object_id"], row["title"]) for row in list(rows)[:MOST_RECORDS])


def names_of(ids: Iterable[int]) -> dict[int, str]:
    """The names of units, in one statement."""
    return dict(Organization._base_manager.filter(pk__in=set(ids)).values_list("pk", "name"))


# ------------------------------------------------------------------------------------------------ the controls


def own_acceptance(year: int, rules: dict) -> Iterator[Found]:
    """Somebody took a step that whoever took another one may not take. The portal refuses it; so there must be
    none, and one that is there came by another way."""
    pairs = []
    for model in record_models():
        if not (issubclass(model, FlowRecord) and hasattr(model, "flow")) or label_of(model) in LEFT_OUT:
            continue
        for transition in model.flow.transitions:
            if transition.not_by:
                earlier = Event.objects.filter(
                    model=OuterRef("model"),
                    object_id=OuterRef("object_id"),
                    actor_id=OuterRef("actor_id"),
                    seq__lt=OuterRef("seq"),
                    name__in=transition.not_by,
                )
                pairs.append(Q(Exists(earlier), model=label_of(model), name=transition.name))
    least = rules["own_acceptance"]["cases"]
    if not pairs:
        return
    rows = events_of(year).filter(reduce(or_, pairs), actor__isnull=False)
    for row in rows.order_by("pk").values("model", "object_id", "title", "label", "actor_id", "actor_name"):
        yield Found(
            Control.OWN_ACCEPTANCE,
            f"{row['model']}:{row['object_id']}:{row['actor_id']}",
            f"{row['actor_name']}先办理整改又办理“{row['label']}”：{row['title']}",
            1,
            f"应为0件，满{least}件即提出",
            told([row]),
        )


def with_place(model, rows: QuerySet[Event]) -> QuerySet[Event]:
    """Events of one loop's records with `unit`, the unit that answers for it, and `last_day`, its deadline."""
    at = model._base_manager.filter(pk=OuterRef("object_id"))
    return rows.filter(model=label_of(model)).annotate(
        unit=Subquery(at.values("responsible_unit")[:1]), last_day=Subquery(at.values("deadline")[:1])
    )


def last_minute(year: int, rules: dict) -> Iterator[Found]:
    """One inspector closed several of one unit's records within minutes of the end of their last day."""
    own = rules["last_minute"]
    ends = minute_of(own["day_ends"])
    grouped: dict[tuple, list[dict]] = defaultdict(list)
    rows = (
        events_of(year)
        .filter(transitions(closing))
        .annotate(day=TruncDate("at"), minute=ExtractHour("at") * 60 + ExtractMinute("at"))
    )
    rows = of_inspecting(rows).filter(minute__gt=ends - own["minutes"], minute__lte=ends)
    for model in LOOPS:
        late = with_place(model, rows).filter(day=F("last_day"), unit__isnull=False)
        for row in late.order_by("pk").values(
            "model", "object_id", "title", "actor_id", "actor_name", "unit"
        ):
            grouped[row["actor_id"], row["unit"]].append(row)
    names = names_of(unit for _, unit in grouped)
    for (actor, unit), cases in grouped.items():
        if len(cases) >= own["cases"]:
            yield Found(
                Control.LAST_MINUTE,
                f"{actor}:{unit}",
                f"{cases[0]['actor_name']}在期限当日{own['day_ends']}前{own['minutes']}分钟内为{names[unit]}销号{len(cases)}件",
                len(cases),
                f"同一人、同一单位满{own['cases']}件",
                told(cases),
            )


def same_pair(year: int, rules: dict) -> Iterator[Found]:
    """Of all the looks at one unit's work nearly all were by one person, over months."""
    own = rules["same_pair"]
    pairs: dict[int, dict[int, list]] = defaultdict(dict)
    rows = of_inspecting(events_of(year).filter(transitions(looking)))
    for model in LOOPS:
        counted = (
            with_place(model, rows)
            .filter(unit__isnull=False)
            .annotate(month=TruncMonth("at"))
            .values("unit", "actor_id", "actor_name", "month")
            .annotate(number=Count("pk"))
        )
        for row in counted:
            entry = pairs[row["unit"]].setdefault(row["actor_id"], [row["actor_name"], 0, set()])
            entry[1] += row["number"]
            # A month counts once, in whichever of the loops it was and whatever the person was called then.
            entry[2].add(row["month"])
    caught = []
    for unit, people in pairs.items():
        whole = sum(number for _, number, _ in people.values())
        for actor, (name, number, months) in people.items():
            if (
                number >= own["cases"]
                and number * 100 >= own["share"] * whole
                and len(months) >= own["months"]
            ):
                caught.append((unit, actor, name, number, whole))
    if not caught:
        return
    names = names_of(unit for unit, *_ in caught)
    members: dict[tuple, list[dict]] = defaultdict(list)
    for model in LOOPS:
        about = with_place(model, rows).filter(
            reduce(or_, (Q(unit=unit, actor_id=actor) for unit, actor, *_ in caught))
        )
        for row in about.order_by("-pk").values("model", "object_id", "title", "actor_id", "unit")[:5000]:
            members[row["actor_id"], row["unit"]].append(row)
    for unit, actor, name, number, whole in caught:
        yield Found(
            Control.SAME_PAIR,
            f"{actor}:{unit}",
            f"{names[unit]}全年{whole}次核查验收中{number}次由{name}办理",
            number,
            f"满{own['cases']}次、占{own['share']}%以上、跨{own['months']}个月",
            told(members[actor, unit]),
        )


def out_of_hours(year: int, rules: dict) -> Iterator[Found]:
    """Approvals by the authorities at night or on days off, by one person."""
    own = rules["out_of_hours"]
    late, early = minute_of(own["from"]), minute_of(own["to"])
    after, before = Q(minute__gte=late), Q(minute__lt=early)
    night = after & before if late < early else after | before
    days = Holiday.objects.filter(date__year=year)
    worked, off = days.filter(is_workday=True), days.filter(is_workday=False)
    rows = (
        of_inspecting(events_of(year))
        .exclude(model__in=LEFT_OUT)
        .filter(source__in=("page", "api"))
        .annotate(
            day=TruncDate("at"),
            minute=ExtractHour("at") * 60 + ExtractMinute("at"),
            weekday=ExtractIsoWeekDay("at"),
        )
        .filter(
            night | Q(day__in=off.values("date")) | (Q(weekday__gte=6) & ~Q(day__in=worked.values("date")))
        )
        .filter(transitions(lambda model, t: bool(t.roles & INSPECTING) and t.duty))
    )
    many = dict(
        rows.values("actor_id")
        .annotate(number=Count("pk"))
        .filter(number__gte=own["cases"])
        .values_list("actor_id", "number")
    )
    members: dict[int, list[dict]] = defaultdict(list)
    if many:
        for row in (
            rows.filter(actor_id__in=list(many))
            .order_by("-pk")
            .values("model", "object_id", "title", "actor_id", "actor_name")[:5000]
        ):
            members[row["actor_id"]].append(row)
    for actor, number in many.items():
        yield Found(
            Control.OUT_OF_HOURS,
            str(actor),
            f"{members[actor][0]['actor_name']}在非工作时间办理{number}件",
            number,
            f"{own['from']}至次日{own['to']}及休息日，同一人满{own['cases']}件",
            told(members[actor]),
        )


def bare_extension(year: int, rules: dict) -> Iterator[Found]:
    """A deadline was extended, and from the request to the consent no paper was put on the record."""
    asked = (
        Event.objects.filter(
            model=OuterRef("model"),
            object_id=OuterRef("object_id"),
            name="request_extension",
            seq__lt=OuterRef("seq"),
        )
        .order_by("-seq")
        .values("at")[:1]
    )
    paper = Attachment.objects.filter(
        model=OuterRef("model"),
        object_id=OuterRef("object_id"),
        void_at__isnull=True,
        at__gte=OuterRef("asked_at"),
        at__lte=OuterRef("at"),
    )
    labels = [label_of(model) for model in record_models() if issubclass(model, Rectifiable)]
    rows = (
        events_of(year)
        .filter(model__in=labels, name="grant_extension")
        .annotate(asked_at=Subquery(asked))
        .filter(~Exists(paper))
    )
    least = rules["bare_extension"]["cases"]
    people: dict[int | None, list[dict]] = defaultdict(list)
    for row in rows.order_by("pk").values("model", "object_id", "title", "actor_id", "actor_name"):
        people[row["actor_id"]].append(row)
    for actor, cases in people.items():
        if len(cases) >= least:
            yield Found(
                Control.BARE_EXTENSION,
                str(actor),
                f"{cases[0]['actor_name']}同意延期{len(cases)}件，申请至同意之间没有材料",
                len(cases),
                f"同一人满{least}件",
                told(cases),
            )


CHECKS = (own_acceptance, last_minute, same_pair, out_of_hours, bare_extension)
