"""Questions about results: registered checks that say what was seen, with the figure and the number of cases.

A check is a function over the tests not looked at before (`Fresh`); it gives `Sign`s, each under a key of its own,
so that a rerun asks nothing twice. No check says what a pattern means: a person looks into it and answers. Each
looks at the new tests and, by index, at what they touch; the tests of years are never read again.

    @sign(QuestionKind.TOO_FAST)
    def too_fast(fresh: Fresh) -> Iterator[Sign]: ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, Exists, Max, Min, OuterRef, Sum
from django.utils import timezone

from supervision.flows import records
from supervision.flows.history import Actor
from supervision.people import history_guard
from supervision.rules.models import RuleSet
from supervision.rules.shipped import rule

from ..models import Calibration, DataQuestion, DigitCount, Test
from ..models.laboratory import CalibrationResult
from ..models.testing import DIGITS, VALID, QuestionKind
from ..rules import PARAMETERS, SIGNS
from . import judging

PART = 2000
# So many of the tests that a question is about are named on its page.
NAMED = 50
OPEN = "open"


@dataclass(frozen=True)
class Fresh:
    """The tests of one part of the night's work, in the order they were filed, and the rules in force."""

    tests: list[Test]
    rules: RuleSet
    parameters: dict[str, dict]

    @property
    def ids(self) -> list[int]:
        return [test.pk for test in self.tests]

    def rows(self):
        """The same tests in SQL."""
        return Test.objects.filter(pk__in=self.ids)

    def setting(self, kind: str) -> dict:
        return self.rules.content[kind]


@dataclass(frozen=True)
class Sign:
    """What was seen. `facts` is a Chinese sentence that states the figure and the number of cases."""

    key: str
    section: int
    laboratory: int
    facts: str
    cases: int
    test_ids: list[int]
    parameter: str = ""
    statistic: Decimal | None = None
    threshold: Decimal | None = None
    is_demo: bool = field(default=False, compare=False)


Check = Callable[[Fresh], Iterator[Sign]]
checks: dict[str, Check] = {}


def sign(kind: str) -> Callable[[Check], Check]:
    """Register the function below as the check behind a kind of question. Raises ValueError for a kind that is
    taken."""

    def register(check: Check) -> Check:
        if checks.setdefault(kind, check) is not check:
            raise ValueError(f"two checks for {kind}")
        return check

    return register


# ------------------------------------------------------------------------------------------------------- checks


@sign(QuestionKind.IDENTICAL)
def identical(fresh: Fresh) -> Iterator[Sign]:
    """The same series of values, in the same order, in several tests of a parameter by one laboratory."""
    setting = fresh.setting(QuestionKind.IDENTICAL)
    window = timedelta(days=setting["window_days"])
    alike = Test.objects.filter(
        laboratory=OuterRef("laboratory"),
        parameter=OuterRef("parameter"),
        series_key=OuterRef("series_key"),
        status=VALID,
    ).exclude(pk=OuterRef("pk"))
    twins = set(fresh.rows().filter(Exists(alike), status=VALID).values_list("pk", flat=True))
    groups: dict[tuple, list[Test]] = {}
    for test in fresh.tests:
        if test.pk in twins and enough(test, setting):
            groups.setdefault((test.laboratory_id, test.parameter, test.series_key), []).append(test)
    for (laboratory, parameter, series), mine in groups.items():
        newest = max(test.tested_on for test in mine)
        period = Test.objects.filter(
            laboratory=laboratory,
            parameter=parameter,
            status=VALID,
            tested_on__range=(newest - window, newest),
        )
        same = period.filter(series_key=series).order_by("pk")
        count = same.count()
        if count < setting["least_tests"]:
            continue
        cases = period.count()
        yield Sign(
            f"identical:{laboratory}:{parameter}:{series}:{newest.year}",
            mine[0].section_id,
            laboratory,
            f"{count}次试验的实测值逐个相同（{mine[0].measured}），该试验室此参数同期共{cases}次试验。",
            cases,
            list(same.values_list("pk", flat=True)[:NAMED]),
            parameter,
            Decimal(count),
            Decimal(setting["least_tests"]),
            mine[0].is_demo,
        )


def enough(test: Test, setting: dict) -> bool:
    """Whether a series is long enough for its coming up twice to be worth a question."""
    values = test.measured.split("、")
    return len(values) >= setting["least_values"] and len(set(values)) > 1


@sign(QuestionKind.DIGITS)
def digits(fresh: Fresh) -> Iterator[Sign]:
    """Last digits more evenly spread than chance spreads them, in a section, a laboratory, a parameter, a year."""
    setting = fresh.setting(QuestionKind.DIGITS)
    below = Decimal(setting["below"])
    for (section, laboratory, parameter, year), added in counted(fresh).items():
        row, _ = DigitCount.objects.select_for_update().get_or_create(
            section_id=section, laboratory_id=laboratory, parameter=parameter, year=year
        )
        for name, count in zip(DIGITS, added, strict=True):
            setattr(row, name, getattr(row, name) + count)
        row.save()
        total, found = sum(row.counts), row.chi_square
        if total < setting["least_digits"] or found >= below:
            continue
        about = Test.objects.filter(
            laboratory=laboratory, parameter=parameter, section=section, tested_on__year=year, status=VALID
        )
        yield Sign(
            f"digits:{laboratory}:{section}:{parameter}:{year}",
            section,
            laboratory,
            f"{year}年{total}个实测值的末位数字χ²={found.normalize():f}，小于界限{below}（自由度{setting['degrees']}）；"
            f"各数字出现次数：{'、'.join(f'{digit}×{count}' for digit, count in enumerate(row.counts))}。",
            total,
            list(about.order_by("-pk").values_list("pk", flat=True)[:NAMED]),
            parameter,
            found,
            below,
            fresh.tests[0].is_demo,
        )


def counted(fresh: Fresh) -> dict[tuple, list[int]]:
    """How often each last digit comes up among the new tests, by where they belong."""
    found: dict[tuple, list[int]] = {}
    for test in fresh.tests:
        places = fresh.parameters[test.parameter]["places"] if test.parameter in fresh.parameters else None
        if places is None or test.status != VALID:
            continue
        key = (test.section_id, test.laboratory_id, test.parameter, test.tested_on.year)
        counts = found.setdefault(key, [0] * 10)
        for value in judging.read(test.measured, 12):
            counts[int(value.scaleb(places)) % 10] += 1
    return found


@sign(QuestionKind.TOO_FAST)
def too_fast(fresh: Fresh) -> Iterator[Sign]:
    """Tests that took less time, or were made at a younger age, than their method needs."""
    for test in fresh.tests:
        method = fresh.parameters.get(test.parameter)
        if method is None or test.status != VALID:
            continue
        minutes = Decimal((test.finished_at - test.started_at).total_seconds() / 60).quantize(Decimal("0.1"))
        age = (test.tested_on - test.sample.sampled_on).days
        common = (test.section_id, test.laboratory_id)
        if minutes < method["minutes"]:
            yield Sign(
                f"too_fast:{test.pk}",
                *common,
                f"试验{test.number}用时{minutes}分钟，方法至少需要{method['minutes']}分钟"
                f"（{test.measured.count('、') + 1}个试件）。",
                1,
                [test.pk],
                test.parameter,
                minutes,
                Decimal(method["minutes"]),
                test.is_demo,
            )
        if age < method["age"]:
            yield Sign(
                f"too_young:{test.pk}",
                *common,
                f"试验{test.number}距取样（成型）{age}天，方法要求{method['age']}天。",
                1,
                [test.pk],
                test.parameter,
                Decimal(age),
                Decimal(method["age"]),
                test.is_demo,
            )


@sign(QuestionKind.MACHINE_HOURS)
def machine_hours(fresh: Fresh) -> Iterator[Sign]:
    """More tests on a machine in a day than it has hours for."""
    most = Decimal(fresh.setting(QuestionKind.MACHINE_HOURS)["hours_per_day"])
    touched = {(t.equipment_id, t.tested_on): t for t in fresh.tests if t.equipment_id}
    machines, days = ({key[at] for key in touched} for at in (0, 1))
    rows = Test.objects.filter(equipment__in=machines, tested_on__in=days, status=VALID)
    sums = rows.order_by("equipment", "tested_on").values("equipment", "tested_on")
    for found in sums.annotate(minutes=Sum("machine_minutes"), tests=Count("pk")):
        test = touched.get((found["equipment"], found["tested_on"]))
        hours = (found["minutes"] / 60).quantize(Decimal("0.1"))
        if test is None or hours <= most:
            continue
        same = rows.filter(equipment=found["equipment"], tested_on=found["tested_on"]).order_by("pk")
        yield Sign(
            f"machine:{found['equipment']}:{found['tested_on']}",
            test.section_id,
            test.laboratory_id,
            f"设备{test.equipment}在{found['tested_on']}做了{found['tests']}次试验，按方法至少占用{hours}小时，"
            f"超过每日{most}小时。",
            found["tests"],
            list(same.values_list("pk", flat=True)[:NAMED]),
            statistic=hours,
            threshold=most,
            is_demo=test.is_demo,
        )


@sign(QuestionKind.UNCALIBRATED)
def uncalibrated(fresh: Fresh) -> Iterator[Sign]:
    """Tests on a machine on a day for which it has no certificate: one question for a machine and a month."""
    valid = Calibration.objects.filter(
        equipment=OuterRef("equipment"),
        calibrated_on__lte=OuterRef("tested_on"),
        valid_until__gte=OuterRef("tested_on"),
    ).exclude(result=CalibrationResult.FAILED)
    bare = fresh.rows().filter(~Exists(valid), equipment__isnull=False, status=VALID)
    groups = bare.values("equipment", "tested_on__year", "tested_on__month").order_by("equipment")
    for group in groups.annotate(first=Min("pk"), last=Max("pk")):
        test = next(t for t in fresh.tests if t.pk == group["first"])
        year, month = group["tested_on__year"], group["tested_on__month"]
        rows = Test.objects.filter(
            ~Exists(valid),
            equipment=group["equipment"],
            tested_on__year=year,
            tested_on__month=month,
            status=VALID,
        )
        cases = rows.count()
        yield Sign(
            f"uncalibrated:{group['equipment']}:{year}-{month:02}",
            test.section_id,
            test.laboratory_id,
            f"设备{test.equipment}在{year}年{month}月做的{cases}次试验，当日没有有效的检定校准证书。",
            cases,
            list(rows.order_by("pk").values_list("pk", flat=True)[:NAMED]),
            statistic=Decimal(cases),
            threshold=Decimal(0),
            is_demo=test.is_demo,
        )


# ---------------------------------------------------------------------------------------------------------- run


def examine(
    actor: Actor, day: date | None = None, progress: Callable[[int, int], None] | None = None
) -> dict[str, int]:
    """Look at every test not looked at before; returns how many questions of each kind are new.

    Each part is one transaction that also marks its tests, so an interrupted run is simply run again, and each
    test is counted once. `progress` is told (done, total) after each part.
    """
    rules = rule(SIGNS, day)
    methods = {row["name"]: row for row in rule(PARAMETERS, day).content["parameters"]}
    waiting = Test.objects.filter(examined=False)
    total, done, made = waiting.count(), 0, {}
    while True:
        with transaction.atomic():
            # Of two runs at once the second waits for the first, and finds the rest.
            part = waiting.select_for_update(of=("self",)).order_by("pk")
            tests = list(part.select_related("sample", "equipment")[:PART])
            if not tests:
                return made
            fresh = Fresh(tests, rules, methods)
            for kind, check in checks.items():
                new = sum(ask(kind, found, rules, actor) for found in check(fresh))
                if new:
                    made[kind] = made.get(kind, 0) + new
            with history_guard.writer():
                fresh.rows().update(examined=True)
        done += len(tests)
        if progress:
            progress(done, max(total, done))


def ask(kind: str, found: Sign, rules: RuleSet, actor: Actor) -> bool:
    """Put a question, or bring an unanswered one up to date; True when it is new. Those answered stay as they
    were answered."""
    facts = {
        "facts": found.facts[:500],
        "statistic": found.statistic,
        "threshold": found.threshold,
        "cases": found.cases,
        "test_ids": found.test_ids,
    }
    standing = DataQuestion.objects.filter(key=found.key).first()
    if standing is None:
        question = DataQuestion(
            kind=kind,
            key=found.key,
            section_id=found.section,
            laboratory_id=found.laboratory,
            parameter=found.parameter,
            signs_rule=rules,
            asked_on=timezone.localdate(),
            is_demo=found.is_demo,
            **facts,
        )
        records.create(question, actor, label="提出疑点")
        return True
    if standing.status == OPEN:
        records.update(standing, facts, actor, label="补充情况", clean=False)
    return False
