"""The head and foot of a notice: number, title, to whom, signature, date, copies, page numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from .numerals import number
from .outline import marker_of
from .text import level
from .times import whens

NUMBER = re.compile(r"[\u4e00-\u9fff]{1,12}（\s*20\d\d\s*）\s*第?\s*\d{1,5}\s*号")
_DATE = re.compile(r"^(20\d\d)\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日(?:\s*印发)?$")
_CN_DATE = re.compile(
    r"^(二[〇零○][〇零○一二三四五六七八九]{2})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})日$"
)
_SIGNED = re.compile(r"^(?P<office>.{3,60}?)\s{2,}(?P<date>\S{8,14}日)$")
_PAGE = re.compile(
    r"^(?:-?\s*\d{1,3}\s*-?|第\s*\d{1,3}\s*页(?:[，\s]*共\s*\d{1,3}\s*页)?|\d{1,3}\s*/\s*\d{1,3})$"
)
_CLOSING = re.compile(
    r"^(?:附件|附表|附)\s*[\d一二三四五六七八九十]*\s*(?:：|$)|^(?:抄送|抄报|主送|主题词|分送|报送|印发日期|联系人|联系电话)\s*：|^（?此件(?:公开|主动|依申请|不予)|^（?(?:联系人|联系电话|联系方式)"
    r"|印发$|^.{2,30}办公室\s+20\d\d年\d{1,2}月\d{1,2}日印发"
)
_TITLE = re.compile(
    r"(?:方案|计划|要点|意见|行动|办法|细则|规划|通知|清单|安排|措施|实施细则|分解表|分工表|任务表|的函)(?:（[^（）]{1,24}）)?$"
)
_ADDRESS = re.compile(
    r"(?:局|委|委员会|政府|部门|单位|处室|科室|公司|集团|中心|支队|处|站|会|办|院|所|企业)：$"
)
_ISSUED = re.compile(
    r"现将.{0,120}(?:印发|下发|转发)给你们|(?:印发|下发)给你们|特此通知|请(?:认真)?(?:遵照|贯彻|组织|结合).{0,20}(?:执行|落实|实施)"
)
_BODY = re.compile(
    r"《([^《》]{4,80}(?:方案|计划|要点|意见|行动|办法|细则|规划|措施|安排)(?:[（(][^《》]{1,24}[）)])?)》"
)
_OFFICE = re.compile(
    r"^[\u4e00-\u9fff（）\s]{3,40}(?:局|委员会|办公室|政府|厅|集团|中心|公司|指挥部|部|院|支队|领导小组|委)$"
)


@dataclass
class Head:
    number: str = ""
    title: str = ""
    issuer: str = ""
    issued_on: date | None = None
    year_from: int | None = None
    year_to: int | None = None
    notes: list[str] = field(default_factory=list)


def read_head(paragraphs: list[str]) -> tuple[Head, dict[int, tuple[str, str]]]:
    """What the head says, and which paragraphs are no text of the plan: index → (role, what it is)."""
    head, roles = Head(), {}
    flats = [level(text).strip() for text in paragraphs]
    filled = [index for index, text in enumerate(flats) if text]
    first = next((at for at in filled if _starts(flats[at])), None)
    for index in filled:
        text = flats[index]
        if _PAGE.match(text):
            roles[index] = ("closing", "页码")
        elif _CLOSING.search(text) and len(text) <= 200:
            roles[index] = ("closing", "附件、抄送等")
        elif (
            (both := _SIGNED.match(text))
            and (when := _date_of(both["date"]))
            and _OFFICE.match(both["office"])
        ):
            # Name and date on one line, as web pages give them.
            roles[index] = ("closing" if first is not None and index > first else "front", "落款")
            head.issued_on = head.issued_on or when
            head.issuer = head.issuer or _offices(both["office"])
        elif when := _date_of(text):
            roles[index] = ("closing" if first is not None and index > first else "front", "日期")
            head.issued_on = head.issued_on or when
            before = [at for at in filled if at < index and at not in roles][-1:]
            for at in before:
                if _OFFICE.match(flats[at]) and len(flats[at]) <= 40 and index - at <= 3:
                    roles[at] = (roles[index][0], "落款")
                    head.issuer = head.issuer or _offices(flats[at])
    limit = first if first is not None else (filled[min(len(filled), 12) - 1] + 1 if filled else 0)
    titles: list[str] = []
    for index in filled:
        if index >= limit:
            break
        if index in roles:
            continue
        text = flats[index]
        match = NUMBER.search(text)
        if match and len(text) <= 40:
            head.number = head.number or _numbered(match[0])
            roles[index] = ("front", "文号")
            continue
        if _ADDRESS.search(text):
            roles[index] = ("front", "主送单位")
        elif _ISSUED.search(text) and len(text) <= 300 and not _has_numbers(text):
            roles[index] = ("front", "印发语")
        elif _TITLE.search(text) and len(text) <= 90 and "。" not in text:
            titles.append(text)
            roles[index] = ("front", "标题")
        elif len(text) <= 40 and _joins_title(index, filled, flats):
            titles.append(text + flats[filled[filled.index(index) + 1]])
            roles[index] = ("front", "标题")
        elif _OFFICE.match(text) or re.fullmatch(r"[\u4e00-\u9fff\s]{2,30}文件", text):
            roles[index] = ("front", "发文机关")
            if not head.issuer:
                head.issuer = re.sub(r"\s|文件$", "", text)
        elif re.fullmatch(r"（[^（）]{2,40}）", text):
            roles[index] = ("front", "说明")
    head.title = _best(titles)
    stated = whens(head.title)
    for when in stated:
        if when.first:
            head.year_from, head.year_to = when.first, when.last
            break
    return head, roles


def _numbered(text: str) -> str:
    """A document number as it is printed: 宿交发〔2024〕69号."""
    return re.sub(r"\s", "", text).replace("（", "〔").replace("）", "〕")


def _offices(text: str) -> str:
    """A signature of one office or several: names that stand apart are joined by 、."""
    return re.sub(r"\s", "", re.sub(r"(?<=[局委厅会办])\s{2,}", "、", text.strip()))


def _starts(text: str) -> bool:
    marker = marker_of(text)
    return marker is not None and marker.kind in (
        "one",
        "(one)",
        "chapter",
        "1.",
        "1 ",
        "1.1",
        "1.2",
        "clause",
        "first",
        "task",
    )


def _has_numbers(text: str) -> bool:
    return "%" in text


def _joins_title(index: int, filled: list[int], flats: list[str]) -> bool:
    """A title broken over two lines: 关于印发… / …实施方案的通知."""
    at = filled.index(index) if len(filled) < 40 or index in filled[:40] else -1
    if at < 0 or at + 1 >= len(filled):
        return False
    after = flats[filled[at + 1]]
    text = flats[index]
    return (
        not re.search(r"[。；：，！？]", text)
        and len(after) <= 40
        and "。" not in after
        and bool(_TITLE.search(after))
        and bool(re.search(r"关于|印发|^[\u4e00-\u9fff]{2,10}(?:市|县|区)|局$", text))
        and not NUMBER.search(text)
    )


def _date_of(text: str) -> date | None:
    compact = re.sub(r"\s", "", text)
    try:
        if match := _DATE.match(compact):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _CN_DATE.match(compact):
            return date(*(int(number(part) or 0) for part in match.groups()))
    except ValueError:
        return None
    return None


def _best(titles: list[str]) -> str:
    """The plan's own title rather than that of the notice which sends it out."""
    for text in titles:
        if match := _BODY.search(text):
            return match[1]
    own = [text for text in titles if not text.endswith("通知")]
    if own:
        return max(own, key=len) if own[0] in own[-1] else own[0]
    if not titles:
        return ""
    whole = re.sub(r"^.*?(?=关于)", "", titles[0])
    return re.sub(r"^关于印发", "", whole).removesuffix("的通知") if "印发" in whole else whole
