"""The scoring page and what belongs to it. Each page works without scripts; scripts save item by item."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from supervision.flows import perform, records
from supervision.flows.errors import FlowError, NotAllowed
from supervision.flows.history import Actor
from supervision.ledgers.registry import get
from supervision.papers import services as papers
from supervision.rules.numbers import parse_decimal, whole_number

from ..models import Assessment
from . import showing
from .marking import Given, MarkConflict, copy_marks, open_column, save_marks
from .sheet import COLUMN_LABELS, Sheet, number


def visible(request: HttpRequest, pk: int) -> Assessment:
    """The sheet, if the person sees it; otherwise there is none."""
    ledger = get("assessments")
    if not ledger.may_view(request.user):
        raise PermissionDenied(f"您的角色不能查看“{ledger.label}”。")
    return get_object_or_404(ledger.queryset(request.user), pk=pk)


def actor_of(request: HttpRequest) -> Actor:
    return Actor.of(request.user, "page")


# --------------------------------------------------------------------------------------------- the scoring page


def score(request: HttpRequest, pk: int) -> HttpResponse:
    """One table of the sheet, its earlier columns beside the one that is open to the person."""
    record = visible(request, pk)
    mine = open_column(record, request.user)
    typed: dict[str, dict[str, Any]] = {}
    errors: dict[str, list[str]] = {}
    status, trouble = 200, ""
    if request.method == "POST":
        given, typed = read_form(request)
        try:
            save_marks(record, given, actor_of(request))
        except ValidationError as error:
            errors, status = error.message_dict, 400
            trouble = "本表没有保存，请改正标出的条目。"
        except MarkConflict as error:
            status, trouble = error.http_status, error.message
            for key, row in error.current.items():
                theirs = showing.mark_state(row)
                errors[key] = [
                    f"{theirs['by'] or '他人'}评的是“{theirs.get('text') or '未评'}”，再次保存将以您的为准。"
                ]
                typed[key]["version"] = theirs["version"]
        except FlowError as error:
            if isinstance(error, NotAllowed):
                raise PermissionDenied(error.message) from error
            status, trouble = error.http_status, error.message
        else:
            messages.success(request, "已保存。")
            target = request.POST.get("next_table") or request.POST.get("table", "")
            return redirect(f"{reverse('assessment_score', args=[pk])}?table={target}")
    sheet = Sheet(record)
    tables = {table.code: table for table in sheet.tables}
    code = request.GET.get("table") or request.POST.get("table") or ""
    table = tables.get(code) or next(iter(tables.values()), None)
    codes = list(tables)
    now = showing.progress(sheet, mine or record.columns[-1]) if tables else None
    at = codes.index(table.code) if table else 0
    context = {
        "ledger": get("assessments"),
        "record": record,
        "mine": mine,
        "mine_label": COLUMN_LABELS.get(mine, ""),
        "table": table,
        "rows": showing.item_rows(sheet, table, mine, typed, errors) if table else [],
        "progress": now,
        "table_sum": showing.table_sum(now, table.code) if table else "",
        "next_open": showing.next_open(now, table.code) if table else "",
        "before": next_before(record, mine),
        "previous_table": codes[at - 1] if at else "",
        "next_table": codes[at + 1] if at + 1 < len(codes) else "",
        "facts": showing.facts_form(sheet),
        "may_set_facts": may_set_facts(record, request),
        "acts": acts(record, request) if mine else [],
        "trouble": trouble,
        "urls": {
            "record": get("assessments").record_url(pk),
            "score": reverse("assessment_score", args=[pk]),
            "marks": reverse("api-assessment-marks", args=[pk]),
            "file": reverse("assessment_file", args=[pk]),
            "facts": reverse("assessment_facts", args=[pk]),
            "copy": reverse("assessment_copy", args=[pk]),
        },
    }
    return render(request, "assessments/score.html", context, status=status)


def read_form(request: HttpRequest) -> tuple[list[Given], dict[str, dict[str, Any]]]:
    """The marks of a plain form: fields d: (deduction), n: (not applicable), c: (conforms), r: (reason) and
    v: (version seen), each with the item's key."""
    given, typed = [], {}
    for name in request.POST:
        if not name.startswith("v:"):
            continue
        key = name[2:]
        version = request.POST[name]
        state = {
            "deduction": request.POST.get(f"d:{key}", "").strip() or None,
            "not_applicable": f"n:{key}" in request.POST,
            "conforms": {"1": True, "0": False}.get(request.POST.get(f"c:{key}", "")),
            "reason": request.POST.get(f"r:{key}", ""),
            "version": whole_number(version) or 0,
        }
        typed[key] = state
        given.append(Given(key, **state))
    return given, typed


def next_before(record: Assessment, mine: str | None) -> dict[str, str] | None:
    """The nearest column before mine that was filled: what one may take over."""
    if mine is None:
        return None
    order = list(COLUMN_LABELS)
    for column in reversed(order[: order.index(mine)]):
        if getattr(record, f"{column}_on"):
            return {"code": column, "label": COLUMN_LABELS[column]}
    return None


def acts(record: Assessment, request: HttpRequest) -> list[dict[str, Any]]:
    """What ends the person's work on the sheet: the submissions, each with what is still missing."""
    found = []
    for transition in perform.open_to([record], request.user)[record.pk]:
        if not transition.guard:
            continue
        missing = perform.missing_for(record, transition)
        url = reverse("assessments:do", args=[record.pk, transition.name])
        found.append({"label": transition.label, "style": transition.style, "url": url, "missing": missing})
    if any(not act["missing"] for act in found):
        return [act for act in found if not act["missing"]]
    return found[:1]


def may_set_facts(record: Assessment, request: HttpRequest) -> bool:
    return open_column(record, request.user) is not None


@require_POST
def facts(request: HttpRequest, pk: int) -> HttpResponse:
    """Set which kinds of works there are, the evaluation type and the declared figures."""
    record = visible(request, pk)
    if not may_set_facts(record, request):
        raise PermissionDenied("您现在不能修改本表的工程内容。")
    spec = Sheet(record).spec
    figures: dict[str, str] = {}
    try:
        for fact in spec.facts:
            text = request.POST.get(f"fact:{fact.code}", "").strip()
            if text:
                figures[fact.code] = number(parse_decimal(text, 4, fact.name))
        kind = request.POST.get("evaluation_type", "")
        if kind and kind not in {one.code for one in spec.evaluation_types}:
            raise ValueError("没有这一评价类型")
        version = request.POST.get("version", "")
        records.update(
            record,
            {
                "features": [code for code in showing.FEATURES if code in request.POST.getlist("features")],
                "evaluation_type": kind,
                "facts": figures,
            },
            actor_of(request),
            version=whole_number(version),
            label="填报工程内容",
        )
    except ValueError as error:
        messages.error(request, f"{error}。")
    except FlowError as error:
        messages.error(request, error.message)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, "工程内容已保存，适用的表和条目随之更新。")
    return redirect("assessment_score", pk)


@require_POST
def copy(request: HttpRequest, pk: int) -> HttpResponse:
    """Take over the earlier column's answers for what is still open in this table, or in all of them."""
    record = visible(request, pk)
    table = request.POST.get("table", "")
    try:
        number = copy_marks(record, request.POST.get("source", ""), actor_of(request), table=table)
    except NotAllowed as error:
        raise PermissionDenied(error.message) from error
    except (FlowError, ValidationError) as error:
        messages.error(request, getattr(error, "message", None) or error.messages[0])
    else:
        messages.success(request, f"已沿用 {number} 条，请逐条核对后提交。")
    return redirect(f"{reverse('assessment_score', args=[pk])}?table={table}")


@require_POST
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """Evidence of one item: a photo or another file, kept under the item's key."""
    record = visible(request, pk)
    if open_column(record, request.user) is None:
        raise PermissionDenied("您现在不能在本表上传证据。")
    wants_json = request.headers.get("Accept", "").startswith("application/json")
    key = request.POST.get("item", "")
    upload = request.FILES.get("file")
    trouble, made = "", None
    if key not in Sheet(record).items:
        trouble = "本表没有这一条目。"
    elif upload is None:
        trouble = "请选择文件。"
    else:
        try:
            made = papers.attach(record, upload, key, actor_of(request))
        except ValidationError as error:
            trouble = error.messages[0]
    if wants_json:
        if trouble:
            return JsonResponse({"code": "invalid", "message": trouble}, status=400)
        return JsonResponse(showing.file_line(made), status=201)
    if trouble:
        messages.error(request, trouble)
    else:
        messages.success(request, f"{key} 的证据已上传。")
    return redirect(f"{reverse('assessment_score', args=[pk])}?table={key.split('/')[0]}")
