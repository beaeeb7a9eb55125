"""What becomes of a computed year: records that come later, appeals, years that rest on it; and who reads what when."""

from __future__ import annotations

from copy import copy
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from integrity.credit import arithmetic, evaluating, page, proposals, publishing, rules, standing, units
from integrity.credit_tasks import credit_year
from integrity.models import (
    CreditAppeal,
    CreditEvaluation,
    CreditListing,
    CreditOrigin,
    CreditProposal,
    CreditRecord,
    CreditRepair,
    CreditSubject,
    CreditUnit,
)
from supervision.desk.models import Notice
from supervision.flows import records
from supervision.flows.errors import NotAllowed
from supervision.flows.history import Actor
from supervision.flows.perform import available, missing_for, perform, waiting_for
from supervision.jobs.models import JobRun
from supervision.jobs.services import JobError
from supervision.people.models import User
from supervision.rules.calendar import load_holidays

from . import credit, factories
from .factories import COMMAND
from .test_credit import YEAR, actor, bureau, own, through  # noqa: F401

pytestmark = pytest.mark.django_db
TEN = {"quantity": 2}  # of a clause that costs five


def fresh(record):
    return type(record)._base_manager.get(pk=record.pk)


def computed(subject: CreditSubject, year: int, by: Actor) -> CreditEvaluation:
    return perform(credit.opened(subject, year), "compute", by)


def results(one: CreditEvaluation) -> tuple:
    """(score, grade, the results before)"""
    one = fresh(one)
    return one.score, one.grade, [(was["grade"], was["score"]) for was in one.former]


# ------------------------------------------------------------------------------------- records that come later


def test_a_record_in_effect_late_counts_and_what_was_told_stays_beside(bureau):  # noqa: F811
    first, second = bureau
    today, past = timezone.localdate(), timezone.localdate() - timedelta(days=1)
    subject = credit.enterprise()
    credit.performance(subject, YEAR, 100)
    unit = own(subject)
    late = credit.paper(credit.draft(subject, decided_on=date(YEAR, 5, 6), **TEN))
    late = perform(perform(late, "submit", first), "confirm", second)
    one = perform(computed(subject, YEAR, first), "send", first)
    assert results(one) == (100, "AA", [])
    # Nothing goes on while it is open, and that is said by its number.
    one = credit.put(one, objection_until=past, due_on=past)
    with pytest.raises(ValidationError, match=f"{late.number}尚在确认或公示"):
        perform(one, "answer", first)
    perform(credit.put(late, notice_until=past), "settle", second)
    one = fresh(one)
    assert results(one) == (90, "A", [("AA", "100")])
    # The subject may object to the new result for as long as to the first, and hears of it.
    assert one.objection_until == one.due_on == rules.term("objection_days") > today
    (told,) = Notice.objects.filter(user=unit.user, key__startswith="recomputed:")
    assert (told.title, told.is_red) == (f"{YEAR}年度信用评价已重算：AA → A", True)
    assert f"{one.objection_until}前提出异议" in told.body
    assert not Notice.objects.filter(user=first.user, key__startswith="recomputed:").exists()
    with pytest.raises(ValidationError, match="异议期至"):
        perform(one, "answer", first)
    # The same on public notice, of which the whole term is due to the result as it now is.
    one = perform(credit.put(one, objection_until=past), "answer", first)
    one = credit.put(perform(one, "notice", first), notice_from=past, notice_until=past, due_on=past)
    perform(fresh(late), "revoke", first, {"opinion": "认定有误"})
    one = fresh(one)
    assert results(one) == (100, "AA", [("AA", "100"), ("A", "90")])
    assert (one.notice_from, one.notice_until) == (today, rules.term("notice_days"))
    assert one.due_on == one.notice_until
    with pytest.raises(ValidationError, match="公示至"):
        perform(one, "publish", first)


def test_a_draft_follows_what_stands_and_nobody_was_told(bureau):  # noqa: F811
    subject = credit.enterprise()
    credit.performance(subject, YEAR, 100)
    late = credit.draft(subject, decided_on=date(YEAR, 5, 6), **TEN)
    one = computed(subject, YEAR, bureau[0])
    unit = own(subject)
    late = credit.put(late, status="noticed", notice_until=date(YEAR, 6, 7), effect_from=date(YEAR, 5, 6))
    perform(late, "settle", bureau[0])
    assert results(one) == (90, "A", [])
    events = records.events_of(one).count()
    evaluating.recompute(one, bureau[0], "再算一次")
    assert records.events_of(one).count() == events  # nothing differs, nothing is written
    assert not Notice.objects.filter(user=unit.user, key__startswith="recomputed:").exists()


# ----------------------------------------------------------------------------------- years that rest on each other


def test_the_year_before_stands_first_and_bounds_the_draft_that_was_there(bureau):  # noqa: F811
    by, subject = bureau[0], credit.enterprise()
    credit.bid(subject, YEAR)
    before = credit.opened(subject, YEAR - 1)
    credit.effective(subject, credit.DIRECT, decided_on=date(YEAR - 1, 5, 6))
    one = computed(subject, YEAR, by)
    assert results(one) == (100, "AA", [])  # the year before was not known yet
    (said,) = missing_for(one, one.flow.by_name["send"])
    assert said == f"{before}（待计算）尚未公布，升级限制和延续以它为准，先办结上年度。"
    with pytest.raises(ValidationError, match="尚未公布"):
        perform(one, "send", by)
    assert through(perform(before, "compute", by), by).grade == "D"
    one = fresh(one)
    assert (one.score, one.grade, one.status, one.former) == (100, "C", "computed", [])
    assert one.reasons == ["上年度D，一年最多升1级"]
    assert perform(one, "send", by).status == "sent"


def test_an_upheld_appeal_reaches_the_years_after_and_whoever_came_of_the_subject(bureau):  # noqa: F811
    first, second = bureau
    subject, heir = credit.enterprise(), credit.enterprise()
    for year in (YEAR - 1, YEAR, YEAR + 1):
        credit.bid(subject, year)
    credit.bid(heir, YEAR)
    came = CreditOrigin(subject=heir, predecessor=subject, kind="split", on=date(YEAR, 5, 6))
    records.create(came, COMMAND)
    record = credit.effective(subject, credit.DIRECT, decided_on=date(YEAR - 1, 5, 6))
    record = credit.put(record, confirmed_by=first.user)
    base = through(computed(subject, YEAR - 1, first), first)
    year = through(computed(subject, YEAR, first), first)
    split = through(computed(heir, YEAR, first), first)
    draft = computed(subject, YEAR + 1, first)
    # Direct D; up one grade a year from there; who was split off has no more than the subject had.
    assert [fresh(one).grade for one in (base, year, split, draft)] == ["D", "C", "C", "B"]

    unit = own(subject)
    appeal = perform(records.create(CreditAppeal(record=record, grounds="不属实"), unit), "file", unit)
    told = {one["year"]: one["then"]["grade"] for one in page.if_upheld(appeal, unit.user)}
    assert told == {YEAR - 1: "AA", YEAR: "AA"}  # of the draft the subject learns nothing
    seen = {one["year"]: one["then"]["grade"] for one in page.if_upheld(appeal, first.user)}
    assert seen == told | {YEAR + 1: "AA"}
    (line,) = page.of_subject(subject, unit.user)["credit_lines"]
    assert line["if_held"] == "若申诉成立：D → AA（100 → 100分）"

    # Whoever confirmed the record does not decide about it: no button, no task, no way by force.
    names = {t.name for t in available(appeal, first.user)}
    assert not names & {"uphold", "dismiss"}
    assert {t.name for t in available(appeal, second.user)} >= {"uphold", "dismiss"}
    assert [list(waiting_for(CreditAppeal, by.user)) for by in bureau] == [[], [appeal]]
    with pytest.raises(NotAllowed, match="请由他人办理"):
        perform(appeal, "uphold", first, {"answer": "成立"})
    appeal = perform(appeal, "uphold", second, {"answer": "成立"})
    assert [fresh(one).grade for one in (base, year, split, draft)] == ["AA", "AA", "AA", "AA"]
    assert [results(one)[2] for one in (base, year, split, draft)] == [
        [("D", "100")],
        [("C", "100")],
        [("C", "100")],
        [],
    ]
    assert [(one["year"], one["before"][0], one["after"][0]) for one in appeal.outcome] == [
        (YEAR - 1, "D", "AA"),
        (YEAR, "C", "AA"),
    ]


def test_an_upheld_appeal_against_an_evaluation_keeps_and_shows_both(bureau):  # noqa: F811
    subject = credit.enterprise()
    dear = credit.performance(subject, YEAR, 100)
    credit.performance(subject, YEAR, 300)
    clause = "公路施工 GLSG2-1-7 违法分包"
    taken = credit.effective(subject, clause, unit=dear, decided_on=date(YEAR, 5, 6))
    one = through(computed(subject, YEAR, bureau[0]), bureau[0])
    # One of two sections, of a quarter of the money: a quarter of its points.
    assert one.score == 100 - taken.points / 4
    unit = own(subject)
    appeal = perform(records.create(CreditAppeal(evaluation=one, grounds="合同价有误"), unit), "file", unit)
    records.update(CreditUnit.objects.get(pk=dear.pk), {"price": 33}, COMMAND)
    appeal = perform(appeal, "uphold", bureau[1], {"answer": "合同价更正为33万元"})
    after = fresh(one)
    assert after.score == arithmetic.cut((Fraction(100 - taken.points) * 33 + 100 * 300) / 333)
    assert results(one)[2] == [(one.grade, evaluating.text(one.score))]
    (told,) = appeal.outcome
    assert told["before"][1] == evaluating.text(one.score) != told["after"][1]
    client = Client()
    client.force_login(unit.user, "django.contrib.auth.backends.ModelBackend")
    assert f"{YEAR}年度已重算" in client.get(f"/credit-appeals/{appeal.pk}/").content.decode()


# --------------------------------------------------------------------------------------------- who reads what when


def test_what_is_not_told_yet_is_read_by_nobody_whom_it_is_about(bureau):  # noqa: F811
    project = factories.project(owner=factories.organization("owner"), district=factories.district())
    section = factories.section(project)
    other = factories.project(owner=factories.organization("owner"))
    subject = credit.enterprise()
    for place in (section, factories.section(other)):
        factories.participation(place, subject.organization)
    credit.bid(subject, YEAR)
    people = {
        "subject": own(subject).user,
        "recorder": factories.user("owner", project.owner),
        "client": factories.user("owner", other.owner),
        "county": factories.user("county_staff", factories.organization("county", district=project.district)),
        "leader": factories.user("bureau_leader"),
    }
    recorder = actor(people["recorder"])

    def readers(record) -> set[str]:
        found = set()
        for name, user in people.items():
            user = User.objects.get(pk=user.pk)
            if type(record).objects.visible_to(user).filter(pk=record.pk).exists():
                found.add(name)
        return found

    whole, authorities = set(people), {"county", "leader"}
    record = records.create(CreditRecord(subject=subject, item=credit.FIVE, description="拒签"), recorder)
    assert record.recording_unit == project.owner
    one, listing = credit.opened(subject, YEAR), CreditListing(subject=subject, kind="black", reason="处罚")
    listing = records.create(listing, COMMAND)
    for status, wanted in (
        ("draft", authorities | {"recorder"}),
        ("recorded", authorities | {"recorder"}),
        ("void", authorities | {"recorder"}),
        ("noticed", whole),
        ("effective", whole),
    ):
        assert readers(credit.put(record, status=status)) == wanted, status
    told = dict.fromkeys(("sent", "answered", "notice", "published", "archived"), whole)
    for status, wanted in ({"open": authorities, "computed": authorities} | told).items():
        assert readers(credit.put(one, status=status)) == wanted, status
    for status, wanted in (
        ("draft", authorities),
        ("submitted", authorities),
        ("refused", authorities),
        ("listed", whole),
        ("exited", whole),
    ):
        assert readers(credit.put(listing, status=status)) == wanted, status

    # On the subject's page neither: not the draft's grade, nor what it would become.
    record = credit.put(
        record, status="effective", effect_from=date(YEAR, 5, 6), effect_until=timezone.localdate()
    )
    records.update(fresh(record), {"decided_on": date(YEAR, 5, 6)}, COMMAND)
    one = perform(credit.put(one, status="open"), "compute", bureau[0])
    unit = actor(people["subject"])
    appeal = perform(records.create(CreditAppeal(record=record, grounds="不属实"), unit), "file", unit)
    for name, latest, held in (
        ("leader", one, "若申诉成立：A → AA（95 → 100分）"),
        ("subject", None, "若申诉成立：不影响已计算的年度等级"),
        ("client", None, "若申诉成立：不影响已计算的年度等级"),
    ):
        shown = page.of_subject(subject, User.objects.get(pk=people[name].pk))
        assert shown["credit_latest"] == latest, name
        (line,) = shown["credit_lines"]
        if name != "leader":
            assert line["if_held"] == held, name
            assert page.if_upheld(appeal, people[name]) == []


def test_a_record_on_public_notice_is_public_while_it_runs():
    today = timezone.localdate()
    subject = credit.enterprise()

    def noticed(paper: str, until: date, **facts) -> CreditRecord:
        made = credit.draft(subject, paper=paper, decided_on=today, **facts)
        made.enter(until, today)
        names = ("notice_from", "notice_until", "effect_from", "effect_until", "public_until")
        return credit.put(made, status="noticed", **{name: getattr(made, name) for name in names})

    running = noticed("公示中文书", today)
    noticed("过期文书", today - timedelta(days=1))
    # Of what is minor the rules in force since April 2026 publish nothing.
    assert noticed("轻微文书", today, severity="minor").public_until is None
    assert list(publishing.noticed_records(today)) == [running]
    text = Client().get("/credit/", {"tab": "noticed"}).content.decode()
    assert "公示中文书" in text and subject.title in text
    assert "过期文书" not in text and "轻微文书" not in text


# ----------------------------------------------------------------------------------------------------------- repair


def test_repair_is_granted_once_and_for_what_still_stands(bureau):  # noqa: F811
    subject = credit.enterprise()
    unit, long_ago = own(subject), timezone.localdate() - timedelta(days=300)
    record = credit.effective(subject, decided_on=long_ago)

    def asked() -> CreditRepair:
        return records.create(CreditRepair(record=record, done="已改正"), unit)

    repair, again = asked(), asked()
    repair = perform(repair, "apply", unit)
    with pytest.raises(ValidationError, match="已有一件修复申请待决定"):
        perform(again, "apply", unit)
    # Two that both got through before this was asked.
    again = credit.put(again, status="applied", rules=repair.rules)
    perform(repair, "grant", bureau[0], {"decision": "准予"})
    with pytest.raises(ValidationError, match="已修复或已失效"):
        perform(again, "grant", bureau[0], {"decision": "准予"})
    assert perform(again, "refuse", bureau[0], {"decision": "已修复"}).status == "refused"
    for facts in ({"status": "void"}, {"status": "effective", "revoked_on": timezone.localdate()}):
        again = credit.put(again, status="applied")
        credit.put(record, repaired_on=None, **facts)
        with pytest.raises(ValidationError, match="只有生效且未撤销"):
            perform(again, "grant", bureau[0], {"decision": "准予"})


# -------------------------------------------------------------------------------------- a year, and two at once


def test_a_year_is_one_that_is_over_has_rules_and_is_computed_once_at_a_time():
    this = timezone.localdate().year
    clients = [Client(), Client()]
    for client in clients:
        client.force_login(factories.user("bureau_staff"), "django.contrib.auth.backends.ModelBackend")

    def ask(client: Client, year: int) -> str:
        answer = client.post("/credit/year/", {"family": credit.HIGHWAY, "year": str(year)}, follow=True)
        assert answer.status_code == 200
        return answer.content.decode()

    assert "只评价已经结束的年度" in ask(clients[0], this)
    assert "只评价已经结束的年度" in ask(clients[0], this - 6)
    assert not JobRun.objects.filter(kind="credit_year").exists()
    ask(clients[0], this - 1)
    assert "发起，正在计算" in ask(clients[1], this - 1)
    assert JobRun.objects.filter(kind="credit_year").count() == 1
    with pytest.raises(ValidationError, match="只评价已经结束的年度"):
        credit.opened(credit.enterprise(), this)
    # A year from before there were rules is told in words, whoever asks.
    wanted = "2008年没有生效的“公路施工”评价规则"
    with pytest.raises(ValidationError, match=wanted):
        credit.opened(credit.enterprise(), 2008)
    run = JobRun.objects.create(kind="credit_year", created_by=factories.user("bureau_staff"))
    with pytest.raises(JobError, match=wanted):
        credit_year(run, credit.HIGHWAY, 2008)


def test_two_comparisons_at_once_propose_nothing_twice(monkeypatch):
    subject = credit.enterprise()
    credit.accident(credit.site(subject), deaths=1)
    raced = []

    def beside(one):
        """Between our look and our write another comparison runs from end to end."""
        if not raced:
            raced.append(0)
            raced[0] = proposals.run()
        return copy(one)

    monkeypatch.setattr(proposals, "copy", beside)
    assert (proposals.run(), raced) == (0, [1])
    assert CreditProposal.objects.count() == 1


def test_a_unit_stays_of_its_subject_year_and_kind():
    """What records stand on is not moved from under them; its price may be put right."""
    unit = credit.performance(credit.enterprise(), YEAR, 100)
    client = Client()
    client.force_login(factories.user("bureau_staff"), "django.contrib.auth.backends.ModelBackend")
    changed = {"subject": credit.enterprise().pk, "family": "credit-sysg", "year": YEAR - 1, "kind": "bid"}
    url = f"/api/credit-units/{unit.pk}/"
    answer = client.patch(url, changed | {"price": "33"}, content_type="application/json")
    assert answer.status_code == 200, answer.content
    after = fresh(unit)
    assert (after.subject, after.family, after.year, after.kind, after.price) == (
        unit.subject,
        unit.family,
        YEAR,
        "performance",
        33,
    )


def test_a_unit_or_an_origin_that_comes_late_is_reckoned_with(bureau):  # noqa: F811
    subject = credit.enterprise()
    owner = Actor.of(factories.user("owner"), "page")
    first = credit.bid(subject, YEAR)
    hard = "公路施工 GLSG1-8 虚假材料未中标"
    credit.effective(subject, hard, unit=first, decided_on=date(YEAR, 5, 6))
    one = computed(subject, YEAR, bureau[0])
    assert (one.grade, one.score) == ("C", Decimal(70))
    # A draft follows what is entered, whoever enters it.
    facts = {"family": subject.family, "year": YEAR, "kind": "bid"}
    records.create(CreditUnit(subject=subject, name="另一次投标", **facts), owner)
    assert (fresh(one).grade, fresh(one).score) == ("A", Decimal(85))
    credit.put(one, status="published", published_on=timezone.localdate(), valid_until=timezone.localdate())
    # A result that was told is not changed by an owner; by the authority it is, and both are shown.
    with pytest.raises(ValidationError, match="由主管部门补充"):
        records.create(CreditUnit(subject=subject, name="第三次投标", **facts), owner)
    records.create(CreditUnit(subject=subject, name="第三次投标", **facts), bureau[0])
    after = fresh(one)
    assert (after.grade, after.score, after.former[0]["grade"]) == ("A", Decimal(90), "A")
    # Split off from one whose grade was lower: not above it.
    parent = credit.enterprise()
    credit.published(parent, YEAR - 1, "B")
    origin = CreditOrigin(subject=subject, predecessor=parent, kind="split", on=date(YEAR, 7, 1))
    records.create(origin, bureau[0])
    assert (fresh(one).grade, len(fresh(one).former)) == ("B", 2)


def test_a_unit_entered_by_hand_does_not_stop_the_year(bureau):  # noqa: F811
    subject = credit.enterprise()
    section = factories.section(contract_price=Decimal(1200))
    factories.participation(section, subject.organization, since=date(YEAR, 3, 4))
    credit.performance(subject, YEAR, 1200, name=str(section))
    assert units.from_registry(credit.HIGHWAY, YEAR, bureau[0]) == 0
    other = factories.section(contract_price=Decimal(400))
    factories.participation(other, subject.organization, since=date(YEAR, 3, 4))
    hard = "公路施工 GLSG2-1-7 违法分包"
    credit.effective(subject, hard, unit=subject.units.get(), decided_on=date(YEAR, 5, 6))
    one = computed(subject, YEAR, bureau[0])
    assert one.score == Decimal(80)
    assert units.from_registry(credit.HIGHWAY, YEAR, bureau[0]) == 1
    # (80×1200 + 100×400) / 1600
    assert fresh(one).score == Decimal(85)


# ------------------------------------------------------------------------------------------------- golden, by days


def test_what_was_earned_long_ago_makes_no_red_list():
    day = date(2026, 11, 28)
    subject = credit.enterprise()
    for year in (2021, 2022, 2023):
        credit.published(subject, year, "AA")
    assert not standing.red_conditions(subject, day)[0][1]
    assert standing.red_conditions(subject, date(2025, 3, 19))[0][1]  # while the last of them was in force
    for year in (2024, 2025):
        credit.published(subject, year, "AA")
    assert standing.red_conditions(subject, day)[0][1]


def test_the_terms_of_objection_and_notice_over_the_national_holiday(monkeypatch):
    load_holidays()
    # From Friday 27 September 2024: Sunday the 29th is worked, 1 to 7 October are off, Saturday the 12th is worked.
    # 29, 30 September, 8, 9, 10 October are five; 11, 12, 14, 15, 16 October are ten.
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *_: date(2024, 9, 27))
    assert rules.term("objection_days") == date(2024, 10, 10)
    assert rules.term("notice_days") == date(2024, 10, 16)


def test_merged_split_carried_and_first_over_the_database():
    by_case = {name: credit.enterprise() for name in ("merged", "split", "carried", "stale", "first", "bad")}
    parents = {grade: credit.enterprise() for grade in ("AA", "C")}
    for grade, parent in parents.items():
        credit.published(parent, YEAR - 1, grade)
    # The older grade of a parent does not count where it has one of this year.
    credit.published(parents["AA"], YEAR, "A")
    origins = [("merged", "merge", "AA"), ("merged", "merge", "C"), ("split", "split", "AA")]
    for name, kind, grade in origins:
        facts = {"subject": by_case[name], "predecessor": parents[grade], "kind": kind}
        records.create(CreditOrigin(on=date(YEAR, 7, 1), **facts), COMMAND)
    credit.published(by_case["carried"], YEAR - 1, "B")
    credit.published(by_case["stale"], YEAR - 1, "AA", basis="carried", carried=1)
    credit.effective(by_case["bad"], decided_on=date(YEAR - 1, 5, 6))
    made = {name: credit.opened(subject, YEAR) for name, subject in by_case.items()}
    found = evaluating.figures(made.values())
    assert {name: (found[one.pk]["grade"], found[one.pk]["basis"]) for name, one in made.items()} == {
        "merged": ("C", "inherited"),
        "split": ("A", "inherited"),
        "carried": ("B", "carried"),
        "stale": ("A", "first"),
        "first": ("A", "first"),
        "bad": ("B", "first"),
    }
    assert found[made["carried"].pk]["carried"] == 1
