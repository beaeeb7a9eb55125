"""The demonstration's tasks carried out: the plan's tasks of this year by unit, with steps, reports and slips.
Loaded late, so that the reports find what the other ledgers know; invented and marked."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from supervision.flows import records
from supervision.flows.history import Actor
from supervision.flows.models import Event
from supervision.flows.perform import perform
from supervision.people.models import User
from supervision.plan.models import Milestone, Plan, TaskShare, TaskUrging
from supervision.plan.shares import expanding, reports
from supervision.plan.shares.looking import standing

BATCH, LABEL = "load_demo_tasks", "任务推进"
NUMBER = "宿交发〔2024〕69号"
COUNTIES, PARTIES = "各县（区）交通运输局", "各工程参建单位"
# The demo persons whose units have put their measures down; other units have not yet.
CARRIERS = ("county", "centre", "staff", "inspector", "owner", "contractor")
MEASURES = "演示：明确专人负责，制定年度工作方案，每季度检查一次，年底总结。"
# Days from today to the step in the middle, by the share's place; the others are on time.
LATE, NEAR, OVERDUE, AHEAD = -6, 4, -32, 27


def load() -> int:
    """Returns how many records were made; run again it adds nothing. Raises LookupError without load_demo."""
    if Event.objects.filter(batch=BATCH).exists():
        return 0
    people = {user.username: user for user in User.objects.filter(is_demo=True, username__in=CARRIERS)}
    plan = Plan.objects.filter(number=NUMBER).first()
    today = timezone.localdate()
    if plan is None or set(CARRIERS) - set(people):
        raise LookupError("没有演示用户或方案，请先运行 load_demo。")
    if not plan.year_from <= today.year <= plan.year_to:
        return 0
    actors = {name: Actor.of(user, "command").in_batch(BATCH) for name, user in people.items()}
    expanding.expand(plan, today.year, [COUNTIES, PARTIES], actors["staff"], is_demo=True)
    for name, user in people.items():
        own = TaskShare.objects.filter(year=today.year, unit=user.organization, is_demo=True)
        for place, share in enumerate(own.select_related("task", "unit").order_by("task__order")):
            _begin(share, actors[name], today, place)
    _reports(people, actors, today)
    _urged(people, actors, today)
    return Event.objects.filter(batch=BATCH, verb="create").count()


def _within(day: date, today: date) -> date:
    """The day, or the nearest one of this year."""
    return min(max(day, date(today.year, 1, 1)), date(today.year, 12, 31))


def _begin(share: TaskShare, actor: Actor, today: date, place: int) -> None:
    if place % 7 == 6:
        return  # not yet put down
    middle = {2: LATE, 4: NEAR, 5: OVERDUE}.get(place % 9, AHEAD)
    days = (
        ("印发工作方案", _within(today - timedelta(days=75), today)),
        ("阶段检查评估", _within(today + timedelta(days=middle), today)),
        ("年度总结", date(today.year, 12, 31)),
    )
    steps = [Milestone(share=share, title=title, planned_on=day, is_demo=True) for title, day in days]
    records.create_many(steps, actor, label="排定节点", clean=False)
    perform(share, "plan", actor, {"measures": MEASURES})
    perform(steps[0], "reach", actor, {"done_on": min(days[0][1], today)})


def _reports(people: dict[str, User], actors: dict[str, Actor], today: date) -> None:
    """The county's and the enforcement's are submitted and wait to be read, the centre's is being written."""
    for name, no, text in (
        ("county", "1.8", "演示：已组织两轮排查，问题按清单整改销号。"),
        ("inspector", "1.2", "演示：对在建项目开展监督检查，督促平安工地全覆盖。"),
        ("centre", "1.8", ""),
    ):
        own = TaskShare.objects.filter(year=today.year, unit=people[name].organization, status="underway")
        share = own.filter(task__no=no).select_related("task", "unit").first()
        if share is None:
            continue
        report = reports.open_report(share, reports.current_period(share, today), actors[name], is_demo=True)
        if text:
            perform(report, "submit", actors[name], {"progress": text, "next_steps": "演示：开展回头看。"})


# Whose task is urged, in which colour, and whether it was answered; a red one of the county waits for its answer.
SLIPS = (
    ("county", "red", False),
    ("county", "yellow", False),
    ("centre", "blue", False),
    ("centre", "red", True),
    ("centre", "yellow", True),
)


def _urged(people: dict[str, User], actors: dict[str, Actor], today: date) -> None:
    """A slip of each colour, each as the task's own light proposes it."""
    staff = actors["staff"]
    urged: set[int] = set()
    for name, colour, answered in SLIPS:
        own = TaskShare.objects.filter(year=today.year, unit=people[name].organization, status="underway")
        own = own.filter(task__lead=None).exclude(pk__in=urged)
        found = standing(own.select_related("task", "unit").order_by("task__order"), today)
        behind = [one for one in found if one.light.urgency == colour]
        if not behind:
            continue
        worst = behind[0]
        urged.add(worst.share.pk)
        slip = TaskUrging(
            share=worst.share,
            colour=colour,
            reason=worst.light.reason,
            demand="演示：查明原因，明确完成时限，逐周报送进展。",
            original_on=worst.following.planned_on if worst.following else None,
            is_demo=True,
        )
        slip = perform(records.create(slip, staff), "issue", staff)
        if answered:
            slip = perform(slip, "reply", actors[name], {"answer": "演示：已调整力量，两周内完成检查评估。"})
            perform(slip, "close", staff)
