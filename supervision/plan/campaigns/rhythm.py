"""Which reports a campaign owes when: a summary by 20 December of each of its years, an evaluation before its end.

As the notice of the three-year campaign has it (每年12月20日前 and 2022-11-30前); a bureau changes days and kinds
on the rows.
"""

from __future__ import annotations

from datetime import date

from supervision.people.models import Organization

from ..models import Campaign, CampaignReport

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
