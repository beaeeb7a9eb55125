"""How a campaign stands: problems, measures, reports, looking back, figures; and keeping that at its end."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Subquery, Sum, Value

from supervision.rules.numbers import percent

from .. import facts, services
from ..facts import Span
from ..models import Campaign, CampaignMeasure, CampaignReport, LookBack
from ..models.campaign import LookResult
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
        back=Count("pk", filter=Q(looked_on__lte=day, result=LookResult.BACK)),
    )
    return {
        "as_of": as_of,
        "problems": listed,
        "measures": measures,
        "reports": reports,
        "looked": looked,
        "figures": figures_of(campaign, as_of),
    }


def figures_of(campaign: Campaign, as_of: date) -> list[dict[str, Any]]:
    """The campaign's facts over its days and scope, beside the same days a year earlier: one statement for all."""
    span = Span(campaign.since, min(campaign.until, as_of), as_of)
    asked = [(row, facts.find(row.fact)) for row in campaign.campaignfigures.all()]
    numbers = {
        f"{when}_{row.pk}": _number(campaign, known, days)
        for row, known in asked
        if known is not None
        for when, days in (("now", span), ("before", span.year_before()))
    }
    found = Campaign._base_manager.filter(pk=campaign.pk).values(**numbers).get() if numbers else {}
    return [
        {
            "code": row.fact,
            "label": row.label,
            "measure": known.measure if known else "",
            "target": row.target,
            "value": _text(found.get(f"now_{row.pk}")) if known else None,
            "before": _text(found.get(f"before_{row.pk}")) if known else None,
        }
        for row, known in asked
    ]


def _number(campaign: Campaign, known: facts.Fact, span: Span) -> Subquery:
    rows = known.function(span).filter(problems.scope(campaign, known)).order_by()
    if known.amount:
        summed = rows.annotate(together=Value(1)).values("together").annotate(whole=Sum(known.amount))
        return Subquery(summed.values("whole")[:1])
    counted = rows.model._base_manager.filter(pk__in=rows.values("pk")).order_by()
    counted = counted.annotate(together=Value(1)).values("together").annotate(whole=Count("pk"))
    return Subquery(counted.values("whole")[:1])


def _text(value) -> str:
    """A number as it is kept; nothing found is a nought."""
    return format(value, "f") if isinstance(value, Decimal) else str(value or 0)


def figure_rows(campaign: Campaign, known: facts.Fact, as_of: date):
    """The very records of a figure."""
    span = Span(campaign.since, min(campaign.until, as_of), as_of)
    return known.function(span).filter(problems.scope(campaign, known))


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
