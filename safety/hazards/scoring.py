"""The level of a hazard from its scores, by the versioned rule set of its method.

L×C (the matrix): likelihood is any number within the table's bands, consequence one of its values. LEC: each of
the three is one of its values. The product falls in a band, and the band says the level.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from supervision.rules.models import RuleSet

from ..rules import rule

LC, LEC = "lc", "lec"
METHODS = [(LC, "风险矩阵法 L×C"), (LEC, "作业条件危险性评价法 LEC")]
RULES = {LC: "hazard-lc", LEC: "hazard-lec"}
HELP = "L×C：L 取 0 至 10，C 取 10、5、2、1；LEC 按取值表"
NAMES = {"likelihood": "可能性 L", "exposure": "暴露频度 E", "consequence": "后果 C"}


@dataclass(frozen=True)
class Assessed:
    score: Decimal
    level: str
    rules: RuleSet


def parts(hazard) -> list[str]:
    """The scores that the hazard's method multiplies."""
    return ["likelihood", "consequence"] if hazard.method == LC else ["likelihood", "exposure", "consequence"]


def level_of(rules: RuleSet, score: Decimal) -> str:
    """The level whose band a score falls in; bands are open below and listed from the highest."""
    return next(band["level"] for band in rules.content["bands"] if score > Decimal(band["above"]))


def assess(hazard) -> Assessed | None:
    """Score and level by today's rules, or None while a score is missing."""
    values = [getattr(hazard, name) for name in parts(hazard)] if hazard.method in RULES else [None]
    try:
        numbers = [Decimal(str(value)) for value in values if value not in (None, "")]
    except ArithmeticError:  # its own field says so
        return None
    if len(numbers) != len(values) or not all(number.is_finite() and number > 0 for number in numbers):
        return None
    rules = rule(RULES[hazard.method])
    score = Decimal(1)
    for number in numbers:
        score *= number
    return Assessed(score.quantize(Decimal("0.01")), level_of(rules, score), rules)


def problems(hazard) -> dict[str, str]:
    """What is wrong with the scores, by field: not in the table, or of a method that does not ask for it."""
    if hazard.method not in RULES:
        return {}
    rules, found = rule(RULES[hazard.method]), {}
    if hazard.method == LC and hazard.exposure is not None:
        found["exposure"] = "L×C 法不填暴露频度。"
    for name in parts(hazard):
        value = getattr(hazard, name)
        if value is None:
            continue
        rows = rules.content[name]
        if "above" in rows[0]:
            least, most = Decimal(rows[-1]["above"]), Decimal(rows[0]["to"])
            if not least < value <= most:
                found[name] = f"{NAMES[name]}应大于{least}、不超过{most}。"
        elif value not in [Decimal(row["value"]) for row in rows]:
            allowed = "、".join(f"{row['value']}（{row['name']}）" for row in rows)
            found[name] = f"{NAMES[name]}应为：{allowed}。"
    return found


def words(hazard) -> str:
    """The arithmetic on one line; empty before the assessment."""
    if hazard.score is None:
        return ""
    letters = {"likelihood": "L", "exposure": "E", "consequence": "C"}
    names = parts(hazard)
    shown = [f"{getattr(hazard, name).normalize():f}" for name in names]
    signs = "×".join(letters[name] for name in names)
    return f"{signs}＝{'×'.join(shown)}＝{hazard.score.normalize():f}"
