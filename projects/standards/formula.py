"""The language of declared formulas: `0.5*basic + 0.5*site`, `0.2*建设单位 + 0.8*加权平均(施工合同段, 合同价)`.

Numbers (also 40%), names, + - * /, brackets, comparisons, and/且, or/或, and the functions in `FUNCTIONS`. Text is
read by a tokenizer and a parser of our own into a small tree; nothing is ever handed to Python to run. Figures
are exact (fractions), so that the only rounding is the one a version declares.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from supervision.rules.numbers import halfwidth

MAX_LENGTH, MAX_DEPTH = 500, 40


class FormulaError(ValueError):
    """A formula cannot be read; the message is Chinese and says where."""


# function → Chinese name. What each takes is said in `kinds.Checker.call` and done in `running.Run.call`.
FUNCTIONS = {
    "mean": "平均",
    "sum": "合计",
    "min": "最小",
    "max": "最大",
    "wmean": "加权平均",
    "rate": "得分率",
}
_FUNCTION_NAMED = {chinese: name for name, chinese in FUNCTIONS.items()}
COMPARISONS = {"<", "<=", ">", ">=", "=", "!="}


# --------------------------------------------------------------------------------------------------------- tree


@dataclass(frozen=True)
class Number:
    value: Fraction
    text: str


@dataclass(frozen=True)
class Name:
    name: str


@dataclass(frozen=True)
class Call:
    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Binary:
    """Two sides joined by + - * /, a comparison, "and" or "or"."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Negative:
    operand: Node


Node = Number | Name | Call | Binary | Negative

_SIGNS = {ord(a): b for a, b in zip("×÷·−–—，、；", "*/*---,,,", strict=True)} | {
    ord("≥"): ">=",
    ord("≤"): "<=",
    ord("≠"): "!=",
}
_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?%?)"
    r"|(?P<sign><=|>=|!=|==|[-+*/(),<>=])"
    r"|(?P<word>[且或])"
    r"|(?P<name>[A-Za-z_\u4e00-\u9fff](?:(?![且或])[A-Za-z0-9_\u4e00-\u9fff])*))"
)
_WORDS = {"且": "and", "或": "or", "AND": "and", "OR": "or"}


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    plain = halfwidth(text).translate(_SIGNS).rstrip()
    if len(plain) > MAX_LENGTH:
        raise FormulaError(f"公式过长，最多 {MAX_LENGTH} 个字符")
    at = 0
    while at < len(plain):
        match = _TOKEN.match(plain, at)
        if match is None:
            raise FormulaError(f"第 {at + 1} 个字符“{plain[at:].strip()[:1]}”不能用在公式里")
        kind = match.lastgroup or ""
        word = match[kind]
        if kind == "word" or (kind == "name" and word.upper() in _WORDS):
            yield "sign", _WORDS[word.upper()]
        else:
            yield kind, "=" if word == "==" else word
        at = match.end()
    yield "end", ""


class _Parser:
    def __init__(self, text: str, names: Mapping[str, str]):
        self.tokens = list(_tokens(text))
        self.names = names
        self.at = self.depth = 0

    def peek(self) -> str:
        kind, word = self.tokens[self.at]
        return word if kind == "sign" else ""

    def take(self, *signs: str) -> str:
        """The sign here if it is one of these, and step on; else ""."""
        found = self.peek()
        if found in signs and found:
            self.at += 1
            return found
        return ""

    def parse(self) -> Node:
        node = self.either()
        kind, word = self.tokens[self.at]
        if kind != "end":
            raise FormulaError(f"“{word}”处多出内容，可能缺少运算符或括号不配对")
        return node

    def either(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise FormulaError("公式嵌套过深")
        node = self.both()
        while self.take("or"):
            node = Binary("or", node, self.both())
        self.depth -= 1
        return node

    def both(self) -> Node:
        node = self.comparison()
        while self.take("and"):
            node = Binary("and", node, self.comparison())
        return node

    def comparison(self) -> Node:
        node = self.total()
        if sign := self.take(*COMPARISONS):
            node = Binary(sign, node, self.total())
            if self.peek() in COMPARISONS:
                raise FormulaError("比较不能连写，请用“且”连接")
        return node

    def total(self) -> Node:
        node = self.product()
        while sign := self.take("+", "-"):
            node = Binary(sign, node, self.product())
        return node

    def product(self) -> Node:
        node = self.factor()
        while sign := self.take("*", "/"):
            node = Binary(sign, node, self.factor())
        return node

    def factor(self) -> Node:
        if self.take("-"):
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise FormulaError("公式嵌套过深")
            node = Negative(self.factor())
            self.depth -= 1
            return node
        if self.take("("):
            node = self.either()
            if not self.take(")"):
                raise FormulaError("括号不配对，缺少“)”")
            return node
        kind, word = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            value = Fraction(Decimal(word.rstrip("%")))
            return Number(value / 100 if word.endswith("%") else value, word)
        if kind == "name":
            return self.named(word)
        raise FormulaError(f"“{word}”前缺少数值或名称" if word else "公式不完整")

    def named(self, word: str) -> Node:
        if not self.take("("):
            return Name(self.names.get(word, word))
        function = _FUNCTION_NAMED.get(word, word)
        if function not in FUNCTIONS:
            known = "、".join(f"{name}（{chinese}）" for name, chinese in FUNCTIONS.items())
            raise FormulaError(f"没有“{word}”这个函数，可用：{known}")
        arguments = [self.either()]
        while self.take(","):
            arguments.append(self.either())
        if not self.take(")"):
            raise FormulaError(f"“{word}”的括号不配对")
        return Call(function, tuple(arguments))


def parse(text: str, names: Mapping[str, str] | None = None) -> Node:
    """The tree of a formula. `names` maps Chinese names to the codes they stand for. Raises FormulaError."""
    if not text.strip():
        raise FormulaError("公式是空的")
    return _Parser(text, names or {}).parse()


def names_in(node: Node) -> Iterator[str]:
    """Every name a formula uses, in order, repeats included."""
    if isinstance(node, Name):
        yield node.name
    for part in _parts(node):
        yield from names_in(part)


def _parts(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Binary):
        return (node.left, node.right)
    if isinstance(node, Call):
        return node.arguments
    return (node.operand,) if isinstance(node, Negative) else ()
