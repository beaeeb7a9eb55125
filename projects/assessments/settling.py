"""What a submission writes down, and what follows from a failure."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from supervision.flows import records
from supervision.flows.history import Actor

from ..models import Assessment, AssessmentResult
from ..standards.judging import gate_problems
from ..steps import step_end
from .sheet import COLUMN_LABELS, Sheet, arithmetic_of, score_text

STEPS = "assessment-steps"
DATE_LABELS = {"completion_on": "竣工日期", "handover_on": "交工日期", "category": "项目类别"}
NAMED = 5


def incomplete(assessment: Assessment, column: str, sheet: Sheet | None = None) -> list[str]:
    """What keeps a column from being submitted, as Chinese sentences."""
    sheet = sheet or Sheet(assessment)
    missing = []
    if not sheet.items:
        missing.append("没有适用的条目，请先核对“工程内容”。")
    if left := sheet.unanswered(column):
        named = "、".join(item.key for item in left[:NAMED]) + (" 等" if len(left) > NAMED else "")
        missing.append(f"还有 {len(left)} 条未评：{named}。")
    return missing + gate(assessment, sheet)


def gate(assessment: Assessment, sheet: Sheet) -> list[str]:
    """Why an evaluation of the chosen type is not open for the project; nothing where the version has no types."""
    types = {kind.code: kind for kind in sheet.spec.evaluation_types}
    if not types:
        return []
    kind = types.get(assessment.evaluation_type)
    if kind is None:
        return ["请先选择评价类型。"]
    project = assessment.project
    known = {name: getattr(project, name) for name in ("completion_on", "handover_on", "category")}
    labels = DATE_LABELS | {fact.code: fact.name for fact in sheet.spec.facts}
    return gate_problems(kind, known | assessment.facts, timezone.localdate(), labels)


def ready(column: str):
    """A guard: every item of the column is answered."""

    def guard(record: Assessment) -> list[str]:
        return incomplete(record, column)

    return guard


def outcome(column: str, passes: bool):
    """A guard: the column is complete and comes to 合格 (`passes`) or to 不合格; so of the two acts that end an
    assessment exactly one is offered."""

    def guard(record: Assessment) -> list[str]:
        sheet = Sheet(record)
        if missing := incomplete(record, column, sheet):
            return missing
        result = sheet.result(column)
        if result.verdict.passed is None:
            return [
                "还不能判定：" + ("；".join((*result.gaps, *result.verdict.reasons)) or "没有得分") + "。"
            ]
        if result.verdict.passed == passes:
            return []
        told = f"得分 {score_text(result.score)}，{result.verdict.name}"
        return [f"{told}，应办理“{'要求整改' if passes else '评定合格'}”。"]

    return guard


def keep(record: Assessment, column: str, actor: Actor, label: str = "") -> Any:
    """Write the column's result down beside earlier ones of the same column, and its score on the sheet."""
    sheet, today = Sheet(record), timezone.localdate()
    result = sheet.result(column)
    former = (
        AssessmentResult.objects.filter(assessment_id=record.pk, column=column).order_by("-attempt").first()
    )
    if former is not None and former.superseded_on is None:
        records.update(former, {"superseded_on": today}, actor, label="由新结果取代", clean=False)
    records.create(
        AssessmentResult(
            assessment=record,
            column=column,
            attempt=former.attempt + 1 if former else 1,
            decided_on=today,
            score=result.score,
            grade=result.verdict.name,
            passed=result.verdict.passed,
            excellent=result.verdict.excellent,
            vetoes=list(result.vetoes),
            reasons=list(result.verdict.reasons),
            arithmetic=arithmetic_of(result),
            is_demo=record.is_demo,
        ),
        actor,
        label=label or f"提交{COLUMN_LABELS[column]}",
        clean=False,
    )
    setattr(record, f"{column}_score", result.score)
    setattr(record, f"{column}_on", today)
    return result


def submit(column: str):
    """An effect: keep the result; it decides nothing yet."""

    def effect(record: Assessment, data: dict, actor: Actor) -> None:
        keep(record, column, actor)

    return effect


def decide(column: str, *, failed: bool, label: str = ""):
    """An effect: the column decides. The second failure stops the section."""

    def effect(record: Assessment, data: dict, actor: Actor) -> None:
        result = keep(record, column, actor, label)
        record.passed, record.grade = result.verdict.passed, result.verdict.name
        record.veto_found_on = None
        if not failed:
            return
        record.failures += 1
        if record.failures >= 2:
            record.stopped_on, record.stop_confirmed_on, record.resumed_on = timezone.localdate(), None, None

    return effect


def due(column: str):
    """The day by which a column is to be filled: the sheet's own date for it, but never without time to do it."""

    def deadline(record: Assessment):
        least = step_end(STEPS, column)
        planned = getattr(record, f"{column}_due_on")
        return max(least, planned) if planned else least

    return deadline


def rectify_due(record: Assessment):
    return step_end(STEPS, "rectify")
