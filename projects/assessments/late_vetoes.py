"""Grounds of failure proven after a sheet was settled as passed: put before the regulator, never applied silently.

The kept result stays until a person overturns it (`overturn_first`, `overturn_again` of the flow).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.db.models import Q
from django.utils import timezone

from supervision.flows import records
from supervision.flows.errors import LostRace
from supervision.flows.history import Actor

from ..models import Assessment
from ..models.standard import MarkColumn
from ..standards.judging import veto_texts
from .rescoring import chunks
from .settling import decide
from .specs import spec_for
from .vetoes import bring_along, vetoes_of

SETTLED = Q(status="done", passed=True)


def standing_vetoes(sheet: Assessment) -> tuple[str, ...]:
    """What holds against the unit now and counts under the sheet's version, in words."""
    return veto_texts(spec_for(sheet.standard_version), sheet.subject, vetoes_of(sheet))[0]


def watch_all(actor: Actor, report: Callable[[int, int], None]) -> int:
    """Look at every sheet settled as passed; returns how many were newly laid before the regulator. A sheet that
    somebody is just writing is left to the next night."""
    rows = Assessment.objects.filter(SETTLED).select_related(
        *Assessment.text_joins, "standard_version__standard"
    )
    rows = rows.prefetch_related("hand_vetoes").order_by("pk")
    total, done, found = rows.count(), 0, 0
    for part in chunks(rows):
        found += watch(part, actor)
        done += len(part)
        report(done, total)
    return found


def watch(sheets: Iterable[Assessment], actor: Actor) -> int:
    """Mark the settled ones of these sheets against which a ground holds; take the mark off where none does now.

    Returns how many were newly marked."""
    settled = [sheet for sheet in sheets if sheet.status == "done" and sheet.passed]
    bring_along(settled)
    found = 0
    for sheet in settled:
        texts = standing_vetoes(sheet)
        if bool(texts) == (sheet.veto_found_on is not None):
            continue
        values = {"veto_found_on": timezone.localdate() if texts else None}
        label = "结论后查实否决情形" if texts else "否决情形已不存在"
        try:
            records.update(sheet, values, actor, label=label, reason="；".join(texts)[:500], clean=False)
        except LostRace:
            continue
        found += bool(texts)
    return found


def deciding_column(sheet: Assessment) -> str:
    """Whose column the settled result is: the bureau's where it checked, else the owner's."""
    return MarkColumn.BUREAU.value if sheet.bureau_on else MarkColumn.OWNER.value


def still_vetoed(sheet: Assessment) -> list[str]:
    """A guard: a ground holds against the unit now."""
    return [] if standing_vetoes(sheet) else ["否决情形已撤销或不再成立，不需改判。"]


def overturn(sheet: Assessment, data: dict, actor: Actor) -> None:
    """An effect: the deciding column's marks stay and come to 不合格 by the ground that was proven."""
    decide(deciding_column(sheet), failed=True, label="按否决情形改判")(sheet, data, actor)
