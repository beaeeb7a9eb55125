"""Which numbered lines are tasks.

A line that names its responsible units is one, wherever it stands. Where units stand only behind the last of
several lines, the heading over them is the task. In parts that set tasks without naming units, the lines of the
kind that are tasks elsewhere in the notice are; without any such, the first level that says something.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from .outline import Node
from .sections import AIMS, BACKGROUND, SUPPORT, TASKS


def choose_tasks(
    roots: list[Node], owns: Callable[[Node], bool], kinds: dict[int, str]
) -> dict[int, list[str]]:
    """The tasks as id(node) → what should be looked at, in Chinese."""
    chosen: dict[int, list[str]] = {}
    named: dict[int, bool] = {}
    order = [node for root in roots for node in root.walk()]
    for node in reversed(order):
        named[id(node)] = owns(node) or any(named[id(child)] for child in node.children)
    for root in roots:
        _by_units(root, owns, named, kinds, chosen)
    usual = Counter(node.kind for node in order if id(node) in chosen)
    for root in roots:
        _without_units(root, usual, named, kinds, chosen)
    return chosen


def _by_units(root, owns, named, kinds, chosen) -> None:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if not named[id(node)]:
            continue
        if kinds[id(node)] == AIMS:
            waiting += node.children
            continue
        below = [child for child in node.children if named[id(child)]]
        if not below:
            chosen[id(node)] = []
            continue
        if owns(node):
            # Heading and lines both name units: 责任单位 after the heading is the whole's.
            if len(below) == len(node.children):
                waiting += node.children
                for child in node.children:
                    child.issues.append("上级标题另写有责任单位，请核对")
            else:
                chosen[id(node)] = ["下级条目另写有责任单位，请核对"]
            continue
        last = node.children[-1]
        trailing = (
            len(node.children) > 1
            and below == [last]
            and node.parent is not None
            and all(
                below.kind in _SMALL
                for child in node.children
                for below in child.walk()
                if below is not child
            )
            and _at_its_end(last, named)
        )
        if trailing:
            chosen[id(node)] = ["责任单位写在最后一条之后，按整项计"]
            continue
        for child in node.children:
            if named[id(child)]:
                waiting.append(child)


# Kinds of numbers that stand only within a task: what is below a numbered line of it.
_SMALL = ("①", "dash", "star", "one-is", "1)")


def _at_its_end(node, named) -> bool:
    """Whether what names units below a line is the last thing below it."""
    while node.children:
        below = [child for child in node.children if named[id(child)]]
        if not below:
            return True
        if below != [node.children[-1]]:
            return False
        node = node.children[-1]
    return True


def _without_units(root, usual, named, kinds, chosen) -> None:
    waiting = [root]
    level = usual.most_common(1)[0][0] if usual else ""
    while waiting:
        node = waiting.pop()
        if id(node) in chosen:
            continue
        kind = kinds[id(node)]
        if kind in (AIMS, BACKGROUND, SUPPORT):
            # Only what names units is a task here; deeper headings may open a part of tasks.
            waiting += [child for child in node.children if kinds[id(child)] == TASKS]
            continue
        if level:
            if node.kind == level and not any(id(below) in chosen for below in node.walk()):
                chosen[id(node)] = []
            elif node.children:
                waiting += node.children
            elif any(id(sibling) in chosen for sibling in (node.parent.children if node.parent else ())):
                chosen[id(node)] = ["同级其他条目写有责任单位，本条未写"]
            continue
        if not node.children:
            chosen[id(node)] = []
        elif node.parent is None or _is_group(node):
            waiting += node.children
        else:
            chosen[id(node)] = []


def _is_group(node: Node) -> bool:
    """A heading alone, whose lines have headings with words of their own."""
    own = "".join(piece.text for piece in node.pieces).strip()
    if len(own) > 40:
        return False
    told = [child for child in node.children if sum(len(piece.text) for piece in child.all_pieces()) > 30]
    return len(told) * 2 >= len(node.children)
