"""Evaluating a formula exactly, and spelling it out with its figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from .formula import FUNCTIONS, Call, Name, Negative, Node, Number


@dataclass(frozen=True)
class Tally:
    """A table's sums: 实得 and 应得. Its score stands for it wherever a single figure is asked for."""

    got: Fraction
    due: Fraction
    score: Fraction | None


@dataclass(frozen=True)
class Member:
    """One of several scores, with the weights it can be weighed by (contract price)."""

    label: str
    score: Fraction | None
    weights: Mapping[str, Fraction | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Group:
    """Scores of units of one kind; formulas take their mean, sum, least or greatest."""

    label: str
    members: tuple[Member, ...]


Value = Fraction | bool | None | Tally | Group


class Run:
    """One evaluation. `value` is the figure or None; `gaps` then says, in Chinese, what is missing for it."""

    def __init__(self, names: Mapping[str, Value], labels: Mapping[str, str] | None = None):
        self.names, self.labels = names, labels or {}
        self.gaps: list[str] = []

    def gap(self, text: str) -> None:
        if text not in self.gaps:
            self.gaps.append(text)

    def label(self, name: str) -> str:
        return self.labels.get(name, name)

    def evaluate(self, node: Node) -> Fraction | bool | None:
        """The value of a formula that `kind_problems` has nothing to say about; None where figures are missing or
        a divisor is zero."""
        if isinstance(node, Number):
            return node.value
        if isinstance(node, Name):
            value = self.names.get(node.name)
            value = value.score if isinstance(value, Tally) else value
            if value is None:
                self.gap(f"{self.label(node.name)}没有得分或未填")
            return value
        if isinstance(node, Negative):
            value = self.evaluate(node.operand)
            return None if value is None else -value
        if isinstance(node, Call):
            return self.call(node)
        left, right = self.evaluate(node.left), self.evaluate(node.right)
        if node.operator in ("and", "or"):
            return self.logic(node.operator, left, right)
        if left is None or right is None:
            return None
        return self.binary(node.operator, left, right)

    @staticmethod
    def logic(operator: str, left: bool | None, right: bool | None) -> bool | None:
        decisive = operator == "or"
        if left is decisive or right is decisive:
            return decisive
        return None if left is None or right is None else not decisive

    def binary(self, operator: str, left: Fraction, right: Fraction) -> Fraction | bool | None:
        if operator == "/":
            if not right:
                self.gap("除数为 0")
                return None
            return left / right
        return {
            "+": lambda: left + right,
            "-": lambda: left - right,
            "*": lambda: left * right,
            "<": lambda: left < right,
            "<=": lambda: left <= right,
            ">": lambda: left > right,
            ">=": lambda: left >= right,
            "=": lambda: left == right,
            "!=": lambda: left != right,
        }[operator]()

    def call(self, node: Call) -> Fraction | None:
        if node.function == "rate":
            tallies = self.tallies(node)
            due = sum((tally.due for tally in tallies), Fraction(0))
            if not due:
                self.gap("、".join(self.label(a.name) for a in node.arguments) + "没有适用的条目")
                return None
            return sum((tally.got for tally in tallies), Fraction(0)) * 100 / due
        if node.function == "wmean":
            return self.weighted(node)
        first = self.names.get(node.arguments[0].name) if isinstance(node.arguments[0], Name) else None
        if isinstance(first, Group):
            scores = [member.score for member in first.members if member.score is not None]
            if not scores:
                self.gap(f"没有已得分的{first.label}")
        else:
            scores = [self.evaluate(argument) for argument in node.arguments]
        if not scores or None in scores:
            return None
        total = sum(scores, Fraction(0))
        return {"sum": total, "mean": total / len(scores), "min": min(scores), "max": max(scores)}[
            node.function
        ]

    def tallies(self, node: Call) -> list[Tally]:
        found = (self.names.get(argument.name) for argument in node.arguments)
        return [tally for tally in found if isinstance(tally, Tally)]

    def weighted(self, node: Call) -> Fraction | None:
        group, weight = self.names[node.arguments[0].name], node.arguments[1].name
        scored = [member for member in group.members if member.score is not None]
        if not scored:
            self.gap(f"没有已得分的{group.label}")
            return None
        without = [member.label for member in scored if not member.weights.get(weight)]
        if without:
            self.gap(f"{'、'.join(without)}未填{self.label(weight)}，不能加权")
            return None
        total = sum((member.weights[weight] for member in scored), Fraction(0))
        return sum((member.score * member.weights[weight] for member in scored), Fraction(0)) / total

    # ------------------------------------------------------------------------------------------- spelling out

    def spell(self, node: Node, inside: bool = False) -> str:
        """The formula with figures in place of names: `0.5×82.4 + 0.5×76`; for people to check by hand."""
        if isinstance(node, Number):
            return node.text
        if isinstance(node, Name):
            value = self.names.get(node.name)
            value = value.score if isinstance(value, Tally) else value
            return "—" if value is None else figure(value)
        if isinstance(node, Negative):
            return f"−{self.spell(node.operand, True)}"
        if isinstance(node, Call):
            return self.spell_call(node)
        if node.operator in "*/":
            sign = "×" if node.operator == "*" else "÷"
            return f"{self.spell(node.left, True)}{sign}{self.spell(node.right, True)}"
        sign = {"-": "−", ">=": "≥", "<=": "≤", "!=": "≠", "and": "且", "or": "或"}.get(
            node.operator, node.operator
        )
        text = f"{self.spell(node.left)} {sign} {self.spell(node.right, node.operator == '-')}"
        return f"（{text}）" if inside else text

    def spell_call(self, node: Call) -> str:
        if node.function == "rate":
            tallies = [tally for tally in self.tallies(node) if tally.due]
            got, due = (_sum(figure(getattr(tally, side)) for tally in tallies) for side in ("got", "due"))
            return f"{got}÷{due}×100"
        chinese = FUNCTIONS[node.function]
        first = self.names.get(node.arguments[0].name) if isinstance(node.arguments[0], Name) else None
        if node.function == "wmean" and isinstance(first, Group):
            weight = node.arguments[1].name
            pairs = [(m.score, m.weights.get(weight)) for m in first.members if m.score is not None]
            products = _sum(f"{figure(score)}×{figure(w) if w else '—'}" for score, w in pairs)
            return f"{products}÷{_sum(figure(w) if w else '—' for _, w in pairs)}"
        if isinstance(first, Group):
            scores = (figure(member.score) for member in first.members if member.score is not None)
            return f"{chinese}（{'、'.join(scores) or '—'}）"
        return f"{chinese}（{'、'.join(self.spell(argument) for argument in node.arguments)}）"


def _sum(parts: Iterable[str]) -> str:
    listed = list(parts)
    text = " + ".join(listed) or "0"
    return f"（{text}）" if len(listed) > 1 or "×" in text else text


# Both work on the fraction's own integers: a year's sheets are scored in one job, and arithmetic of fractions is
# most of what that takes.


def figure(value: Fraction) -> str:
    """A figure for people: exact where it has at most four decimals, else cut to four and marked with “…”."""
    scaled, rest = divmod(abs(value.numerator) * 10_000, value.denominator)
    whole, part = divmod(scaled, 10_000)
    text = f"{whole}.{part:04}" if rest else f"{whole}.{part:04}".rstrip("0").rstrip(".")
    return f"{'-' if value < 0 and scaled else ''}{text}{'…' if rest else ''}"


def half_up(value: Fraction, places: int) -> Decimal:
    """`value` with `places` decimals, a half rounded away from zero."""
    top, bottom = value.numerator, value.denominator
    whole = (2 * abs(top) * 10**places + bottom) // (2 * bottom)
    return Decimal(-whole if top < 0 else whole).scaleb(-places)
