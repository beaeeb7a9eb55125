"""The steps of a share written together: by one person at a time, all or nothing."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction

from supervision.flows import history, records
from supervision.flows.errors import FlowError, IllegalTransition, LostRace
from supervision.flows.history import Actor
from supervision.rules.numbers import parse_date

from ..models import Milestone, TaskShare
from ..models.share import ASKED, OPEN


def seen_of(share: TaskShare, steps: Iterable[Milestone]) -> str:
    """By what it is known whether the share or a step of it changed since a page was shown."""
    return ".".join([str(share.version), *(f"{step.pk}-{step.version}" for step in steps)])


def lost_message(share: TaskShare, steps: Iterable[Milestone]) -> str:
    """Who wrote the share or one of its steps last, as a sentence for the person who came second."""
    last = [(event.at, record) for record in (share, *steps) if (event := records.last_event(record))]
    return records.lost_message(max(last, key=lambda pair: pair[0])[1] if last else share)


def save(share: TaskShare, there: list[Milestone], lines: list[dict], actor: Actor) -> list[str]:
    """Write the lines {"key", "title", "day", "note", "fixed"} as the share's steps: `there` are those it has, an
    empty title takes one out. Returns what is wrong, and writes nothing then. The share is held meanwhile: raises
    LostRace when somebody wrote it or a step since it was read, IllegalTransition when its steps are settled."""
    known, wrong, changed = {str(step.pk): step for step in there}, [], 0
    with transaction.atomic():
        if not records.claim(share, status__in=OPEN):
            fresh = TaskShare._base_manager.get(pk=share.pk)
            if fresh.status not in OPEN:
                raise IllegalTransition(f"“{fresh.status_label}”的任务不能再改动节点。")
            raise LostRace(lost_message(share, there))
        for at, line in enumerate((line for line in lines if not line["fixed"]), start=1):
            step = known.get(line["key"])
            if not line["title"]:
                if step is not None and share.status != ASKED:
                    wrong.append(
                        f"“{step.title}”已随措施报送，不能取消；确需调整的请与牵头单位商定后改期并说明。"
                    )
                elif step is not None:
                    records.delete(step, actor, reason="取消节点")
                    changed += 1
                elif line["day"]:
                    wrong.append(f"第{at}行填了日期，没有填节点。")
                continue
            try:
                changed += _write(share, step, line, actor)
            except ValidationError as error:
                wrong += [f"“{line['title']}”：{text}" for text in error.messages]
            except ValueError as error:
                wrong.append(f"“{line['title']}”：{error}")
            except LostRace:
                raise
            except FlowError as error:
                wrong.append(error.message)
        if wrong or not changed:
            transaction.set_rollback(True)
        else:
            history.note(share, actor, verb="steps", label="排定节点", reason=f"{changed}个节点")
    return wrong


def _write(share: TaskShare, step: Milestone | None, line: dict, actor: Actor) -> bool:
    """One line; whether it changed anything."""
    values = {
        "title": line["title"],
        "planned_on": parse_date(line["day"]) if line["day"] else None,
        "note": line["note"],
    }
    if step is None:
        records.create(Milestone(share=share, is_demo=share.is_demo, **values), actor, label="排定节点")
        return True
    if all(getattr(step, name) == value for name, value in values.items()):
        return False
    return records.update(step, values, actor, label="调整节点").version != step.version
