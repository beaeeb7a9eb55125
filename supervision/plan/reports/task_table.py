"""{{任务表}}: the tasks of the plans in force, who carries them, and how that stands at the end of the span."""

from __future__ import annotations

from datetime import date

from django.db.models import F

from ..models import Task, TaskShare, TaskUnit
from ..shares.lights import COLOURS, WORDS
from ..shares.looking import Standing, standing
from . import spans
from .computing import NOTHING, WORD, Computer, Figure
from .writing import Block, Grid

HEADS = ("序号", "任务", "类别", "责任单位", "进度灯", "说明")
WIDTHS = (12.0, 31.0, 20.0, 42.0, 23.0, 28.0)


def block(computer: Computer, group: str) -> Block:
    """The table; `group` narrows it to a kind of task."""
    year, day = computer.span.last.year, min(computer.span.last, computer.span.known)
    rows = Task.objects.filter(plan__is_active=True, plan__year_from__lte=year, plan__year_to__gte=year)
    rows = rows.filter(group=group) if group else rows
    tasks = list(rows.order_by("plan__year_from", "plan_id", "order", "pk"))
    units: dict[int, list[str]] = {}
    for unit in TaskUnit.objects.filter(task__in=[task.pk for task in tasks]).order_by(F("order"), "pk"):
        units.setdefault(unit.task_id, []).append(unit.name)
    stands = _lights(computer, tasks, year, day)
    lines = tuple(
        (
            task.no,
            task.title,
            task.get_group_display(),
            "、".join(units.get(task.pk, [])) or NOTHING,
            *_light(task, stands.get(task.pk, [])),
        )
        for task in tasks
    )
    grid = Grid(HEADS, lines or ((NOTHING,) * len(HEADS),), WIDTHS, 9.5, frozenset({1, 3, 5}))
    return Block(f"任务及进度（进度灯截至{spans.day_cn(day)}，按已分解到单位的任务计）", grid=grid)


def _lights(computer: Computer, tasks: list[Task], year: int, day: date) -> dict[int, list[Standing]]:
    """How the shares of tasks stand on a day, the worst first."""
    rows = TaskShare.objects.filter(task__in=[task.pk for task in tasks], year=year)
    if computer.district is not None:
        rows = rows.filter(unit__district=computer.district)
    if computer.sector:
        rows = rows.filter(unit__sector=computer.sector)
    found: dict[int, list[Standing]] = {}
    shares = rows.select_related("unit").order_by("unit__name", "pk")
    for one in sorted(standing(shares, day), key=lambda one: COLOURS.index(one.light.color)):
        found.setdefault(one.share.task_id, []).append(one)
    return found


def _light(task: Task, found: list[Standing]) -> tuple[Figure | str, str]:
    """How many lights of each colour, opening to the shares; and why the worst is what it is."""
    if not found:
        return NOTHING, "未分解到单位"
    counts = {color: sum(one.light.color == color for one in found) for color in COLOURS}
    text = "、".join(f"{WORDS[color]}{number}家" for color, number in counts.items() if number)
    figure = Figure(
        f"task:{task.pk}#light",
        f"任务{task.no}·进度灯",
        WORD,
        text,
        unit="plan.taskshare",
        ids=tuple(sorted(one.share.pk for one in found)),
        computed=text,
    )
    worst = found[0]
    return figure, f"{worst.share.unit.short_name or worst.share.unit.name}：{worst.light.reason}"[:60]
