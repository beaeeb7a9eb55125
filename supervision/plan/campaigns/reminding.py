"""Who is told of what campaigns ask of them: reports and measures near their deadline, and those past it."""

from __future__ import annotations

from datetime import date, timedelta

from supervision.flows.reminders import remind
from supervision.rules.shipped import rule

from ..acting import people_of
from ..models import CampaignMeasure, CampaignReport
from ..shares.following import FOLLOWING

# (what, its open status, what is to be done with it)
OWED = ((CampaignReport, "owed", "报送"), (CampaignMeasure, "doing", "完成"))


def remind_owed(day: date) -> int:
    """Tell the people of each unit once before a deadline (by the days of the rule of task reports), and once
    after; a deadline that was moved is another one. Returns how many things are owed so."""
    until = day + timedelta(days=rule(FOLLOWING, day).content["remind_days"])
    found = 0
    for model, status, act in OWED:
        rows = model._base_manager.filter(
            status=status, due_by__lte=until, campaign__status="running", organization__is_active=True
        )
        owed = list(rows.select_related("campaign", "organization"))
        people = people_of({row.organization_id for row in owed})
        for row in owed:
            late = row.due_by < day
            state = f"已逾期未{act}" if late else f"应于{row.due_by:%Y年%m月%d日}前{act}"
            what = row.kind if isinstance(row, CampaignReport) else row.title
            remind(
                people.get(row.organization_id, set()),
                f"{model._meta.model_name}:{row.pk}:{row.due_by}:{'late' if late else 'near'}",
                f"专项整治{state}：{what}"[:200],
                row,
                body=f"{row.campaign}",
                red=late,
            )
        found += len(owed)
    return found
