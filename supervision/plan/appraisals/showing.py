"""A kept sheet as the page draws it."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from .arithmetic import rounded

if TYPE_CHECKING:
    from ..models import Appraisal

KINDS = {"rate": "比例", "deduction": "扣分", "bonus": "加分", "veto": "否决"}
LABELS = {"counted": "计入", "missing": "未计入", "undecided": "未定", "events": "记录"}


def lines_of(appraisal: Appraisal) -> list[dict[str, Any]]:
    """The dimensions with their lines; every list that is not empty has an address."""
    found: dict[str, dict[str, Any]] = {}
    for line in appraisal.sheet.get("lines", ()):
        dimension = found.setdefault(
            line["dimension"],
            {
                "name": line["dimension"],
                "lines": [],
                "marks": Fraction(0),
                "share": Fraction(0),
                "counted": False,
            },
        )
        shown = line | {"kind_label": KINDS[line["kind"]], "links": _links(appraisal, line)}
        if line["kind"] == "veto":
            shown["result"] = "否决" if Fraction(line["events"] or 0) > 0 else "未触发"
        elif line["kind"] == "bonus":
            shown["result"] = f"+{line['points'] or 0}"
        else:
            shown["result"] = "不计" if line["points"] is None else line["points"]
            dimension["marks"] += Fraction(line["marks"])
            dimension["share"] += Fraction(line["share"] or 0)
            dimension["counted"] |= line["share"] is not None
        dimension["lines"].append(shown)
    for one in found.values():
        one["marks"] = rounded(one["marks"])
        one["share"] = rounded(one["share"]) if one["counted"] else None
    return list(found.values())


def _links(appraisal: Appraisal, line: dict) -> list[dict[str, Any]]:
    return [
        {
            "label": LABELS[name],
            "count": kept["count"],
            "url": reverse("appraisal_list", args=[appraisal.pk, line["code"], name])
            if kept["count"]
            else "",
        }
        for name, kept in line["lists"].items()
    ]
