"""Notices without numbers: who does what stands in the sentences (甲中心要…, 请乙局督促…, 由丙站建立…)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from .outline import Piece
from .text import level, sentences, split_outside
from .units import ASSIST, LEAD, RESPONSIBLE, UnitPhrase, add_names, is_office, unit_phrases

# 甲中心要…, 乙公司负责…, 丙局要会同丁中心对…: who is to do it stands before the verb.
_SUBJECT = re.compile(
    r"\s*(?P<names>[^，。；：\n]{2,80}?)(?:负责(?!人)|应当|要|应(?!急)|须|需|(?=每年|每季度|每月))"
)
_WITH = re.compile(
    r"(?:会同|联合)(?P<names>[^，。；：\n]{2,60}?)(?=对|在|开展|做好|加强|落实|完成|共同|建立|组织|，)"
)
_ANYBODY = re.compile(r"(?:各|全体|所有|有关|相关)(?:有关|相关|级|地)?(?:单位|部门|科室|处室|企业|地区)?")
# What may stand between a name that is known and what is to be done.
_VERB = re.compile(
    r"(?:也|还|同时)?(?P<lead>牵头)?(?:负责|具体|应当|要|应|须|需)?(?![，。；：、的）负])(?=\S{3})"
)
_BESIDE = re.compile(
    r"(?<=，)(?P<names>[^，。；：\n]{2,80}?)(?:予以|给予|做好|积极)?(?:配合|指导|协助|支持|参与)(?=[，。；]|$)"
)
# To report by some day is how one works, and no task of the plan.
_REPORT = re.compile(r"前[^。；]{0,40}(?:报送|上报|报[市省县区我]|报至|反馈)")
# More than any notice is sent to; what is looked for in every sentence is bounded.
MOST_NAMES = 300
_TOPIC = re.compile(r"\s*关于[^，。；：]{2,16}。")


def names_known(addressed: Iterable[str], texts: Iterable[str]) -> frozenset[str]:
    """The units that a notice names: whom it is sent to, and who is said elsewhere to do something."""
    phrase = UnitPhrase(0, 0)
    for line in addressed:
        add_names(level(line).strip(" ：。"), RESPONSIBLE, phrase)
    units = list(phrase.units)
    for text in texts:
        units += [unit for one in unit_phrases(text) for unit in one.units]
        flat = level(text)
        for start, end in sentences(flat):
            units += [unit for one in subject(flat[start:end]) for unit in one.units]
    names = [unit.name for unit in units if len(unit.name) >= 3 and not _ANYBODY.fullmatch(unit.name)]
    return frozenset(list(dict.fromkeys(names))[:MOST_NAMES])


def subject(text: str, known: frozenset[str] = frozenset()) -> list[UnitPhrase]:
    """The units that a sentence says are to do it, and those that help; none unless they are names of offices.

    known   names of units; one of them may stand before any verb, after 请 and 由
    """
    flat = level(text)
    phrase = _before_verb(flat) or _of_known(flat, known)
    if phrase is None or _REPORT.search(flat, phrase.end):
        return []
    made = [phrase]
    for match in _BESIDE.finditer(flat, phrase.end):
        names = _offices(match["names"])
        if names and not any(unit.name in names for unit in phrase.units):
            beside = UnitPhrase(match.start(), match.end())
            add_names("、".join(names), ASSIST, beside)
            made.append(beside)
    return made


def _offices(text: str) -> list[str]:
    """The names of a run of names, when all are offices' and not just anybody; else none."""
    names = [name.strip() for name in split_outside(text, "、，") if name.strip()]
    if not names or not all(is_office(name) and "由" not in name for name in names):
        return []
    # 各单位要提高认识: how to work, and no task of somebody's.
    return [] if all(_ANYBODY.fullmatch(name) for name in names) else names


def _before_verb(flat: str) -> UnitPhrase | None:
    match = _SUBJECT.match(flat)
    if match is None or not (names := _offices(match["names"])):
        return None
    beside = _WITH.match(flat, match.end())
    others = _offices(beside["names"]) if beside else []
    phrase = UnitPhrase(match.start(), beside.end() if others else match.end())
    add_names("、".join(names), LEAD if others else RESPONSIBLE, phrase)
    if others:
        add_names("、".join(others), ASSIST, phrase)
    return phrase


def _of_known(flat: str, known: frozenset[str]) -> UnitPhrase | None:
    """甲集团牵头建设…, 请乙区、丙区局督促…, 对…，由丁站建立…: a name known from elsewhere, and a verb after it."""
    if not known:
        return None
    starts = [re.match(r"\s*(?:请|由)?", flat).end(), *(at.end() for at in re.finditer("，由", flat))]
    for begin in starts:
        names, at = [], begin
        while name := max((one for one in known if flat.startswith(one, at)), key=len, default=""):
            names.append(name)
            at += len(name)
            if not (joint := re.compile("、|和|及").match(flat, at)):
                break
            at = joint.end()
        if names and (verb := _VERB.match(flat, at)):
            head = begin - 1 if flat[begin - 1 : begin] in ("请", "由") else begin
            phrase = UnitPhrase(head, verb.end())
            add_names("、".join(names), LEAD if verb["lead"] else RESPONSIBLE, phrase)
            return phrase
    return None


def parts(piece: Piece, known: frozenset[str]) -> list[tuple[Piece, list[UnitPhrase] | None, bool]]:
    """A paragraph cut where a sentence says who does what: (part, its units when they are to be read so, topic).

    A topic (关于施工安全。) is a heading of its own.
    """
    flat = piece.flat
    heads: dict[int, list[UnitPhrase] | None] = {}
    stated = [one for one in unit_phrases(piece.text) if one.units]
    topic = _TOPIC.match(flat)
    if topic and topic.end() < len(flat.rstrip()):
        heads[topic.end()] = None
    else:
        topic = None
    for start, end in sentences(flat):
        inside = [one for one in stated if start <= one.start < end]
        if any(one.start < start + 2 for one in inside):
            heads[start] = None
        elif not inside and (found := subject(flat[start:end], known)):
            heads[start] = [replace(one, start=start + one.start, end=start + one.end) for one in found]
    if not topic and not any(heads.values()):
        return [(piece, None, False)]
    places = sorted({0, *heads, len(flat)})
    made = []
    for a, b in zip(places, places[1:], strict=False):
        part = Piece(piece.paragraph, piece.start + a, piece.start + b, piece.text[a:b])
        found = heads.get(a)
        moved = [replace(one, start=one.start - a, end=one.end - a) for one in found] if found else None
        made.append((part, moved, topic is not None and not a))
    return made
