"""Micro-innovation, summaries, design, schemes, green checks and crews: the rules that are each one's own."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from quality.models import GreenAnswer, Innovation, InnovationScore, PublishedInnovation
from quality.works.designs import missing_of
from quality.works.prefill import span
from safety.models import HiddenDanger
from supervision.flows.errors import IllegalTransition, NotAllowed
from supervision.flows.perform import perform
from supervision.people.models import Role
from supervision.plan.indicators import COUNTED, Window, find, measure

from . import factories, safety
from . import quality_works as works
from .inspecting import put

DAY = date(2026, 3, 12)


@pytest.fixture
def site(db):
    with safety.today_is(DAY):
        yield safety.site()


def act(site, record, name: str, role: str = "owner", **data):
    fresh = type(record).objects.get(pk=record.pk)
    return perform(fresh, name, site.actor(role), {"opinion": "属实", **data})


# ------------------------------------------------------------------------------------------------- micro-innovation


def reviewing(site, **facts) -> Innovation:
    made = works.innovation(site.section.project, unit=site.unit("contractor"), **facts)
    works.file(made, "成果材料")
    act(site, made, "submit")
    return act(site, made, "accept", "bureau_staff")


def points(*given: str) -> dict[str, str]:
    return dict(zip(works.POINTS, given, strict=True))


def test_three_experts_and_their_mean(site):
    made = reviewing(site)
    for given in (points("20", "20", "15", "15"), points("21", "20", "15", "15")):
        works.score(made, points=given)
    works.score(made, recused=True, reason="曾任职", points={})
    with pytest.raises(ValidationError, match="评分专家不足 3 人，现有 2 人"):
        act(site, made, "publish", "bureau_staff")
    works.score(made, points=points("20", "19.99", "15", "15"))
    # 70, 71 and 69.99: the mean is 70.33.
    done = act(site, made, "publish", "bureau_staff")
    assert (done.score, done.published_on, done.status) == (Decimal("70.33"), DAY, "published")
    shown = PublishedInnovation.objects.visible_to(safety.site().people["contractor"])
    assert shown.get().title == made.title


def test_what_is_not_good_enough_is_not_published(site):
    made = reviewing(site)
    for _ in range(3):
        works.score(made, points=points("20", "20", "15", "14.99"))
    with pytest.raises(ValidationError, match="平均得分 69.99，未达到 70 分"):
        act(site, made, "publish", "bureau_staff")
    assert act(site, made, "reject", "bureau_staff").score == Decimal("69.99")
    assert not PublishedInnovation.objects.exists()


def test_an_expert_of_a_unit_that_has_a_part_is_recused(site):
    made = reviewing(site)
    child = factories.organization("contractor", parent=site.unit("contractor"))
    for unit in (site.unit("contractor"), site.unit("supervisor"), site.section.project.owner, child):
        with pytest.raises(ValidationError) as told:
            works.score(made, organization=unit)
        assert "应当回避" in told.value.message_dict["recused"][0]
        assert works.score(made, organization=unit, recused=True, reason="本单位", points={}).total is None
    assert works.score(made, organization=factories.organization("contractor")).total == 80


@pytest.mark.parametrize(
    ("facts", "field", "word"),
    [
        ({"points": points("31", "20", "15", "15")}, "points", "0 至 30"),
        ({"points": points("-1", "20", "15", "15")}, "points", ""),
        ({"points": {"创新性": "20"}}, "points", "缺少“实用性”"),
        ({"points": works.POINTS | {"颜值": "5"}}, "points", "没有评分项“颜值”"),
        ({"recused": True, "points": {}}, "reason", "回避事由"),
        ({"recused": True, "reason": "亲属"}, "points", "不评分"),
    ],
)
def test_what_a_sheet_of_scores_must_say(site, facts, field, word):
    with pytest.raises(ValidationError) as told:
        works.score(reviewing(site), **facts)
    assert word in told.value.message_dict[field][0]
    assert not InnovationScore.objects.exists()


def test_scores_are_given_while_it_is_reviewed_and_not_shown_to_the_applicant(site):
    with pytest.raises(ValidationError, match="不在评审中"):
        works.score(works.innovation(site.section.project))
    client = Client()
    client.force_login(site.people["owner"], backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("innovation-scores:list")).status_code == 403


def test_prizes_count_in_their_years_and_levels(site):
    made = put(reviewing(site), status="published", decided_on=DAY, published_on=DAY)
    works.file(made, "获奖证书")
    act(site, made, "record_prize", prize="微创新大赛一等奖", prize_level="province", prize_on="2026-03-10")

    def number(day: date, year: int = 2026, **given) -> int:
        window = Window(year, day, year, year)
        groups = measure(find("innovation.prizes").members(given, window))
        return sum(len(group.ids) for group in groups if group.standing == COUNTED)

    assert number(DAY) == number(DAY, level="province") == 1
    assert number(date(2026, 3, 9)) == number(DAY, level="nation") == number(DAY, year=2025) == 0


# --------------------------------------------------------------------------------------------------------- summaries


@pytest.mark.parametrize(
    ("kind", "first", "after"),
    [
        ("month", date(2026, 12, 1), date(2027, 1, 1)),
        ("quarter", date(2026, 10, 1), date(2027, 1, 1)),
        ("quarter", date(2026, 1, 1), date(2026, 4, 1)),
        ("year", date(2026, 1, 1), date(2027, 1, 1)),
    ],
)
def test_periods(kind, first, after):
    assert span(kind, first) == (first, after)


def test_counts_are_the_ledgers_and_stand_still_once_submitted(site):
    project = site.section.project
    for day in (date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 12)):
        put(works.innovation(project), submitted_on=day)
    put(works.first_article(site.section), passed_on=date(2026, 3, 2))
    put(works.first_article(safety.site().section), passed_on=date(2026, 3, 2))
    made = works.summary(project)
    assert (made.counts["微创新申报"], made.counts["首件评定合格"], made.period_label) == (2, 1, "2026年3月")
    put(works.innovation(project), submitted_on=DAY)
    sent = act(site, made, "submit", progress="顺利")
    assert sent.counts["微创新申报"] == 3
    put(works.innovation(project), submitted_on=DAY)
    sent.refresh_from_db()
    assert sent.counts["微创新申报"] == 3


@pytest.mark.parametrize(
    ("kind", "day"),
    [
        ("month", date(2026, 3, 2)),
        ("quarter", date(2026, 2, 1)),
        ("year", date(2026, 2, 1)),
        ("month", date(2026, 4, 1)),
    ],
)
def test_a_summary_begins_on_the_first_day_of_its_period(site, kind, day):
    with pytest.raises(ValidationError) as told:
        works.summary(site.section.project, kind=kind, starts_on=day)
    assert "starts_on" in told.value.message_dict


# -------------------------------------------------------------------------------------------------- design, schemes


def test_an_evaluation_is_settled_when_its_findings_are(site):
    review = works.review(site.section.project)
    finding = works.finding(review)
    works.file(review, "评价报告")
    act(site, review, "file", completed_on=DAY.isoformat())
    act(site, review, "accept", "bureau_staff")
    with pytest.raises(ValidationError, match="还有 1 条"):
        act(site, review, "settle")
    assert finding.due_on == date(2026, 4, 9)
    assert act(site, finding, "answer", answer="已修改").due_on == date(2026, 3, 26)
    with pytest.raises(NotAllowed):
        act(site, finding, "close")
    act(site, finding, "close", "bureau_staff")
    assert act(site, review, "settle").settled_on == DAY
    with pytest.raises(ValidationError, match="不再增加"):
        works.finding(type(review).objects.get(pk=review.pk))


def test_a_stage_has_its_own_evaluations(site):
    with pytest.raises(ValidationError) as told:
        works.review(site.section.project, stage="feasibility", kind="bridge_risk")
    assert "kind" in told.value.message_dict


PAPERS = ("施工方案", "审核意见", "专家论证报告", "交底记录", "验收记录")


@pytest.mark.parametrize(
    ("grade", "argued", "approver"),
    [("ordinary", False, "supervisor"), ("special", False, "owner"), ("argued", True, "owner")],
)
def test_a_scheme_is_reviewed_as_its_grade_asks(site, grade, argued, approver):
    scheme = works.scheme(site.section, grade=grade)
    works.file(scheme, *PAPERS)
    act(site, scheme, "make", "contractor")
    with pytest.raises(IllegalTransition):
        act(site, scheme, "begin", "contractor")
    act(site, scheme, "review" if argued else "review_to_approve", "supervisor")
    if argued:
        act(site, scheme, "argue", "contractor", experts="甲、乙、丙")
    with pytest.raises(IllegalTransition):
        act(site, scheme, "approve", {"owner": "supervisor", "supervisor": "owner"}[approver])
    act(site, scheme, "approve", approver)
    act(site, scheme, "disclose", "contractor", disclosed_to=30, disclosures="技术、安全")
    for name in ("begin", "finish"):
        act(site, scheme, name, "contractor")
    done = act(site, scheme, "accept", "supervisor")
    assert (done.status, done.accepted_on, bool(done.argued_on)) == ("done", DAY, argued)


def test_work_without_disclosure_is_answered_for_and_read_above(site):
    scheme = put(works.scheme(site.section), status="disclose")
    works.file(scheme, *PAPERS)
    act(site, scheme, "overrule_disclose", "owner", opinion="抢险")
    for name in ("begin", "finish"):
        act(site, scheme, name, "contractor")
    with pytest.raises(ValidationError, match="尚待主管部门阅知"):
        act(site, scheme, "accept", "supervisor")
    act(site, scheme, "acknowledge", "bureau_staff")
    assert act(site, scheme, "accept", "supervisor").status == "done"


def test_which_evaluations_a_project_lacks(site):
    """By the milestones it has reached; what is only planned does not count."""
    project = put(site.section.project, category="bridge", approval_on=date(2024, 3, 1), design_on=DAY)
    put(works.review(project, stage="preliminary", kind="durability"), status="filed")
    works.review(project, stage="feasibility")
    (lack,) = missing_of([project], DAY)
    assert lack.stages == [
        ("工程可行性研究", "安全性评价"),
        ("初步设计", "安全性评价、桥梁安全风险评估"),
        ("施工图设计", "安全性评价、耐久性设计专篇"),
    ]
    (lack,) = missing_of([put(project, category="trunk")], DAY - timedelta(days=1))
    assert lack.stages == [("工程可行性研究", "安全性评价")]
    owner = Client()
    owner.force_login(site.people["owner"], backend="django.contrib.auth.backends.ModelBackend")
    page = owner.get(reverse("missing_reviews")).content.decode()
    assert str(project) in page and "耐久性设计专篇" in page
    other = safety.site().section.project
    assert owner.get(reverse("missing_reviews"), {"project": other.pk}).status_code == 404


# ------------------------------------------------------------------------------------------------------ green, crews


def test_a_bad_item_is_raised_once_when_the_check_is_finished(site):
    check = works.green_check(site.section)
    with pytest.raises(ValidationError, match="还有 13 项未填写"):
        act(site, check, "finish", "supervisor")
    for item in check.items:
        bad = item["key"] == "YC-1"
        works.made(
            GreenAnswer, check_of=check, result="fail" if bad else "pass", description="裸土" * bad, **item
        )
    act(site, check, "finish", "supervisor")
    danger = HiddenDanger.objects.get()
    assert danger.section == site.section and "裸土、堆料覆盖或固化。裸土" in danger.description
    assert danger.category == "环境保护"
    assert GreenAnswer.objects.get(result="fail").raised == danger.number
    with pytest.raises(ValidationError, match="不再修改"):
        factories.change(GreenAnswer.objects.filter(result="pass").first(), result="na")


def test_the_checklist_page_says_which_item_lacks_a_word(site):
    check = works.green_check(site.section)
    client = Client()
    client.force_login(site.people["supervisor"], backend="django.contrib.auth.backends.ModelBackend")
    url = reverse("answer_green_check", args=[check.pk])
    answer = client.post(url, {"r:YC-1": "fail", "r:YC-2": "pass"})
    assert answer.status_code == 400 and "不合格，请写明情况" in answer.content.decode()
    assert not GreenAnswer.objects.exists()
    assert client.post(url, {"r:YC-1": "fail", "d:YC-1": "北侧", "r:YC-2": "pass"}).status_code == 302
    assert GreenAnswer.objects.count() == 2
    assert client.post(url, {"r:YC-1": "maybe"}).status_code == 400
    other = works.green_check(safety.site().section)
    assert client.get(reverse("answer_green_check", args=[other.pk])).status_code == 404


def test_a_check_of_the_authority_is_not_the_contractors_to_answer(site):
    facts = {"section": site.section, "place": "拌和站", "inspectors": "某甲", "checked_on": DAY}
    check = works.records.create(works.GreenCheck(**facts), site.actor(Role.INSPECTOR))
    assert not check.self_check
    client = Client()
    client.force_login(site.people["contractor"], backend="django.contrib.auth.backends.ModelBackend")
    url = reverse("answer_green_check", args=[check.pk])
    assert client.post(url, {"r:YC-1": "pass"}).status_code == 403
    with pytest.raises(IllegalTransition):
        act(site, check, "finish", "contractor")
    client.force_login(site.people[Role.INSPECTOR], backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(url, {"r:YC-1": "pass"}).status_code == 302


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"real_name": 41}, "real_name"),
        ({"paid": Decimal("240000.01")}, "paid"),
        ({"paid": Decimal("239999.99")}, "remark"),
        ({"insured": 39}, "remark"),
        ({"crews": 41}, "crews"),
        ({"month": date(2026, 3, 2)}, "month"),
        ({"month": date(2026, 4, 1)}, "month"),
    ],
)
def test_what_a_crew_statement_must_say(site, facts, field):
    with pytest.raises(ValidationError) as told:
        works.crew(site.section, **facts)
    assert field in told.value.message_dict


def test_a_statement_is_checked_by_the_owner_against_evidence(site):
    made = works.crew(site.section, insured=38, paid=Decimal("230000.50"), remark="两人当月离场")
    assert made.gaps == ["未参保2人", "欠付9999.50元"] and not made.settled
    with pytest.raises(ValidationError, match="工资支付凭证"):
        act(site, made, "submit", "contractor")
    works.file(made, "工资支付凭证", "工伤保险凭证")
    act(site, made, "submit", "contractor")
    with pytest.raises(NotAllowed):
        act(site, made, "check", "contractor")
    assert act(site, made, "check", "owner").checked_on == DAY
