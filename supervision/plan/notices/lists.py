"""Named lists of projects, with the number the notice states, and whether the names come to that number."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .numerals import CN, number
from .outline import marker_of
from .text import brackets, level, sentences, split_outside
from .times import whens

_NUM = rf"(?:\d{{1,3}}|[{CN}]{{1,4}})"
_THING = "项目|工程|标段|工地|桥梁|路段|航道|线路|码头|站|标"
_STATED = re.compile(
    rf"(?P<n>{_NUM})(?P<unit>个|项(?!目)|座|条|处|家)(?P<more>以上)?(?P<thing>[^，。；、：（）\d]{{0,16}})"
)
_SECTIONS = re.compile(rf"(?P<n>{_NUM})个?(?:施工)?标段")
_PLACE = re.compile(
    r"(?:工程|项目|[大小]?道|路|街|大桥|桥|航道|码头|航段|铁路|高速|国道|省道|县道|线|段|枢纽|[一二三四五六七八九十\d]期|港区|港|作业区|隧道|船闸|连接线|互通|上跨|下穿|客运站|货运站|车站|站|通道|立交|环线|中心|服务区|停车区|标|标段|改造|场|渡口|锚地|园区|基地|河|快速化)"
    r"(?:（[^（）]{0,30}）)?$"
)
_HEAD = re.compile(r"名单|清单|项目|工程|工地|标段|计划")
_LEAD = re.compile(
    r"^.*?(?:包括|分别为|分别是|即|为|对|将|把|推进|推动|完成|组织|加快|确保|实施|做好|选取|选择|依托|以|在|建成|创建|申报|力争|争取|开展|重点|打造|其中|启动|支持|指导|选定|抓好|续建|新建|新开工|开工|改建|扩建|改造|列入|选树|建设)+(?=[^，。；、])"
)
_ETC = re.compile(rf"等(?P<n>{_NUM})(?P<unit>个|项(?!目)|座|条|处|家)(?P<thing>[^，。；、：（）\d]{{0,16}})")


@dataclass
class NamedList:
    """A list of projects.

    count, sections   the numbers the notice states; None when it states none
    problems          where names and numbers do not agree, or the list is cut short, in Chinese
    span              [start, end) in the paragraph where number and names stand
    """

    paragraph: int
    title: str
    names: list[str]
    sentence: str
    count: int | None = None
    sections: int | None = None
    year: int | None = None
    problems: list[str] = field(default_factory=list)
    span: tuple[int, int] = (0, 0)
    more: list[int] = field(default_factory=list)

    def check(self) -> None:
        """Say where the stated number and the names differ, and which names stand twice."""
        seen: set[str] = set()
        double = [name for name in self.names if name in seen or seen.add(name)]
        if double:
            self.problems.append(f"重复列出：{'、'.join(dict.fromkeys(double))}")
        if self.count is not None and self.count != len(self.names):
            self.problems.append(f"载明{self.count}个，实列{len(self.names)}个")


def place_like(name: str) -> bool:
    """Whether a name ends as names of works do."""
    return (
        2 <= len(name) <= 45
        and bool(_PLACE.search(name))
        and not re.search(r"^(?:推进|加强|开展|落实|强化|完善|提升|健全|规范|做好|打造|优化)", name)
    )


def _names(text: str) -> list[str]:
    parts = [part.strip(" 。；，、“”") for part in split_outside(level(text), "、，；\n")]
    parts = [part for part in parts if part]
    if (
        parts
        and (match := re.match(r"^(.+?)(?:和|及|以及|与)(.+)$", parts[-1]))
        and place_like(match[1])
        and place_like(match[2])
    ):
        parts[-1:] = [match[1], match[2]]
    return parts


def lists_in(text: str, paragraph: int, year: int | None = None) -> list[NamedList]:
    """The named lists that stand within one paragraph."""
    flat = level(text)
    found: list[NamedList] = []
    for start, end in sentences(flat):
        part = flat[start:end]
        stated = [when for when in whens(part) if when.first]
        for made in (
            *_etc(part),
            *_named_number(part),
            *_counted_after(part),
            *_after_colon(part),
            *_in_brackets(part),
        ):
            if any(
                made.span[0] < other.span[1] - start and other.span[0] - start < made.span[1]
                for other in found
            ):
                continue
            own = [when for when in whens(part[: made.span[1]]) if when.first]
            made.paragraph, made.sentence = paragraph, text[start:end].strip()
            of_all = {when.last for when in stated}
            made.year = own[-1].last if own else of_all.pop() if len(of_all) == 1 else year
            if len(made.names) < 2 and made.count is None:
                continue
            made.span = (made.span[0] + start, made.span[1] + start)
            made.check()
            found.append(made)
    return found


def _numbers(text: str) -> tuple[int | None, int | None, int | None]:
    """The number of projects and of sections that a text states, and where the first stands."""
    sections = None
    for match in _SECTIONS.finditer(text):
        sections = number(match["n"])
    count, at = None, None
    for match in _STATED.finditer(text):
        if match["thing"].startswith(
            ("标段", "施工标段", "月", "工作日", "方面", "以上", "百分点", "阶段")
        ) or text[match.start() - 1 : match.start()] in tuple("第每0123456789.-年"):
            continue
        count, at = number(match["n"]), match.start()
    return count, sections, at


def _etc(part: str) -> list[NamedList]:
    """甲、乙、丙等7个项目."""
    found = []
    for match in _ETC.finditer(part):
        head = part[: match.start()]
        begin = max(
            max(head.rfind(sign, max(0, len(head) - 900)) for sign in "，。；：（") + 1, len(head) - 900
        )
        begin = max(begin, 0, found[-1].span[1] if found else 0)
        names = _names(head[begin:])
        if not names:
            continue
        if lead := _LEAD.match(names[0]):
            rest = names[0][lead.end() :]
            if len(rest) >= 2:
                begin += head[begin:].find(rest)
                names[0] = rest
        likely = sum(place_like(name) for name in names)
        if (
            likely * 2 < len(names)
            or len(names) < 1
            or not (re.search(_THING, match["thing"] or "") or match["unit"] in "座条处")
        ):
            continue
        before = part[:begin].strip("，；：") if part[begin - 1 : begin] == "：" else ""
        stop = next((at for at in range(match.end(), len(part)) if part[at] in "，。；"), len(part))
        title = _title(before) if before else _title(part[match.start() + 1 : stop])
        end = match.end()
        # 新建停车区11处，包括甲、乙、丙等11处: the number before is the same.
        if said := re.search(
            rf"(?P<n>{_NUM})(?:个|项|座|条|处|家)[^，。；\d]{{0,10}}，(?:其中)?(?:包括|分别为|分别是|即)$",
            part[:begin],
        ):
            begin = said.start() if number(said["n"]) == number(match["n"]) else begin
        made = NamedList(0, title, names, "", number(match["n"]), span=(begin, end))
        if sections := re.match(rf"[、，共计（]{{0,3}}(?P<n>{_NUM})个?(?:施工)?标段", part[end:]):
            made.sections = number(sections["n"])
            made.span = (begin, end + sections.end())
        if made.count and made.count > len(names):
            made.problems.append("“等”字后未列全")
        found.append(made)
    return found


_DIRECT = re.compile(
    rf"(?P<n>{_NUM})(?P<unit>个|项(?!目)|座|条|处)(?P<thing>[^，。；、：（）\d]{{0,12}}?(?:项目|工程|标段|工地|桥梁|路段|航道|码头))"
)


def _named_number(part: str) -> list[NamedList]:
    """甲、乙、丙三个养护项目."""
    found = []
    for match in _DIRECT.finditer(part):
        head = part[: match.start()]
        if head.endswith(("等", "第", "其", "每")):
            continue
        begin = max(
            max(head.rfind(sign, max(0, len(head) - 900)) for sign in "，。；：（") + 1, len(head) - 900
        )
        begin = max(begin, 0)
        if "、" not in head[begin:]:
            continue
        names = _names(head[begin:])
        if len(names) < 2:
            continue
        if lead := _LEAD.match(names[0]):
            rest = names[0][lead.end() :]
            if len(rest) >= 2:
                begin += head[begin:].find(rest)
                names[0] = rest
        if not all(place_like(name) for name in names):
            continue
        found.append(
            NamedList(0, _title(match["thing"]), names, "", number(match["n"]), span=(begin, match.end()))
        )
    return found


_TOTAL = re.compile(
    rf"[，、（]?(?:等(?:项目|工程)?[，、]?)?(?:总?共|共计|合计|总计|共有|(?:确保|力争|推动|推进)(?:这|上述)?)(?P<n>{_NUM})(?P<unit>个|项(?!目)|座|条|处|家)"
    r"(?P<thing>[^，。；、：（）\d]{0,16})）?"
)
_DONE_WITH = re.compile(r"(?:等|实施|进行|开展|予以|全部|完成|启动|开工|列入|纳入|推进).{0,12}$")


def _counted_after(part: str) -> list[NamedList]:
    """对甲、乙、丙实施改造，共3个项目 · 抓好甲、乙和丙，确保三个项目开工."""
    found = []
    for match in _TOTAL.finditer(part):
        head = part[: match.start()]
        begin = max(max(head.rfind(sign) for sign in "，。；：（") + 1, len(head) - 900, 0)
        names = _names(head[begin:])
        if len(names) < 2:
            continue
        if lead := _LEAD.match(names[0]):
            rest = names[0][lead.end() :]
            if len(rest) >= 2:
                begin += head[begin:].find(rest)
                names[0] = rest
        # 丙实施改造: where the name ends.
        bare = _DONE_WITH.sub("", names[-1])
        names[-1] = bare if place_like(bare) else names[-1]
        if not all(place_like(name) for name in names):
            continue
        title = _title(match["thing"]) if re.search(_THING, match["thing"]) else _title(head[:begin])
        found.append(NamedList(0, title, names, "", number(match["n"]), span=(begin, match.end())))
    return found


def _after_colon(part: str) -> list[NamedList]:
    """创建市级品质工程11个：甲、乙、丙。"""
    at = part.find("：")
    if at < 0:
        return []
    head, tail = part[:at], part[at + 1 :]
    tail = tail.split("。")[0]
    names = _names(tail)
    if not names or not tail.strip():
        return []
    cut_short = False
    if match := re.search(r"等(?:项目|工程)?$", names[-1]):
        names[-1], cut_short = names[-1][: match.start()], True
    count, sections, place = _numbers(head)
    likely = sum(place_like(name) for name in names)
    about = bool(_HEAD.search(head)) or count is not None
    if (
        not about
        or (likely * 10 < len(names) * (5 if count is not None else 7))
        or any(len(name) > 45 for name in names)
    ):
        return []
    if count is None and len(names) < 2:
        return []
    begin = max((head.rfind(sign) for sign in "，。；"), default=-1) + 1
    begin = min(begin, place) if place is not None else begin
    made = NamedList(0, _title(head), names, "", count, sections, span=(begin, at + 1 + len(tail)))
    if cut_short:
        made.problems.append("“等”字后未列全")
    return [made]


def _in_brackets(part: str) -> list[NamedList]:
    """建成市级示范项目3个（甲、乙、丙）."""
    found = []
    for start, end in brackets(part):
        inner = re.sub(r"^(?:即|分别为|包括|含|名单：|为)", "", part[start + 1 : end - 1])
        if "：" in inner:
            continue
        names = _names(inner)
        cut_short = bool(names) and bool(re.search(r"等$", names[-1]))
        if cut_short:
            names[-1] = names[-1][:-1]
        clause_at = max((part[:start].rfind(sign) for sign in "，。；"), default=-1) + 1
        head = part[clause_at:start]
        count, sections, place = _numbers(head)
        if len(names) < 1 or (count is None and len(names) < 2):
            continue
        likely = sum(place_like(name) for name in names)
        if likely * 10 < len(names) * 6 or (count is None and not re.search(r"项目|工程|工地", head)):
            continue
        begin = clause_at + (place if place is not None else 0)
        made = NamedList(0, _title(head), names, "", count, sections, span=(begin, end))
        if cut_short:
            made.problems.append("“等”字后未列全")
        found.append(made)
    return found


def _title(head: str) -> str:
    """What a list is of: the clause that states its number, without marker and year."""
    marker = marker_of(head)
    words = head[marker.length if marker else 0 :].strip("，；。： ")
    clause = re.split(r"[，。；：]", words)[-1]
    for when in reversed(whens(clause)):
        clause = clause[: when.start] + clause[when.end :]
    clause = re.sub(r"^(?:计划|拟|将|底前?|年底前?|前|，|、|\s)+", "", clause)
    return clause.strip(" ，。；：")[:80] or "项目名单"


def list_heading(text: str) -> tuple[int | None, int | None, int | None] | None:
    """(count, sections, year) when a line heads a list whose names follow line by line, else None."""
    flat = level(text).strip()
    if len(flat) > 80 or not (
        flat.endswith(("：", "名单", "清单", "）"))
        or re.search(r"名单|清单|(?:项目|工程|标段)(?:一览)?表$", flat)
    ):
        return None
    if not re.search(r"项目|工程|工地|标段|名单", flat) or re.search(
        r"责任|问题清单|任务清单|任务分解", flat
    ):
        return None
    if not (
        re.search(r"名单|项目清单|清单如下|如下|(?:项目|工程|标段)(?:一览)?表$", flat)
        or (flat.endswith("：") and _numbers(flat)[0] is not None)
    ):
        return None
    count, sections, _ = _numbers(flat)
    years = [when.last for when in whens(flat) if when.last]
    return count, sections, years[-1] if years else None
