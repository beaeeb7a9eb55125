"""Responsible units as notices write them: （责任单位：…）, 牵头单位：…；配合单位：…, （某处牵头，某中心配合）."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .numerals import CN, number
from .text import brackets, level, split_outside

RESPONSIBLE, LEAD, ASSIST = "responsible", "lead", "assist"

_WHO = "(?:单位|部门|股室|处室|科室|机构|主体|领域|方)"
_LABEL = re.compile(
    rf"(?P<lead>(?:责任)?牵头(?:责任)?(?:{_WHO})?|主办{_WHO}|主责{_WHO}|总牵头{_WHO})"
    rf"|(?P<assist>(?:协同)?配合(?:责任)?(?:{_WHO})?|协办{_WHO}|协同{_WHO}|参与{_WHO}|参加{_WHO}|协助{_WHO}|督导{_WHO}|督办{_WHO}|指导{_WHO}|支持{_WHO}|监督{_WHO})"
    rf"|(?P<all>责任{_WHO}|落实{_WHO}|实施{_WHO}|承办{_WHO}|执行{_WHO}|分工|责任分工|任务分工)"
    r"|(?P<due>(?:完成|办结|整改)?(?:时限|时间|期限)(?:要求)?|完成时间|时间节点|进度要求|时间安排)"
    r"|(?P<other>责任人|牵头(?:责任)?(?:人|领导)|责任领导|分管领导|联系人|联系电话|联系方式|挂钩领导)"
)
_LABELLED = re.compile(
    rf"(?:^|(?<=[（。；，、\s：）-]))(?P<label>(?:{_LABEL.pattern}))\s*(?:及[^：。]{{1,10}})?\s*："
)
# Of what is an office's name made at its end.
SUFFIX = (
    "局|委|委员会|办|办公室|中心|支队|大队|总队|集团|公司|单位|单位们|处|处室|科|科室|站|政府|部门|院|所|会|厅|队|"
    "管委会|指挥部|项目部|学校|协会|分局|区|县|市|街道|企业|组|总站|监督站|质监站|法人|社|银行|党委|党组|党支部|机构|参建各方|方"
)
_ENDS_AS_OFFICE = re.compile(rf"(?:{SUFFIX})(?:（[^（）]*）)?$")
_GENERIC = re.compile(
    r"^(?:各|全市|全体|有关|相关|其他|参建|所有|局(?:属|直|机关)各|市直|直属|机关各|项目(?:建设|参建|各)|建设、|市各|局各|局属|属地|县级|所在)|相关|有关|^(?:建设|施工|监理|设计|检测|参建|项目|责任|工程参建)单位|^各|^县(?:（|市|区)|^(?:交通)?企业"
)
_TAIL = re.compile(
    r"(?:按(?:照)?(?:各自)?(?:职责|职能)(?:分工)?(?:分别)?(?:负责)?(?:落实)?|分工负责|共同负责|分别负责|具体负责|负责(?:落实|实施)?|牵头(?:负责|实施|落实)?|配合(?:落实|实施)?|参与|协同|共同牵头|落实|协助|组织实施)+$"
)
_KIND = re.compile(
    r"(?:各|有关|相关|各工程|各项目)?(?:项目)?(?:建设|施工|监理|设计|勘察|检测|试验检测|养护|咨询|代建|参建|运输|生产|经营|规划|代理|业主)"
)
_AREA = re.compile(r"各?(?:市|县|区|县（[^（）]*）|市（[^（）]*）|区（[^（）]*）|功能区|开发区|园区)")
_AREA_END = re.compile(r"(?:各?(?:市|县|区|功能区|开发区|园区))(?:（[^（）]*）)?.{2,20}")
_KIND_END = re.compile(
    r"(?:建设|施工|监理|设计|勘察|检测|试验检测|养护|咨询|代建|参建|运输|生产|经营|代理|业主)(?:等)?(?:参建)?(?:单位|企业|部门|机构)"
)
_AND_SO_ON = re.compile(
    rf"等(?:(?P<n>\d{{1,2}}|[{CN}]{{1,3}})(?:个|家))?(?:有关|相关|责任)?(?:部门|单位|处室|科室|机构|中心)?$"
)
# What stands among units and is a time: 2026年9月底前完成, 长期坚持.
_TIME = re.compile(
    r"(?=.*(?:[年月日前]|期|化))(?:20\d\d年)?(?:\d{1,2}月)?(?:\d{1,2}日)?(?:年?[底末]|上旬|中旬|下旬)?(?:之?前)?(?:全部|基本)?"
    r"(?:完成|整改到位|落实到位|取得成效)?|长期坚持|持续推进|常态化推进|全年推进"
)
_FREE_ROLE = re.compile(
    r"(?P<names>[^，；。（）]{2,120}(?:（[^（）]{1,12}）[^，；。（）]{0,120}){0,8}?)"
    r"(?P<word>共同牵头|牵头负责|牵头|配合|协同|参与|协助|指导|按(?:照)?职责分工(?:分别)?负责|按(?:照)?职责(?:分别)?负责|分工负责|分别负责|具体负责|共同负责|负责)(?=[，；。、）]|$)"
)


_RUN_NAMES = r"[^，；。：（）\n]{2,80}(?:（[^（）\n]{1,12}）[^，；。：（）\n]{0,60}){0,4}"
_RUNNING = re.compile(
    rf"由(?![于此])(?:{_RUN_NAMES}?)(?:共同牵头|牵头负责|牵头|(?:具体|分别|共同)?负责)"
    rf"(?:[，、](?:并?由)?{_RUN_NAMES}?(?:配合|协同|参与|协助|指导))?(?=[，；。、]|$)"
)


@dataclass(frozen=True)
class Unit:
    """A responsible unit.

    name        as the notice writes it
    candidates  what it may be short for, the likeliest first: 公路中心 after 市铁路中心 is 市公路中心
    generic     names a kind of units, not one (各县（区）交通运输局)
    """

    name: str
    role: str
    candidates: tuple[str, ...] = ()
    generic: bool = False


@dataclass
class UnitPhrase:
    """Where responsible units stand in a text, and what stands there. [start, end) takes in brackets and label."""

    start: int
    end: int
    units: list[Unit] = field(default_factory=list)
    due: str = ""
    unread: list[str] = field(default_factory=list)


def unit_phrases(text: str) -> list[UnitPhrase]:
    """The statements of responsible units in a text, in their order; they never overlap."""
    flat = level(text)
    found: list[UnitPhrase] = []
    for start, end in brackets(flat):
        inner = flat[start + 1 : end - 1]
        phrase = UnitPhrase(start, end)
        if len(inner) > 800:
            continue
        if _LABELLED.match(inner.lstrip()):
            _read_labelled(inner, phrase)
        elif not _read_free(inner, phrase, at_end=not flat[end:].strip(" 。；，")):
            continue
        if phrase.units or phrase.due or phrase.unread:
            found.append(phrase)
    taken = [(one.start, one.end) for one in found]
    for match in _LABELLED.finditer(flat):
        if match["other"] or any(a <= match.start() < b for a, b in taken):
            continue
        if match["due"] and not found:
            continue
        if taken and match.start() < taken[-1][1] and match.start() >= taken[-1][0]:
            continue
        # Outside brackets a label must start the line or follow a stop: 责任单位：… to the line's end.
        line_end = flat.find("\n", match.start())
        line_end = len(flat) if line_end < 0 else line_end
        stop = flat.find("。", match.end(), line_end)
        end = line_end if stop < 0 else stop + 1
        if end - match.start() > 800:
            continue
        phrase = UnitPhrase(match.start(), end)
        _read_labelled(flat[match.start() : end].rstrip("。\n "), phrase)
        if phrase.units or phrase.due or phrase.unread:
            found.append(phrase)
            taken.append((phrase.start, phrase.end))
    _read_running(flat, found)
    return sorted(found, key=lambda one: one.start)


# At the head of a sentence, without 由: only where all that stands there are names of offices.
_AT_HEAD = re.compile(
    rf"(?:(?<=[。；：！\n ])|^)(?P<first>{_RUN_NAMES}?)(?:共同牵头|牵头负责|牵头|(?:具体|分别|共同)?负责)"
    rf"(?:[，、；](?P<second>{_RUN_NAMES}?)(?:配合|协同|参与|协助|指导))?(?=[，；。、]|$)"
)


def _read_running(flat: str, found: list[UnitPhrase]) -> None:
    """由甲牵头，乙、丙配合 within a sentence, and 甲牵头，乙、丙配合 at its head."""
    for match in (*_RUNNING.finditer(flat), *_at_heads(flat)):
        if any(one.start < match.end() and match.start() < one.end for one in found):
            continue
        phrase = UnitPhrase(match.start(), match.end())
        text = match[0].removeprefix("由").replace("、并由", "，").replace("并由", "").replace("，由", "，")
        if _read_free(text.replace("；", "，"), phrase, at_end=False) and phrase.units:
            found.append(phrase)


def _at_heads(flat: str) -> list[re.Match]:
    made = []
    for match in _AT_HEAD.finditer(flat):
        names = [
            name.strip()
            for part in (match["first"], match["second"] or "")
            for name in split_outside(part, "、，")
            if name.strip()
        ]
        if all(is_office(name) for name in names):
            made.append(match)
    return made


def _read_labelled(text: str, phrase: UnitPhrase) -> None:
    """Labels and what follows each: 牵头单位：甲；配合单位：乙、丙；完成时限：6月底."""
    marks = list(_LABELLED.finditer(text))
    if not marks:
        return
    if head := text[: marks[0].start()].strip(" ，；、"):
        phrase.unread.append(head)
    for place, mark in enumerate(marks):
        end = marks[place + 1].start() if place + 1 < len(marks) else len(text)
        value = text[mark.end() : end].strip(" ；，。、\n")
        if mark["due"]:
            phrase.due = "；".join(filter(None, (phrase.due, value)))[:120]
        elif not mark["other"]:
            role = LEAD if mark["lead"] else ASSIST if mark["assist"] else RESPONSIBLE
            # 责任单位：甲牵头，乙、丙配合
            if _FREE_ROLE.search(value) and re.search(r"牵头|配合|协同|参与", value):
                _read_free(value, phrase, at_end=True)
            else:
                add_names(value, role, phrase)


def _read_free(text: str, phrase: UnitPhrase, *, at_end: bool) -> bool:
    """甲牵头，乙、丙配合 · 甲、乙按职责分工负责 · at a paragraph's end also bare names: （局建管处、市质监站）."""
    if re.search(r"[：。！？]", text) or re.match(
        r"(?:以下|下|简|如|见|详|即|含|包括|注|不|其中|附|试行|一|二|三|\d)", text
    ):
        return False
    parts = [part for part in split_outside(text, "，；") if part.strip()]
    roles = []
    for part in parts:
        match = _FREE_ROLE.fullmatch(part.strip())
        roles.append(match)
    if any(roles) and _office_like(parts[0] if roles[0] is None else roles[0]["names"]):
        waiting: list[str] = []
        made: list[tuple[str, str]] = []
        for part, match in zip(parts, roles, strict=True):
            if match is None:
                waiting.append(part.strip())
                continue
            word = match["word"]
            role = (
                LEAD
                if "牵头" in word
                else ASSIST
                if re.match("配合|协同|参与|协助|指导", word)
                else RESPONSIBLE
            )
            made.append(("、".join([*waiting, match["names"].strip(" 由及并")]), role))
            waiting = []
        for names, role in made:
            add_names(names, role, phrase)
        for words in waiting:
            if _TIME.fullmatch(words):
                phrase.due = "；".join(filter(None, (phrase.due, words)))[:120]
            else:
                phrase.unread.append(words)
        return True
    if not at_end:
        return False
    names = [name.strip() for name in split_outside(text, "、，；") if name.strip()]
    offices = [name for name in names if not _TIME.fullmatch(name)]
    if offices and len(text) <= 200 and all(is_office(name) for name in offices):
        add_names("、".join(names), RESPONSIBLE, phrase)
        return True
    return False


# 甲科（牵头）、乙站（配合）: what one of several is for.
_OWN_ROLE = re.compile(
    r"（(?:(?P<lead>(?:总|共同)?牵头(?:单位|部门)?|主办|主责)|(?:配合|协办|协同|参与|协助|指导)(?:单位|部门)?)）$"
)


def _office_like(text: str) -> bool:
    names = [name.strip() for name in split_outside(text, "、，；") if name.strip()]
    return bool(names) and any(is_office(name) for name in names)


def is_office(name: str) -> bool:
    name = _AND_SO_ON.sub("", _OWN_ROLE.sub("", name))
    if re.search(r"[的了是为须要]|应(?!急)", name) and not _GENERIC.search(name):
        return False
    return 2 <= len(name) <= 40 and bool(_ENDS_AS_OFFICE.search(name))


def add_names(text: str, role: str, phrase: UnitPhrase) -> None:
    """Add the units of 市铁路中心、公路中心、港航中心 to a phrase, what is no name to its unread parts."""
    pieces = []
    for part in split_outside(text, "、，；/／ \n"):
        part = part.strip(" 。：")
        if not part:
            continue
        pieces += _split_and(part)
    pieces = _join_kinds(pieces)
    known: list[str] = []
    roles: dict[str, str] = {}
    for piece in pieces:
        if _TIME.fullmatch(piece):
            phrase.due = "；".join(filter(None, (phrase.due, piece)))[:120]
            continue
        if own := _OWN_ROLE.search(piece):
            # 甲科（牵头）、乙站（配合）
            roles[piece[: own.start()].strip()] = LEAD if own["lead"] else ASSIST
            piece = piece[: own.start()]
        name = _TAIL.sub("", piece).strip()
        if (more := _AND_SO_ON.search(name)) and len(name) > 2:
            bare = name[: more.start()].strip()
            # 各参建等单位 stays one name; 甲、乙等单位 ends with “等”.
            if bare:
                name = bare
            stated = number(more["n"]) if more["n"] else None
            if stated is None:
                phrase.unread.append("“等”字后的单位未列出")
            elif stated != len(known) + 1:
                phrase.unread.append(f"“等”字前载明{stated}家单位，实列{len(known) + 1}家")
        if not name or name in ("等", "等单位", "等部门"):
            if piece and not name:
                continue
            phrase.unread.append("“等”字后的单位未列出")
            continue
        if len(name) > 60 or len(name) < 2 or "：" in name or name.count("（") != name.count("）"):
            phrase.unread.append(name)
            continue
        known.append(name)
    for place, name in enumerate(known):
        unit = Unit(name, roles.get(name, role), _candidates(known, place), bool(_GENERIC.search(name)))
        if all(unit.name != other.name for other in phrase.units):
            phrase.units.append(unit)


def _join_kinds(pieces: list[str]) -> list[str]:
    """各建设、施工、监理单位 is one name for several kinds of units."""
    made: list[str] = []
    waiting: list[str] = []
    for piece in pieces:
        if _KIND.fullmatch(piece) or _AREA.fullmatch(piece):
            waiting.append(piece)
        elif waiting and (_KIND_END if _KIND.fullmatch(waiting[-1]) else _AREA_END).match(piece):
            made.append("、".join([*waiting, piece]))
            waiting = []
        else:
            made += [*waiting, piece]
            waiting = []
    return made + waiting


def _split_and(part: str) -> list[str]:
    """Two names joined by 和, 及, 以及 or 与, where both are offices' names; else the one."""
    for word in ("以及", "和", "及", "与"):
        at = part.find(word)
        while at > 0:
            left, right = part[:at], part[at + len(word) :]
            if (
                _ENDS_AS_OFFICE.search(left)
                and len(left) > 2
                and _ENDS_AS_OFFICE.search(_AND_SO_ON.sub("", right))
                and len(right) > 2
            ):
                return [*_split_and(left), *_split_and(right)]
            at = part.find(word, at + 1)
    return [part]


def _candidates(names: list[str], place: int) -> tuple[str, ...]:
    """What a name may be short for, from the names beside it: their head (市, 局) and their end (中心)."""
    name = names[place]
    found = [name]
    stem = re.sub(r"等$", "", name)
    # 市铁路、公路、港航中心: the end of the first that has one.
    if not _ENDS_AS_OFFICE.search(stem):
        for after in names[place + 1 :]:
            if end := re.search(r"(?:事业发展中心|发展中心|服务中心|中心|处|科|局|集团|支队|大队)$", after):
                found.append(stem + end[0])
                break
    heads = ("市", "局", "省", "县", "区")
    if not stem.startswith((*heads, "各")):
        for before in reversed(names[:place]):
            if before.startswith(("市", "局", "省")):
                found += [before[0] + one for one in list(found)]
                break
        else:
            found += ["市" + name, "局" + name]
    return tuple(dict.fromkeys(found))
