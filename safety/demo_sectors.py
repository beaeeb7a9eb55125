"""The demonstration's bus company, port, route, service body and series. All invented and marked."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.core.files.base import ContentFile
from django.utils import timezone

from projects.assessments import periods
from projects.loading.demo.sheet import demo_pdf
from projects.models import Enterprise, Project, Route
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.flows.models import Event
from supervision.flows.perform import perform
from supervision.papers.services import attach
from supervision.people.models import District, Organization, User

from . import grading, services
from .models import (
    FigureSeries,
    Hazard,
    HiddenDanger,
    SeriesValue,
    ServiceAssessment,
    ServiceBody,
    ServiceJob,
    ServicePledge,
)
from .rules import MAJOR_ITEMS, rule
from .series.shipping import load_series

BATCH = "load_demo_sectors"
NEEDED = ("staff", "leader", "inspector", "bus", "port", "keeper")
# Overloaded lorries of 2000 weighed, month by month back from the last one; accidents of this year and of the last.
OVERLOADED = (7, 9, 8, 11, 10, 8)
ACCIDENTS = ((3, 4), (5, 5), (2, 4))


def actor(username: str) -> Actor:
    return Actor.of(User.objects.get(username=username, is_demo=True), "command").in_batch(BATCH)


def load() -> int:
    """Load them; returns how many. Run again it adds nothing. Raises LookupError without the demonstration."""
    if Event.objects.filter(batch=BATCH).exists():
        return 0
    there = set(User.objects.filter(username__in=NEEDED, is_demo=True).values_list("username", flat=True))
    if there != set(NEEDED):
        raise LookupError("没有演示的企业、管养单位用户，请先运行 load_demo。")
    bus = _object(Enterprise, "演示公交公司", "bus", mode="transit", level="city")
    port = _object(Enterprise, "演示港口企业", "port", mode="port", level="city")
    road = _object(
        Route,
        "X301演示路段",
        "keeper",
        mode="infrastructure",
        level="city",
        route="X301",
        stakes="K0+500-K5+100",
    )
    dangers = _dangers(bus, port, road)
    _hazard(port)
    return 3 + dangers + 1 + _body(port) + _series()


def _object(model: type, name: str, username: str, **facts) -> Project:
    owner = User.objects.get(username=username, is_demo=True).organization
    district = District.objects.filter(is_zone=False).order_by("order", "pk").first()
    made = model(name=f"{name}（演示）", owner=owner, district=district, is_demo=True, **facts)
    records.create(made, actor("staff"), reason="演示数据")
    return Project.objects.get(pk=made.pk)


def _dangers(bus: Project, port: Project, road: Project) -> int:
    _danger(bus, "停车场充电区", "演示：充电桩未设防撞设施，灭火器不足", "消防", "bus", closed=True)
    _danger(port, "2号泊位岸电箱", "演示：岸电箱门破损，警示标志缺失", "临时用电", "port")
    major = _danger(
        road,
        "临水路段护栏",
        "演示：临水路段护栏连续缺失，夜间反光标志失效",
        "道路交通与保通",
        "keeper",
        stakes="K2+300-K2+800",
    )
    perform(
        major,
        "raise_grade",
        actor("staff"),
        {"clause": "演示：按专家意见", "opinion": "演示：临水高差大，影响通行安全。"},
    )
    perform(
        HiddenDanger.objects.get(pk=major.pk),
        "list",
        actor("staff"),
        {
            "listing_source": "patrol",
            "listing_level": "city",
            "listing_number": "演示督办路1号",
            "opinion": "演示：限期整改。",
        },
    )
    return 3


def _danger(
    where: Project, part: str, text: str, category: str, unit: str, closed: bool = False, **facts
) -> HiddenDanger:
    today = timezone.localdate()
    danger = HiddenDanger(
        project=where,
        part=part,
        description=text,
        category=category,
        source="inspection",
        found_on=today - timedelta(days=8),
        is_demo=True,
        **facts,
    )
    danger = records.create(danger, actor("inspector"), reason="演示数据")
    rules = rule(MAJOR_ITEMS)
    answers = {question.key: "no" for question in grading.questions(rules, category)}
    judged = grading.judge(rules, category, (), answers)
    danger = services.record_judgement(danger, judged, actor("inspector"))
    given = {
        "category": category,
        "responsible_unit": danger.responsible_unit_id,
        "deadline": today + timedelta(days=10),
    }
    danger = perform(danger, "verify", actor("inspector"), given)
    if closed:
        _attach(danger, "整改照片", unit)
        danger = perform(danger, "rectify_project", actor(unit), {"opinion": "演示：已加装并配齐。"})
        _attach(danger, "现场复查记录", "inspector")
        danger = perform(danger, "review", actor("inspector"), {"opinion": "演示：现场复查合格。"})
    return danger


def _attach(record, kind: str, username: str) -> None:
    attach(record, ContentFile(demo_pdf(kind), name=f"{kind}.pdf"), kind, actor(username))


def _hazard(port: Project) -> None:
    hazard = Hazard(
        project=port,
        part="危险货物堆场",
        event="泄漏、火灾",
        accident=Hazard._meta.get_field("accident").choices[0][0],
        causes="演示：装卸作业不规范、监测缺失",
        responsible_unit=port.owner,
        is_demo=True,
    )
    records.create(hazard, actor("port"), reason="演示数据")


def _body(port: Project) -> int:
    today = timezone.localdate()
    office = Organization.objects.get(kind="service_body", is_demo=True)
    made = ServiceBody(
        organization=office,
        scope=["安全评价", "检测检验", "安全咨询"],
        qualification="安全评价机构资质（演示）",
        certificate="演示-0001",
        qualified_from=date(today.year - 1, 1, 1),
        qualified_until=date(today.year + 2, 12, 31),
        is_demo=True,
    )
    body = records.create(made, actor("staff"), reason="演示数据")
    pledge = ServicePledge(
        body=body, year=today.year, pledged_on=today, signer="演示法定代表人", is_demo=True
    )
    records.create(pledge, actor("staff"), reason="演示数据")
    _attach(pledge, "诚信承诺书", "staff")
    job = ServiceJob(
        body=body, project=port, topic="港口重大危险源安全评价（演示）", begins_on=today, is_demo=True
    )
    job = records.create(job, actor("port"), reason="演示数据")
    _attach(job, "服务报告", "port")
    perform(job, "finish", actor("port"), {"conclusion": "演示：符合安全条件，提出3项建议。"})
    scored = ServiceAssessment(
        body=body,
        year=today.year - 1,
        deducted={"报告质量": 6, "服务过程真实完整": 3},
        findings="演示：两份报告缺少现场勘查影像。",
        is_demo=True,
    )
    scored = records.create(scored, actor("staff"), reason="演示数据")
    perform(scored, "submit", actor("staff"), {})
    return 4


def _series() -> int:
    load_series()
    day = timezone.localdate().replace(day=1) - timedelta(days=1)
    overload = FigureSeries.objects.get(code="overload")
    accidents = FigureSeries.objects.get(code="road-accidents")
    number = 0
    for back, found in enumerate(OVERLOADED):
        month = _back(day, back)
        _value(overload, month, numerator=Decimal(found), denominator=Decimal(2000))
        if back < len(ACCIDENTS):
            now, then = ACCIDENTS[back]
            _value(accidents, month, value=Decimal(now))
            _value(accidents, _back(month, 12), value=Decimal(then))
            number += 2
        number += 1
    return number


def _back(day: date, months: int) -> date:
    """The first of the month that lies so many months earlier."""
    total = day.year * 12 + day.month - 1 - months
    return date(total // 12, total % 12 + 1, 1)


def _value(series: FigureSeries, month: date, **numbers) -> None:
    period = periods.holding(series.every, month)
    row = SeriesValue(
        series=series,
        period=period.code,
        source="演示月报",
        sourced_on=min(period.last + timedelta(days=5), timezone.localdate()),
        is_demo=True,
        **numbers,
    )
    row = records.create(row, actor("staff"), reason="演示数据")
    row = perform(row, "submit", actor("staff"), {})
    perform(row, "confirm", actor("leader"), {"opinion": "演示：与来源一致。"})
