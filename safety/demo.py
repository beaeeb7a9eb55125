"""The demonstration's hidden dangers, performed by its persons. All invented and marked."""

from __future__ import annotations

from datetime import timedelta

from django.core.files.base import ContentFile
from django.db.models import Q
from django.utils import timezone

from projects.loading.demo.sheet import demo_pdf
from projects.models import Section
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.flows.models import Event
from supervision.flows.perform import perform
from supervision.papers.services import attach
from supervision.people.models import User

from . import grading, services
from .escalation import escalate
from .models import HiddenDanger
from .rules import MAJOR_ITEMS, rule

BATCH = "load_demo_safety"
# (part, description, category, steps after 核查, days until the deadline)
STORIES = (
    ("2号墩作业平台", "临边护栏缺失两处", "高处作业与临边防护", ("rectify", "accept"), 5),
    ("钢筋加工场", "二级配电箱未上锁，一闸多机", "临时用电", ("rectify",), 5),
    ("项目部驻地", "灭火器过期", "消防", (), 1),
    ("K1+200 交通导改段", "夜间警示灯不亮", "道路交通与保通", (), -6),
    ("拌和站", "安全操作规程未上墙", "安全标志与警示", ("rectify", "return_accept"), 5),
    ("架桥机", "支垫不平，未锚固", "架桥机与起重机械", ("major", "list"), 20),
    ("3号基坑", "坑边堆载过近", "深基坑", ("none",), 0),
)
# In the county of the demonstration's county office, so that its reports and its appraisal have something to count.
COUNTY_STORIES = (
    ("跨河桥台", "临水作业未配救生器材", "高处作业与临边防护", ("rectify", "accept"), 5),
    ("路基边坡", "坡脚警示标志缺失", "安全标志与警示", ("rectify",), 5),
)
MAJOR_YES = {"架桥机与起重机械": "MH-09-2.2"}


def actor(username: str) -> Actor:
    return Actor.of(User.objects.get(username=username, is_demo=True), "command").in_batch(BATCH)


def load() -> int:
    """Load them onto a section where the demonstration's contractor and supervisor work; returns how many.

    Run again it adds nothing. Raises LookupError when the demonstration itself is not there.
    """
    if Event.objects.filter(batch=BATCH).exists():
        return 0
    people = {
        role: User.objects.filter(username=role, is_demo=True).first()
        for role in ("contractor", "supervisor")
    }
    if None in people.values():
        raise LookupError("没有演示用户，请先运行 load_demo。")
    sections = Section.objects.visible_to(people["contractor"]) & Section.objects.visible_to(
        people["supervisor"]
    )
    section = (
        sections.filter(Q(end_on__isnull=True), project__handover_on__isnull=True).order_by("pk").first()
    )
    if section is None:
        raise LookupError("演示的施工单位和监理单位没有共同参建的在建标段。")
    for story in STORIES:
        _play(section, *story)
    district = User.objects.filter(username="county", is_demo=True).values(
        "memberships__organization__district"
    )
    open_there = sections.filter(
        end_on__isnull=True, project__handover_on__isnull=True, project__district__in=district
    )
    county = open_there.order_by("pk").first()
    for story in COUNTY_STORIES if county else ():
        _play(county, *story)
    escalate(Actor.of(None, "command").in_batch(BATCH))
    return len(STORIES) + (len(COUNTY_STORIES) if county else 0)


def _play(section: Section, part: str, text: str, category: str, steps: tuple[str, ...], days: int) -> None:
    today = timezone.localdate()
    danger = HiddenDanger(
        project=section.project,
        section=section,
        part=part,
        description=f"演示：{text}",
        category=category,
        found_on=today - timedelta(days=10),
        is_demo=True,
    )
    danger = records.create(danger, actor("contractor"), reason="演示数据")
    if "none" in steps:
        return
    rules = rule(MAJOR_ITEMS)
    answers = {q.key: "no" for q in grading.questions(rules, category)}
    if category in MAJOR_YES:
        answers[MAJOR_YES[category]] = "yes"
    danger = services.record_judgement(
        danger, grading.judge(rules, category, (), answers), actor("inspector")
    )
    unit = danger.responsible_unit_id
    given = {"category": category, "responsible_unit": unit, "deadline": today + timedelta(days=days)}
    given["clause"] = danger.clause
    danger = perform(danger, "verify_major" if "major" in steps else "verify", actor("inspector"), given)
    for step in steps:
        if step == "list":
            listing = {
                "listing_source": "patrol",
                "listing_level": "city",
                "listing_number": "演示督办1号",
                "opinion": "演示：限期整改。",
            }
            danger = perform(danger, "list", actor("staff"), listing)
        elif step != "major":
            who = "contractor" if step == "rectify" else "supervisor"
            if step == "rectify":
                attach(danger, ContentFile(demo_pdf("整改照片"), name="整改照片.pdf"), "整改照片", actor(who))
            danger = perform(danger, step, actor(who), {"opinion": "演示：见附件。"})
