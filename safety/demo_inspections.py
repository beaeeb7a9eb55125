"""The demonstration's hazards, inspections and random draw, performed by its persons. All invented and marked."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from projects.models import Section
from projects.models.section import SectionKind
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.flows.models import Event
from supervision.flows.perform import perform
from supervision.people.models import Organization, User

from .hazards.watching import ask_anew
from .inspections import answering, asking, sealing
from .models import (
    Hazard,
    HazardTrigger,
    InspectionPlan,
    InspectionTask,
    Inspector,
    RandomDraw,
    Recusal,
    Visit,
)

BATCH = "load_demo_inspections"
# (part, stakes, event, accident, causes, L, C, how far it goes)
HAZARDS = (
    ("3号墩现浇支架", "K1+180-K1+260", "支架坍塌", "collapse", "地基软弱，预压不足", "6", "10", "controlled"),
    ("主墩深基坑", "K1+000-K1+060", "基坑坍塌", "collapse", "临河，地下水位高", "5", "5", "controlled"),
    ("钢栈桥", "K1+040-K1+320", "栈桥失稳、人员落水", "drowning", "冲刷，车辆超载", "3", "5", "controlled"),
    ("架桥机架梁", "K1+260-K1+420", "架桥机倾覆", "lifting", "支垫不平，大风", "4", "5", "triggered"),
    ("箱梁桥面施工", "K1+180-K1+420", "高处坠落", "fall", "临边防护不到位", "6", "2", "controlled"),
    ("交通导改", "K0+600-K1+000", "车辆闯入作业区", "vehicle", "夜间照明不足", "4", "2", "controlled"),
    ("钢筋加工场", "", "触电", "shock", "私拉电线", "3", "1", "controlled"),
    ("拌和站", "", "机械伤害", "machinery", "防护罩缺失", "3", "2", "assessed"),
    ("路基填筑", "K2+100-K2+900", "车辆碰撞", "vehicle", "便道狭窄", "3", "1", "controlled"),
    ("涵洞施工", "K2+450", "沟槽坍塌", "collapse", "放坡不足", None, None, "identified"),
)
FIVE = {
    "basic_list": "演示：风险点、等级、工程概况。",
    "duty_list": "演示：项目经理总责，分管副经理包保。",
    "monitoring_list": "演示：沉降、位移每日两次，预警值20mm。",
    "prevention_list": "演示：专家论证、预压、分级加载、验收挂牌。",
    "emergency_list": "演示：预警停工撤人，应急物资到场。",
}
FOUND = (
    ("TY-FH-1", "2号墩作业平台", "K1+210", "演示：临边防护栏杆缺失约6米。"),
    ("TY-LD-1", "钢筋加工场", "", "演示：二级配电箱未上锁，一闸多机。"),
)
TEAM = ("演示·吴监督", "演示·李业务")


def actor(username: str) -> Actor:
    return Actor.of(User.objects.get(username=username, is_demo=True), "command").in_batch(BATCH)


def load() -> int:
    """Load them onto the section where the demonstration's contractor and supervisor work; returns how many
    hazards and visits. Run again it adds nothing. Raises LookupError when the demonstration is not there."""
    if Event.objects.filter(batch=BATCH).exists():
        return 0
    people = {
        name: User.objects.filter(username=name, is_demo=True).first()
        for name in ("contractor", "supervisor", "inspector", "staff")
    }
    if None in people.values():
        raise LookupError("没有演示用户，请先运行 load_demo。")
    sections = Section.objects.visible_to(people["contractor"]) & Section.objects.visible_to(
        people["supervisor"]
    )
    section = (
        sections.filter(
            Q(end_on__isnull=True), kind=SectionKind.CONSTRUCTION, project__handover_on__isnull=True
        )
        .select_related("project")
        .order_by("pk")
        .first()
    )
    if section is None:
        raise LookupError("演示的施工单位和监理单位没有共同参建的在建标段。")
    for story in HAZARDS:
        _hazard(section, *story)
    plan = _plan()
    _visits(section, plan)
    _draw(plan, section)
    ask_anew(Actor.of(None, "command").in_batch(BATCH))
    return len(HAZARDS) + 2


def _hazard(section, part, stakes, event, accident, causes, likelihood, consequence, goal) -> None:
    who = actor("contractor")
    hazard = records.create(
        Hazard(
            project=section.project,
            section=section,
            part=part,
            stakes=stakes,
            event=event,
            accident=accident,
            causes=f"演示：{causes}。",
            is_demo=True,
        ),
        who,
        reason="演示数据",
    )
    if goal == "identified":
        return
    hazard = perform(
        hazard, "assess", who, {"method": "lc", "likelihood": likelihood, "consequence": consequence}
    )
    if goal == "assessed":
        return
    given = {
        "measures": "演示：专项方案、班前交底、专人巡查。",
        "responsible_unit": hazard.responsible_unit_id,
        "responsible_person": "演示·褚施工",
    }
    name = "control_major" if hazard.is_major else "control"
    hazard = perform(hazard, name, who, given | (FIVE if hazard.is_major else {}))
    if goal == "triggered":
        records.create(
            HazardTrigger(
                project=section.project,
                section=section,
                hazard=hazard,
                kind="method",
                description="演示：架桥机更换型号。",
                is_demo=True,
            ),
            who,
        )


def _plan() -> InspectionPlan:
    year = timezone.localdate().year
    plan = InspectionPlan(
        title="公路水运工程安全监督检查计划（演示）",
        year=year,
        organization=actor("staff").user.organization,
        basis="演示数据",
        content="演示：综合检查每半年一次，双随机抽查每季度一次，重点时段专项检查。",
        is_demo=True,
    )
    return perform(records.create(plan, actor("staff"), reason="演示数据"), "issue", actor("staff"), {})


def _task(section, plan, kind, days) -> InspectionTask:
    return records.create(
        InspectionTask(
            plan=plan,
            kind=kind,
            project=section.project,
            section=section,
            inspectors=list(TEAM),
            requirement="演示：临时用电、临边防护、起重吊装。",
            due_by=timezone.localdate() + timedelta(days=days),
            is_demo=True,
        ),
        actor("staff"),
        reason="演示数据",
    )


def _visits(section: Section, plan: InspectionPlan) -> None:
    """One signed and sealed, one begun, one task still to do."""
    visit = _begin(section, _task(section, plan, "special", 5))
    _answer(visit, FOUND)
    visit = perform(
        visit, "finish", actor("inspector"), {"outcome": "order", "summary": "演示：限期7个工作日整改。"}
    )
    for username in ("inspector", "staff", "contractor"):
        sealing.confirm(visit, actor(username))
    perform(visit, "seal", actor("inspector"), {})
    _begin(section, _task(section, plan, "follow_up", 10))
    _task(section, plan, "unannounced", 20)


def _begin(section: Section, task: InspectionTask) -> Visit:
    visit = Visit(
        task=task,
        kind=task.kind,
        project=section.project,
        section=section,
        inspectors=list(TEAM),
        place="主桥、钢筋加工场",
        is_demo=True,
    )
    visit = records.create(visit, actor("inspector"), reason="演示数据")
    return answering.choose_lists(visit, ["TY-LD", "TY-FH", "TY-JXSB"], actor("inspector"))


def _answer(visit: Visit, found: tuple) -> None:
    by_key = {key: rest for key, *rest in found}
    given = []
    for group in asking.groups_of(visit):
        for item in group.items:
            if item.key in by_key:
                part, stakes, text = by_key[item.key]
                given.append(answering.Given(item.key, "fail", part=part, stakes=stakes, description=text))
            else:
                given.append(answering.Given(item.key, "na" if group.kind == asking.MAJOR else "pass"))
    answering.save(visit, given, actor("inspector"))


def _draw(plan: InspectionPlan, section: Section) -> None:
    """A roster of inspectors, one recusal, a draw that was made and one whose lists are published."""
    who = actor("staff")
    office = Organization.objects.filter(kind="enforcement").order_by("pk").first() or who.user.organization
    people = [
        records.create(
            Inspector(name=name, organization=office, specialty=specialty, is_demo=True),
            who,
            reason="演示数据",
        )
        for name, specialty in (
            ("演示·检查员甲", "桥梁"),
            ("演示·检查员乙", "机电"),
            ("演示·检查员丙", "道路"),
            ("演示·检查员丁", "水运"),
        )
    ]
    records.create(
        Recusal(inspector=people[0], project=section.project, reason="演示：曾参与该项目咨询", is_demo=True),
        who,
    )
    for title, seed in (("第一次双随机抽查（演示）", "演示摇奖号码 3 7 9"), ("第二次双随机抽查（演示）", "")):
        draw = RandomDraw(
            title=title,
            year=timezone.localdate().year,
            plan=plan,
            number=2,
            weighted=True,
            due_by=timezone.localdate() + timedelta(days=30),
            is_demo=True,
        )
        draw = records.create(draw, who, reason="演示数据")
        draw = perform(draw, "commit", who, {"seed_source": "公布次日的公开摇奖号码（演示）"})
        if seed:
            perform(draw, "draw", who, {"seed_text": seed})
