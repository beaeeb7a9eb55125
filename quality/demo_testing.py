"""The demonstration's laboratory, tests, materials and defects, performed by its persons; invented and marked."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.core.files.base import ContentFile
from django.db.models import Q
from django.utils import timezone

from projects.loading.demo.sheet import demo_pdf
from projects.models import Participation, Section
from supervision.flows import records
from supervision.flows.history import SYSTEM, Actor
from supervision.flows.models import Event
from supervision.flows.perform import perform
from supervision.papers.services import attach
from supervision.people.models import Role, User

from .models import (
    Authorisation,
    Calibration,
    DurabilityCheck,
    Equipment,
    Laboratory,
    MaterialBatch,
    MaterialUse,
    QualityDefect,
    QualityIncident,
    Sample,
    Supplier,
    SupplierAssessment,
    Test,
)
from .testing.signs import examine

BATCH = "load_demo_quality_testing"
CONCRETE = "混凝土抗压强度（28d）"
STEEL = {"钢筋屈服强度": "436、441", "钢筋抗拉强度": "598、602", "钢筋断后伸长率": "22.5、23.0"}
# (part, measured, days ago)
CUBES = (
    ("1号墩承台", "36.2、37.1、35.8", 60),
    ("2号墩承台", "35.4、36.9、36.1", 52),
    ("3号墩墩身", "38.0、36.6、37.3", 41),
    ("4号墩墩身", "34.9、35.5、36.4", 30),
    ("5号墩承台", "26.1、27.4、26.8", 12),
    ("6号墩承台", "35.4、36.9、36.1", 6),
)
COVERS = (41, 43, 39, 42, 40, 44, 38, 41, 43, 47, 42, 40)


def actor(username: str) -> Actor:
    return Actor.of(User.objects.get(username=username, is_demo=True), "command").in_batch(BATCH)


def load() -> int:
    """Load them into a section where the demonstration's contractor, supervisor and laboratory work; returns how
    many tests. Run again it adds nothing. Raises LookupError when the demonstration itself is not there."""
    if Event.objects.filter(batch=BATCH).exists():
        return 0
    people = {
        role: User.objects.filter(username=role, is_demo=True).first()
        for role in ("contractor", "supervisor", "inspector", "lab")
    }
    if None in people.values():
        raise LookupError("没有演示用户，请先运行 load_demo。")
    seen = Section.objects.visible_to(people["contractor"]) & Section.objects.visible_to(people["supervisor"])
    open_ones = seen.filter(Q(end_on__isnull=True), project__handover_on__isnull=True)
    section = open_ones.select_related("project").order_by("pk").first()
    if section is None:
        raise LookupError("演示的施工单位和监理单位没有共同参建的在建标段。")
    laboratory = _laboratory(section, people["lab"])
    press = laboratory.equipment.get(code="YQ-01")
    tests = [_cube(section, laboratory, press, *story) for story in CUBES]
    batch = _steel(section, laboratory)
    _suppliers(section, batch)
    _durability(section)
    _defects(section)
    examine(actor("inspector"))
    return len(tests)


def _today() -> date:
    return timezone.localdate()


def _make(record, who: str = "contractor"):
    record.is_demo = True
    return records.create(record, actor(who), reason="演示数据")


def _paper(record, kind: str, who: str) -> None:
    attach(record, ContentFile(demo_pdf(kind), name=f"{kind}.pdf"), kind, actor(who))


def _laboratory(section: Section, tester: User) -> Laboratory:
    """The site laboratory of the demonstration's institution, with its mother, parameters and machines."""
    office = tester.organization
    since = _today() - timedelta(days=400)
    working = Participation.on(_today()).filter(section=section, role=Role.LABORATORY)
    if not working.filter(organization=office).exists():
        _make(Participation(section=section, organization=office, role=Role.LABORATORY, since=since))
    mother = _make(
        Laboratory(name="演示检测中心", organization=office, grade="公路工程综合乙级", since=since),
        "inspector",
    )
    mother = perform(mother, "file", actor("inspector"), {})
    site = Laboratory(
        name=f"演示检测中心{section.code}工地试验室",
        organization=office,
        parent=mother,
        section=section,
        since=since,
        head="演示负责人",
    )
    site = perform(_make(site, "inspector"), "file", actor("inspector"), {})
    for whose in (mother, site):
        for name in (CONCRETE, *STEEL):
            _make(
                Authorisation(laboratory=whose, parameter=name, since=since, basis="演示授权书"), "inspector"
            )
    for code, name, left in (("YQ-01", "压力试验机", 20), ("YQ-02", "万能试验机", 200)):
        machine = _make(Equipment(laboratory=site, code=code, name=name), "inspector")
        _make(
            Calibration(
                equipment=machine,
                certificate=f"演示-{code}",
                agency="演示计量机构",
                calibrated_on=_today() - timedelta(days=365 - left),
                valid_until=_today() + timedelta(days=left),
            ),
            "inspector",
        )
    return site


def _sample(section: Section, part: str, day: date, **facts) -> Sample:
    """One of the supervisor's spot-checks, received by the laboratory."""
    facts = {"material": "水泥混凝土", "grade": "C30"} | facts
    made = Sample(
        section=section, purpose="parallel", part=part, sampled_on=day, sampler="演示取样人", **facts
    )
    made = _make(made, "supervisor")
    return records.update(made, {"status": "received", "received_on": day}, SYSTEM, label="收样", clean=False)


def _result(sample: Sample, laboratory: Laboratory, day: date, minutes: int, **facts) -> Test:
    begun = timezone.make_aware(datetime.combine(day, time(9, 30)))
    return _make(
        Test(
            sample=sample,
            laboratory=laboratory,
            started_at=begun,
            finished_at=begun + timedelta(minutes=minutes),
            tester="演示试验人",
            **facts,
        ),
        "inspector",
    )


def _cube(section, laboratory, press, part: str, measured: str, ago: int) -> Test:
    day = _today() - timedelta(days=ago)
    sample = _sample(section, part, day - timedelta(days=28))
    return _result(
        sample,
        laboratory,
        day,
        25,
        parameter=CONCRETE,
        measured=measured,
        equipment=press,
        report=f"演示-{ago}",
    )


def _steel(section: Section, laboratory: Laboratory) -> MaterialBatch:
    """A batch of steel from its entry to its use."""
    supplier = _make(Supplier(name="演示钢铁贸易公司", supplies="钢筋"))
    day = _today() - timedelta(days=15)
    batch = _make(
        MaterialBatch(
            section=section,
            material="钢筋",
            grade="HRB400",
            supplier=supplier,
            batch="演示炉批01",
            quantity=60,
            unit="t",
            entered_on=day,
            place="钢筋加工场",
        )
    )
    _paper(batch, "质量证明书", "contractor")
    batch = perform(batch, "submit", actor("contractor"), {"certificate": "演示质保01"})
    bar = _sample(section, "盖梁主筋", day, material="钢筋", grade="HRB400", batch=batch)
    for name, measured in STEEL.items():
        _result(bar, laboratory, day + timedelta(days=1), 20, parameter=name, measured=measured)
    batch = perform(MaterialBatch.objects.get(pk=batch.pk), "release", actor("supervisor"), {})
    _make(MaterialUse(batch=batch, part="3号墩盖梁", quantity=12))
    return batch


def _suppliers(section: Section, batch: MaterialBatch) -> None:
    quarter = f"{_today().year}-Q{(_today().month + 2) // 3}"
    poor = _make(Supplier(name="演示砂石经营部", supplies="粗集料、细集料"))
    for supplier, marks in ((batch.supplier, (92, 88, 90, 85)), (poor, (58, 70, 60, 65))):
        names = ("quality", "delivery", "papers", "service")
        _make(
            SupplierAssessment(
                supplier=supplier, section=section, quarter=quarter, **dict(zip(names, marks, strict=True))
            )
        )
    perform(poor, "warn", actor("staff"), {"reason": "演示：含泥量两次超标"})


def _durability(section: Section) -> None:
    for number, mean in enumerate(COVERS):
        values = "、".join(str(mean + off) for off in (-2, -1, 0, 1, 2, 0))
        _make(
            DurabilityCheck(
                section=section,
                component="梁板",
                part=f"{number + 1}号箱梁",
                indicator="cover",
                checker="supervisor",
                checked_on=_today() - timedelta(days=40 - 3 * number),
                design=40,
                measured=values,
            ),
            "supervisor",
        )


def _defects(section: Section) -> None:
    """One under way, one closed, one serious and listed, and an incident."""
    for part, text, steps in (
        ("2号墩墩身", "蜂窝麻面约0.3㎡", ("verify", "rectify")),
        ("1号箱梁腹板", "竖向裂缝一道，宽0.12mm", ("verify", "rectify", "accept")),
        ("3号墩盖梁", "保护层厚度普遍不足", ("verify_serious", "list")),
    ):
        made = _make(
            QualityDefect(project=section.project, section=section, part=part, description=f"演示：{text}")
        )
        for step in steps:
            given = {"opinion": "演示：见附件。"}
            if step.startswith("verify"):
                given |= {"category": "其他", "responsible_unit": made.responsible_unit_id}
            if step == "list":
                given |= {"listing_level": "city", "listing_number": "演示质督1号"}
            who = {"rectify": "contractor", "accept": "supervisor", "list": "staff"}.get(step, "inspector")
            made = perform(made, step, actor(who), given)
    incident = QualityIncident(
        project=section.project,
        section=section,
        part="现浇箱梁支架",
        happened_at=timezone.now().replace(second=0, microsecond=0) - timedelta(hours=20),
        description="演示：浇筑时支架局部下沉，已停止浇筑，无人员伤亡。",
        loss=1200000,
    )
    perform(_make(incident), "report", actor("contractor"), {"measures": "演示：停工并卸载。"})
