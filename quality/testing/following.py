"""What follows from a result in the same transaction: the batch's retest, and the defect of a failed test."""

from __future__ import annotations

from projects.findings import Finding
from supervision.flows import records
from supervision.flows.history import Actor

from ..defects import raise_defect
from ..models import MaterialBatch, Test
from ..models.defect import DefectSource
from ..models.material import RetestState
from ..models.testing import VALID, Outcome

LABEL = "quality.test"


def follow(test: Test, changes: dict, actor: Actor) -> None:
    """Called once the test and its event are written, when it was filed and when it was voided."""
    if test.sample.batch_id:
        see_batch(test.sample.batch_id, test, actor)
    if "outcome" in changes and test.outcome == Outcome.FAILED:
        start_defect(test, actor)


def first_of(test: Test) -> Test:
    """The first result of a chain of retests."""
    while test.retest_of_id:
        test = test.retest_of
    return test


def start_defect(test: Test, actor: Actor):
    """The defect of a failed test: one for a chain of retests, whoever and whatever files it again."""
    first = first_of(test)
    return raise_defect(
        Finding(
            label=LABEL,
            id=first.pk,
            project=test.section.project,
            section=test.section,
            part=test.sample.part,
            description=(
                f"{test.material}{test.grade}样品{test.sample.number}“{test.parameter}”不合格："
                f"代表值{test.value.normalize():f}，限值{test.limits_text}（试验{test.number}）。"
            ),
            category="试验检测不合格",
            found_on=test.tested_on,
            is_demo=test.is_demo,
        ),
        actor,
        source=DefectSource.TEST,
    )


# ------------------------------------------------------------------------------------------------------ batches


def last_results(batch: MaterialBatch) -> dict[str, list[str]]:
    """For each parameter the outcomes that stand: of every sample of the batch the last one of its retests."""
    rows = Test.objects.filter(sample__batch=batch, status=VALID).exclude(retests__status=VALID)
    found: dict[str, list[str]] = {}
    for parameter, outcome in rows.values_list("parameter", "outcome"):
        found.setdefault(parameter, []).append(outcome)
    return found


def missing_retests(batch: MaterialBatch) -> list[str]:
    """The required parameters without a result that stands."""
    found = last_results(batch)
    return [name for name in batch.required() if not found.get(name)]


def failed_retests(batch: MaterialBatch) -> list[str]:
    """The parameters, required or not, whose standing results are not all in order."""
    return [
        name
        for name, outcomes in last_results(batch).items()
        if any(outcome != Outcome.PASSED for outcome in outcomes)
    ]


def state_of(batch: MaterialBatch) -> str:
    """Where the retests of a batch stand."""
    if failed_retests(batch):
        return RetestState.FAILED
    if missing_retests(batch):
        return RetestState.MISSING
    return RetestState.PASSED if batch.required() else RetestState.UNNEEDED


def standing_in_the_way(batch: MaterialBatch) -> list[str]:
    """Why a batch must not be used, as sentences: a retest that failed or is missing. Asked of the tests anew."""
    failed, missing = failed_retests(batch), missing_retests(batch)
    found = [f"复验不合格：{'、'.join(failed)}。"] if failed else []
    return found + ([f"缺少复验：{'、'.join(missing)}。"] if missing else [])


def see_batch(pk: int, test: Test, actor: Actor) -> None:
    # Of two results at once the second waits, and sees the first.
    batch = MaterialBatch.objects.select_for_update().get(pk=pk)
    state = state_of(batch)
    if state != batch.retest:
        records.update(
            batch, {"retest": state}, actor, label="复验结果", reason=f"试验{test.number}", clean=False
        )
