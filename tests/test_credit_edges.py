"""Credit at its edges: numbers that are too large, clauses of others, old incidents judged late, who was there."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrity.credit import page, proposals, standing
from integrity.credit.arithmetic import Line, score
from integrity.models import CreditListing, CreditProposal
from quality.models import QualityIncident
from supervision.flows import records
from supervision.flows.perform import missing_for
from supervision.rules.calendar import months_after
from supervision.rules.shipped import rule

from . import credit, factories
from .test_credit import bureau  # noqa: F401

pytestmark = pytest.mark.django_db
OTHER_OF_SITE = "水运施工 SYSG3-0 其他失信行为（分值由认定人按规则填写）"


def test_a_number_that_was_mistyped_is_refused_and_cents_are_kept():
    subject = credit.enterprise(family="credit-sysg")
    with pytest.raises(ValidationError, match="超过1000分"):
        credit.draft(subject, OTHER_OF_SITE, given=Decimal("9999.99"), quantity=Decimal("99999.9"))
    with pytest.raises(ValidationError, match="超过1000分"):
        credit.draft(credit.enterprise(), credit.FIVE, quantity=Decimal("200.1"))
    odd = credit.draft(subject, OTHER_OF_SITE, given=Decimal("0.15"), quantity=Decimal("0.3"))
    odd.refresh_from_db()
    assert odd.points == Decimal("0.05")  # 0.045, half up
    # However many there are of one person, the sum fits its column.
    many = [Line(number, Decimal(1000)) for number in range(20)]
    assert score([], many, rule("credit-jcry").content).x == Decimal(9999)


def test_a_clause_for_persons_is_none_for_enterprises():
    person = "试验检测人员 JJR-0 试验检测人员失信行为（分值由认定人按规则填写）"
    with pytest.raises(ValidationError, match="不适用于企业"):
        credit.draft(credit.enterprise(), person, given=Decimal(8))
    with pytest.raises(ValidationError, match="不适用于从业人员"):
        credit.draft(credit.tester())
    assert credit.draft(credit.tester(), "良好信息 LH-2 主管部门表彰").points == 0


def test_both_grades_of_testers_cost_what_their_rules_say():
    subject = credit.enterprise("laboratory", "credit-jjc")
    words = {
        one.code: one.word for version in [rule("credit-jjc")] for one in standing.rules.items_of(version)
    }
    for code, points in (("JJC202007", 10), ("JJC202007-2", 6)):
        assert credit.draft(subject, words[code], quantity=2).points == points


def test_bidding_under_a_d_prolongs_it_by_half_a_year():
    subject, again = credit.enterprise(), "公路施工 GLSG1-6 禁止期内投标"
    first = credit.effective(subject, credit.DIRECT, decided_on=date(2025, 3, 10))
    assert first.effect_until == date(2026, 3, 9)
    # A year from the day itself is more than half a year on the first.
    soon = credit.effective(subject, again, decided_on=date(2026, 1, 5))
    assert soon.effect_until == date(2027, 1, 4)
    credit.put(soon, status="void")
    early = credit.effective(subject, again, decided_on=date(2025, 4, 1))
    assert early.effect_until == date(2026, 9, 9)
    alone = credit.effective(credit.enterprise(), again, decided_on=date(2025, 4, 1))
    assert alone.effect_until == date(2026, 3, 31)


def test_who_is_on_a_list_comes_onto_it_no_second_time():
    subject, today = credit.enterprise(), timezone.localdate()
    facts = {"subject": subject, "kind": "black", "reason": "处罚"}
    first, second = (records.create(CreditListing(**facts), credit.COMMAND) for _ in range(2))
    submit = CreditListing.flow.by_name["submit"]
    assert not missing_for(second, submit)
    until = today + timedelta(days=1)
    first = credit.put(first, status="listed", listed_on=today, valid_until=until)
    assert missing_for(second, submit) == [f"该主体已在黑名单中（{first.number}，至{until}）。"]
    credit.put(first, valid_until=today - timedelta(days=1))
    assert not missing_for(second, submit)


def test_five_years_of_the_red_list_are_five_years(monkeypatch):
    subject = credit.enterprise()
    grave = {"severity": "serious", "decided_on": date(2021, 3, 29)}
    credit.effective(subject, credit.FIVE, **grave)
    for day, holds in ((date(2026, 3, 29), False), (date(2026, 3, 30), True), (date(2026, 3, 31), True)):
        assert standing.red_conditions(subject, day)[1][1] is holds


def test_a_laboratory_never_shows_a_base_below_zero():
    subject = credit.enterprise("laboratory", "credit-jjc")
    one = credit.published(subject, 2024, "D", other=Decimal(130), score=Decimal(0), weight_bid=Decimal(1))
    (line,) = page.in_words(one, [], [])
    assert line.startswith("W = W′(1−γ) + ΣW″/n·γ = 0×1 ")


def test_the_public_reads_that_a_grade_does_not_count_under_a_dynamic_d():
    subject, today = credit.enterprise(), timezone.localdate()
    credit.published(subject, 2024, "AA", published_on=today, valid_until=today)
    client = Client()
    assert "动态评价为D级" not in client.get("/credit/").content.decode()
    direct = credit.effective(subject, credit.DIRECT)
    text = client.get("/credit/").content.decode()
    assert "动态评价为D级" in text and f"至{direct.effect_until}" in text
    # Of what is not published the page tells nothing.
    credit.put(direct, public_until=None)
    assert "动态评价为D级" not in client.get("/credit/").content.decode()


def test_the_public_page_takes_the_same_queries_however_many_are_under_a_d():
    today, client, taken = timezone.localdate(), Client(), []
    for number in range(1, 4):
        subject = credit.enterprise()
        credit.published(subject, 2024, "AA", published_on=today, valid_until=today)
        credit.effective(subject, credit.DIRECT)
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/credit/").content.decode().count("动态评价为D级") == number
        taken.append(len(asked))
    assert max(taken) == taken[0]


# -------------------------------------------------------------------------------------------------- proposals


def test_a_proposals_page_has_no_card_without_anything_in_it():
    client = Client()
    client.force_login(factories.user("bureau_staff"), "django.contrib.auth.backends.ModelBackend")
    page = client.get(f"/credit-proposals/{credit.proposal().pk}/").content.decode()
    assert "其他信息" in page and "基本信息" not in page


def happened(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 10, tzinfo=timezone.get_default_timezone())


def test_three_fatal_incidents_are_of_one_year_whenever_they_were_judged():
    subject, today = credit.enterprise(), timezone.localdate()
    section = credit.site(subject)
    first = months_after(today, -14)
    days = [first, first + timedelta(days=90), months_after(first, 12) - timedelta(days=1)]
    made = [credit.accident(section, deaths=1, happened_at=happened(day)) for day in days]
    for one, day in zip(made[:2], days[:2], strict=True):
        credit.put(one, replied_on=day + timedelta(days=30))
    credit.put(made[2], replied_on=None)
    found = CreditProposal.objects.filter(trigger="three_fatal")
    proposals.run()
    assert not found.exists()
    # The third was found to be 责任事故 only today: the first two lie more than a year back by now.
    credit.put(made[2], replied_on=today)
    proposals.run()
    assert len(found.get().evidence) == 3
    proposals.run()
    assert found.count() == 1
    for year in ([0, 200, 364], [0, 200, 365]):
        rows = [(date(2025, 1, 1) + timedelta(days=day),) for day in year]
        assert bool(list(proposals.within_a_year(rows, 3))) is (year[-1] == 364)


def test_a_quality_incident_is_held_against_whoever_was_there_that_day():
    today = timezone.localdate()
    section = factories.section()
    before, after = credit.enterprise(), credit.enterprise()
    left = today - timedelta(days=30)
    gone = factories.participation(section, before.organization, since=date(2024, 1, 1))
    credit.put(gone, until=left)
    factories.participation(section, after.organization, since=left + timedelta(days=1))
    facts = {"project": section.project, "section": section, "part": "墩身", "description": "…"}
    made = records.create(
        QualityIncident(happened_at=happened(left - timedelta(days=5)), loss=Decimal(1), **facts),
        credit.COMMAND,
    )
    credit.put(made, status="concluded", grade="larger", concluded_on=today)
    proposals.run()
    found = CreditProposal.objects.filter(trigger="larger_incident")
    assert [one.subject for one in found] == [before]
