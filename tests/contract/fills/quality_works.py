"""Records of quality works, each with what its whole way asks for."""

from datetime import date, timedelta

from django.utils import timezone

from quality.models import (
    Batch,
    ConcealedWork,
    ConstructionScheme,
    CrewStatement,
    DesignReview,
    DutyEntry,
    FirstArticle,
    FirstArticleCheck,
    FirstArticleResult,
    GreenAnswer,
    GreenCheck,
    Innovation,
    InnovationScore,
    KeyTask,
    PublishedInnovation,
    ResponsiblePerson,
    ResponsibleUnit,
    SiteImage,
    WorkSummary,
)
from quality.models.responsibility import UNDERTAKING
from tests import quality_works as works
from tests.contract.world import Side, Values, fills, make, makes, values_for


def each(model, kinds, ready=None):
    """Records of `model` are made with an attachment of each kind, and finished by `ready`."""

    def maker(side: Side, number: int) -> list:
        rows = []
        for _ in range(number):
            record = works.made(model, **values_for(model, side))
            works.file(record, *kinds)
            rows.append(ready(record) or record if ready else record)
        return rows

    makes(model)(maker)


def stands(record, **values):
    """Put a record where the one made next needs it, with its event, in the database and in hand."""
    fresh = type(record)._base_manager.get(pk=record.pk)
    made = works.records.update(fresh, values, works.COMMAND, clean=False)
    for name in ("version", *values):
        setattr(record, name, getattr(made, name))
    return record


def in_register(side: Side, number: int, given: Values) -> Values:
    section = given.get("section", side.section)
    return {"section": section, "since": date(1990, 3, 4) + timedelta(days=number % 12000)} | {
        "capacity": "contractor",
        "change_reason": "接替",
    }


@fills(ResponsibleUnit)
def _(side: Side, number: int, given: Values) -> Values:
    return in_register(side, number, given) | {"legal_representative": "某甲"}


@fills(ResponsiblePerson)
def _(side: Side, number: int, given: Values) -> Values:
    return in_register(side, number, given) | {"post": "项目经理", "name": f"某{number}"}


for registered in (ResponsibleUnit, ResponsiblePerson):
    each(registered, (UNDERTAKING,))


@fills(DutyEntry)
def _(side: Side, number: int, given: Values) -> Values:
    person = given.get("person") or make(ResponsiblePerson, side)
    # His term is over, so that he is nobody's predecessor.
    until = timezone.localdate()
    stands(person, confirmed_on=date(2024, 1, 2), status="in_force", until=until)
    return {"person": person, "kind": "质量例会"}


@fills(FirstArticle)
def _(side: Side, number: int, given: Values) -> Values:
    return {"item": f"预制梁{number}"}


def measured(article: FirstArticle) -> FirstArticle:
    item = works.check(article)
    stands(article, status="building")
    works.result(FirstArticleCheck.objects.get(pk=item.pk), 55, 60)
    return stands(article, status="listed")


each(FirstArticle, ("首件施工方案", "检测记录", "首件总结"), measured)


@fills(FirstArticleCheck)
def _(side: Side, number: int, given: Values) -> Values:
    if "article" in given:
        # In hand only: page by page its history stays as short as it was.
        given["article"].status = "listed"
    return {"name": f"强度{number}", "kind": "strength", "lower": 50}


@fills(FirstArticleResult)
def _(side: Side, number: int, given: Values) -> Values:
    item = given.get("check_item") or make(FirstArticleCheck, side)
    stands(item.article, status="building")
    return {"check_item": item, "values": ["55.5", "60"]}


@fills(Batch)
def _(side: Side, number: int, given: Values) -> Values:
    if "article" in given:
        return {"section": given["article"].section}
    return {"article": make(FirstArticle, side, section=given.get("section", side.section))}


@fills(ConcealedWork)
def _(side: Side, number: int, given: Values) -> Values:
    return {"planned_at": timezone.now() + timedelta(days=3)}


def imaged(work: ConcealedWork) -> None:
    for one in ("contractor", "supervisor"):
        works.image(work, one)


each(ConcealedWork, ("隐蔽工程验收记录", "剥离检查或检测报告"), imaged)


@makes(SiteImage)
def _(side: Side, number: int) -> list:
    work = works.made(ConcealedWork, **values_for(ConcealedWork, side))
    return [works.image(work) for _ in range(number)]


@fills(ConstructionScheme)
def _(side: Side, number: int, given: Values) -> Values:
    return {"grade": "argued"}


each(ConstructionScheme, ("施工方案", "审核意见", "专家论证报告", "交底记录", "验收记录"))


@fills(DesignReview)
def _(side: Side, number: int, given: Values) -> Values:
    return {"stage": "preliminary", "kind": "safety", "title": f"报告{number}"}


each(DesignReview, ("评价报告",))


@fills(Innovation)
def _(side: Side, number: int, given: Values) -> Values:
    return {"kind": "工装设备"}


def judged(record: Innovation) -> Innovation:
    stands(record, status="reviewing")
    for _ in range(3):
        works.score(Innovation.objects.get(pk=record.pk))
    return stands(record, status="draft")


each(Innovation, ("成果材料", "获奖证书"), judged)


@fills(InnovationScore)
def _(side: Side, number: int, given: Values) -> Values:
    record = given.get("innovation") or works.made(Innovation, **values_for(Innovation, side))
    stands(record, status="reviewing")
    return {
        "innovation": record,
        "organization": side.offices.get("bureau") or works.factories.organization("bureau"),
        "points": works.POINTS,
    }


@makes(PublishedInnovation)
def _(side: Side, number: int) -> list:
    rows = [works.made(Innovation, **values_for(Innovation, side)) for _ in range(number)]
    texts = {"kind": "工装设备", "project_name": "项目", "unit_name": "单位"} | dict.fromkeys(
        ("problem", "solution", "effect"), "有"
    )
    return [
        works.made(
            PublishedInnovation,
            innovation=row,
            number=row.number,
            title=row.title,
            published_on=date(2026, 3, 4),
            **texts,
        )
        for row in rows
    ]


each(KeyTask, ("成果材料",))


@fills(WorkSummary)
def _(side: Side, number: int, given: Values) -> Values:
    # Every month of two centuries back, so that no two of a project are of one period.
    return {"kind": "month", "starts_on": date(2025 - number // 12 % 200, number % 12 + 1, 1)}


def answered(check: GreenCheck) -> None:
    works.records.create_many(
        [GreenAnswer(check_of=check, result="pass", **item) for item in check.items], works.COMMAND
    )


each(GreenCheck, (), answered)


@fills(GreenAnswer)
def _(side: Side, number: int, given: Values) -> Values:
    check = given.get("check_of") or works.made(GreenCheck, **values_for(GreenCheck, side))
    stands(check, status="open")
    return {"check_of": check, "key": f"K{number}", "result": "pass"}


@fills(CrewStatement)
def _(side: Side, number: int, given: Values) -> Values:
    counts = dict.fromkeys(("workers", "real_name", "insured", "paid_workers"), 40) | {"crews": 3}
    return counts | {
        "month": date(2025 - number // 12 % 200, number % 12 + 1, 1),
        "payable": 100,
        "paid": 100,
    }


each(CrewStatement, ("工资支付凭证", "工伤保险凭证"))
