"""The aims of a notice: percentages and counts with their sentence, what they measure, and by when."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

from .numerals import CHANGE, COUNT, MOST, RATIO, Quantity, quantities
from .outline import marker_of
from .text import level, sentences
from .times import When, whens

# What an aim does with a thing; without one a count outside the aims is no aim.
AIM = re.compile(
    r"建成|创建|打造|创成|完成|实现|新增|新建|新改建|改造|培育|不少于|不低于|达到|力争|争取|申报|获得|获评|获|组织|开展|举办|推广|"
    r"建设|评选|形成|发布|通过|至少|确保|培训|覆盖|配备|入选|推出|制定|编制|实施|整治|安装|检查|演练|开工|完工|交工|通车|竣工|推进|遴选|突破|控制|加装|更新|淘汰|拆除|查处|购置|处置|治理|消除|轮训|组建|设立|新辟|清理|抽查|抽检|更换|接入|设置|布设|新设|安设|打通|出台|聘请|修订|编印|储备|排查|抽调|选派|派驻|曝光|通报|培养|选树"
)
# What a count of works and works' parts is; the others count only beside a word of measure.
_WORKS = re.compile(
    r"[万亿]?(?:个|项|座|处|条|家|公里|千米|延米|平方米|立方米|公顷|场|次|套|件|篇|部|名|人次|标箱|亩|批次|艘|辆|台|支|所|户|期|幅|册|轮|组|块|份|张|株|盏|路|起)"
    r"|[万亿](?:元|吨|人|米)"
)
_STRIP = re.compile(
    r"^(?:\d{1,2}月(?:\d{1,2}日)?(?:上旬|中旬|下旬|底|末)?(?:以?前)?|其中|并且|并|且|同时|确保|力争|争取|努力|实现|使(?![用命])|全市|以及|到(?![位岗期])|至|全年|累计|总体|基本(?!建设|公共|农田)|均(?!衡)|各|把|要(?![求素点件])|须|应(?![急用])|将|按照|按(?![期时月季规])|对(?![标外口接])|做到|总数|数量|，|、|\s)+"
)
_ENDING = re.compile(
    r"(?:分别|均|稳定|保持|控制|达到|达|到|至|在|不得|不低于|不少于|不超过|不高于|低于|高于|超过|大于|小于|至少|约|为|是|实现|力争|争取|提高|提升|增长|增加|上升|都|下降|降低|缩短|减少|压减|降|以|了|同比|年均|总数|数量|(?:较|比)(?:20\d\d年|上年|去年|上一年|同期|前)\S{0,4}|：|，|、|“|≥|≤|<|>|(?<!治)超|\s)+$"
)
_QUARTER = re.compile(r"每(?:个)?(?:季度|季|月|周|半年|旬|日|天|班)|(?:季度|月度)")
_CONDITION = re.compile(
    r"^(?:项目|标段|工程)?(?:\(含\)|（含）)?(?:及|或)?(?:以上|以下|以内)(?:的|且|者|工程|桥|基坑|车|船|人员|企业|规模)"
)
_RESPECTIVE = "分别"
_BODY = re.compile(r"的?[^，。；、]{1,12}(?:库|队伍|队|专班)")
# 每个奖补50万元, 每个项目不少于3篇: of one thing each, and no sum.
_OF_EACH = re.compile(r"每(?:一)?(?:个|家|条|座|项|处|公里|名|人|辆|艘|吨|标段)[^，。；]{0,16}$")
_BONUS = re.compile(r"(?:奖补|奖励|补助|补贴)(?!资金)[^，。；]*$")
_ABOUT = re.compile(r"^[^，。；、\d]{0,10}左右|^上下")
# What was done already: 去年同期，…47起，…112公里.
_PAST = re.compile(
    r"(?<![较比与同在])(?:去年|上年)(?!度?均|.{0,12}基础)|今年(?:上半年|[一前][二三]?季度)(?![前末底])|近[一二三两几]?年来|今年以来"
    r"|年初以来|截至(?:目前|20\d\d年)|目前(?:全市|已)|已(?:累计|完成|建成)"
)


@dataclass
class Figure:
    """An aim found in a sentence.

    first, last   the years it is for; None when the sentence and what stands before it name none
    yearly        asked for every year
    unresolved    why it cannot be taken as it stands, in Chinese; empty when it can
    notes         what was concluded and not read, in Chinese
    """

    paragraph: int
    sentence: str
    name: str
    kind: str
    low: Decimal
    high: Decimal | None
    unit: str
    bound: str
    hoped: bool
    first: int | None = None
    last: int | None = None
    yearly: bool = False
    unresolved: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass
class Years:
    """What was last said about the years, while a part of the notice is read from its head on."""

    when: When | None = None
    issued: int | None = None
    base: When | None = None


def figures_in(
    text: str,
    paragraph: int,
    years: Years,
    *,
    aims: bool,
    aside: bool = False,
    skip: frozenset[tuple[int, int]] = frozenset(),
) -> list[Figure]:
    """The aims of one paragraph. `years` goes on from paragraph to paragraph.

    aims   whether the paragraph stands in the part of the notice that sets aims
    aside  whether it stands beside tasks and aims: opening words, support, what was not understood
    skip   [start, end) of what belongs to something else: named lists, responsible units
    """
    flat = level(text)
    found: list[Figure] = []
    for start, end in sentences(flat):
        part = flat[start:end]
        stated = whens(part)
        marks = [
            one
            for one in quantities(part)
            if not any(a < start + one.end and start + one.start < b for a, b in skip)
        ]
        heads: dict[int, str] = {}
        shared = _respective(part, marks, heads)
        for one in marks:
            figure = _figure(
                part, text[start:end].strip(), paragraph, one, shared, heads, aims=aims, aside=aside
            )
            if figure is None:
                continue
            if figure.name == "" and found and one.kind == RATIO == found[-1].kind:
                # …率达到90%；2026年底前达到100%.
                figure.name = found[-1].name
                figure.notes.append("指标名称取自前一句，请核对")
            elif len(figure.name) < 2:
                figure.unresolved.append("未能读出指标名称")
                figure.name = figure.name or figure.sentence[:30]
            _set_years(figure, part, one, stated, years)
            if figure.last and years.issued and figure.last < years.issued:
                figure.unresolved.append(f"{figure.last}年早于印发年份，可能是已有情况")
            found.append(figure)
        # 其中2024年完成4座: that year is the part's, and holds for nothing that follows.
        stated = [when for when in stated if "其中" not in re.split("[，。；]", part[: when.start])[-1]]
        if stated and (stated[-1].first or stated[-1].yearly):
            years.when = stated[-1]
        if years.when and years.when.yearly and part.rstrip().endswith("。"):
            # “每年” does not reach beyond the full stop.
            years.when = years.base
    return found


def _figure(
    part: str,
    sentence: str,
    paragraph: int,
    one: Quantity,
    shared: dict[int, str | None],
    heads: dict[int, str],
    *,
    aims: bool,
    aside: bool,
) -> Figure | None:
    begin = one.begin if one.begin >= 0 else one.start
    before, after = part[max(0, begin - 160) : begin], part[one.end : one.end + 60]
    clause = re.split(r"[，。；！？]", before)[-1]
    if one.kind == COUNT and _CONDITION.match(after):
        return None
    if one.unit == "人" and not one.marked and not _BODY.match(after):
        return None
    if one.unit in ("人", "名") and one.low == 1 and re.search(r"明确|确定|指定|安排|落实|派", clause):
        # 明确1名联络员: whom to name, and no number to reach.
        return None
    named = one.unit == "起" and one.low == 0
    if one.what and not aims:
        unsure = "“杜绝”“不发生”“清零”写在目标部分之外，不能判断是否为目标"
    else:
        unsure = one.unsure
    driven = (
        bool(_QUARTER.search(clause))
        or bool(AIM.search(clause + part[begin : one.start]))
        or bool(AIM.search(before[-40:]) or clause.startswith("其中") and AIM.search(before))
        and one.kind == COUNT
    )
    if one.kind == COUNT and not named:
        if one.unit != "人" and not _WORKS.fullmatch(one.unit) and not one.marked:
            return None
        # 3个阶段, 五项原则: in the aims it is shown, elsewhere only where it ends what is said (…标志牌40块。).
        if not (driven or one.marked) and (one.low < 2 or not aims and (aside or not _closes(clause, after))):
            return None
    figure = Figure(
        paragraph,
        sentence,
        _name(part, one, clause),
        one.kind,
        one.low,
        one.high,
        _unit(one, after),
        one.bound,
        one.hoped,
    )
    if one.note:
        figure.notes.append(one.note)
    if unsure:
        figure.unresolved.append(unsure)
    if one.start in shared:
        if shared[one.start] is None:
            figure.unresolved.append("“分别”所对应的指标未能一一对上")
            figure.name = heads.get(one.start) or figure.name
        else:
            figure.name = shared[one.start] or figure.name
    if one.bound == CHANGE:
        figure.unresolved.append("是增减幅度，基数需人工确认")
    if one.kind == RATIO and not (one.marked or driven or aims):
        figure.unresolved.append("不能判断这一比例是否为目标")
    if one.kind == COUNT and not named and not (driven or one.marked):
        figure.unresolved.append("不能判断这一数量是否为目标")
    if _QUARTER.search(clause) or _QUARTER.match(after):
        figure.unresolved.append("按季、月等周期要求，本系统目标按年考核")
    if aside and not (aims or one.marked or re.search(r"计划|力争|争取|全年|目标", clause)):
        figure.unresolved.append("写在目标和任务之外，不能判断是否为目标")
    if one.unit.endswith("元") and _BONUS.search(clause):
        figure.unresolved.append("是奖补的标准，不是目标")
    if one.begin < 0 and re.search(r"各(?:自)?$", before):
        figure.unresolved.append("“各”所指项数需人工确认")
    if _OF_EACH.search(clause):
        figure.unresolved.append("是每一个的标准，不是总数")
    if _ABOUT.match(after) or re.search(r"(?:约|大约|大概)$", before):
        figure.unresolved.append("原文为约数")
    # 对尚未整改完成的38条问题: how many there are.
    there = not one.marked and one.kind == COUNT and re.search(r"(?:未|已)[^，。；]{0,8}的$", before)
    past = one.bound != CHANGE and _PAST.search(part[: one.start])
    if there or (past and not re.search(r"今后|将|计划|力争", clause)):
        figure.unresolved.append("可能是已有情况，不是目标")
    if one.kind == RATIO and re.search(r"(?:要求|标准|规定|规范|定额)的$", before):
        # 抽检频率不低于规范要求的20%: of what a norm asks.
        figure.unresolved.append("是相对于规范要求的比例")
    if one.kind == COUNT and figure.name.count("、") > 1:
        figure.unresolved.append("指标名称由多项组成，请核对")
    if one.kind == RATIO and one.low > 100:
        figure.unresolved.append("比例超过100%")
    return figure


def _closes(clause: str, after: str) -> bool:
    """Whether a count is the last word of a clause that says something: 沿线补装标志牌40块，…"""
    words = clause.split("、")[-1]
    return len(words) >= 5 and not after.strip()[:1].strip("，。；、）")


def _name(part: str, one: Quantity, clause: str) -> str:
    """What is measured: the words before the number in its clause, for counts also the noun after it."""
    if one.what:
        return re.sub(r"^(?:发生|各类|一切)", "", one.what)[-60:]
    head = re.sub(r"（[^（）]*）?", "", clause)
    for when in reversed(whens(head)):
        head = head[: when.start] + head[when.end :]
    head = re.sub(r"^(?:底|末|年底|前|起|初|，|、)+", "", head)
    for mark in reversed(quantities(head[-100:])):
        # 站点500米覆盖率: how far, and no number to reach.
        if mark.unit in ("米", "公里", "千米") and re.match(r"覆盖|范围|半径|服务", head[-100:][mark.end :]):
            continue
        # A list of aims in one clause: …2个、省级1个.
        head = head[-100:][mark.end :]
        if one.kind == COUNT == mark.kind and "、" not in head:
            # 硬化85个行政村470个自然村: what stands between belongs to the first.
            head = ""
        break
    head = head.split("：")[-1]
    if marker := marker_of(head + "　。"):
        head = head[marker.length :]
    head = _ENDING.sub("", _STRIP.sub("", re.sub(r"^[a-zA-Z]）", "", head)))
    tail = ""
    if one.kind == COUNT and not (one.unit == "起" and one.low == 0):
        match = re.match(
            r"(?:（含）)?(?:及|或)?(?:以上|以内|以下|左右)?(?:的)?([^，。；、：！？（）\d%]{2,30})",
            part[one.end :],
        )
        if match and not re.match(r"以上|以内|以下|左右|及|和|并", match[1]):
            tail = match[1]
        name = head + tail if tail not in head else head
        if (len(name) < 2 or name in _BARE) and "其中" in clause:
            name = _before_of_which(part, one)
    elif one.kind == COUNT:
        inner = re.sub(r"[“”\"]", "", part[one.start : one.end])
        name = head + inner
    else:
        name = head
        if len(name) < 2:
            match = re.match(
                r"(?:及?以上|以内|左右)?的?([^，。；、：！？（）\d]{2,24})", part[one.end : one.end + 60]
            )
            if match and not match[1].startswith(("以上", "以内", "左右")):
                name = match[1]
            else:
                whole = re.split(r"[。；]", part[max(0, one.start - 160) : one.start])[-1]
                for when in reversed(whens(whole)):
                    whole = whole[: when.start] + "，" + whole[when.end :]
                earlier = [bit for bit in re.split(r"[，、]", whole) if len(bit.lstrip("底末年前起初")) > 2]
                if earlier and any(mark.kind == RATIO for mark in quantities(earlier[-1])):
                    # 2025年达85%、2026年达95%: of the same as the one before.
                    return ""
                name = _ENDING.sub("", _STRIP.sub("", earlier[-1])) if earlier else ""
    return re.sub(r"\s+", "", name).strip("，。、；：的“”‘’《》")[-60:]


# Words that do something to what 其中 stands for, and name nothing.
_BARE = frozenset(("完成", "达到", "实现", "新增", "新建", "建成", "开工", "改造", "整治"))


def _before_of_which(part: str, one: Quantity) -> str:
    """What 其中 stands for: the clause before it, without its own number."""
    earlier = re.split(r"[，。；]", part[max(0, one.start - 160) : one.start])[:-1]
    if not earlier:
        return ""
    words = earlier[-1]
    for mark in quantities(words)[-1:]:
        words = words[: mark.start]
    return _ENDING.sub("", _STRIP.sub("", words))


def _unit(one: Quantity, after: str) -> str:
    if one.kind == RATIO:
        return "%"
    if one.unit in ("个", "项") and (
        match := re.match(r"(?:及?以上)?(项目|标段|工程|工地|站点|奖项|县区|企业)", after)
    ):
        return f"{one.unit}{match[1]}"
    return one.unit


def _respective(part: str, marks: list[Quantity], heads: dict[int, str]) -> dict[int, str | None]:
    """甲率、乙率分别达到90%、80%: which name belongs to which number; None where they do not pair,
    then `heads` gets the words before."""
    made: dict[int, str | None] = {}
    at = part.find(_RESPECTIVE)
    while at >= 0:
        stop = next((place for place in range(at, len(part)) if part[place] in "。；"), len(part))
        after = [one for one in marks if at < one.start < stop]
        run: list[Quantity] = []
        for one in after:
            if run and not re.fullmatch(
                r"[\d%、和及与，以上不低于少达到个项左右（含）\s]*", part[run[-1].end : one.start]
            ):
                break
            run.append(one)
        if len(run) > 1:
            head = re.split(r"[，。；]", part[:at])[-1]
            for when in reversed(whens(head)):
                head = head[: when.start] + head[when.end :]
            names = [
                name
                for name in re.split(r"[、和及与]", _STRIP.sub("", head.lstrip("前底末")))
                if name.strip()
            ]
            pairs = len(names) >= len(run)
            names = names[-len(run) :] if pairs else names
            for place, one in enumerate(run):
                made[one.start] = names[place].strip() if pairs and len(names) == len(run) else None
            if not pairs:
                heads |= {one.start: "、".join(names) for one in run}
        at = part.find(_RESPECTIVE, at + 2)
    return made


def _set_years(figure: Figure, part: str, one: Quantity, stated: list[When], years: Years) -> None:
    """The time that stands nearest before the number in its sentence, else after it, else what was said before."""
    # 由2024年的92%提升至98%: the year of what stands now is not that of what is to be reached.
    stated = [when for when in stated if not one.begin <= when.start < one.base]
    before = [when for when in stated if when.end <= one.start]
    clause_end = next((at for at in range(one.end, len(part)) if part[at] in "，。；"), len(part))
    after = [when for when in stated if one.end <= when.start < clause_end]
    nearest = (before[-1:] or after[:1] or [None])[0]
    if nearest is not None and nearest.yearly:
        figure.yearly = True
        span = [when for when in before if when.first and when.first != when.last]
        if span:
            figure.first, figure.last = span[-1].first, span[-1].last
    elif nearest is not None and nearest.first:
        figure.first, figure.last = nearest.first, nearest.last
    elif nearest is not None and nearest.relative:
        if years.issued:
            figure.first = figure.last = years.issued
            figure.notes.append(f"原文写“今年”“年底”等，按印发年份{years.issued}年")
        else:
            figure.unresolved.append("原文写“今年”“年底”等，印发年份未知")
    elif years.when and (years.when.first or years.when.yearly):
        figure.first, figure.last, figure.yearly = years.when.first, years.when.last, years.when.yearly
        figure.notes.append("年份取自前文")
    else:
        figure.notes.append("原文未写年份")


__all__ = ["AIM", "CHANGE", "COUNT", "MOST", "RATIO", "Figure", "Years", "figures_in"]
