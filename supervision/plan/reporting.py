"""Reported figures: frozen as they were, corrected only by figures beside them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from supervision.flows import history
from supervision.flows.errors import IllegalTransition, NotAllowed
from supervision.flows.history import Actor
from supervision.people.models import Role

from .models import ComplianceRun, Plan, Snapshot, Target
from .services import Result, compute, digest, write_snapshots


def freeze(run: ComplianceRun, actor: Actor, *, label: str, reason: str) -> ComplianceRun:
    """Keep a run's figures for ever as those reported for the period `label` (2025年度, 2025年第一季度).

    Every plan it computed gets an event. Raises NotAllowed unless the actor is bureau staff or the command
    line, IllegalTransition when the run is frozen already or the year has that period already, and
    ValidationError without a label or a reason.
    """
    _check(actor, reason)
    label = label.strip()
    if not label:
        raise ValidationError({"label": "请填写上报期。"})
    if run.corrects_id:
        raise IllegalTransition("更正数附于原上报数之后，不另行定格。")
    try:
        with transaction.atomic():
            if other := _reported(run.year, label):
                day = timezone.localdate(other.frozen_at)
                raise IllegalTransition(f"{run.year}年度“{label}”已于{day}上报定格。")
            # A conditional update: of two people at once one freezes the run.
            if not ComplianceRun.objects.filter(pk=run.pk, frozen=False).update(
                frozen=True,
                frozen_at=timezone.now(),
                frozen_by=actor.user,
                frozen_label=label,
                reason=reason,
            ):
                raise IllegalTransition("该次计算已上报定格，或已不在。")
            _note(run, actor, "freeze", f"上报定格 {label}", reason)
    except IntegrityError:
        raise IllegalTransition(f"{run.year}年度“{label}”刚刚已上报定格。") from None
    run.refresh_from_db()
    return run


def correct(run: ComplianceRun, actor: Actor, *, reason: str) -> ComplianceRun:
    """Compute a frozen run again, as of its own day, and put what differs beside it as another run.

    Only targets with a figure that differs get rows, each pointing to the frozen one. Raises NotAllowed,
    IllegalTransition when the run is not frozen or nothing differs from what was last reported or corrected,
    ValidationError without a reason, and what `compute` raises.
    """
    _check(actor, reason)
    if not run.frozen or run.corrects_id:
        raise IllegalTransition("只有已上报定格的数据才需要更正。")
    ids = Snapshot.objects.filter(run=run).values("target_id")
    targets = list(Target.objects.filter(pk__in=ids).select_related("plan").order_by("plan", "order", "pk"))
    results = compute(run.as_of, run.year, targets=targets)
    with transaction.atomic():
        # Takes the row's lock, so that two corrections follow one another.
        ComplianceRun.objects.filter(pk=run.pk).update(frozen=True)
        last = _latest_figures(run)
        changed = [result for result in results if _content(result) != last.get(result.target.pk)]
        if not changed:
            raise IllegalTransition("重新计算的结果与已上报（更正）的一致，无须更正。")
        correction = ComplianceRun.objects.create(
            as_of=run.as_of, year=run.year, corrects=run, reason=reason, made_at=timezone.now()
        )
        frozen = Snapshot.objects.filter(run=run).values_list("target_id", "dimension", "key", "pk")
        write_snapshots(correction, changed, {tuple(key): pk for *key, pk in frozen})
        _note(correction, actor, "correct", f"更正 {run.frozen_label}", reason)
    return correction


def _check(actor: Actor, reason: str) -> None:
    if actor.user is not None and Role.BUREAU_STAFF not in actor.user.roles:
        raise NotAllowed("只有市局业务人员可以办理上报定格和更正。")
    if not reason.strip():
        raise ValidationError({"reason": "请填写理由。"})


def _reported(year: int, label: str) -> ComplianceRun | None:
    return ComplianceRun.objects.filter(
        year=year, frozen_label=label, frozen=True, corrects__isnull=True
    ).first()


def _content(result: Result) -> set[tuple]:
    """What makes a target's figures different from others: every number, and which members they count."""

    def lists(figure):
        named = (figure.population, figure.counted, figure.undecided)
        return tuple(None if ids is None else digest(result.unit, ids) for ids in named)

    return {
        (figure.dimension, figure.key, *lists(figure), figure.judgement.state)
        for figure in (result.total, *result.parts)
    }


def _latest_figures(run: ComplianceRun) -> dict[int, set[tuple]]:
    """The same of what stands: the last correction of each target, else what was frozen."""
    rows = Snapshot.objects.filter(run__in=[run.pk, *run.corrections.values_list("pk", flat=True)])
    columns = ("dimension", "key", "population__sha256", "counted__sha256", "undecided_list__sha256", "state")
    by_run: dict[tuple[int, int], set[tuple]] = {}
    for target_id, run_id, *content in rows.values_list("target_id", "run_id", *columns):
        by_run.setdefault((target_id, run_id), set()).add(tuple(content))
    latest: dict[int, set[tuple]] = {}
    for (target_id, _), content in sorted(by_run.items(), key=lambda item: item[0]):
        latest[target_id] = content
    return latest


def _note(run: ComplianceRun, actor: Actor, verb: str, label: str, reason: str) -> None:
    label = f"{label}（截至{run.as_of}）"
    for plan in Plan.objects.filter(targets__snapshots__run=run).distinct():
        history.note(plan, actor, verb=verb, label=label, reason=reason)
