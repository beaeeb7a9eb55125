"""The demonstration's duties, two campaigns (the notice's three-year one, and one of this year) and this year's
appraisal; invented records, marked."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from supervision.flows import records
from supervision.flows.history import Actor
from supervision.flows.models import Event
from supervision.flows.perform import perform
from supervision.people.models import Organization, OrganizationKind, User

from .appraisals import engine, schemes
from .campaigns.rhythm import reports_of
from .duties import adopting
from .models import Campaign, CampaignFigure, CampaignMeasure, CampaignPhase, DutyDue, Fulfilment

BATCH, LABEL = "load_demo_duties", "履职、专项整治与考核评价"
THREE_YEARS = "交通运输安全专项整治三年行动（演示）"
# The phases and reports of the notice; its own months.
PHASES = (
    ("动员部署", date(2020, 6, 1), date(2020, 6, 30)),
    ("排查整治", date(2020, 7, 1), date(2020, 12, 31)),
    ("集中攻坚", date(2021, 1, 1), date(2021, 12, 31)),
    ("巩固提升", date(2022, 1, 1), date(2022, 12, 31)),
)
FIGURES = (("incident.count", "同比减少"), ("incident.deaths", "同比减少"), ("danger.closed", ""))
STUDIED = ("party-study", "party-learning", "committee-meeting")
MEASURES = ("事故隐患挂牌督办制度", "安全技术交底检查办法", "专项施工方案审查要点")


def load() -> int:
    """How many records were entered; none when they are there already. Raises LookupError without the cast."""
    if Event.objects.filter(batch=BATCH).exists():
        return 0
    staff = User.objects.filter(username="staff", is_demo=True).first()
    if staff is None:
        raise LookupError("没有演示用户，请先运行 load_demo。")
    bureau = staff.organization.parent or staff.organization
    actor = Actor.of(staff, "command").in_batch(BATCH)
    today = timezone.localdate()
    adopting.adopt(date(today.year - 1, 1, 1), actor)
    made = _fulfilments(today, actor)
    made += _campaign(THREE_YEARS, PHASES, date(2022, 12, 31), bureau, actor)
    this_year = (
        ("动员部署", date(today.year, 1, 1), date(today.year, 3, 31)),
        ("排查整治", date(today.year, 4, 1), date(today.year, 9, 30)),
        ("巩固提升", date(today.year, 10, 1), date(today.year, 12, 31)),
    )
    title = f"{today.year}年工程建设安全隐患集中整治（演示）"
    made += _campaign(title, this_year, date(today.year, 12, 31), bureau, actor)
    scheme = schemes.from_shipped(today.year, actor)
    perform(scheme, "adopt", actor)
    return made + engine.compute(scheme, today, actor)


def _fulfilments(today: date, actor: Actor) -> int:
    """Of this year's periods that are over, most are done: all of the bureau's studies and meetings, of the others'
    three in four, so that rates differ from unit to unit."""
    over = DutyDue.objects.filter(year=today.year, last__lt=today).exclude(per="year")
    made = []
    for due in over.select_related("duty", "organization").order_by("organization", "first", "duty"):
        whole = due.organization.kind == OrganizationKind.BUREAU and due.duty.code in STUDIED
        # By unit and month alone: the same units are behind however often the demonstration is loaded.
        if whole or (due.organization_id * 7 + due.duty_id * 3 + due.first.month) % 4:
            made.append(
                Fulfilment(
                    duty=due.duty,
                    organization=due.organization,
                    held_on=due.first + timedelta(days=19),
                    words=f"演示：{due.duty.what}已开展，形成纪要。",
                    is_demo=True,
                )
            )
    records.create_many(made, actor)
    return len(made)


def _campaign(title: str, phases: tuple, until: date, bureau: Organization, actor: Actor) -> int:
    today = timezone.localdate()
    campaign = records.create(
        Campaign(
            title=title,
            since=phases[0][1],
            until=until,
            goal="演示：排查隐患、建立制度、巩固成效。",
            source="交通运输安全专项整治三年行动实施方案" if title == THREE_YEARS else "",
            is_demo=True,
        ),
        actor,
    )
    hung: list = [
        CampaignPhase(campaign=campaign, name=name, first=first, last=last) for name, first, last in phases
    ]
    hung += [
        CampaignFigure(campaign=campaign, fact=code, target=target, order=order)
        for order, (code, target) in enumerate(FIGURES, 1)
    ]
    hung += [
        CampaignMeasure(campaign=campaign, title=measure, organization=bureau, due_by=until, is_demo=True)
        for measure in MEASURES
    ]
    # The county with a demonstration user, so that one of the reports can be handed in, and the first other one.
    people = User.objects.filter(username="county", is_demo=True)
    county = people.values_list("memberships__organization", flat=True)
    counties = Organization.objects.filter(kind="county", is_active=True)
    units = [*counties.filter(pk__in=county), *counties.exclude(pk__in=county).order_by("pk")[:1]]
    hung += [row for row in reports_of(campaign, units, is_demo=True) if row.due_by >= today]
    for row in hung:
        records.create(row, actor)
    perform(campaign, "start", actor)
    _done_in_time([row for row in hung if isinstance(row, CampaignMeasure) and row.due_by < today], actor)
    return len(hung) + 1


def _done_in_time(owed: list[CampaignMeasure], actor: Actor) -> None:
    """What fell due is done, so that nobody's workbench opens on years gone by."""
    for row in owed:
        perform(row, "finish", actor, {"done_on": row.due_by, "paper": "演示文件"})
