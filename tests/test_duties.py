"""What a duty asks in which period, by hand; and the same from records to rates."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO

import openpyxl
import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from projects.models import Project
from safety.models import Drill
from supervision.desk.models import Notice
from supervision.flows import records
from supervision.ledgers.registry import get
from supervision.plan.duties import adopting, citing, dues, jobs, rates
from supervision.plan.duties.periods import Ask, Bound, Days, meet, periods, reached
from supervision.plan.models import Duty, DutyBinding, DutyDue, Fulfilment, UnitTerm
from tests import factories
from tests.factories import COMMAND
from tests.sectors import enterprise, person_of

D = date
ALL_2025 = Days(D(2025, 1, 1), D(2025, 12, 31))
QUARTERLY = Ask("quarter", 1, 4)


def bound(spans: dict, successors: dict | None = None) -> Bound:
    return Bound(spans, successors or {})


def asked(found: list) -> list[tuple]:
    return [(due.per, due.days.first, due.days.last, due.needed) for due in found]


def test_quarter_and_year_at_once():
    found = bound({1: [ALL_2025]}).dues(1, QUARTERLY, 2025)
    assert asked(found) == [
        ("quarter", D(2025, 1, 1), D(2025, 3, 31), 1),
        ("quarter", D(2025, 4, 1), D(2025, 6, 30), 1),
        ("quarter", D(2025, 7, 1), D(2025, 9, 30), 1),
        ("quarter", D(2025, 10, 1), D(2025, 12, 31), 1),
        ("year", D(2025, 1, 1), D(2025, 12, 31), 4),
    ]


def test_a_unit_that_exists_half_a_year_owes_two_quarters_and_half_of_the_years_number():
    found = bound({1: [Days(D(2025, 7, 1), D(2025, 12, 31))]}).dues(1, QUARTERLY, 2025)
    assert asked(found) == [
        ("quarter", D(2025, 7, 1), D(2025, 9, 30), 1),
        ("quarter", D(2025, 10, 1), D(2025, 12, 31), 1),
        ("year", D(2025, 7, 1), D(2025, 12, 31), 2),
    ]
    # Once a year is asked of those only who were there the whole year.
    assert bound({1: [Days(D(2025, 1, 15), D(2025, 12, 31))]}).dues(1, Ask("year", 1), 2025) == []


def test_a_duty_that_starts_in_mid_period_asks_nothing_of_that_period():
    found = bound({1: [Days(D(2025, 2, 1), D(2025, 12, 31))]}).dues(1, QUARTERLY, 2025)
    assert [due.days.first.month for due in found if due.per == "quarter"] == [4, 7, 10]
    # 11 whole months of 4 a year: 44 / 12, rounded down.
    assert found[-1].needed == 3


@pytest.mark.parametrize(("year", "last"), [(2023, 28), (2024, 29), (2000, 29), (2100, 28)])
def test_february_ends_when_it_does(year, last):
    february = periods("month", year)[1]
    assert february == Days(D(year, 2, 1), D(year, 2, last))
    whole = bound({1: [february]})
    assert [due.days for due in whole.dues(1, Ask("month", 1), year)] == [february]
    short = bound({1: [Days(D(year, 2, 1), D(year, 2, last - 1))]})
    assert short.dues(1, Ask("month", 1), year) == []


def test_the_period_of_a_merger_is_the_successors_once():
    """Unit 1 was merged on 15 May into unit 2, which began the day after."""
    spans = {1: [Days(D(2025, 1, 1), D(2025, 5, 15))], 2: [Days(D(2025, 5, 16), D(2025, 12, 31))]}
    merged = bound(spans, {1: 2})
    old, new = merged.dues(1, QUARTERLY, 2025), merged.dues(2, QUARTERLY, 2025)
    assert asked(old) == [
        ("quarter", D(2025, 1, 1), D(2025, 3, 31), 1),
        ("year", D(2025, 1, 1), D(2025, 5, 15), 1),  # four whole months of twelve
    ]
    assert asked(new) == [
        ("quarter", D(2025, 4, 1), D(2025, 6, 30), 1),
        ("quarter", D(2025, 7, 1), D(2025, 9, 30), 1),
        ("quarter", D(2025, 10, 1), D(2025, 12, 31), 1),
        ("year", D(2025, 5, 1), D(2025, 12, 31), 2),  # May to December, 8 of 12 months of 4 a year
    ]
    # What unit 1 did in April and May counts for the second quarter of unit 2; May's also for its year, and for
    # nobody else's.
    assert set(new[0].windows) == {
        (2, Days(D(2025, 4, 1), D(2025, 6, 30))),
        (1, Days(D(2025, 4, 1), D(2025, 5, 15))),
    }
    assert set(new[-1].windows) == {
        (2, Days(D(2025, 5, 1), D(2025, 12, 31))),
        (1, Days(D(2025, 5, 1), D(2025, 5, 15))),
    }
    assert old[-1].windows == ((1, Days(D(2025, 1, 1), D(2025, 4, 30))),)


def test_a_unit_that_was_there_before_takes_in_only_what_the_other_no_longer_owes():
    spans = {1: [Days(D(2025, 1, 1), D(2025, 5, 15))], 2: [ALL_2025]}
    new = bound(spans, {1: 2}).dues(2, Ask("quarter", 1), 2025)
    assert [dict(due.windows).get(1) for due in new] == [
        None,
        Days(D(2025, 4, 1), D(2025, 5, 15)),
        None,
        None,
    ]


def test_without_a_successor_the_broken_period_is_nobodys():
    spans = {1: [Days(D(2025, 1, 1), D(2025, 5, 15))], 2: [Days(D(2025, 5, 16), D(2025, 12, 31))]}
    apart = bound(spans)
    assert [due.days.first.month for one in (1, 2) for due in apart.dues(one, Ask("quarter", 1), 2025)] == [
        1,
        7,
        10,
    ]


days = st.dates(D(2023, 12, 1), D(2025, 2, 1))
spans_ = st.tuples(days, days).map(lambda pair: Days(*sorted(pair)))
asks = st.builds(
    Ask,
    st.sampled_from(["month", "quarter", "half-year", "year"]),
    st.integers(1, 5),
    st.none() | st.integers(1, 24),
)


@given(spans_, asks)
def test_what_is_asked_lies_within_what_was_bound_and_never_exceeds_the_whole(span, ask):
    mine = meet(span, Days(D(2024, 1, 1), D(2024, 12, 31)))
    found = bound({1: [mine] if mine else []}).dues(1, ask, 2024)
    whole = bound({1: [Days(D(2024, 1, 1), D(2024, 12, 31))]}).dues(1, ask, 2024)
    assert sum(due.needed for due in found) <= sum(due.needed for due in whole)
    for due in found:
        assert mine.first <= due.days.first <= due.days.last <= mine.last


@given(days, days, days, asks)
def test_a_merger_asks_no_more_than_one_unit_all_along(start, cut, end, ask):
    """Two units in succession together owe at most what one would have."""
    start, cut, end = sorted((start, cut, end))
    year = Days(D(2024, 1, 1), D(2024, 12, 31))
    after = cut + timedelta(days=1)
    first, second = meet(Days(start, cut), year), meet(Days(after, end), year) if after <= end else None
    spans = {1: [first] if first else [], 2: [second] if second else []}
    both = bound(spans, {1: 2})
    found = [due for unit in (1, 2) for due in both.dues(unit, ask, 2024)]
    one = bound({1: [days for days in (first, second) if days]}).dues(1, ask, 2024)
    assert sum(due.needed for due in found if due.per != "year") == sum(
        due.needed for due in one if due.per != "year"
    )
    assert sum(due.needed for due in found if due.per == "year") <= sum(
        due.needed for due in one if due.per == "year"
    )
    # No day of a unit counts twice for the same number.
    yearly = [window for due in found if due.per == "year" for window in due.windows]
    for index, (unit, span) in enumerate(yearly):
        assert not any(unit == other and meet(span, there) for other, there in yearly[index + 1 :])


def test_the_day_of_the_last_one_needed():
    assert reached([D(2025, 3, 2), D(2025, 1, 5)], 2) == D(2025, 3, 2)
    assert reached([D(2025, 3, 2)], 2) is None


# ------------------------------------------------------------------------------------------ with the database


def duty(**facts) -> Duty:
    facts = {
        "code": "meeting",
        "post": "局安委会",
        "what": "全体会议",
        "per": "quarter",
        "at_least": 1,
        "per_year": 4,
    } | facts
    return records.create(Duty(**facts), COMMAND)


def fulfil(one: Duty, unit, day: date, **facts) -> Fulfilment:
    made = Fulfilment(duty=one, organization=unit, held_on=day, **({"words": "已召开"} | facts))
    return records.create(made, COMMAND)


@pytest.mark.django_db
def test_from_records_to_rates(client, django_assert_num_queries):
    meeting = duty()
    county, other = factories.organization("county"), factories.organization("county")
    records.create(DutyBinding(duty=meeting, kind="county", since=D(2025, 1, 1)), COMMAND)
    records.create(UnitTerm(organization=other, since=D(2025, 7, 1)), COMMAND)
    for day in (D(2025, 1, 20), D(2025, 2, 10), D(2025, 5, 6), D(2025, 8, 1)):
        fulfil(meeting, county, day)
    fulfil(meeting, other, D(2025, 7, 1))
    # On 15 August 2025: first and second quarter done, the third done before its end, the fourth ahead. The fourth of
    # the year's meetings was on 1 August. The other unit owes its third quarter (done), its fourth (ahead), and two
    # of the year (one there: open).
    asked_ = rates.Asked(2025, D(2025, 8, 15))
    with django_assert_num_queries(1):
        table = {row["organization"]: row for row in rates.table(DutyDue.objects.all(), asked_, "unit")}
    mine = table[county.pk]
    assert [mine[state] for state in rates.STATES] == [4, 4, 0, 0, 1]
    theirs = table[other.pk]
    assert [theirs[state] for state in rates.STATES] == [1, 1, 0, 1, 1]
    # At the year's end the fourth quarters are missed, and so is the other's second meeting: 4 of 5, 1 of 3.
    end = rates.table(DutyDue.objects.all(), rates.Asked(2025, D(2026, 1, 1)), "unit")
    assert {row["organization"]: str(row["rate"]) for row in end} == {county.pk: "80.0", other.pk: "33.3"}
    assert str(rates.total(end)["rate"]) == "62.5"
    # On the last day itself nothing is over yet.
    last = rates.total(rates.table(DutyDue.objects.all(), rates.Asked(2025, D(2025, 12, 31)), "duty"))
    assert (last["missed"], last["open"], last["done"]) == (0, 3, 5)
    # The page shows the same numbers, each leading to its rows, and so does its workbook.
    client.force_login(factories.user("bureau_staff"))
    page = client.get("/duty-desk/rates/?year=2025&as_of=2026-01-01").content.decode()
    assert "80.0%" in page and "33.3%" in page and "62.5%" in page
    listed = client.get("/duty-dues/?year=2025&as_of=2026-01-01&state=missed").content.decode()
    assert '<strong class="number">3</strong>' in listed
    book = client.get("/duty-desk/rates/export/?year=2025&as_of=2026-01-01&by=duty").content
    sheet = openpyxl.load_workbook(BytesIO(book)).active
    assert [cell.value for cell in sheet[4]][1:] == ["局安委会：全体会议", 8, 5, 3, 0, 0, "62.5%"]
    # Whoever was registered after their kind was bound owes nothing of the time before.
    factories.organization("county")
    # The nightly run finds nothing to change, and an edited day moves the figure.
    assert dues.refresh(2025) == 0
    factories.change(Fulfilment.objects.get(held_on=D(2025, 8, 1)), held_on=D(2025, 10, 8))
    row = DutyDue.objects.get(organization=county, per="quarter", first=D(2025, 7, 1))
    assert (row.done, row.done_on, row.state_on(D(2025, 10, 1))) == (0, None, "missed")
    assert DutyDue.objects.get(organization=county, per="year", year=2025).done_on == D(2025, 10, 8)


@pytest.mark.django_db
def test_merged_units_and_their_records():
    meeting = duty()
    old, new = factories.organization("county"), factories.organization("county")
    records.create(DutyBinding(duty=meeting, kind="county", since=D(2025, 1, 1)), COMMAND)
    fulfil(meeting, old, D(2025, 1, 8))
    fulfil(meeting, old, D(2025, 4, 9))
    records.create(UnitTerm(organization=new, since=D(2025, 5, 16)), COMMAND)
    term = records.create(UnitTerm(organization=old, until=D(2025, 5, 15), successor=new), COMMAND)
    quarter = DutyDue.objects.get(organization=new, per="quarter", first=D(2025, 4, 1))
    assert (quarter.done, quarter.done_on) == (1, D(2025, 4, 9))
    assert not DutyDue.objects.filter(organization=old, first=D(2025, 4, 1)).exists()
    # A record of the former unit that comes in late reaches the successor.
    fulfil(meeting, old, D(2025, 5, 2))
    quarter.refresh_from_db()
    assert quarter.done == 2
    with pytest.raises(Exception, match="成环"):
        records.create(
            UnitTerm(organization=factories.organization("county"), until=D(2025, 1, 1), successor=None),
            COMMAND,
        )
        records.update(
            UnitTerm.objects.get(organization=new), {"until": D(2025, 9, 1), "successor": old}, COMMAND
        )
    records.update(term, {"successor": None}, COMMAND)
    assert not DutyDue.objects.filter(organization=new, first=D(2025, 4, 1), per="quarter").exists()


@pytest.mark.django_db
def test_a_citation_serves_several_duties_and_each_once(client):
    """By the page: a drill of the unit is cited once for two duties; a record of others is as if it were not there."""
    owner = factories.organization("contractor")
    part = factories.participation(factories.section(), owner)
    place = {"section": part.section, "project": part.section.project}
    today = timezone.localdate()
    drill = records.create(
        Drill(kind="special", topic="坍塌救援", held_on=today, planned_on=today, headcount=3, **place),
        COMMAND,
    )
    foreign = factories.section()
    other = records.create(
        Drill(
            kind="special",
            topic="别家演练",
            held_on=today,
            headcount=3,
            section=foreign,
            project=foreign.project,
        ),
        COMMAND,
    )
    adopting.adopt(date(today.year, 1, 1), COMMAND)
    assert adopting.adopt(date(today.year, 1, 1), COMMAND) == (0, 0)
    assert (Duty.objects.count(), Duty.objects.get(code="drill").source_label) == (
        15,
        "2024年全县交通运输安全生产工作要点",
    )
    person = factories.user("contractor", owner)
    client.force_login(person)
    dues_ = DutyDue.objects.filter(organization=owner, first__lte=today, last__gte=today)
    due, special = dues_.get(duty__code="drill"), dues_.get(duty__code="drill-special")
    page = client.get(f"/duty-desk/{due.pk}/record/").content.decode()
    assert "坍塌救援" in page and "别家演练" not in page
    sent = {"citation": f"drills:{drill.pk}", "others": [special.pk], "words": ""}
    assert client.post(f"/duty-desk/{due.pk}/record/", sent).status_code == 302
    for row in (due, special):
        row.refresh_from_db()
        assert (row.done, row.done_on, row.state) == (1, today, "done")
    again = client.post(f"/duty-desk/{due.pk}/record/", {"citation": f"drills:{drill.pk}"})
    assert "不重复计数" in again.content.decode() and Fulfilment.objects.count() == 2
    # By the API the other unit's drill and one that is not there are told alike.
    body = {"duty": due.duty_id, "organization": owner.pk, "held_on": str(today), "cited_ledger": "drills"}
    said = [
        client.post("/api/duty-records/", body | {"cited_key": key}, content_type="application/json").json()
        for key in (other.pk, 987654)
    ]
    assert said[0] == said[1] and "没有这条记录" in str(said[0])
    stranger = factories.user("contractor", factories.organization("contractor"))
    client.force_login(stranger)
    assert client.get(f"/duty-desk/{due.pk}/record/").status_code == 404


@pytest.mark.django_db
def test_a_unit_is_reminded_once_before_the_period_ends():
    unit = factories.organization("county")
    person = factories.user("county_staff", unit)
    records.create(DutyBinding(duty=duty(), kind="county", since=D(2025, 1, 1)), COMMAND)
    told = lambda: Notice.objects.filter(user=person, key__startswith="duty:")  # noqa: E731
    assert jobs.remind_units(D(2025, 3, 10)) == 0
    assert jobs.remind_units(D(2025, 3, 25)) == 1 and jobs.remind_units(D(2025, 3, 26)) == 1
    assert [notice.title for notice in told()] == ["1项履职3月31日到期，尚未登记"]


@pytest.mark.django_db
def test_an_enterprise_owes_its_drills_and_an_office_hears_of_the_bureaus_meetings(client):
    """A port's drill is cited from its own record; who sits in an office is reminded of what the bureau owes."""
    today = timezone.localdate()
    port = Project.objects.get(pk=enterprise().pk)
    bureau = factories.organization("bureau")
    clerk = factories.user("bureau_staff", factories.organization("office", parent=bureau))
    adopting.adopt(date(today.year, 1, 1), COMMAND)
    owed = DutyDue.objects.filter(organization=port.owner, first__lte=today, last__gte=today)
    assert {due.duty.code for due in owed} == {
        "head-inspection", "drill", "drill-special", "drill-on-site", "drill-tabletop", "drill-evacuation"
    }  # fmt: skip
    drill = Drill(kind="special", topic="溢油处置", held_on=today, headcount=9, project=port)
    drill = records.create(drill, COMMAND)
    found = citing.candidates(owed.get(duty__code="drill").duty, port.owner, person_of(port), today, today)
    assert [one["key"] for one in found] == [drill.pk]
    assert all(get(slug).in_menu(person_of(port).roles) for slug in ("duty-dues", "duty-records"))
    # The same form sent twice is one record.
    client.force_login(person_of(port))
    due, sent = (
        owed.get(duty__code="drill-tabletop"),
        {"held_on": str(today), "words": "已推演", "once": "duty-1"},
    )
    for _ in range(2):
        shown = client.post(f"/duty-desk/{due.pk}/record/", sent, follow=True).content.decode()
    assert "没有重复登记" in shown and Fulfilment.objects.filter(duty=due.duty_id).count() == 1
    jobs.remind_units(date(today.year, 12, 31))
    assert Notice.objects.filter(user=clerk, key__startswith=f"duty:{bureau.pk}:").exists()


@pytest.mark.django_db
def test_nobody_says_for_another_unit_that_it_did_its_duty(client):
    """The bureau sees every unit, a county what is in its district: neither files for them, changes what they filed or
    adds files to it. Who sits in an office of the bureau files for the bureau, and the bureau for what is below it."""
    bureau = factories.organization("bureau")
    office = factories.organization("office", parent=bureau)
    place = factories.district()
    county = factories.organization("county", district=place)
    builder = factories.organization("contractor", district=place)
    centre = factories.organization("centre", parent=bureau)
    meeting, today = duty(per_year=None), timezone.localdate()
    ledger = get("duty-records")
    people = {
        "clerk": factories.user("bureau_staff", office),
        "leader": factories.user("bureau_leader", bureau),
        "county": factories.user("county_staff", county),
        "builder": factories.user("contractor", builder),
    }
    own = {"clerk": {bureau}, "leader": {bureau, centre}, "county": {county}, "builder": {builder}}
    for name, person in people.items():
        client.force_login(person)
        for unit in (bureau, county, builder, centre):
            body = {
                "duty": meeting.pk,
                "organization": unit.pk,
                "held_on": str(today),
                "words": f"{name}{unit}",
            }
            answer = client.post("/api/duty-records/", body, content_type="application/json")
            may = unit in own[name]
            assert (answer.status_code == 201) == may, (name, unit, answer.content.decode())
    assert Fulfilment.objects.count() == 5
    filed = Fulfilment.objects.get(organization=builder)
    clerk, builders = people["clerk"], people["builder"]
    assert not ledger.may_edit(filed, clerk) and not ledger.may_attach(filed, people["county"])
    assert ledger.may_edit(filed, builders) and ledger.may_attach(filed, builders)
    client.force_login(clerk)
    answer = client.patch(
        f"/api/duty-records/{filed.pk}/", {"words": "代改"}, content_type="application/json"
    )
    assert answer.status_code == 403
