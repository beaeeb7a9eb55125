"""Start private servers, fill them, measure, print.

    python -m tests.bench [name …]

A name selects the scenarios that contain it; BENCH does the same for `make bench`. SCALE=0.1 fills a tenth.
EXPLAIN=1 prints the slowest statement of our side of each scenario, to be given to EXPLAIN by hand.
"""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack

from tests import backends

TOPICS = (
    "registry",
    "lists",
    "records",
    "compliance",
    "sheets",
    "assessments",
    "dangers",
    "division",
    "fees",
    "search",
    "credit",
)
# The rows of the registry are under everything; those of another topic are filled in where one of its scenarios, or
# of a topic that stands on it, is to be measured.
ALWAYS = ("registry", "lists", "records", "compliance", "sheets")
STANDS_ON = {"search": ("dangers",)}


def main(names: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    names = [*names, *os.environ.get("BENCH", "").split()]
    scale = float(os.environ.get("SCALE") or 1)
    with ExitStack() as stack:
        try:
            postgres, redis = (
                stack.enter_context(server()) for server in (backends.Postgres, backends.Redis)
            )
        except backends.NotInstalled as absent:
            print(f"the benchmark needs {absent}, which this machine lacks", file=sys.stderr)
            return 1
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "supervision.settings",
            "DATABASE_URL": postgres.url,
            "REDIS_URL": redis.url,
            "PORTAL_VAR": stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-bench-")),
            "PORTAL_DEBUG": "0",
        }
        import django

        django.setup()
        return bench(names, scale)


def topic_of(function: Callable) -> str:
    """The topic that registered a fill or a scenario."""
    return function.__module__.rsplit(".", 1)[-1]


def bench(names: list[str], scale: float) -> int:
    import importlib
    from logging import captureWarnings

    from django.core.management import call_command
    from django.db import connection

    from supervision import celery_app

    from . import measure, scenarios
    from .world import World

    captureWarnings(True)
    # What a scenario enqueues stays where it is: the job is called by the scenario itself.
    celery_app.conf.update(broker_url="memory://", broker_transport_options={})
    for topic in TOPICS:
        importlib.import_module(f"tests.bench.{topic}")
    chosen = [
        found
        for found in scenarios.SCENARIOS.values()
        if not names or any(name in found.name for name in names)
    ]
    if not chosen:
        print(f"no scenario of that name; there are: {', '.join(scenarios.SCENARIOS)}", file=sys.stderr)
        return 1
    call_command("migrate", verbosity=0)
    world = World(scale)
    wanted = {topic_of(scenario.prepare) for scenario in chosen}
    wanted |= {*ALWAYS, *(lower for topic in wanted for lower in STANDS_ON.get(topic, ()))}
    for title, fill in scenarios.FILLS:
        if topic_of(fill) not in wanted:
            continue
        began = time.monotonic()
        fill(world)
        print(f"filled {title} ({time.monotonic() - began:.0f} s)", file=sys.stderr, flush=True)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    rows = ", ".join(f"{label.split('.')[-1]} {number:,}" for label, number in world.filled.items())
    print(f"Filled at scale {scale:g}: {rows}.\n", flush=True)
    sql, outcomes = measure.Sql(), []
    print(measure.HEAD, flush=True)
    for scenario in chosen:
        began = time.monotonic()
        outcome = measure.run(scenario, scenario.prepare(world), sql)
        outcomes.append(outcome)
        # Row by row: a long run that is broken off has said what it found.
        print(measure.line(outcome), flush=True)
        print(f"measured {scenario.name} ({time.monotonic() - began:.0f} s)", file=sys.stderr, flush=True)
    print(f"\n{measure.footnote(outcomes)}")
    if os.environ.get("EXPLAIN"):
        for outcome in outcomes:
            seconds, text = outcome.ours.slowest
            print(f"\n{outcome.scenario.name}: {seconds * 1000:.1f} ms\n{text}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
