"""What a topic registers: rows to fill in, and pairs of the same work done by the portal and by bare SQL.

A topic is a module of this package that `__main__` imports:

    @fill("隐患")
    def dangers(world):
        world.copy(HiddenDanger, (row(n) for n in range(world.scaled(1_000_000))))

    @scenario("dangers-list", "隐患台账：按状态筛选")
    def dangers_list(world):
        return Pair(
            ours=lambda: world.bureau.get("/dangers/?status=reported"),
            bare=lambda sql: json.dumps(sql.rows("SELECT … LIMIT 20"), default=str),
            ours_answer=lambda response: ids_on(response, "dangers"),
            bare_answer=…,
        )

Fills run in the order of their registration, before anything is measured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


def as_it_is(result: Any) -> Any:
    return result


def nothing() -> None:
    pass


@dataclass
class Pair:
    """One piece of work, done twice.

    ours, bare     the timed work; `bare` gets a `measure.Sql`
    *_answer       what the result says, compared before anything is timed; not timed themselves
    after          puts the data back as it was, after every run of either side; not timed
    """

    ours: Callable[[], Any]
    bare: Callable[[Any], Any]
    ours_answer: Callable[[Any], Any] = as_it_is
    bare_answer: Callable[[Any], Any] = as_it_is
    after: Callable[[], None] = nothing


@dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    rounds: int
    prepare: Callable[[Any], Pair]


FILLS: list[tuple[str, Callable[[Any], None]]] = []
SCENARIOS: dict[str, Scenario] = {}


def fill(title: str):
    """Register a function that fills rows in: it gets the `World`."""

    def register(function: Callable[[Any], None]):
        FILLS.append((title, function))
        return function

    return register


def scenario(name: str, title: str, *, rounds: int = 9):
    """Register a function that gets the `World` and returns the `Pair` to measure, `rounds` times each."""

    def register(function: Callable[[Any], Pair]):
        if name in SCENARIOS:
            raise ValueError(f"scenario {name!r} is registered twice")
        SCENARIOS[name] = Scenario(name, title, rounds, function)
        return function

    return register
