"""Computing the sheets of a scheme: indicators and facts once for all units, then each unit's arithmetic.

A sheet is plain values: the unit's days, and for every item the figures, the points, a word, and the ids of the
lists of the very records as they stood (MemberList). Nothing of it changes when a ledger is corrected later.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import transaction

from supervision.flows import records
from supervision.flows.errors import NotAllowed
from supervision.flows.history import Actor
from supervision.people.models import Organization

from .. import services
from ..facts import OBJECTS, Fact, Place, Span
from ..facts import find as fact_of
from ..indicators import COUNTED, UNDECIDED, Group, Window, measure, rules_in_words
from ..indicators import find as indicator_of
from ..models import Appraisal, AppraisalItem, AppraisalObjection, AppraisalScheme, UnitTerm
from ..models.appraisal import APPRAISED, COUNTIES, CountedBy, Grade, ItemKind, Outcome
from . import arithmetic

# A draft may be tried out by the portal itself; the page asks for one in force.
COMPUTED = ("draft", "in_force")
COUNTED_LIST, MISSING_LIST, UNDECIDED_LIST, EVENTS_LIST = "counted", "missing", "undecided", "events"
LIST_LABELS = {COUNTED_LIST: "计入", MISSING_LIST: "未计入", UNDECIDED_LIST: "未定", EVENTS_LIST: "记录"}


@dataclass(frozen=True)
class Part:
    """An organisation's days within the year; a unit that took over another's work has that one's too."""

    organization: Organization
    first: date
    last: date

    def place(self, by: str) -> Place:
        if by == CountedBy.UNIT:
            return Place(organization=self.organization)
        if self.organization.kind in COUNTIES:
            return Place(district=self.organization.district_id)
        return Place(sector=self.organization.sector)


def place_of(part: Part, item: AppraisalItem) -> Place:
    """Whose events an item counts for a part, of the kind of objects that it says."""
    return replace(part.place(item.counted_by), objects=objects_of(item))


def objects_of(item: AppraisalItem) -> str | None:
    """The kind of objects whose events alone an item counts, if it says so."""
    return (item.parameters.get(OBJECTS) or None) if isinstance(item.parameters, dict) else None


@dataclass(frozen=True)
class Subject:
    """A unit that is appraised, with what it took over."""

    organization: Organization
    parts: tuple[Part, ...]
    words: tuple[str, ...]


@dataclass
class Found:
    """What one item comes to for one unit."""

    points: Fraction | None = None
    number: Fraction = Fraction(0)
    lists: dict[str, tuple[int, ...]] = field(default_factory=dict)
    model: str = ""
    words: str = ""


def subjects(year: int) -> list[Subject]:
    """Who is appraised: a unit that was merged away within the year is part of its successor."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    terms = {term.organization_id: term for term in UnitTerm._base_manager.select_related("successor")}
    units = {
        unit.pk: unit
        for unit in Organization._base_manager.filter(kind__in=APPRAISED).order_by("pk")
        if unit.is_active or (unit.pk in terms and terms[unit.pk].until)
    }
    own: dict[int, Part] = {}
    former: dict[int, list[int]] = defaultdict(list)
    for pk, unit in units.items():
        term = terms.get(pk)
        begun = max(first, term.since) if term and term.since else first
        ended = min(last, term.until) if term and term.until else last
        if begun > ended:
            continue
        own[pk] = Part(unit, begun, ended)
        if term and term.until and term.until <= last and term.successor_id in units:
            former[term.successor_id].append(pk)
    taken = {pk for pks in former.values() for pk in pks}
    return [_subject(part, own, former) for pk, part in own.items() if pk not in taken]


def _subject(part: Part, own: dict[int, Part], former: dict[int, list[int]]) -> Subject:
    parts, words, ahead = [part], [], list(former[part.organization.pk])
    if (part.first.month, part.first.day) != (1, 1):
        words.append(f"本单位自{part.first}起存在，只计其后发生的事实；比例类指标按年度口径")
    if (part.last.month, part.last.day) != (12, 31):
        words.append(f"本单位于{part.last}撤并，只计其前发生的事实；比例类指标按年度口径")
    while ahead:
        pk = ahead.pop()
        if pk in own and own[pk] not in parts:
            parts.append(own[pk])
            words.append(f"承继{own[pk].organization}（{own[pk].last}并入），其年内事实一并计入")
            ahead += former[pk]
    return Subject(part.organization, tuple(parts), tuple(words))


class Figures:
    """The indicators and facts that a scheme asks, each indicator measured once for all units."""

    def __init__(self, scheme: AppraisalScheme, as_of: date):
        self.window = Window(scheme.year, as_of, scheme.year, scheme.year)
        self.as_of = as_of
        self._groups: dict[int, tuple[list[Group], bool, bool]] = {}

    def of(self, item: AppraisalItem, subject: Subject, left_out: set[int]) -> Found:
        """What the item comes to for the unit, without the records in `left_out`."""
        judge = self._rate if item.kind == ItemKind.RATE else self._events
        return judge(item, subject, left_out)

    def _rate(self, item: AppraisalItem, subject: Subject, left_out: set[int]) -> Found:
        known = indicator_of(item.indicator)
        if known is None:
            return Found(words="指标已不存在，本项不计")
        if item.pk not in self._groups:
            members = known.members(item.parameters, self.window)
            self._groups[item.pk] = measure(members), members.district is not None, members.sector is not None
        groups, by_district, by_sector = self._groups[item.pk]
        counties = subject.organization.kind in COUNTIES
        if not (by_district if counties else by_sector):
            return Found(words="该指标不能按区域或领域统计，本项不计")
        places = {
            part.organization.district_id if counties else part.organization.sector for part in subject.parts
        }
        ids: dict[str, list[int]] = defaultdict(list)
        for group in groups:
            if (group.district if counties else group.sector) in places:
                ids[group.standing] += [pk for pk in group.ids if pk not in left_out]
        counted, undecided = sorted(ids.pop(COUNTED, ())), sorted(ids.pop(UNDECIDED, ()))
        missing = sorted(pk for rest in ids.values() for pk in rest)
        whole = len(counted) + len(missing)
        points = arithmetic.rate_points(
            Fraction(item.marks), len(counted), whole, Fraction(item.zero_at), Fraction(item.full_at)
        )
        words = f"{len(counted)}/{whole}" if whole else "无适用对象，本项不计，分值由其他内容分摊"
        if undecided:
            words += f"，未定{len(undecided)}不计"
        lists = {
            COUNTED_LIST: tuple(counted), MISSING_LIST: tuple(missing), UNDECIDED_LIST: tuple(undecided)
        }  # fmt: skip
        return Found(
            points, Fraction(len(counted), whole) if whole else Fraction(0), lists, known.unit, words
        )

    def _events(self, item: AppraisalItem, subject: Subject, left_out: set[int]) -> Found:
        known = fact_of(item.fact)
        if known is None:
            return Found(words="该事实已不存在，本项不计")
        if not all(known.narrows(place_of(part, item)) for part in subject.parts):
            return Found(words="该事实不能按此范围统计，本项不计")
        number, ids = self._counted(known, item, subject, left_out)
        changed = arithmetic.event_points(Fraction(item.per_event), Fraction(item.cap), number)
        points = {
            ItemKind.DEDUCTION: Fraction(item.marks) - changed,
            ItemKind.BONUS: changed,
            ItemKind.VETO: Fraction(0),
        }[item.kind]
        return Found(points, number, {EVENTS_LIST: ids}, known.model, f"{_plain(number)}{known.measure}")

    def _counted(
        self, known: Fact, item: AppraisalItem, subject: Subject, left_out: set[int]
    ) -> tuple[Fraction, tuple[int, ...]]:
        """How many events there were, or their sum, over the parts; a record of two parts is one."""
        amounts: dict[int, Decimal] = {}
        for part in subject.parts:
            # A district goes on after its unit was merged: what happens there is the successor's.
            until = part.last if item.counted_by == CountedBy.UNIT else max(one.last for one in subject.parts)
            last = min(until, self.as_of)
            if last < part.first:
                continue
            rows = known.rows(Span(part.first, last, self.as_of), place_of(part, item)).order_by()
            for row in rows.values_list("pk", *([known.amount] if known.amount else [])):
                if row[0] not in left_out:
                    amounts[row[0]] = (row[1] or Decimal(0)) if known.amount else Decimal(1)
        return Fraction(sum(amounts.values(), Decimal(0))), tuple(sorted(amounts))


def compute(scheme: AppraisalScheme, as_of: date, actor: Actor) -> int:
    """Draft the sheets of all units as of a day; returns how many. Those that were sent stay as they are.

    Of two at once the second comes after the first. Raises NotAllowed where the scheme is in force no more."""
    number = 0
    with transaction.atomic():
        if not records.hold(AppraisalScheme, scheme.pk, status__in=COMPUTED):
            raise NotAllowed("方案启用后、公布前才能测算。")
        figures, items = Figures(scheme, as_of), list(scheme.items.all())
        there = {row.organization_id: row for row in Appraisal._base_manager.filter(scheme=scheme)}
        for subject in subjects(scheme.year):
            row = there.get(subject.organization.pk)
            if row is not None and row.status != "draft":
                continue
            values = sheet_of(scheme, items, figures, subject, left_out_of(row) if row else {})
            if row is None:
                row = Appraisal(scheme=scheme, organization=subject.organization, **values)
                records.create(row, actor, label="测算")
            else:
                records.update(row, values, actor, label="重新测算")
            number += 1
    return number


def left_out_of(appraisal: Appraisal) -> dict[int, set[int]]:
    """The records that upheld objections named, by item: they are not counted any more."""
    left_out: dict[int, set[int]] = defaultdict(set)
    upheld = AppraisalObjection._base_manager.filter(
        appraisal=appraisal, status="answered", outcome=Outcome.UPHELD, record_key__isnull=False
    )
    for item, key in upheld.values_list("item", "record_key"):
        left_out[item].add(key)
    return left_out


def again(appraisal: Appraisal, actor: Actor, reason: str) -> Appraisal:
    """The same sheet, as of its own day, without the records that upheld objections named."""
    scheme = appraisal.scheme
    subject = next(
        (one for one in subjects(scheme.year) if one.organization.pk == appraisal.organization_id), None
    )
    if subject is None:
        return appraisal
    figures = Figures(scheme, appraisal.as_of)
    values = sheet_of(scheme, list(scheme.items.all()), figures, subject, left_out_of(appraisal))
    fresh = Appraisal._base_manager.get(pk=appraisal.pk)
    return records.update(fresh, values, actor, label="按异议重新计算", reason=reason)


def sheet_of(
    scheme: AppraisalScheme,
    items: list[AppraisalItem],
    figures: Figures,
    subject: Subject,
    left_out: dict[int, set[int]],
) -> dict[str, Any]:
    """The columns of a unit's appraisal."""
    mine = [item for item in items if item.for_kind(subject.organization.kind)]
    found = [figures.of(item, subject, left_out.get(item.pk, set())) for item in mine]
    kept = services.keep_lists([(one.model, ids) for one in found for ids in one.lists.values()])
    scored = [(item, one) for item, one in zip(mine, found, strict=True) if item.scored]
    lines = [arithmetic.Line(item.dimension, Fraction(item.marks), one.points) for item, one in scored]
    share = dict(zip((item.pk for item, _ in scored), arithmetic.shares(lines), strict=True))
    pairs = list(zip(mine, found, strict=True))
    bonus = sum(
        (one.points or Fraction(0) for item, one in pairs if item.kind == ItemKind.BONUS), Fraction(0)
    )
    vetoed = any(one.number > 0 for item, one in pairs if item.kind == ItemKind.VETO)
    total = arithmetic.total(lines, bonus)
    points = None if total is None else arithmetic.rounded(total)
    enough = arithmetic.applying(lines) >= Fraction(scheme.least_marks)
    thresholds = (
        (Grade.EXCELLENT, scheme.excellent_from),
        (Grade.GOOD, scheme.good_from),
        (Grade.PASSED, scheme.passed_from),
    )
    sheet = {
        "words": list(subject.words),
        "bonus": _plain(bonus),
        "left_out": {str(pk): sorted(keys) for pk, keys in left_out.items()},
        "lines": [_line(item, one, share.get(item.pk), kept) for item, one in pairs],
    }
    return {
        "as_of": figures.as_of,
        "total": points,
        "vetoed": vetoed,
        "grade": arithmetic.grade(points if enough else None, vetoed, thresholds, Grade.FAILED, Grade.NONE),
        "note": "；".join(subject.words)[:300],
        "sheet": sheet,
    }


def _line(item: AppraisalItem, one: Found, share: Fraction | None, kept: dict) -> dict[str, Any]:
    return {
        "item": item.pk,
        "code": item.code,
        "dimension": item.dimension,
        "name": item.name,
        "kind": item.kind,
        "marks": _plain(Fraction(item.marks)),
        "points": None if one.points is None else _plain(one.points),
        "share": None if share is None else _plain(share),
        "words": "；".join(word for word in (one.words, only_in_words(item)) if word),
        "events": _plain(one.number) if item.kind != ItemKind.RATE else "",
        "lists": {name: {"list": kept[one.model, ids], "count": len(ids)} for name, ids in one.lists.items()},
    }


def only_in_words(item: AppraisalItem) -> str:
    """What an item counts alone, as its parameters say: “对象类别：工程项目”."""
    if item.kind == ItemKind.RATE:
        return rules_in_words([(item.indicator, item.parameters)])[0]
    known, code = fact_of(item.fact), objects_of(item)
    return f"对象类别：{known.object_kinds().get(code, code)}" if known and code else ""


def _plain(value: Fraction) -> str:
    """A number as text with at most two decimals and no zeros behind."""
    text = format(arithmetic.rounded(value), "f")
    return text.rstrip("0").rstrip(".")
