"""Technical service bodies: the yearly score, and that nobody on the black list is chosen for a new service."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D
from pathlib import Path

import pytest
import yaml
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from projects.models import Project
from safety import body_documents
from safety.bodies import scoring
from safety.models import ServiceBody, ServiceListing
from supervision.flows.errors import FlowError
from supervision.flows.history import Actor
from supervision.flows.perform import perform
from supervision.people.models import Role, User

from . import factories
from .safety import paper, today_is
from .sectors import assessment, body, enterprise, job, listing, person_of, pledge, warning

SHIPPED = Path(__file__).parents[1] / "safety" / "data" / "service_bodies.yaml"
RULES = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))["rules"][0]["content"]
SHEET, GRADES = RULES["sheet"], RULES["grades"]


# ------------------------------------------------------------------------------------------------- arithmetic


@pytest.mark.parametrize(
    ("lost", "vetoed", "points", "grade"),
    [
        ({}, False, "100", "excellent"),
        ({"报告质量": "10"}, False, "90", "excellent"),
        ({"报告质量": "10.5"}, False, "89.5", "passed"),
        ({"报告质量": "30"}, False, "70", "passed"),
        ({"报告质量": "30", "配合监督检查": "10"}, False, "60", "poor"),
        ({"报告质量": "30", "配合监督检查": "10", "诚信承诺履行": "0.5"}, False, "59.5", "failed"),
        ({}, True, "100", "failed"),
    ],
)
def test_the_score_sheet(lost, vetoed, points, grade):
    made = scoring.score(SHEET, GRADES, lost, vetoed)
    assert (made.score, made.grade) == (D(points), grade)


def test_the_sheet_is_of_a_hundred_marks():
    assert sum(row["full"] for row in SHEET) == 100


@given(st.dictionaries(st.sampled_from([row["item"] for row in SHEET]), st.decimals(0, 50, places=1)))
def test_no_item_loses_more_than_it_is_worth(lost):
    made = scoring.score(SHEET, GRADES, lost, False)
    assert 0 <= made.score <= 100
    assert all(0 <= left <= full and gone + left == full for _, full, gone, left in made.lines)
    over = any(value > row["full"] for row in SHEET for value in [lost.get(row["item"], 0)])
    assert bool(scoring.problems(SHEET, lost)) == over


def test_what_cannot_be_deducted():
    assert "没有" in scoring.problems(SHEET, {"别的": 1})[0]
    for points in ("-1", "NaN", "甲", "31"):
        assert scoring.problems(SHEET, {"报告质量": points}), points


# --------------------------------------------------------------------------------------------------- in the ledger


def act(record, name: str, by: User, **data):
    actor = Actor.of(User.objects.get(pk=by.pk), "page")
    return perform(type(record).objects.get(pk=record.pk), name, actor, {"opinion": "属实"} | data)


@pytest.mark.django_db
def test_whoever_is_listed_is_chosen_for_nothing_until_the_term_is_over():
    first, second = factories.user(Role.BUREAU_STAFF), factories.user(Role.BUREAU_STAFF)
    with today_is(date(2026, 3, 2)):
        one = body(2026)
        before = job(one)
        blamed = listing(one)
        act(blamed, "submit", first)
        with pytest.raises(FlowError):
            act(blamed, "list", first)
        assert job(one).pk  # proposed is not listed
        blamed = act(blamed, "list", second)
        assert (blamed.listed_on, blamed.valid_until) == (date(2026, 3, 2), date(2028, 3, 1))
        with pytest.raises(ValidationError) as wrong:
            job(one)
        assert "黑名单" in str(wrong.value) and set(wrong.value.error_dict) == {"body"}
        with pytest.raises(ValidationError):
            job(one, begins_on=date(2026, 2, 1))  # nor by writing an earlier day
        # What was chosen before goes on to its end, and cannot be handed to a listed body.
        paper(before, "服务报告")
        assert act(before, "finish", factories.user(Role.INSPECTOR), conclusion="合格").status == "done"
        free = job(body(2026))
        with pytest.raises(ValidationError):
            factories.change(free, body=one)
        with pytest.raises(ValidationError):
            act(blamed, "ask_exit", first, exit_reason="已整改")
    with today_is(date(2028, 3, 1)):
        pledge(one, 2028)
        factories.change(one, qualified_until=date(2030, 1, 1))
        one = ServiceBody.objects.get(pk=one.pk)
        assert "黑名单" in one.barred(date(2028, 3, 1))
    with today_is(date(2028, 3, 2)):
        assert one.barred(date(2028, 3, 2)) == "" and job(one).pk
        assert ServiceListing.objects.get(pk=blamed.pk).is_over


@pytest.mark.django_db
def test_an_early_exit_takes_a_year_an_undertaking_and_two_persons():
    first, second = factories.user(Role.BUREAU_STAFF), factories.user(Role.BUREAU_STAFF)
    with today_is(date(2026, 3, 2)):
        one = body(2026)
        blamed = listing(one)
        act(blamed, "submit", first)
        act(blamed, "list", second)
        paper(blamed, "移出依据")
    with today_is(date(2027, 3, 1)):
        pledge(one, 2027, pledged_on=date(2027, 2, 1))
        with pytest.raises(ValidationError, match="未满12个月"):
            act(blamed, "ask_exit", first, exit_reason="已整改")
    with today_is(date(2027, 3, 2)):
        act(blamed, "ask_exit", first, exit_reason="已整改")
        assert ServiceListing.on(date(2027, 3, 2)).exists()  # until it is decided
        with pytest.raises(FlowError):
            act(blamed, "exit", first)
        act(blamed, "exit", second)
        assert not ServiceListing.on(date(2027, 3, 2)).exists()
        assert job(one).pk


@pytest.mark.django_db
def test_a_service_needs_a_valid_qualification_and_the_years_undertaking():
    with today_is(date(2026, 9, 28)):
        with pytest.raises(ValidationError, match="诚信承诺"):
            job(body())
        with pytest.raises(ValidationError, match="资质"):
            job(body(2026, qualified_until=date(2026, 9, 27)))
        port = enterprise()
        made = job(body(2026), project=Project.objects.get(pk=port.pk))
        assert made.client == port.owner
        assert list(type(made).objects.visible_to(person_of(port))) == [made]
        assert not type(made).objects.visible_to(person_of(enterprise())).exists()


@pytest.mark.django_db
def test_a_years_assessment_is_settled_by_another_and_a_veto_fails_it():
    made = assessment(year=2025, deducted={"报告质量": "3.5"})
    assert (made.score, made.grade) == (D("96.5"), "excellent")
    vetoed = assessment(veto=RULES["vetoes"][0])
    assert (vetoed.score, vetoed.grade) == (D("96.5"), "failed")
    with pytest.raises(ValidationError, match="在0与30之间"):
        assessment(year=2024, deducted={"报告质量": "31"})
    with pytest.raises(ValidationError, match="事由"):
        assessment(year=2024, findings="")
    first = factories.user(Role.BUREAU_STAFF)
    act(made, "submit", first)
    with pytest.raises(FlowError):
        act(made, "settle", first)
    assert act(made, "settle", factories.user(Role.BUREAU_LEADER)).settled_on
    told = act(warning(kind="interview", meeting_at="10月9日9时，三楼会议室"), "issue", first)
    assert told.due_on == told.answer_by
    asked = body_documents.summons(told)
    assert (asked.at, asked.reason) == ("10月9日9时，三楼会议室", "报告缺项")
    assert str(told.body) in asked.title
