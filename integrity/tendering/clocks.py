"""The statutory clocks of tendering, as arithmetic over days; figures come from the rule set `tender-clocks`."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from supervision.rules.calendar import add_workdays, due_date, workdays_between

CLOCKS = "tender-clocks"


def answer_by(received: date, content: dict[str, Any]) -> date:
    """Until when an objection is answered: so many days from the day after it came."""
    return due_date(received, content["answer_days"], "calendar", roll=content["roll"])


def raise_by(subject: str, facts: dict[str, date | None], content: dict[str, Any]) -> date | None:
    """The last day for an objection; None where the day it counts from is not known.

    facts   "prequalification_by", "bid_by", "opened_on", "publicity_until" of the tender
    """
    if subject == "prequalification":
        by = facts["prequalification_by"]
        return by - timedelta(days=content["prequalification_days"]) if by else None
    if subject == "document":
        by = facts["bid_by"]
        return by - timedelta(days=content["document_days"]) if by else None
    return facts["opened_on"] if subject == "opening" else facts["publicity_until"]


def publicity_until(begins: date, days: int) -> date:
    """The last day of a publicity of so many whole days, the day it begins not counted."""
    return begins + timedelta(days=days)


def answering_days(begun: date, answered: date | None, complained: date) -> int:
    """The days from `begun` until an objection was answered; one that is still open took until the complaint."""
    return max(0, ((answered or complained) - begun).days)


def complain_by(knew: date, answering: int, content: dict[str, Any]) -> date:
    """The last day for a complaint: the days for answering the objection are not counted."""
    return due_date(knew, content["complain_days"] + answering, "calendar", roll=content["roll"])


def accept_by(received: date, content: dict[str, Any]) -> date:
    return add_workdays(received, content["accept_workdays"])


def decide_by(accepted: date, suspended: int, content: dict[str, Any]) -> date:
    """Until when a complaint is decided: working days of tests, appraisals and expert reviews are added back."""
    return add_workdays(accepted, content["decide_workdays"] + suspended)


def suspended_days(since: date, until: date) -> int:
    """The working days of a suspension: the first is the day after it began, the last the day it ended."""
    return max(0, workdays_between(since, until))


def deviations(facts: dict[str, Any], content: dict[str, Any]) -> list[str]:
    """Where a tender's days depart from the rules, as short sentences.

    facts   evaluated_on, publicised_on, publicity_days, publicity_until, awarded_on
    """
    found = []
    reported, shown = facts["evaluated_on"], facts["publicised_on"]
    if reported and shown:
        last = due_date(reported, content["publicise_days"], "calendar", roll=content["roll"])
        if shown > last:
            found.append(f"收到评标报告后{(shown - reported).days}日才公示（应于{last}前）")
    if shown and facts["publicity_days"] < content["publicity_days"]:
        found.append(f"公示{facts['publicity_days']}日，少于{content['publicity_days']}日")
    until, awarded = facts["publicity_until"], facts["awarded_on"]
    if until and awarded and awarded <= until:
        found.append(f"公示至{until}，{awarded}已定标")
    return found
