"""What follows from a verdict in the same transaction: the quality defect of a failed round."""

from __future__ import annotations

from django.urls import reverse

from projects.findings import Finding
from supervision.flows.history import Actor
from supervision.people.models import User

from ..defects import raise_defect
from ..models.defect import DISMISSED, DefectSource, QualityDefect
from ..models.division import Outcome
from ..models.evaluation import JUDGED, Evaluation

LABEL = "quality.evaluation"
CATEGORY = "检验评定不合格"


def follow(evaluation: Evaluation, actor: Actor) -> None:
    """Called once a round and its event are written: a failed one starts a defect, unless one of an earlier round
    of the same node is still being put right."""
    if evaluation.result != Outcome.FAIL or open_defects(evaluation.division_id).exists():
        return
    node = evaluation.division
    reasons = "；".join(evaluation.reasons)
    raise_defect(
        Finding(
            label=LABEL,
            id=evaluation.pk,
            project=evaluation.section.project,
            section=evaluation.section,
            part=f"{node.code} {node.name}"[:160],
            description=f"第{evaluation.round}轮质量评定（{evaluation.number}）不合格：{reasons}。"[:3000],
            clause=evaluation.judging_rule.title if evaluation.judging_rule else "",
            category=CATEGORY,
            found_on=evaluation.judged_on,
            is_demo=evaluation.is_demo,
        ),
        actor,
        source=DefectSource.ACCEPTANCE,
    )


def defects_of(division: int):
    """The defects that rounds of a node started."""
    rounds = Evaluation.objects.filter(division=division).values("pk")
    return QualityDefect.objects.filter(source_label=LABEL, source_id__in=rounds)


def open_defects(division: int):
    return defects_of(division).exclude(status__in=("closed", DISMISSED))


def still_failed(defect: QualityDefect) -> list[str]:
    """Why a defect that a failed round started cannot be put aside: the node's last round failed, too."""
    if defect.source_label != LABEL:
        return []
    origin = Evaluation.objects.filter(pk=defect.source_id).values("division")
    last = Evaluation.objects.filter(division__in=origin, status=JUDGED).order_by("-round").first()
    if last is None or last.result != Outcome.FAIL:
        return []
    return [f"来源评定的最近一轮（{last.number}）不合格，重新评定合格后方可不作缺陷。"]


def origin(pk: int, user: User) -> tuple[str, str] | None:
    """The text and address of a round; None for a reader who may not see it."""
    found = Evaluation.objects.visible_to(user).select_related(*Evaluation.text_joins).filter(pk=pk).first()
    return (str(found), reverse("evaluations:detail", args=[pk])) if found else None
