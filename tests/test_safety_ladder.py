"""The ladder of measures against late dangers, by hand-counted days."""

import re
from datetime import date, timedelta

import pytest

from safety import step_documents
from safety.escalation import escalate, reached
from safety.models import HiddenDanger, SupervisionStep
from safety.rules import LADDER, rule
from supervision.desk import todo
from supervision.flows.errors import IllegalTransition
from supervision.flows.history import SYSTEM
from supervision.jobs.services import run_now
from supervision.papers.documents import services
from supervision.people.models import User

from . import factories, safety
from .safety import today_is

pytestmark = pytest.mark.django_db
# A Friday in a month without holidays: the next working days are 8, 9, 10, 11, 12 and 15 June.
DEADLINE = date(2026, 6, 5)


@pytest.fixture
def site():
    return safety.site()


def late(site, grade="general", **facts):
    with today_is(date(2026, 6, 1)):
        return site.graded(grade, deadline=DEADLINE, **facts)


def arranged(step, site) -> None:
    """Time, place and host of an interview, said by whoever signs."""
    made = step_documents.draft_of(step) or services.draft(step, "step-summons", site.actor("bureau_staff"))
    told = {"at": "2026年7月6日9时", "place": "三楼会议室", "host": "王副局长"}
    services.revise(made, told, site.actor("bureau_staff"))


@pytest.mark.parametrize(
    ("day", "rung"),
    [
        (date(2026, 6, 2), None),  # three working days before
        (date(2026, 6, 3), "blue"),  # two
        (date(2026, 6, 5), "blue"),  # the day itself
        (date(2026, 6, 6), "blue"),  # Saturday is no working day
        (date(2026, 6, 8), "yellow"),
        (date(2026, 6, 10), "yellow"),
        (date(2026, 6, 11), "red"),  # the fourth
        (date(2026, 6, 17), "interview"),  # the eighth
    ],
)
def test_which_rung_a_general_danger_has_come_to(site, day, rung):
    found = reached(late(site), day, rule(LADDER))
    assert (found and found.rung) == rung


def test_two_failed_rectifications_go_up_a_rung(site):
    danger = factories.change(late(site), failed=2)
    assert reached(danger, date(2026, 6, 2), rule(LADDER)).rung == "blue"
    assert reached(danger, date(2026, 6, 8), rule(LADDER)).rung == "red"
    assert "2次不合格" in reached(danger, date(2026, 6, 8), rule(LADDER)).reason


def test_the_job_drafts_once_and_names_who_signs(site):
    danger = late(site)
    day = date(2026, 6, 8)
    assert escalate(SYSTEM, day) == {"yellow": 1}
    assert escalate(SYSTEM, day) == {}
    step = SupervisionStep.objects.get()
    assert (step.danger, step.rung, step.status, step.signer_role) == (
        danger,
        "yellow",
        "drafted",
        "bureau_staff",
    )
    assert step.deadline == DEADLINE and step.ladder_rule == rule(LADDER)


def test_a_county_work_is_signed_for_by_its_county():
    site = safety.site(level="county")
    late(site)
    escalate(SYSTEM, date(2026, 6, 8))
    assert SupervisionStep.objects.get().signer_role == "county_staff"


def test_nobody_is_summoned_who_was_never_reminded(site):
    """Long overdue at the first run: the red note first, and what follows only after it was decided on."""
    late(site)
    day = date(2026, 6, 30)
    assert escalate(SYSTEM, day) == {"red": 1}
    assert escalate(SYSTEM, day) == {}
    red = SupervisionStep.objects.get()
    site.act(red, "sign", "bureau_staff")
    assert escalate(SYSTEM, day) == {"interview": 1}
    site.act(SupervisionStep.objects.get(rung="interview"), "drop", "bureau_staff")
    assert escalate(SYSTEM, day) == {"suspension": 1}


def test_a_signed_listing_lists_and_a_signed_suspension_suspends(site):
    danger = late(site, "major")
    for rung in ("red", "listing", "interview", "suspension"):
        assert escalate(SYSTEM, date(2026, 6, 30)) == {rung: 1}
        step = SupervisionStep.objects.get(rung=rung)
        if rung == "interview":
            arranged(step, site)
        site.act(step, "sign", "bureau_staff")
    danger = HiddenDanger.objects.get(pk=danger.pk)
    listed = SupervisionStep.objects.get(rung="listing")
    assert danger.is_listed and danger.listing_number == listed.number and danger.is_suspended
    assert re.fullmatch(r".+安督〔20\d\d〕1号", listed.number)
    # The ladder's own papers went out: none is drafted a second time on the danger.
    assert not services.of(danger).exists()
    assert danger.status == "rectifying"


def test_only_the_named_role_signs():
    site = safety.site(level="county")
    late(site)
    escalate(SYSTEM, date(2026, 6, 8))
    with pytest.raises(IllegalTransition):
        site.act(SupervisionStep.objects.get(), "sign", "bureau_staff")


def test_another_deadline_begins_the_ladder_anew(site):
    danger = late(site)
    escalate(SYSTEM, date(2026, 6, 8))
    factories.change(danger, deadline=DEADLINE + timedelta(days=30))
    assert escalate(SYSTEM, date(2026, 6, 9)) == {}
    assert escalate(SYSTEM, date(2026, 7, 6)) == {"yellow": 1}


@pytest.mark.parametrize("status", ["supervisor_check", "disputed", "closed", "reported"])
def test_what_is_not_with_the_unit_is_not_chased(site, status):
    danger = late(site)
    with factories.history_guard.writer():
        HiddenDanger.objects.filter(pk=danger.pk).update(status=status)
    assert escalate(SYSTEM, date(2026, 6, 30)) == {}


def test_a_draft_waits_in_the_signers_workbench_and_digest(site):
    late(site)
    escalate(SYSTEM, date(2026, 6, 8))
    signer = User.objects.get(pk=site.people["bureau_staff"].pk)
    assert "督办单" in "".join(row["what"] for row in todo.page(signer, 0, 20))


def test_the_nightly_job_runs_it(site):
    late(site)
    assert run_now("escalate_dangers", {}).result["drafted"] == {"red": 1}
    assert run_now("escalate_dangers", {}).result["drafted"] == {}


def test_the_sent_note_is_received_by_the_unit(site):
    late(site)
    escalate(SYSTEM, date(2026, 6, 8))
    step = site.act(SupervisionStep.objects.get(), "sign", "bureau_staff")
    assert site.act(step, "receive", "contractor").received_on
