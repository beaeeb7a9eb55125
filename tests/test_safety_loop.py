"""The way of a hidden danger by its people: grades, returns, extensions, disputes, overlays."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from projects import findings
from safety.models import HiddenDanger, Span
from safety.models.danger import Outcome
from supervision.flows import perform, records
from supervision.flows.errors import IllegalTransition, NotAllowed
from supervision.flows.history import verify_chains
from supervision.flows.oversight import SpanKind
from supervision.people.models import Membership
from supervision.rules.calendar import add_workdays, forget
from supervision.rules.models import Holiday

from . import factories, safety
from .safety import FIVE, paper, today_is

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 28)  # a Monday, three days before the National Day holiday


@pytest.fixture(autouse=True)
def _calendar():
    forget()
    yield
    forget()


@pytest.fixture
def site():
    return safety.site()


def test_three_fields_report_a_danger(site):
    danger = site.danger()
    assert danger.status == "reported" and danger.grade == "" and danger.number.startswith("YH-")
    assert danger.responsible_unit == site.unit("contractor")
    assert danger.reported_by == site.people["contractor"] and danger.reporter == site.unit("contractor").name


def test_a_general_danger_is_closed_by_the_supervisor(site):
    danger = site.graded()
    danger = site.act(danger, "rectify", "contractor")
    assert danger.status == "supervisor_check"
    with pytest.raises(NotAllowed):
        site.act(danger, "accept", "contractor")
    danger = site.act(danger, "accept", "supervisor")
    assert danger.status == "closed" and danger.closed_on and danger.due_on is None
    danger = site.act(danger, "spot_check", "owner")
    assert danger.spot_checked_on and danger.status == "closed"


def test_a_major_danger_passes_every_stage(site):
    danger = site.graded("major")
    with pytest.raises(ValidationError, match="五到位"):
        paper(danger, "整改照片")
        site.act(danger, "rectify_major", "contractor")
    danger = site.act(danger, "arrange", "contractor", **FIVE)
    assert danger.arranged_on and danger.status == "rectifying"
    danger = site.act(danger, "rectify_major", "contractor")
    for kind in ("自验记录", "验收记录", "现场复查记录"):
        paper(danger, kind)
    with pytest.raises(ValidationError, match="自验人"):
        site.act(danger, "self_check", "contractor", self_checker="张三")
    with pytest.raises(ValidationError, match="提交整改"):
        site.act(danger, "self_check", "contractor", self_checker=site.people["contractor"].name)
    danger = site.act(danger, "self_check", "contractor", self_checker="李四")
    danger = site.act(danger, "pass_supervisor", "supervisor")
    danger = site.act(danger, "pass_owner", "owner")
    assert danger.status == "authority_check"
    danger = site.act(danger, "review", "inspector")
    assert danger.status == "closed"
    assert list(verify_chains("safety.hiddendanger")) == []


def test_whoever_rectified_never_accepts_even_with_another_role(site):
    danger = site.act(site.graded(), "rectify", "contractor")
    # The same person joins the supervisor's office.
    person = site.people["contractor"]
    row = Membership(
        user=person, organization=site.unit("supervisor"), role="supervisor", since=date(2024, 1, 2)
    )
    records.create(row, factories.COMMAND)
    with pytest.raises(NotAllowed, match="提交整改"):
        site.act(danger, "accept", "contractor")


def test_what_was_judged_major_is_not_graded_general(site):
    danger = site.danger()
    with pytest.raises(ValidationError, match="判定"):
        site.act(danger, "verify", "inspector", category="消防", responsible_unit=danger.responsible_unit_id)
    danger = factories.change(danger, judged=Outcome.MAJOR)
    with pytest.raises(IllegalTransition):
        site.act(danger, "verify", "inspector", category="消防", responsible_unit=danger.responsible_unit_id)


def test_the_unclear_goes_to_experts_only(site):
    danger = factories.change(site.danger(), judged=Outcome.UNCLEAR)
    offered = {t.name for t in perform.available(danger, site.people["inspector"])}
    assert offered & {"verify", "verify_major"} == set() and "refer" in offered
    danger = site.act(danger, "refer", "inspector")
    assert danger.status == "expert"
    unit = danger.responsible_unit_id
    danger = site.act(danger, "expert_general", "inspector", category="消防", responsible_unit=unit)
    assert danger.grade == "general" and danger.status == "rectifying"


def test_the_supervisor_verifies_only_what_the_units_found(site):
    own = factories.change(site.danger(), judged="general")
    theirs = factories.change(site.danger(by="inspector", source="inspection"), judged="general")
    assert "verify" in {t.name for t in perform.available(own, site.people["supervisor"])}
    assert "verify" not in {t.name for t in perform.available(theirs, site.people["supervisor"])}


def test_deadlines_count_working_days_over_the_holiday(site):
    # Of the days after Monday 28 September 2026 these are worked (1 to 7 October is the holiday, Saturday 10 October
    # is made up): 29, 30, 8, 9, 10, 12, 13 – the seventh is the 13th.
    with factories.history_guard.writer():
        Holiday.objects.bulk_create(
            [Holiday(date=date(2026, 10, day), name="国庆节") for day in range(1, 8)]
            + [Holiday(date=date(2026, 10, 10), name="调休", is_workday=True)]
        )
    forget()
    with today_is(DAY):
        danger = site.graded()
    assert danger.deadline == danger.due_on == date(2026, 10, 13)


def test_a_return_is_counted_and_gives_time_to_redo(site):
    with today_is(DAY):
        danger = site.act(site.graded(deadline=DAY), "rectify", "contractor")
        danger = site.act(danger, "return_accept", "supervisor")
        assert (danger.status, danger.failed, danger.returned) == ("rectifying", 1, 1)
        assert danger.rectified_on is None
        assert danger.deadline == danger.due_on == add_workdays(DAY, 3)


def test_an_extension_is_asked_for_and_decided_by_the_owner(site):
    danger = site.graded()
    with pytest.raises(ValidationError, match="晚于"):
        site.act(danger, "request_extension", "contractor", requested_deadline=danger.deadline)
    later = add_workdays(danger.deadline, 5)
    danger = site.act(danger, "request_extension", "contractor", requested_deadline=later)
    assert danger.status == "extending" and danger.deadline < later
    with pytest.raises(IllegalTransition):
        site.act(danger, "grant_extension", "bureau_staff")
    danger = site.act(danger, "grant_extension", "owner")
    assert (danger.deadline, danger.due_on, danger.extensions) == (later, later, 1)
    danger = factories.change(danger, extensions=2)
    with pytest.raises(ValidationError, match="不能再延期"):
        site.act(danger, "request_extension", "contractor", requested_deadline=add_workdays(later, 1))


@pytest.mark.parametrize("ran_on", [False, True])
def test_a_dispute_stops_the_clock_unless_decided_otherwise(site, ran_on):
    with today_is(date(2026, 11, 2)):  # Monday
        danger = site.graded(deadline=date(2026, 11, 6))
        danger = site.act(danger, "dispute", "contractor")
        assert danger.status == "disputed"
    with today_is(date(2026, 11, 5)):  # three working days later
        danger = site.act(danger, "answer_dispute", "inspector", clock_ran_on="on" if ran_on else "")
    # 6 November is a Friday; three working days on is Wednesday the 11th.
    assert danger.deadline == (date(2026, 11, 6) if ran_on else date(2026, 11, 11))
    assert danger.due_on == danger.deadline and danger.disputed_on is None


def test_a_dispute_after_the_deadline_does_not_mend_it(site):
    with today_is(date(2026, 11, 2)):
        danger = site.graded(deadline=date(2026, 11, 3))
    with today_is(date(2026, 11, 5)):
        danger = site.act(danger, "dispute", "contractor")
    with today_is(date(2026, 11, 9)):
        assert site.act(danger, "answer_dispute", "inspector").deadline == date(2026, 11, 3)


def test_a_right_dispute_is_graded_anew(site):
    danger = site.act(site.graded(), "dispute", "contractor")
    danger = site.act(danger, "uphold_dispute", "inspector")
    assert (danger.status, danger.grade, danger.judged) == ("reported", "", "")
    assert danger.verified_on is None and danger.deadline is None


def test_listing_and_lifting_never_move_the_status(site):
    danger = site.graded("major")
    listing = {"listing_source": "patrol", "listing_level": "city", "listing_number": "宿交督〔2026〕1号"}
    danger = site.act(danger, "list", "bureau_staff", **listing)
    assert danger.is_listed and danger.status == "rectifying" and danger.due_on == danger.deadline
    assert (danger.plan_due_on - danger.listed_on).days == 30
    assert "lift" not in {t.name for t in perform.available(danger, site.people["bureau_staff"])}
    paper(danger, "现场复查记录")
    with factories.history_guard.writer():
        HiddenDanger.objects.filter(pk=danger.pk).update(status="authority_check")
    today = factories.timezone.localdate()
    danger = site.act(danger, "lift", "bureau_staff", lift_visited_on=today)
    assert not danger.is_listed and danger.status == "authority_check"
    span = Span.objects.get(danger=danger, kind=SpanKind.LISTED)
    assert (span.since, span.until) == (danger.listed_on, danger.lifted_on)


def test_work_is_stopped_and_resumed_by_whoever_stopped_it(site):
    danger = site.act(site.graded(), "suspend", "supervisor", suspension_scope="3号墩")
    assert danger.is_suspended and danger.status == "rectifying"
    assert "resume" not in {t.name for t in perform.available(danger, site.people["supervisor"])}
    danger = site.act(danger, "ask_resume", "contractor")
    with pytest.raises(IllegalTransition):
        site.act(danger, "resume", "owner")
    danger = site.act(danger, "resume", "supervisor")
    assert not danger.is_suspended and danger.status == "rectifying"


def test_raised_to_major_the_loop_begins_with_its_time(site):
    danger = site.act(site.graded(), "rectify", "contractor")
    danger = site.act(danger, "raise_grade", "inspector", clause="第3条")
    today = factories.timezone.localdate()
    assert (danger.status, danger.grade, danger.major_on) == ("rectifying", "major", today)
    assert danger.deadline == add_workdays(today, 30) and danger.rectified_on is None


def test_reopened_it_was_closed_before(site):
    with today_is(date(2026, 10, 12)):
        danger = site.act(site.act(site.graded(), "rectify", "contractor"), "accept", "supervisor")
    with today_is(date(2026, 10, 20)):
        danger = site.act(danger, "reopen", "inspector")
        assert danger.status == "rectifying" and danger.closed_on is None
    with today_is(date(2026, 10, 22)):
        danger = site.act(site.act(danger, "rectify", "contractor"), "accept", "supervisor")
    spans = Span.objects.filter(danger=danger, kind=SpanKind.CLOSED).order_by("since")
    assert [(s.since.day, s.until and s.until.day) for s in spans] == [(12, 20), (22, None)]
    assert [s.in_time for s in spans] == [True, True]


def test_a_project_wide_danger_is_the_owners(site):
    danger = site.danger(section=None, by="inspector", source="inspection")
    assert danger.responsible_unit == site.section.project.owner
    danger = factories.change(danger, judged="general")
    unit = danger.responsible_unit_id
    danger = site.act(danger, "verify", "inspector", category="施工管理", responsible_unit=unit)
    assert "rectify" not in {t.name for t in perform.available(danger, site.people["contractor"])}
    danger = site.act(danger, "rectify_project", "owner")
    assert danger.status == "authority_check"


def test_without_a_supervisor_the_owner_accepts():
    site = safety.site(supervisor=False)
    danger = site.graded()
    danger = site.act(danger, "rectify", "contractor")
    assert danger.acceptor == "owner"
    assert site.act(danger, "accept", "owner").status == "closed"


def test_with_a_supervisor_the_owner_does_not(site):
    danger = site.act(site.graded(), "rectify", "contractor")
    with pytest.raises(IllegalTransition):
        site.act(danger, "accept", "owner")


@pytest.mark.parametrize("category", ["不存在的类别"])
def test_a_category_outside_the_list_is_refused(site, category):
    with pytest.raises(ValidationError, match="隐患类别"):
        site.danger(category=category)


def test_finding_the_same_twice_raises_one_danger(site):
    finding = findings.Finding(
        "projects.finding", 7, site.section.project, site.section, "3号墩", "无防护", "JTG F90"
    )
    one = findings.raise_finding("hidden_danger", finding, site.actor("inspector"))
    two = findings.raise_finding("hidden_danger", finding, site.actor("inspector"))
    assert one.pk == two.pk and one.source == "inspection" and one.clause == "JTG F90"
    assert findings.origin_of("projects.finding", 7, site.people["inspector"]) is None
    findings.origins["projects.finding"] = findings.Origin("检查发现", lambda pk, user: (f"第{pk}条", "/x/"))
    try:
        assert findings.origin_of("projects.finding", 7, site.people["inspector"])["text"] == "第7条"
    finally:
        del findings.origins["projects.finding"]
