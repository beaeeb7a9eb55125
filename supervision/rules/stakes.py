"""Stakes (桩号): places along a route, such as X301：K0+500-K5+100.

A stake counts metres from the start of an alignment: K is the main line, YK and ZK the right and left
lines of a divided road, AK, BK, A1K… ramps. A route (X301, G2, 宿迁大道) may stand before it.
"""

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import models

from .numbers import halfwidth, shown

HINT = "应写作 K0+500 或 X301：K0+500-K5+100"

_MARKS = r"\-~〜‐‑‒–—―−至到"
_NUMBERED_ROUTE = "[GSXYCZ][0-9]{1,4}"  # 国道 省道 县道 乡道 村道 专用
# One digit at most (ramp A1K), or X30K0+500 could be read in two ways.
_ALIGNMENT = re.compile("(?:[A-Z]{1,4}[0-9]?)?K")
_ROUTE = re.compile("[^\\s:+;,、]{0,30}")
_BODY = re.compile(
    f"(?P<letters>{_ALIGNMENT.pattern}|[A-Z]*)(?P<km>[0-9]+)"
    r"(?P<plus>\+)?(?P<m>(?<=\+)[0-9]+(?:\.[0-9]+)?)?"
)
# A route may hold a range mark of its own (宿迁至泗阳公路：K0+500), so it is set apart first.
_ENDS = re.compile(f"(?P<start>(?:[^:+]*:)?[^:{_MARKS}]*)(?:[{_MARKS}]+(?P<end>.*))?")
_MILLIMETRE = Decimal("0.001")
_KM_DIGITS = 5


class StakeError(ValueError):
    """Text that is not a stake; the message says in Chinese what is wrong with it."""


@dataclass(frozen=True)
class Stake:
    """A point: `route` ('' when not told), `alignment` letters ending in K, `metres` from its zero.

    Raises StakeError for values that could not be written as a stake.
    """

    route: str
    alignment: str
    metres: Decimal

    def __post_init__(self):
        if not _ROUTE.fullmatch(self.route) or self.route != _plain(self.route):
            raise StakeError(f"路线{shown(self.route)}过长或含有不能使用的符号")
        if not _ALIGNMENT.fullmatch(self.alignment):
            raise StakeError(f"桩号字母{shown(self.alignment)}应为 K 或以 K 结尾（如 YK、AK）")
        if not (self.metres.is_finite() and 0 <= self.metres < 1000 * 10**_KM_DIGITS):
            raise StakeError(f"桩号的公里数应在 0 至 {10**_KM_DIGITS - 1} 之间")
        if self.metres % _MILLIMETRE:
            raise StakeError("桩号最多精确到毫米（三位小数）")

    def __str__(self):
        return _with_route(self.route, self.local)

    @property
    def local(self) -> str:
        """The stake without its route: YK12+345.678."""
        km, metres = divmod(self.metres, 1000)
        millimetres = f"{metres % 1:.3f}"[1:].rstrip("0").rstrip(".")
        return f"{self.alignment}{int(km)}+{int(metres):03d}{millimetres}"

    @property
    def sort_key(self) -> tuple:
        """Orders by route (numbers by value), main line first, then along the alignment."""
        bits = re.findall("[0-9]+|[^0-9]+", self.route)
        route = tuple((0, int(bit), "") if "0" <= bit[0] <= "9" else (1, 0, bit) for bit in bits)
        return route, self.alignment != "K", self.alignment, self.metres

    @property
    def points(self) -> tuple["Stake", ...]:
        """The stakes that this place is made of."""
        return (self,)


@dataclass(frozen=True)
class StakeRange:
    """A stretch of one route from `start` to `end`.

    The two may lie on different alignments (a ramp that joins the main line); on the same one the end may
    not come before the start. Raises StakeError otherwise.
    """

    start: Stake
    end: Stake

    def __post_init__(self):
        if self.start.route != self.end.route:
            raise StakeError(f"起点路线{shown(self.start.route)}与终点路线{shown(self.end.route)}不同")
        if self.start.alignment == self.end.alignment and self.end.metres < self.start.metres:
            raise StakeError(f"终点 {self.end.local} 在起点 {self.start.local} 之前")

    def __str__(self):
        return _with_route(self.start.route, f"{self.start.local}-{self.end.local}")

    @property
    def sort_key(self) -> tuple:
        """Orders by start, then by end."""
        return self.start.sort_key + self.end.sort_key

    @property
    def points(self) -> tuple[Stake, ...]:
        """Start and end."""
        return self.start, self.end


class Bounds(NamedTuple):
    """Where a text of stakes begins and ends: route, and metres as Decimal."""

    route: str
    start: Decimal
    end: Decimal


def parse_stake(text: str) -> Stake:
    """Read one point. Raises StakeError."""
    place = _parse_place(text)
    if not isinstance(place, Stake):
        raise StakeError(f"{shown(text)}是区间，这里应填一个桩号")
    return place


def parse_range(text: str) -> StakeRange:
    """Read one stretch. An end without letters continues the start's alignment. Raises StakeError."""
    place = _parse_place(text)
    if not isinstance(place, StakeRange):
        raise StakeError(f"{shown(text)}缺少终点桩号，区间{HINT}")
    return place


def parse_places(text: str) -> list[Stake | StakeRange]:
    """Read points and stretches set apart by ； 、 ， or a new line, in the order given.

    One without a route continues the route before it. Raises StakeError, also when there is none.
    """
    places: list[Stake | StakeRange] = []
    for part in re.split("[;,、\n]", halfwidth(str(text))):
        if part.strip():
            places.append(_parse_place(part, places[-1].points[0].route if places else ""))
    if not places:
        raise StakeError("桩号不能为空")
    return places


def canonical(text: str) -> str:
    """Return points and stretches in the one form that is stored. Raises StakeError."""
    return "；".join(map(str, parse_places(text)))


def bounds(text: str) -> Bounds:
    """Return the first route named and the least and greatest metres on it. Raises StakeError."""
    points = [point for place in parse_places(text) for point in place.points]
    route = points[0].route
    metres = [point.metres for point in points if point.route == route]
    return Bounds(route, min(metres), max(metres))


def on_route(text: str, route: str, stretch: str) -> str:
    """Places on one stretch of a route, in the form that is stored, each with the route's number.

    route    the number that stretches and places without one are on, such as X301
    stretch  where the route is kept, such as K0+500-K5+100; places on another alignment than any that it names
             (ramps) are not measured against it
    Raises StakeError for a place on another route, or outside the stretch.
    """
    route = _plain(route)
    spans: dict[str, list[tuple[Decimal, Decimal]]] = {}
    for one in parse_places(stretch):
        first, last = one.points[0], one.points[-1]
        if first.alignment == last.alignment:
            spans.setdefault(first.alignment, []).append((first.metres, last.metres))
    made = []
    for place in parse_places(text):
        points = [replace(point, route=point.route or route) for point in place.points]
        for point in points:
            if point.route != route:
                raise StakeError(f"{point}不在路线 {route} 上")
        first, last = points[0], points[-1]
        within = spans.get(first.alignment) if first.alignment == last.alignment else None
        if within and not any(low <= first.metres and last.metres <= high for low, high in within):
            raise StakeError(f"{place}超出该路段（{route}：{stretch}）")
        made.append(StakeRange(first, last) if len(points) > 1 else first)
    return "；".join(map(str, made))


def sort_key(text: str) -> tuple:
    """Return a key that sorts texts of stakes along the road: K2+000 before K10+000. Raises StakeError."""
    return tuple(place.sort_key for place in parse_places(text))


def _with_route(route: str, local: str) -> str:
    return f"{route}：{local}" if route else local


def _plain(text: str) -> str:
    """Half-width capitals without spaces; the space after a numbered route (G2 K700+100) becomes a colon."""
    text = re.sub(f"^({_NUMBERED_ROUTE})\\s+(?=[A-Z])", r"\1:", halfwidth(text).strip().upper())
    return re.sub(r"\s+", "", text)


def _parse_place(text: str, route: str = "") -> Stake | StakeRange:
    plain = _plain(str(text))
    if not plain:
        raise StakeError("桩号不能为空")
    ends = _ENDS.fullmatch(plain)
    if not ends:
        raise StakeError(f"{shown(text)}不是桩号，{HINT}")
    start = _parse_one(ends["start"], text, route)
    if ends["end"] is None:
        return start
    if not ends["end"]:
        raise StakeError(f"{shown(text)}缺少终点桩号")
    return StakeRange(start, _parse_one(ends["end"], text, start.route, start.alignment))


def _parse_one(plain: str, text: str, route: str, alignment: str = "") -> Stake:
    """Read one end of `text`; `route` and `alignment` are what it continues when it names none."""
    named, colon, body = plain.rpartition(":")
    if colon and not named:
        raise StakeError(f"{shown(text)}冒号前缺少路线")
    if not colon and (numbered := re.match("([GSXYCZ][0-9]{2,4})(?=[A-Z]|$)", plain)):
        named, body = numbered[1], plain[numbered.end() :]
    if not body:
        raise StakeError(f"{shown(text)}缺少桩号，{HINT}")
    match = _BODY.fullmatch(body)
    if not match:
        raise StakeError(f"{shown(text)}中的{shown(body)}不是桩号，{HINT}")
    # Without letters the plus sign is what tells 5+100 from a bare number of metres.
    letters = match["letters"] or (alignment if match["plus"] else "")
    if not letters:
        raise StakeError(f"{shown(text)}中的{shown(body)}缺少桩号字母（如 K、YK），{HINT}")
    if len(match["km"]) > _KM_DIGITS:
        raise StakeError(f"{shown(text)}的公里数过大")
    metres = Decimal(match["m"] or 0)
    if metres >= 1000:
        raise StakeError(f"{shown(text)}加号后的米数应小于 1000，现为 {match['m'][:12]}")
    if len((match["m"] or "").partition(".")[2].rstrip("0")) > 3:
        raise StakeError("桩号最多精确到毫米（三位小数）")
    return Stake(named or route, letters, int(match["km"]) * 1000 + metres)


class StakeField(models.CharField):
    """Text column of points and stretches; whatever way it is written, the canonical form is stored.

    Saving text that is no stake raises ValidationError. Look-ups take their text as it stands, so that
    `contains` can search for a part.
    """

    description = "桩号"

    def __init__(self, *args, max_length=200, **kwargs):
        super().__init__(*args, max_length=max_length, **kwargs)

    def to_python(self, value):
        if value is None or not str(value).strip():
            return value if value is None else ""
        try:
            return canonical(value)
        except StakeError as error:
            raise ValidationError(str(error), code="stake") from error

    def get_prep_value(self, value):
        value = models.Field.get_prep_value(self, value)
        return value if value is None else str(value)

    def pre_save(self, model_instance, add):
        value = getattr(model_instance, self.attname)
        if not hasattr(value, "as_sql"):
            value = self.to_python(value)
            setattr(model_instance, self.attname, value)
        return value

    def get_db_prep_save(self, value, connection):
        # update() and bulk_update() come only through here.
        if not hasattr(value, "as_sql"):
            value = self.to_python(value)
        return super().get_db_prep_save(value, connection)
