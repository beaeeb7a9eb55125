"""Whether a figure meets its target. Pure arithmetic; the ledgers give the numbers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

AT_MOST, AT_LEAST, EXACTLY, FALLS, NONE = "at_most", "at_least", "exactly", "falls", "none"
TARGETS = (
    (AT_MOST, "不高于"),
    (AT_LEAST, "不低于"),
    (EXACTLY, "等于"),
    (FALLS, "同比减少"),
    (NONE, "不设目标"),
)
MET, MISSED, UNKNOWN, WITHOUT = "met", "missed", "unknown", "without"
COLOURS = {MET: "green", MISSED: "red", UNKNOWN: "gray", WITHOUT: "gray"}
PLACES = Decimal("0.0001")


@dataclass(frozen=True)
class Verdict:
    """What a figure comes to: `code`, the word for it, and why in one sentence."""

    code: str
    word: str
    why: str

    @property
    def color(self) -> str:
        return COLOURS[self.code]


def rate(numerator: Decimal, denominator: Decimal) -> Decimal:
    """A per cent to four places, halves up. ValueError where there is nothing to measure, or too much."""
    if denominator <= 0:
        raise ValueError("分母须大于零。")
    if numerator < 0 or numerator > denominator:
        raise ValueError("分子应在零与分母之间。")
    return (numerator * 100 / denominator).quantize(PLACES, ROUND_HALF_UP)


def plain(value: Decimal) -> str:
    """A number as people write it: no zeros at its end, no exponent."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def target_text(kind: str, target: Decimal | None, unit: str) -> str:
    """The target in words: 不高于0.5%, 同比减少, 0起."""
    if kind == NONE:
        return "不设目标"
    if kind == FALLS or target is None:
        return "同比减少"
    words = {AT_MOST: "不高于", AT_LEAST: "不低于", EXACTLY: ""}[kind]
    return f"{words}{plain(target)}{unit}"


def judge(
    kind: str, target: Decimal | None, value: Decimal | None, former: Decimal | None = None, unit: str = ""
) -> Verdict:
    """How a figure stands. `former` is that of the same period a year before, which only 同比减少 asks for.

    Nothing in both years counts as met (本系统设定): there cannot be fewer than none. An equal figure is no
    decrease.
    """
    if value is None:
        return Verdict(UNKNOWN, "未报", "本期还没有经确认的数值。")
    if kind == NONE:
        return Verdict(WITHOUT, "—", "不设目标。")
    now = f"{plain(value)}{unit}"
    if kind == FALLS:
        if former is None:
            return Verdict(UNKNOWN, "无法比较", "没有上年同期的数值。")
        then = f"上年同期{plain(former)}{unit}，本期{now}"
        if value == former == 0:
            return Verdict(MET, "均为零", f"{then}（本系统设定：均为零视为达到）。")
        if value < former:
            return Verdict(MET, "达到", f"{then}，减少{plain(former - value)}{unit}。")
        change = f"增加{plain(value - former)}{unit}" if value > former else "持平"
        return Verdict(MISSED, "未达到", f"{then}，{change}。")
    if target is None:
        return Verdict(WITHOUT, "—", "没有填目标值。")
    met = {AT_MOST: value <= target, AT_LEAST: value >= target, EXACTLY: value == target}[kind]
    words = f"目标{target_text(kind, target, unit)}，本期{now}"
    return Verdict(MET, "达到", f"{words}。") if met else Verdict(MISSED, "未达到", f"{words}。")
