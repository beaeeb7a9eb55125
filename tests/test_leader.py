"""The leader's page and the wall: their numbers are those of the lists they open."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from supervision.desk.leader import pages, turning, watching
from supervision.flows import records
from supervision.ledgers.registry import all_ledgers
from supervision.people.models import Role
from supervision.plan import services
from tests import factories, reporting, sharing
from tests.factories import COMMAND, target, user

pytestmark = pytest.mark.django_db


def overdue(number: int) -> None:
    """Hidden dangers whose step was due yesterday."""
    for _ in range(number):
        danger = factories.hidden_danger()
        yesterday = timezone.localdate() - timedelta(days=1)
        records.update(danger, {"due_on": yesterday}, COMMAND, clean=False)


def test_every_condition_is_one_of_its_ledgers_own_list():
    slugs = {ledger.slug for ledger in all_ledgers()}
    assert {one.ledger for one in watching.WATCHED} <= slugs
    assert len(watching.watched(user(Role.BUREAU_STAFF))) == len(watching.WATCHED)


def test_a_number_is_the_length_of_the_list_it_opens(client):
    overdue(2)
    leader = user(Role.BUREAU_LEADER)
    client.force_login(leader)
    page = client.get("/leader/").content.decode()
    [line] = [row for row in watching.watched(leader) if row["label"] == "安全隐患办理超期"]
    assert line["count"] == 2 and line["url"] in page.replace("&amp;", "&")
    assert "共 2 条" in re.sub("<[^>]+>", "", client.get(line["url"]).content.decode())


def test_red_lights_of_tasks_are_those_of_the_page_they_open(client):
    today, leader = timezone.localdate(), user(Role.BUREAU_LEADER)
    assert watching.task_lights(leader, today) == []
    long_ago = ("方案印发", today - timedelta(days=300))
    of = sharing.task()
    for steps in ((long_ago,), (long_ago,), ()):
        sharing.share(*steps, task=of, year=today.year, unit=factories.organization("county"))
    [line] = watching.task_lights(leader, today)
    assert (line["count"], line["red"]) == (2, True)
    client.force_login(leader)
    assert "红灯（2）" in client.get(line["url"]).content.decode()


def test_what_turned_since_a_week_and_a_month():
    today = date(2025, 6, 30)
    scheme = factories.scheme("XYB")
    one = target(
        indicator="project.named_count", parameters={"scheme": scheme.code}, kind="count", threshold=1
    )
    for day in (today - timedelta(days=40), today - timedelta(days=9)):
        services.store(services.compute(day, 2025, targets=[one]), day, 2025)
    factories.candidacy(
        factories.project(),
        "XYB",
        2025,
        stage="review",
        review_year=2025,
        review_applied_on=date(2025, 3, 1),
        decided_on=today - timedelta(days=3),
        named=True,
    )
    services.store(services.compute(today, 2025, targets=[one]), today, 2025)
    found = turning.targets(user(Role.BUREAU_LEADER), today)
    assert found["red"] == [] and found["as_of"] == today
    days = [today - timedelta(days=9), today - timedelta(days=40)]
    assert [(row["day"], row["turned"], row["worse"]) for row in found["turned"]] == [
        (day, True, False) for day in days
    ]
    assert found["turned"][0]["old"].startswith("0") and found["turned"][0]["value"].startswith("1")
    # Before there is anything a month old, nothing is said of a month.
    early = turning.targets(user(Role.BUREAU_LEADER), today - timedelta(days=40))
    assert early["missing"] == "一周前" and early["turned"] == []


def test_only_the_bureau_sees_them_and_no_name_stands_on_the_wall(client):
    leader = user(Role.BUREAU_LEADER, name="某某甲乙")
    made = reporting.made_of("开工{{project.started|个}}")
    made = records.update(made, {"status": "checked"}, COMMAND, clean=False)
    client.force_login(leader)
    page, wall = (client.get(path).content.decode() for path in ("/leader/", "/leader/wall/"))
    assert made.title in page and "等您签办" in page and "某某甲乙" in page
    assert "某某甲乙" not in wall and made.title not in wall and "数据截至" in wall
    for role in (Role.CONTRACTOR, Role.COUNTY_STAFF, Role.DISCIPLINE):
        client.force_login(user(role))
        assert client.get("/leader/").status_code == client.get("/leader/wall/").status_code == 403


def test_the_number_of_queries_is_the_same_with_more_records():
    leader = user(Role.BUREAU_LEADER)

    def queries() -> int:
        person = type(leader).objects.get(pk=leader.pk)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            pages.gathered(person)
        return len(seen)

    overdue(1)
    few = queries()
    overdue(3)
    assert queries() == few
