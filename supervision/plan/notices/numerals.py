"""Numbers as notices write them: 90%以上, 百分之九十, 3-5个, 不少于两项, 零死亡, 到2026年底."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "○": 0}
_UNITS = {"十": 10, "百": 100, "千": 1000}
CN = "零〇一二两三四五六七八九十百千"
_N = rf"(?:(?<!\d)\d{{1,3}}(?:，\d{{3}}){{1,4}}(?!\d)|(?<!\d)\d{{1,15}}(?:\.\d{{1,6}})?|[{CN}]{{1,8}})"
_TO = r"(?:-{1,2}|至|到)"

RATIO, COUNT = "ratio", "count"
LEAST, MOST, EXACT, CHANGE = "least", "most", "exact", "change"

# What is counted; the longer first.
_THINGS = (
    "平方公里|立方米|平方米|标箱|人次|批次|公里|千米|延米|公顷|"
    "个|项(?!目)|座|处|条|家|次|场|名|人|辆|艘|套|件|篇|部|起|支|所|户|台|米|吨|元|亩|期|幅|册|轮|组|块|份|张|株|盏|路"
)
CLASSIFIERS = f"个百分点|[万亿]?(?:{_THINGS})"
# A time is no count: 3个月, 5个工作日, 24小时.
_NO_COUNT = re.compile(
    r"个?(?:工作日|自然日|月|季度|季|星期|周|年|小时|学时|课时|分钟|阶段|方面|环节|关键|必须|层面|维度|统一)"
)
_NOT_AFTER = re.compile(
    r"(?:第|之|其|每|同|某|另|(?<![清名订表菜])单|唯|(?<!系)统|一一|连续|数|多|几|任何|每一)$"
)

_PERCENT = re.compile(
    rf"(?P<a>{_N})(?:%?{_TO}(?P<b>{_N}))?%"
    rf"|百分之(?P<c>[{CN}]{{1,6}})(?:点(?P<cd>[{CN}]{{1,4}}))?(?:{_TO}(?:百分之)?(?P<d>[{CN}]{{1,6}}))?"
    r"|(?P<e>[一二三四五六七八九])成(?:(?P<ed>[一二三四五六七八九半])(?![一二三四五六七八九十])"
    r"|(?=以上|左右|以下|提|增|升|上|下|降|减|到|至|的|[，。；、）]|$))"
    r"|(?P<of>[二三四五六七八九十千万])分之(?P<parts>[一二三四五六七八九十])"
)
_COUNT = re.compile(
    rf"(?P<a>{_N})(?:(?:{CLASSIFIERS})?{_TO}(?P<b>{_N}))?(?P<more>余|多|几)?(?P<unit>{CLASSIFIERS})"
)
_ZERO = re.compile(
    r"[“\"]?(?:为零(?=[，。；、）]|$)|零[”\"]?(?P<what>事故|死亡|伤亡|投诉|上访|亡人|重伤|缺陷|发生|违规|违纪|举报|欠薪|隐患|责任事故|报告))[”\"]?"
    r"|(?P<word>杜绝|不发生|不出现)(?:发生)?(?P<none>[^，。；、：（）]{2,30}?(?:事故|死亡|伤亡|亡人事件|事件|案件))(?:的?发生)?(?=[，。；、）]|$)"
    r"|(?P<cleared>[^，。；、：（）\d]{2,30})清零(?=[，。；、）]|$)"
)
# “十个全覆盖” is a name.
_INDEX = re.compile(
    r"(?:指数|得分|评分|[PMR]QI)(?:（[^（）]{1,12}）)?(?:均|稳定|保持)?(?:达到|达|在|不低于|不少于|提高到|提升到|提升至|提高至|≥)"
    r"(?P<a>(?<!\d)\d{1,3}(?:\.\d{1,2})?)分?(?=及?以上|[，。；、）]|$)"
)
# 使用率为0: a rate that is to be nothing, without its sign.
_NO_RATE = re.compile(r"(?<=率)(?:为|降为|降至|控制为|保持为)(?P<a>[0零])(?=[，。；、）]|$)")
_ALL = re.compile(r"(?<!个)全覆盖(?=[，。；、）]|$)")
# What a whole can be counted of: 一线工人实名制全覆盖, 在营企业全覆盖.
_COUNTABLE = re.compile(
    r"工人|人员|职工|员工|班组|项目|工程|标段|工地|企业|单位|机构|船舶|客船|车辆|货车|客车|码头|港口|泊位|渡口|站场|客运站|站点|场所|"
    r"桥梁|隧道|路段|公路|航道|线路|边坡|建制村|行政村|乡镇|街道|岗位|设备|机械|驾驶员|船员|学校|园区|点位|部位|工点"
)
# 由92%提升至98%, 在92%的基础上提高到98%: where it stands now, and where it is to go.
_RISE = r"(?:提高|提升|增加|增长|上升|扩大|拓展|发展|延伸|压减|压降|压缩|降低|下降|减少|缩短|降|升|增|扩|调整|优化)"
_FROM = re.compile(
    r"(?:由|从|自|在)(?:目前|现在|现有|当前|原来?|上年度?|去年|20\d\d年底?|“?十[三四五]五”?末)?的?$"
)
_GOES = re.compile(
    rf"(?:的?基础上)?，?(?:再|逐步|力争|稳步|进一步)?(?:{_RISE}(?:至|到|为|了|约)?|至|到)(?:20\d\d年[底末]?的?)?"
)
_IN_MONTHS = re.compile(
    r"(?P<months>(?:\d{1,2}月(?:\d{1,2}日|份|上旬|中旬|下旬|底)?[、和及与]?){2,6}|上半年[、和及与]下半年|上、下半年)"
    r"(?:分别)?各(?:自)?[^，。；、\d]{0,8}$"
)

_BEFORE = re.compile(
    r"(?P<most>≤|<|＜|不(?:得)?(?:超过|高于|大于|多于)|控制(?:在)?|压降(?:至|到)|降(?:低)?(?:至|到)|下降(?:至|到)|低于|少于|小于)"
    r"|(?P<change>下降|降低|减少|压减|压降|增长|提高|提升|增加|上升|递增|缩短)"
    r"|(?P<least>≥|>|＞|不(?:得)?(?:低于|少于|小于|低於)|达到|达|至少|超过|超|高于|大于|突破|保持|稳定|提(?:高|升)(?:至|到)|增(?:长|加)(?:至|到)|完成|实现|为)"
)
_BEFORE_TAIL = re.compile(r"(?:在|了|到|至|年均|分别|均|约|为|同比|\s)*$")
_NEGATED_LESS = re.compile(r"不(?:得)?$")
HOPE = re.compile(r"力争|争取|努力|力求")


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
    begin   where what belongs to the number begins: 由92%提升至 before 98%, 6月、12月各 before 一次; else `start`
    base    where what stands now ends: 由2024年的92% before 提升至98%
    what    what it is of, where the number itself says so (杜绝重大事故)
    note    what was concluded in reading the number, in Chinese
    unsure  why it cannot be taken as it stands, in Chinese
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
    begin: int = -1
    base: int = -1
    what: str = ""
    note: str = ""
    unsure: str = ""


def quantities(text: str) -> list[Quantity]:
    """The percentages, counts and zeros of levelled text in their order; times and ordinals are none."""
    found: list[Quantity] = []
    for match in _PERCENT.finditer(text):
        if made := _percent(text, match):
            found.append(made)
    taken = [(one.start, one.end) for one in found]
    for pattern, make in (
        (_COUNT, _count),
        (_NO_RATE, _no_rate),
        (_ZERO, _zero),
        (_ALL, _all),
        (_INDEX, _index),
    ):
        for match in pattern.finditer(text):
            if any(start < match.end() and match.start() < end for start, end in taken):
                continue
            if made := make(text, match):
                found.append(made)
                taken.append((made.start, made.end))
    return _without_beginnings(text, sorted(found, key=lambda one: one.start))


def _without_beginnings(text: str, found: list[Quantity]) -> list[Quantity]:
    """Only where it is to go, of 由92%提升至98%: what stands now is no aim."""
    made: list[Quantity] = []
    begins, base, former = -1, -1, ""
    for place, one in enumerate(found):
        after = found[place + 1] if place + 1 < len(found) else None
        before = _FROM.search(text, max(0, one.start - 12), one.start)
        if begins >= 0:
            one = replace(one, begin=begins, base=base, note=f"原文由{former}起，取其终值")
            begins = -1
        rises = before is not None and text[before.start()] != "在"
        if one.high is not None and rises and text[one.start : one.end].count("%") == 2:
            # 由92%至98% is no range.
            one = replace(
                one, low=one.high, high=None, begin=before.start(), note=f"原文由{one.low:f}起，取其终值"
            )
        elif after is not None and _GOES.fullmatch(text, one.end, after.start):
            begins = one.begin if one.begin >= 0 else before.start() if before else one.start
            former, base = text[one.start : one.end], one.end
            continue
        made.append(one)
    return made


def _index(text: str, match: re.Match) -> Quantity:
    """养护质量指数达到80以上: a number of points, without a unit."""
    return replace(
        _made(text, match, COUNT, Decimal(match["a"]), None, "分"),
        start=match.start("a"),
        bound=LEAST,
        marked=True,
        note="原文未写单位，按分计",
    )


def _no_rate(text: str, match: re.Match) -> Quantity:
    made = _made(text, match, RATIO, 0, None, "%")
    return replace(made, bound=MOST, marked=True, note=f"原文“{match[0]}”，按0%计")


def _all(text: str, match: re.Match) -> Quantity:
    """全覆盖: all of what can be counted are 100 %."""
    clause = re.split(r"[，。；：、]", text[max(0, match.start() - 60) : match.start()])[-1]
    countable = _COUNTABLE.search(clause)
    return Quantity(
        RATIO,
        Decimal(100),
        None,
        "%",
        LEAST,
        bool(HOPE.search(clause)),
        True,
        match.start(),
        match.end(),
        note="原文“全覆盖”，按100%计",
        unsure="" if countable else "“全覆盖”的对象不可计数，不能判断是否为目标",
    )


def _percent(text: str, match: re.Match) -> Quantity | None:
    note = ""
    if match["e"]:
        more = 5 if match["ed"] == "半" else _DIGITS[match["ed"]] if match["ed"] else 0
        low, high = Decimal(_DIGITS[match["e"]] * 10 + more), None
    elif match["of"]:
        whole = {"十": 10, "千": 1000, "万": 10000}.get(match["of"]) or _DIGITS[match["of"]]
        part = 10 if match["parts"] == "十" else _DIGITS[match["parts"]]
        if part > whole:
            return None
        low, high = (Decimal(100 * part) / whole).quantize(Decimal("0.01"), ROUND_HALF_UP), None
        low = low if low % 1 else Decimal(int(low))
        note = f"原文“{match[0]}”，按{low:f}%计"
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
    made = _made(text, match, RATIO, low, high, "%")
    return replace(made, note=note) if note else made


def _count(text: str, match: re.Match) -> Quantity | None:
    before, after = text[max(0, match.start() - 4) : match.start()], text[match.end() : match.end() + 6]
    chinese = not match["a"][0].isdigit()
    # 其中2026年6座: of what was said before.
    glued = text[match.start() - 1 : match.start()]
    if _NOT_AFTER.search(before) or (
        glued in tuple("0123456789.年月")
        and not re.search(r"其中20\d\d年$", text[max(0, match.start() - 7) : match.start()])
    ):
        return None
    if _NO_COUNT.match(match["unit"] + after):
        return None
    # 一批, 一件件, 一部分, 十分 and the like are words.
    if (
        chinese
        and match["a"] in ("一", "百", "千", "零")
        and match["unit"]
        in ("件", "部", "次", "处", "起", "家", "人", "项", "支", "场", "轮", "组", "块", "份")
        and not re.search(
            r"(?:不少于|至少|每\S{1,3}|不低于|开展|组织|各\S{0,4})\s*$",
            text[max(0, match.start() - 8) : match.start()],
        )
    ):
        return None
    if after[:1] == "级" or (match["unit"] == "个" and after[:2] in ("百分",)):
        return None
    low, high = number(match["a"]), number(match["b"]) if match["b"] else None
    if low is None or (match["b"] and high is None):
        return None
    if match["unit"] == "路" and not re.search(
        "视频|监控|点位|摄像|信号", text[max(0, match.start() - 12) : match.start()]
    ):
        # 3路公交, 一路一策: of a picture's ways alone.
        return None
    if match["unit"] == "期" and not re.search(
        r"班|讲座|培训|简报|活动|讲堂|课堂",
        text[max(0, match.start() - 6) : match.start()]
        + "，"
        + re.split("[，。；]", text[match.end() : match.end() + 10])[0],
    ):
        return None
    # “四个一批”, 上述两项指标: names, not numbers to reach.
    if text[match.start() - 1 : match.start()] in tuple('“‘"《') or re.search(
        r"(?:上述|以上|以下|下列|前述|这|该|前|后)$", before
    ):
        return None
    made = _made(text, match, COUNT, low, high, match["unit"])
    if high is None and (months := _IN_MONTHS.search(text, max(0, match.start() - 48), match.start())):
        times = months["months"].count("月") or 2
        note = f"原文“{text[months.start() : match.end()]}”，合计{made.low * times:f}{match['unit']}"
        return replace(made, low=made.low * times, begin=months.start(), note=note)
    return made


def _zero(text: str, match: re.Match) -> Quantity | None:
    before = text[max(0, match.start() - 20) : match.start()]
    what = match["none"] or re.sub(r"^(?:实现|确保|做到|推动|力争)+", "", match["cleared"] or "")
    return Quantity(
        COUNT,
        Decimal(0),
        None,
        "起",
        MOST,
        bool(HOPE.search(before)),
        True,
        match.start(),
        match.end(),
        what=what,
        note=f"原文“{match['word'] or '清零'}”，按0计" if what else "",
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
    if high is not None and bound == MOST and "控制" in before:
        # 控制在90%-95%: both ends are meant.
        bound = LEAST
    return Quantity(kind, low, high, unit, bound, hoped, marked, start, end)
