"""Conduct as work: risk points and their checks, contracts, education, branches, visits, questionnaires, reports."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from integrity import conduct_jobs
from integrity.models import (
    ConductReport,
    IntegrityContract,
    PartyBranch,
    ServiceProblem,
    ServiceVisit,
    Survey,
    SurveyQuestion,
    SurveyRemark,
    SurveyTally,
)
from integrity.surveys import views
from integrity.surveys.answering import take
from supervision.desk.models import Notice
from supervision.flows import records
from supervision.flows.errors import IllegalTransition, NotAllowed
from supervision.flows.history import Actor, verify_chains, verify_derived
from supervision.flows.models import Event
from supervision.flows.perform import available, perform
from supervision.jobs.services import run_now
from supervision.people.models import Role
from supervision.plan.indicators import COUNTED, DECIDED, UNDECIDED, Window, find, measure
from supervision.rules.models import Holiday

from . import conducting, factories, safety
from .factories import COMMAND

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 12)


def does(record, name: str, user, **data):
    fresh = type(record).objects.get(pk=record.pk)
    return perform(fresh, name, Actor.of(user, "page"), {"opinion": "属实", **data})


@pytest.fixture
def reader():
    return factories.user(Role.DISCIPLINE)


def test_the_next_check_of_a_risk_follows_from_its_level(reader):
    with safety.today_is(DAY):
        point = does(conducting.risk_point(level="high"), "confirm", reader)
        assert point.due_on == date(2026, 6, 12)
        own = factories.user("contractor", point.unit)
        with pytest.raises(IllegalTransition):
            # A post of a unit is looked at by the unit.
            does(point, "check", reader, checked_on="2026-03-01", result="kept")
        with pytest.raises(ValidationError):
            does(point, "check", own, checked_on="2026-03-01", result="partly")
        point = does(point, "check", own, checked_on="2026-03-01", result="partly", finding="台账缺签字")
        assert (point.due_on, point.status) == (date(2026, 6, 1), "active")
    office = factories.organization("office")
    with safety.today_is(DAY):
        mine = does(conducting.risk_point(unit=office, level="low"), "confirm", reader)
        assert does(mine, "check", reader, checked_on="2026-03-12", result="kept").due_on == date(2027, 3, 12)


def test_checks_that_are_due_are_reminded_of_once(reader):
    with safety.today_is(DAY):
        point = does(conducting.risk_point(level="high"), "confirm", reader)
        own, stranger = factories.user("contractor", point.unit), factories.user("contractor")
    for day, number in ((date(2026, 6, 4), 0), (date(2026, 6, 5), 1), (date(2026, 6, 6), 1)):
        with safety.today_is(day):
            run_now("remind_integrity_checks", {})
        assert Notice.objects.filter(user=own, key__startswith="risk-check").count() == number
    assert not Notice.objects.filter(user=stranger).exists()


def test_everybody_is_reminded_before_a_holiday_once():
    for day in (1, 2, 3):
        Holiday.objects.update_or_create(
            date=date(2031, 10, day), defaults={"name": "国庆节", "is_workday": False}
        )

    def told(day: date) -> list[str]:
        return [found.key for found in conduct_jobs.before_holidays(day)]

    assert told(date(2031, 9, 27)) == []
    assert told(date(2031, 9, 28)) == told(date(2031, 9, 30)) == ["integrity-holiday:2031-10-01"]
    assert told(date(2031, 10, 1)) == told(date(2031, 10, 2)) == []


def test_a_month_without_education_is_reminded_of():
    def told(day: date) -> int:
        return len(list(conduct_jobs.education_of_month(day)))

    assert (told(date(2026, 3, 19)), told(date(2026, 3, 20))) == (0, 1)


def test_the_reporting_clocks(reader):
    # 2026-03-12 is a Thursday: five working days on is the 19th; ten after Monday 2026-06-01 are the 15th.
    with safety.today_is(DAY):
        report = conducting.report()
        assert report.due_on == report.accept_by == date(2026, 3, 19)
        report = does(report, "accept", reader, category="tender")
        assert report.due_on == report.finish_by == date(2026, 5, 11)
        report = does(report, "extend", reader)
        assert (report.due_on, report.extensions) == (date(2026, 6, 10), 1)
        assert "extend" not in [t.name for t in available(report, reader)]
    with safety.today_is(date(2026, 6, 1)):
        report = does(report, "finish", reader, finding="untrue", result="查无此事")
        assert report.due_on == report.inform_by == date(2026, 6, 15)
        assert [t.name for t in available(report, reader)] == ["inform"]
        report = does(report, "inform", reader, answer="经核查不属实。")
    assert (report.status, report.due_on, report.informed_on) == ("informed", None, date(2026, 6, 1))
    assert list(verify_chains("integrity.conductreport")) == []


def test_figures_of_reports_by_hand(reader, client):
    with safety.today_is(DAY):
        first, late, waiting, turned = (conducting.report() for _ in range(4))
        does(first, "accept", reader, category="tender")
        does(turned, "refuse", reader, answer="不属本部门")
    with safety.today_is(date(2026, 3, 20)):
        does(late, "accept", reader, category="style")
        client.force_login(reader)
        context = client.get("/conduct-reports/figures/?year=2026").context
    # Accepted: one in time, one late, one overdue and not yet, one refused in time.
    assert [(row["kept"], row["due"], str(row["rate"])) for row in context["rates"]] == [
        (2, 4, "50.0"),
        (0, 0, "None"),
        (0, 0, "None"),
    ]
    assert context["sums"]["total"] == 4 and waiting.pk
    client.force_login(factories.user(Role.BUREAU_LEADER))
    assert client.get("/conduct-reports/figures/").status_code == 403


def test_a_letter_is_entered_and_its_writer_apart(reader, client):
    client.force_login(reader)
    page = client.post(
        "/conduct-reports/new/",
        {"channel": "letter", "received_on": "2026-03-12", "unit_name": "某局", "content": "来信内容"},
    )
    assert page.status_code == 302
    report = ConductReport.objects.get()
    assert (report.named, report.channel) == (False, "letter")
    url = f"/conduct-reports/{report.pk}/reporter/"
    assert client.post(url, {"do": "enter", "reporter_name": "钱某"}).status_code == 302
    report.refresh_from_db()
    assert report.named and report.content_digest() == report.digest
    # Entered once; after that it is only read.
    assert "钱某" not in client.post(url, {"do": "enter", "reporter_name": "孙某"}).content.decode()
    report.refresh_from_db()
    assert report.reporter_name == "钱某"


def test_who_came_in_person_is_given_a_code_once_and_whoever_reported_by_the_page_has_theirs(
    answering, reader, client
):
    report = conducting.report(channel="visit")
    url, asks = f"/conduct-reports/{report.pk}/code/", {"challenge": "x"}
    client.force_login(factories.user(Role.BUREAU_LEADER))
    assert client.post(url).status_code == 403
    client.force_login(reader)
    assert client.get(url).status_code == 405
    codes = []
    for _ in range(2):
        html = client.post(url).content.decode()
        codes.append(re.search(r"data-code>([0-9A-Z-]+)<", html)[1])
    # The one given last holds, the one before no longer; neither stands in the history, which still verifies.
    for code, told in zip(codes, ("没有这个受理码", "待受理"), strict=True):
        assert told in Client().post("/conduct/status/", asks | {"code": code}).content.decode()
    events = Event.objects.filter(object_id=report.pk, label="发给受理码")
    assert events.count() == 2
    report.refresh_from_db()
    assert not any(word in str(list(events.values())) for word in (*codes, report.code_key))
    label = "integrity.conductreport"
    assert [*verify_chains(label), *verify_derived(label)] == []
    by_page = conducting.report(channel="web")
    assert client.post(f"/conduct-reports/{by_page.pk}/code/").status_code == 403


def test_three_books_of_a_visit():
    office, unit = factories.organization("office"), factories.organization("contractor")
    staff, own = factories.user(Role.BUREAU_STAFF, office), factories.user("contractor", unit)
    stranger = factories.user("contractor")
    with safety.today_is(DAY):
        facts = {"office": office, "unit": unit, "visited_on": DAY, "visitors": 3, "topic": "助企纾困"}
        visit = records.create(ServiceVisit(**facts), COMMAND)
        assert not ServiceVisit.objects.visible_to(stranger).exists()
        with pytest.raises(NotAllowed):
            does(visit, "rate", staff, satisfaction="very")
        problem = records.create(ServiceProblem(visit=visit, description="材料调差慢"), COMMAND)
        problem = does(problem, "assign", staff, solver=office.pk)
        assert problem.due_on == problem.solve_by == date(2026, 4, 11)
        problem = does(problem, "solve", staff, result="已明确口径")
        with pytest.raises(NotAllowed):
            does(problem, "confirm", staff)
        problem = does(problem, "return", own)
        assert (problem.solved_on, problem.due_on) == (None, date(2026, 4, 11))
        problem = does(does(problem, "solve", staff, result="已拨付"), "confirm", own)
        assert problem.confirmed_on == DAY
        # A unit that is to solve one sees it and hands in what it did; that it is solved the visited unit says.
        owners = factories.organization("owner")
        solver = factories.user("owner", owners)
        second = records.create(ServiceProblem(visit=visit, description="进度款拨付慢"), COMMAND)
        assert not ServiceProblem.objects.visible_to(solver).exists()
        second = does(second, "assign", staff, solver=owners.pk)
        assert list(ServiceProblem.objects.visible_to(solver)) == [second]
        assert not ServiceVisit.objects.visible_to(solver).exists()
        with pytest.raises(NotAllowed):
            does(second, "hand_in", own, result="已拨付")
        second = does(second, "hand_in", solver, result="已拨付")
        with pytest.raises(NotAllowed):
            does(second, "confirm", solver)
        does(second, "return", own)
        does(does(second, "hand_in", solver, result="已足额拨付"), "confirm", own)
        visit = does(visit, "rate", own, satisfaction="content")
    assert (visit.status, visit.rated_on) == ("rated", DAY)
    client = Client()
    client.force_login(staff)
    (row,) = client.get("/service-visits/figures/?year=2026").context["rows"]
    assert (
        row["visits"],
        row["problems"],
        row["solved"],
        str(row["solved_rate"]),
        str(row["happy_rate"]),
    ) == (
        1,
        2,
        2,
        "100.0",
        "100.0",
    )


@pytest.fixture
def answering(settings, monkeypatch):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    monkeypatch.setattr("supervision.people.visitors.proof.take", lambda text, answer: True)


def test_a_questionnaire_from_building_to_results(answering, reader):
    survey = conducting.survey(groups=["施工单位", "监理单位"])
    one = conducting.question(survey, 1, kind="one", options=["有", "没有"], required=True)
    many = conducting.question(survey, 2, kind="many", options=["资金", "验收", "检查"])
    text = conducting.question(survey, 3, kind="text")
    url, desk = f"/q/{survey.token}/", Client()
    desk.force_login(reader)
    assert Client().get(url).status_code == 404
    assert desk.get(f"/surveys/{survey.pk}/preview/").status_code == 200
    survey = does(survey, "open", reader, close_on=(timezone.localdate() + timedelta(days=7)).isoformat())
    assert "<svg" in desk.get(f"/surveys/{survey.pk}/poster/").content.decode()
    with pytest.raises(ValidationError):
        conducting.question(survey, 4)
    assert Client().post(url, {"group": "施工单位", "challenge": "x"}).status_code == 400

    def answer(group: str, word: str, *others: str, remark: str = "") -> None:
        browser = Client()
        body = {"group": group, f"q{one.pk}": word, f"q{many.pk}": others, f"q{text.pk}": remark}
        assert browser.post(url, body | {"challenge": "x"}).status_code == 200
        # The same browser is asked no second time.
        assert "已答过" in browser.post(url, body | {"challenge": "x"}).content.decode()

    for _ in range(5):
        answer("施工单位", "没有", "资金", "验收", remark="都好")
    answer("监理单位", "有", "检查")
    assert desk.get(f"/surveys/{survey.pk}/results/").status_code == 404
    does(survey, "close", reader)
    assert Client().get(url).status_code == 410
    context = desk.get(f"/surveys/{survey.pk}/results/").context
    first, second, third = context["counted"]
    assert (context["sheets"], first.answered, first.groups) == (6, 6, [])
    assert [(row["word"], row["number"]) for row in first.rows] == [("有", 1), ("没有", 5)]
    assert [row["number"] for row in second.rows] == [5, 5, 1] and second.answered == 6
    assert third.remarks == ["都好"] * 5
    # Counts and texts are all that is kept: no time, no person, no sheet.
    assert {f.name for f in SurveyTally._meta.concrete_fields} == {
        "id",
        "survey",
        "question",
        "group",
        "word",
        "number",
    }
    assert {f.name for f in SurveyRemark._meta.concrete_fields} == {"key", "survey", "question", "text"}


def test_an_answer_that_comes_after_closing_is_not_counted(answering, reader, monkeypatch):
    survey = conducting.survey()
    asked = conducting.question(survey)
    survey = does(survey, "open", reader, close_on=timezone.localdate().isoformat())
    real = views.take

    def closed_meanwhile(*given):
        does(Survey.objects.get(pk=survey.pk), "close", reader)
        return real(*given)

    monkeypatch.setattr(views, "take", closed_meanwhile)
    answer = Client().post(f"/q/{survey.token}/", {f"q{asked.pk}": "5", "challenge": "x"})
    assert answer.status_code == 410 and not SurveyTally.objects.exists() and not answer.cookies
    # Nor one that comes when the last day is over; and answering leaves no time behind on the questionnaire.
    late = conducting.survey(title="另一份")
    asked = conducting.question(late)
    late = does(late, "open", reader, close_on=timezone.localdate().isoformat())
    before = Survey.objects.filter(pk=late.pk).values().get()
    assert take(late, [asked], {f"q{asked.pk}": "5"})
    assert Survey.objects.filter(pk=late.pk).values().get() == before
    tomorrow = timezone.localdate() + timedelta(days=1)
    monkeypatch.setattr("integrity.surveys.answering.timezone.localdate", lambda: tomorrow)
    assert not take(late, [asked], {f"q{asked.pk}": "5"})
    assert SurveyTally.objects.get(question=None).number == 1


@pytest.mark.parametrize("groups", [["甲", "乙" * 61], ["甲", ""], ["甲", 5]])
def test_words_that_the_counts_cannot_keep_are_refused(groups):
    with pytest.raises(ValidationError, match="60个字|文字"):
        conducting.survey(groups=groups)
    with pytest.raises(ValidationError, match="120个字"):
        SurveyQuestion(kind="one", text="题", order=1, options=["甲", "乙" * 121]).clean()
    SurveyQuestion(kind="one", text="题", order=1, options=["甲", "乙" * 120]).clean()


def test_few_sheets_are_never_broken_down(answering, reader):
    survey = conducting.survey()
    asked = conducting.question(survey)
    survey = does(survey, "open", reader, close_on=timezone.localdate().isoformat())
    for _ in range(4):
        body = {f"q{asked.pk}": "5", "challenge": "x"}
        assert Client().post(f"/q/{survey.token}/", body).status_code == 200
    does(survey, "close", reader)
    desk = Client()
    desk.force_login(reader)
    html = desk.get(f"/surveys/{survey.pk}/results/").content.decode()
    assert "答卷过少" in html and "5分" not in html


def standing(code: str, year: int = 2026, as_of: date = DAY) -> dict[str, int]:
    """How many members of an indicator count, do not, and are open."""
    found = dict.fromkeys((COUNTED, DECIDED, UNDECIDED), 0)
    for group in measure(find(code).members({}, Window(year, as_of, year, year))):
        found[group.standing] += len(group.ids)
    return found


def test_indicators_by_hand():
    signed, bare = (factories.section(kind="construction") for _ in range(2))
    unit = factories.organization("contractor")
    with safety.today_is(DAY):
        records.create(IntegrityContract(section=signed, unit=unit, signed_on=date(2026, 3, 1)), COMMAND)
        records.create(IntegrityContract(section=bare, unit=unit), COMMAND)
        facts = {"name": "临时党支部", "members": 5, "founded_on": date(2026, 3, 1)}
        records.create(PartyBranch(project=signed.project, **facts), COMMAND)
        conducting.education(unit=unit, project=bare.project, held_on=date(2026, 3, 2))
        office = factories.organization("office")
        facts = {
            "office": office,
            "unit": unit,
            "visited_on": date(2026, 3, 2),
            "visitors": 1,
            "topic": "走访",
        }
        visit = records.create(ServiceVisit(**facts), COMMAND)
        for day, solved in ((date(2026, 3, 5), DAY), (date(2026, 3, 5), None), (date(2026, 4, 5), None)):
            facts = {"description": "问题", "solve_by": day, "confirmed_on": solved}
            records.create(ServiceProblem(visit=visit, **facts), COMMAND)
    assert standing("integrity.contracts") == {COUNTED: 1, DECIDED: 1, UNDECIDED: 0}
    assert standing("integrity.contracts", as_of=date(2026, 2, 28)) == {COUNTED: 0, DECIDED: 2, UNDECIDED: 0}
    assert standing("integrity.branches") == {COUNTED: 1, DECIDED: 1, UNDECIDED: 0}
    # March is not over: the project without education may still hold it; at its end it did not.
    assert standing("integrity.education") == {COUNTED: 1, DECIDED: 0, UNDECIDED: 1}
    assert standing("integrity.education", as_of=date(2026, 3, 31)) == {COUNTED: 1, DECIDED: 1, UNDECIDED: 0}
    assert standing("integrity.problems") == {COUNTED: 1, DECIDED: 1, UNDECIDED: 1}
