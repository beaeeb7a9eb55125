"""The four-colour board: a project's hazards laid along its stakes, and those that have no stakes beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Case, IntegerField, Value, When

from projects.models import Project
from supervision.people.models import User
from supervision.rules.stakes import Stake, StakeError, StakeRange, parse_places

from ..models.hazard import CONTROLLED, LEVEL_COLORS, REASSESSING, Hazard, RiskLevel

WIDTH, MARGIN, LANE, HEAD = 1000, 20, 26, 34
# A point on the road is drawn so wide that a finger finds it.
LEAST = 26
ORDER = {code: place for place, code in enumerate(RiskLevel.values)}


@dataclass
class Bar:
    """One hazard on one road: where it is drawn, in units of the picture."""

    hazard: Hazard
    number: int
    color: str
    x: float
    y: float
    width: float
    text: str

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)

    @property
    def baseline(self) -> float:
        return self.y + 15


@dataclass
class Road:
    """One alignment of one route, with its bars."""

    name: str
    start: Decimal
    end: Decimal
    bars: list[Bar] = field(default_factory=list)
    ticks: list[tuple[float, str]] = field(default_factory=list)
    height: int = 0


@dataclass
class Board:
    roads: list[Road]
    rows: list[dict]
    counts: list[dict]


def hazards_of(project: Project, user: User, least: str = ""):
    """The hazards in force on a project that a person sees, the gravest first; `least` leaves out what is below."""
    rank = Case(
        *(When(level=code, then=Value(place)) for code, place in ORDER.items()),
        output_field=IntegerField(),
    )
    rows = (
        Hazard.objects.visible_to(user)
        .filter(project=project, status__in=(CONTROLLED, REASSESSING))
        .select_related("section__project", "project", "responsible_unit")
    )
    if least in ORDER:
        rows = rows.filter(level__in=RiskLevel.values[: ORDER[least] + 1])
    return rows.annotate(rank=rank).order_by("rank", "pk")


def board(project: Project, user: User, least: str = "") -> Board:
    """Everything the page shows. Numbers in the picture are those of the table."""
    found = list(hazards_of(project, user, least))
    roads: dict[tuple[str, str], list[tuple[int, Hazard, Decimal, Decimal]]] = {}
    rows, counts = [], dict.fromkeys(RiskLevel.values, 0)
    for number, hazard in enumerate(found, 1):
        counts[hazard.level] += 1
        rows.append({"number": number, "hazard": hazard, "color": LEVEL_COLORS[hazard.level]})
        for place in places(hazard):
            first, last = place.points[0], place.points[-1]
            if first.alignment != last.alignment:
                last = first
            roads.setdefault((first.route, first.alignment), []).append(
                (number, hazard, first.metres, last.metres)
            )
    drawn = [draw(name, pieces) for name, pieces in sorted(roads.items())]
    return Board(
        drawn,
        rows,
        [
            {"label": RiskLevel(code).label, "color": LEVEL_COLORS[code], "count": counts[code], "code": code}
            for code in RiskLevel.values
        ],
    )


def places(hazard: Hazard) -> list[Stake | StakeRange]:
    if not hazard.stakes:
        return []
    try:
        return parse_places(hazard.stakes)
    except StakeError:
        return []


def draw(name: tuple[str, str], pieces: list[tuple[int, Hazard, Decimal, Decimal]]) -> Road:
    """A road with its bars in lanes, so that none covers another; the scale runs over what is drawn on it."""
    route, alignment = name
    start = min(piece[2] for piece in pieces)
    end = max(piece[3] for piece in pieces)
    if end - start < 1000:  # a single place is drawn in the middle of its kilometre
        middle = (start + end) / 2
        start, end = max(Decimal(0), middle - 500), max(Decimal(0), middle - 500) + 1000
    scale = (WIDTH - 2 * MARGIN) / float(end - start)
    road = Road(f"{route} {alignment} 线".strip(), start, end)
    lanes: list[float] = []
    for number, hazard, begin, stop in sorted(pieces, key=lambda piece: (piece[2], piece[0])):
        x = MARGIN + float(begin - start) * scale
        width = max(LEAST, float(stop - begin) * scale)
        x = min(x, WIDTH - MARGIN - width)
        lane = next((place for place, taken in enumerate(lanes) if taken <= x), len(lanes))
        if lane == len(lanes):
            lanes.append(0)
        lanes[lane] = x + width + 2
        text = f"{number} {hazard.get_level_display()} {hazard.stakes} {hazard.part}：{hazard.event}"
        road.bars.append(
            Bar(
                hazard,
                number,
                LEVEL_COLORS[hazard.level],
                round(x, 1),
                HEAD + lane * LANE,
                round(width, 1),
                text,
            )
        )
    road.height = HEAD + len(lanes) * LANE + 6
    step = (end - start) / 5
    for place in range(6):
        metres = (start + step * place).quantize(Decimal(1))
        road.ticks.append(
            (round(MARGIN + float(step * place) * scale, 1), Stake("", alignment, metres).local)
        )
    return road
