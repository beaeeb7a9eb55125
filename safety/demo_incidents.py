"""The demonstration's incidents, near misses, emergency management and pipelines. All invented and marked."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.core.files.base import ContentFile
from django.utils import timezone

from projects.loading.demo.sheet import demo_pdf
from projects.models import Section
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.flows.models import Event
from supervision.flows.perform import perform
from supervision.papers.services import attach
from supervision.people.models import User

from .emergency import exposure
from .emergency.views import take
from .models import (
    Drill,
    DutyShift,
    EmergencyMaterial,
    EmergencyPlan,
    Incident,
    IncidentMeasure,
    IncidentReport,
    NearMiss,
    Neighbour,
    NeighbourReading,
    Pipeline,
    WeatherCheck,
    WeatherWarning,
)
from .models.incident import FOUR, THREE

BATCH = "load_demo_incidents"


def actor(username: str) -> Actor:
    return Actor.of(User.objects.get(username=username, is_demo=True), "command").in_batch(BATCH)


def load() -> int:
    """Load them onto the section of the demonstration's inspections; returns how many records were filed by
    hand. Run again it adds nothing. Raises LookupError when the demonstration is not there."""
    if Event.objects.filter(batch=BATCH).exists():
        return 0
    contractor, supervisor = (
        User.objects.filter(username=name, is_demo=True).first() for name in ("contractor", "supervisor")
    )
    if contractor is None or supervisor is None:
        raise LookupError("没有演示用户，请先运行 load_demo。")
    section = (
        (Section.objects.visible_to(contractor) & Section.objects.visible_to(supervisor))
        .filter(end_on__isnull=True, kind="construction", project__handover_on__isnull=True)
        .select_related("project")
        .order_by("pk")
        .first()
    )
    if section is None:
        raise LookupError("演示的施工单位和监理单位没有共同参建的在建标段。")
    site = Demo(section)
    site.incidents()
    site.near_misses()
    site.emergency()
    site.weather()
    site.pipelines()
    return site.made


class Demo:
    def __init__(self, section: Section):
        self.section = section
        self.place = {"project": section.project, "section": section, "is_demo": True}
        self.today = timezone.localdate()
        self.made = 0

    def file(self, record, username: str = "contractor"):
        self.made += 1
        return records.create(record, actor(username), reason="演示数据")

    def paper(self, record, kind: str, username: str) -> None:
        attach(record, ContentFile(demo_pdf(kind), name=f"{kind}（演示）.pdf"), kind, actor(username))

    def incidents(self) -> None:
        """One reported in time and closed, one reported late and under investigation."""
        now = timezone.now()
        first = self.file(
            Incident(
                place="3号墩作业平台",
                accident="fall",
                happened_at=now - timedelta(minutes=25),
                known_at=now - timedelta(minutes=20),
                called_at=now - timedelta(minutes=12),
                called_to="演示·值班室",
                serious_injuries=1,
                direct_loss=Decimal(80000),
                summary="演示：一名工人从作业平台坠落受伤，已送医，作业面停工。",
                **self.place,
            )
        )
        self.file(
            IncidentReport(
                incident=first,
                kind="follow",
                content="演示：伤者生命体征平稳，事故原因初步为安全带未系挂。",
                direct_loss=Decimal(120000),
                is_demo=True,
            )
        )
        staff = actor("staff")
        first = perform(
            Incident.objects.get(pk=first.pk), "investigate", staff, {"investigator": "事故调查组（演示）"}
        )
        self.paper(first, "调查报告", "staff")
        given = {"liability": "liable", "direct_cause": "演示：未系挂安全带，临边防护缺失。"}
        first = perform(first, "conclude", staff, given)
        first = perform(first, "approve", staff, {})
        for days, content in ((10, "演示：补齐临边防护并验收挂牌。"), (15, "演示：全员安全带使用专项教育。")):
            due = self.today + timedelta(days=days)
            self.file(IncidentMeasure(incident=first, content=content, due_by=due, is_demo=True), "staff")
        for task in first.measures.all():
            task = perform(task, "hand_in", actor("contractor"), {"done": "演示：已完成。"})
            perform(task, "accept", staff, {})
        first = perform(first, "check_four", staff, dict.fromkeys(FOUR, "演示：已落实，见调查报告。"))
        first = perform(first, "check_three", staff, dict.fromkeys(THREE, "演示：已检查，见调查报告。"))
        perform(first, "close", staff, {})
        late = self.file(
            Incident(
                place="钢筋加工场",
                accident="shock",
                happened_at=now - timedelta(hours=3),
                known_at=now - timedelta(hours=2, minutes=50),
                deaths=1,
                summary="演示：一名工人触电，经抢救无效死亡。",
                **self.place,
            )
        )
        perform(
            Incident.objects.get(pk=late.pk), "investigate", staff, {"investigator": "事故调查组（演示）"}
        )

    def near_misses(self) -> None:
        for part, description in (
            ("架桥机", "演示：吊装时吊带滑移约20厘米，及时停止，未伤人。"),
            ("钢栈桥", "演示：运输车倒车至护栏边，指挥人员叫停。"),
        ):
            self.file(NearMiss(part=part, description=description, **self.place))
        done = NearMiss.objects.filter(is_demo=True).order_by("pk").first()
        given = {"cause": "演示：吊带磨损。", "lesson": "演示：更换吊带，班前检查。", "accident": "lifting"}
        perform(done, "analyse", actor("contractor"), given)

    def emergency(self) -> None:
        who = actor("contractor")
        for kind, title in (
            ("comprehensive", "综合应急预案（演示）"),
            ("special", "防坍塌专项应急预案（演示）"),
            ("on_site", "触电现场处置方案（演示）"),
        ):
            plan = self.file(EmergencyPlan(kind=kind, title=title, **self.place))
            plan = perform(plan, "review", who, {"reviewers": "演示·评审组"})
            if kind != "on_site":
                perform(plan, "file", who, {"filed_with": "演示主管部门"})
        for kind, topic, days in (
            ("on_site", "演示：触电急救演练", 20),
            ("evacuation", "演示：驻地疏散演练", 5),
            ("tabletop", "演示：防汛桌面推演", None),
        ):
            drill = self.file(
                Drill(kind=kind, topic=topic, planned_on=self.today + timedelta(days=12), **self.place)
            )
            if days:
                held = max(self.today - timedelta(days=days), self.today.replace(day=1))
                given = {"headcount": 46, "assessment": "演示：响应及时。", "held_on": held.isoformat()}
                perform(drill, "hold", who, given)
        for name, measure, quantity, least, days in (
            ("救生衣", "件", 40, 30, 400),
            ("应急照明灯", "台", 4, 6, None),
            ("急救药箱", "个", 3, 2, 20),
            ("干粉灭火器", "具", 24, 20, -3),
        ):
            self.file(
                EmergencyMaterial(
                    name=name,
                    measure=measure,
                    quantity=quantity,
                    least=least,
                    place="项目部物资库",
                    keeper="演示·保管员",
                    expires_on=self.today + timedelta(days=days) if days else None,
                    **self.place,
                )
            )
        for days, period in ((0, "whole"), (1, "whole"), (2, "day"), (4, "whole")):
            self.file(
                DutyShift(
                    day=self.today + timedelta(days=days),
                    period=period,
                    leader="演示·带班领导",
                    officers="演示·值班员",
                    phone="0527-00000000",
                    **self.place,
                )
            )

    def weather(self) -> None:
        """One warning whose check was answered, and one that still waits."""
        now = timezone.now()
        for kind, color, hours in (("wind", "yellow", 12), ("rain", "orange", 24)):
            self.file(
                WeatherWarning(
                    kind=kind,
                    color=color,
                    issued_at=now,
                    ends_at=now + timedelta(hours=hours),
                    source="演示气象台",
                    content="演示预警，未实际发布。",
                    is_demo=True,
                ),
                "staff",
            )
        check = WeatherCheck.objects.filter(warning__kind="wind", section=self.section, is_demo=True).first()
        if check is not None:
            items = exposure.settings_of("wind")["items"]
            answers = {f"result_{at}": "yes" for at in range(len(items))}
            answers |= {f"note_{at}": "" for at in range(len(items))}
            take(check, items, answers, actor("contractor"))

    def pipelines(self) -> None:
        who = actor("contractor")
        gas = self.file(
            Pipeline(kind="gas", part="2号承台基坑", owner_unit="演示燃气公司", stakes="K1+180", **self.place)
        )
        for name, kind, given in (
            ("survey", "探查成果", {"survey": "演示：人工探沟，中压燃气管。", "depth": "1.20"}),
            ("agree", "权属单位意见", {"agreement": "演示：同意，须全程旁站。"}),
            ("protect", "保护照片", {"protection": "演示：钢板防护、悬吊保护。"}),
        ):
            self.paper(gas, kind, "contractor")
            gas = perform(gas, name, who, given)
        self.file(
            Pipeline(
                kind="power", part="K2+100 路基", owner_unit="演示供电公司", stakes="K2+100", **self.place
            )
        )
        house = self.file(
            Neighbour(
                kind="house",
                name="演示民房",
                distance=Decimal("12.5"),
                protection="演示：隔离桩，限制振动作业。",
                watched="沉降（mm）",
                alarm=Decimal(20),
                **self.place,
            )
        )
        for days, value in ((2, "3.2"), (1, "4.1"), (0, "4.6")):
            day = self.today - timedelta(days=days)
            self.file(NeighbourReading(neighbour=house, read_on=day, value=Decimal(value), is_demo=True))
