"""The pages of a visit: asking item by item, signing, the printed record. All work without scripts, save drawing
a signature."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from supervision.flows import perform
from supervision.flows.errors import FlowError, NotAllowed
from supervision.flows.history import Actor
from supervision.ledgers.registry import get
from supervision.papers import services as papers

from ..models import Finding, Visit
from ..models.inspection import SIGNING, Result
from . import answering, asking, sealing
from .forms import FindingForm, TakeForm, read_answers


def visible(request: HttpRequest, pk: int) -> Visit:
    """The visit, if the person sees it."""
    ledger = get("inspection-visits")
    if not ledger.may_view(request.user):
        raise PermissionDenied("您的角色不能查看检查记录。")
    return get_object_or_404(ledger.queryset(request.user), pk=pk)


def actor_of(request: HttpRequest) -> Actor:
    return Actor.of(request.user, "page")


@require_POST
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin the visit of a task: place, way and inspectors are the task's."""
    ledger = get("inspection-tasks")
    task = get_object_or_404(ledger.queryset(request.user), pk=pk)
    try:
        going, _ = answering.begin(task, actor_of(request))
    except FlowError as error:
        raise PermissionDenied(error.message) from error
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
        return redirect("inspection-tasks:detail", pk=pk)
    return redirect("check_visit", pk=going.pk)


def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Every item with its answer, to be filled in on a phone."""
    visit = visible(request, pk)
    if not answering.may_answer(visit, request.user):
        if request.method == "POST":
            raise PermissionDenied("此次检查现在不能填写。")
        return redirect("inspection-visits:detail", pk=pk)
    groups, errors, status = asking.groups_of(visit), {}, 200
    if request.method == "POST":
        try:
            number = answering.save(visit, read_answers(request, groups), actor_of(request), groups)
        except ValidationError as error:
            errors, status = (
                (error.message_dict, 400) if hasattr(error, "error_dict") else ({"": error.messages}, 400)
            )
        except FlowError as error:
            if isinstance(error, NotAllowed):
                raise PermissionDenied(error.message) from error
            errors, status = {"": [error.message]}, error.http_status
        else:
            if "finish" in request.POST:
                if left := asking.missing(visit):
                    messages.warning(request, f"已保存。{left[0]}" + (f"等{len(left)}处" if left[1:] else ""))
                else:
                    return redirect("inspection-visits:do", pk=pk, name="finish")
            else:
                messages.success(request, f"已保存（本次{number}条）。")
            anchor = f"#group-{request.POST['skip']}" if request.POST.get("skip") else ""
            return redirect(f"{reverse('check_visit', args=[pk])}{anchor}")
    return render(request, "safety/check.html", page_of(visit, groups, errors, request), status=status)


def page_of(visit: Visit, groups: list, errors: dict, request: HttpRequest) -> dict[str, Any]:
    """What the visit page shows: groups of items with answers, findings, and what was typed and not saved."""
    answers = asking.answers_of(visit)
    findings: dict[str, list[dict[str, Any]]] = {}
    for finding in visit.findings.select_related("danger").order_by("pk"):
        photos = [photo for photo in papers.of(finding).valid() if photo.is_image]
        findings.setdefault(finding.key, []).append({"row": finding, "photos": photos})
    typed = request.POST if errors else {}
    drawn, done, total = [], 0, 0
    for group in groups:
        rows = []
        for item in group.items:
            now = answers[item.key].result if item.key in answers else ""
            rows.append(
                {
                    "item": item,
                    "seen": now,
                    "result": typed.get(f"r:{item.key}", now),
                    "part": typed.get(f"p:{item.key}", ""),
                    "stakes": typed.get(f"s:{item.key}", ""),
                    "description": typed.get(f"d:{item.key}", ""),
                    "findings": findings.get(item.key, []),
                    "errors": errors.get(item.key, []),
                }
            )
        answered = sum(bool(row["seen"]) for row in rows)
        if group.kind != asking.PRIOR:
            done, total = done + answered, total + len(rows)
        drawn.append(
            {
                "group": group,
                "rows": rows,
                "done": answered,
                "open": group.kind != asking.MAJOR or any(row["errors"] for row in rows),
                "choices": [("pass", "已整改"), ("fail", "未整改"), ("na", "未查看")]
                if group.kind == asking.PRIOR
                else Result.choices,
            }
        )
    return {
        "visit": visit,
        "groups": drawn,
        "lists": asking.lists_of(visit),
        "others": findings.get("", []),
        "found": [one for some in findings.values() for one in some],
        "form": FindingForm(),
        "trouble": errors.get("", []),
        "wrong": sum(bool(one) for key, one in errors.items() if key),
        "done": done,
        "total": total,
    }


@require_POST
def choose(request: HttpRequest, pk: int) -> HttpResponse:
    """Which checklists are asked."""
    visit = visible(request, pk)
    try:
        answering.choose_lists(visit, request.POST.getlist("list"), actor_of(request))
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    except FlowError as error:
        if isinstance(error, NotAllowed):
            raise PermissionDenied(error.message) from error
        messages.error(request, error.message)
    return redirect("check_visit", pk=pk)


@require_POST
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """A problem beside the checklists."""
    visit = visible(request, pk)
    form = FindingForm(request.POST, request.FILES)
    if form.is_valid():
        facts = dict(form.cleaned_data)
        photos = facts.pop("photos") or []
        try:
            answering.add_finding(visit, facts, photos, actor_of(request))
        except ValidationError as error:
            form.add_error(None, error)
        except FlowError as error:
            if isinstance(error, NotAllowed):
                raise PermissionDenied(error.message) from error
            form.add_error(None, error.message)
        else:
            messages.success(request, "已记录问题。")
            return redirect(f"{reverse('check_visit', args=[pk])}#others")
    context = page_of(visit, asking.groups_of(visit), {}, request) | {"form": form}
    return render(request, "safety/check.html", context, status=400)


@require_POST
def drop(request: HttpRequest, pk: int, finding: int) -> HttpResponse:
    """Take back a problem while the visit is open."""
    visit = visible(request, pk)
    row = get_object_or_404(Finding.objects.select_related("visit"), pk=finding, visit=visit)
    try:
        answering.drop_finding(row, actor_of(request))
    except FlowError as error:
        if isinstance(error, NotAllowed):
            raise PermissionDenied(error.message) from error
        messages.error(request, error.message)
    else:
        messages.success(request, "所记问题已删除。")
    return redirect("check_visit", pk=pk)


@require_POST
def raise_now(request: HttpRequest, pk: int, finding: int) -> HttpResponse:
    """A problem that cannot wait for the signatures becomes a hidden danger at once."""
    visit = visible(request, pk)
    row = get_object_or_404(Finding.objects.select_related("visit"), pk=finding, visit=visit)
    try:
        raised = answering.raise_now(row, actor_of(request))
    except FlowError as error:
        if isinstance(error, NotAllowed):
            raise PermissionDenied(error.message) from error
        messages.error(request, error.message)
    else:
        messages.success(request, f"已立为隐患 {raised.danger.number}，可以核查并责令整改。")
    return redirect("check_visit", pk=pk)


def sign(request: HttpRequest, pk: int) -> HttpResponse:
    """What is signed, and the names under it: with one's account, or drawn on the inspector's screen."""
    visit = visible(request, pk)
    takes = visit.status == SIGNING and sealing.may_take(visit, request.user)
    side = sealing.side_for(visit, request.user) if visit.status == SIGNING else None
    if request.method == "POST" and not (takes or side):
        raise PermissionDenied("您现在不能在此签字。")
    if not (takes or side):
        return redirect("inspection-visits:detail", pk=pk)
    drawing = request.method == "POST" and "draw" in request.POST
    left = sealing.inspectors_left(visit)
    form = TakeForm(request.POST if drawing else None, visit=visit, left=left) if takes else None
    status = 200
    if request.method == "POST":
        try:
            sealing.check_seen(visit, request.POST.get("digest"))
            if not drawing:
                sealing.confirm(visit, actor_of(request))
            elif form and form.is_valid():
                sealing.take(visit, form.facts, form.cleaned_data["image"], actor_of(request))
            if not drawing or (form and form.is_valid()):
                messages.success(request, "已签字。")
                return redirect("sign_visit", pk=pk)
            status = 400
        except ValidationError as error:
            status = 400
            messages.error(request, "；".join(error.messages))
        except FlowError as error:
            status = error.http_status
            messages.error(request, error.message)
    context = record_context(visit) | {
        "form": form,
        "side": side,
        "mine": sealing.signatures(visit).filter(user=request.user, how="account").first(),
        "unsigned": sealing.unsigned(visit),
        "takes": takes,
        "seal_url": reverse("inspection-visits:do", args=[pk, "seal"])
        if takes and not perform.missing_for(visit, visit.flow.by_name["seal"])
        else "",
    }
    return render(request, "safety/sign.html", context, status=status)


def record_context(visit: Visit) -> dict[str, Any]:
    """What the visit says, for paper and for signing."""
    answers = list(visit.items.order_by("pk"))
    counts = {code: sum(row.result == code for row in answers) for code in Result.values}
    signed = list(sealing.signatures(visit))
    pictures = {row.pk: papers.of(row).valid().filter(kind=sealing.SIGNATURE).first() for row in signed}
    return {
        "visit": visit,
        "answers": [row for row in answers if not row.key.startswith("P-")],
        "prior": [row for row in answers if row.key.startswith("P-")],
        "counts": [(Result(code).label, number) for code, number in counts.items()],
        "findings": visit.findings.select_related("danger").order_by("pk"),
        "signed": [{"row": row, "picture": pictures[row.pk]} for row in signed],
        "intact": sealing.intact(visit),
        "corrections": visit.corrections.order_by("pk"),
    }


@require_safe
def record(request: HttpRequest, pk: int) -> HttpResponse:
    """The record of a visit, to print."""
    return render(request, "safety/visit_record.html", record_context(visible(request, pk)))
