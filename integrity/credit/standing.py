"""How a subject stands on a day: its grade and why, its colour, what hangs on it, how often to inspect it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from safety.incidents import facts
from supervision.rules.calendar import months_after
from supervision.rules.models import RuleSet
from supervision.rules.shipped import rule

from ..models import CreditEvaluation, CreditListing, CreditRecord, CreditSubject
from . import rules
from .arithmetic import worst

ENTERPRISE_LADDER = ("AA", "A", "B", "C", "D")
RED, YELLOW, GREEN = "red", "yellow", "green"
COLOURS = {RED: "红码", YELLOW: "黄码", GREEN: "绿码"}


@dataclass(frozen=True)
class Standing:
    """The grade on a day; `dynamic` is the record that makes it D for now, `evaluation` the year's result."""

    grade: str = ""
    why: str = "尚无有效的评价结果"
    until: date | None = None
    evaluation: CreditEvaluation | None = None
    dynamic: CreditRecord | None = None


def standings(subjects: Iterable[CreditSubject], day: date) -> dict[int, Standing]:
    """By subject, in two queries. A dynamic D in force goes before the year's result; ended, the result is back."""
    subjects = list(subjects)
    family = {subject.pk: subject.family for subject in subjects}
    latest: dict[int, CreditEvaluation] = {}
    valid = CreditEvaluation.valid_on(day).filter(subject__in=family).select_related("rules")
    for row in valid.order_by("year", "published_on"):
        if row.family == family[row.subject_id] or row.subject_id not in latest:
            latest[row.subject_id] = row
    dynamic: dict[int, CreditRecord] = {}
    direct = CreditRecord.in_effect(day).filter(subject__in=family, effect="D").order_by("effect_until")
    for row in direct:
        dynamic[row.subject_id] = row
    found = {}
    for pk in family:
        result, record = latest.get(pk), dynamic.get(pk)
        if record is not None:
            why = f"动态评价为D级：{record.number} {record.item_code}，{record.effect_from}至{record.effect_until}"
            found[pk] = Standing("D", why, record.effect_until, result, record)
        elif result is not None:
            why = f"{result.year}年度{result.get_basis_display()}，{result.published_on}公布"
            found[pk] = Standing(result.grade, why, result.valid_until, result)
        else:
            found[pk] = Standing()
    return found


def standing(subject: CreditSubject, day: date) -> Standing:
    return standings([subject], day)[subject.pk]


def of_joint_venture(subjects: Iterable[CreditSubject], day: date) -> tuple[str, dict[int, Standing]]:
    """The grade of a joint venture: the lowest of its members'; "" while one of them has none."""
    members = standings(subjects, day)
    grades = [one.grade for one in members.values()]
    return ("" if not all(grades) else worst(grades, ENTERPRISE_LADDER)), members


def national(grades: Iterable[tuple[str, bool]]) -> str:
    """What direct D grades in provinces make of the nation-wide one: in one province C, in two or more D; "" for
    none. `grades` are (grade, given directly)."""
    number = sum(grade == "D" and direct for grade, direct in grades)
    return "D" if number >= 2 else "C" if number else ""


def colour(
    subject: CreditSubject, at: Standing, listings: Iterable[CreditListing], bad: int
) -> tuple[str, list[str], RuleSet]:
    """(colour, reasons, rule): the first colour any of whose conditions holds, red before yellow."""
    version = rule(rules.COLOURS)
    listed = {one.kind: one for one in listings}
    for name in (RED, YELLOW):
        terms, reasons = version.content[name], []
        if at.grade in terms["grades"]:
            reasons.append(f"信用等级{at.grade}")
        reasons += [
            f"列入{listed[kind].get_kind_display()}（至{listed[kind].valid_until}）"
            for kind in terms["lists"]
            if kind in listed
        ]
        if (least := terms.get("bad_records")) and bad >= least:
            reasons.append(f"生效的不良记录{bad}条，达到{least}条")
        if reasons:
            return name, reasons, version
    return GREEN, ["没有红码、黄码的情形"], version


def linked(grade: str) -> list[dict[str, Any]]:
    """What hangs on a grade: (name, value, base) rows with their rule; a rate never passes its statutory cap."""
    deposits, tender = rule(rules.DEPOSITS), rule(rules.TENDER)
    rows = []
    for table in deposits.content["tables"]:
        rate = min(Decimal(table["rates"].get(grade, table["rates"][""])), Decimal(table["cap"]))
        rows.append(
            {"name": table["name"], "value": f"{table['base']}的{rate.normalize():f}%", "rule": deposits}
        )
    points = tender.content["points"].get(grade, tender.content["points"][""])
    rows.append({"name": "招投标信用分", "value": f"{points}分", "rule": tender})
    return rows


def frequency(subject: CreditSubject, day: date) -> tuple[int, list[str]]:
    """How many inspections a year the rules propose, and why."""
    content = rule(rules.INSPECTIONS).content
    at = standing(subject, day)
    times = content["times"].get(at.grade, content["times"][""])
    reasons = [f"信用等级{at.grade or '无'}，每年{times}次"]
    years = content["clean_years"]
    incidents = facts.incidents_of_units(day - timedelta(days=365 * years), day, liable=True).filter(
        unit=subject.organization_id
    )
    recent = sum(one.happened_on > day - timedelta(days=365) for one in incidents)
    if recent:
        times += content["incident_more"]
        reasons.append(f"近1年责任事故{recent}起，增加{content['incident_more']}次")
    elif not incidents and at.grade in ("AA", "A"):
        times -= content["clean_less"]
        reasons.append(f"近{years}年无责任事故，减少{content['clean_less']}次")
    if CreditListing.on(day).filter(subject=subject, kind__in=("black", "joint")).exists():
        times += content["joint_more"]
        reasons.append(f"在黑名单或联合惩戒期内，增加{content['joint_more']}次")
    bounded = max(content["least"], min(content["most"], times))
    if bounded != times:
        reasons.append(f"限于每年{content['least']}至{content['most']}次")
    return bounded, reasons


def red_conditions(subject: CreditSubject, day: date) -> list[tuple[str, bool]]:
    """The entry conditions of the red list with whether each holds by what the portal knows."""
    results = CreditEvaluation.objects.filter(subject=subject, family=subject.family, published_on__lte=day)
    by_year, in_force = {}, set()
    for year, grade, until in results.order_by("year").values_list("year", "grade", "valid_until"):
        by_year[year] = grade
        in_force |= {year} if until and until >= day else set()
    # The years in a row end with a result that still is in force: what was earned long ago is over.
    last = max(in_force, default=0)

    def in_a_row(years: int) -> bool:
        return all(by_year.get(last - back) == "AA" for back in range(years))

    provinces: dict[int, set[str]] = {}
    for year, authority in subject.external_grades.filter(scope="province").values_list("year", "authority"):
        provinces.setdefault(year, set()).add(authority)
    wide = all(len(provinces.get(last - back, ())) >= 1 for back in range(2))
    since = months_after(day, -60)
    grave = CreditRecord.standing().filter(
        subject=subject, nature="bad", severity="serious", decided_on__range=(since, day)
    )
    other = CreditListing.on(day).filter(subject=subject, kind__in=("black", "joint"))
    conditions = rule(rules.LISTS).content["red"]["conditions"]
    holds = (bool(last) and (in_a_row(3) or (in_a_row(2) and wide)), not grave.exists(), not other.exists())
    return list(zip(conditions, holds, strict=True))
