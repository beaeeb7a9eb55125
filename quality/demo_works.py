"""The demonstration's responsibility, schemes, first articles, concealed works, design, innovation and green works,
performed by its persons. All invented and marked; the pictures are drawn."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

from django.core.files.base import ContentFile
from django.db.models import Q
from django.utils import timezone
from PIL import Image, ImageDraw

from projects.loading.demo.sheet import demo_pdf
from projects.models import Participation, Section
from projects.models.section import SectionKind
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.flows.models import Event
from supervision.flows.perform import perform
from supervision.papers.services import attach
from supervision.people.models import Organization, User

from .models import (
    Batch,
    ConcealedWork,
    ConstructionScheme,
    CrewStatement,
    DesignFinding,
    DesignReview,
    DutyEntry,
    FirstArticle,
    FirstArticleCheck,
    FirstArticleResult,
    GreenAnswer,
    GreenCheck,
    Innovation,
    InnovationScore,
    KeyPoint,
    KeyTask,
    ResponsiblePerson,
    ResponsibleUnit,
    WorkSummary,
)
from .works.images import add

BATCH = "load_demo_works"
POSTS = (
    ("owner", "项目负责人", "演示·周某"),
    ("owner", "首席质量官", "演示·吴某"),
    ("contractor", "法定代表人", "演示·郑某"),
    ("contractor", "项目经理", "演示·王某"),
    ("contractor", "项目总工程师", "演示·冯某"),
    ("contractor", "首席质量官", "演示·陈某"),
    ("supervisor", "总监理工程师", "演示·褚某"),
)
LIMITS = (
    ("混凝土强度", "strength", "50", None, "MPa", ("54.2", "56.8", "53.1")),
    ("梁长", "dimension", "29.980", "30.005", "m", ("29.992", "29.998", "30.001")),
    ("保护层厚度", "dimension", "30", "40", "mm", ("34", "36", "33", "38", "35")),
)


def actor(username: str) -> Actor:
    return Actor.of(User.objects.get(username=username, is_demo=True), "command").in_batch(BATCH)


def put(who: str, model, **facts):
    return records.create(model(is_demo=True, **facts), actor(who), reason="演示数据")


def act(record, name: str, who: str, **data):
    fresh = type(record)._base_manager.get(pk=record.pk)
    return perform(fresh, name, actor(who), {"opinion": "演示：同意。", **data})


def file(record, who: str, *kinds: str) -> None:
    for kind in kinds:
        attach(record, ContentFile(demo_pdf(kind), name=f"{kind}.pdf"), kind, actor(who))


def load() -> int:
    """Load them onto the section where the demonstration's contractor and supervisor work; returns how many
    records. Run again it adds nothing. Raises LookupError when the demonstration is not there."""
    if Event.objects.filter(batch=BATCH).exists():
        return 0
    people = {
        name: User.objects.filter(username=name, is_demo=True).first()
        for name in ("contractor", "supervisor", "owner", "staff", "inspector")
    }
    if None in people.values():
        raise LookupError("没有演示用户，请先运行 load_demo。")
    sections = Section.objects.filter(
        Q(end_on__isnull=True), kind=SectionKind.CONSTRUCTION, project__handover_on__isnull=True
    )
    for name in ("contractor", "supervisor", "owner"):
        sections &= Section.objects.visible_to(people[name])
    section = sections.order_by("pk").first()
    if section is None:
        raise LookupError("演示的施工、监理和建设单位没有共同参建的在建标段。")
    _responsibility(section)
    _schemes(section)
    _first_articles(section)
    _concealed(section)
    _design(section)
    _innovation(section)
    _green(section)
    return Event.objects.filter(batch=BATCH, verb="create").count()


def unit_of(section: Section, capacity: str) -> Organization:
    if capacity == "owner":
        return section.project.owner
    rows = Participation.on(timezone.localdate()).filter(section=section, role=capacity)
    return rows.select_related("organization").order_by("pk").first().organization


def _responsibility(section: Section) -> None:
    since = timezone.localdate() - timedelta(days=300)
    for capacity in ("owner", "contractor", "supervisor"):
        facts = _place(section, capacity) | {"legal_representative": "演示·某某"}
        _confirmed(put(capacity, ResponsibleUnit, since=since, **facts), capacity)
    for capacity, post, name in POSTS:
        person = put(
            capacity, ResponsiblePerson, post=post, name=name, since=since, **_place(section, capacity)
        )
        _confirmed(person, capacity)
    former = ResponsiblePerson.objects.get(is_demo=True, post="项目经理")
    successor = put(
        "contractor",
        ResponsiblePerson,
        post="项目经理",
        name="演示·卫某",
        since=since + timedelta(days=200),
        change_reason="演示：原项目经理工作调动",
        **_place(section, "contractor"),
    )
    _confirmed(successor, "contractor")
    for days, kind in ((250, "技术交底"), (210, "质量例会")):
        put(
            "contractor",
            DutyEntry,
            person=former,
            done_on=since + timedelta(days=300 - days),
            kind=kind,
            content="演示：组织并参加。",
        )


def _place(section: Section, capacity: str) -> dict:
    return {
        "project": section.project,
        "section": None if capacity == "owner" else section,
        "capacity": capacity,
        "organization": unit_of(section, capacity),
    }


def _confirmed(row, capacity: str) -> None:
    file(row, capacity, "质量责任承诺书")
    act(row, "submit", capacity)
    act(row, "confirm", "staff" if capacity == "owner" else "owner")


def _schemes(section: Section) -> None:
    point = put(
        "contractor",
        KeyPoint,
        section=section,
        kind="difficult",
        part="主墩承台",
        stakes="K1+020",
        description="演示：大体积混凝土温度裂缝",
        measures="演示：冷却水管，分层浇筑，测温",
        person="演示·冯某",
    )
    act(point, "control", "supervisor")
    put(
        "contractor",
        KeyPoint,
        section=section,
        kind="common",
        part="桥面铺装",
        description="演示：平整度不足",
        measures="演示：激光整平",
        person="演示·冯某",
    )
    scheme = put(
        "contractor",
        ConstructionScheme,
        section=section,
        title="演示：承台大体积混凝土施工方案",
        part="主墩承台",
        grade="special",
    )
    file(scheme, "contractor", "施工方案", "交底记录")
    file(scheme, "supervisor", "审核意见")
    act(scheme, "make", "contractor")
    act(scheme, "review_to_approve", "supervisor")
    act(scheme, "approve", "owner")
    act(scheme, "disclose", "contractor", disclosed_to=36, disclosures="演示：技术交底、安全技术交底")
    act(scheme, "begin", "contractor")


def _first_articles(section: Section) -> None:
    today = timezone.localdate()
    facts = {"section": section, "trigger": "first_time"}
    passed = put(
        "contractor",
        FirstArticle,
        item="演示·预制箱梁",
        part="左幅1-1号梁",
        planned_on=today - timedelta(days=60),
        **facts,
    )
    for name, kind, lower, upper, measure, _ in LIMITS:
        put(
            "contractor",
            FirstArticleCheck,
            article=passed,
            name=name,
            kind=kind,
            lower=Decimal(lower),
            upper=Decimal(upper) if upper else None,
            measure=measure,
        )
    put("contractor", FirstArticleCheck, article=passed, name="外观", kind="appearance")
    file(passed, "contractor", "首件施工方案", "检测记录", "首件总结")
    act(passed, "submit", "contractor")
    act(passed, "approve", "supervisor")
    passed = act(passed, "build", "contractor")
    for check, row in zip(passed.checks.order_by("pk"), (*LIMITS, None), strict=True):
        given = {"values": list(row[-1])} if row else {"conforms": True}
        put("contractor", FirstArticleResult, check_item=check, **given)
    act(passed, "measure", "contractor")
    act(passed, "pass", "supervisor")
    act(passed, "summarise", "contractor", lessons="演示：振捣间距40厘米，蒸养48小时。")
    act(passed, "roll_out", "supervisor")
    begun = put(
        "contractor",
        Batch,
        section=section,
        article=passed,
        part="左幅1-2至5-4号梁",
        quantity="19片",
        planned_on=today,
    )
    act(begun, "start", "contractor")
    waiting = put(
        "contractor",
        FirstArticle,
        item="演示·墩柱",
        part="3号墩左柱",
        planned_on=today + timedelta(days=10),
        **facts,
    )
    put(
        "contractor",
        Batch,
        section=section,
        article=waiting,
        part="4至9号墩柱",
        quantity="24根",
        planned_on=today + timedelta(days=30),
    )


def _concealed(section: Section) -> None:
    now = timezone.now()
    for number, (part, content, steps) in enumerate(
        (
            ("2号墩承台", "钢筋安装", ("notify", "accept", "cover")),
            ("3号墩桩基", "成孔、清孔", ("notify",)),
            ("4号墩承台", "钢筋安装", ()),
        )
    ):
        work = put(
            "contractor",
            ConcealedWork,
            section=section,
            part=f"演示·{part}",
            content=content,
            planned_at=now + timedelta(days=3 + number),
        )
        for name in steps[:1]:
            work = act(work, name, "contractor")
        for place in ("底层", "侧面") if steps else ():
            for who in ("contractor", "supervisor") if len(steps) > 1 else ("contractor",):
                picture = ContentFile(drawing(f"{part}{place}", who, number), name=f"{part}{place}.jpg")
                add(work, picture, f"{part}{place}", now - timedelta(hours=2), actor(who))
        if len(steps) > 1:
            file(work, "supervisor", "隐蔽工程验收记录")
            act(work, "accept", "supervisor")
            act(work, "cover", "contractor")


def drawing(text: str, who: str, shade: int) -> bytes:
    """A drawn picture of bars, unlike for each side and place."""
    picture = Image.new("RGB", (960, 720), (176 - 18 * shade, 168, 150 if who == "contractor" else 176))
    pen = ImageDraw.Draw(picture)
    offset = sum(text.encode()) % 40
    for at in range(offset, 960, 60):
        pen.line((at, 0, at + 20, 720), fill=(96, 72, 60), width=10)
    for at in range(offset, 720, 60):
        pen.line((0, at, 960, at + 8), fill=(112, 84, 70), width=8)
    out = BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


def _design(section: Section) -> None:
    review = put(
        "owner",
        DesignReview,
        project=section.project,
        stage="preliminary",
        kind="bridge_risk",
        title="演示：桥梁设计安全风险评估报告",
        indicators="演示：设计使用年限100年，环境类别Ⅰ类。",
    )
    finding = put("owner", DesignFinding, review=review, content="演示：主墩防撞设施补充论证。")
    file(review, "owner", "评价报告")
    act(review, "file", "owner", completed_on=timezone.localdate() - timedelta(days=100))
    act(review, "accept", "staff")
    act(finding, "answer", "owner", answer="演示：已补充防撞专项设计。")


def _innovation(section: Section) -> None:
    today = timezone.localdate()
    facts = {"project": section.project, "section": section, "unit": unit_of(section, "contractor")}
    texts = {
        "problem": "演示：定位慢，误差大。",
        "solution": "演示：可调定位胎架。",
        "effect": "演示：工效提高三成。",
    }
    made = put("owner", Innovation, title="演示：钢筋骨架可调定位胎架", kind="工装设备", **facts, **texts)
    file(made, "owner", "成果材料")
    act(made, "submit", "owner")
    act(made, "accept", "staff")
    bureau = actor("staff").user.organization
    points = ({"创新性": "26", "实用性": "27", "经济社会效益": "16", "推广价值": "17"},) * 3
    for number, given in enumerate(points, 1):
        score = {"expert": f"演示·专家{number}", "organization": bureau, "points": given}
        put("staff", InnovationScore, innovation=Innovation.objects.get(pk=made.pk), **score)
    put(
        "staff",
        InnovationScore,
        innovation=Innovation.objects.get(pk=made.pk),
        expert="演示·专家4",
        organization=facts["unit"],
        recused=True,
        reason="演示：所在单位为完成单位",
    )
    act(made, "publish", "staff")
    put("owner", Innovation, title="演示：桥面排水快速安装", kind="工艺工法", **facts, **texts)
    task = {"year": today.year, "target": "演示：形成工法一项", "planned_on": date(today.year, 12, 20)}
    put("owner", KeyTask, title="演示：智能张拉全覆盖", **task, **facts)
    put("owner", WorkSummary, project=section.project, kind="month", starts_on=today.replace(day=1))


def _green(section: Section) -> None:
    today = timezone.localdate()
    check = put(
        "supervisor", GreenCheck, section=section, place="拌和站", inspectors="演示·监理", checked_on=today
    )
    for item in check.items:
        bad = item["key"] == "YC-1"
        given = {"result": "fail", "description": "演示：北侧裸土未覆盖"} if bad else {"result": "pass"}
        put("supervisor", GreenAnswer, check_of=check, **given, **item)
    act(check, "finish", "supervisor")
    counts = {"crews": 4, "workers": 62, "real_name": 62, "insured": 62, "paid_workers": 62}
    sums = {"payable": Decimal("434000.00"), "paid": Decimal("434000.00")}
    month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    stated = put("contractor", CrewStatement, section=section, month=month, trained=30, **counts, **sums)
    file(stated, "contractor", "工资支付凭证", "工伤保险凭证")
    act(stated, "submit", "contractor")
