"""From a score to a grade: lines, conditions, vetoes; and when an evaluation may be made at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .naming import CONDITION, compiled
from .results import Verdict, VetoFound
from .running import Run, Value
from .spec import Band, EvaluationType, Facts, Spec


def veto_texts(
    spec: Spec, subject: str, found: Iterable[VetoFound]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the vetoes that count say, and the codes of those the version does not know for this subject."""
    known = {veto.code: veto for veto in spec.vetoes_of(subject)}
    counted, unknown = [], []
    for veto in found:
        if veto.code in known:
            name = known[veto.code].name
            counted.append(f"{name}：{veto.evidence}" if veto.evidence else name)
        else:
            unknown.append(veto.code)
    return tuple(counted), tuple(unknown)


def judge(
    spec: Spec,
    subject: str,
    score: Fraction | None,
    names: Mapping[str, Value],
    facts: Facts,
    found: tuple[VetoFound, ...],
    *,
    complete: bool = True,
    lines_only: bool = False,
) -> Verdict:
    """The grade of a subject: the best band whose line and condition the figures reach; the last one on a veto.

    names       figures that conditions may use, by code
    lines_only  bands are judged by their lines alone (annual results, where there are no parts)
    """
    vetoes, unknown = veto_texts(spec, subject, found)
    bands = spec.bands_of(subject)
    reasons: list[str] = []
    reached: Band | None = None
    if score is not None and complete:
        values = {**names, **lines(spec), "score": score, **declared_facts(spec, facts)}
        for band in bands:
            floor = spec.line(band.floor)
            if floor is None or score < Fraction(floor):
                continue
            if band.condition and not lines_only and (text := unmet(spec, subject, band, values)):
                reasons.append(text)
                continue
            reached = band
            break
    final = bands[-1] if vetoes and bands else reached
    reasons = [*(f"一票否决：{text}" for text in vetoes), *reasons]
    reasons += [f"本版本没有“{code}”这一否决情形，未计" for code in unknown]
    passed = None if final is None else final.passed
    excellent = bool(
        passed
        and not vetoes
        and score is not None
        and spec.excellent_line is not None
        and score >= Fraction(spec.excellent_line)
    )
    return Verdict(final, reached, passed, excellent, tuple(reasons))


def lines(spec: Spec) -> dict[str, Value]:
    excellent = None if spec.excellent_line is None else Fraction(spec.excellent_line)
    return {"pass_line": Fraction(spec.pass_line), "excellent_line": excellent}


def declared_facts(spec: Spec, facts: Facts) -> dict[str, Value]:
    """The facts that conditions may name, as figures; what was not given is None."""
    made: dict[str, Value] = {}
    for fact in spec.facts:
        value = facts.get(fact.code)
        made[fact.code] = None if value in (None, "") else Fraction(Decimal(str(value)))
    return made


def unmet(spec: Spec, subject: str, band: Band, names: Mapping[str, Value]) -> str:
    """Why the band's condition does not hold; "" when it does. A condition that cannot be told does not hold."""
    ready = compiled(spec, CONDITION, subject, band.condition)
    run = Run(names, ready.labels)
    holds = run.evaluate(ready.tree)
    if holds:
        return ""
    words = band.note or band.condition
    detail = "；".join(run.gaps) if holds is None else run.spell(ready.tree)
    return f"未达到“{band.name}”的条件：{words}（{detail}）"


def gate_problems(
    kind: EvaluationType, facts: Mapping[str, Any], day: date, labels: Mapping[str, str]
) -> list[str]:
    """Why an evaluation of this type is not open on `day`, as Chinese sentences; empty when it is.

    facts   the project's dates by column ("completion_on"), its `category`, and the type's figures
    labels  Chinese names of those columns and figures
    """
    problems = []
    if kind.categories and facts.get("category") not in kind.categories:
        problems.append(f"“{kind.name}”不适用于该类别的项目")
    if kind.after:
        begun, name = facts.get(kind.after), labels.get(kind.after, kind.after)
        if begun is None or begun > day:
            problems.append(f"尚无{name}，“{kind.name}”须在其后进行")
        elif kind.within_years is not None and day > years_later(begun, kind.within_years):
            problems.append(f"{name}（{begun}）已超过 {kind.within_years} 年，不能再作“{kind.name}”")
    for code, least in kind.at_least.items():
        value, name = facts.get(code), labels.get(code, code)
        if value in (None, ""):
            problems.append(f"未填{name}，不能判定是否可作“{kind.name}”")
        elif Fraction(Decimal(str(value))) < Fraction(least):
            problems.append(f"{name}为 {value}，未达到“{kind.name}”要求的 {least}")
    return problems


def years_later(day: date, years: int) -> date:
    """The same day `years` later; 29 February becomes the 28th where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
