"""The lists behind a campaign's numbers, and drawing closed problems to look at again."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from supervision.flows.errors import FlowError
from supervision.flows.history import Actor
from supervision.ledgers.record_lists import Heading, records_page
from supervision.ledgers.registry import get, ledger_for
from supervision.people.models import PARTY_ROLES, READER_ROLES, Role
from supervision.rules.numbers import date_cn, whole_number

from .. import facts, services
from ..models import Campaign, MemberList
from . import looking, problems, rhythm, standing

STATES = {"": "问题隐患清单", "open": "未销号", "closed": "已销号"}


def _campaign(request: HttpRequest, pk: int) -> Campaign:
    if not request.user.is_authenticated or not request.user.roles & (READER_ROLES - PARTY_ROLES):
        raise PermissionDenied("您的角色不能查看专项整治的清单。")
    return get_object_or_404(get("campaigns").queryset(request.user), pk=pk)


def _kept(campaign: Campaign, name: str):
    """A list as it stood at the evaluation."""
    return services.rows_of(get_object_or_404(MemberList, pk=campaign.evaluation["lists"].get(name) or 0))


@require_safe
def problem_list(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """问题隐患清单 of one ledger: all, open or closed; once evaluated, as it stood then."""
    campaign, feed = _campaign(request, pk), problems.find(slug)
    state = request.GET.get("state", "")
    if feed is None or state not in STATES:
        raise Http404
    ledger = get(slug)
    if not ledger.may_view(request.user):
        raise PermissionDenied(f"您的角色不能查看“{ledger.label}”。")
    if campaign.status == "evaluated":
        as_of = date.fromisoformat(campaign.evaluation["as_of"])
        rows, open_ = _kept(campaign, f"{slug}:all"), _kept(campaign, f"{slug}:open")
    else:
        as_of = standing.known_on(campaign, timezone.localdate())
        rows = feed.rows(campaign, as_of)
        open_ = feed.open_among(rows, campaign, as_of)
    if state == "open":
        rows = open_
    elif state == "closed":
        rows = rows.exclude(pk__in=open_.order_by().values("pk"))
    whole = rows.count()
    rows = rows.visible_to(request.user)
    hidden = whole - rows.count()
    note = "本专项范围和期间内经核查的，加上列入的、减去剔除的。一条记录可同时在几个专项中，只登记一次。"
    head = Heading(
        title=f"{campaign}　{ledger.label}（{STATES[state]}）",
        note=note + (f"另有{hidden}条不在您的查看范围内。" if hidden else ""),
        day=date_cn(as_of),
        back=get("campaigns").record_url(pk),
        from_page="专项整治",
        file=f"campaign-{pk}-{slug}",
    )
    return records_page(request, ledger, rows, head)


@require_safe
def figure_list(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """The very records of a campaign's figure."""
    campaign, known = _campaign(request, pk), facts.find(code)
    if known is None or not campaign.campaignfigures.filter(fact=code).exists():
        raise Http404
    if campaign.status == "evaluated":
        as_of = date.fromisoformat(campaign.evaluation["as_of"])
        rows = _kept(campaign, f"figure:{code}")
    else:
        as_of = standing.known_on(campaign, timezone.localdate())
        rows = standing.figure_rows(campaign, known, as_of)
    ledger = ledger_for(rows.model)
    if ledger is None or not ledger.may_view(request.user):
        raise PermissionDenied("您的角色不能查看这些记录。")
    rows = rows.filter(pk__in=rows.model.objects.visible_to(request.user).values("pk"))
    head = Heading(
        title=f"{campaign}　{known.label}",
        note=known.meaning,
        day=date_cn(as_of),
        back=get("campaigns").record_url(pk),
        from_page="专项整治",
        file=f"campaign-{pk}-{code}",
    )
    return records_page(request, ledger, rows, head)


@require_POST
def draw(request: HttpRequest, pk: int) -> HttpResponse:
    """Draw closed problems of the campaign to look at again."""
    campaign = _campaign(request, pk)
    if Role.BUREAU_STAFF not in request.user.roles or campaign.status != "running":
        raise PermissionDenied("进行中的专项整治由市局业务人员抽取。")
    text = request.POST.get("number", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
    feed = problems.find(request.POST.get("ledger", ""))
    if feed is None or not number:
        messages.error(request, "请选择台账并填写抽取数量。")
    else:
        seen = whole_number(request.POST.get("drawn", ""), 0, 10**9)
        try:
            made = looking.draw(campaign, feed, number, Actor.of(request.user, "page"), seen)
        except FlowError as error:
            messages.error(request, error.message)
        else:
            said = f"已抽取{made}条已销号的问题，待回访。" if made else "没有可抽取的已销号问题。"
            messages.success(request, said)
    return redirect("campaigns:detail", pk)


@require_safe
def of_record(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The running campaigns whose list holds a record, for whoever sees the record."""
    if problems.find(slug) is None:
        raise Http404
    ledger = get(slug)
    if not ledger.may_view(request.user):
        raise PermissionDenied(f"您的角色不能查看“{ledger.label}”。")
    record = get_object_or_404(ledger.queryset(request.user), pk=pk)
    choosing = get("campaign-choices")
    context = {
        "record": record,
        "url": ledger.record_url(pk),
        "label": ledger.label,
        "campaigns": problems.covering(slug, pk),
        "choose": f"{reverse('campaign-choices:new')}?ledger={slug}&record_key={pk}"
        if choosing.may_create(request.user)
        else "",
    }
    return render(request, "plan/campaigns_of.html", context)


@require_POST
def plan_reports(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter the reports that the authorities in the campaign's scope owe, by the rhythm of campaigns."""
    campaign = _campaign(request, pk)
    if Role.BUREAU_STAFF not in request.user.roles or campaign.status == "evaluated":
        raise PermissionDenied("专项整治的报送由市局业务人员排定。")
    try:
        made = rhythm.lay(campaign, Actor.of(request.user, "page"))
    except FlowError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"已排定报送{made}项；已有的保持不变。")
    return redirect("campaigns:detail", pk)
