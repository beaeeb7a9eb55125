"""Timing two ways of the same work, turn and turn about, and the table of what came out."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import psycopg2
from django.db import connection
from psycopg2.extras import execute_values

from .scenarios import Pair, Scenario


class Different(AssertionError):
    """The two sides gave different answers, so there is nothing to compare."""


@dataclass
class Tally:
    """Statements and the seconds spent waiting for them."""

    count: int = 0
    seconds: float = 0.0
    slowest: tuple[float, str] = (0.0, "")

    def add(self, began: float, text: str) -> None:
        took = time.perf_counter() - began
        self.count += 1
        self.seconds += took
        if took > self.slowest[0]:
            self.slowest = (took, text)


class Sql:
    """The bare side: one psycopg2 connection, in autocommit as Django's is."""

    def __init__(self):
        self.connection = psycopg2.connect(**connection.get_connection_params())
        self.connection.autocommit = True
        self.tally = Tally()

    def rows(self, text: str, values: Any = None) -> list[tuple]:
        """All rows of one statement."""
        with self.connection.cursor() as cursor:
            self.run(cursor, text, values)
            return cursor.fetchall()

    def one(self, text: str, values: Any = None) -> Any:
        """The only value of a statement's only row."""
        return self.rows(text, values)[0][0]

    def run(self, cursor: Any, text: str, values: Any = None) -> None:
        """Execute on a cursor of the caller's, counted like the rest."""
        began = time.perf_counter()
        cursor.execute(text, values)
        self.tally.add(began, text)

    def insert(self, cursor: Any, text: str, rows: list[tuple], fetch: bool = False) -> list[tuple] | None:
        """INSERT … VALUES %s of many rows; with `fetch` what it returns."""
        began = time.perf_counter()
        result = execute_values(cursor, text, rows, page_size=1000, fetch=fetch)
        self.tally.add(began, text)
        return result

    @contextmanager
    def transaction(self):
        """A transaction with a cursor in it."""
        self.connection.autocommit = False
        try:
            with self.connection, self.connection.cursor() as cursor:
                yield cursor
        finally:
            self.connection.autocommit = True


@dataclass
class Side:
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    sql: list[float] = field(default_factory=list)
    queries: int = 0
    slowest: tuple[float, str] = (0.0, "")

    def timed(self, work: Callable[[], Any], tally: Callable[[], Tally]) -> Any:
        gc.collect()
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        self.cpu.append(time.process_time() - cpu)
        self.wall.append(time.perf_counter() - wall)
        found = tally()
        self.sql.append(found.seconds)
        self.queries, self.slowest = found.count, found.slowest
        return result


@dataclass
class Outcome:
    scenario: Scenario
    ours: Side
    bare: Side

    def ratio(self, what: str) -> float:
        """Ours ÷ bare, each as the median of its runs."""
        return median(getattr(self.ours, what)) / max(median(getattr(self.bare, what)), 1e-9)


def run(scenario: Scenario, pair: Pair, sql: Sql) -> Outcome:
    """Check that both sides say the same, then time them A B A B. Raises Different."""
    ours, bare = Side(), Side()

    def ours_once() -> Any:
        tally = Tally()

        def watch(execute, text, params, many, context):
            began = time.perf_counter()
            try:
                return execute(text, params, many, context)
            finally:
                tally.add(began, text)

        with ExitStack() as stack:
            stack.enter_context(connection.execute_wrapper(watch))
            return ours.timed(pair.ours, lambda: tally)

    def bare_once() -> Any:
        sql.tally = Tally()
        return bare.timed(lambda: pair.bare(sql), lambda: sql.tally)

    def both() -> tuple[Any, Any]:
        said = []
        for once, answer in ((ours_once, pair.ours_answer), (bare_once, pair.bare_answer)):
            try:
                said.append(answer(once()))
            finally:
                pair.after()
        return said[0], said[1]

    check(scenario, *both())
    ours, bare = Side(), Side()  # the first run warmed plans, caches and templates up
    for _ in range(scenario.rounds):
        both()
    return Outcome(scenario, ours, bare)


def check(scenario: Scenario, ours: Any, bare: Any) -> None:
    if ours != bare:
        raise Different(f"{scenario.name}: ours said {str(ours)[:1500]}\nbare said {str(bare)[:1500]}")
    if not ours:
        raise Different(f"{scenario.name}: both sides found nothing, which compares nothing")


HEAD = """\
| scenario | what | wall × | CPU × | SQL × | queries ours / bare |
|---|---|---:|---:|---:|---:|"""


def line(outcome: Outcome) -> str:
    """A scenario's ratios as a row below HEAD, a Markdown table."""
    figures = " | ".join(f"{outcome.ratio(what):.1f}" for what in ("wall", "cpu", "sql"))
    queries = f"{outcome.ours.queries} / {outcome.bare.queries}"
    return f"| {outcome.scenario.name} | {outcome.scenario.title} | {figures} | {queries} |"


def footnote(outcomes: list[Outcome]) -> str:
    """The seconds behind the ratios, for orientation."""
    lines = ["Medians in milliseconds, wall (CPU of this process; waiting for SQL):", ""]
    for outcome in outcomes:
        sides = [
            f"{median(side.wall) * 1000:.1f} ({median(side.cpu) * 1000:.1f}; {median(side.sql) * 1000:.1f})"
            for side in (outcome.ours, outcome.bare)
        ]
        lines.append(f"- {outcome.scenario.name}: ours {sides[0]}, bare {sides[1]}")
    return "\n".join(lines)
