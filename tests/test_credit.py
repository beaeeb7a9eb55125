"""Credit over the database: two persons, expiry by itself, the year's steps, appeals, proposals, exchange, sight."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO
from threading import Thread

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrity import demo_credit
from integrity.credit import (
    accepting,
    clocks,
    evaluating,
    exchange,
    page,
    proposals,
    publishing,
    standing,
    units,
)
from integrity.models import (
    CreditAppeal,
    CreditEvaluation,
    CreditListing,
    CreditOrigin,
    CreditProposal,
    CreditRecord,
    CreditRepair,
    CreditSubject,
    ExternalGrade,
    InspectionAdvice,
)
from safety.models import Incident, ReportingFault
from supervision.flows import records
from supervision.flows.bulk import create_performed, perform_many
from supervision.flows.errors import NotAllowed
from supervision.flows.history import Actor, verify_chains
from supervision.flows.perform import perform
from supervision.jobs.models import JobRun
from supervision.people.models import User
from supervision.rules.calendar import load_holidays
from supervision.rules.shipped import rule

from . import credit, factories
from .factories import COMMAND

pytestmark = pytest.mark.django_db
YEAR = 2024


def actor(user) -> Actor:
    return Actor.of(User.objects.get(pk=user.pk), "page")


@pytest.fixture
def bureau():
    return [actor(factories.user("bureau_staff")) for _ in range(2)]


def own(subject: CreditSubject) -> Actor:
    """Somebody of the subject itself."""
    return actor(factories.user("contractor", subject.organization))


# ---------------------------------------------------------------------------------------------------- records


def test_a_code_means_what_its_rule_set_says_and_the_version_stays():
    subject = credit.enterprise()
    five = credit.draft(subject)
    assert (five.points, five.category, five.nature, five.rules.version) == (5, "other", "bad", "733-2009")
    good = credit.draft(subject, "良好信息 LH-2 主管部门表彰")
    assert (good.nature, good.points, good.worth) == ("good", 0, "")
    site = credit.draft(subject, "试验检测机构 JJC202002 存在虚假数据报告资料", quantity=5)
    assert site.points == 30  # ten each, thirty at most
    with pytest.raises(ValidationError, match="不是规则条款"):
        credit.draft(subject, "随便写的")
    with pytest.raises(ValidationError, match="没有条款"):
        credit.draft(subject, "公路施工 GLSG9-9 没有的行为")
    with pytest.raises(ValidationError, match="没有生效"):
        credit.draft(subject, decided_on=date(2008, 1, 2))
    with pytest.raises(ValidationError, match="请填写"):
        credit.draft(subject, "公路施工 GLSG1-16 其他失信投标行为")
    with pytest.raises(ValidationError, match="1至3分"):
        credit.draft(subject, "水运施工 SYSG1-9 其他失信行为", given=Decimal(4))


def test_recorded_and_confirmed_by_two_noticed_and_then_in_effect(bureau):
    first, second = bureau
    record = records.create(
        CreditRecord(subject=credit.enterprise(), item=credit.FIVE, description="拒签整改通知"), first
    )
    with pytest.raises(ValidationError, match="须上传"):
        perform(record, "submit", first)
    record = perform(credit.paper(record), "submit", first)
    with pytest.raises(NotAllowed):
        perform(record, "confirm", first)
    record = perform(record, "confirm", second)
    assert (record.recorded_by_id, record.confirmed_by_id) == (first.user.pk, second.user.pk)
    today = timezone.localdate()
    assert record.effect_until == clocks.last_of(today, 24)
    assert not record.stands
    with pytest.raises(ValidationError, match="期满后办理"):
        perform(record, "settle", second)
    record = perform(credit.put(record, notice_until=today - timedelta(days=1)), "settle", second)
    assert record.stands
    assert CreditRecord.in_effect(record.effect_until).filter(pk=record.pk).exists()
    # Over by itself the day after, with nobody doing anything.
    assert not CreditRecord.in_effect(record.effect_until + timedelta(days=1)).exists()


def test_a_unit_of_another_year_kind_or_subject_is_refused():
    subject, other = credit.enterprise(), credit.enterprise()
    item = "公路施工 GLSG1-12 放弃投标未提前书面告知"
    facts = {"decided_on": date(YEAR, 5, 6)}
    assert credit.draft(subject, item, unit=credit.bid(subject, YEAR), **facts).points == 6
    for unit in (
        credit.bid(other, YEAR),
        credit.bid(subject, YEAR - 1),
        credit.performance(subject, YEAR, 10),
    ):
        with pytest.raises(ValidationError):
            credit.draft(subject, item, unit=unit, **facts)


# ------------------------------------------------------------------------------------------------- evaluation


def a_year(subject: CreditSubject) -> CreditEvaluation:
    """Two bids and three sections, as worked by hand in test_credit_arithmetic: 89.3333, A."""
    day = {"decided_on": date(YEAR, 5, 6)}
    first, second = credit.bid(subject, YEAR), credit.bid(subject, YEAR)
    _, dear, cheap = (credit.performance(subject, YEAR, price) for price in (1000, 3000, 500))
    credit.effective(subject, "公路施工 GLSG1-13 未按时确认补遗书", unit=first, **day)
    credit.effective(subject, "公路施工 GLSG1-10 无正当理由放弃中标", unit=second, **day)
    manager = "公路施工 GLSG2-2-2 项目经理未到位或降资格或擅自更换"
    credit.effective(subject, manager, unit=dear, **day)
    credit.effective(subject, "公路施工 GLSG2-1-7 违法分包", unit=cheap, **day)
    free = "公路施工 GLSG2-2-1 无正当理由不按承诺进场"
    credit.effective(subject, free, unit=cheap, given=Decimal(4), **day)
    other = "公路施工 GSQB2-4 被主管部门通报、约谈"
    credit.effective(subject, other, quantity=Decimal("0.5"), **day)
    # What was decided in another year, taken back, or is not in effect yet, does not count.
    credit.effective(subject, credit.DIRECT, decided_on=date(YEAR - 1, 12, 31))
    credit.put(credit.effective(subject, credit.DIRECT, **day), revoked_on=date(YEAR, 6, 7))
    credit.draft(subject, credit.DIRECT, **day)
    return credit.opened(subject, YEAR)


def test_the_years_result_alone_and_in_bulk(bureau, django_assert_max_num_queries):
    one = perform(a_year(credit.enterprise()), "compute", bureau[0])
    assert (one.score, one.grade, one.bid, one.performance) == (
        Decimal("89.3333"),
        "A",
        Decimal("89.0000"),
        Decimal("90.6666"),
    )
    assert one.rules == rule(credit.HIGHWAY)
    shown = page.sheet_of(CreditEvaluation.objects.get(pk=one.pk))
    assert shown["in_words"][-1].endswith("X = a·T + b·L − ΣQ = 0.2×89 + 0.8×90.6666 − 1 = 89.3333")
    for _ in range(3):
        a_year(credit.enterprise())
    with django_assert_max_num_queries(45):
        assert evaluating.compute_year(credit.HIGHWAY, YEAR, bureau[0]) == 3
    found = CreditEvaluation.objects.order_by().values_list("score", "grade", "status").distinct()
    assert list(found) == [(Decimal("89.3333"), "A", "computed")]
    assert list(verify_chains("integrity.creditevaluation")) == []
    # Nothing waits any more: another run does nothing.
    assert evaluating.compute_year(credit.HIGHWAY, YEAR, bureau[0]) == 0


def test_many_at_once_only_by_whom_the_flow_lets():
    one = credit.opened(credit.enterprise(), YEAR)
    with pytest.raises(NotAllowed):
        perform_many(
            CreditEvaluation, [one.pk], "compute", actor(factories.user("county_staff")), lambda rows: {}
        )
    with pytest.raises(ValueError, match="of its own"):
        perform_many(CreditEvaluation, [one.pk], "publish", COMMAND, lambda rows: {})
    assert CreditEvaluation.objects.get().status == "open"
    new = CreditEvaluation(subject=credit.enterprise(), family=credit.HIGHWAY, year=YEAR)
    for by in (actor(factories.user("county_staff")), COMMAND):
        with pytest.raises(NotAllowed):
            create_performed([new], "compute", by, lambda rows: [{} for _ in rows])
    with pytest.raises(ValueError, match="of its own"):
        create_performed([new], "send", COMMAND, lambda rows: [])
    assert CreditEvaluation.objects.count() == 1


def test_a_year_is_opened_for_all_of_a_family_once(bureau):
    for _ in range(2):
        credit.enterprise()
    credit.enterprise(family="credit-sysg")
    credit.enterprise(is_active=False)
    assert evaluating.open_year(credit.HIGHWAY, YEAR, bureau[0]) == 2
    assert evaluating.open_year(credit.HIGHWAY, YEAR, bureau[0]) == 0
    assert evaluating.compute_year(credit.HIGHWAY, YEAR, bureau[0]) == 0
    # Written once, and told as the two steps it was.
    one = CreditEvaluation.objects.first()
    assert (one.status, one.grade, one.score, one.computed_on) == (
        "computed",
        "A",
        None,
        timezone.localdate(),
    )
    made, step = records.events_of(one).order_by("seq")
    assert (made.verb, made.changes["status"], made.changes["grade"]) == (
        "create",
        [None, "open"],
        [None, ""],
    )
    assert (step.name, step.changes["status"]) == ("compute", ["open", "computed"])
    assert step.changes["grade"] == ["", "A"] and "year" not in step.changes
    assert {step.actor_id, made.actor_id} == {bureau[0].user.pk}
    assert list(verify_chains("integrity.creditevaluation")) == []


def test_units_come_out_of_the_registry_once(bureau):
    subject = credit.enterprise()
    section = factories.section(contract_price=Decimal(1200))
    factories.participation(section, subject.organization, since=date(YEAR, 3, 4))
    factories.participation(
        factories.section(contract_price=None), subject.organization, since=date(YEAR, 3, 4)
    )
    assert units.from_registry(credit.HIGHWAY, YEAR, bureau[0]) == 1
    assert units.from_registry(credit.HIGHWAY, YEAR, bureau[0]) == 0
    assert units.from_registry(credit.HIGHWAY, YEAR - 1, bureau[0]) == 0
    assert subject.units.get().price == 1200


def test_last_years_grade_those_it_came_of_and_the_nation():
    upgraded, merged, newcomer = (credit.enterprise() for _ in range(3))
    for subject in (upgraded, merged):
        credit.bid(subject, YEAR)
    credit.published(upgraded, YEAR - 1, "C")
    for grade in ("AA", "B"):
        parent = credit.enterprise()
        credit.published(parent, YEAR - 1, grade)
        records.create(
            CreditOrigin(subject=merged, predecessor=parent, kind="merge", on=date(YEAR, 5, 6)), COMMAND
        )
    facts = {"family": credit.HIGHWAY, "year": YEAR, "scope": "nation", "authority": "演示部", "grade": "C"}
    records.create(ExternalGrade(uscc=newcomer.organization.uscc, **facts), COMMAND)
    made = [credit.opened(one, YEAR) for one in (upgraded, merged, newcomer)]
    found = evaluating.figures(made)
    assert [found[one.pk]["grade"] for one in made] == ["B", "B", "C"]
    assert [found[one.pk]["basis"] for one in made] == ["score", "score", "first"]


def through(one: CreditEvaluation, by: Actor) -> CreditEvaluation:
    """From the draft to publication, with the terms over."""
    past = timezone.localdate() - timedelta(days=1)
    one = perform(one, "send", by)
    with pytest.raises(ValidationError, match="异议期至"):
        perform(one, "answer", by)
    one = perform(credit.put(one, objection_until=past), "answer", by)
    one = perform(one, "notice", by)
    with pytest.raises(ValidationError, match="公示至"):
        perform(one, "publish", by)
    return perform(credit.put(one, notice_until=past), "publish", by)


def test_an_upheld_appeal_recomputes_and_shows_both(bureau):
    subject = credit.enterprise()
    credit.performance(subject, YEAR, 100)
    record = credit.effective(subject, decided_on=date(YEAR, 5, 6), quantity=2)
    one = through(perform(credit.opened(subject, YEAR), "compute", bureau[0]), bureau[0])
    assert (one.score, one.grade, one.status) == (90, "A", "published")
    unit = own(subject)
    appeal = records.create(CreditAppeal(record=record, grounds="已签收"), unit)
    appeal = perform(appeal, "file", unit)
    assert (appeal.stage, appeal.subject_id) == ("appeal", subject.pk)
    (line,) = page.of_subject(subject, unit.user)["credit_lines"]
    assert line["if_held"] == "若申诉成立：A → AA（90 → 100分）"
    appeal = perform(appeal, "uphold", bureau[1], {"answer": "查实已签收"})
    after = CreditEvaluation.objects.get()
    assert (after.score, after.grade, after.status) == (100, "AA", "published")
    assert [(was["grade"], was["score"]) for was in after.former] == [("A", "90")]
    assert "A（90分" in after.was
    assert appeal.outcome[0]["before"] == ["A", "90"]
    assert appeal.outcome[0]["after"] == ["AA", "100"]
    record.refresh_from_db()
    assert record.revoked_on == timezone.localdate()
    assert list(publishing.records_of("bad", timezone.localdate())) == []
    # Anybody reads both results.
    text = Client().get("/credit/").content.decode()
    assert "已重算" in text
    assert ">AA<" in text
    assert "A（90分" in text


def test_an_authority_takes_back_its_own_mistake_by_another_than_who_confirmed(bureau):
    first, second = bureau
    subject = credit.enterprise()
    credit.performance(subject, YEAR, 100)
    record = credit.effective(subject, decided_on=date(YEAR, 5, 6), quantity=2)
    one = perform(credit.opened(subject, YEAR), "compute", first)
    credit.put(record, status="recorded")
    record = perform(CreditRecord.objects.get(), "confirm", first)
    record = credit.put(record, status="effective")
    with pytest.raises(NotAllowed):
        perform(record, "revoke", first, {"opinion": "认定有误"})
    perform(record, "revoke", second, {"opinion": "认定有误"})
    after = CreditEvaluation.objects.get()
    assert (one.grade, after.grade, after.score, after.former) == ("A", "AA", 100, [])


def test_who_may_start_a_year_and_a_comparison():
    client = Client()
    for role, year, compare in (
        ("contractor", 403, 403),
        ("county_staff", 403, 302),
        ("bureau_staff", 302, 302),
    ):
        client.force_login(factories.user(role), "django.contrib.auth.backends.ModelBackend")
        asked = client.post("/credit/year/", {"family": credit.HIGHWAY, "year": str(YEAR)})
        assert (asked.status_code, client.post("/credit/compare/").status_code) == (year, compare)
    (run,) = JobRun.objects.filter(kind="credit_year")
    assert run.params == {"family": credit.HIGHWAY, "year": YEAR}
    assert client.post("/credit/year/", {"family": "x", "year": "1"}).status_code == 302
    assert client.get("/credit/year/").status_code == 405
    assert JobRun.objects.count() == 1


def test_a_dismissed_appeal_leaves_everything(bureau):
    subject = credit.enterprise()
    record = credit.effective(subject, decided_on=date(YEAR, 5, 6))
    unit = own(subject)
    appeal = perform(records.create(CreditAppeal(record=record, grounds="不服"), unit), "file", unit)
    perform(appeal, "dismiss", bureau[0], {"answer": "认定属实"})
    record.refresh_from_db()
    assert record.revoked_on is None


def test_the_clock_of_an_answer_over_holidays_and_a_pause():
    load_holidays()
    # From 29 September 2024 (a worked Sunday): 30 September, then 8–11, 12 (worked Saturday), 14–17 October: ten.
    filed = date(2024, 9, 29)
    assert clocks.answer_by(filed, 10, [], date(2024, 10, 30)) == date(2024, 10, 17)
    # Stopped on the 9th, going on on the 14th: the 9th, 10th, 11th and 12th are added back.
    pause = [(date(2024, 10, 9), date(2024, 10, 14))]
    assert clocks.answer_by(filed, 10, pause, date(2024, 10, 30)) == date(2024, 10, 23)
    # One that began and ended in the holidays costs nothing.
    idle = [(date(2024, 10, 1), date(2024, 10, 8))]
    assert clocks.answer_by(filed, 10, idle, date(2024, 10, 30)) == date(2024, 10, 17)
    # One that still runs lasts until today.
    assert clocks.answer_by(filed, 10, [(date(2024, 10, 9), None)], date(2024, 10, 14)) == date(2024, 10, 23)


def test_a_dynamic_d_crosses_the_year_end_and_a_record_expires_in_the_middle_of_one():
    subject = credit.enterprise()
    credit.published(subject, 2024, "AA")  # valid 2025-03-20 to 2026-03-19
    credit.effective(subject, credit.DIRECT, decided_on=date(2025, 9, 15))

    def grade(*day: int) -> str:
        return standing.standing(subject, date(*day)).grade

    assert [grade(2025, 3, 19), grade(2025, 3, 20), grade(2025, 9, 14)] == ["", "AA", "AA"]
    assert [grade(2025, 9, 15), grade(2025, 12, 31), grade(2026, 1, 1), grade(2026, 9, 14)] == ["D"] * 4
    credit.published(subject, 2025, "A")  # valid 2026-03-20 to 2027-03-19
    assert [grade(2026, 9, 14), grade(2026, 9, 15)] == ["D", "A"]
    # It counted in its year, whole, although it ended in the next one, and in no other.
    held = credit.effective(credit.enterprise(), decided_on=date(2024, 7, 1))
    assert held.effect_until == date(2026, 6, 30)
    counted = {
        year: evaluating.Facts(credit.HIGHWAY, year, [held.subject_id]).others for year in (2024, 2025, 2026)
    }
    assert [len(counted[year][held.subject_id]) for year in counted] == [1, 0, 0]
    assert CreditRecord.in_effect(date(2026, 6, 30)).filter(pk=held.pk).exists()
    assert not CreditRecord.in_effect(date(2026, 7, 1)).filter(pk=held.pk).exists()


def test_a_joint_venture_has_the_lowest_grade():
    members = [credit.enterprise() for _ in range(2)]
    today = timezone.localdate()
    valid = {"published_on": today, "valid_until": today}
    credit.published(members[0], YEAR, "AA", **valid)
    assert standing.of_joint_venture(members, today)[0] == ""
    credit.published(members[1], YEAR, "B", **valid)
    assert standing.of_joint_venture(members, today)[0] == "B"
    client = Client()
    client.force_login(factories.user("bureau_staff"), "django.contrib.auth.backends.ModelBackend")
    answer = client.get("/credit/joint/", {"members": "\n".join(one.title for one in members)})
    assert "<strong data-grade>B</strong>" in answer.content.decode()


# ----------------------------------------------------------------------------------------- repair, lists, colour


def test_repair_ends_publication_and_a_dynamic_d(bureau):
    subject = credit.enterprise()
    unit, today = own(subject), timezone.localdate()
    record = credit.effective(subject, credit.DIRECT, decided_on=today - timedelta(days=30))
    repair = records.create(CreditRepair(record=record, done="已改正"), unit)
    with pytest.raises(ValidationError, match="最短公示期满"):
        perform(repair, "apply", unit)
    record = credit.put(record, effect_from=today - timedelta(days=100))
    assert standing.standing(subject, today).grade == "D"
    repair = perform(CreditRepair.objects.get(), "apply", unit)
    assert repair.rules == rule("credit-repair", today)
    perform(repair, "grant", bureau[0], {"decision": "准予"})
    record.refresh_from_db()
    assert record.repaired_on == today
    assert standing.standing(subject, today).grade == ""
    assert not CreditRecord.public(today).exists()


def test_the_red_list_asks_for_three_years_of_aa(bureau):
    first, second = bureau
    subject = credit.enterprise()
    last = timezone.localdate() - timedelta(days=1)
    for year in (YEAR - 2, YEAR - 1):
        credit.published(subject, year, "AA")
    listing = records.create(CreditListing(subject=subject, kind="red", reason="连续AA"), first)
    with pytest.raises(ValidationError, match="不符合红名单条件"):
        perform(listing, "submit", first)
    credit.published(subject, YEAR, "AA", published_on=last, valid_until=last + timedelta(days=300))
    listing = perform(listing, "submit", first)
    with pytest.raises(NotAllowed):
        perform(listing, "list", first)
    listing = perform(listing, "list", second)
    assert listing.valid_until == clocks.last_of(timezone.localdate(), 24)
    assert list(publishing.listings(timezone.localdate())) == [listing]
    listing = perform(listing, "exit", first, {"exit_reason": "出现严重不良行为"})
    assert list(publishing.listings(timezone.localdate())) == []


def test_colour_deposits_and_frequency_with_their_reasons():
    subject, today = credit.enterprise(), timezone.localdate()
    credit.published(subject, YEAR, "AA", published_on=today, valid_until=today)
    at = standing.standing(subject, today)
    assert standing.colour(subject, at, [], 0)[0] == "green"
    assert standing.frequency(subject, today) == (
        1,
        ["信用等级AA，每年1次", "近3年无责任事故，减少1次", "限于每年1至12次"],
    )
    rates = {row["name"]: row["value"] for row in standing.linked("AA")}
    assert rates["投标保证金"] == "估算价的1%"
    assert {row["rule"].source_label for row in standing.linked("AA")} == {"本系统设定"}
    credit.accident(credit.site(subject), deaths=1)
    assert standing.frequency(subject, today)[0] == 3
    listing = CreditListing(subject=subject, kind="joint", reason="迟报")
    credit.put(records.create(listing, COMMAND), listed_on=today, valid_until=today, status="listed")
    name, reasons, _ = standing.colour(subject, at, CreditListing.on(today), 0)
    assert (name, reasons) == ("red", [f"列入联合惩戒（至{today}）"])


# -------------------------------------------------------------------------------------------------- proposals


def test_proposed_once_from_an_incident_and_never_set(bureau):
    subject = credit.enterprise()
    section = credit.site(subject)
    for _ in range(3):
        credit.accident(section, deaths=1)
    credit.accident(section, liable=False, deaths=1)  # nobody has found yet whose it is
    fault = ReportingFault(incident=Incident.objects.first(), kind="concealed", basis="隐瞒")
    fault = records.create(fault, COMMAND)
    credit.put(fault, status="confirmed", decided_on=timezone.localdate())
    assert proposals.run() == 6
    assert proposals.run() == 0
    found = CreditProposal.objects.order_by("kind", "trigger", "pk")
    assert [(one.kind, one.trigger) for one in found] == [
        *[("deduction", "fault")],
        *[("deduction", "incident")] * 3,
        ("joint", "reporting_fault"),
        ("joint", "three_fatal"),
    ]
    assert not CreditRecord.objects.exists()
    assert not CreditListing.objects.exists()
    accepted = perform(found.filter(trigger="incident")[0], "accept", bureau[0])
    record = accepted.record
    assert (record.status, record.effect, record.item_code) == ("draft", "down", "GLSG3-1-4")
    assert record.evidence_label == "safety.incident"
    assert record.unit is None
    listing = perform(found.get(trigger="three_fatal"), "accept", bureau[0]).listing
    assert (listing.status, listing.kind) == ("draft", "joint")
    with pytest.raises(ValidationError):
        perform(found.get(trigger="fault"), "dismiss", bureau[0])
    perform(found.get(trigger="fault"), "dismiss", bureau[0], {"opinion": "已另案处理"})
    assert accepting.unit_for(accepted, record) is None


def test_an_unknown_clause_needs_points_before_it_is_accepted(bureau):
    proposal = credit.proposal(item="公路施工 GLSG2-1-6 较大安全责任事故")
    with pytest.raises(ValidationError, match="分值由认定人填写"):
        perform(proposal, "accept", bureau[0])
    record = perform(proposal, "accept", bureau[0], {"given": "20"}).record
    assert record.points == 20


# --------------------------------------------------------------------------------------------------- who sees it


def test_seen_by_itself_its_owners_and_the_bureau_alone():
    project = factories.project(owner=factories.organization("owner"))
    section = factories.section(project)
    subject = credit.enterprise()
    factories.participation(section, subject.organization)
    supervisor = factories.organization("supervisor")
    factories.participation(section, supervisor, "supervisor")
    stranger = factories.organization("contractor")

    def sees(user: User) -> bool:
        return CreditSubject.objects.visible_to(User.objects.get(pk=user.pk)).exists()

    assert sees(factories.user("contractor", subject.organization))
    assert sees(factories.user("owner", project.owner))
    assert sees(factories.user("bureau_staff"))
    assert not sees(factories.user("supervisor", supervisor))
    assert not sees(factories.user("contractor", stranger))
    assert not sees(factories.user("owner", factories.organization("owner")))
    assert not sees(factories.user("system_admin"))


def test_the_public_page_shows_what_is_published_as_long_as_it_is():
    subject, person = credit.enterprise(), credit.tester()
    today = timezone.localdate()
    credit.published(subject, YEAR, "AA", published_on=today - timedelta(days=2), valid_until=today)
    for name, facts in (
        ("已到期", {"public_until": today - timedelta(days=1)}),
        ("在公布", {"public_until": today}),
    ):
        credit.put(credit.effective(subject, paper=name), **facts)
    credit.draft(subject, paper="草稿文书")
    credit.effective(
        person, "试验检测人员 JJR-0 试验检测人员失信行为（分值由认定人按规则填写）", given=Decimal(8)
    )
    client = Client()

    def text(**query) -> str:
        answer = client.get("/credit/", query)
        assert answer.status_code == 200
        return answer.content.decode()

    assert subject.title in text()
    assert subject.title in text(q=subject.title)
    assert subject.title not in text(q="没有的单位")
    bad = text(tab="bad")
    assert "在公布" in bad
    assert "已到期" not in bad
    assert "草稿文书" not in bad
    assert person.name in bad
    assert person.certificate not in bad  # of a person only what is needed
    assert not publishing.results(today + timedelta(days=1)).exists()
    assert text(tab="<script>", q="\x00<b>")
    for address in ("/credit/joint/", "/credit/export.json", "/credit-subjects/"):
        assert client.get(address).status_code == 302


# ----------------------------------------------------------------------------------------------------- exchange


@override_settings(PORTAL_CREDIT_KEY="演示密钥")
def test_exported_signed_and_changed_by_nobody(tmp_path):
    subject, today = credit.enterprise(), timezone.localdate()
    credit.published(subject, YEAR, "AA", published_on=today, valid_until=today, score=Decimal("96.5"))
    signed = json.loads(json.dumps(exchange.exported(today)))
    (row,) = exchange.verify(signed)["results"]
    assert row["dynamic_d_until"] is None
    assert (row["uscc"], row["grade"], row["score"]) == (subject.organization.uscc, "AA", "96.5")
    file = tmp_path / "results.json"
    file.write_text(json.dumps(signed), encoding="utf-8")
    told = StringIO()
    call_command("verify_credit_export", str(file), stdout=told)
    assert "签名相符" in told.getvalue()
    signed["results"][0]["grade"] = "A"
    file.write_text(json.dumps(signed), encoding="utf-8")
    with pytest.raises(CommandError, match="签名不符"):
        call_command("verify_credit_export", str(file))
    with pytest.raises(exchange.ExchangeError, match="签名不符"):
        exchange.verify(signed)
    for wrong in ({}, [], {"format": exchange.FORMAT}, signed | {"signature": {"value": 1}}):
        with pytest.raises(exchange.ExchangeError):
            exchange.verify(wrong)
    client = Client()
    client.force_login(factories.user("bureau_staff"), "django.contrib.auth.backends.ModelBackend")
    assert exchange.verify(client.get("/credit/export.json").json())
    assert client.get("/credit/export.xlsx")["Content-Type"].endswith("sheet")
    client.force_login(factories.user("contractor"), "django.contrib.auth.backends.ModelBackend")
    assert client.get("/credit/export.json").status_code == 403


def test_without_a_key_nothing_is_exported_and_without_an_address_nothing_is_sent(bureau):
    with pytest.raises(exchange.ExchangeError, match="尚未设置"):
        exchange.exported()
    through(perform(credit.opened(credit.enterprise(), YEAR), "compute", bureau[0]), bureau[0])
    assert not JobRun.objects.filter(kind="credit_webhook").exists()


def test_word_of_a_published_change_goes_to_the_one_address(bureau):
    got = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(302 if self.path == "/elsewhere" else 204)
            self.send_header("Location", "/hook")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Listener)
    Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    try:
        with override_settings(PORTAL_CREDIT_KEY="演示密钥", PORTAL_CREDIT_WEBHOOK=f"{address}/hook"):
            one = perform(credit.opened(credit.enterprise(), YEAR), "compute", bureau[0])
            assert not JobRun.objects.filter(kind="credit_webhook").exists()
            through(one, bureau[0])
            (run,) = JobRun.objects.filter(kind="credit_webhook")
            assert exchange.tell(run.params["evaluation"]) == 204
            assert exchange.verify(got[0])["results"][0]["grade"] == "A"
            # A dynamic D changes what counts, though the year's grade stays; word of it goes out, too.
            direct = credit.draft(one.subject, credit.DIRECT)
            direct.enter(direct.decided_on, direct.decided_on)
            names = ("notice_from", "notice_until", "effect_from", "effect_until", "public_until")
            direct = credit.put(direct, **{name: getattr(direct, name) for name in names})
            records.update(direct, {"status": "effective"}, COMMAND, clean=False)
            assert JobRun.objects.filter(kind="credit_webhook").count() == 2
            exchange.tell(run.params["evaluation"])
            (row,) = exchange.verify(got.pop())["results"]
            assert (row["grade"], row["dynamic_d_until"]) == ("A", direct.effect_until.isoformat())
        refusals = {f"{address}/elsewhere": (OSError, "302"), "file:///etc/passwd": (ValueError, "http")}
        for wrong, (kind, text) in refusals.items():
            with (
                override_settings(PORTAL_CREDIT_KEY="k", PORTAL_CREDIT_WEBHOOK=wrong),
                pytest.raises(kind, match=text),
            ):
                exchange.tell(one.pk)
    finally:
        server.shutdown()
        server.server_close()
    assert len(got) == 2


def test_a_provincial_result_is_found_by_the_credit_code():
    subject = credit.enterprise()
    facts = {
        "family": credit.HIGHWAY,
        "year": YEAR,
        "scope": "province",
        "authority": "演示省厅",
        "grade": "B",
    }
    made = records.create(ExternalGrade(uscc=subject.organization.uscc.lower(), **facts), COMMAND)
    assert made.subject == subject
    with pytest.raises(ValidationError, match="没有使用该"):
        records.create(ExternalGrade(uscc=credit.code(987654321), **facts), COMMAND)


def test_how_often_to_inspect_is_a_persons_decision(bureau):
    advice = records.create(InspectionAdvice(subject=credit.enterprise(), year=YEAR), bureau[0])
    assert (advice.proposed, advice.accepted) == (3, None)
    advice = perform(advice, "accept", bureau[0], {"accepted": "5"})
    assert (advice.accepted, advice.proposed) == (5, 3)


def test_a_subjects_page_takes_the_same_queries_however_much_stands_on_it():
    subject, user = credit.enterprise(), factories.user("bureau_staff")
    credit.bid(subject, YEAR)
    day = {"decided_on": date(YEAR, 5, 6)}
    for _ in range(2):
        credit.paper(credit.effective(subject, **day))
    perform(credit.opened(subject, YEAR), "compute", actor(factories.user("bureau_staff")))

    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            page.of_subject(CreditSubject.objects.get(pk=subject.pk), User.objects.get(pk=user.pk))
        return len(asked)

    before = cost()
    for _ in range(6):
        credit.paper(credit.effective(subject, **day))
    assert cost() == before


# -------------------------------------------------------------------------------------------------- demonstration


def test_the_demonstration_is_marked_coherent_and_loaded_once():
    with pytest.raises(LookupError):
        demo_credit.load()
    for role, kind in (
        ("contractor", "contractor"),
        ("supervisor", "supervisor"),
        ("laboratory", "laboratory"),
    ):
        office = factories.organization(kind, is_demo=True, uscc=credit.code(next(credit._numbers)))
        factories.user(role, office, username=role, is_demo=True)
    factories.user("bureau_staff", username="staff", is_demo=True)
    assert demo_credit.load() == 3
    assert demo_credit.load() == 0
    assert list(verify_chains()) == []
    for model in (CreditSubject, CreditRecord, CreditEvaluation, CreditAppeal, ExternalGrade):
        assert model.objects.exists()
        assert not model.objects.filter(is_demo=False).exists()
    # T = 94, L = 92: X = 0.2×94 + 0.8×92 = 92.4, and AA if the open appeal holds (0.2×94 + 0.8×100 = 98.8).
    mine = CreditSubject.objects.get(family=credit.HIGHWAY)
    shown = page.of_subject(mine, User.objects.get(username="contractor"))
    assert shown["credit_at"].grade == "A"
    assert "若申诉成立：A → AA（92.4 → 98.8分）" in [line["if_held"] for line in shown["credit_lines"]]
