"""What a part of a notice is about, by its heading: aims, tasks, background, or how the work is supported."""

from __future__ import annotations

import re

from .outline import Node
from .text import level

AIMS, TASKS, BACKGROUND, SUPPORT, OPEN = "aims", "tasks", "background", "support", "open"

_AIMS = re.compile(
    r"目标(?!.{0,4}(?:考核|责任|管理))|预期成效|创建指标|指标体系|主要指标|创建计划|^(?:20\d\d年|年度)?(?:省级|市级|部级)?(?:创建|申报|示范|试点)项目|项目(?:清单|名单)"
)
_BACKGROUND = re.compile(
    r"指导思想|总体要求|总体思路|总体安排|工作思路|基本原则|工作原则|背景|适用范围|整治范围|实施范围|创建范围|编制依据|重要意义|重大意义|提高认识|提高政治站位|术语|工作基础|现状|总则"
)
_SUPPORT = re.compile(
    r"保障|组织领导|工作要求|有关要求|相关要求|几点要求|组织实施|实施步骤|工作步骤|方法步骤|步骤|时间安排|进度安排|阶段安排|工作机制|组织机构|附则|工作保障|强化监督|考核奖惩|其他事项|组织保障|信息报送"
)
_TASKS = re.compile(r"任务|措施|举措|内容|重点工作|行动|整治|职责分工|工作安排|工作清单|重点")


def part_of(node: Node) -> str:
    """What a numbered line is about: by its own heading, else by those above it."""
    inherited = OPEN
    for each in [*node.ancestors()][::-1] + [node]:
        inherited = _own(each, inherited)
    return inherited


def _own(node: Node, above: str) -> str:
    title = level(node.title)
    if len(title) > 30:
        return above
    if above == AIMS:
        return AIMS
    if above == TASKS:
        return AIMS if re.search(r"^(?:工作|总体|主要|具体|年度|创建)?目标", title) else TASKS
    if above == SUPPORT:
        return SUPPORT
    if _BACKGROUND.search(title) and not _TASKS.search(title):
        return AIMS if re.search(r"目标$", title) and "总体要求" not in title else BACKGROUND
    if _AIMS.search(title) and not re.search(r"任务|措施|举措", title):
        return AIMS
    if above == BACKGROUND:
        return BACKGROUND
    if _SUPPORT.search(title) and (node.parent is None or node.parent.kind == "chapter"):
        return SUPPORT
    if _TASKS.search(title):
        return TASKS
    return above


def group_of(node: Node | None, text: str) -> str:
    """The plan's group a task belongs to, by the headings above it, else by its own words; "other" when open."""
    above = [each.title for each in node.ancestors()] if node else []
    for words in [*above, text]:
        flat = level(words)
        hits = [
            group
            for group, pattern in (
                ("integrity", r"廉洁|廉政|清廉|作风|纪律|招投标|党"),
                ("safety", r"平安|安全|隐患|应急|风险"),
                ("quality", r"品质|精品|质量|优质|耐久|样板"),
            )
            if re.search(pattern, flat)
        ]
        if len(hits) == 1:
            return hits[0]
    return "other"
