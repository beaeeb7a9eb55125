"""What the tests of tasks carried out share: shares with steps, and the variants of their flows."""

from __future__ import annotations

from datetime import date
from itertools import count

from django.core.files.base import ContentFile

from integrity.models import ContactPoint, Publicity
from projects.models import OwedDocument
from supervision.flows import records
from supervision.papers.services import attach
from supervision.plan.models import Milestone, Plan, Task, TaskShare

from . import factories
from .factories import COMMAND

_numbers = count(1)


def plan(**facts) -> Plan:
    number = next(_numbers)
    facts = {"title": f"实施方案{number}", "year_from": 2024, "year_to": 2030} | facts
    return records.create(Plan(**facts), COMMAND)


def task(**facts) -> Task:
    facts = {"no": f"1.{next(_numbers)}", "group": "safety", "title": "强化风险隐患管控"} | facts
    facts.setdefault("plan", facts["plan"] if "plan" in facts else plan())
    return records.create(Task(**facts), COMMAND)


def share(*steps: tuple[str, date], **facts) -> TaskShare:
    """A share of 2026 with its steps."""
    facts.setdefault("task", None)
    facts["task"] = facts["task"] or task()
    facts = {"year": 2026} | facts
    facts.setdefault("unit", factories.organization("contractor"))
    made = records.create(TaskShare(**facts), COMMAND)
    for title, day in steps:
        records.create(Milestone(share=made, title=title, planned_on=day), COMMAND)
    return TaskShare.objects.get(pk=made.pk)


def with_step(record: TaskShare) -> TaskShare:
    """The same share with a step that is done, so that it may be planned and declared."""
    step = Milestone(share=record, title="方案印发", planned_on=date(2026, 3, 31), done_on=date(2026, 3, 30))
    records.create(step, COMMAND)
    return record


def variants(side) -> list[TaskShare]:
    from .contract.world import make

    return [with_step(make(TaskShare, side))]


def documents(side) -> list[OwedDocument]:
    """Handed in with everything, for each of those who check."""
    from .contract.world import make

    made = [
        make(OwedDocument, side, checker=checker, goals="all", title="实施方案")
        for checker in ("owner", "authority")
    ]
    for document in made:
        attach(document, ContentFile("方案".encode(), "方案.txt"), "文件", COMMAND)
    return made


VARIANTS = {
    TaskShare: lambda world, side: variants(side),
    OwedDocument: lambda world, side: documents(side),
}


def milestone() -> Milestone:
    step = Milestone(share=share(), title=f"节点{next(_numbers)}", planned_on=date(2026, 6, 30))
    return records.create(step, COMMAND)


def contact_point(**facts) -> ContactPoint:
    facts = {"post": f"副局长{next(_numbers)}", "since": date(2026, 1, 5)} | facts
    facts.setdefault("office", factories.organization("office"))
    facts.setdefault("unit", factories.organization("owner"))
    return records.create(ContactPoint(**facts), COMMAND)


def publicity(**facts) -> Publicity:
    facts = {
        "title": f"报道{next(_numbers)}",
        "medium": "交通报",
        "level": "city",
        "published_on": date(2026, 5, 6),
    } | facts
    facts.setdefault("unit", factories.organization("owner"))
    return records.create(Publicity(**facts), COMMAND)


MAKERS = {
    TaskShare: share,
    Milestone: milestone,
    ContactPoint: contact_point,
    Publicity: publicity,
}
