"""The bureau is reminded of a spot-check that was not drawn: by the working calendar, and once."""

from datetime import date

import pytest

from projects.assessments.reminding import undrawn
from projects.models import AssessmentSchedule, SpotCheckDraw
from supervision.desk.models import Notice
from supervision.flows import records
from supervision.jobs.services import run_now
from tests import factories
from tests.assessing import Crew, version
from tests.factories import COMMAND
from tests.safety import today_is

pytestmark = pytest.mark.django_db
# 2026-07-01 is a Wednesday, the 4th a Saturday.
BEFORE, FIRST, SATURDAY = date(2026, 6, 30), date(2026, 7, 1), date(2026, 7, 4)


@pytest.fixture
def standard():
    return version().standard


@pytest.fixture
def scheduled(standard):
    Crew(start_on=date(2026, 1, 1))
    return records.create(
        AssessmentSchedule(
            standard=standard, subject="contractor", every="quarter", rechecked=True, owner_every="half"
        ),
        COMMAND,
    )


def test_it_is_due_from_the_first_day_on_working_days_until_drawn(standard, scheduled):
    assert not list(undrawn(BEFORE)) and not list(undrawn(SATURDAY))
    (due,) = undrawn(FIRST)
    assert due.key == f"spot-check:{standard.pk}:2026-07-01" and str(standard) in due.title
    # Later in the quarter it is the same reminder; the next day of the rule makes another.
    assert [each.key for each in undrawn(date(2026, 9, 30))] == [due.key]
    assert [each.key for each in undrawn(date(2026, 10, 9))] == [f"spot-check:{standard.pk}:2026-10-08"]
    with today_is(FIRST):
        records.create(SpotCheckDraw(standard=standard, year=2025), COMMAND)
        assert list(undrawn(FIRST)), "another year's draw is none of this year"
        records.create(SpotCheckDraw(standard=standard, year=2026), COMMAND)
    assert not list(undrawn(FIRST))


def test_who_checks_every_section_draws_none(scheduled):
    scheduled = records.update(scheduled, {"bureau_every": "year"}, COMMAND)
    assert not list(undrawn(FIRST))
    records.update(scheduled, {"bureau_every": "", "is_active": False}, COMMAND)
    assert not list(undrawn(FIRST))


def test_without_sections_there_is_nothing_to_draw(scheduled):
    assert list(undrawn(FIRST)) and not list(undrawn(date(2025, 12, 1)))


def test_the_bureau_gets_it_once_and_nobody_else(scheduled):
    staff, other = factories.user("bureau_staff"), factories.user("inspector")
    with today_is(FIRST):
        run_now("daily_digest", {})
        run_now("daily_digest", {})
    sent = Notice.objects.filter(key__startswith="spot-check:")
    assert list(sent.filter(user__in=[staff, other]).values_list("user", flat=True)) == [staff.pk]
    assert sent.get(user=staff).url.startswith("/assessment-draws/new/?standard=")
    late = factories.user("bureau_staff")
    with today_is(date(2026, 7, 2)):
        run_now("daily_digest", {})
    assert sent.filter(user=staff).count() == sent.filter(user=late).count() == 1
