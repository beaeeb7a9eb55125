"""What a visit asks: the chosen checklists, the items of 重大隐患判定 always, and what was found before."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from supervision.flows.rectification import CLOSED
from supervision.rules.models import Confidence

from ..grading import clause_of
from ..models.danger import DISMISSED
from ..models.inspection import SEALED, Finding, InspectionKind, Visit, VisitItem

MAJOR, PRIOR = "major", "prior"
MOST_PRIOR = 60


@dataclass(frozen=True)
class Item:
    """One question. `source` says how well its clause is known; `finding` is what was found before, if it asks
    after that."""

    key: str
    text: str
    clause: str
    category: str = ""
    source: str = ""
    finding: Finding | None = None

    @property
    def major(self) -> bool:
        return self.key.startswith("MH-")


@dataclass(frozen=True)
class Group:
    code: str
    title: str
    items: tuple[Item, ...]
    kind: str = ""


def lists_of(visit: Visit) -> list[dict]:
    """Every checklist of the visit's version, with whether the visit asks it."""
    return [
        {
            "code": one["code"],
            "title": one["title"],
            "on": one["code"] in visit.lists,
            "size": len(one["items"]),
        }
        for one in visit.checklist_rule.content["lists"]
    ]


def groups_of(visit: Visit) -> list[Group]:
    """Everything the visit asks, in the order of the page."""
    found = []
    for one in visit.checklist_rule.content["lists"]:
        if one["code"] not in visit.lists:
            continue
        items = tuple(
            Item(
                row["key"],
                row["text"],
                row["clause"],
                row["category"],
                Confidence(row["confidence"]).label,
            )
            for row in one["items"]
        )
        found.append(Group(one["code"], one["title"], items))
    by_category: dict[str, list[Item]] = {}
    for row in visit.major_rule.content["items"]:
        clause, label = clause_of(visit.major_rule, row), Confidence(row["confidence"]).label
        by_category.setdefault(row["category"], []).extend(
            Item(f"{row['code']}.{number}", f"不存在：{text}", clause, row["category"], label)
            for number, text in enumerate(row["questions"], 1)
        )
    found += [
        Group(f"MH{place:02}", category, tuple(items), MAJOR)
        for place, (category, items) in enumerate(by_category.items(), 1)
    ]
    prior = prior_findings(visit)
    if prior:
        items = tuple(
            Item(f"P-{one.pk}", f"{one.part}：{one.description}"[:300], one.clause, one.category, "", one)
            for one in prior
        )
        found.append(Group("PRIOR", "以前检查发现、尚未销号的问题", items, PRIOR))
    return found


def before(visit: Visit):
    """What earlier sealed visits found in the same place: its own section, and the project as a whole."""
    place = Q(visit__section=visit.section_id) | Q(visit__section__isnull=True)
    if visit.section_id is None:
        place = Q()
    return (
        Finding.objects.filter(
            place, visit__project=visit.project_id, visit__status=SEALED, visit__lt=visit.pk
        )
        .select_related(
            "visit__project", "visit__section__project", "danger__project", "danger__section__project"
        )
        .order_by("-pk")
    )


def prior_findings(visit: Visit) -> list[Finding]:
    """Those of them that are still open, the newest first; and any the visit has answered about already."""
    answered = [
        int(key[2:]) for key in visit.items.filter(key__startswith="P-").values_list("key", flat=True)
    ]
    ended = (CLOSED, DISMISSED)
    still = ~Q(danger__status__in=ended) | Q(pk__in=answered)
    return list(before(visit).filter(still)[:MOST_PRIOR])


def answers_of(visit: Visit) -> dict[str, VisitItem]:
    return {row.key: row for row in visit.items.all()}


def missing(visit: Visit) -> list[str]:
    """What keeps the visit from being finished, as Chinese sentences."""
    answers = answers_of(visit)
    found, with_finding = [], set(visit.findings.values_list("key", flat=True))
    for group in groups_of(visit):
        if group.kind == PRIOR and visit.kind != InspectionKind.FOLLOW_UP:
            continue  # seen where one came by; only 回头看 has to see all of them
        left = [item for item in group.items if item.key not in answers]
        if left:
            found.append(f"“{group.title}”还有{len(left)}条未填。")
        if group.kind != PRIOR:
            found += [
                f"“{item.text[:40]}”不合格，请写明部位和情况。"
                for item in group.items
                if item.key in answers and answers[item.key].result == "fail" and item.key not in with_finding
            ]
    return found
