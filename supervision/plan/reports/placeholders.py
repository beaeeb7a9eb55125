"""The placeholders of a template, as somebody types them in Word: {{…}}, its parts divided by | or ｜.

    {{排查治理安全隐患|处}}                      a fact, by its name or code; the unit must be its own
    {{danger.found|同比}}                        and 同比增减、上年同期、环比、环比增减、上期
    {{danger.found|县区=沭阳县|领域=公路}}        its share
    {{目标:PAGD-CITY|率}}                        a target of a plan by its code or name; also 目标值、状态
    {{project.passed|率|level=city}}             an indicator with its parameters
    {{人工|培训人次|人次}}                       a figure that no ledger knows: typed, with a reason, and marked
    {{填写|存在的问题}}                          text typed in the portal, alone in its paragraph
    {{报告|期间}}                                标题、期间、年度、单位、数据截至、期末、编制日期
    {{表格|县区|danger.found|drill.held}}        alone in its paragraph: a table by 县区、领域、单位、月份、项目
    {{图|月份|danger.found}}                     the same as a picture with its table
    {{清单|danger.open|20}}                      the records themselves, at most so many
    {{目标表}} {{目标表|平安工地}} {{任务表}}     targets with their figures, tasks with their units
    {{核对|danger.found = danger.major + danger.general}}   a sum that must hold; leaves nothing on the paper

Pure text: what the names mean is asked of `binding`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from supervision.rules.numbers import halfwidth

MARK = re.compile(r"(?:\{|｛){2}(.*?)(?:\}|｝){2}", re.DOTALL)
OPEN, CLOSE = re.compile(r"(?:\{|｛){2}"), re.compile(r"(?:\}|｝){2}")

TABLE, CHART, LIST, TARGETS, TASKS, SUM, FILL, HAND, REPORT = (
    "表格",
    "图",
    "清单",
    "目标表",
    "任务表",
    "核对",
    "填写",
    "人工",
    "报告",
)
# Alone in their paragraph, which they replace.
BLOCKS = (TABLE, CHART, LIST, TARGETS, TASKS, SUM, FILL)
WAYS = {"县区": "district", "领域": "sector", "单位": "unit", "月份": "month", "项目": "project"}
WAY_LABELS = {way: label for label, way in WAYS.items()}
FACTS_OF_REPORT = ("标题", "期间", "年度", "单位", "数据截至", "期末", "编制日期")
TARGET = "目标:"

NUMBER, RATE, NUMERATOR, DENOMINATOR = "number", "rate", "numerator", "denominator"
YEARLY, YEARLY_CHANGE, YEARLY_BASE = "yoy", "yoy_change", "yoy_base"
BEFORE, BEFORE_CHANGE, BEFORE_BASE = "before", "before_change", "before_base"
THRESHOLD, STATE = "threshold", "state"
PARTS = {
    "数": NUMBER,
    "率": RATE,
    "%": RATE,
    "分子": NUMERATOR,
    "分母": DENOMINATOR,
    "同比": YEARLY,
    "同比增减": YEARLY_CHANGE,
    "上年同期": YEARLY_BASE,
    "环比": BEFORE,
    "环比增减": BEFORE_CHANGE,
    "上期": BEFORE_BASE,
    "目标值": THRESHOLD,
    "状态": STATE,
}
PART_LABELS = {
    RATE: "率",
    NUMERATOR: "分子",
    DENOMINATOR: "分母",
    YEARLY: "同比",
    YEARLY_CHANGE: "同比增减",
    YEARLY_BASE: "上年同期",
    BEFORE: "环比",
    BEFORE_CHANGE: "环比增减",
    BEFORE_BASE: "上期",
    THRESHOLD: "目标值",
    STATE: "状态",
}


class PlaceholderFault(ValueError):
    """A placeholder that means nothing; the message is Chinese and says where it stands."""


@dataclass(frozen=True)
class Placeholder:
    """One {{…}}: its first word, and the rest. `paragraph` is counted from 1."""

    word: str
    rest: tuple[str, ...]
    text: str
    paragraph: int

    @property
    def is_block(self) -> bool:
        return self.word in BLOCKS

    def fault(self, why: str) -> PlaceholderFault:
        return PlaceholderFault(f"第{self.paragraph}段的占位符“{{{{{self.text}}}}}”：{why}")


def cut(inner: str, paragraph: int) -> Placeholder:
    """What stands between the braces."""
    parts = [part.strip() for part in halfwidth(inner).split("|")]
    return Placeholder(parts[0], tuple(parts[1:]), halfwidth(inner).strip(), paragraph)


def find(text: str, paragraph: int) -> list[tuple[int, int, Placeholder]]:
    """(start, end, placeholder) of each one in a paragraph's text. Raises PlaceholderFault for braces that do not
    pair, and for a block that does not stand alone."""
    found = [(mark.start(), mark.end(), cut(mark[1], paragraph)) for mark in MARK.finditer(text)]
    left = MARK.sub("", text)
    if OPEN.search(left) or CLOSE.search(left):
        raise PlaceholderFault(f"第{paragraph}段“{text.strip()[:40]}”中的 {{{{ 与 }}}} 不成对。")
    for start, end, one in found:
        if not one.word:
            raise one.fault("没有写名称。")
        if one.is_block and (text[:start] + text[end:]).strip():
            raise one.fault(f"“{one.word}”须单独成段。")
    return found


def equation(placeholder: Placeholder) -> tuple[str, list[tuple[int, str]]]:
    """The left side of a 核对 and the signed names of its right side. Codes keep their own dashes: a minus stands
    between blanks."""
    text = "|".join(placeholder.rest)
    left, mark, right = text.partition("=")
    terms = re.split(r"\s+([+\-])\s+|\s*(\+)\s*", right.strip())
    terms = [term for term in terms if term is not None]
    if not mark or not left.strip() or not terms[0]:
        raise placeholder.fault("写法为 {{核对|甲 = 乙 + 丙}}。")
    signed = [(1, terms[0].strip())]
    for sign, name in zip(terms[1::2], terms[2::2], strict=True):
        signed.append((1 if sign == "+" else -1, name.strip()))
    return left.strip(), signed
