"""A table's figures as a picture: bars side by side, drawn with the bundled font, the same bytes each time."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from math import ceil, log10

from PIL import Image, ImageDraw, ImageFont

from supervision.papers.documents.pdf import FONTS

WIDTH, HEIGHT = 1560, 780
COLORS = ("#1f5fa8", "#c9832a", "#3d8a5f", "#8a4f8f")
INK, GRID = "#222222", "#c8ced6"
LEFT, RIGHT, TOP, BOTTOM = 110, 30, 120, 110


@dataclass(frozen=True)
class Series:
    """One thing's values in the order of the labels; None where there is none."""

    name: str
    values: tuple[Decimal | None, ...]


def step_for(most: float) -> float:
    """The distance of the grid's lines: a round number, about five of them up to the highest value."""
    if most <= 5:
        return 1
    rough = most / 5
    power = 10 ** int(log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)


def bars(title: str, labels: list[str], series: list[Series], unit: str) -> bytes:
    """The chart as PNG."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(picture)
    font, small, large = (
        ImageFont.truetype(str(FONTS / "NotoSerifSC-Regular.otf"), size) for size in (28, 24, 34)
    )
    draw.text((WIDTH / 2, 34), title, INK, large, anchor="mm")
    most = max((float(value) for one in series for value in one.values if value is not None), default=0)
    step = step_for(most)
    top = max(1, ceil(most / step)) * step
    high = HEIGHT - TOP - BOTTOM

    def at(value: float) -> float:
        return HEIGHT - BOTTOM - high * max(value, 0) / top

    for number in range(round(top / step) + 1):
        value = number * step
        draw.line((LEFT, at(value), WIDTH - RIGHT, at(value)), GRID, 2 if number else 3)
        draw.text((LEFT - 14, at(value)), f"{value:g}", INK, small, anchor="rm")
    draw.text((LEFT, TOP - 34), f"单位：{unit}" if unit else "", INK, small, anchor="lm")
    place = WIDTH - RIGHT
    for number, one in reversed(list(enumerate(series))):
        place -= draw.textlength(one.name, small) + 56
        draw.rectangle((place, TOP - 46, place + 24, TOP - 22), COLORS[number % len(COLORS)])
        draw.text((place + 34, TOP - 34), one.name, INK, small, anchor="lm")
    room = (WIDTH - LEFT - RIGHT) / max(len(labels), 1)
    width = min(64, room * 0.76 / max(len(series), 1))
    for column, label in enumerate(labels):
        middle = LEFT + room * (column + 0.5)
        for number, one in enumerate(series):
            value = one.values[column]
            if value is None:
                continue
            left = middle + (number - len(series) / 2) * width
            draw.rectangle(
                (left + 2, at(float(value)), left + width - 2, HEIGHT - BOTTOM), COLORS[number % len(COLORS)]
            )
            draw.text((left + width / 2, at(float(value)) - 6), f"{float(value):g}", INK, small, anchor="mb")
        for row, piece in enumerate(_pieces(label, room, draw, font)):
            draw.text((middle, HEIGHT - BOTTOM + 26 + row * 32), piece, INK, font, anchor="mm")
    target = BytesIO()
    picture.save(target, "PNG", optimize=True)
    return target.getvalue()


def _pieces(label: str, room: float, draw: ImageDraw.ImageDraw, font) -> list[str]:
    """A label in at most two lines of the room."""
    if draw.textlength(label, font) <= room:
        return [label]
    fits = max(1, int(room // 28))
    return [label[:fits], label[fits : 2 * fits]]
