"""What stands in an address is typed by anybody: digits that are none, years that no calendar has, numbers without
end. Every page that reads one answers, and none with an error of its own."""

from __future__ import annotations

import pytest
from django.test import Client

from supervision.people.models import Role
from supervision.plan import facts

from . import factories

pytestmark = pytest.mark.django_db

PAGES = (
    "/conduct-reports/figures/?year={}",
    "/service-visits/figures/?year={}",
    "/figures/?year={}",
    "/board/?plan={}",
    "/board/?year={}",
    "/quality-register/missing/?project={}",
    "/design-reviews/missing/?project={}",
    "/durability-checks/chart/?section={}",
    "/sections/SECTION/division/?node={}",
    "/sections/SECTION/images/?before={}",
    "/projects/PROJECT/assessments/?year={}",
    "/attachments/archive/?model=projects.project&object_id={}",
    "/?page={}",
)
DATED = (
    "/board/?as_of={}",
    "/figures/?as_of={}",
    "/figures/list/?as_of={}",
    "/facts/FACT/?first={0}&last={0}",
    "/facts/FACT/?first=2026-01-01&last=2026-12-31&as_of={}",
    "/facts/FACT/?first=0001-01-01&last={}",
    "/evaluations/figures/?first={0}&last={0}",
    "/events/?at_after={0}&at_before={0}",
    "/sign-ins/?at_after={0}&at_before={0}",
    "/conduct-reports/?received_on_after={0}&received_on_before={0}",
)
DAYS = ("0001-01-01", "9999-12-31", "2026-02-30", "１２３４-01-01", "²", "20260101", "2026-W01-1")
ODD = ("²", "0000", "-1", "١٢", "9" * 19, "9" * 5000, "2²26", "%00")


def test_odd_numbers_are_answered(settings):
    settings.PORTAL_REQUIRE_TOTP = False
    section, client = factories.section(factories.project()), Client()
    answers = set()
    for role in (Role.DISCIPLINE, Role.BUREAU_STAFF, Role.AUDIT_ADMIN):
        client.force_login(factories.user(role))
        for page in PAGES:
            page = page.replace("SECTION", str(section.pk)).replace("PROJECT", str(section.project_id))
            for word in ODD:
                answer = client.get(page.format(word))
                assert answer.status_code in (200, 403, 404), (role, page, word[:20])
                answers.add((page, answer.status_code))
    assert sum(status == 200 for _, status in answers) >= len(PAGES) - 2


def test_odd_days_are_answered(settings):
    settings.PORTAL_REQUIRE_TOTP = False
    client, fact = Client(), "weather.checked"
    assert facts.find(fact)
    for role in (Role.DISCIPLINE, Role.BUREAU_STAFF, Role.AUDIT_ADMIN):
        client.force_login(factories.user(role))
        for page in DATED:
            for word in DAYS:
                answer = client.get(page.replace("FACT", fact).format(word))
                assert answer.status_code in (200, 400, 403, 404), (role, page, word)
