"""The light of a share for a day, with its reason in words: computed from dates, stored nowhere. No database.

绿 on schedule · 黄 near or late · 红 overdue or missed · 灰 no schedule. The colour of a 督办单 is another thing;
what one would be is proposed here too (`urgency`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

GREEN, YELLOW, RED, GRAY = "green", "yellow", "red", "gray"
WORDS = {GREEN: "绿灯", YELLOW: "黄灯", RED: "红灯", GRAY: "未排节点"}
# The worst first.
COLOURS = (RED, YELLOW, GREEN, GRAY)
SIGNS = {GREEN: "●", YELLOW: "▲", RED: "■", GRAY: "○"}


@dataclass(frozen=True)
class Step:
    """A milestone: its name, the day it is planned for, the day it was done."""

    title: str
    planned_on: date
    done_on: date | None = None

    def done(self, day: date) -> bool:
        return self.done_on is not None and self.done_on <= day

    def late(self, day: date) -> int:
        """Days by which it is late on `day`; 0 when it is not."""
        return 0 if self.done(day) else max((day - self.planned_on).days, 0)


@dataclass(frozen=True)
class Light:
    color: str
    reason: str
    urgency: str = ""

    @property
    def word(self) -> str:
        return WORDS[self.color]

    @property
    def sign(self) -> str:
        return SIGNS[self.color]


@dataclass(frozen=True)
class Progress:
    """How many of the steps are done, and how many should be, on a day."""

    steps: int
    done: int
    planned: int

    @property
    def text(self) -> str:
        if not self.steps:
            return "—"
        return f"完成 {self.done}/{self.steps}，应完成 {self.planned}"


def progress(steps: Sequence[Step], day: date) -> Progress:
    return Progress(
        len(steps),
        sum(step.done(day) for step in steps),
        sum(step.planned_on <= day for step in steps),
    )


def light(
    year: int,
    steps: Sequence[Step],
    day: date,
    *,
    near_days: int,
    red_after_days: int,
    confirmed_on: date | None = None,
    ended_on: date | None = None,
    reports_late: int = 0,
) -> Light:
    """The light of a share of `year` on `day`. `reports_late`: how many reports are not in and past their day.

    The worst thing speaks first. A step that was done late is no longer a reason.
    """
    if confirmed_on is not None and confirmed_on <= day:
        return Light(GREEN, f"{confirmed_on:%Y-%m-%d}已确认完成")
    if ended_on is not None and ended_on <= day:
        return Light(GRAY, f"{ended_on:%Y-%m-%d}已终止")
    if day > date(year, 12, 31):
        return Light(RED, f"{year}年已结束，尚未确认完成", "red")
    left = [step for step in steps if not step.done(day)]
    worst = max(left, key=lambda step: step.late(day), default=None)
    if worst is not None and worst.late(day) > red_after_days:
        return Light(RED, f"节点“{worst.title}”已逾期{worst.late(day)}天", "red")
    if worst is not None and worst.late(day):
        return Light(YELLOW, f"节点“{worst.title}”已滞后{worst.late(day)}天", "yellow")
    if reports_late:
        return Light(YELLOW, f"有{reports_late}期进展报告逾期未报", "yellow")
    if not steps:
        return Light(GRAY, "尚未排定节点")
    following = min(left, key=lambda step: step.planned_on, default=None)
    if following is None:
        return Light(GREEN, "节点已全部完成，待申请确认")
    days = (following.planned_on - day).days
    if days <= near_days:
        when = "今天到期" if days == 0 else f"{days}天后到期"
        return Light(YELLOW, f"节点“{following.title}”{when}", "blue")
    return Light(GREEN, f"按计划推进，下一节点“{following.title}”{following.planned_on:%Y-%m-%d}")
