"""Grounds on which a unit fails whatever its score: entered by hand, and found in other ledgers.

A room above that keeps such facts registers a source when its app starts:

    @veto_source("major_danger")
    def dangers(assessments):
        return {assessment.pk: [f"{danger.number} {danger.part}", …], …}     # one text of evidence per finding

It is asked about many sheets at once, so that scoring a list of them takes no query for each. `code` is that of the
version's veto; a version that does not know the code is not touched by it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..models import Assessment
from ..standards.results import VetoFound

Source = Callable[[Sequence[Assessment]], Mapping[int, Sequence[str]]]
_sources: dict[str, list[Source]] = {}


def veto_source(code: str) -> Callable[[Source], Source]:
    """Register a function that finds, for assessments, what evidence there is of the veto `code`."""

    def register(function: Source) -> Source:
        sources = _sources.setdefault(code, [])
        if function not in sources:
            sources.append(function)
        return function

    return register


def found_elsewhere(assessments: Sequence[Assessment]) -> dict[int, dict[str, list[str]]]:
    """What every source finds, asked once for all of them: {assessment: {code: texts}}."""
    found: dict[int, dict[str, list[str]]] = {assessment.pk: {} for assessment in assessments}
    for code, sources in _sources.items():
        for source in sources:
            for pk, texts in source(assessments).items():
                if texts:
                    found[pk].setdefault(code, []).extend(texts)
    return found


def bring_along(assessments: Sequence[Assessment]) -> None:
    """Keep on each what the sources find; `vetoes_of` then asks no more about these."""
    found = found_elsewhere(assessments)
    for assessment in assessments:
        assessment.found_elsewhere = found[assessment.pk]


def vetoes_of(assessment: Assessment) -> tuple[VetoFound, ...]:
    """What holds against the unit now. One query, and those of the registered sources unless brought along."""
    found: dict[str, list[str]] = {}
    # Read whole: a list of sheets brings them along in one query.
    for veto in sorted(assessment.hand_vetoes.all(), key=lambda veto: veto.pk):
        if veto.withdrawn_on is None:
            found.setdefault(veto.code, []).append(f"{veto.evidence}（{veto.found_on}）")
    elsewhere = getattr(assessment, "found_elsewhere", None)
    if elsewhere is None:
        elsewhere = found_elsewhere([assessment])[assessment.pk]
    known = {veto["code"] for veto in assessment.standard_version.vetoes}
    for code, texts in elsewhere.items():
        if code in known:
            found.setdefault(code, []).extend(texts)
    return tuple(VetoFound(code, "；".join(texts)) for code, texts in found.items())
