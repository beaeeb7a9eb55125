"""The address of a fact, and the page there: the very records it counted, of a span and a place, as of a day."""

from __future__ import annotations

from urllib.parse import urlencode

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from supervision.ledgers.record_lists import Heading, records_page
from supervision.ledgers.registry import ledger_for
from supervision.people.models import District, Organization, Sector
from supervision.rules.numbers import date_cn, whole_day, whole_number

from . import facts
from .facts import EVERYWHERE, Fact, Place, Span


def address(known: Fact | str, span: Span, place: Place = EVERYWHERE) -> str:
    """Where a fact of a span and a place opens to its records."""
    code = known if isinstance(known, str) else known.code
    query = {"first": span.first, "last": span.last, "as_of": span.known}
    asked = (
        ("unit", place.organization.pk if place.organization else None),
        ("district", place.district),
        ("sector", place.sector),
        ("project", place.project),
    )
    query |= {name: value for name, value in asked if value is not None}
    return f"{reverse('facts_list', args=[code])}?{urlencode(query)}"


def number_of(request: HttpRequest, name: str) -> int | None:
    """A key in the address; raises Http404 for anything else."""
    text = request.GET.get(name, "")
    if not text:
        return None
    number = whole_number(text)
    if number is None:
        raise Http404
    return number


def span_of(request: HttpRequest) -> Span:
    """The span in the address; raises Http404 where its days cannot be read or run backwards."""
    first, last, as_of = (whole_day(request.GET.get(name)) for name in ("first", "last", "as_of"))
    if first is None or last is None or last < first or (as_of is None and request.GET.get("as_of")):
        raise Http404
    return Span(first, last, as_of)


def place_of(request: HttpRequest) -> tuple[Place, list[str]]:
    """The place in the address, and its names."""
    unit, district, names = number_of(request, "unit"), number_of(request, "district"), []
    organization = None
    if unit is not None:
        organization = Organization.objects.filter(pk=unit).first()
        if organization is None:
            raise Http404
        names.append(organization.name)
    if district is not None:
        name = District.objects.filter(pk=district).values_list("name", flat=True).first()
        if name is None:
            raise Http404
        names.append(name)
    sector = request.GET.get("sector") or None
    if sector is not None:
        if sector not in Sector.values:
            raise Http404
        names.append(Sector(sector).label)
    return Place(organization, district, sector, number_of(request, "project")), names


@require_safe
def records_of_fact(request: HttpRequest, code: str) -> HttpResponse:
    """The records of a fact that the person sees. 404 for an unknown fact, a span that cannot be read, or a place
    the fact does not tell; 403 for whom its ledger is not open."""
    known = facts.find(code)
    if known is None:
        raise Http404
    ledger = ledger_for(apps.get_model(known.model))
    if ledger is None:
        raise Http404
    if not ledger.may_view(request.user):
        raise PermissionDenied("您的角色不能查看该台账。")
    span, (place, names) = span_of(request), place_of(request)
    if not known.narrows(place):
        raise Http404
    found = known.rows(span, place, request.user).order_by()
    rows = apps.get_model(known.model).objects.filter(pk__in=found.values("pk"))
    note = known.meaning
    if known.amount:
        note += f"合计 {known.value(span, place, request.user)} {known.measure}。"
    where = f"（{'，'.join(names)}）" if names else ""
    days = f"{date_cn(span.first)}至{date_cn(span.last)}"
    head = Heading(
        title=f"{known.label}{where}：{days}",
        note=note,
        day=date_cn((span.at_end() if known.stock else span).known),
        back=ledger.url,
        from_page=ledger.label,
        file=f"{known.code}-{span.first}-{span.last}",
    )
    return records_page(request, ledger, rows, head)
