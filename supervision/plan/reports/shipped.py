"""The templates that come with the portal: outlines in data/reports, built as Word files, each entered once.

An outline has three lines of its head (模板、类别、来源), a blank line, and a line for each paragraph; one that
begins with 一、 is a heading. A changed outline becomes a new version; what a bureau uploaded stays in force.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from supervision.flows.history import Actor
from supervision.papers.documents.layout import Sheet

from ..models.report import ReportTemplate
from . import templates

FOLDER = Path(__file__).resolve().parent.parent / "data" / "reports"
HEADING = re.compile(r"[一二三四五六七八九十]+、.{1,40}$")


@dataclass(frozen=True)
class Outline:
    title: str
    kind: str
    source: str
    lines: tuple[str, ...]


def read(path: Path) -> Outline:
    head, _, body = path.read_text(encoding="utf-8").partition("\n\n")
    facts = dict(line.split("：", 1) for line in head.splitlines())
    lines = tuple(line for line in body.splitlines() if line.strip())
    return Outline(facts["模板"], facts["类别"], facts["来源"], lines)


def outlines() -> list[Outline]:
    return [read(path) for path in sorted(FOLDER.glob("*.txt"))]


def build(outline: Outline) -> bytes:
    """The outline as a Word template; the same bytes each time."""
    sheet = Sheet()
    sheet.title("{{报告|标题}}")
    sheet.text("（数据截至{{报告|数据截至}}）", indent=0, align="center")
    sheet.blank()
    for line in outline.lines:
        if HEADING.match(line):
            sheet.heading(line)
        else:
            sheet.text(line)
    return sheet.bytes()


def load(actor: Actor) -> list[ReportTemplate]:
    """Enter the outlines that the portal does not have, in their present version; returns those entered."""
    made = []
    for outline in outlines():
        content = build(outline)
        versions = ReportTemplate.objects.filter(title=outline.title)
        if versions.filter(sha256=hashlib.sha256(content).hexdigest()).exists():
            continue
        made.append(
            templates.keep_template(
                outline.title, outline.kind, content, actor, outline.source[:200], shipped=True
            )
        )
    return made
