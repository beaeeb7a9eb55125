"""Entered figures: judged by their targets, confirmed by a second person, corrected beside."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from safety.models import FigureSeries, SeriesValue
from safety.series import judging
from safety.series.shipping import load_series
from safety.series.table import course, year_before
from supervision.flows import records
from supervision.flows.errors import FlowError
from supervision.flows.history import Actor
from supervision.flows.perform import available, perform, waiting_for
from supervision.ledgers.registry import get
from supervision.people.models import Role, User
from supervision.plan import facts

from . import factories
from .safety import today_is
from .sectors import series, value

DAY = date(2026, 9, 28)

# ------------------------------------------------------------------------------------------------- arithmetic


@pytest.mark.parametrize(
    ("kind", "target", "now", "then", "code"),
    [
        ("at_most", "0.5", "0.4999", None, "met"),
        ("at_most", "0.5", "0.5", None, "met"),
        ("at_most", "0.5", "0.5001", None, "missed"),
        ("at_least", "100", "100", None, "met"),
        ("at_least", "100", "99.9999", None, "missed"),
        ("exactly", "0", "0", None, "met"),
        ("exactly", "0", "1", None, "missed"),
        ("falls", None, "3", "4", "met"),
        ("falls", None, "4", "4", "missed"),
        ("falls", None, "5", "4", "missed"),
        ("falls", None, "0", "0", "met"),
        ("falls", None, "0", "1", "met"),
        ("falls", None, "1", "0", "missed"),
        ("falls", None, "3", None, "unknown"),
        ("at_most", "0.5", None, None, "unknown"),
        ("none", None, "3", "4", "without"),
    ],
)
def test_a_figure_against_its_target(kind, target, now, then, code):
    numbers = [None if text is None else D(text) for text in (target, now, then)]
    assert judging.judge(kind, *numbers).code == code


def test_a_verdict_says_why_in_the_words_of_its_numbers():
    assert judging.judge("falls", None, D("3.0000"), D("4"), "起").why == "上年同期4起，本期3起，减少1起。"
    assert judging.judge("falls", None, D("4"), D("4"), "起").why.endswith("持平。")
    assert judging.judge("at_most", D("0.5000"), D("0.62"), None, "%").why == "目标不高于0.5%，本期0.62%。"
    assert "本系统设定" in judging.judge("falls", None, D(0), D(0), "人").why
    assert judging.target_text("exactly", D("0.0000"), "起") == "0起"


def test_rates_to_four_places():
    # 7 of 1400 lorries: 0.5 %; 1 of 3: 33.3333 %; 2 of 3: 66.6667 %.
    assert judging.rate(D(7), D(1400)) == D("0.5000")
    assert (judging.rate(D(1), D(3)), judging.rate(D(2), D(3))) == (D("33.3333"), D("66.6667"))
    for parts in ((D(1), D(0)), (D(2), D(1)), (D(-1), D(5))):
        with pytest.raises(ValueError, match="分"):
            judging.rate(*parts)


NUMBERS = st.decimals(0, 10**6, places=4, allow_nan=False)


@given(now=NUMBERS, then=NUMBERS)
def test_of_two_years_only_one_can_have_fallen_against_the_other(now, then):
    codes = {judging.judge("falls", None, a, b).code for a, b in ((now, then), (then, now))}
    assert codes == ({"met"} if now == then == 0 else {"missed"} if now == then else {"met", "missed"})


@given(now=NUMBERS, target=NUMBERS)
def test_what_is_neither_above_nor_below_is_exactly_the_target(now, target):
    both = all(judging.judge(kind, target, now).code == "met" for kind in ("at_most", "at_least"))
    assert both == (judging.judge("exactly", target, now).code == "met")


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_rate_lies_between_none_and_all(numerator, more):
    found = judging.rate(D(numerator), D(numerator + more))
    assert 0 <= found <= 100 and abs(found - D(numerator) * 100 / (numerator + more)) <= D("0.00005")


def test_the_same_period_a_year_before():
    assert [year_before(code) for code in ("2026-05", "2026-Q2", "2026")] == ["2025-05", "2025-Q2", "2025"]


# --------------------------------------------------------------------------------------------------- in the ledger


def act(record, name: str, by: User, **data):
    actor = Actor.of(User.objects.get(pk=by.pk), "page")
    return perform(SeriesValue.objects.get(pk=record.pk), name, actor, data)


def confirmed(record: SeriesValue) -> SeriesValue:
    act(record, "submit", factories.user(Role.BUREAU_STAFF))
    return act(record, "confirm", factories.user(Role.BUREAU_STAFF))


@pytest.mark.django_db
def test_what_may_be_entered():
    with today_is(DAY):
        overload = series(kind="rate", measure="%", target_kind="at_most", target="0.5")
        made = value(overload, numerator="9", denominator="1500")
        assert (made.value, made.begins_on, made.ends_on) == (
            D("0.6000"),
            date(2026, 8, 1),
            date(2026, 8, 31),
        )
        for wrong, facts in {
            "denominator": {"numerator": "9"},
            "period": {"period": "2026-Q3", "value": "1"},
            "value": {"value": "101"},
        }.items():
            with pytest.raises(ValidationError) as error:
                value(overload, **({"period": "2026-07"} | facts))
            assert set(error.value.error_dict) == {wrong}
        with pytest.raises(ValidationError, match="尚未开始"):
            value(overload, period="2026-10", value="0.1")
        with pytest.raises(ValidationError, match="已有数值"):
            value(overload, value="0.1")
        with pytest.raises(ValidationError, match="目标值"):
            series(target_kind="at_most")


@pytest.mark.django_db
def test_a_value_is_confirmed_by_another_and_corrected_beside_itself():
    with today_is(date(2026, 9, 10)):
        accidents = series(target_kind="falls")
        confirmed(value(accidents, "2025-08", value="5"))
        first, clerk = value(accidents, "2026-08", value="4"), factories.user(Role.BUREAU_STAFF)
        act(first, "submit", clerk)
        assert "confirm" not in {t.name for t in available(SeriesValue.objects.get(pk=first.pk), clerk)}
        with pytest.raises(FlowError):
            act(first, "confirm", clerk)
        with pytest.raises(ValidationError):
            value(accidents, "2026-08", value="6", corrects=first, reason="重复计算")  # not yet confirmed
        first = act(first, "confirm", factories.user(Role.BUREAU_STAFF))
        assert not get("series-values").may_edit(SeriesValue.objects.get(pk=first.pk), clerk)
        assert course(accidents).latest.verdict.word == "达到"
    with today_is(DAY):
        other = value(accidents, "2026-08", value="6", corrects=first, reason="漏计两起")
        assert course(accidents).latest.value == first  # until it is confirmed the former one stands
        confirmed(other)
        first.refresh_from_db()
        assert (first.value, first.superseded_on) == (D(4), DAY)
        line = course(accidents).latest
        assert (line.value, line.former, line.verdict.word, line.change) == (other, D(5), "未达到", "+1")
        assert line.corrected == [first]
        # As it was known on the day before, nothing has moved.
        assert course(accidents, date(2026, 9, 27)).latest.value == first
        with pytest.raises(ValidationError, match="更正"):
            value(accidents, "2026-08", value="7", corrects=first, reason="又一条")


@pytest.mark.django_db
def test_a_fact_sums_the_periods_of_a_span_as_they_were_known():
    with today_is(date(2026, 9, 10)):
        load_series()
        deaths = FigureSeries.objects.get(code="road-deaths")
        for month, number in ((6, 1), (7, 2), (8, 4)):
            last = confirmed(value(deaths, f"2026-{month:02}", value=number))
        value(deaths, "2026-09", value=8)  # not confirmed
    with today_is(DAY):
        confirmed(value(deaths, "2026-08", value=5, corrects=last, reason="迟报一人"))
    known = facts.find("series.road-deaths")
    quarter = (date(2026, 7, 1), date(2026, 9, 30))
    assert known.value(facts.Span(*quarter, DAY)) == 2 + 5
    assert known.value(facts.Span(*quarter, date(2026, 9, 27))) == 2 + 4
    assert (
        known.value(facts.Span(date(2026, 6, 2), date(2026, 8, 30), DAY)) == 2
    )  # June and August are not whole
    assert known.value(facts.Span(*quarter, DAY), facts.Place(sector="port")) == 0
    assert facts.find("series.confirmed").value(facts.Span(*quarter, DAY)) == 2


@pytest.mark.django_db
def test_the_shipped_series_name_their_documents_and_come_once(django_assert_max_num_queries):
    assert load_series() == 6 and load_series() == 0
    rows = FigureSeries.objects.in_bulk(field_name="name")
    assert rows["普通国省干线公路超限率"].target_text == "不高于0.5%"
    assert rows["港口重大危险源在线监测监控率"].target_text == "不低于100%"
    assert rows["道路运输事故死亡人数"].target_text == "同比减少"
    assert rows["重特大事故起数"].target_text == "0起"
    assert all(row.document for row in rows.values())
    clerk = factories.user(Role.BUREAU_STAFF)
    client = Client()
    client.force_login(clerk, backend="django.contrib.auth.backends.ModelBackend")
    overload = rows["普通国省干线公路超限率"]
    with today_is(DAY):
        for month in range(1, 9):
            confirmed(value(overload, f"2026-{month:02}", numerator="1", denominator="400"))
    page = client.get(f"/figure-series/{overload.pk}/")
    assert page.status_code == 200
    text = page.content.decode()
    assert text.count("0.25") >= 8 and "data-chart" in text and "目标不高于0.5%，本期0.25%。" in text


@pytest.mark.django_db
def test_whoever_entered_or_changed_a_value_does_not_confirm_it():
    with today_is(DAY):
        enterer, changer, submitter, fourth = (factories.user(Role.BUREAU_STAFF) for _ in range(4))
        of = series()
        record = SeriesValue(
            series=of, period="2026-08", value="4", source="某月报", sourced_on=date(2026, 9, 3)
        )
        record = records.create(record, Actor.of(enterer, "page"))
        record = records.update(record, {"value": D(5)}, Actor.of(changer, "page"))
        act(record, "submit", submitter)
        waiting = SeriesValue.objects.get(pk=record.pk)
        for person in (enterer, changer, submitter):
            assert "confirm" not in {t.name for t in available(waiting, person)}
            assert not waiting_for(SeriesValue, person).filter(pk=record.pk).exists()
            with pytest.raises(FlowError, match="“提交确认”、“新建”、“修改”"):
                act(record, "confirm", person)
        assert waiting_for(SeriesValue, fourth).filter(pk=record.pk).exists()
        assert act(record, "confirm", fourth).status == "confirmed"


@pytest.mark.django_db
def test_a_centre_keeps_the_figures_of_its_own_sector_alone():
    with today_is(DAY):
        centre = factories.user(Role.CENTRE_STAFF, factories.organization("centre", sector="waterway"))
        own, whole = value(series(sector="waterway"), value="1"), value(series(), value="1")
        for record, may in ((own, True), (whole, False)):
            assert get("series-values").queryset(centre).filter(pk=record.pk).exists()
            assert get("series-values").may_edit(record, centre) == may
            assert ("submit" in {t.name for t in available(record, centre)}) == may
            assert waiting_for(SeriesValue, centre).filter(pk=record.pk).exists() == may
        client = Client()
        client.force_login(centre)
        for of, status in ((own.series, 201), (whole.series, 403)):
            body = {
                "series": of.pk,
                "period": "2026-07",
                "value": "2",
                "source": "某月报",
                "sourced_on": str(DAY),
            }
            answer = client.post("/api/series-values/", body, content_type="application/json")
            assert answer.status_code == status, answer.content.decode()
