"""Rolling results up the tree: one statement a level, whatever the number of nodes.

A node passes when it has something below, all of it passed, and its own evaluation (外观、资料) passed where its
kind needs one. It fails when anything below or its own evaluation failed. Otherwise it is open.

Every roll-up first takes the row of the tree's root, so that two at once come one after the other and the second
counts what the first wrote. Rows of `Standing` are written nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from django.db import connection, transaction
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, Value, When

from supervision.flows import history
from supervision.jobs.services import enqueue
from supervision.rules.shipped import rule

from ..models.division import ACTIVE, Division, Kind, Outcome, Standing
from ..models.evaluation import JUDGED, Evaluation

TEMPLATES = "division-templates"
# Above the leaves, from the bottom up: what a level reads is finished when its turn comes.
UPWARDS = (Kind.SUB_PART, Kind.PART, Kind.SUB_UNIT, Kind.UNIT)
# A section of more nodes is rolled up by a job.
INLINE_NODES = 3_000
Report = Callable[[int, int], None]

_FOLD = """
UPDATE quality_standing SET items = f.items, passed = f.passed, failed = f.failed, points = f.points,
  good = f.good, stale = f.stale_below > 0,
  result = CASE WHEN f.bad > 0 OR own = 'fail' THEN 'fail'
    WHEN f.stale_below = 0 AND f.below > 0 AND f.fine = f.below AND (own = 'pass' OR NOT needs_own) THEN 'pass'
    ELSE 'open' END
FROM (
  SELECT p.id AS node, COUNT(c.id) AS below,
    COALESCE(SUM(CASE WHEN s.result = 'pass' THEN 1 ELSE 0 END), 0) AS fine,
    COALESCE(SUM(CASE WHEN s.result = 'fail' THEN 1 ELSE 0 END), 0) AS bad,
    COALESCE(SUM(CASE WHEN s.stale THEN 1 ELSE 0 END), 0) AS stale_below,
    COALESCE(SUM(s.items), 0) AS items, COALESCE(SUM(s.passed), 0) AS passed,
    COALESCE(SUM(s.failed), 0) AS failed, COALESCE(SUM(s.points), 0) AS points,
    COALESCE(SUM(s.good), 0) AS good
  FROM quality_division p
  LEFT JOIN quality_division c ON c.parent_id = p.id AND c.status = 'active'
  LEFT JOIN quality_standing s ON s.division_id = c.id
  WHERE {which} GROUP BY p.id
) f WHERE quality_standing.division_id = f.node
"""
_OWN = """
UPDATE quality_standing SET own = f.result,
  items = CASE WHEN f.kind = 'item' THEN 1 ELSE items END,
  passed = CASE WHEN f.kind = 'item' AND f.result = 'pass' THEN 1 WHEN f.kind = 'item' THEN 0 ELSE passed END,
  failed = CASE WHEN f.kind = 'item' AND f.result = 'fail' THEN 1 WHEN f.kind = 'item' THEN 0 ELSE failed END,
  points = CASE WHEN f.kind = 'item' THEN f.points ELSE quality_standing.points END,
  good = CASE WHEN f.kind = 'item' THEN f.good ELSE quality_standing.good END,
  stale = CASE WHEN f.kind = 'item' THEN FALSE ELSE stale END,
  result = CASE WHEN f.kind <> 'item' THEN quality_standing.result
    WHEN f.result = '' THEN 'open' ELSE f.result END
FROM (
  SELECT d.id AS node, d.kind AS kind, COALESCE(e.result, '') AS result, COALESCE(e.points, 0) AS points,
    COALESCE(e.good, 0) AS good
  FROM quality_division d
  LEFT JOIN (SELECT division_id, MAX(round) AS round FROM quality_evaluation WHERE status = 'judged'
    AND section_id = %s GROUP BY division_id) last ON last.division_id = d.id
  LEFT JOIN quality_evaluation e ON e.division_id = last.division_id AND e.round = last.round
  WHERE d.section_id = %s
) f WHERE quality_standing.division_id = f.node
"""


def needs_own(node: Division) -> bool:
    """Whether a node of this kind only counts when it was evaluated itself (rule set division-templates)."""
    return node.is_item or node.kind in rule(TEMPLATES).content["own_evaluation"]


def mark_stale(node: Division) -> None:
    """A node was added: nothing above it counts as passed until the section is counted anew, which happens as soon
    as the transaction is through. Cheap for every row of a long sheet: what is marked is not written again."""
    if node.is_item:
        Standing.objects.filter(pk=node.pk).update(items=1)
    # A roll-up under way does not see this node yet: what it writes is there to be marked once it is through.
    _take(node)
    above = Standing.objects.filter(pk__in=node.above(), stale=False)
    fresh = above.update(stale=True, result=_unless_failed())
    if fresh or node.parent_id is None:
        section = node.section_id
        transaction.on_commit(lambda: _later(section), robust=True)


def _unless_failed() -> Case:
    return Case(When(result=Outcome.FAIL, then=Value(Outcome.FAIL)), default=Value(Outcome.OPEN))


def _later(section: int) -> None:
    if not Standing.objects.filter(division__section=section, stale=True).exists():
        return
    if Division.objects.filter(section=section).count() <= INLINE_NODES:
        roll_up(section)
    else:
        enqueue("roll_up_divisions", {"section": section}, key=f"section:{section}")


def judged(evaluation: Evaluation) -> None:
    """Enter the verdict of a round just judged, and carry it up to the root."""
    node = evaluation.division
    _take(node)
    own = Standing.objects.filter(pk=node.pk)
    values = {"own": evaluation.result}
    if node.is_item:
        passed = evaluation.result == Outcome.PASS
        values |= {
            "result": evaluation.result,
            "items": 1,
            "passed": int(passed),
            "failed": int(not passed),
            "points": evaluation.points,
            "good": evaluation.good,
        }
    own.update(**values)
    _climb(([] if node.is_item else [node.pk]), node)


def refresh(*pks: int | None) -> None:
    """Count these nodes and all above them anew, after something below them was moved or dropped."""
    nodes = [Division._base_manager.get(pk=pk) for pk in dict.fromkeys(pks) if pk is not None]
    _take(*nodes)
    for node in nodes:
        _climb([node.pk], node)


def _take(*nodes: Division) -> None:
    """Hold the roots of these nodes until the transaction ends: always in one order, so that two who need the
    same ones wait for each other instead of in each other's way."""
    take_roots({(node.above() or [node.pk])[0] for node in nodes})


def take_roots(roots: Iterable[int]) -> None:
    # Locked, not written: a sheet of a hundred thousand rows takes the same root for each of them.
    list(Standing.objects.select_for_update().filter(pk__in=roots).order_by("pk").values_list("pk"))


def _climb(first: list[int], node: Division) -> None:
    with connection.cursor() as cursor:
        for pk in [*first, *reversed(node.above())]:
            cursor.execute(_FOLD.format(which="p.id = %s"), [pk])


def roll_up(section: int, report: Report | None = None) -> dict[str, int]:
    """Count a whole section anew from its evaluations; returns numbers of units, passed and failed, and nodes."""
    report = report or (lambda done, total: None)
    steps = 1 + len(UPWARDS)
    with transaction.atomic():
        roots = Division._base_manager.filter(section=section, parent__isnull=True)
        take_roots(roots.values_list("pk", flat=True))
        with connection.cursor() as cursor:
            cursor.execute(_OWN, [section, section])
            report(1, steps)
            for done, kind in enumerate(UPWARDS, 2):
                which = "p.section_id = %s AND p.kind = %s"
                cursor.execute(_FOLD.format(which=which), [section, kind.value])
                report(done, steps)
    units = Standing.objects.filter(
        division__section=section, division__parent__isnull=True, division__status=ACTIVE
    )
    return units.aggregate(
        units=Count("pk"),
        passed=Count("pk", filter=Q(result=Outcome.PASS)),
        failed=Count("pk", filter=Q(result=Outcome.FAIL)),
    ) | {"nodes": Division.objects.filter(section=section).count()}


def differing() -> Iterator[history.Breach]:
    """Items whose standing is not what their last judged round says: written behind the portal's back."""
    last = (
        Evaluation._base_manager.filter(division=OuterRef("pk"), status=JUDGED)
        .order_by("-round")
        .values("result")[:1]
    )
    rows = Division._base_manager.filter(kind=Kind.ITEM).annotate(told=Subquery(last))
    wrong = rows.filter(
        (Q(told__isnull=True) & ~Q(standing__result=Outcome.OPEN))
        | (Q(told__isnull=False) & ~Q(standing__result=F("told")))
    )
    for pk, code in wrong.values_list("pk", "code").iterator(2000):
        yield history.Breach("quality.division", pk, f"分项“{code}”的评定结果与其最后一轮评定不符")
