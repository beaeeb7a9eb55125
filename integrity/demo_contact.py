"""The demonstration's contact points, meetings, experience, publicity, and documents owed; invented and marked."""

from __future__ import annotations

from datetime import date, timedelta

from django.core.files.base import ContentFile
from django.utils import timezone

from projects.loading.demo.sheet import demo_pdf
from projects.models import OwedDocument, Project
from projects.owed import generating
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.flows.models import Event
from supervision.flows.perform import perform
from supervision.papers.services import attach
from supervision.people.models import User

from .models import ContactPoint, Experience, MeetingShow, Publicity, ServiceVisit, WorkMeeting

BATCH, LABEL = "load_demo_contact", "联系服务与应编文件"
NEEDED = ("staff", "owner", "contractor", "county")


def load() -> int:
    """Returns how many records were made; run again it adds nothing. Raises LookupError without load_demo."""
    if Event.objects.filter(batch=BATCH).exists():
        return 0
    people = {user.username: user for user in User.objects.filter(is_demo=True, username__in=NEEDED)}
    if set(NEEDED) - set(people):
        raise LookupError("没有演示用户，请先运行 load_demo。")
    actors = {name: Actor.of(user, "command").in_batch(BATCH) for name, user in people.items()}
    owner = people["owner"].organization
    project = (
        Project.objects.filter(owner=owner, merged_into__isnull=True).order_by("-start_on", "pk").first()
    )
    _contact(people, actors["staff"], project)
    _meetings(people, actors["staff"], project)
    _experience(people, actors, project)
    _documents(actors)
    return Event.objects.filter(batch=BATCH, verb="create").count()


def _contact(people: dict[str, User], staff: Actor, project: Project | None) -> None:
    office, owner = people["staff"].organization, people["owner"].organization
    first = date(timezone.localdate().year, 1, 1)
    facts = {"office": office, "since": first, "is_demo": True}
    points = [
        ContactPoint(post="演示·分管副局长", unit=owner, project=project, task="协调推进项目建设", **facts),
        ContactPoint(
            post="演示·总工程师", unit=people["contractor"].organization, task="帮扶施工单位", **facts
        ),
    ]
    records.create_many(points, staff)
    visit = ServiceVisit(
        office=office,
        unit=owner,
        project=project,
        point=points[0],
        visited_on=timezone.localdate() - timedelta(days=12),
        visitors=3,
        topic="演示：联系点走访",
        summary="演示：了解建设进度和需要协调的事项。",
        is_demo=True,
    )
    records.create(visit, staff)


def _meetings(people: dict[str, User], staff: Actor, project: Project | None) -> None:
    office, today = people["staff"].organization, timezone.localdate()
    view = WorkMeeting(
        unit=office,
        kind="view",
        title="演示：品质工程现场观摩会",
        planned_on=today - timedelta(days=40),
        place="演示·项目现场",
        is_demo=True,
    )
    view = records.create(view, staff)
    if project is not None:
        show = MeetingShow(meeting=view, project=project, content="演示：标准化驻地、首件样板")
        records.create(show, staff)
    held = {
        "held_on": today - timedelta(days=40),
        "people": 86,
        "units": 21,
        "summary": "演示：现场观摩并交流。",
    }
    perform(view, "hold", staff, held)
    push = WorkMeeting(
        unit=office,
        kind="push",
        title="演示：三个工程推进会",
        planned_on=today + timedelta(days=10),
        is_demo=True,
    )
    records.create(push, staff)


def _experience(people: dict[str, User], actors: dict[str, Actor], project: Project | None) -> None:
    owner, today = people["owner"].organization, timezone.localdate()
    made = Experience(
        unit=owner,
        title="演示：桥梁墩柱首件样板做法",
        kind="quality",
        project=project,
        content="演示：以首件定工艺、定标准，墩柱外观和保护层合格率明显提高。",
        is_demo=True,
    )
    made = perform(records.create(made, actors["owner"]), "submit", actors["owner"])
    made = perform(made, "publish", actors["staff"], {"level": "city"})
    perform(made, "adopt", actors["staff"], {"adopted_by": "演示施工单位一（演示）"})
    for title, medium, level, back in (
        ("演示：品质工程走进工地", "演示日报", "city", 30),
        ("演示：交通工程建设者", "演示交通报", "province", 55),
    ):
        item = Publicity(
            unit=owner,
            title=title,
            medium=medium,
            level=level,
            published_on=today - timedelta(days=back),
            project=project,
            is_demo=True,
        )
        records.create(item, actors["owner"])


def _documents(actors: dict[str, Actor]) -> None:
    """The checklist of the works at hand; the demo units' documents are handed in, one of them was checked."""
    generating.make_due(timezone.localdate(), actors["staff"])
    for name, kind in (("owner", "general_plan"), ("contractor", "implementation_plan")):
        unit = actors[name].user.organization
        rows = OwedDocument.objects.filter(unit=unit, kind=kind).select_related("section__project", "project")
        for place, document in enumerate(rows.order_by("pk")[:3]):
            content = demo_pdf(document.get_kind_display())
            attach(document, ContentFile(content, "方案.pdf"), "文件", actors[name])
            told = {"title": f"演示：{document.get_kind_display()}", "goals": "all" if place else "some"}
            document = perform(document, "hand_in", actors[name], told)
            if (
                name == "contractor"
                and place == 1
                and document.project.owner == actors["owner"].user.organization
            ):
                perform(document, "accept", actors["owner"])
