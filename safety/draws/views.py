"""The record of a draw: on paper, and as the file that `verify_draw` reads."""

from __future__ import annotations

import json

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from supervision.ledgers.registry import get
from supervision.rules import draw as lots

from ..models import RandomDraw
from .drawing import record_of


def visible(request: HttpRequest, pk: int) -> RandomDraw:
    """The draw, if the person sees it and its rosters are published."""
    ledger = get("random-draws")
    if not ledger.may_view(request.user):
        raise PermissionDenied("您的角色不能查看双随机抽取。")
    draw = get_object_or_404(ledger.queryset(request.user), pk=pk)
    if not draw.commitment:
        raise Http404
    return draw


@require_safe
def record(request: HttpRequest, pk: int) -> HttpResponse:
    """The rosters, the hashes and the result, drawn again before they are shown."""
    draw = visible(request, pk)
    found = record_of(draw)
    objects = {row["key"]: row for row in draw.rosters["objects"]}
    people = {row["key"]: row for row in draw.rosters["inspectors"]}
    names = {key: row["name"] for key, row in objects.items()}
    context = {
        "draw": draw,
        "rosters": draw.rosters,
        "items": draw.rosters["items"]["items"],
        "items_source": draw.rosters["items"],
        "result": [
            {
                "object": objects.get(row["object"], {"name": row["object"]}),
                "who": [people.get(key, {"name": key}) for key in row["inspectors"]],
            }
            for row in draw.result
        ],
        "inspectors": [
            row | {"away": [names.get(key, key) for key in row["recused"]]}
            for row in draw.rosters["inspectors"]
        ],
        "problems": lots.problems(found)
        if draw.drawn_at
        else ([] if lots.fingerprint(draw.rosters) == draw.commitment else ["名单与公布的校验值不符。"]),
    }
    return render(request, "safety/draw_record.html", context)


@require_safe
def record_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The record as JSON, to be checked anywhere."""
    text = json.dumps(record_of(visible(request, pk)), ensure_ascii=False, indent=1, sort_keys=True)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="random-draw-{pk}.json"'
    return response
