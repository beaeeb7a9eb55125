"""Eligibility is decided with a reason; a candidacy says at once what it lacks, and ends where it is withdrawn."""

import json
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from projects.models import Candidacy, Eligibility
from supervision.flows import perform, records
from supervision.flows.errors import IllegalTransition
from supervision.flows.history import Actor
from supervision.rules.models import RuleSet
from tests import factories, safety

pytestmark = pytest.mark.django_db
DAY = date(2026, 7, 6)  # a Monday


@pytest.fixture
def owner():
    return factories.user("owner", factories.organization("owner"))


@pytest.fixture
def work(owner):
    return factories.project(owner=owner.organization)


def act(row: Candidacy, name: str, user, **data) -> Candidacy:
    return perform.perform(Candidacy.objects.get(pk=row.pk), name, Actor.of(user, "page"), data)


def missing(row: Candidacy, name: str) -> list[str]:
    row = Candidacy.objects.get(pk=row.pk)
    return perform.missing_for(row, row.flow.by_name[name])


# -------------------------------------------------------------------------------------------------- eligibility


def test_no_decision_without_a_reason_and_none_is_edited(work):
    clerk = Client()
    clerk.force_login(factories.user(), backend="django.contrib.auth.backends.ModelBackend")
    body = {"scheme": factories.scheme("XYB").pk, "stage": "listing", "year": 2025, "project": work.pk,
            "eligible": True, "decided_on": "2025-02-01"}  # fmt: skip

    def send(method: str, path: str, body: dict):
        return getattr(clerk, method)(f"/api/eligibilities/{path}", json.dumps(body), "application/json")

    for reason in ({}, {"reason": ""}, {"reason": "  "}):
        refused = send("post", "", body | reason)
        assert refused.status_code == 400 and set(refused.json()["fields"]) == {"reason"}
    made = send("post", "", body | {"reason": "已完成交工验收"})
    assert made.status_code == 201
    address = f"{made.json()['id']}/"
    for method in ("patch", "put", "delete"):
        assert send(method, address, {"eligible": False, "reason": "改"}).status_code == 405
    assert Eligibility.objects.get().eligible


def test_a_new_decision_supersedes_the_last_and_both_stay(work):
    first = factories.eligibility(work)
    with pytest.raises(ValidationError, match="不能早于它"):
        factories.eligibility(work, decided_on=date(2025, 1, 31))
    second = factories.eligibility(work, eligible=False, decided_on=date(2025, 6, 1), reason="缩减规模")
    first.refresh_from_db()
    assert (first.superseded_on, second.superseded_on) == (date(2025, 6, 1), None)
    told = records.events_of(first).get(label="由新认定取代")
    assert told.reason == "缩减规模"


# -------------------------------------------------------------------------------------------------- candidacies


def test_what_is_missing_is_said_at_once(work, owner):
    factories.scheme("XYB", listing_materials=["申报表", "工程概况"])
    row = factories.candidacy(work)
    assert missing(row, "declare") == ["缺少材料：申报表", "缺少材料：工程概况"]
    safety.paper(row, "申报表")
    with pytest.raises(ValidationError, match="缺少材料：工程概况"):
        act(row, "declare", owner)
    safety.paper(row, "工程概况")
    assert act(row, "declare", owner).status == "declared"


@pytest.mark.parametrize(
    ("first", "last", "is_open"),
    [
        ("07-06", "07-06", True),
        ("07-07", "08-31", False),
        ("03-01", "07-05", False),
        ("11-01", "07-06", True),  # over the new year
        ("11-01", "07-05", False),
    ],
)
def test_the_application_window(work, first, last, is_open):
    factories.scheme("XYB", window_from=first, window_to=last)
    row = factories.candidacy(work)
    with safety.today_is(DAY):
        assert missing(row, "declare") == ([] if is_open else [f"不在申报窗口内（{first} 至 {last}）。"])


def test_a_scheme_no_longer_in_use_takes_none(work):
    factories.scheme("XYB", is_active=False)
    assert missing(factories.candidacy(work), "declare") == ["该申报方案已停用。"]


def test_it_is_withdrawn_at_any_point_before_the_decision(work, owner):
    ends = {"not_listed", "named", "rejected", "withdrawn"}
    for year, status in enumerate(sorted(Candidacy.flow.states), 2001):
        row = factories.candidacy(work, year=year, status=status)
        if status in ends:
            with pytest.raises(IllegalTransition):
                act(row, "withdraw", owner, opinion="不再申报")
        else:
            gone = act(row, "withdraw", owner, opinion="不再申报")
            assert (gone.status, gone.withdrawn_on) == ("withdrawn", timezone.localdate())
    # Another one may then take its place.
    assert factories.candidacy(work, year=row.year)


def test_objections_and_publicity_bar_the_name(work):
    clerk = factories.user()
    row = factories.candidacy(work, status="judging")
    with safety.today_is(DAY):
        row = act(row, "publish", clerk)
        assert row.publicity_until == date(2026, 7, 13), "five working days"
        act(row, "object", factories.user("discipline"), opinion="数量不实")
        assert missing(row, "name") == ["公示期间的异议尚未处理。", "公示至2026-07-13，期满后方可命名。"]
        with pytest.raises(IllegalTransition):
            act(row, "object", clerk, opinion="又一次")
        act(row, "resolve_objection", clerk, opinion="已核实")
    with safety.today_is(date(2026, 7, 13)):
        assert missing(row, "name") == ["公示至2026-07-13，期满后方可命名。"]
    with safety.today_is(date(2026, 7, 14)):
        assert act(row, "name", clerk).named is True


def test_the_days_of_a_step_are_a_rule_of_the_bureau(work, owner):
    with safety.today_is(DAY):
        row = act(factories.candidacy(work), "declare", owner)
        assert row.due_on == date(2026, 7, 20), "ten working days"
        days = {"screening": 3, "supplement": 10, "publicity": 5}
        RuleSet.objects.create(code="candidacy-steps", version="2", title="期限", effective_from=DAY, confidence="D",
                               content={"days": days})  # fmt: skip
        assert act(row, "accept", factories.user()).due_on == date(2026, 7, 9)


def test_a_successor_ends_the_former_term_the_day_before(work):
    section = factories.section(work)
    former = factories.key_person(section, name="甲", since=date(2025, 1, 1))
    factories.key_person(section, name="乙", since=date(2025, 6, 1))
    former.refresh_from_db()
    assert (former.name, former.until) == ("甲", date(2025, 5, 31))


def test_the_history_names_the_step_its_person_and_opinion(work):
    clerk = factories.user()
    row = factories.candidacy(work, status="screening")
    act(row, "request_supplement", clerk, opinion="补充检测报告")
    event = records.events_of(row).get(name="request_supplement")
    assert (event.actor_id, event.reason, event.source) == (clerk.pk, "补充检测报告", "page")
    with pytest.raises(ValidationError):
        act(factories.candidacy(work, year=2024, status="screening"), "request_supplement", clerk)
