"""The figures of a report: each computed once, together with the very records it counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.apps import apps
from django.db import models

from supervision.people.models import District, Sector
from supervision.rules.numbers import percent

from .. import indicators
from ..arithmetic import judge
from ..facts import Fact, Place, Span
from ..indicators import COUNTED, UNDECIDED, Group, Window
from ..models import Target
from ..models.figures import State
from ..services import window_of
from . import placeholders, spans
from .binding import Bound
from .placeholders import Placeholder

NOTHING = "—"
NUMBER, RATE, CHANGE, WORD, HAND = "number", "rate", "change", "word", "hand"
KINDS = {NUMBER: "数量", RATE: "比例", CHANGE: "增减", WORD: "文字", HAND: "人工填报"}
CENT = Decimal("0.01")


@dataclass
class Figure:
    """One figure with what it counts.

    unit, ids         the model, and the keys of the records counted
    other, other_ids  what the second list is (应计, 上年同期, 上期), and its records
    code, first, last, district, sector   where its list as it is now can be asked for
    typed             the reason for which it was typed over; "" for what was computed
    written           whether its unit of measure stands beside it
    """

    key: str
    label: str
    kind: str
    text: str
    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    measure: str = ""
    unit: str = ""
    ids: tuple[int, ...] = ()
    other: str = ""
    other_ids: tuple[int, ...] = ()
    code: str = ""
    first: date | None = None
    last: date | None = None
    district: int | None = None
    sector: str = ""
    computed: str = ""
    typed: str = ""
    written: bool = False


@dataclass(frozen=True)
class Line:
    label: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Counted:
    """A thing measured: its number or its parts, with the records."""

    numerator: Decimal
    ids: tuple[int, ...]
    denominator: Decimal | None = None
    population: tuple[int, ...] = ()
    undecided: int = 0

    @property
    def rate(self) -> Decimal | None:
        return percent(self.numerator, self.denominator)


def plain(value: Decimal | int | None) -> str:
    """A number as sentences have it: at most two places, no zeros at its end."""
    if value is None:
        return NOTHING
    text = format(Decimal(value).quantize(CENT, ROUND_HALF_UP), "f").rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def rate_text(value: Decimal | None) -> str:
    return NOTHING if value is None else f"{value:.1f}%"


def difference(now: Decimal | None, base: Decimal | None, measure: str, *, points: bool) -> str:
    """By how much it changed: 增加3处, 上升2.5个百分点, 持平; — without one of the two."""
    if now is None or base is None:
        return NOTHING
    change = now - base
    if not change:
        return "持平"
    if points:
        return f"{'上升' if change > 0 else '下降'}{plain(abs(change))}个百分点"
    return f"{'增加' if change > 0 else '减少'}{plain(abs(change))}{measure}"


def comparison(now: Decimal, base: Decimal, measure: str) -> tuple[str, Decimal | None]:
    """The change in per cent of the base with the absolute change beside it, and the per cent. Without a base there
    is no per cent: 增加3处（基数为0）."""
    if now == base:
        return "持平", Decimal(0)
    absolute = difference(now, base, measure, points=False)
    share = percent(now - base, base) if base > 0 else None
    if share is None:
        return f"{absolute}（基数为{plain(base)}）", None
    return f"{'增长' if share > 0 else '下降'}{abs(share):.1f}%（{absolute}）", share


@dataclass
class Computer:
    """Computes the figures of one report: of its span, as of its day, for its district or sector."""

    span: Span
    district: int | None = None
    sector: str = ""
    _counted: dict = field(default_factory=dict)
    _groups: dict = field(default_factory=dict)
    _places: dict = field(default_factory=dict)

    # ------------------------------------------------------------------------------------------ one figure

    def figure(self, bound: Bound) -> Figure:
        if bound.hand:
            figure = Figure(bound.key, bound.label, HAND, NOTHING, measure=bound.measure)
        else:
            figure = self._figure(bound, self.span)
        figure.computed = figure.text
        return figure

    def _figure(self, bound: Bound, span: Span, counted: Counted | None = None) -> Figure:
        part = bound.part
        if bound.target and not bound.target.indicator:
            return self._untold(bound)
        now = counted or self.counted(bound, span)
        place = self._place(bound)
        made = Figure(
            bound.key,
            bound.label,
            NUMBER,
            "",
            unit=bound.fact.model if bound.fact else self._indicator(bound).unit,
            ids=now.ids,
            code=bound.fact.code if bound.fact else "",
            first=span.first,
            last=span.last,
            district=place.district,
            sector=place.sector or "",
        )
        if bound.is_rate:
            made.numerator, made.denominator = now.numerator, now.denominator
            made.other, made.other_ids = "应计", now.population
        if part in (placeholders.NUMBER, placeholders.NUMERATOR):
            made.value, made.text, made.measure = now.numerator, plain(now.numerator), bound.measure
        elif part == placeholders.DENOMINATOR:
            made.value, made.text, made.ids = now.denominator, plain(now.denominator), now.population
        elif part == placeholders.RATE:
            made.kind, made.value, made.text = RATE, now.rate, rate_text(now.rate)
        elif part == placeholders.THRESHOLD:
            made.kind, made.text = WORD, bound.target.threshold_text
        elif part == placeholders.STATE:
            made.kind, made.text = WORD, self._state(bound.target, now)
        else:
            self._compared(made, bound, span, now)
        return made

    def _compared(self, made: Figure, bound: Bound, span: Span, now: Counted) -> None:
        yearly = bound.part.startswith(placeholders.YEARLY)
        base_span = spans.year_before(span) if yearly else spans.span_before(span)
        base = self.counted(bound, base_span)
        made.other, made.other_ids = ("上年同期" if yearly else "上期"), base.ids
        values = (now.rate, base.rate) if bound.is_rate else (now.numerator, base.numerator)
        if bound.part in (placeholders.YEARLY_BASE, placeholders.BEFORE_BASE):
            made.ids, made.other, made.other_ids = base.ids, "", ()
            made.first, made.last, made.value = base_span.first, base_span.last, values[1]
            made.kind = RATE if bound.is_rate else NUMBER
            made.text = rate_text(values[1]) if bound.is_rate else plain(values[1])
            made.measure = "" if bound.is_rate else bound.measure
            made.numerator, made.denominator = (
                (base.numerator, base.denominator) if bound.is_rate else (None, None)
            )
            return
        made.kind = CHANGE
        made.numerator = made.denominator = None
        if bound.is_rate:
            made.text = difference(*values, "", points=True)
        elif bound.part in (placeholders.YEARLY, placeholders.BEFORE):
            made.text, made.value = comparison(*values, bound.measure)
            return
        else:
            made.text = difference(*values, bound.measure, points=False)
        made.value = None if None in values else values[0] - values[1]

    def _untold(self, bound: Bound) -> Figure:
        """A target that no indicator computes: what is known of it is typed, or nothing."""
        if bound.part == placeholders.THRESHOLD:
            return Figure(bound.key, bound.label, WORD, bound.target.threshold_text)
        if bound.part == placeholders.STATE:
            return Figure(bound.key, bound.label, WORD, "人工跟踪")
        return Figure(bound.key, bound.label, NUMBER, NOTHING, measure=bound.measure)

    def _state(self, target: Target, now: Counted) -> str:
        last_year = target.deadline_year or self.span.last.year
        size = None if now.denominator is None else int(now.denominator)
        outcome = judge(
            target.kind,
            int(now.numerator),
            size,
            now.undecided,
            target.threshold,
            self.span.known >= date(last_year, 12, 31),
        )
        return State(outcome.state).label

    # ------------------------------------------------------------------------------------------ counting

    def _place(self, bound: Bound) -> Place:
        return Place(
            district=bound.district[0] if bound.district else self.district,
            sector=bound.sector[0] if bound.sector else self.sector or None,
        )

    def counted(self, bound: Bound, span: Span) -> Counted:
        """A thing in a span, counted once however often it is asked for."""
        place = self._place(bound)
        key = bound.stem, bound.parameters, span, place
        if key not in self._counted:
            self._counted[key] = (
                self._fact(bound.fact, span, place) if bound.fact else self._measured(bound, span, place)
            )
        return self._counted[key]

    def _fact(self, fact: Fact, span: Span, place: Place) -> Counted:
        if not fact.narrows(place):
            raise ValueError(f"“{fact.label}”不能按县区或领域取数，不能用于县区、领域的报告。")
        value, ids = fact.members(span, place)
        return Counted(Decimal(value), ids)

    def _indicator(self, bound: Bound) -> indicators.Indicator:
        return bound.indicator or indicators.find(bound.target.indicator)

    def _measured(self, bound: Bound, span: Span, place: Place) -> Counted:
        groups = self._groups_of(bound, span)
        if place.district is not None:
            groups = [group for group in groups if group.district == place.district]
        if place.sector is not None:
            groups = [group for group in groups if group.sector == place.sector]
        return self._sum(bound, groups)

    def _sum(self, bound: Bound, groups: list[Group]) -> Counted:
        by: dict[str, list[int]] = {}
        for group in groups:
            by.setdefault(group.standing, []).extend(group.ids)
        ids = tuple(sorted(by.get(COUNTED, ())))
        if not bound.is_rate:
            return Counted(Decimal(len(ids)), ids, undecided=len(by.get(UNDECIDED, ())))
        everybody = tuple(sorted(pk for some in by.values() for pk in some))
        return Counted(Decimal(len(ids)), ids, Decimal(len(everybody)), everybody, len(by.get(UNDECIDED, ())))

    def _groups_of(self, bound: Bound, span: Span) -> list[Group]:
        """How an indicator stands at the end of a span, in the year of that day; see `spans.standing_on`."""
        key = bound.stem, bound.parameters, span
        if key not in self._groups:
            known, year, day = self._indicator(bound), span.last.year, spans.standing_on(span)
            if bound.target:
                window, parameters = window_of(bound.target, year, day), bound.target.parameters
            else:
                window, parameters = Window(year, day, year, year), dict(bound.parameters)
            self._groups[key] = indicators.measure(known.members(parameters, window))
        return self._groups[key]

    # ------------------------------------------------------------------------------------------ tables

    def lines(self, one: Placeholder, bounds: list[Bound], by: str) -> list[Line]:
        """A line for each place of a kind, or each month, with a figure for each thing. Raises PlaceholderFault for
        a thing that cannot be divided so."""
        for bound in bounds:
            if not self._divides(bound, by):
                raise one.fault(f"“{bound.name}”不能按{placeholders.WAY_LABELS[by]}分列。")
        if by == "month":
            return [
                Line(name, tuple(self._share(bound, part, f"month={part.last}", name) for bound in bounds))
                for name, part in spans.months_of(self.span)
            ]
        shares = [self._shares(bound, by) for bound in bounds]
        keys = {key for share in shares for key in share}
        names = self._names(bounds, by, keys)
        order = sorted(
            keys | (set(names) if by == "district" else set()),
            key=lambda key: (
                key in (None, ""),
                *((key,) if by == "district" and key else (0,)),
                names.get(key, ""),
            ),
        )
        return [
            Line(
                names.get(key) or f"未填{placeholders.WAY_LABELS[by]}",
                tuple(
                    self._share(
                        bound,
                        self.span,
                        f"{by}={key or ''}",
                        names.get(key, ""),
                        share.get(key, Counted(Decimal(0), (), Decimal(0) if bound.is_rate else None)),
                        by,
                        key,
                    )
                    for bound, share in zip(bounds, shares, strict=True)
                ),
            )
            for key in order
        ]

    def _divides(self, bound: Bound, by: str) -> bool:
        if bound.hand or (bound.target and not bound.target.indicator):
            return False
        if by == "month":
            return True
        return bool(bound.fact.way(by)) if bound.fact else by in ("district", "sector")

    def _share(self, bound, span, mark, name, counted=None, by="", key=None) -> Figure:
        figure = self._figure(bound, span, counted)
        figure.key, figure.label = f"{bound.key}@{mark}", f"{bound.label}·{name}" if name else bound.label
        figure.computed = figure.text
        if by == "district":
            figure.district = key
        elif by == "sector":
            figure.sector = key or ""
        return figure

    def _shares(self, bound: Bound, by: str) -> dict:
        if bound.fact:
            rows = bound.fact.shares(by, self.span, self._place(bound))
            return {key: Counted(Decimal(value), ids) for key, (value, ids) in rows.items()}
        place, found = self._place(bound), {}
        for group in self._groups_of(bound, self.span):
            if place.district not in (None, group.district) or place.sector not in (None, group.sector):
                continue
            found.setdefault(getattr(group, by), []).append(group)
        return {key: self._sum(bound, groups) for key, groups in found.items()}

    def _names(self, bounds: list[Bound], by: str, keys: set) -> dict:
        if by == "sector":
            return dict(Sector.choices)
        if by == "district":
            rows = District.objects.values_list("pk", "name")
            return {pk: name for pk, name in rows if self.district in (None, pk)}
        model = _end(apps.get_model(bounds[0].fact.model), bounds[0].fact.way(by))
        wanted = [key for key in keys if key is not None]
        return dict(model._base_manager.filter(pk__in=wanted).values_list("pk", "name"))


def _end(model: type[models.Model], way: str) -> type[models.Model]:
    """The model that a lookup ends at."""
    for step in way.split("__"):
        if step != "pk":
            model = model._meta.get_field(step).related_model
    return model
