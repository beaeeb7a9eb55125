"""What keeps a report from being passed on: found in its figures, its sums, its texts and its file. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from supervision.rules.numbers import parse_decimal

from .computing import HAND, NOTHING, NUMBER, RATE, plain

HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Stands:
    """A figure as the paper has it."""

    ref: int
    key: str
    label: str
    kind: str
    text: str
    typed: str = ""
    measure: str = ""


def value_of(figure: Stands) -> Decimal | None:
    """The number that stands on paper; None for —. Raises ValueError for a text that is none."""
    text = figure.text.strip()
    if text in ("", NOTHING):
        return None
    if figure.kind == RATE:
        text = text.removesuffix("%").removesuffix("％")
    return parse_decimal(text, 6)


def named(figure: Stands) -> str:
    return f"数字[{figure.ref}]“{figure.label}”"


def of_figures(figures: Iterable[Stands]) -> list[str]:
    """Rates above 100 %, numbers that are none, typed figures without a number."""
    found = []
    for figure in figures:
        if figure.kind == HAND and figure.text in ("", NOTHING):
            found.append(f"{named(figure)}须人工填报，尚未填写。")
            continue
        if figure.kind not in (NUMBER, RATE, HAND):
            continue
        try:
            value = value_of(figure)
        except ValueError:
            found.append(f"{named(figure)}填的“{figure.text}”不是数字。")
            continue
        rate = figure.kind == RATE or figure.measure in ("%", "％")
        if value is not None and rate and value > HUNDRED:
            found.append(f"{named(figure)}为{figure.text}，比例不能超过100%。")
        if value is not None and value < 0 and (figure.typed or figure.kind != NUMBER):
            found.append(f"{named(figure)}为{figure.text}，不能是负数。")
    return found


def below_nothing(figures: Iterable[Stands]) -> list[str]:
    """Counted figures below zero: more was reversed than booked. Worth a look, no obstacle."""
    found = []
    for figure in figures:
        if figure.kind != NUMBER or figure.typed or not figure.text.startswith("-"):
            continue
        found.append(f"{named(figure)}为{figure.text}：期间内冲销多于入账，请核对。")
    return found


def of_sums(sums: Iterable[Mapping[str, Any]], by_key: Mapping[str, Stands]) -> list[str]:
    """Sums that do not hold: each is {"text", "left": key, "right": [[sign, key], …]}, its keys those of figures,
    or of `values` where a figure stands nowhere on paper."""
    found = []
    for one in sums:
        try:
            left = _number(one["left"], one, by_key)
            right = [sign * _number(key, one, by_key) for sign, key in one["right"]]
        except ValueError:
            # Named by `of_figures` already.
            continue
        if left != sum(right):
            found.append(f"{one['text']}不成立：应为{plain(sum(right))}，写为{plain(left)}。")
    return found


def _number(key: str, one: Mapping[str, Any], by_key: Mapping[str, Stands]) -> Decimal:
    if key in by_key:
        return value_of(by_key[key]) or Decimal(0)
    return Decimal(one.get("values", {}).get(key) or 0)


def of_parts(figures: Iterable[Mapping[str, Any]]) -> list[str]:
    """A numerator greater than its denominator, as what was counted has it."""
    return [
        f"数字[{row['ref']}]“{row['label']}”的分子{plain(row['numerator'])}大于分母{plain(row['denominator'])}。"
        for row in figures
        if row["denominator"] is not None and row["numerator"] > row["denominator"]
    ]


def of_span(last: date, as_of: date, today: date) -> list[str]:
    """A span that has not ended, or was looked at before its end."""
    if last >= today:
        return [f"报告期间到{last}才结束，现在不能核校。"]
    if as_of < last:
        return [f"数据截至{as_of}，早于报告期间结束日{last}，请修改数据截至日期后重新取数。"]
    return []


def of_texts(names: Iterable[str], texts: Mapping[str, str]) -> list[str]:
    """Texts that a template asks for and nobody typed."""
    return [f"“{name}”尚未填写。" for name in dict.fromkeys(names) if not texts.get(name, "").strip()]


def of_file(
    changed: Iterable[Any],
    by_ref: Mapping[int, Stands],
    left_over: Iterable[int],
    added: Iterable[tuple[int, str]],
) -> list[str]:
    """What somebody did to the Word file: figures changed or taken away, placeholders, numbers put in by hand."""
    found = []
    for one in changed:
        figure = by_ref.get(one.ref)
        if figure is None:
            found.append(f"修改稿中的数字[{one.ref}]不是本报告的数字，请删去。")
        elif one.found is None:
            found.append(f"{named(figure)}在修改稿中被删去，或其内容控件被删去；应为{figure.text}。")
        else:
            found.append(
                f"{named(figure)}在修改稿中被改为“{one.found}”，台账为“{figure.text}”，"
                "没有人工填报的标注和理由。"
            )
    found += [f"第{number}段还有未替换的占位符。" for number in left_over]
    found += [
        f"第{number}段新写入的“{text}”没有对应的台账数字；确需写入的，请在其后注明“（人工填报：理由）”。"
        for number, text in added
    ]
    return found


def hints(texts: Mapping[str, str], pattern: re.Pattern, bound: Callable[[str], str]) -> list[str]:
    """Numbers in typed texts that are bound to nothing: worth a look, no obstacle."""
    found = []
    for name, text in texts.items():
        numbers = list(dict.fromkeys(match[0] for match in pattern.finditer(bound(text))))
        if numbers:
            found.append(f"“{name}”中的{'、'.join(numbers[:6])}为手写数字，未与台账关联。")
    return found
