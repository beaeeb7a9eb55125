"""What the tests of quality works share: a section with its people, records on their way, pictures."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import count

from django.core.files.base import ContentFile
from django.utils import timezone

from quality.models import (
    Batch,
    ConcealedWork,
    ConstructionScheme,
    CrewStatement,
    DesignFinding,
    DesignReview,
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
    SiteImage,
    WorkSummary,
)
from quality.models.concealed import IMAGE_KINDS, Side
from supervision.flows import records
from supervision.papers.services import attach

from . import factories
from .factories import COMMAND
from .inspecting import put
from .quality_pictures import picture

_numbers = count(1)


def photo(name: str = "", **facts) -> ContentFile:
    """A picture unlike any other."""
    number = next(_numbers)
    facts.setdefault("size", (64 + number % 300, 48 + number // 300))
    return ContentFile(picture(**facts), name=name or f"照片{number}.jpg")


def file(record, *kinds: str) -> None:
    for kind in kinds:
        attach(record, ContentFile(kind.encode(), name=f"{kind}.txt"), kind, COMMAND)


def made(model, **facts):
    return records.create(model(**facts), COMMAND)


# ------------------------------------------------------------------------------------- records, ready to travel


def unit(of, **facts) -> ResponsibleUnit:
    facts = {"capacity": "contractor", "legal_representative": "某甲", "since": date(2024, 3, 4)} | facts
    facts.setdefault("organization", factories.organization("contractor"))
    facts.setdefault("section", of)
    facts.setdefault("project", of.project)
    return made(ResponsibleUnit, **facts)


def person(of, **facts) -> ResponsiblePerson:
    number = next(_numbers)
    facts = {"capacity": "contractor", "post": "项目经理", "name": f"责任人{number}"} | facts
    facts.setdefault("since", date(2024, 3, 4))
    facts.setdefault("organization", factories.organization("contractor"))
    facts.setdefault("section", of)
    facts.setdefault("project", of.project)
    return made(ResponsiblePerson, **facts)


def key_point(section, **facts) -> KeyPoint:
    facts = {
        "kind": "difficult",
        "part": "主墩承台",
        "description": "大体积混凝土",
        "measures": "温控",
        "person": "某乙",
    } | facts
    return made(KeyPoint, section=section, **facts)


def scheme(section, **facts) -> ConstructionScheme:
    facts = {"title": f"方案{next(_numbers)}", "part": "主墩", "grade": "ordinary"} | facts
    return made(ConstructionScheme, section=section, **facts)


def first_article(section, **facts) -> FirstArticle:
    facts = {
        "item": f"预制箱梁{next(_numbers)}",
        "trigger": "first_time",
        "part": "1号梁",
        "planned_on": date(2026, 3, 10),
    } | facts
    return made(FirstArticle, section=section, **facts)


def check(article, **facts) -> FirstArticleCheck:
    facts = {
        "name": f"强度{next(_numbers)}",
        "kind": "strength",
        "lower": Decimal(50),
        "measure": "MPa",
    } | facts
    return made(FirstArticleCheck, article=article, **facts)


def result(item, *values, **facts) -> FirstArticleResult:
    facts = {"values": [str(value) for value in values], "measured_on": date(2026, 3, 12)} | facts
    return made(FirstArticleResult, check_item=item, **facts)


def batch(article, **facts) -> Batch:
    facts = {"part": "2至40号梁", "planned_on": date(2026, 4, 1)} | facts
    return made(Batch, section=article.section, article=article, **facts)


def batches(section) -> list[Batch]:
    """One whose first article passed, and one whose did not."""
    passed = put(first_article(section), passed_on=date(2026, 3, 20), status="passed")
    return [batch(first_article(section)), batch(passed)]


def concealed(section, **facts) -> ConcealedWork:
    facts = {
        "part": "2号墩承台",
        "content": "钢筋安装",
        "planned_at": timezone.now() + timedelta(days=3),
    } | facts
    return made(ConcealedWork, section=section, **facts)


def image(work, side: str = "contractor", **facts) -> SiteImage:
    """An image as it stands once it was taken in, whoever sent it."""
    name = facts.pop("name", "")
    file = attach(work, photo(name), IMAGE_KINDS[Side(side)], COMMAND)
    facts = {
        "place": "底层钢筋",
        "taken_at": timezone.now() - timedelta(hours=1),
        "time_source": "stated",
    } | facts
    return made(SiteImage, section=work.section, work=work, attachment=file, side=side, **facts)


def review(project, **facts) -> DesignReview:
    facts = {"stage": "preliminary", "kind": "safety", "title": f"评价报告{next(_numbers)}"} | facts
    return made(DesignReview, project=project, **facts)


def finding(of: DesignReview, **facts) -> DesignFinding:
    return made(DesignFinding, review=of, content="视距不足", **facts)


def innovation(project, **facts) -> Innovation:
    facts = {
        "title": f"工装{next(_numbers)}",
        "kind": "工装设备",
        "problem": "定位慢",
        "solution": "可调胎架",
        "effect": "快",
    } | facts
    facts.setdefault("unit", factories.organization("contractor"))
    return made(Innovation, project=project, **facts)


POINTS = {"创新性": "25", "实用性": "25", "经济社会效益": "15", "推广价值": "15"}


def score(of: Innovation, **facts) -> InnovationScore:
    facts = {"expert": f"专家{next(_numbers)}", "points": POINTS} | facts
    facts.setdefault("organization", factories.organization("bureau"))
    return made(InnovationScore, innovation=of, **facts)


def task(project, **facts) -> KeyTask:
    facts = {"year": 2026, "title": "智能张拉", "target": "全覆盖", "planned_on": date(2026, 9, 1)} | facts
    facts.setdefault("unit", factories.organization("contractor"))
    return made(KeyTask, project=project, **facts)


def summary(project, **facts) -> WorkSummary:
    facts = {"kind": "month", "starts_on": date(2026, 3, 1), "progress": "顺利"} | facts
    return made(WorkSummary, project=project, **facts)


def green_check(section, answer: str = "", **facts) -> GreenCheck:
    """A check; with `answer` every item is answered so."""
    facts = {"place": "拌和站", "inspectors": "某甲", "checked_on": date(2026, 3, 4)} | facts
    record = made(GreenCheck, section=section, **facts)
    if answer:
        rows = [
            GreenAnswer(check_of=record, result=answer, description="未覆盖" * (answer == "fail"), **item)
            for item in record.items
        ]
        records.create_many(rows, COMMAND)
    return record


def crew(section, **facts) -> CrewStatement:
    facts = {"month": date(2026, 3, 1), "crews": 3, "workers": 40, "real_name": 40, "insured": 40} | facts
    facts = {"paid_workers": 40, "payable": Decimal("240000.00"), "paid": Decimal("240000.00")} | facts
    return made(CrewStatement, section=section, **facts)


# --------------------------------------------------------- one plain record of each ledger that is imported

MAKERS = {
    ResponsibleUnit: lambda: unit(factories.section(), duties="=1+1\n第二行"),
    ResponsiblePerson: lambda: person(factories.section()),
    KeyPoint: lambda: key_point(factories.section(), stakes="K1+200"),
    FirstArticle: lambda: first_article(factories.section()),
    FirstArticleCheck: lambda: check(first_article(factories.section())),
    DesignReview: lambda: review(factories.project(), indicators="100年"),
    CrewStatement: lambda: crew(factories.section()),
}
