"""Computing the targets of the active plans, and keeping what was computed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from supervision.people.models import District, Sector, User

from . import indicators
from .arithmetic import Judgement, judge
from .indicators import COUNTED, UNDECIDED, Group, Window
from .models import ComplianceRun, Dimension, MemberList, Snapshot, Target, TargetKind

NOWHERE = {Dimension.DISTRICT: "未填县区", Dimension.SECTOR: "未填领域"}
Progress = Callable[[int, int, str], None]


class ComplianceError(Exception):
    """Why nothing could be computed or written, as a Chinese sentence."""


@dataclass(frozen=True)
class Figure:
    """A target's figure for the whole city, a district or a sector, with the ids of its members."""

    dimension: str
    key: str
    label: str
    population: tuple[int, ...] | None
    counted: tuple[int, ...]
    undecided: tuple[int, ...]
    judgement: Judgement

    @property
    def numerator(self) -> int:
        return len(self.counted)

    @property
    def denominator(self) -> int | None:
        return None if self.population is None else len(self.population)


@dataclass(frozen=True)
class Result:
    """A target computed: the total, and the same by district and by sector."""

    target: Target
    unit: str
    year: int
    as_of: date
    total: Figure
    parts: list[Figure] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The figure as `manage.py compliance --json` prints it."""
        outcome = self.total.judgement
        return {
            "code": self.target.code,
            "name": self.target.name,
            "kind": self.target.kind,
            "year": self.year,
            "as_of": self.as_of.isoformat(),
            "numerator": self.total.numerator,
            "denominator": self.total.denominator,
            "value": number(outcome.value, self.target.kind),
            "threshold": number(self.target.threshold),
            "state": outcome.state,
            "gap": outcome.gap,
        }


def number(value: Decimal | None, kind: str = "") -> int | float | None:
    """A decimal as JSON has it: whole where it is whole, but a ratio's value always with its decimal."""
    if value is None:
        return None
    return float(value) if kind == TargetKind.RATIO or value % 1 else int(value)


# ------------------------------------------------------------------------------------------------- computing


def active_targets() -> list[Target]:
    """The targets that are computed: those with an indicator, in use, of plans in force, in the plans' order."""
    rows = Target.objects.filter(is_active=True, plan__is_active=True).exclude(indicator="")
    rows = rows.select_related("plan")
    return list(rows.order_by("plan__year_from", "plan_id", "order", "pk"))


def window_of(target: Target, year: int, as_of: date) -> Window:
    """What a target's figure is about: a cumulative one counts from the plan's first year to its own last."""
    if target.deadline_year:
        return Window(year, as_of, target.plan.year_from, target.deadline_year)
    return Window(year, as_of, year, year)


def compute(
    as_of: date, year: int, *, targets: list[Target] | None = None, progress: Progress | None = None
) -> list[Result]:
    """Compute the active targets (or the given ones) of `year`, as everything stood on `as_of`.

    Nothing is written. `progress` is told (done, total, the target's name) before each target and at the
    end. Raises ComplianceError naming a target whose indicator or parameters do not exist (any more).
    """
    targets = active_targets() if targets is None else targets
    districts = {district.pk: district.name for district in District.objects.all()}
    results = []
    for done, target in enumerate(targets):
        if progress:
            progress(done, len(targets), target.name)
        results.append(_compute(target, year, as_of, districts))
    if progress:
        progress(len(targets), len(targets), "")
    return results


def _compute(target: Target, year: int, as_of: date, districts: dict[int, str]) -> Result:
    known = indicators.find(target.indicator)
    if known is None or known.kind != target.kind:
        raise ComplianceError(
            f"目标“{target.name}”的计算指标“{target.indicator}”不存在或形式不符，请修改该目标。"
        )
    if problems := known.problems(target.parameters):
        raise ComplianceError(f"目标“{target.name}”不能计算：{''.join(problems)}")
    window = window_of(target, year, as_of)
    found = known.members(target.parameters, window)
    groups = indicators.measure(found)
    over = as_of > date(window.last if target.deadline_year else year, 12, 31)

    def figure(dimension: str, key: str, label: str, part: Iterable[Group]) -> Figure:
        by_standing: dict[str, list[int]] = {}
        for group in part:
            by_standing.setdefault(group.standing, []).extend(group.ids)
        lists = {standing: tuple(sorted(ids)) for standing, ids in by_standing.items()}
        counted, undecided = lists.get(COUNTED, ()), lists.get(UNDECIDED, ())
        population = None
        if target.kind == TargetKind.RATIO:
            population = tuple(sorted(pk for ids in lists.values() for pk in ids))
        if target.kind == TargetKind.COUNT and dimension != Dimension.TOTAL:
            # A least number for the city says nothing about one district.
            outcome = Judgement(Decimal(len(counted)), "", None)
        else:
            size = None if population is None else len(population)
            outcome = judge(target.kind, len(counted), size, len(undecided), target.threshold, over)
        return Figure(dimension, key, label, population, counted, undecided, outcome)

    places: dict[tuple[str, str, str], list[Group]] = {}
    sectors = dict(Sector.choices)
    for group in groups:
        if found.district is not None:
            where = str(group.district or "")
            name = districts.get(group.district, NOWHERE[Dimension.DISTRICT])
            places.setdefault((Dimension.DISTRICT.value, where, name), []).append(group)
        if found.sector is not None:
            name = sectors.get(group.sector, NOWHERE[Dimension.SECTOR])
            places.setdefault((Dimension.SECTOR.value, group.sector, name), []).append(group)
    return Result(
        target,
        known.unit,
        year,
        as_of,
        figure(Dimension.TOTAL.value, "", Dimension.TOTAL.label, groups),
        [figure(*place, part) for place, part in sorted(places.items())],
    )


# ------------------------------------------------------------------------------------------------- keeping


def store(results: list[Result], as_of: date, year: int, *, job_id: int | None = None) -> ComplianceRun:
    """Write the results as the run of (as_of, year), in one transaction, replacing an earlier one.

    Raises ComplianceError when that run was reported: its figures stay, see `reporting.correct`.
    """
    with transaction.atomic():
        run, _ = ComplianceRun.objects.get_or_create(
            as_of=as_of, year=year, corrects=None, defaults={"made_at": timezone.now()}
        )
        # The conditional update locks the row: two computations of one day follow one another, and neither
        # overwrites what is being frozen.
        mine = ComplianceRun.objects.filter(pk=run.pk, frozen=False)
        if not mine.update(made_at=timezone.now(), job_id=job_id):
            raise ComplianceError(f"{year}年度截至{as_of}的数据已上报定格，不能覆盖；确需更正的请办理更正。")
        Snapshot.objects.filter(run=run).delete()
        write_snapshots(run, results)
    run.refresh_from_db()
    return run


def write_snapshots(
    run: ComplianceRun,
    results: list[Result],
    corrects: dict[tuple[int, str, str], int] | None = None,
) -> None:
    """Write the figures of a run. Call inside the transaction that made the run.

    corrects   (target id, dimension, key) → id of the frozen snapshot that the new one stands beside
    """
    figures = [(result, figure) for result in results for figure in (result.total, *result.parts)]
    kept = keep_lists(
        (result.unit, ids)
        for result, figure in figures
        for ids in (figure.population, figure.counted, figure.undecided)
        if ids is not None
    )
    rows = [
        Snapshot(
            run=run,
            target=result.target,
            target_version=result.target.version,
            year=result.year,
            as_of=result.as_of,
            dimension=figure.dimension,
            key=figure.key,
            key_label=figure.label,
            numerator=figure.numerator,
            denominator=figure.denominator,
            undecided=len(figure.undecided),
            value=figure.judgement.value,
            threshold=result.target.threshold,
            state=figure.judgement.state,
            gap=figure.judgement.gap,
            population_id=kept[result.unit, figure.population] if figure.population is not None else None,
            counted_id=kept[result.unit, figure.counted],
            undecided_list_id=kept[result.unit, figure.undecided],
            corrects_id=(corrects or {}).get((result.target.pk, figure.dimension, figure.key)),
        )
        for result, figure in figures
    ]
    Snapshot.objects.bulk_create(rows, batch_size=200)


def keep_lists(wanted: Iterable[tuple[str, tuple[int, ...]]]) -> dict[tuple[str, tuple[int, ...]], int]:
    """The id of the stored list for each (unit, ids); lists not stored yet are added."""
    by_hash = {digest(unit, ids): (unit, ids) for unit, ids in set(wanted)}
    found = _stored(by_hash)
    missing = [
        MemberList(unit=unit, sha256=value, count=len(ids), ids=ids)
        for value, (unit, ids) in by_hash.items()
        if value not in found
    ]
    if missing:
        # Somebody else may be storing the same list just now.
        MemberList.objects.bulk_create(missing, batch_size=50, ignore_conflicts=True)
        found |= _stored(row.sha256 for row in missing)
    return {content: found[value] for value, content in by_hash.items()}


def _stored(hashes: Iterable[str]) -> dict[str, int]:
    hashes, found = list(hashes), {}
    for start in range(0, len(hashes), 500):
        rows = MemberList.objects.filter(sha256__in=hashes[start : start + 500])
        found.update(rows.values_list("sha256", "pk"))
    return found


def digest(unit: str, ids: tuple[int, ...]) -> str:
    """The name by which a list is known: over its unit and its ascending ids."""
    return hashlib.sha256(f"{unit}:{json.dumps(ids, separators=(',', ':'))}".encode()).hexdigest()


# ------------------------------------------------------------------------------------------------- the lists

POPULATION, COUNTED_LIST, UNDECIDED_LIST = "population", "counted", "undecided"
LISTS = {POPULATION: "应计", COUNTED_LIST: "计入", UNDECIDED_LIST: "未定"}


@dataclass(frozen=True)
class Listed:
    """The members behind a figure that a person may see, and how many of them they may not."""

    label: str
    unit: str
    count: int
    rows: QuerySet
    hidden: int

    @property
    def note(self) -> str:
        """What to say where the list shows fewer than the figure; "" where it shows all."""
        return f"清单共{self.count}条，其中{self.hidden}条不在您的查看范围内。" if self.hidden else ""


def members(snapshot: Snapshot, which: str, user: User | None) -> Listed:
    """The members of a figure as they stood: `which` is "population", "counted" or "undecided".

    The rows are those of the list that `user` may see, as a queryset of the unit's model to filter, page and
    export. Raises LookupError for another `which`, and for the population of a count, which has none.
    """
    if which not in LISTS:
        raise LookupError(which)
    kept = getattr(snapshot, "undecided_list" if which == UNDECIDED_LIST else which)
    if kept is None:
        raise LookupError(which)
    rows = rows_of(kept).visible_to(user)
    return Listed(LISTS[which], kept.unit, kept.count, rows, kept.count - rows.count())


# The ids stay in the database: a list may be longer than a statement may have parameters.
IDS = {
    "postgresql": "SELECT member.id::bigint FROM plan_memberlist kept,"
    " jsonb_array_elements_text(kept.ids) member (id) WHERE kept.id = %s",
    "sqlite": "SELECT member.value FROM plan_memberlist kept, json_each(kept.ids) member WHERE kept.id = %s",
}


def rows_of(kept: MemberList) -> QuerySet:
    """The records of a list, unscoped: narrow them by `visible_to` before anybody sees them."""
    ids = RawSQL(IDS[connection.vendor], [kept.pk])  # noqa: S611 - constants of our own
    return apps.get_model(kept.unit).objects.filter(pk__in=ids)
