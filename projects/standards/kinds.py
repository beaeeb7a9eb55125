"""Whether the parts of a formula fit together, and what its weights come to; both without any figures."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from .formula import COMPARISONS, FUNCTIONS, Call, Name, Negative, Node, Number

NUMBER, BOOLEAN, GROUP, TABLE, WEIGHT = "number", "boolean", "group", "table", "weight"


def kind_problems(node: Node, kinds: Mapping[str, str], *, wanted: str = NUMBER) -> list[str]:
    """What does not fit together in a formula whose names are of these kinds: unknown names, a whole group where
    one figure is asked for, a comparison where a score is. Chinese sentences."""
    checker = Checker(kinds)
    made = checker.kind(node)
    if wanted == BOOLEAN and made not in (BOOLEAN, None):
        checker.say("条件应是比较，如 basic >= 70")
    elif wanted == NUMBER:
        checker.number(node, made)
    return checker.problems


class Checker:
    """Finds the kind of every part; None where a problem has been said already."""

    def __init__(self, kinds: Mapping[str, str]):
        self.kinds = kinds
        self.problems: list[str] = []

    def say(self, text: str) -> None:
        if text not in self.problems:
            self.problems.append(text)

    def kind(self, node: Node) -> str | None:
        if isinstance(node, Number):
            return NUMBER
        if isinstance(node, Name):
            if node.name not in self.kinds:
                known = "、".join(sorted(self.kinds))
                self.say(f"没有“{node.name}”；可用的名称：{known}")
                return None
            return self.kinds[node.name]
        if isinstance(node, Negative):
            self.number(node.operand, self.kind(node.operand))
            return NUMBER
        if isinstance(node, Call):
            return self.call(node)
        left, right = self.kind(node.left), self.kind(node.right)
        if node.operator in ("and", "or"):
            if {left, right} - {BOOLEAN, None}:
                self.say("“且”“或”两边都应是比较")
            return BOOLEAN
        self.number(node.left, left)
        self.number(node.right, right)
        return BOOLEAN if node.operator in COMPARISONS else NUMBER

    def number(self, node: Node, made: str | None) -> None:
        if made == GROUP:
            self.say(f"“{node.name}”有多个得分，须写成 平均({node.name}) 等")
        elif made == WEIGHT:
            self.say(f"“{node.name}”只能作加权平均的权")
        elif made == BOOLEAN:
            self.say("此处应是数值，不能是比较")

    def call(self, node: Call) -> str | None:
        chinese, given = FUNCTIONS[node.function], [self.kind(a) for a in node.arguments]
        if None in given:
            return None
        if node.function == "rate":
            if set(given) != {TABLE}:
                self.say(f"{chinese}的括号里只能是表代码")
        elif node.function == "wmean":
            if given != [GROUP, WEIGHT]:
                self.say(f"{chinese}应写成 {chinese}(施工合同段, 合同价)")
        elif given != [GROUP]:
            for argument, made in zip(node.arguments, given, strict=True):
                self.number(argument, made)
        return NUMBER


def weights_of(node: Node) -> tuple[dict[Node, Fraction], Fraction] | None:
    """A formula as {part: weight} and a constant, if it is a weighted sum of parts; None if it is not."""
    if isinstance(node, Number):
        return {}, node.value
    if isinstance(node, (Name, Call)):
        return {node: Fraction(1)}, Fraction(0)
    if isinstance(node, Negative):
        return _scaled(weights_of(node.operand), Fraction(-1))
    if node.operator not in "+-*/":
        return None
    left, right = weights_of(node.left), weights_of(node.right)
    if left is None or right is None:
        return None
    if node.operator in "+-":
        right = _scaled(right, Fraction(1 if node.operator == "+" else -1))
        parts = dict(left[0])
        for part, weight in right[0].items():
            parts[part] = parts.get(part, Fraction(0)) + weight
        return parts, left[1] + right[1]
    if not right[0]:
        if node.operator == "/":
            return _scaled(left, 1 / right[1]) if right[1] else None
        return _scaled(left, right[1])
    return _scaled(right, left[1]) if node.operator == "*" and not left[0] else None


def _scaled(sums: tuple[dict[Node, Fraction], Fraction] | None, by: Fraction):
    return None if sums is None else ({part: weight * by for part, weight in sums[0].items()}, sums[1] * by)
