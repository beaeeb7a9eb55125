"""The search box's page, and the same by the API."""

from __future__ import annotations

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from supervision.ledgers.list_pages import page_links

from . import asking

SIZE = 20


def marked(title: str, words: tuple[str, ...]) -> list[tuple[str, bool]]:
    """The title in pieces, each with whether it is one of the words. A title whose folding has another length
    cannot be matched sign by sign, and stays whole."""
    folded = asking.fold(title)
    words = tuple(word for word in words if word in folded)
    if len(folded) != len(title) or not words:
        return [(title, False)]
    pieces, at = [], 0
    while at < len(title):
        found = [(place, -len(word)) for word in words if (place := folded.find(word, at)) >= 0]
        if not found:
            break
        start, length = min(found)
        pieces += [(title[at:start], False), (title[start : start - length], True)]
        at = start - length
    return [piece for piece in [*pieces, (title[at:], False)] if piece[0]]


def described(hit: asking.Hit) -> dict:
    """A hit as page and API tell it."""
    record = hit.record
    state = hit.ledger.flow.states.get(record.status) if hit.ledger.flow else None
    return {
        "ledger": hit.ledger.slug,
        "label": hit.ledger.label,
        "id": record.pk,
        "title": hit.ledger.title_of(record),
        "url": hit.url,
        "status": state.label if state else "",
        "color": state.color if state else "",
        "before": hit.before,
        "match": hit.match,
        "after": hit.after,
    }


def search(request: HttpRequest) -> HttpResponse:
    """Everything the person may see that fits `?q=`, `?ledger=` one kind of it."""
    words = request.GET.get("q", "").strip()[:100]
    chosen = request.GET.get("ledger", "")
    found = asking.search(request.user, words) if words else asking.Found()
    kinds = found.by_ledger()
    if chosen and chosen not in {ledger.slug for ledger, _ in kinds}:
        # What stands beyond the first hits of all kinds may be among the first of its own.
        narrowed = asking.search(request.user, words, chosen) if words else found
    elif chosen and found.more:
        narrowed = asking.search(request.user, words, chosen)
    else:
        narrowed = asking.Found(
            [hit for hit in found.hits if chosen in ("", hit.ledger.slug)],
            found.more,
            found.words,
            found.unused,
        )
    page = Paginator(narrowed.hits, SIZE).get_page(request.GET.get("page"))

    def button(label: str, count: int, slug: str = "") -> dict:
        query = urlencode({"q": words} | ({"ledger": slug} if slug else {}))
        return {
            "label": label,
            "count": count,
            "url": f"{reverse('search')}?{query}",
            "active": slug == chosen,
        }

    return render(
        request,
        "desk/search.html",
        {
            "words": words,
            "found": narrowed,
            "kinds": [button("全部", len(found.hits)), *(button(one.label, n, one.slug) for one, n in kinds)],
            "rows": [(row := described(hit)) | {"pieces": marked(row["title"], hit.words)} for hit in page],
            "page": page,
            "total": page.paginator.count,
            "most": asking.MOST,
            "shortest": asking.SHORTEST,
            "page_links": page_links(page, request),
        },
    )


class SearchView(APIView):
    """What the search page lists. `more` says that there are further hits beyond those listed."""

    @extend_schema(
        parameters=[
            OpenApiParameter("q", OpenApiTypes.STR, required=True),
            OpenApiParameter("ledger", OpenApiTypes.STR),
        ],
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> Response:
        found = asking.search(
            request.user, request.query_params.get("q", "")[:100], request.query_params.get("ledger", "")
        )
        return Response(
            {
                "count": len(found.hits),
                "more": found.more,
                "ignored": found.unused,
                "results": [described(hit) for hit in found.hits],
            }
        )


def search_api_urls() -> list:
    return [path("search/", SearchView.as_view(), name="api-search")]
