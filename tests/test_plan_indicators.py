"""What each indicator counts, on hand-made cases, computed through the service."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Q

from projects.models import Project
from projects.services import merge_projects
from supervision.flows import records
from supervision.people.models import Organization
from supervision.plan import indicators, services
from tests import factories
from tests.factories import candidacy, change, district, eligibility, project, section, target

pytestmark = pytest.mark.django_db

YEAR = 2025
DAY = date(2025, 6, 30)


def day(month, number=1, year=YEAR):
    return date(year, month, number)


def compute(of, as_of=DAY, year=YEAR):
    """The one target, computed: (numerator, denominator, undecided, state)."""
    [result] = services.compute(as_of, year, targets=[of])
    total = result.total
    return total.numerator, total.denominator, len(total.undecided), total.judgement.state


def parts(of, dimension, as_of=DAY, year=YEAR):
    [result] = services.compute(as_of, year, targets=[of])
    return {
        part.label: (part.numerator, part.denominator) for part in result.parts if part.dimension == dimension
    }


def ratio(indicator, threshold=60, **parameters):
    return target(indicator=indicator, parameters=parameters, threshold=threshold)


def listing(unit, listed=None, declared=3, decided=5, year=YEAR, **facts):
    """A 项羽杯 candidacy of a listing: declared in March and decided in May of the year."""
    dated = {"declared_on": day(declared, year=year)}
    if listed is not None:
        dated |= {"listing_decided_on": day(decided, year=year), "listed": listed}
    return candidacy(unit, year=year, **(dated | facts))


def reviewed(unit, code="XYB", named=None, year=YEAR, **facts):
    """A candidacy that stands for the review of the year: applied in March, decided in May."""
    dated = {"review_applied_on": day(3, year=year), "review_year": year, "stage": "review"}
    if named is not None:
        dated |= {"decided_on": day(5, year=year), "named": named}
    return candidacy(unit, code, year, **(dated | facts))


# --------------------------------------------------------------------------------- applying and succeeding


def test_without_anybody_nothing_applies():
    for stage in ("listing", "review"):
        for code in ("project.applied", "project.succeeded"):
            assert compute(ratio(code, scheme="XYB", stage=stage)) == (0, 0, 0, "not_applicable")


def test_exactly_sixty_per_cent_is_enough():
    success = ratio("project.succeeded", scheme="XYB", stage="listing")
    for _ in range(3):
        listing(project(), listed=True)
    for _ in range(2):
        listing(project(), listed=False)
    assert compute(success) == (3, 5, 0, "met")
    listing(project())
    assert compute(success) == (3, 6, 1, "reachable")
    assert compute(success, as_of=day(12, 31)) == (3, 6, 1, "reachable")
    assert compute(success, as_of=date(2026, 1, 1)) == (3, 6, 1, "missed")


def test_eligible_works_are_the_base_of_applying():
    applied = ratio("project.applied", scheme="XYB", stage="listing", threshold=100)
    done, waiting, unfit, other_year, stranger = (project() for _ in range(5))
    for one in (done, waiting):
        eligibility(one)
    eligibility(unfit, eligible=False)
    eligibility(other_year, year=2024)
    for one in (done, unfit, stranger):
        listing(one)
    # 拟申报, and last year's declaration, are no declarations of this year.
    candidacy(waiting)
    listing(waiting, year=2024)
    assert compute(applied) == (1, 2, 1, "reachable")
    assert compute(applied, as_of=date(2026, 1, 1)) == (1, 2, 1, "missed")


def test_eligibility_counts_from_its_decision_until_another_one():
    applied = ratio("project.applied", scheme="XYB", stage="listing")
    works = project()
    eligibility(works, decided_on=day(2, 10))
    eligibility(works, eligible=False, decided_on=day(4, 10))
    denominators = [compute(applied, as_of=on)[1] for on in (day(2, 9), day(2, 10), day(4, 9), day(4, 10))]
    assert denominators == [0, 1, 1, 0]


def test_what_happens_after_the_day_is_not_known_yet():
    success = ratio("project.succeeded", scheme="XYB", stage="listing")
    applied = ratio("project.applied", scheme="XYB", stage="listing")
    works = project()
    eligibility(works)
    listing(works, listed=True)
    assert compute(applied, as_of=day(2, 28)) == (0, 1, 1, "reachable")
    assert compute(success, as_of=day(2, 28)) == (0, 0, 0, "not_applicable")
    assert compute(success, as_of=day(4, 30)) == (0, 1, 1, "reachable")
    assert compute(success, as_of=day(5, 1)) == (1, 1, 0, "met")


def test_a_withdrawn_candidacy_leaves_both_parts():
    success = ratio("project.succeeded", scheme="XYB", stage="listing")
    applied = ratio("project.applied", scheme="XYB", stage="listing")
    stays, leaves = project(), project()
    for one in (stays, leaves):
        eligibility(one)
    listing(stays, listed=True)
    listing(leaves, withdrawn_on=day(5, 20))
    assert compute(success, as_of=day(5, 19)) == (1, 2, 1, "reachable")
    assert compute(success, as_of=day(5, 20)) == (1, 1, 0, "met")
    # It may still apply again, and does.
    assert compute(applied, as_of=day(5, 20)) == (1, 2, 1, "reachable")
    listing(leaves, declared=6)
    assert compute(applied) == (2, 2, 0, "met")
    assert compute(success) == (1, 2, 1, "reachable")


def test_the_review_counts_in_its_own_year():
    applied = ratio("project.applied", scheme="XYB", stage="review", threshold=100)
    success = ratio("project.succeeded", scheme="XYB", stage="review")
    old, direct, unnamed = project(), project(), project()
    for one in (old, direct, unnamed):
        eligibility(one, stage="review")
    # Listed in 2024, applied for review in 2025 and named: an award of 2025, not of 2024.
    listing(
        old,
        listed=True,
        year=2024,
        review_applied_on=day(2),
        review_year=2025,
        decided_on=day(6),
        named=True,
    )
    reviewed(direct)
    reviewed(unnamed, named=False)
    assert compute(applied) == (3, 3, 0, "met")
    assert compute(success) == (1, 3, 1, "reachable")
    assert compute(success, year=2024) == (0, 0, 0, "not_applicable")
    assert compute(success, as_of=day(5, 31)) == (0, 3, 2, "reachable")


def test_one_project_counts_once_however_often_it_stands():
    success = ratio("project.succeeded", scheme="XYB", stage="listing")
    works = project()
    listing(works, listed=False)
    listing(works, listed=True, achievement="二期")
    assert compute(success) == (1, 1, 0, "met")


# --------------------------------------------------------------------------------- taking part and passing


def city(code, threshold=100):
    return ratio(code, threshold=threshold, level="city", family="quality")


def test_works_under_construction_and_who_takes_part():
    taking_part = city("project.participation")
    inside = {
        "running": project(),
        "begun today": project(start_on=DAY),
        "handed over on new year": project(handover_on=day(1, 1)),
        "waterway": project(mode="waterway"),
    }
    for facts in (
        {"start_on": None},
        {"start_on": date(2025, 7, 1)},
        {"start_on": date(2026, 1, 1)},
        {"handover_on": date(2024, 12, 31)},
        {"mode": "railway"},
        {"level": "county"},
    ):
        works = project(**facts)
        candidacy(works, "PZ-CITY", YEAR, declared_on=day(2))
    assert compute(taking_part) == (0, 4, 4, "reachable")
    candidacy(inside["running"], "PZ-PROV", YEAR, declared_on=DAY)
    candidacy(inside["begun today"], "PZ-CITY", 2024, declared_on=date(2024, 3, 1))
    candidacy(inside["waterway"], "PZ-CITY", YEAR)
    candidacy(inside["handed over on new year"], "XYB", YEAR, declared_on=day(2))
    assert compute(taking_part) == (2, 4, 2, "reachable")
    assert compute(taking_part, as_of=DAY.replace(day=29)) == (0, 3, 3, "reachable")
    # Looked at later, the year has the works begun in its second half, and none begun after it.
    assert compute(taking_part, as_of=day(6, year=2026))[1] == 5


def test_last_years_result_is_not_this_years_participation():
    taking_part = city("project.participation")
    named, refused, travelling, withdrawn, next_year = (project() for _ in range(5))
    last = {"declared_on": day(3, year=2024)}
    candidacy(named, "PZ-CITY", 2024, **last, decided_on=day(12, 31, 2024), named=True)
    candidacy(refused, "PZ-CITY", 2024, **last, listing_decided_on=day(6, year=2024), listed=False)
    candidacy(travelling, "PZ-CITY", 2024, **last, listing_decided_on=day(6, year=2024), listed=True)
    candidacy(withdrawn, "PZ-CITY", YEAR, declared_on=day(2), withdrawn_on=day(3))
    candidacy(next_year, "PZ-CITY", YEAR + 1, declared_on=day(6))
    assert compute(taking_part) == (1, 5, 4, "reachable")
    assert compute(taking_part, year=2024, as_of=day(12, 31, 2024)) == (3, 5, 2, "reachable")


def test_participants_pass_when_they_are_named():
    taking_part, passing = city("project.participation"), city("project.passed", threshold=50)
    good, bad, waiting, absent = (project() for _ in range(4))
    declared = {"declared_on": day(2)}
    candidacy(good, "PZ-CITY", YEAR, **declared, decided_on=day(6), named=True)
    candidacy(good, "PZ-PROV", YEAR, **declared)
    candidacy(bad, "PZ-CITY", YEAR, **declared, listing_decided_on=day(4), listed=False)
    candidacy(waiting, "PZ-CITY", YEAR, **declared, listing_decided_on=day(4), listed=True)
    assert compute(taking_part) == (3, 4, 1, "reachable")
    assert compute(passing) == (1, 3, 1, "reachable")
    assert compute(passing, as_of=day(5, 31)) == (0, 3, 2, "reachable")
    assert compute(passing, as_of=date(2026, 1, 1)) == (1, 3, 1, "missed")


def test_county_works_in_the_city_scheme():
    coverage = ratio("project.coverage", threshold=90, level="county", scheme="PZ-CITY", stage="listing")
    passing = ratio("project.scheme_passed", threshold=70, level="county", scheme="PZ-CITY")
    here = district("沭阳县")
    inside, provincial, unasked, of_the_city = (
        project(level="county", district=here),
        project(level="county", district=here),
        project(level="county"),
        project(),
    )
    for one in (inside, provincial, of_the_city):
        eligibility(one, "PZ-CITY")
    candidacy(inside, "PZ-CITY", YEAR, declared_on=day(2), decided_on=day(6), named=True)
    candidacy(provincial, "PZ-PROV", YEAR, declared_on=day(2))
    candidacy(unasked, "PZ-CITY", YEAR, declared_on=day(2))
    candidacy(of_the_city, "PZ-CITY", YEAR, declared_on=day(2))
    assert compute(coverage) == (1, 2, 1, "reachable")
    assert parts(coverage, "district") == {"沭阳县": (1, 2)}
    assert compute(passing) == (1, 2, 1, "reachable")
    assert parts(passing, "district") == {"沭阳县": (1, 1), "未填县区": (0, 1)}


def test_a_project_that_changes_level_or_district_counts_where_it_stood():
    coverage = ratio("project.coverage", level="county", scheme="PZ-CITY", stage="listing")
    taking_part = city("project.participation")
    old, new = district("泗阳县"), district("泗洪县")
    works = project(level="county", district=old)
    eligibility(works, "PZ-CITY")
    change(works, district=new, placed_since=day(4))
    change(works, level="city", placed_since=day(5))
    assert parts(coverage, "district", as_of=day(3, 31)) == {"泗阳县": (0, 1)}
    assert parts(coverage, "district", as_of=day(4, 1)) == {"泗洪县": (0, 1)}
    assert parts(coverage, "district", as_of=day(5, 1)) == {}
    assert compute(taking_part, as_of=day(4, 30))[1] == 0
    assert compute(taking_part, as_of=day(5, 1))[1] == 1
    assert parts(taking_part, "district", as_of=day(5, 1)) == {"泗洪县": (0, 1)}


# --------------------------------------------------------------------------------- sections


def test_city_safe_sites_and_their_grades():
    passing = ratio("section.eligible_named", threshold=100, scheme="PAGD-CITY", stage="creation")
    excellent = ratio(
        "section.eligible_named", threshold=50, scheme="PAGD-CITY", stage="creation", grade="excellent"
    )
    works = project()
    best, good, failed, open_, absent, unfit = (section(works) for _ in range(6))
    for one in (best, good, failed, open_, absent):
        eligibility(one, "PAGD-CITY")
    decided = {"declared_on": day(2), "decided_on": day(5)}
    candidacy(best, "PAGD-CITY", YEAR, **decided, named=True, grade="excellent")
    candidacy(good, "PAGD-CITY", YEAR, **decided, named=True, grade="passed")
    candidacy(failed, "PAGD-CITY", YEAR, **decided, named=False)
    candidacy(open_, "PAGD-CITY", YEAR, declared_on=day(2))
    candidacy(unfit, "PAGD-CITY", YEAR, **decided, named=True, grade="excellent")
    assert compute(passing) == (2, 5, 2, "missed")
    assert compute(excellent) == (1, 5, 2, "reachable")
    assert compute(passing, as_of=day(4, 30)) == (0, 5, 5, "reachable")


def test_sections_that_stood_for_the_province():
    site = ratio("section.succeeded", scheme="PAGD-PROV", stage="creation")
    first, second, planned = (section() for _ in range(3))
    candidacy(first, "PAGD-PROV", YEAR, declared_on=day(2), decided_on=day(5), named=True)
    candidacy(second, "PAGD-PROV", YEAR, declared_on=day(2))
    candidacy(planned, "PAGD-PROV", YEAR)
    assert compute(site) == (1, 2, 1, "reachable")


# --------------------------------------------------------------------------------- counts


def count_of(indicator="project.named_count", minimum=2, **facts):
    parameters = {"scheme": facts.pop("scheme", "PZ-PROV")}
    return target(indicator=indicator, kind="count", threshold=minimum, parameters=parameters, **facts)


def test_named_projects_of_the_year():
    built = count_of()
    assert compute(built) == (0, None, 0, "missed")
    named, refused, planned, later, withdrawn = (project() for _ in range(5))
    award = {"named": True, "decided_on": day(5)}
    for name in ("甲", "乙"):
        reviewed(named, "PZ-PROV", achievement=name, **award)
    reviewed(refused, "PZ-PROV", named=False)
    candidacy(planned, "PZ-PROV", YEAR)
    candidacy(later, "PZ-PROV", YEAR + 1)
    candidacy(withdrawn, "PZ-PROV", YEAR, declared_on=day(2), withdrawn_on=day(3))
    assert compute(built) == (1, None, 1, "reachable")
    assert compute(built, as_of=date(2026, 1, 1)) == (1, None, 1, "missed")
    # Before the decisions of May three could still make it; the withdrawn one could not.
    assert compute(built, as_of=day(4, 30)) == (0, None, 3, "reachable")
    assert compute(built, year=YEAR + 1) == (0, None, 2, "reachable")


def test_a_listed_work_may_be_named_in_a_later_year():
    built = count_of(minimum=1)
    works = project()
    row = candidacy(
        works,
        "PZ-PROV",
        2024,
        declared_on=day(3, year=2024),
        listing_decided_on=day(6, year=2024),
        listed=True,
    )
    assert compute(built) == (0, None, 1, "reachable")
    row = change(row, review_applied_on=day(3), review_year=YEAR)
    # Once it stands for this year's review, next year's count has nothing to hope for from it.
    assert compute(built, year=2026) == (0, None, 0, "missed")
    assert compute(built, as_of=day(2), year=2026) == (0, None, 1, "reachable")
    row = change(row, decided_on=day(6), named=True)
    assert compute(built) == (1, None, 0, "met")
    assert compute(built, as_of=day(5, 31)) == (0, None, 1, "reachable")
    assert compute(built, year=2024) == (0, None, 0, "missed")
    change(row, withdrawn_on=day(6, 15))
    assert compute(built) == (0, None, 0, "missed")


def test_awards_add_up_to_their_year():
    awards = count_of(
        "candidacy.named_count", 2, scheme="GJJ", period="by_year", by_year=2029, name="国家级奖项"
    )
    works = project()
    candidacy(works, "GJJ", 2024, declared_on=day(3, year=2024), decided_on=day(9, year=2024), named=True)
    candidacy(works, "GJJ", 2023, declared_on=day(3, year=2023), decided_on=day(9, year=2023), named=True)
    candidacy(works, "GJJ", 2029)
    assert compute(awards) == (1, None, 1, "reachable")
    # Its year is the plan's, not the assessed one.
    assert compute(awards, as_of=date(2026, 1, 1), year=2025) == (1, None, 1, "reachable")
    assert compute(awards, as_of=date(2029, 12, 31), year=2029) == (1, None, 1, "reachable")
    assert compute(awards, as_of=date(2030, 1, 1), year=2029) == (1, None, 1, "missed")
    candidacy(works, "GJJ", 2025, achievement="二期", declared_on=day(3), decided_on=day(6), named=True)
    assert compute(awards) == (2, None, 1, "met")


# --------------------------------------------------------------------------------- merging, places, parameters


def test_a_merged_project_counts_once_with_what_it_brings():
    success = ratio("project.succeeded", scheme="XYB", stage="listing")
    applied = ratio("project.applied", scheme="XYB", stage="listing")
    kept, twin = project(), project()
    eligibility(twin)
    listing(twin, listed=True)
    merge_projects(
        Project.objects.get(pk=twin.pk), Project.objects.get(pk=kept.pk), factories.COMMAND, "同一项目"
    )
    assert compute(success) == (1, 1, 0, "met")
    for goal in (applied, city("project.participation")):
        [result] = services.compute(DAY, YEAR, targets=[goal])
        assert result.total.population == (kept.pk,)


def test_parts_add_up_to_the_total():
    success = ratio("project.succeeded", scheme="XYB", stage="listing")
    here, there = district("宿豫区"), district("宿城区")
    for where, listed in ((here, True), (here, False), (there, None), (None, True)):
        listing(project(district=where, mode="waterway" if listed else "highway"), listed=listed)
    [result] = services.compute(DAY, YEAR, targets=[success])
    for dimension in ("district", "sector"):
        some = [part for part in result.parts if part.dimension == dimension]
        for name in ("population", "counted", "undecided"):
            together = sorted(pk for part in some for pk in getattr(part, name))
            assert together == list(getattr(result.total, name))
    assert parts(success, "district") == {"宿豫区": (1, 2), "宿城区": (0, 1), "未填县区": (1, 1)}
    assert parts(success, "sector") == {"公路": (0, 2), "水运": (2, 2)}


def test_a_city_wide_minimum_is_not_asked_of_a_district():
    built = count_of()
    reviewed(project(district=district("宿豫区")), "PZ-PROV", named=True)
    [result] = services.compute(DAY, YEAR, targets=[built])
    assert {(part.numerator, part.judgement.state, part.judgement.gap) for part in result.parts} == {
        (1, "", None)
    }


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({}, "缺少参数“scheme”（申报方案）"),
        ({"scheme": "XYB", "stage": "listing", "grade": "x"}, "没有参数“grade”"),
        ({"scheme": "NONE", "stage": "listing"}, "“scheme”（申报方案）不能是“NONE”"),
        ({"scheme": "XYB", "stage": "挂牌"}, "listing（挂牌）"),
        ({"scheme": ["XYB"], "stage": "listing"}, "应为文字"),
        ([], "计算参数应为"),
    ],
)
def test_a_target_says_what_is_wrong_with_its_parameters(parameters, said):
    good = target()
    with pytest.raises(ValidationError) as caught:
        records.update(good, {"parameters": parameters}, factories.COMMAND)
    assert said in "".join(caught.value.message_dict["parameters"])


def test_a_rule_is_read_in_words():
    rule = {"scheme": "XYB", "stage": "creation", "assessment": "bureau", "grade": ""}
    name = factories.scheme("XYB").name
    goal = target(indicator="section.eligible_named", parameters=rule)
    assert goal.rule_label == f"申报方案：{name}；阶段：创建；考核合格也计入：主管部门抽查"
    assert indicators.rules_in_words([("nothing", {"a": "b"}), ("section.eligible_named", None)]) == ["", ""]


def test_a_target_needs_an_indicator_of_its_kind():
    good = target()
    for values, field in (
        ({"indicator": "no.such"}, "indicator"),
        ({"kind": "count"}, "indicator"),
        ({"threshold": 101}, "threshold"),
        ({"period": "by_year"}, "by_year"),
        ({"by_year": 2026}, "by_year"),
    ):
        with pytest.raises(ValidationError) as caught:
            records.update(good, values, factories.COMMAND)
        assert field in caught.value.message_dict


def test_every_indicator_says_how_it_counts():
    for known in indicators.registered():
        assert known.meaning and "计入" in known.meaning, known.code


def test_a_code_is_registered_once():
    with pytest.raises(ValueError, match="project.applied"):
        indicators.indicator(
            "project.applied", "另一个", unit="projects.project", kind="ratio", meaning="计入：……"
        )(lambda window: None)


def test_a_target_whose_indicator_left_is_named():
    orphan = target()
    type(orphan)._base_manager.filter(pk=orphan.pk).update(indicator="gone.away")
    with pytest.raises(services.ComplianceError, match=orphan.name):
        services.compute(DAY, YEAR)


# --------------------------------------------------------------------------------- indicators of other ledgers


@pytest.fixture
def own_registry(monkeypatch):
    monkeypatch.setattr(indicators, "_registered", dict(indicators._registered))


def test_any_model_can_be_counted_also_without_a_place(own_registry):
    @indicators.indicator(
        "test.offices", "停用单位", unit="people.Organization", kind="ratio", meaning="计入：停用的。"
    )
    def offices(window):
        return indicators.Members(
            Organization.objects.all(), counted=Q(is_active=False), undecided=Q(kind="owner")
        )

    goal = target(indicator="test.offices", parameters={}, threshold=50)
    gone = factories.organization("designer")
    change(gone, is_active=False)
    open_ = factories.organization("owner")
    other = factories.organization("laboratory")
    [result] = services.compute(DAY, YEAR, targets=[goal])
    assert (result.unit, result.total.counted, result.total.undecided) == (
        "people.organization",
        (gone.pk,),
        (open_.pk,),
    )
    assert result.total.population == (gone.pk, open_.pk, other.pk)
    assert compute(goal)[3] == "reachable"
    # A unit without places has the city's figure and no others.
    assert result.parts == []


def test_a_member_that_stands_in_two_rows_is_refused(own_registry):
    @indicators.indicator(
        "test.joined", "连接", unit="projects.project", kind="count", meaning="计入：全部。"
    )
    def joined(window):
        rows = Project.objects.filter(sections__isnull=False)
        return indicators.Members(rows, counted=Q(pk__gt=0), undecided=Q(pk__lt=0))

    works = project()
    goal = target(indicator="test.joined", kind="count", parameters={}, threshold=1)
    section(works)
    assert compute(goal) == (1, None, 0, "met")
    section(works)
    with pytest.raises(ValueError, match="several rows"):
        compute(goal)
