"""The figures, the file and the findings of a report as the database keeps them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from django.conf import settings
from django.core.files.base import ContentFile
from django.urls import reverse

from supervision.flows import records
from supervision.flows.history import Actor
from supervision.papers import services as papers
from supervision.papers.errors import StorageFailed

from ..models.figures import State
from ..models.report import EDITED, PDF, STALE, WORD, Report, ReportFigure, ReportHand, ReportTemplate
from . import checking, making, placeholders, reading
from .checking import Stands
from .computing import Figure

# Words in tables that say as much as a number.
STATES = frozenset(State.labels) | {"人工跟踪"}


def content_of(record: ReportTemplate | Report, sha256: str) -> bytes:
    """An attached file by its digest. Raises StorageFailed when it is missing from the store or changed."""
    attachment = papers.of(record).filter(sha256=sha256).first() if sha256 else None
    file = papers.file_of(attachment) if attachment else None
    content = file.read_bytes() if file else b""
    if hashlib.sha256(content).hexdigest() != sha256:
        raise StorageFailed("文件不在存储中或已损坏，请联系系统管理员。")
    return content


def address_of(report: Report) -> Callable[[int], str]:
    """The address of each figure of a report."""
    path = reverse("report_figure", args=[report.pk, 0])[: -len("0/")]
    return lambda ref: f"{settings.PORTAL_PUBLIC_URL}{path}{ref}/"


def row(report: Report, ref: int, figure: Figure, lists: dict) -> ReportFigure:
    return ReportFigure(
        report=report,
        ref=ref,
        key=figure.key[:300],
        label=figure.label[:200],
        kind=figure.kind,
        text=figure.text[:80],
        computed=figure.computed[:80],
        typed=figure.typed,
        value=figure.value,
        numerator=figure.numerator,
        denominator=figure.denominator,
        measure=figure.measure[:20],
        code=figure.code,
        first=figure.first,
        last=figure.last,
        district=figure.district,
        sector=figure.sector,
        counted_id=lists[figure.unit, figure.ids] if figure.unit else None,
        other_id=lists[figure.unit, figure.other_ids] if figure.unit and figure.other else None,
        other_label=figure.other,
    )


def attach(report: Report, content: bytes, kind: str, actor: Actor) -> str:
    """Put a file on the report; the ones of its kind before it are void."""
    sha256 = hashlib.sha256(content).hexdigest()
    there = papers.of(report).valid().filter(kind__in=(WORD, EDITED, PDF))
    for old in there.exclude(sha256=sha256):
        papers.void(old, actor, "已有新的文稿")
    if not there.filter(sha256=sha256).exists():
        name = f"{report.title[:80]}.docx".replace("/", "-")
        papers.attach(report, ContentFile(content, name), kind, actor)
    return sha256


def drawn(report: Report) -> list[Figure]:
    """The kept figures as the index draws them."""
    made = []
    for row in report.figures_in_order():
        made.append(
            Figure(
                row.key,
                row.label,
                row.kind,
                row.text,
                measure=row.measure,
                unit=row.counted.unit if row.counted else "",
                ids=range(row.counted.count) if row.counted else (),
                other=row.other_label,
                other_ids=range(row.other.count) if row.other else (),
                typed=row.typed,
            )
        )
    return made


def stands(ref: int, figure: Figure) -> Stands:
    return Stands(
        ref,
        figure.key[:300],
        figure.label[:200],
        figure.kind,
        figure.text[:80],
        figure.typed,
        figure.measure[:20],
    )


def parts(figures: list[Figure]) -> list[dict]:
    """The figures that have a numerator and a denominator, for the checker."""
    return [
        {
            "ref": ref,
            "label": figure.label,
            "numerator": figure.numerator,
            "denominator": figure.denominator,
        }
        for ref, figure in enumerate(figures, 1)
        if figure.numerator is not None and figure.denominator is not None
    ]


def stands_of(report: Report) -> list[Stands]:
    rows = report.figures.order_by("ref")
    return [Stands(row.ref, row.key, row.label, row.kind, row.text, row.typed, row.measure) for row in rows]


def looked(
    report: Report,
    figures: list[Stands],
    parts: list[dict],
    content: bytes,
    asked: list[str],
    *,
    edited: bool,
    sums: list[dict],
    **_,
) -> dict[str, list[str]]:
    """What is found in a report with these figures and this file: what keeps it back, and what deserves a look."""
    by_key, by_ref = {one.key: one for one in figures}, {one.ref: one for one in figures}
    findings = checking.of_figures(figures)
    findings += checking.of_parts(parts)
    findings += checking.of_sums(sums, by_key)
    if not edited:
        findings += checking.of_texts(asked, report.texts)
    made = _as_made(report) if edited else content
    findings += checking.of_file(
        reading.differences(content, {one.ref: one.text for one in figures}),
        by_ref,
        reading.left_over(content),
        reading.added_numbers(made, content) if edited else [],
    )
    if edited:
        findings += reading.changed_cells(made, content, STATES)
    hints = checking.hints(
        report.texts, reading.COUNTED, lambda text: placeholders.MARK.sub("", reading.TYPED.sub("", text))
    )
    hints = checking.below_nothing(figures) + hints
    lost = ReportHand.objects.filter(report=report).exclude(key__in=list(by_key))
    hints += [f"人工填报的“{hand.label}”在报告中已没有对应的数字。" for hand in lost]
    return {"findings": findings, "hints": hints}


def find(report: Report, content: bytes, actor: Actor) -> Report:
    """Look through a report anew after somebody changed its file, and keep what is found."""
    asked = making.asked(content_of(report.template, report.template.sha256))
    parts = report.figures.filter(denominator__isnull=False, numerator__isnull=False)
    found = looked(
        report,
        stands_of(report),
        list(parts.values("ref", "label", "numerator", "denominator")),
        content,
        asked,
        edited=report.edited,
        sums=report.sums,
    )
    if STALE in report.findings:
        found["findings"].insert(0, STALE)
    return records.update(report, found, actor, label="核对文稿", clean=False)


def _as_made(report: Report) -> bytes:
    """The newest file as the portal wrote it, which an edited one is held against."""
    attachment = papers.of(report).filter(kind=WORD).order_by("-at", "-pk").first()
    return content_of(report, attachment.sha256) if attachment else b""


def refill(report: Report, actor: Actor) -> Report:
    content = content_of(report, report.word)
    changed = reading.refilled(content, drawn(report), address_of(report))
    kind = EDITED if report.edited else WORD
    sha256 = attach(report, changed, kind, actor)
    report = records.update(report, {"word": sha256}, actor, label="人工填报数字", clean=False)
    return find(report, changed, actor)
