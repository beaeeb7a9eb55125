"""The rule sets of credit: families of subjects, the items of each, procedure, lists, tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from supervision.rules.calendar import add_workdays
from supervision.rules.models import RuleSet
from supervision.rules.shipped import load_shipped, rule

PROCEDURE, REPAIR, LISTS, PROPOSALS = "credit-procedure", "credit-repair", "credit-lists", "credit-proposals"
DEPOSITS, TENDER, COLOURS, INSPECTIONS = (
    "credit-deposits",
    "credit-tender-points",
    "credit-colours",
    "credit-inspections",
)
GOOD_SET = "credit-good"


class Family(models.TextChoices):
    """Which rule set a subject is evaluated under."""

    HIGHWAY = "credit-glsg", "公路施工"
    WATERWAY = "credit-sysg", "水运施工"
    SUPERVISOR = "credit-jjx", "监理企业"
    LABORATORY = "credit-jjc", "试验检测机构"
    TESTER = "credit-jcry", "试验检测人员"
    ENGINEER = "credit-jlry", "监理工程师"


PERSONS = frozenset({Family.TESTER, Family.ENGINEER})
# Of which kind of subject each set's bad clauses speak; those of the good one of any.
SUBJECTS_OF = {code: "person" if code in PERSONS else "enterprise" for code in Family.values}
SETS = (*Family.values, GOOD_SET)
SET_LABELS = dict(Family.choices) | {GOOD_SET: "良好信息"}
CODE_OF_LABEL = {label: code for code, label in SET_LABELS.items()}


@dataclass(frozen=True)
class Item:
    """One clause of one version of a rule set."""

    set_code: str
    code: str
    behaviour: str
    category: str
    effect: str = ""
    points: Decimal | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    cap: Decimal | None = None
    unit: str = ""
    # By so many months it prolongs a D that stands already.
    prolongs: int = 0

    @property
    def word(self) -> str:
        """What people choose it by: the set and the code together name it."""
        return f"{SET_LABELS[self.set_code]} {self.code} {self.behaviour}"[:160]

    @property
    def worth(self) -> str:
        """What it costs, in words."""
        if self.category == "good":
            return "公布"
        if self.effect:
            return {"D": "直接定为D级", "down": "降一级"}.get(self.effect, f"直接定为{self.effect}级")
        if self.points is not None:
            return f"{self.points}分/{self.unit or '次'}"
        return f"{self.least}至{self.most}分/次" if self.most is not None else "分值由认定人填写"


def items_of(rules: RuleSet) -> Iterator[Item]:
    for row in rules.content["items"]:
        number = {
            name: Decimal(row[name]) if name in row else None for name in ("points", "least", "most", "cap")
        }
        yield Item(
            rules.code,
            row["code"],
            row["behaviour"],
            row["cat"],
            row.get("effect", ""),
            unit=row.get("unit", ""),
            prolongs=row.get("prolongs", 0),
            **number,
        )


def item_in(rules: RuleSet, code: str) -> Item | None:
    return next((item for item in items_of(rules) if item.code == code), None)


def in_force(codes: tuple[str, ...], on: date) -> list[RuleSet]:
    """The versions of some sets in force on a day, in one query; a set without one is left out."""
    found: dict[str, RuleSet] = {}
    for attempt in range(2):
        rows = RuleSet.objects.filter(
            models.Q(effective_to=None) | models.Q(effective_to__gte=on),
            code__in=codes,
            effective_from__lte=on,
        ).order_by("effective_from", "pk")
        found = {row.code: row for row in rows}
        if found or attempt:
            break
        if not RuleSet.objects.filter(code__in=codes).exists():
            load_shipped()
    return [found[code] for code in codes if code in found]


def words() -> list[str]:
    """Every item in force today, by the word people choose it by."""
    return [item.word for rules in in_force(SETS, timezone.localdate()) for item in items_of(rules)]


def read_word(word: str) -> tuple[str, str]:
    """(code of the set, code of the item) of such a word. Raises ValueError for another text."""
    label, _, rest = word.partition(" ")
    code = rest.partition(" ")[0]
    if label not in CODE_OF_LABEL or not code:
        raise ValueError(f"“{word[:40]}”不是规则条款。")
    return CODE_OF_LABEL[label], code


def procedure(on: date | None = None) -> dict[str, Any]:
    return rule(PROCEDURE, on).content


def of_year(family: str, year: int) -> tuple[RuleSet, dict[str, Any]]:
    """The version a year is evaluated under, in force on its last day, and the procedure of that day.

    Raises ValidationError, to be read by people, for a year that has none."""
    last = date(year, 12, 31)
    try:
        return rule(family, last), procedure(last)
    except RuleSet.DoesNotExist:
        raise ValidationError(
            f"{year}年没有生效的“{SET_LABELS.get(family, family)}”评价规则，不能评价。"
        ) from None


def term(name: str) -> date:
    """The last day of a term of the procedure that begins today: so many working days on."""
    return add_workdays(timezone.localdate(), procedure()[name])


def repair_versions() -> list[tuple[date, dict[str, Any]]]:
    """Every version of the repair rules with the day it takes effect, the oldest first."""
    rule(REPAIR)  # enters the shipped ones where there are none
    rows = RuleSet.objects.filter(code=REPAIR).order_by("effective_from", "pk")
    return [(row.effective_from, row.content) for row in rows]
