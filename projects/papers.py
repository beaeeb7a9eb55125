"""What the papers of the rectification loop say alike, whatever is put right: a record that is `Placed`, with its
`part`, `stakes` and `responsible_unit`."""

from __future__ import annotations

from typing import Any

from supervision.papers.documents import services
from supervision.papers.documents.models import Document
from supervision.people.models import Organization, Role


def where(record: Any) -> str:
    return f"{record.part}（{record.stakes}）" if record.stakes else record.part


def place_of(record: Any) -> dict[str, str]:
    """The works a paper is about, as every paper names them."""
    return {"project": record.project.name, "section": record.section.code if record.section_id else ""}


def addressees(record: Any) -> list[Organization]:
    """Whom a paper is addressed to: who puts it right, who supervises, who owns the works."""
    found = [record.responsible_unit]
    if record.section_id:
        found += [row.organization for row in record.parties(Role.SUPERVISOR).select_related("organization")]
    found.append(record.project.owner)
    return list({unit.pk: unit for unit in found if unit is not None}.values())


def issued_paper(record: Any, *codes: str) -> Document | None:
    """The last paper of these kinds that was issued on a record."""
    found = services.of(record).filter(code__in=codes).exclude(number="").exclude(status="void")
    return found.order_by("-pk").first()


def short(record: Any) -> str:
    """The works and the spot in the words of a title."""
    section = record.section.code if record.section_id else ""
    return f"{record.project.name}{section}{record.part}"
