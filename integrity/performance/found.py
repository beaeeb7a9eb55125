"""What the ledgers hold of a section for the period of a mark: figures beside the marks, no marks themselves."""

from __future__ import annotations

from datetime import timedelta

from quality.models import QualityDefect
from safety.models import Finding, HiddenDanger
from supervision.rules.calendar import months_after


def found_in(mark) -> dict[str, int]:
    """Counts by name, of the mark's section and period."""
    from ..models.performance import MONTHS

    begin = mark.starts_on
    end = months_after(begin, MONTHS[mark.kind]) - timedelta(days=1)
    within = {"section": mark.section_id, "found_on__range": (begin, end)}
    dangers = HiddenDanger._base_manager.filter(**within)
    defects = QualityDefect._base_manager.filter(**within)
    visits = Finding._base_manager.filter(
        visit__section=mark.section_id, visit__visited_on__range=(begin, end)
    )
    return {
        "隐患": dangers.count(),
        "其中重大隐患": dangers.filter(grade="major").count(),
        "质量缺陷": defects.count(),
        "其中严重缺陷": defects.filter(grade="serious").count(),
        "检查发现": visits.count(),
    }
