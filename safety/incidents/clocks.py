"""The clocks of reporting an incident, reckoned from what its reports say. No database, no today.

Two run for the unit from the moment it knew: by phone or WeChat, and in writing. Each authority that was told and
whose level does not end the way upward has its own from when it was told (国务院令第493号第9、11条;
宿交发〔2024〕69号). No later statement buys time: the earliest moment of knowledge that any report states is the
one that counts, and of a call that a side says it made it has to speak in its first report.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

UNIT, COUNTY, CITY, PROVINCE, MINISTRY = "unit", "county", "city", "province", "ministry"
UPWARD = (UNIT, COUNTY, CITY, PROVINCE, MINISTRY)
PHONE, WRITTEN = "phone", "written"
LABELS = {
    PHONE: "电话或微信报告",
    WRITTEN: "书面报告",
    COUNTY: "县区上报",
    CITY: "市级上报",
}


def rank(level: str) -> int:
    return UPWARD.index(level) if level in UPWARD else 0


@dataclass(frozen=True)
class Said:
    """What one report says about time.

    written    filed by the level itself; else taken down by an authority from the unit's call
    reach      up to which level an incident of the grade it states has to be reported
    """

    id: int
    filed_at: datetime
    by: str
    to: str
    written: bool = True
    called_at: datetime | None = None
    known_at: datetime | None = None
    reach: str = CITY

    @property
    def told_at(self) -> datetime:
        """When its receiver first heard, as the report has it: the call, or the filing."""
        return min(self.called_at, self.filed_at) if self.called_at else self.filed_at


@dataclass(frozen=True)
class Clock:
    """One duty to report: from when, until when, and by which report it was met."""

    code: str
    start: datetime
    due: datetime
    met: datetime | None = None
    met_by: int | None = None

    @property
    def label(self) -> str:
        return LABELS[self.code]

    def late_minutes(self, now: datetime) -> int:
        """Minutes (begun ones count) by which it was, or by `now` is, late; 0 in time."""
        over = (self.met or now) - self.due
        return max(0, math.ceil(over / timedelta(minutes=1)))


def clocks(said: Sequence[Said], limits: Mapping[str, Any]) -> list[Clock]:
    """The clocks of an incident from its reports in their order; limits in minutes from incident-reporting."""
    by_unit = [one for one in said if one.by == UNIT]
    told, filed = _told(said), {one.id: one.filed_at for one in said}
    known = min((one.known_at for one in said if one.known_at), default=None)
    made = []
    if known is not None:
        made = [
            _clock(PHONE, known, limits["phone_minutes"], by_unit, told),
            _clock(WRITTEN, known, limits["written_minutes"], [one for one in by_unit if one.written], filed),
        ]
    for level in (COUNTY, CITY):
        start = _asked_since(said, level, told)
        if start is not None:
            upward = [one for one in said if one.by == level and rank(one.to) > rank(level)]
            made.append(_clock(level, start, limits["level_minutes"], upward, told))
    return made


def _told(said: Sequence[Said]) -> dict[int, datetime]:
    """Report → when its receiver heard. A call counts in the first report of the side that made it, or as an
    authority took it down; what is said of one afterwards is no proof of it."""
    first: dict[str, int] = {}
    return {
        one.id: one.told_at if not one.written or first.setdefault(one.by, one.id) == one.id else one.filed_at
        for one in said
    }


def _clock(
    code: str, start: datetime, minutes: int, answers: Iterable[Said], when: Mapping[int, datetime]
) -> Clock:
    first = min(answers, key=lambda one: when[one.id], default=None)
    return Clock(
        code,
        start,
        start + timedelta(minutes=minutes),
        when[first.id] if first else None,
        first.id if first else None,
    )


def _asked_since(said: Sequence[Said], level: str, told: Mapping[int, datetime]) -> datetime | None:
    """From when a level has to report on: once it was told, and the grade then known reaches beyond it."""
    arrived = min((told[one.id] for one in said if one.to == level), default=None)
    beyond = next((told[one.id] for one in said if rank(one.reach) > rank(level)), None)
    return max(arrived, beyond) if arrived and beyond else None
