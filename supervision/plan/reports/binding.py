"""What a placeholder's words mean: which fact, indicator or target, which part of it, for which place."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from supervision.people.models import District, Sector
from supervision.rules.numbers import halfwidth

from .. import facts, indicators
from ..facts import Fact
from ..indicators import Indicator
from ..models import Target
from . import placeholders
from .placeholders import PART_LABELS, Placeholder

INDICATOR_PARTS = {
    placeholders.RATE,
    placeholders.NUMERATOR,
    placeholders.DENOMINATOR,
    placeholders.NUMBER,
    placeholders.YEARLY,
    placeholders.YEARLY_CHANGE,
    placeholders.YEARLY_BASE,
    placeholders.BEFORE,
    placeholders.BEFORE_CHANGE,
    placeholders.BEFORE_BASE,
}
TARGET_PARTS = INDICATOR_PARTS | {placeholders.THRESHOLD, placeholders.STATE}


@dataclass(frozen=True)
class Bound:
    """A figure that a template asks for. Exactly one of fact, indicator, target and hand says of what.

    hand      the name of a figure that is typed
    written   whether the placeholder writes the unit of measure, which then stands on paper too
    """

    part: str
    fact: Fact | None = None
    indicator: Indicator | None = None
    target: Target | None = None
    hand: str = ""
    measure: str = ""
    written: bool = False
    parameters: tuple[tuple[str, str], ...] = ()
    district: tuple[int, str] | None = None
    sector: tuple[str, str] | None = None

    @property
    def key(self) -> str:
        """By what the figure is known again in another making of the report."""
        words = [self.stem, f"#{self.part}"]
        words += [f";{name}={value}" for name, value in self.parameters]
        if self.district:
            words.append(f";district={self.district[0]}")
        if self.sector:
            words.append(f";sector={self.sector[0]}")
        return "".join(words)

    @property
    def stem(self) -> str:
        if self.fact:
            return f"fact:{self.fact.code}"
        if self.target:
            return f"target:{self.target.code}"
        return f"indicator:{self.indicator.code}" if self.indicator else f"hand:{self.hand}"

    @property
    def name(self) -> str:
        if self.fact:
            return self.fact.label
        if self.target:
            return self.target.name
        return self.indicator.label if self.indicator else self.hand

    @property
    def label(self) -> str:
        """The figure in words."""
        words = [self.name]
        if self.part in PART_LABELS and not (self.part == placeholders.RATE and self.name.endswith("率")):
            words.append(PART_LABELS[self.part])
        words += [place[1] for place in (self.district, self.sector) if place]
        return "·".join(words)

    @property
    def stands(self) -> bool:
        """Whether it is how something stands at a moment, so that months of it are not summed."""
        return self.fact.stock if self.fact else not self.hand

    @property
    def is_rate(self) -> bool:
        """Whether the thing itself is a rate, whichever part of it is asked."""
        kind = self.target.kind if self.target else self.indicator.kind if self.indicator else ""
        return kind == indicators.RATIO

    def of(self, part: str) -> Bound:
        return replace(self, part=part)


@dataclass
class Names:
    """Every name that a placeholder may use, read once."""

    facts: dict[str, Fact] = field(default_factory=dict)
    indicators: dict[str, Indicator] = field(default_factory=dict)
    targets: dict[str, Target] = field(default_factory=dict)
    districts: dict[str, tuple[int, str]] = field(default_factory=dict)

    @classmethod
    def read(cls, year: int | None = None) -> Names:
        """All names there are; of the plans only those that run in `year`, where it is given."""
        found = cls()
        for known in facts.registered():
            found.facts[halfwidth(known.label)] = found.facts[known.code] = known
        for known in indicators.registered():
            found.indicators[halfwidth(known.label)] = found.indicators[known.code] = known
        rows = Target.objects.filter(is_active=True, plan__is_active=True).select_related("plan")
        if year is not None:
            rows = rows.filter(plan__year_from__lte=year, plan__year_to__gte=year)
        # The newest plan's own stands where several plans use one code.
        for target in rows.order_by("plan__year_from", "plan_id", "-order"):
            found.targets[target.code] = found.targets[halfwidth(target.name)] = target
        found.districts = {name: (pk, name) for pk, name in District.objects.values_list("pk", "name")}
        return found

    def bind(self, one: Placeholder) -> Bound:
        """The figure of an inline placeholder. Raises PlaceholderFault."""
        if one.word == placeholders.HAND:
            if not one.rest or not one.rest[0]:
                raise one.fault("写法为 {{人工|名称|计量单位}}。")
            measure = one.rest[1] if len(one.rest) > 1 else ""
            return Bound(placeholders.NUMBER, hand=one.rest[0], measure=measure, written=bool(measure))
        bound = self.named(one, one.word)
        part, settings = "", {}
        for word in one.rest:
            name, mark, value = (piece.strip() for piece in word.partition("="))
            if mark:
                settings[name] = value
            elif part:
                raise one.fault(f"“{part}”与“{word}”只能写一个。")
            else:
                part = word
        bound = self.placed(one, bound, settings)
        return self.parted(one, bound, part)

    def named(self, one: Placeholder, name: str) -> Bound:
        """The thing of this name, with the part that is shown where none is asked for."""
        name = halfwidth(name).strip()
        if name.startswith(placeholders.TARGET):
            wanted = name[len(placeholders.TARGET) :].strip()
            if target := self.targets.get(wanted):
                part = placeholders.RATE if target.kind == indicators.RATIO else placeholders.NUMBER
                return Bound(part, target=target, measure=target.unit_label)
            raise self._unknown(one, wanted, self.targets, f"执行中的计划没有目标“{wanted}”")
        if known := self.facts.get(name):
            return Bound(placeholders.NUMBER, fact=known, measure=known.measure)
        if known := self.indicators.get(name):
            part = placeholders.RATE if known.kind == indicators.RATIO else placeholders.NUMBER
            return Bound(part, indicator=known)
        raise self._unknown(one, name, [*self.facts, *self.indicators], f"没有名称或代码为“{name}”的数据")

    def _unknown(self, one: Placeholder, name: str, known, what: str):
        near = get_close_matches(name, list(known), 3, 0.5)
        hint = f"，是否为：{'、'.join(near)}" if near else ""
        return one.fault(f"{what}{hint}。")

    def placed(self, one: Placeholder, bound: Bound, settings: dict[str, str]) -> Bound:
        """The share of a place, and an indicator's parameters."""
        parameters = {}
        for name, value in settings.items():
            if name == "县区":
                if value not in self.districts:
                    raise one.fault(f"没有县区“{value}”。")
                bound = replace(bound, district=self.districts[value])
            elif name == "领域":
                sectors = {label: code for code, label in Sector.choices}
                if value not in sectors:
                    raise one.fault(f"没有领域“{value}”，可用：{'、'.join(sectors)}。")
                bound = replace(bound, sector=(sectors[value], value))
            else:
                parameters[name] = value
        if parameters and not bound.indicator:
            raise one.fault(f"“{'、'.join(parameters)}”只用于指标。")
        if bound.indicator and (problems := bound.indicator.problems(parameters)):
            raise one.fault("".join(problems))
        if bound.fact:
            for place, way in (("县区", "district"), ("领域", "sector")):
                if getattr(bound, way) and not bound.fact.way(way):
                    raise one.fault(f"“{bound.name}”不能按{place}取数。")
        return replace(bound, parameters=tuple(sorted(parameters.items())))

    def parted(self, one: Placeholder, bound: Bound, word: str) -> Bound:
        """The part of the thing, or its unit of measure, checked against its own."""
        if not word:
            return bound
        if part := placeholders.PARTS.get(word):
            allowed = (
                INDICATOR_PARTS - {placeholders.RATE, placeholders.NUMERATOR, placeholders.DENOMINATOR}
                if bound.fact
                else TARGET_PARTS
                if bound.target
                else INDICATOR_PARTS
            )
            if part not in allowed or (part == placeholders.NUMBER and bound.is_rate):
                raise one.fault(f"“{bound.name}”没有“{word}”。")
            if part in (placeholders.RATE, placeholders.DENOMINATOR) and not bound.is_rate:
                raise one.fault(f"“{bound.name}”是数量，没有“{word}”。")
            return bound.of(part)
        if bound.is_rate:
            raise one.fault(f"“{bound.name}”是比例，应写：率、分子、分母、同比、环比。")
        if bound.measure and word != bound.measure:
            raise one.fault(f"“{bound.name}”的计量单位是“{bound.measure}”，不是“{word}”。")
        return replace(bound, measure=word, written=True)
