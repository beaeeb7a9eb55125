"""Facts: numbers of a span of days, whose they are, and the records behind them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from supervision.ledgers.registry import ledger_for
from supervision.people.models import Role, User
from supervision.plan import fact_pages, facts
from supervision.plan.facts import EVERYWHERE, Place, Span

from . import factories

YEAR = Span(date(2026, 1, 1), date(2026, 12, 31))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def count(number: int) -> str:
    return f'共 <strong class="number">{number}</strong> 条'


def test_days_end_at_the_day_on_which_a_span_is_looked_at():
    half = Span(date(2026, 1, 1), date(2026, 12, 31), date(2026, 6, 30))
    assert half.days == (date(2026, 1, 1), date(2026, 6, 30))
    assert YEAR.known == date(2026, 12, 31)


def test_the_base_of_a_comparison_is_the_whole_span_a_year_earlier():
    assert Span(date(2028, 2, 1), date(2028, 2, 29), date(2028, 2, 10)).year_before() == Span(
        date(2027, 2, 1), date(2027, 2, 28)
    )


@pytest.mark.django_db
def test_every_fact_counts_and_narrows_to_each_place_it_knows(django_assert_max_num_queries):
    """Each lookup named by a fact leads somewhere, its records have a ledger, and a number is one statement (and one for the rule it counts by)."""
    unit, place = factories.organization("owner"), factories.district()
    everything = factories.user(Role.BUREAU_STAFF)
    for known in facts.registered():
        model = apps.get_model(known.model)
        assert ledger_for(model) is not None, known.code
        assert known.meaning.endswith("。"), known.code
        places = [
            one
            for one in (
                EVERYWHERE,
                Place(organization=unit),
                Place(district=place.pk),
                Place(sector="highway"),
                Place(project=0),
            )
            if known.narrows(one)
        ]
        known.function(YEAR)  # rules that ship with the portal are entered when they are first asked for
        for one in places:
            with django_assert_max_num_queries(2):
                assert known.value(YEAR, one) == 0, known.code
            assert known.rows(YEAR, one, everything).model is model


@pytest.mark.django_db
def test_a_number_opens_to_the_records_it_counted():
    today = timezone.localdate()
    owning = factories.organization("owner")
    here, there = factories.section(factories.project(owner=owning)), factories.section()
    ours = [factories.hidden_danger(of, verified_on=today) for of in (here, here, there)]
    factories.hidden_danger(here, verified_on=today - timedelta(days=400))
    known, span = facts.find("danger.found"), Span(today - timedelta(days=30), today)
    staff = factories.user(Role.BUREAU_STAFF)
    assert known.value(span) == 3
    assert known.value(span, Place(project=here.project_id)) == 2
    owner = factories.user(Role.OWNER, owning)
    assert set(known.rows(span, user=owner)) == set(ours[:2])

    client = signed_in(staff)
    page = client.get(fact_pages.address(known, span)).content.decode()
    assert count(3) in page and "排查治理安全隐患" in page
    narrowed = client.get(fact_pages.address(known, span, Place(project=here.project_id))).content.decode()
    assert count(2) in narrowed
    assert count(2) in signed_in(owner).get(fact_pages.address(known, span)).content.decode()

    where = reverse("facts_list", args=[known.code])
    for query in ("", "?first=2026-13-01&last=2026-01-01", "?first=2026-02-01&last=2026-01-01"):
        assert client.get(where + query).status_code == 404
    for query in ("&unit=²", "&unit=999999999999", "&sector=moon", "&district=0"):
        assert client.get(fact_pages.address(known, span) + query).status_code == 404
    assert client.get(fact_pages.address("nothing.known", span)).status_code == 404


@pytest.mark.django_db
def test_a_fact_that_only_knows_owners_says_nothing_of_who_works_there():
    """A contractor's drills are not nought because the ledger names the owner alone."""
    drills, dangers = facts.find("drill.held"), facts.find("danger.found")
    owner, contractor = (Place(organization=factories.organization(kind)) for kind in ("owner", "contractor"))
    assert drills.narrows(owner) and not drills.narrows(contractor)
    assert dangers.narrows(owner) and dangers.narrows(contractor)


@pytest.mark.django_db
def test_a_fact_is_not_open_to_whom_its_ledger_is_not():
    outsider = signed_in(factories.user(Role.CONTRACTOR))
    assert outsider.get(fact_pages.address("tender.checked", YEAR)).status_code == 403
