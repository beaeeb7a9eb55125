"""First articles and batches: limits judged by hand, no batch before the first article, attempts kept."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.models import Batch, FirstArticle, FirstArticleCheck, FirstArticleResult
from supervision.desk.models import Notice
from supervision.flows.errors import NotAllowed
from supervision.flows.perform import available, blocked, perform
from supervision.people.models import Role
from supervision.plan.indicators import COUNTED, DECIDED, UNDECIDED, Window, find, measure

from . import factories, safety
from . import quality_works as works
from .inspecting import put

DAY = date(2026, 3, 12)


# ------------------------------------------------------------------------------------------- arithmetic, no database


@pytest.mark.parametrize(
    ("values", "good", "rate"),
    [
        (["50", "60"], 2, "100"),  # both ends are within
        (["49.999", "60"], 1, "50"),
        (["60.001"], 0, "0"),
        (["55"] * 19 + ["61"], 19, "95"),
        (["55"] * 2 + ["61"], 2, "66.6"),  # cut off, not rounded
    ],
)
def test_values_against_limits(values, good, rate):
    check = FirstArticleCheck(lower=Decimal(50), upper=Decimal(60))
    assert check.judge([Decimal(v) for v in values]) == (good, Decimal(rate))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.decimals(0, 100, places=1), min_size=1, max_size=40), st.decimals(0, 100, places=1))
def test_a_rate_never_says_more_than_the_points(values, lower):
    good, rate = FirstArticleCheck(lower=lower).judge(values)
    assert rate * len(values) <= 100 * good < (rate + Decimal("0.1")) * len(values)


@pytest.mark.parametrize(
    ("lower", "upper", "text"),
    [
        ("30", "40", "30～40 mm"),
        ("50.500", None, "不小于50.5 mm"),
        (None, "5", "不大于5 mm"),
        (None, None, "目测"),
    ],
)
def test_limits_in_words(lower, upper, text):
    ends = {"lower": lower and Decimal(lower), "upper": upper and Decimal(upper)}
    assert FirstArticleCheck(measure="mm", **ends).limits == text


# ---------------------------------------------------------------------------------------------------------- the way


@pytest.fixture
def site(db):
    with safety.today_is(DAY):
        yield safety.site()


def act(site, record, name: str, role: str = "contractor", **data):
    fresh = type(record).objects.get(pk=record.pk)
    return perform(fresh, name, site.actor(role), {"opinion": "属实", **data})


def being_built(site, *limits) -> FirstArticle:
    """A first article being measured, with a strength check, or the checks given."""
    article = works.first_article(site.section)
    for facts in limits or ({},):
        works.check(article, **facts)
    works.file(article, "首件施工方案", "检测记录", "首件总结")
    act(site, article, "submit")
    act(site, article, "approve", "supervisor")
    return act(site, article, "build")


def test_no_scheme_without_limits(site):
    article = works.first_article(site.section)
    works.file(article, "首件施工方案")
    with pytest.raises(ValidationError, match="检测项目及限值"):
        act(site, article, "submit")


def test_limits_are_fixed_with_the_scheme(site):
    article = being_built(site)
    with pytest.raises(ValidationError, match="不再增改"):
        works.check(article)
    with pytest.raises(ValidationError, match="不再增改"):
        factories.change(article.checks.get(), lower=Decimal(1))


def test_results_are_measured_only_while_it_is_built(site):
    article = works.first_article(site.section)
    item = works.check(article)
    with pytest.raises(ValidationError, match="不在实施检测中"):
        works.result(item, 55)


def test_a_value_that_is_no_number_is_named(site):
    item = being_built(site).checks.get()
    with pytest.raises(ValidationError, match="第2个实测值“五十”"):
        works.result(item, 55, "五十")
    assert not FirstArticleResult.objects.exists()


def test_appearance_is_looked_at(site):
    article = being_built(site, {"kind": "appearance", "lower": None, "measure": ""})
    item = article.checks.get()
    with pytest.raises(ValidationError, match="外观按目测"):
        works.result(item, 5)
    found = works.result(item, conforms=False)
    assert (found.passed, found.rate, found.limits) == (False, None, "目测")
    act(site, article, "measure")
    with pytest.raises(ValidationError, match="外观不符合要求"):
        act(site, article, "pass", "supervisor")


def test_a_bad_result_does_not_pass_and_stays_when_it_is_built_again(site):
    article = being_built(site, {"name": "强度", "least_rate": Decimal(95)})
    item = article.checks.get()
    works.result(item, *["55"] * 18, "49", "48")
    act(site, article, "measure")
    supervisor = site.actor("supervisor").user
    article.refresh_from_db()
    assert [t.name for t in available(article, supervisor)] == ["fail"]
    ((transition, missing),) = blocked(article, supervisor)
    assert transition.name == "pass"
    assert missing == ["“强度”合格率 90%，低于 95%（限值不小于50 MPa）。"]
    act(site, article, "fail", "supervisor")
    act(site, article, "again")
    act(site, article, "submit")
    act(site, article, "approve", "supervisor")
    act(site, article, "build")
    works.result(FirstArticleCheck.objects.get(pk=item.pk), "55")
    act(site, article, "measure")
    article = act(site, article, "pass", "supervisor")
    assert (article.status, article.attempt, article.passed_on) == ("passed", 2, DAY)
    kept = FirstArticleResult.objects.order_by("attempt").values_list("attempt", "passed", "rate")
    assert list(kept) == [(1, False, Decimal(90)), (2, True, Decimal(100))]


def test_the_way_to_the_roll_out(site):
    article = being_built(site)
    works.result(article.checks.get(), 55)
    act(site, article, "measure")
    with pytest.raises(NotAllowed):
        act(site, article, "pass")
    act(site, article, "pass", "supervisor")
    act(site, article, "summarise", lessons="振捣间距40厘米")
    assert act(site, article, "roll_out", "owner").rolled_out_on == DAY


def test_no_batch_before_the_first_article(site):
    article = works.first_article(site.section)
    batch = works.batch(article)
    with pytest.raises(ValidationError, match="首件尚未合格"):
        act(site, batch, "start")
    assert Batch.objects.get().status == "planned"
    put(article, passed_on=DAY, status="passed")
    assert act(site, batch, "start").started_on == DAY


def test_a_batch_is_not_dated_before_its_first_article(site):
    article = put(works.first_article(site.section), passed_on=DAY, status="passed")
    with pytest.raises(ValidationError) as told:
        act(site, works.batch(article), "start", started_on="2026-03-11")
    assert "started_on" in told.value.message_dict


def test_overruling_needs_a_reason_and_is_told_above(site, django_capture_on_commit_callbacks):
    batch = works.batch(works.first_article(site.section))
    above = site.people[Role.BUREAU_STAFF]
    with pytest.raises(ValidationError) as told:
        act(site, batch, "overrule", "owner", opinion=" ")
    assert "opinion" in told.value.message_dict
    with pytest.raises(NotAllowed):
        act(site, batch, "overrule")
    with django_capture_on_commit_callbacks(execute=True):
        act(site, batch, "overrule", "owner", opinion="抢险通车")
    assert Notice.objects.filter(user=above).exists()
    assert act(site, batch, "start").started_on == DAY


def test_an_item_is_on_the_list_once(site):
    works.first_article(site.section, item="预制 箱梁")
    with pytest.raises(ValidationError):
        works.first_article(site.section, item=" 预制  箱梁 ")


def test_another_sections_item_is_no_batch_here(site):
    article = works.first_article(factories.section())
    with pytest.raises(ValidationError) as told:
        works.made(Batch, section=site.section, article=article, part="2号", planned_on=DAY)
    assert "article" in told.value.message_dict


def test_the_rate_of_first_articles(site):
    """Five items: passed, passed after a batch had begun, not passed though begun, overdue, not yet due."""
    early, late = date(2026, 3, 1), date(2026, 9, 1)
    good = put(works.first_article(site.section, planned_on=early), passed_on=date(2026, 3, 2))
    put(works.batch(good), started_on=date(2026, 3, 3))
    after = put(works.first_article(site.section, planned_on=early), passed_on=date(2026, 3, 5))
    put(works.batch(after), started_on=date(2026, 3, 4))
    never = works.first_article(site.section, planned_on=late)
    put(works.batch(never), started_on=date(2026, 3, 4))
    overdue = works.first_article(site.section, planned_on=early)
    due = works.first_article(site.section, planned_on=late)
    works.first_article(site.section, planned_on=date(2025, 3, 1))

    def found(day: date) -> dict[str, set[int]]:
        groups = measure(find("quality.first_articles").members({}, Window(2026, day, 2026, 2026)))
        return {
            standing: {pk for group in groups if group.standing == standing for pk in group.ids}
            for standing in (COUNTED, UNDECIDED, DECIDED)
        }

    assert found(date(2026, 3, 31)) == {
        COUNTED: {good.pk},
        UNDECIDED: {due.pk},
        DECIDED: {after.pk, never.pk, overdue.pk},
    }
    # The same question of an earlier day has the answer of that day.
    assert found(date(2026, 3, 1))[UNDECIDED] == {good.pk, after.pk, overdue.pk, never.pk, due.pk}
