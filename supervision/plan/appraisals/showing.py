"""A kept sheet as the page draws it."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.urls import reverse

from supervision.ledgers.registry import ledger_for
from supervision.people.models import User

from .arithmetic import rounded

if TYPE_CHECKING:
    from ..models import Appraisal

KINDS = {"rate": "比例", "deduction": "扣分", "bonus": "加分", "veto": "否决"}
LABELS = {"counted": "计入", "missing": "未计入", "undecided": "未定", "events": "记录"}


def lines_of(appraisal: Appraisal, user: User) -> list[dict[str, Any]]:
    """The dimensions with their lines; every list that is not empty has an address, where the person may open the
    ledger of its records."""
    open_ = _open_to(appraisal, user)
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
        shown = line | {"kind_label": KINDS[line["kind"]], "links": _links(appraisal, line, open_)}
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


def _open_to(appraisal: Appraisal, user: User) -> set[int]:
    """The lists of the sheet whose ledgers the person may open; one query."""
    from ..models import MemberList

    kept = {one["list"] for line in appraisal.sheet.get("lines", ()) for one in line["lists"].values()}
    units = dict(MemberList.objects.filter(pk__in=kept).values_list("pk", "unit"))
    return {pk for pk, unit in units.items() if may_open(unit, user)}


def may_open(unit: str, user: User) -> bool:
    """Whether the person's roles open the ledger of a model (app_label.model)."""
    ledger = ledger_for(apps.get_model(unit))
    return ledger is not None and ledger.may_view(user)


def _links(appraisal: Appraisal, line: dict, open_: set[int]) -> list[dict[str, Any]]:
    return [
        {
            "label": LABELS[name],
            "count": kept["count"],
            "url": reverse("appraisal_list", args=[appraisal.pk, line["code"], name])
            if kept["list"] in open_
            else "",
        }
        for name, kept in line["lists"].items()
        if kept["count"]
    ]
