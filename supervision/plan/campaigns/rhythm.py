"""Which reports a campaign owes when: a summary by 20 December of each of its years, an evaluation before its end.

As the notice of the three-year campaign has it (每年12月20日前 and 2022-11-30前); a bureau changes days and kinds
on the rows.
"""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import Q, QuerySet

from supervision.flows import records
from supervision.flows.errors import NotAllowed
from supervision.flows.history import Actor
from supervision.people.models import Organization, OrganizationKind

from ..models import Campaign, CampaignReport
from ..models.appraisal import APPRAISED
from .problems import SECTOR_CODES

YEARLY, AT_THE_END = "年度工作总结", "总结评估"
YEARLY_BY, END_BY = (12, 20), (11, 30)


def days_of(since: date, until: date) -> list[tuple[str, date]]:
    """(what, by when), in order. The evaluation is due in the last year, by 30 November or the end if that is
    earlier."""
    found = [
        (YEARLY, day)
        for year in range(since.year, until.year + 1)
        if since <= (day := date(year, *YEARLY_BY)) <= until
    ]
    end = min(until, date(until.year, *END_BY))
    if end >= since:
        found.append((AT_THE_END, end))
    return sorted(found, key=lambda pair: pair[1])


def units_of(campaign: Campaign) -> QuerySet[Organization]:
    """The authorities in the campaign's scope: county bureaus, zones and centres. A county has works of every
    sector; a centre only of its own."""
    units = Organization.objects.filter(kind__in=APPRAISED, is_active=True).order_by("pk")
    if sectors := [SECTOR_CODES[label] for label in campaign.sectors if label in SECTOR_CODES]:
        units = units.filter(~Q(kind=OrganizationKind.CENTRE) | Q(sector__in=sectors))
    if campaign.districts:
        units = units.filter(district__name__in=campaign.districts)
    if campaign.units:
        units = units.filter(name__in=campaign.units)
    return units


def lay(campaign: Campaign, actor: Actor) -> int:
    """Enter what the units in scope owe and was not entered yet; returns how many. Of two at once the second finds
    what the first entered. Raises NotAllowed for a campaign that is over."""
    with transaction.atomic():
        if not records.hold(Campaign, campaign.pk, status__in=("draft", "running")):
            raise NotAllowed("该专项整治已经评估，不再排定报送。")
        made = reports_of(campaign, list(units_of(campaign)))
        records.create_many(made, actor, label="排定报送")
    return len(made)


def reports_of(campaign: Campaign, units: list[Organization], **facts) -> list[CampaignReport]:
    """Unsaved rows for these units, without those that are there."""
    had = set(
        CampaignReport._base_manager.filter(campaign=campaign).values_list("organization", "kind", "due_by")
    )
    return [
        CampaignReport(campaign=campaign, organization=unit, kind=kind, due_by=day, **facts)
        for unit in units
        for kind, day in days_of(campaign.since, campaign.until)
        if (unit.pk, kind, day) not in had
    ]
