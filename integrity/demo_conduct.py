"""The demonstration's risk points, contracts, education, branches, visits, questionnaires and reports, performed by
its persons; invented and marked."""

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

from .models import (
    ConductReport,
    EducationPush,
    EducationRecord,
    IntegrityContract,
    PartyBranch,
    RiskPoint,
    ServiceProblem,
    ServiceVisit,
    Survey,
    SurveyQuestion,
)
from .reports.public import FACTS, NOBODY
from .surveys.answering import take

BATCH = "load_demo_conduct"
# (post, phase, process, risk, level, measures, owner of the measure)
RISKS = (
    (
        "计量工程师",
        "building",
        "计量支付",
        "虚增工程量、提前计量",
        "high",
        "现场收方双人签认，月度抽查",
        "总监办",
    ),
    (
        "材料员",
        "building",
        "材料采购与验收",
        "收受供应商好处，降低验收标准",
        "high",
        "比价记录公开，进场联合验收",
        "项目经理部",
    ),
    ("试验员", "building", "试验检测", "数据弄虚作假", "medium", "见证取样，影像留存", "试验室"),
    ("合同管理员", "early", "分包选择", "指定分包、违法分包", "medium", "集体研究，备案公示", "项目经理部"),
)
OFFICE_RISKS = (
    (
        "监督检查岗",
        "building",
        "现场监督检查",
        "选择性检查、通风报信",
        "high",
        "双随机抽取，检查记录当场签认",
        "处室负责人",
    ),
    ("审批岗", "early", "方案审查备案", "超期办理、吃拿卡要", "medium", "限时办结，一次告知", "处室负责人"),
)


def actor(username: str) -> Actor:
    return Actor.of(User.objects.get(username=username, is_demo=True), "command").in_batch(BATCH)


def load() -> int:
    """Load them where the demonstration's owner, contractor and supervisor work; returns how many records. Run
    again it adds nothing. Raises LookupError when the demonstration itself is not there."""
    if Event.objects.filter(batch=BATCH).exists():
        return 0
    names = ("owner", "contractor", "supervisor", "staff", "discipline")
    people = {user.username: user for user in User.objects.filter(username__in=names, is_demo=True)}
    if set(names) - set(people):
        raise LookupError("没有演示用户，请先运行 load_demo。")
    seen = Section.objects.visible_to(people["contractor"]) & Section.objects.visible_to(people["owner"])
    open_ones = seen.filter(Q(end_on__isnull=True), project__handover_on__isnull=True)
    section = open_ones.select_related("project").order_by("pk").first()
    if section is None:
        raise LookupError("演示的建设单位和施工单位没有共同参建的在建标段。")
    _risks(people)
    _contract(section, people)
    _education(section, people)
    _visits(section, people)
    _survey()
    _reports()
    return Event.objects.filter(batch=BATCH, verb="create").count()


def _risks(people: dict[str, User]) -> None:
    reader = actor("discipline")
    names = ("post", "phase", "process", "risk", "level", "measures", "measure_owner")
    for username, rows in (("contractor", RISKS), ("staff", OFFICE_RISKS)):
        for at, row in enumerate(rows):
            facts = dict(zip(names, row, strict=True))
            point = RiskPoint(unit=people[username].organization, is_demo=True, **facts)
            point = records.create(point, actor(username))
            if at == len(RISKS) - 1:
                continue
            point = perform(point, "confirm", reader)
            if at == 0:
                checked = {"checked_on": timezone.localdate() - timedelta(days=85), "result": "kept"}
                perform(point, "check", actor(username) if username == "contractor" else reader, checked)


def _contract(section: Section, people: dict[str, User]) -> None:
    owner = actor("owner")
    for username in ("contractor", "supervisor"):
        unit = people[username].organization
        duties = "双方不得收送礼品礼金，不得接受可能影响公正的宴请（演示）"
        contract = IntegrityContract(section=section, unit=unit, duties=duties, is_demo=True)
        contract = records.create(contract, owner)
        if username == "contractor":
            attach(
                contract, ContentFile(demo_pdf("廉政合同"), name="廉政合同（演示）.pdf"), "廉政合同", owner
            )
            day = timezone.localdate() - timedelta(days=200)
            perform(contract, "sign", owner, {"signed_on": day, "number": "演示-LZ-01"})
    branch = PartyBranch(
        project=section.project,
        name="演示项目临时党支部",
        units="建设、施工、监理单位",
        members=12,
        is_demo=True,
    )
    branch = records.create(branch, owner)
    attach(branch, ContentFile(demo_pdf("成立批复"), name="成立批复（演示）.pdf"), "成立批复", owner)
    branch = perform(branch, "found", owner, {"founded_on": timezone.localdate() - timedelta(days=180)})
    graded = {"grade": "passed", "graded_on": timezone.localdate() - timedelta(days=30)}
    perform(branch, "grade", actor("staff"), graded)


def _education(section: Section, people: dict[str, User]) -> None:
    today = timezone.localdate()
    push = EducationPush(
        month=f"{today:%Y-%m}",
        kind="warning",
        topic="工程建设领域警示教育（演示）",
        outline="一、虚假计量；二、材料验收；三、违法分包。（演示）",
        is_demo=True,
    )
    perform(records.create(push, actor("discipline")), "push", actor("discipline"))
    for username, expected, attended in (("contractor", 46, 43), ("supervisor", 12, 12)):
        held = EducationRecord(
            unit=people[username].organization,
            project=section.project,
            kind="warning",
            topic="工程建设领域警示教育（演示）",
            held_on=today,
            expected=expected,
            attended=attended,
            is_demo=True,
        )
        records.create(held, actor(username))


def _visits(section: Section, people: dict[str, User]) -> None:
    today, staff, own = timezone.localdate(), actor("staff"), actor("contractor")
    visit = ServiceVisit(
        office=people["staff"].organization,
        unit=people["contractor"].organization,
        project=section.project,
        visited_on=today - timedelta(days=20),
        visitors=3,
        topic="走访在建项目（演示）",
        summary="听取施工、资金和用工情况。（演示）",
        is_demo=True,
    )
    visit = records.create(visit, staff)
    for at, text in enumerate(("材料调差程序不清楚", "夜间施工许可办理时间长", "预制场用地手续")):
        problem = records.create(
            ServiceProblem(visit=visit, description=f"{text}（演示）", is_demo=True), staff
        )
        problem = perform(problem, "assign", staff, {"solver": people["staff"].organization.pk})
        if at < 2:
            problem = perform(problem, "solve", staff, {"result": "已答复并明确办理口径（演示）"})
        if at == 0:
            perform(problem, "confirm", own)
    perform(visit, "rate", own, {"satisfaction": "content"})


def _survey() -> None:
    reader = actor("discipline")
    facts = {"intro": "请按实际情况作答。（演示）", "groups": ["施工单位", "监理单位"], "is_demo": True}
    survey = records.create(Survey(title="施工分包情况问卷（演示）", **facts), reader)
    rows = (
        ("one", "是否存在指定分包", ["没有", "有", "不清楚"], True),
        ("many", "分包管理中哪些环节容易出问题", ["选择", "计量", "付款", "验收"], False),
        ("score", "对监管部门廉洁从业的评价", [], True),
        ("text", "意见和建议", [], False),
    )
    asked = []
    for order, (kind, text, options, required) in enumerate(rows, 1):
        question = SurveyQuestion(
            survey=survey, order=order, kind=kind, text=text, options=options, required=required, is_demo=True
        )
        asked.append(records.create(question, reader))
    survey = perform(survey, "open", reader, {"close_on": timezone.localdate() + timedelta(days=30)})
    for at in range(16):
        take(
            survey,
            asked,
            {
                "group": survey.groups[at % 3 == 2],
                f"q{asked[0].pk}": "没有" if at % 5 else "不清楚",
                f"q{asked[1].pk}": ["计量", "付款"] if at % 2 else ["选择"],
                f"q{asked[2].pk}": str(5 - at % 3),
                f"q{asked[3].pk}": "希望及时支付（演示）" if at % 3 == 0 else "",
            },
        )
    perform(survey, "close", reader)


def _reports() -> None:
    reader = actor("discipline")
    told = (
        ("演示·某项目经理部", "反映材料验收把关不严，有人收供应商购物卡。（演示）", ""),
        ("演示·某检测单位", "反映试验报告未做先签。（演示）", "演示举报人"),
    )
    for at, (unit, content, name) in enumerate(told):
        facts = dict.fromkeys(FACTS, "") | {"unit_name": unit, "content": content, "reporter_name": name}
        report = ConductReport(is_demo=True, channel="web", **facts)
        report = records.create(report, NOBODY.in_batch(BATCH), label="网上举报")
        if at:
            perform(report, "accept", reader, {"category": "other"})
