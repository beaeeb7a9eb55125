"""Answering a green check item by item, and what becomes of the bad answers."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from projects.findings import Finding, raise_finding
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.flows.reach import label_of
from supervision.ledgers.registry import get

from ..models import GreenAnswer, GreenCheck
from ..models.green import OPEN, Result

# What a bad answer is raised as; the room of safety keeps these.
RAISED_AS = "hidden_danger"


def left_open(record: GreenCheck) -> list[str]:
    """Items without an answer."""
    done = set(record.answers.values_list("key", flat=True))
    left = [item["text"] for item in record.items if item["key"] not in done]
    if not left:
        return []
    return [f"还有 {len(left)} 项未填写：{left[0]}" + ("等。" if left[1:] else "。")]


def raise_findings(record: GreenCheck, data: dict, actor: Actor) -> None:
    """Each bad answer goes into the loop of rectification, once."""
    for answer in record.answers.filter(result=Result.FAIL).order_by("pk"):
        made = raise_finding(
            RAISED_AS,
            Finding(
                label=label_of(GreenAnswer),
                id=answer.pk,
                project=record.section.project,
                section=record.section,
                part=record.place,
                description=f"{answer.group}：{answer.text}。{answer.description}",
                category=record.rules.content["category"],
                stakes=record.stakes,
                found_on=record.checked_on,
                self_check=record.self_check,
                is_demo=record.is_demo,
            ),
            actor,
        )
        values = {"raised": str(getattr(made, "number", "") or made.pk)}
        records.update(answer, values, actor, label="转入整改", clean=False)


def origin(pk: int, user) -> tuple[str, str] | None:
    """Where a finding came from: text and address, for a reader who may see it."""
    answer = (
        GreenAnswer.objects.visible_to(user)
        .filter(pk=pk)
        .select_related("check_of__section__project")
        .first()
    )
    if answer is None:
        return None
    return str(answer.check_of), get("green-checks").record_url(answer.check_of_id)


def save(record: GreenCheck, given: dict[str, tuple[str, str]], actor: Actor) -> int:
    """Write the answers that differ; given: item key → (result, description). Returns how many were written.

    All or nothing: raises ValidationError by item key, and then nothing is written.
    """
    now = {answer.key: answer for answer in record.answers.all()}
    errors: dict[str, list[str]] = {}
    written = 0
    with transaction.atomic():
        for item in record.items:
            result, description = given.get(item["key"], ("", ""))
            answer = now.get(item["key"])
            if not result or (answer and (answer.result, answer.description) == (result, description)):
                continue
            try:
                if answer:
                    records.update(answer, {"result": result, "description": description}, actor)
                else:
                    new = GreenAnswer(check_of=record, result=result, description=description, **item)
                    new.is_demo = record.is_demo
                    records.create(new, actor)
                written += 1
            except ValidationError as error:
                errors[item["key"]] = error.messages
        if errors:
            raise ValidationError(errors)
    return written


def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Every item of a check with its answer, on one page that works on a phone and without scripts."""
    ledger = get("green-checks")
    if not ledger.may_view(request.user):
        raise PermissionDenied("您的角色不能查看绿色施工检查。")
    record = get_object_or_404(ledger.queryset(request.user), pk=pk)
    if record.status != OPEN or not ledger.may_edit(record, request.user):
        raise PermissionDenied("此检查现在不能填写。")
    given: dict[str, tuple[str, str]] = {}
    errors: dict[str, Any] = {}
    if request.method == "POST":
        for item in record.items:
            key = item["key"]
            given[key] = (request.POST.get(f"r:{key}", ""), request.POST.get(f"d:{key}", "").strip())
        try:
            save(record, given, Actor.of(request.user, "page"))
        except ValidationError as error:
            errors = error.message_dict
        else:
            messages.success(request, "已保存。")
            return redirect("green-checks:detail", pk=pk)
    now = {row.key: (row.result, row.description) for row in record.answers.all()}
    groups: dict[str, list] = {}
    for item in record.items:
        result, description = given.get(item["key"]) or now.get(item["key"]) or ("", "")
        row = {**item, "result": result, "description": description, "errors": errors.get(item["key"], [])}
        groups.setdefault(item["group"], []).append(row)
    context = {
        "record": record,
        "ledger": ledger,
        "groups": groups,
        "choices": Result.choices,
        "errors": errors,
    }
    return render(request, "quality/green_check.html", context, status=400 if errors else 200)
