"""Statements of time in notices: 到2026年底, 每年, “十五五”末."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .numerals import number

_WHEN = re.compile(
    r"(?P<from>20\d\d)年?(?:-{1,2}|至|到)(?P<to>20\d\d)年"
    r"|(?P<year>20\d\d)年(?P<end>底|末|年底|年末|内|度)?"
    r"|(?P<cn>二[〇零○]二[〇零○一二三四五六七八九])年(?P<cnend>底|末|内|度)?"
    r"|“?(?P<plan>十三五|十四五|十五五|十六五)”?(?P<planword>末|期末|期间|时期|末期|规划期)?"
    r"|(?P<each>每年度?|逐年|年度内均|每年均|年均(?!增|递|提|上升|下降|降|减))"
    r"|(?P<now>今年|本年度?|当年|年内|年底前|年底|年末)"
)
_PLANS = {"十三五": (2016, 2020), "十四五": (2021, 2025), "十五五": (2026, 2030), "十六五": (2031, 2035)}


@dataclass(frozen=True)
class When:
    """A statement of time in levelled text: the years it names, or every year.

    relative  今年, 年底前: the year of the notice
    """

    first: int | None
    last: int | None
    yearly: bool
    relative: bool
    start: int
    end: int


def whens(text: str) -> list[When]:
    """The years that levelled text names, in their order."""
    found = []
    for match in _WHEN.finditer(text):
        first = last = None
        if match["from"]:
            first, last = int(match["from"]), int(match["to"])
        elif match["year"]:
            first = last = int(match["year"])
        elif match["cn"]:
            first = last = int(number(match["cn"]) or 0) or None
        elif match["plan"]:
            if not match["planword"]:
                continue
            first, last = _PLANS[match["plan"]]
        # 较2024年下降, 与2023年相比, 前三年（2022-2024年）平均数: what is compared with.
        if re.match(
            r"[）)]?的?(?:平均|均值|同期|相比|实绩|基数|基础上|以来)", text[match.end() : match.end() + 6]
        ):
            continue
        if re.search(r"(?:较|比|与|以)$", text[max(0, match.start() - 1) : match.start()]):
            continue
        if first is not None and last is not None and last < first:
            first = last = None
        found.append(When(first, last, bool(match["each"]), bool(match["now"]), match.start(), match.end()))
    return found
