"""The arrows of the house: imports run down only, inside functions as at the top of a file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("supervision", "projects", "safety", "quality", "integrity")

# From the top of the house to its ground; rooms on one floor do not know each other.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("supervision",),  # the composition root: settings, urls, celery, wsgi
    ("supervision.desk",),
    ("integrity",),
    ("quality", "safety"),
    ("projects",),
    ("supervision.plan",),
    ("supervision.ledgers",),
    ("supervision.papers",),
    ("supervision.flows",),
    ("supervision.jobs",),
    ("supervision.people",),
    ("supervision.rules",),
)
FLOOR_OF = {room: number for number, floor in enumerate(FLOORS) for room in floor}


def room_of(module: str) -> str | None:
    """The room a dotted module name lies in; None for what is not ours."""
    head, _, rest = module.partition(".")
    if head not in ROOMS:
        return None
    if head != "supervision":
        return head
    inner = f"supervision.{rest.partition('.')[0]}"
    return inner if inner in FLOOR_OF else "supervision"


def imported(tree: ast.AST, package: str) -> Iterator[tuple[int, str]]:
    """(line, module) of every import in a file that lies in `package`, wherever it stands in the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node.lineno, name.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                above = parts[: len(parts) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            # `from supervision import celery_app` names a module or something in the package: both count.
            for name in node.names:
                yield node.lineno, f"{base}.{name.name}"
        elif (
            isinstance(node, ast.Call)
            and getattr(node.func, "attr", getattr(node.func, "id", "")) == "import_module"
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            yield node.lineno, str(node.args[0].value)


def wrong_arrows(source: str, module: str, is_package: bool = False) -> list[tuple[int, str]]:
    """Imports in `source`, the text of `module`, that run up or across."""
    mine = room_of(module)
    package = module if is_package else module.rpartition(".")[0]
    wrong = []
    for line, name in imported(ast.parse(source), package):
        other = room_of(name)
        if other is None or other == mine:
            continue
        if FLOOR_OF[other] <= FLOOR_OF[mine]:
            wrong.append((line, name))
    return wrong


def files() -> list[Path]:
    return sorted(
        path for room in ROOMS for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts
    )


def test_imports_run_down_only():
    problems = []
    for path in files():
        parts = list(path.relative_to(ROOT).with_suffix("").parts)
        is_package = parts[-1] == "__init__"
        module = ".".join(parts[:-1] if is_package else parts)
        source = path.read_text(encoding="utf-8")
        problems += [
            f"{path.relative_to(ROOT)}:{line} imports {name}, which stands above or beside {room_of(module)}"
            for line, name in wrong_arrows(source, module, is_package)
        ]
    assert not problems, "\n" + "\n".join(problems)


def test_every_file_stands_in_a_known_room():
    folders = {path.parent.name for path in (ROOT / "supervision").glob("*/__init__.py")}
    unknown = {f"supervision.{name}" for name in folders} - set(FLOOR_OF)
    assert not unknown, f"say in FLOORS where these rooms stand: {sorted(unknown)}"


def test_no_file_is_called_after_nothing():
    assert [
        str(path) for path in files() if path.stem in ("utils", "util", "helpers", "helper", "misc")
    ] == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("supervision.flows.perform", "from supervision.ledgers.registry import get"),
        ("supervision.flows.perform", "def f():\n    from supervision.desk import todo"),
        ("supervision.flows.perform", "from ..papers import services"),
        ("supervision.rules.names", "import supervision.people.models"),
        ("safety.models.hazard", "from quality.models import Test"),
        ("projects.services", "from safety import models"),
        ("supervision.people.models", "from supervision import celery_app"),
        ("projects.tasks", "import importlib\nimportlib.import_module('integrity.models')"),
    ],
)
def test_an_arrow_that_runs_back_is_found(module, source):
    assert wrong_arrows(source, module)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("supervision.urls", "from supervision.desk import views"),
        ("supervision.desk.views", "from supervision.flows import perform"),
        (
            "integrity.models.credit",
            "from safety.models import HiddenDanger\nfrom quality.models import Test",
        ),
        (
            "projects.models.section",
            "from .project import Project\nfrom supervision.rules.names import name_key",
        ),
        ("supervision.flows.perform", "from . import records\nimport json"),
    ],
)
def test_an_arrow_that_runs_down_is_not(module, source):
    assert not wrong_arrows(source, module)
