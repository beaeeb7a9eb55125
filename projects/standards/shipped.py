"""The standards that come with the portal: files under projects/data/standards, entered once and for all runs."""

from __future__ import annotations

from collections.abc import Container, Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from supervision.flows import records
from supervision.flows.history import Actor
from supervision.flows.models import Event
from supervision.flows.reach import label_of

from ..models import Standard, StandardVersion
from .checking import problems
from .spec import Item, Rounding, Spec, Table, all_from_data, from_data, when_from_data
from .store import DECLARED, save_draft

FOLDER = Path(__file__).parent.parent / "data" / "standards"
BATCH = "load_standards"
TABLES = "tables_"


class BadStandard(ValueError):
    """A shipped file does not make a sound version; the message names the file and every mistake."""


def files() -> list[Path]:
    """The files that declare a standard, in order."""
    return sorted(path for path in FOLDER.glob("*.yaml") if not path.name.startswith(TABLES))


@cache
def read(path: Path) -> dict[str, Any]:
    """A file's content, parsed once: several versions share their tables. Not to be changed by the caller."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - a safe loader, in C


def versions_of(path: Path, known: Container[str] = ()) -> Iterator[tuple[Spec, dict[str, Any]]]:
    """Each version a file declares, but those labelled in `known`, with the version's own columns.

    Raises BadStandard."""
    data = read(path)
    for entry in data["versions"]:
        if entry["label"] in known:
            continue
        spec = spec_from(data["standard"]["code"], entry, path.parent)
        if found := problems(spec):
            raise BadStandard(f"{path.name} {spec.label}：" + "；".join(problem.text for problem in found))
        names = ("effective_from", "effective_to", "source_document", "confidence", "remark")
        yield spec, {name: entry[name] for name in names if name in entry}


def spec_from(standard: str, entry: dict[str, Any], folder: Path) -> Spec:
    """A version as its file gives it. Lines and marks are text in the files: no figure passes through a float."""
    lines = {
        name: Decimal(entry[name]) if entry.get(name) is not None else None
        for name in ("pass_line", "excellent_line")
    }
    sources = {name: entry[name] for name in ("pass_confidence", "excellent_confidence") if name in entry}
    return Spec(
        standard=standard,
        label=entry["label"],
        tables=tuple(tables_from(entry["tables"], folder)),
        rounding=from_data(Rounding, entry["rounding"]),
        **lines,
        **sources,
        **{name: all_from_data(kind, entry.get(name, ())) for name, kind in DECLARED.items()},
    )


def tables_from(entry: dict[str, Any], folder: Path) -> Iterator[Table]:
    """The tables of a tables file; `confidence` in the entry says how they stand in a version that borrows them."""
    data = read(folder / entry["file"])
    borrowed = {"confidence": entry["confidence"], "source": ""} if "confidence" in entry else {}
    for row in data["tables"]:
        facts = {name: value for name, value in row.items() if name not in ("items", "items_confidence")}
        common = row.get("items_confidence", data["items_confidence"])
        items = tuple(_item(row["code"], {"confidence": common} | item | borrowed) for item in row["items"])
        yield Table(items=items, **(_typed(facts) | borrowed))


def _item(table: str, row: dict[str, Any]) -> Item:
    # The files say `number`: YAML takes a bare `no` for "false".
    facts = _typed(row)
    return Item(table=table, no=facts.pop("number"), **facts)


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    made = dict(row)
    if made.get("full") is not None:
        made["full"] = Decimal(made["full"])
    made["when"] = when_from_data(made.get("when"))
    return made


def load(actor: Actor | None = None) -> dict[str, int]:
    """Enter every shipped standard and version that was never entered before; nothing is overwritten, and what
    people removed or retired is left so. Returns how many of each were made. Raises BadStandard."""
    actor = (actor or Actor.of(None, "command")).in_batch(BATCH)
    made = {"评价标准": 0, "标准版本": 0}
    entered = _entered()
    for path in files():
        data = read(path)["standard"]
        code = data["code"]
        versions = list(versions_of(path, {label for owner, label in entered if owner == code}))
        with transaction.atomic():
            standard = Standard.objects.filter(code=code).first()
            if standard is None:
                if (code, "") in entered:
                    continue
                standard = records.create(Standard(**data), actor, label="载入标准")
                made["评价标准"] += 1
            for spec, facts in versions:
                if StandardVersion.objects.filter(standard=standard, label=spec.label).exists():
                    continue
                adopt(save_draft(standard, spec, facts, actor, reason="随系统提供"), actor)
                made["标准版本"] += 1
    return made


def adopt(version: StandardVersion, actor: Actor) -> StandardVersion:
    """Put a checked draft in force without a person: only what comes with the portal goes this way."""
    return records.update(
        version,
        {"status": "active"},
        actor,
        verb="transition",
        name="adopt",
        label="启用",
        reason="随系统提供",
    )


def _entered() -> set[tuple[str, str]]:
    """(standard code, version label) of everything earlier runs made, label "" for the standard itself."""
    rows = Event.objects.filter(batch=BATCH, verb="create")
    standards = {row.object_id: row.changes["code"][1] for row in rows.filter(model=label_of(Standard))}
    versions = rows.filter(model=label_of(StandardVersion)).values_list("changes", flat=True)
    made = {(code, "") for code in standards.values()}
    codes = dict(Standard.objects.values_list("pk", "code")) | standards
    for changes in versions:
        made.add((codes.get(changes["standard"][1], ""), changes["label"][1]))
    return made
