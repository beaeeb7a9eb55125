"""The demonstration's dangerous works, equipment, camps and training, performed by its persons. All invented and
marked."""

from __future__ import annotations

from datetime import timedelta

from django.core.files.base import ContentFile
from django.utils import timezone

from projects.loading.demo.sheet import demo_pdf
from projects.models import Section
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.flows.models import Event, FlowRecord
from supervision.flows.perform import perform
from supervision.papers.services import attach
from supervision.people.models import User

from .models import (
    Camp,
    CampNeighbour,
    DangerousWork,
    DeviceCertificate,
    FirstFacility,
    Hazard,
    Machine,
    SafetyActivity,
    TemporaryFacility,
    Training,
    WorkerCertificate,
)
from .site import clauses, expiry

BATCH = "load_demo_site"
WHO = ("contractor", "supervisor", "owner", "staff")
# (part, stakes, item, sizes, steps after 方案编制)
WORKS = (
    (
        "3号墩现浇支架",
        "K1+180-K1+260",
        "支架现浇与模板支撑",
        {"height": 9, "span": 20, "load": 12},
        ("review", "argue", "approve", "disclose", "check", "begin"),
    ),
    (
        "主墩深基坑",
        "K1+000-K1+060",
        "基坑开挖与支护",
        {"height": 6},
        ("review", "overrule_argue", "approve"),
    ),
    ("涵洞基坑", "K2+450", "基坑开挖与支护", {"height": "3.5"}, ("review_to_approve",)),
    ("跨河钢栈桥", "K1+040-K1+320", "水上钢栈桥与作业平台", {}, ()),
)
# (kind, code, model, registration, certificates as (kind, device, days left))
MACHINES = (
    ("excavator", "WJ-01", "演示220型", "", ()),
    (
        "tower_crane",
        "TD-01",
        "演示QTZ80",
        "演示登记01",
        (("inspection", "", 5), ("calibration", "力矩限制器", -3)),
    ),
    ("bridge_erector", "JQJ-01", "演示JQ180", "演示登记02", (("inspection", "", 25),)),
    ("gantry_crane", "MD-01", "演示MG50", "", ()),
)
HOLDERS = (
    ("演示·电工甲", "electrician", 200),
    ("演示·焊工乙", "welder", 18),
    ("演示·架子工丙", "height", -4),
)


def actor(username: str) -> Actor:
    return Actor.of(User.objects.get(username=username, is_demo=True), "command").in_batch(BATCH)


def file(record: FlowRecord, kind: str, who: str) -> None:
    attach(record, ContentFile(demo_pdf(kind), name=f"{kind}.pdf"), kind, actor(who))


def create(record, who: str):
    record.is_demo = True
    return records.create(record, actor(who), reason="演示数据")


def load() -> int:
    """Load them onto the section of the demonstration's hazards; returns how many works, machines and camps.
    Run again it adds nothing. Raises LookupError when the demonstration is not there."""
    if Event.objects.filter(batch=BATCH).exists():
        return 0
    if User.objects.filter(username__in=WHO, is_demo=True).count() != len(WHO):
        raise LookupError("没有演示用户，请先运行 load_demo。")
    hazard = Hazard.objects.filter(is_demo=True, section__isnull=False).order_by("pk").first()
    if hazard is None:
        raise LookupError("没有演示风险，请先载入演示风险与检查。")
    section = hazard.section
    for story in WORKS:
        _work(section, *story)
    for story in MACHINES:
        _machine(section, *story)
    today = timezone.localdate()
    for number, (holder, trade, days) in enumerate(HOLDERS, 1):
        facts = {"number": f"演示证{number:03}", "valid_until": today + timedelta(days=days)}
        create(WorkerCertificate(section=section, holder=holder, trade=trade, **facts), "contractor")
    _camps(section)
    _first_facilities(section)
    _meetings(section)
    expiry.watch(Actor.of(None, "command").in_batch(BATCH))
    return len(WORKS) + len(MACHINES) + 2


def _train(section: Section, kind: str, topic: str, expected: int, attended: int, **facts) -> Training:
    row = Training(
        section=section,
        kind=kind,
        topic=f"演示：{topic}",
        lecturer="演示·褚施工",
        expected=expected,
        attended=attended,
        **facts,
    )
    return create(row, "contractor")


def _work(section: Section, part: str, stakes: str, item: str, sizes: dict, steps: tuple[str, ...]) -> None:
    work = create(DangerousWork(section=section, part=part, stakes=stakes, item=item, **sizes), "contractor")
    if not steps:
        return
    for kind in ("专项施工方案", "专家论证报告"):
        file(work, kind, "contractor")
    work = perform(
        work,
        "make",
        actor("contractor"),
        {"scheme_title": f"{part}专项施工方案", "maker": "演示·褚施工"},
    )
    for step in steps:
        who, given = "contractor", {"opinion": "演示：同意。"}
        if step in ("review", "review_to_approve"):
            given["reviewer"] = "演示·沈总工"
        elif step == "argue":
            given["argument_result"] = "changed"
        elif step == "overrule_argue":
            who, given["opinion"] = "owner", "演示：汛期将至，须先行支护，论证会定于下周召开。"
        elif step == "approve":
            who = "supervisor"
        elif step == "disclose":
            _train(section, "disclosure", f"{part}安全技术交底", 24, 24, work=work)
        elif step == "check":
            who, given["site_supervisor"] = "supervisor", "演示·韩专职"
            _answer(work, ())
        elif step == "begin":
            _scaffold(section, work)
        work = perform(work, step, actor(who), given)


def _answer(subject: DangerousWork | Camp, unmet: tuple[str, ...]) -> None:
    for row in clauses.rows_of(subject):
        failed = row.code in unmet
        row = perform(row, "fail" if failed else "meet", actor("supervisor"), {"opinion": "演示：现场查看。"})
        if failed:
            perform(row, "raise", actor("supervisor"), {"opinion": "演示：限期整改。"})


def _scaffold(section: Section, work: DangerousWork) -> None:
    facility = create(
        TemporaryFacility(
            section=section,
            work=work,
            kind="scaffold",
            name=f"{work.part}（盘扣式）",
            calculated_by="演示设计单位",
            calculated_on=timezone.localdate(),
            design_load=1200,
        ),
        "contractor",
    )
    for kind in ("验算书", "验收记录", "荷载试验报告"):
        file(facility, kind, "contractor")
    facility = perform(facility, "check_calculation", actor("supervisor"), {})
    facility = perform(facility, "accept_erection", actor("supervisor"), {})
    perform(facility, "pass_test", actor("supervisor"), {"test_load": "1320"})


def _machine(
    section: Section, kind: str, code: str, model: str, registration: str, certificates: tuple
) -> None:
    machine = create(
        Machine(section=section, kind=kind, code=code, model_name=model, registration=registration),
        "contractor",
    )
    for number, (of, device, days) in enumerate(certificates, 1):
        create(
            DeviceCertificate(
                machine=machine,
                kind=of,
                device=device,
                number=f"演示{code}-{number}",
                issued_by="演示检验机构",
                valid_until=timezone.localdate() + timedelta(days=days),
            ),
            "contractor",
        )
    if not machine.lacking():
        perform(machine, "accept", actor("supervisor"), {})


def _camps(section: Section) -> None:
    """One in use, left once in heavy rain; one that may not be used yet."""
    facts = {
        "whistleblower": "演示·尤吹哨",
        "leave_when": "演示：1小时雨量达50mm，或接到暴雨红色预警。",
        "assembly_point": "演示：北门停车场",
    }
    camp = create(
        Camp(section=section, name="项目部驻地（演示）", address="K0+300右侧", sleepers=46, **facts),
        "contractor",
    )
    create(CampNeighbour(camp=camp, kind="silo", name="1号水泥罐", height=18, distance=65), "contractor")
    camp = perform(camp, "submit", actor("contractor"), {})
    _answer(camp, ())
    camp = perform(camp, "approve", actor("supervisor"), {})
    camp = perform(camp, "evacuate", actor("contractor"), {"opinion": "演示：短时强降雨，围墙外积水上涨。"})
    left = perform(camp.evacuations.get(), "confirm_out", actor("contractor"), {"people": 46})
    perform(left, "return_back", actor("supervisor"), {"opinion": "演示：雨停水退，房屋用电复核正常。"})
    other = create(
        Camp(section=section, name="钢筋班组驻地（演示）", address="K1+100左侧", sleepers=12, **facts),
        "contractor",
    )
    create(CampNeighbour(camp=other, kind="crane", name="TD-01塔吊", height=40, distance=32), "contractor")
    other = perform(other, "submit", actor("contractor"), {})
    _answer(other, ("ZD-4",))


def _first_facilities(section: Section) -> None:
    for name, confirmed in (("墩柱施工平台（演示）", True), ("临边防护栏杆（演示）", False)):
        facility = create(
            FirstFacility(section=section, name=name, part="2号墩", points="演示：定型化，螺栓连接，挂牌。"),
            "contractor",
        )
        if confirmed:
            facility = perform(facility, "accept", actor("supervisor"), {})
            perform(facility, "confirm", actor("owner"), {})


def _meetings(section: Section) -> None:
    _train(section, "entry", "新进场人员三级安全教育", 18, 16, made_up=2, hours=24)
    _train(section, "shift", "夏季高温作业班前会", 35, 33)
    today = timezone.localdate()
    facts = {"planned_on": today, "organizer": actor("staff").user.organization}
    contest = create(
        SafetyActivity(title="全市交通工程安全知识竞赛（演示）", kind="contest", **facts), "staff"
    )
    perform(contest, "hold", actor("staff"), {"held_on": today, "participants": 120, "units": 14})
    facts["organizer"] = actor("contractor").user.organization
    create(
        SafetyActivity(title="坍塌事故警示教育（演示）", kind="warning", project=section.project, **facts),
        "contractor",
    )
