"""How much of what a person reads out of a notice the portal finds, and how much of what it finds is right."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

import yaml

from supervision.plan.notices.notice import Notice
from supervision.plan.notices.text import level

FOLDER = Path(__file__).parent / "notices"


def answers() -> dict:
    return yaml.safe_load((FOLDER / "answers.yaml").read_text(encoding="utf-8"))


@dataclass
class Score:
    """found: of `wanted` things; extra: things offered as sure that nobody would read there."""

    wanted: int = 0
    found: int = 0
    extra: int = 0
    missed: list[str] = field(default_factory=list)
    surplus: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        return 100 * self.found / self.wanted if self.wanted else 100.0

    @property
    def precision(self) -> float:
        given = self.found + self.extra
        return 100 * self.found / given if given else 100.0

    def add(self, other: Score) -> None:
        self.wanted += other.wanted
        self.found += other.found
        self.extra += other.extra
        self.missed += other.missed
        self.surplus += other.surplus


def compare(wanted: Counter, given: Counter) -> Score:
    hit, missed, surplus = wanted & given, wanted - given, given - wanted
    return Score(wanted.total(), hit.total(), surplus.total(), [*map(str, missed)], [*map(str, surplus)])


def score(notice: Notice, answer: dict) -> dict[str, Score]:
    """tasks (number and title), units (task, name, role), targets (value, bound, year), lists (names, number)."""
    tasks = Counter(list(answer["tasks"]))
    given_tasks = Counter(f"{task.no}|{task.title}" for task in notice.tasks)
    units = Counter(
        (
            key.split("|")[0],
            name.split(":")[-1],
            {"l": "lead", "a": "assist"}.get(name.split(":")[0], "responsible"),
        )
        for key, names in answer["tasks"].items()
        for name in names
    )
    given_units = Counter((task.no, unit.name, unit.role) for task in notice.tasks for unit in task.units)
    return {
        "tasks": compare(tasks, given_tasks),
        "units": compare(units, given_units),
        "targets": _targets(notice, answer["targets"]),
        "lists": compare(
            Counter(
                (one["year"], one["stated"], one.get("sections"), tuple(one["names"]), one["differs"])
                for one in answer["lists"]
            ),
            Counter(
                (
                    one.year,
                    one.count,
                    one.sections,
                    tuple(one.names),
                    any("载明" in problem for problem in one.problems),
                )
                for one in notice.lists
            ),
        ),
    }


def _targets(notice: Notice, wanted: list[list]) -> Score:
    made = Score(len(wanted))
    left = list(notice.figures)
    for name, kind, low, high, bound, last, yearly in wanted:
        match = next(
            (
                one
                for one in left
                if level(name) in one.name
                and one.kind == kind
                and one.low == Decimal(str(low))
                and one.high == (None if high is None else Decimal(str(high)))
                and one.bound == bound
                and one.last == last
                and one.yearly == yearly
            ),
            None,
        )
        if match is None:
            made.missed.append(f"{name} {low}")
        else:
            made.found += 1
            left.remove(match)
    sure = [one for one in left if not one.unresolved]
    made.extra = len(sure)
    made.surplus = [f"{one.name} {one.low} {one.high} {one.bound} {one.last} {one.yearly}" for one in left]
    return made


def head_right(notice: Notice, answer: dict) -> list[str]:
    """The facts of the head that were read otherwise."""
    return [
        f"{name}: {getattr(notice.head, name)}"
        for name, value in answer["head"].items()
        if getattr(notice.head, name) != (value if not isinstance(value, date) else value)
    ]
