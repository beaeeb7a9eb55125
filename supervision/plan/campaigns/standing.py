"""How a campaign stands: problems, measures, reports, looking back, figures; and keeping that at its end."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Count, Q

from supervision.rules.numbers import percent

from .. import facts, services
from ..facts import Span
from ..models import Campaign, CampaignFigure, CampaignMeasure, CampaignReport, LookBack
from . import problems


def known_on(campaign: Campaign, day: date) -> date:
    """The day as of which a campaign is looked at; before it begins, its first."""
    return max(day, campaign.since)


def summary(campaign: Campaign, day: date) -> dict[str, Any]:
    """Counts in SQL; the number of statements depends on the ledgers and figures, not on the records."""
    as_of, chosen = known_on(campaign, day), problems.choices_of(campaign)
    listed = []
    for one in problems.feeds():
        rows = one.rows(campaign, as_of, chosen.get(one.slug, {}))
        found = rows.count()
        open_ = one.open_among(rows, campaign, as_of).count()
        listed.append(
            {
                "slug": one.slug,
                "label": one.label,
                "found": found,
                "open": open_,
                "closed": found - open_,
                "rate": percent(found - open_, found),
            }
        )
    measures = CampaignMeasure._base_manager.filter(campaign=campaign).aggregate(
        whole=Count("pk"), done=Count("pk", filter=Q(done_on__lte=day))
    )
    reports = CampaignReport._base_manager.filter(campaign=campaign).aggregate(
        whole=Count("pk"),
        done=Count("pk", filter=Q(handed_on__lte=day)),
        late=Count("pk", filter=Q(handed_on__isnull=True, due_by__lt=day)),
    )
    looked = LookBack._base_manager.filter(campaign=campaign).aggregate(
        whole=Count("pk"),
        done=Count("pk", filter=Q(looked_on__lte=day)),
        back=Count("pk", filter=Q(looked_on__lte=day, came_back=True)),
    )
    return {
        "as_of": as_of,
        "problems": listed,
        "measures": measures,
        "reports": reports,
        "looked": looked,
        "figures": [figure(campaign, row, as_of) for row in campaign.campaignfigures.all()],
    }


def figure(campaign: Campaign, row: CampaignFigure, as_of: date) -> dict[str, Any]:
    """A fact over the campaign's days and scope, beside the same days a year earlier."""
    known = facts.find(row.fact)
    if known is None:
        return {
            "code": row.fact,
            "label": row.fact,
            "value": None,
            "before": None,
            "target": row.target,
            "measure": "",
        }
    span = Span(campaign.since, min(campaign.until, as_of), as_of)
    return {
        "code": row.fact,
        "label": known.label,
        "measure": known.measure,
        "target": row.target,
        "value": _value(campaign, known, span),
        "before": _value(campaign, known, span.year_before()),
    }


def figure_rows(campaign: Campaign, known: facts.Fact, as_of: date):
    """The very records of a figure."""
    span = Span(campaign.since, min(campaign.until, as_of), as_of)
    return known.function(span).filter(problems.scope(campaign, known))


def _value(campaign: Campaign, known: facts.Fact, span: Span) -> str:
    from django.db.models import Sum

    rows = known.function(span).filter(problems.scope(campaign, known)).order_by()
    if known.amount:
        return format((rows.aggregate(whole=Sum(known.amount))["whole"] or 0), "f")
    return str(rows.count())


def frozen(campaign: Campaign, day: date) -> dict[str, Any]:
    """The summary as plain values, with the lists of problems and figures as they stood."""
    found = summary(campaign, day)
    wanted: dict[str, tuple[str, tuple[int, ...]]] = {}
    for one in problems.feeds():
        rows = one.rows(campaign, found["as_of"])
        label = rows.model._meta.label_lower
        wanted[f"{one.slug}:all"] = label, _ids(rows)
        wanted[f"{one.slug}:open"] = label, _ids(one.open_among(rows, campaign, found["as_of"]))
    for row in found["figures"]:
        if known := facts.find(row["code"]):
            rows = figure_rows(campaign, known, found["as_of"])
            wanted[f"figure:{row['code']}"] = known.model, _ids(rows)
    kept = services.keep_lists(wanted.values())
    lists = {name: kept[content] for name, content in wanted.items()}
    plain = [row | {"rate": None if row["rate"] is None else str(row["rate"])} for row in found["problems"]]
    return found | {"as_of": found["as_of"].isoformat(), "problems": plain, "lists": lists}


def _ids(rows) -> tuple[int, ...]:
    return tuple(sorted(rows.order_by().values_list("pk", flat=True)))
