"""Numbers as notices write them: 90%以上, 百分之九十, 3-5个, 不少于两项, 零死亡, 到2026年底."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "○": 0}
_UNITS = {"十": 10, "百": 100, "千": 1000}
CN = "零〇一二两三四五六七八九十百千"
_N = rf"(?:(?<!\d)\d{{1,3}}(?:，\d{{3}}){{1,4}}(?!\d)|(?<!\d)\d{{1,15}}(?:\.\d{{1,6}})?|[{CN}]{{1,8}})"
_TO = r"(?:-{1,2}|至|到)"

RATIO, COUNT = "ratio", "count"
LEAST, MOST, EXACT, CHANGE = "least", "most", "exact", "change"

# What is counted; the longer first.
CLASSIFIERS = (
    "平方公里|立方米|平方米|万标箱|万人次|亿元|万元|亿吨|万吨|公里|千米|延米|人次|个百分点|"
    "个|项(?!目)|座|处|条|家|次|场|名|人|辆|艘|套|件|篇|部|起|支|所|户|台|米|吨|元|亩|期|幅|册"
)
# A time is no count: 3个月, 5个工作日, 24小时.
_NO_COUNT = re.compile(
    r"个?(?:工作日|自然日|月|季度|季|星期|周|年|小时|学时|课时|分钟|阶段|方面|环节|关键|必须|层面|维度|统一)"
)
_NOT_AFTER = re.compile(r"(?:第|之|其|每|同|某|另|单|唯|统|一一|数|多|几|任何|每一)$")

_PERCENT = re.compile(
    rf"(?P<a>{_N})(?:%?{_TO}(?P<b>{_N}))?%"
    rf"|百分之(?P<c>[{CN}]{{1,6}})(?:点(?P<cd>[{CN}]{{1,4}}))?(?:{_TO}(?:百分之)?(?P<d>[{CN}]{{1,6}}))?"
    rf"|(?P<e>[一二三四五六七八九])成(?=以上|左右|以下)"
)
_COUNT = re.compile(
    rf"(?P<a>{_N})(?:(?:{CLASSIFIERS})?{_TO}(?P<b>{_N}))?(?P<more>余|多|几)?(?P<unit>{CLASSIFIERS})"
)
_ZERO = re.compile(
    r"[“\"]?(?:为零(?=[，。；、）]|$)|零[”\"]?(?P<what>事故|死亡|伤亡|投诉|上访|亡人|重伤|缺陷|发生|违规|违纪|举报|欠薪|隐患|责任事故|报告))[”\"]?"
)

_BEFORE = re.compile(
    r"(?P<most>≤|<|＜|不(?:得)?(?:超过|高于|大于|多于)|控制(?:在)?|压降(?:至|到)|降(?:低)?(?:至|到)|下降(?:至|到)|低于|少于|小于)"
    r"|(?P<change>下降|降低|减少|压减|压降|增长|提高|提升|增加|上升|递增|缩短)"
    r"|(?P<least>≥|>|＞|不(?:得)?(?:低于|少于|小于|低於)|达到|达|至少|超过|超|高于|大于|突破|保持|稳定|提(?:高|升)(?:至|到)|增(?:长|加)(?:至|到)|完成|实现|为)"
)
_BEFORE_TAIL = re.compile(r"(?:在|了|到|至|年均|分别|均|约|为|同比|\s)*$")
_NEGATED_LESS = re.compile(r"不(?:得)?$")
HOPE = re.compile(r"力争|争取|努力|力求")
_WHEN = re.compile(
    r"(?P<from>20\d\d)年?(?:-{1,2}|至|到)(?P<to>20\d\d)年"
    r"|(?P<year>20\d\d)年(?P<end>底|末|年底|年末|内|度)?"
    r"|(?P<cn>二[〇零○]二[〇零○一二三四五六七八九])年(?P<cnend>底|末|内|度)?"
    r"|“?(?P<plan>十三五|十四五|十五五|十六五)”?(?P<planword>末|期末|期间|时期|末期|规划期)?"
    r"|(?P<each>每年度?|逐年|年度内均|每年均)"
    r"|(?P<now>今年|本年度?|当年|年内|年底前|年底|年末)"
)
_PLANS = {"十三五": (2016, 2020), "十四五": (2021, 2025), "十五五": (2026, 2030), "十六五": (2031, 2035)}


def number(text: str) -> int | Decimal | None:
    """The value of 1,200, 3.5 or 一百二十; None when it is not well formed."""
    text = text.replace("，", "")
    if re.fullmatch(r"\d+", text, re.ASCII):
        return int(text) if len(text) <= 15 else None
    if re.fullmatch(r"\d+\.\d+", text, re.ASCII):
        return Decimal(text) if len(text) <= 15 else None
    if not text or set(text) - set(_DIGITS) - set(_UNITS):
        return None
    if not set(text) & set(_UNITS):
        return int("".join(str(_DIGITS[sign]) for sign in text))
    total, digit, smallest = 0, None, 10**4
    for sign in text:
        if sign in _UNITS:
            unit = _UNITS[sign]
            if unit >= smallest or digit == 0:
                return None
            total, digit, smallest = total + (1 if digit is None else digit) * unit, None, unit
        elif digit:
            return None
        else:
            digit = _DIGITS[sign]
    return total + (digit or 0)


@dataclass(frozen=True)
class Quantity:
    """A percentage or a count as it stands at [start, end) of levelled text.

    high    the upper end of a range; None without one
    bound   how it is meant: least, most, exact, or change (下降10%)
    marked  whether a word says so (不低于, 以上 …)
    """

    kind: str
    low: Decimal
    high: Decimal | None
    unit: str
    bound: str
    hoped: bool
    marked: bool
    start: int
    end: int


def quantities(text: str) -> list[Quantity]:
    """The percentages, counts and zeros of levelled text in their order; times and ordinals are none."""
    found: list[Quantity] = []
    for match in _PERCENT.finditer(text):
        if made := _percent(text, match):
            found.append(made)
    taken = [(one.start, one.end) for one in found]
    for pattern, make in ((_COUNT, _count), (_ZERO, _zero)):
        for match in pattern.finditer(text):
            if any(start < match.end() and match.start() < end for start, end in taken):
                continue
            if made := make(text, match):
                found.append(made)
                taken.append((made.start, made.end))
    return sorted(found, key=lambda one: one.start)


def _percent(text: str, match: re.Match) -> Quantity | None:
    if match["e"]:
        low, high = Decimal(_DIGITS[match["e"]] * 10), None
    elif match["c"]:
        low = number(match["c"])
        high = number(match["d"]) if match["d"] else None
        if low is None:
            return None
        if match["cd"]:
            part = number(match["cd"])
            if part is None or part > 99:
                return None
            low = Decimal(f"{low}.{part}")
    else:
        low, high = number(match["a"]), number(match["b"]) if match["b"] else None
        if low is None or (match["b"] and high is None):
            return None
    return _made(text, match, RATIO, low, high, "%")


def _count(text: str, match: re.Match) -> Quantity | None:
    before, after = text[max(0, match.start() - 4) : match.start()], text[match.end() : match.end() + 6]
    chinese = not match["a"][0].isdigit()
    if _NOT_AFTER.search(before) or text[match.start() - 1 : match.start()] in tuple("0123456789.年月"):
        return None
    if _NO_COUNT.match(match["unit"] + after):
        return None
    # 一批, 一件件, 一部分, 十分 and the like are words.
    if (
        chinese
        and match["a"] in ("一", "百", "千", "零")
        and match["unit"] in ("件", "部", "次", "处", "起", "家", "人", "项", "支", "场")
        and not re.search(
            r"(?:不少于|至少|每\S{1,3}|不低于|开展|组织)\s*$", text[max(0, match.start() - 8) : match.start()]
        )
    ):
        return None
    if after[:1] == "级" or (match["unit"] == "个" and after[:2] in ("百分",)):
        return None
    low, high = number(match["a"]), number(match["b"]) if match["b"] else None
    if low is None or (match["b"] and high is None):
        return None
    if match["unit"] == "期" and not re.search(
        r"班|讲座|培训|简报|活动|讲堂|课堂", text[max(0, match.start() - 6) : match.start()]
    ):
        return None
    # “四个一批”, 上述两项指标: names, not numbers to reach.
    if text[match.start() - 1 : match.start()] in tuple('“‘"《') or re.search(
        r"(?:上述|以上|以下|下列|前述|这|该|前|后)$", before
    ):
        return None
    return _made(text, match, COUNT, low, high, match["unit"])


def _zero(text: str, match: re.Match) -> Quantity | None:
    before = text[max(0, match.start() - 20) : match.start()]
    return Quantity(
        COUNT, Decimal(0), None, "起", MOST, bool(HOPE.search(before)), True, match.start(), match.end()
    )


def _made(text: str, match: re.Match, kind: str, low, high, unit: str) -> Quantity:
    start, end = match.start(), match.end()
    before = text[max(0, start - 14) : start]
    after = text[end : end + 5]
    bound, marked = LEAST, False
    tail = _BEFORE_TAIL.search(before)
    head = before[: tail.start()]
    last = None
    for word in _BEFORE.finditer(head):
        if word.end() == len(head):
            last = word
    if last is None:
        # 建成率达到，and 不少于建成 …: the nearest word of measure within the clause counts for a count too.
        clause = re.split(r"[，。；：、]", head)[-1]
        marked = bool(re.search(r"不(?:得)?(?:少于|低于)|至少", clause))
    else:
        marked = True
        bound = MOST if last["most"] else CHANGE if last["change"] else LEAST
        if bound == CHANGE and re.search(r"[到至]", before[tail.start() :]):
            # 提高到 is a height to reach, 下降到 one to stay below.
            bound = MOST if last["change"] in ("下降", "降低", "减少", "压减", "压降", "缩短") else LEAST
        if bound == MOST and _NEGATED_LESS.search(head[: last.start()]):
            bound = LEAST
    if re.match(r"\s*(?:个?百分点)", after) or unit == "个百分点":
        bound, marked = CHANGE, True
    elif re.match(r"(?:项目|标段|工程)?(?:\(含\))?(?:及|或)?以上", after):
        bound, marked = (bound if bound == CHANGE else LEAST), True
    elif re.match(r"(?:及|或)?(?:以内|以下|之内)", after):
        bound, marked = MOST, True
    if bound == LEAST and kind == RATIO and low == 100 and high is None:
        marked = True
    hoped = bool(HOPE.search(re.split(r"[。；]", text[max(0, start - 30) : start])[-1]))
    high = Decimal(high) if high is not None else None
    low = Decimal(low)
    if high is not None and high < low:
        high = None
    return Quantity(kind, low, high, unit, bound, hoped, marked, start, end)


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
        # 较2024年下降, 与2023年相比: what is compared with.
        if re.search(r"(?:较|比|与|以)$", text[max(0, match.start() - 1) : match.start()]):
            continue
        if first is not None and last is not None and last < first:
            first = last = None
        found.append(When(first, last, bool(match["each"]), bool(match["now"]), match.start(), match.end()))
    return found
