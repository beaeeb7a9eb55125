"""Emergency management: plans and their versions, drills by frequency, materials, the roster, weather checks."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from safety.emergency import duty, exposure, frequency
from safety.models import (
    DutyShift,
    EmergencyMaterial,
    EmergencyPlan,
    HiddenDanger,
    WeatherCheck,
    WeatherWarning,
)
from supervision.flows import records
from supervision.flows.errors import IllegalTransition
from supervision.flows.perform import perform
from supervision.plan.indicators import Window, find, measure
from supervision.rules.models import RuleSet

from . import factories, safety, siting
from .factories import COMMAND
from .incidents import at, clock_at, crane, drill, warning
from .inspecting import hazard, put
from .safety import today_is
from .sectors import enterprise, person_of

pytestmark = pytest.mark.django_db
DAY = date(2026, 5, 6)


@pytest.fixture
def site():
    made = safety.site(district=factories.district("泗阳县"))
    put(made.section, start_on=date(2024, 1, 2))
    return made


# ------------------------------------------------------------------------------------------------------ plans


def plan(site, **facts) -> EmergencyPlan:
    facts = {"kind": "special", "title": "坍塌应急预案"} | facts
    return records.create(
        EmergencyPlan(project=site.section.project, section=site.section, **facts), site.actor("contractor")
    )


def filed(site, **facts) -> EmergencyPlan:
    made = site.act(plan(site, **facts), "review", "contractor", reviewers="甲、乙")
    return site.act(made, "file", "contractor", filed_with="县交通运输局", filing_number="2026-1")


def test_a_newer_version_takes_the_place_of_the_former_only_when_it_is_filed(site):
    with today_is(DAY):
        first = filed(site)
        second = plan(site, former=first)
        assert (first.edition, second.edition) == (1, 2)
        assert EmergencyPlan.objects.get(pk=first.pk).replaced_on is None
        second = site.act(second, "review", "contractor", reviewers="甲")
        site.act(second, "file", "contractor", filed_with="县局")
    first = EmergencyPlan.objects.get(pk=first.pk)
    assert (first.replaced_on, first.status) == (DAY, "filed")
    with pytest.raises(IllegalTransition):
        site.act(first, "confirm", "contractor", reviewers="甲")


def test_the_next_review_is_due_years_after_the_last(site):
    with today_is(date(2028, 2, 29)):
        made = filed(site)
    assert (made.next_review_on, made.due_on) == (date(2031, 2, 28), date(2031, 2, 28))
    with today_is(date(2030, 3, 1)):
        made = site.act(made, "confirm", "contractor", reviewers="甲")
    assert made.next_review_on == date(2033, 3, 1)


def test_a_version_is_of_the_same_place_and_kind(site):
    with pytest.raises(ValidationError) as told:
        plan(site, former=plan(site), kind="on_site")
    assert "former" in told.value.message_dict


# ----------------------------------------------------------------------------------------------------- drills


@pytest.mark.parametrize(
    ("day", "held", "kind", "due", "label"),
    [
        (date(2026, 6, 30), date(2026, 1, 1), "on_site", 0, "2026年上半年"),
        (date(2026, 7, 1), date(2026, 6, 30), "on_site", 1, "2026年下半年"),
        (date(2026, 12, 31), date(2026, 1, 1), "tabletop", 0, "2026年"),
        (date(2027, 1, 1), date(2026, 12, 31), "tabletop", 1, "2027年"),
    ],
)
def test_what_is_due_in_the_period_of_a_day(site, day, held, kind, due, label):
    drill(site.section, held, kind)
    found = frequency.standing([site.section], day)[site.section.pk]
    mine = next(one for one in found if one.kind["code"] == kind)
    assert (mine.due, mine.span.label) == (due, label)
    # Any drill counts as 应急演练 of the half-year.
    general = next(one for one in found if one.kind["code"] == "any")
    assert general.due == (0 if held >= general.span.begin else 1)


def rate(kind: str, day: date) -> list[tuple[str, int]]:
    found = find("drill.done").members({"kind": kind}, Window(day.year, day, day.year, day.year))
    return sorted((group.standing, len(group.ids)) for group in measure(found))


def test_the_rate_leaves_open_what_may_still_be_held(site):
    second = factories.section(site.section.project, start_on=date(2026, 8, 1))
    drill(site.section, date(2026, 3, 1))
    assert rate("on_site", date(2026, 3, 1)) == [("counted", 1)]
    # The first half is done, the second runs; the other section began only in its midst.
    assert rate("on_site", date(2026, 9, 1)) == [("counted", 1), ("undecided", 1)]
    drill(site.section, date(2026, 9, 2))
    assert rate("on_site", date(2026, 12, 31)) == [("counted", 2)]
    assert second.pk


def test_a_missed_half_year_cannot_be_made_good(site):
    assert rate("on_site", date(2026, 6, 30)) == [("undecided", 1)]
    assert rate("on_site", date(2026, 7, 1)) == [("decided", 1)]


def test_the_page_of_frequencies(site, client):
    client.force_login(site.people["contractor"])
    page = client.get("/drills/frequency/").content.decode()
    assert "待演练" in page and str(site.section) in page and "0/1" in page


# -------------------------------------------------------------------------------------------------- materials


@pytest.mark.parametrize(
    ("expires", "quantity", "standing"),
    [
        (date(2026, 5, 5), 5, "expired"),
        (date(2026, 5, 6), 5, "soon"),
        (date(2026, 6, 5), 5, "soon"),
        (date(2026, 6, 6), 5, "fit"),
        (None, 5, "fit"),
        (date(2026, 6, 6), 4, "short"),
        (date(2026, 5, 5), 4, "expired"),
    ],
)
def test_expiry_and_stock(site, expires, quantity, standing):
    made = EmergencyMaterial(expires_on=expires, quantity=Decimal(quantity), least=Decimal(5))
    with today_is(DAY):
        assert made.standing == standing


def test_a_material_is_kept_once_at_a_place(site):
    facts = {"project": site.section.project, "name": "救生衣", "measure": "件", "quantity": 5, "place": "库"}
    for section in (site.section, None):
        records.create(EmergencyMaterial(section=section, **facts), COMMAND)
        with pytest.raises(ValidationError, match="已登记"):
            records.create(EmergencyMaterial(section=section, **facts), COMMAND)
    with pytest.raises(ValidationError, match="负数"):
        records.create(EmergencyMaterial(**facts | {"name": "绳", "quantity": -1}), COMMAND)


# ----------------------------------------------------------------------------------------------------- roster


def shift(site, day, period="whole", section=True):
    facts = {"leader": "甲", "officers": "乙", "phone": "0527-1", "day": day, "period": period}
    place = {"project": site.section.project, "section": site.section if section else None}
    return records.create(DutyShift(**place, **facts), COMMAND)


def test_gaps_of_the_roster(site):
    shift(site, DAY)
    shift(site, DAY + timedelta(days=1), "day")
    shift(site, DAY + timedelta(days=2), "day")
    shift(site, DAY + timedelta(days=2), "night")
    shift(site, DAY + timedelta(days=3), "night")
    shift(site, DAY + timedelta(days=4), section=False)
    found = duty.gaps([site.section], DAY)[site.section.pk]
    after = DAY + timedelta(days=5)
    assert found == [
        (DAY + timedelta(days=1), "缺夜班"),
        (DAY + timedelta(days=3), "缺白班"),
        (after, "无安排"),
        (after + timedelta(days=1), "无安排"),
    ]


def test_the_page_of_gaps_shows_what_one_sees(site, client):
    other = safety.site()
    put(other.section, start_on=date(2024, 1, 2))
    client.force_login(site.people["contractor"])
    shift(site, timezone.localdate())
    page = client.get("/duty-shifts/gaps/").content.decode()
    assert str(site.section) in page and str(other.section) not in page
    assert page.count("已安排") == 1 and page.count("无安排") == 6


def test_an_enterprise_sees_the_gaps_of_its_own_roster(client):
    port, other, today = enterprise(), enterprise(), timezone.localdate()
    facts = {"leader": "甲", "officers": "乙", "phone": "0527-1"}
    for ahead, period in enumerate(("whole", "day", "night")):
        day = today + timedelta(days=ahead)
        records.create(DutyShift(project_id=port.pk, day=day, period=period, **facts), COMMAND)
    client.force_login(person_of(port))
    page = client.get("/duty-shifts/gaps/").content.decode()
    assert port.name in page and other.name not in page and f"/enterprises/{port.pk}/" in page
    counts = {word: page.count(f">{word}<") for word in ("已安排", "缺夜班", "缺白班", "无安排")}
    assert counts == {"已安排": 1, "缺夜班": 1, "缺白班": 1, "无安排": 4}


# ---------------------------------------------------------------------------------------------------- weather


def test_only_exposed_places_are_asked(site):
    """By kind of accident, by a word of the place, at work, and where the warning holds."""
    exposed = crane(site.section)
    calm = safety.site(district=site.section.project.district)
    put(hazard(calm.section, part="料场", event="触电", accident="shock"), status="controlled")
    named = safety.site(district=site.section.project.district)
    put(hazard(named.section, part="塔吊基础", event="沉降", accident="other"), status="controlled")
    elsewhere = safety.site(district=factories.district("沭阳县"))
    crane(elsewhere.section)
    ended = safety.site(district=site.section.project.district)
    crane(ended.section)
    put(ended.section, end_on=timezone.localdate() - timedelta(days=1))
    unjudged = safety.site(district=site.section.project.district)
    hazard(unjudged.section, part="架桥机", event="倾覆", accident="lifting")
    made = warning(district=site.section.project.district)
    asked = WeatherCheck.objects.filter(warning=made)
    assert {check.section for check in asked} == {site.section, named.section}
    assert made.exposed == 2
    assert exposed.part in asked.get(section=site.section).because
    # The whole city: the other district too.
    assert warning(kind="wind", color="red").exposed == 3
    assert warning(kind="heat").exposed == 0


def test_a_dangerous_work_in_progress_is_exposed_without_a_hazard(site):
    """While it is being done, by a word of its item or part; neither before nor after, nor somewhere else."""
    going, waiting = siting.work(site), siting.work(site, part="副墩基坑")
    put(going, status="finish")
    done = siting.work(safety.site(district=site.section.project.district))
    put(done, status="accept")
    other = siting.work(safety.site(district=factories.district("沭阳县")))
    put(other, status="finish")
    made = warning(kind="rain", district=site.section.project.district)
    [check] = WeatherCheck.objects.filter(warning=made)
    assert (check.section, check.because) == (site.section, f"{going.part}（{going.item}）")
    assert waiting.part not in check.because
    assert warning(kind="wind").exposed == 0


def test_what_is_not_in_order_becomes_a_danger_once(site, client):
    crane(site.section)
    warning()
    check = WeatherCheck.objects.get()
    url = f"/weather-checks/{check.pk}/answer/"
    client.force_login(site.people["contractor"])
    items = exposure.settings_of("wind")["items"]
    body = {f"result_{number}": "yes" for number in range(len(items))}
    assert client.post(url, {}).status_code == 400
    assert client.post(url, body | {"result_1": "no"}).status_code == 400  # not in order, and not said how
    assert not check.answers.exists()
    assert client.post(url, body | {"result_1": "no", "note_1": "两处仍在吊装"}).status_code == 302
    check.refresh_from_db()
    assert (check.status, check.failed, check.answers.count()) == ("answered", 1, len(items))
    danger = HiddenDanger.objects.get()
    assert danger.section == site.section and "两处仍在吊装" in danger.description
    assert client.post(url, body).status_code == 403
    assert HiddenDanger.objects.count() == 1


def test_answers_are_closed_by_the_end_of_the_warning(site):
    crane(site.section)
    with clock_at(at(2026, 12, 31, 18)):
        warning(issued_at=at(2026, 12, 31, 18), ends_at=at(2027, 1, 1, 0, 30))
    check = WeatherCheck.objects.get()
    assert check.due_on == date(2027, 1, 1)
    with clock_at(at(2027, 1, 1, 0, 31)), pytest.raises(ValidationError, match="预警已结束"):
        perform(check, "answer", site.actor("contractor"), {})
    assert exposure.lapse(at(2027, 1, 1, 0, 30)) == 0
    assert exposure.lapse(at(2027, 1, 1, 0, 31)) == 1
    assert exposure.lapse(at(2027, 1, 1, 0, 32)) == 0
    check.refresh_from_db()
    assert (check.lapsed_on, check.due_on, check.status) == (date(2027, 1, 1), None, "asked")
    with pytest.raises(IllegalTransition):
        perform(check, "answer", site.actor("contractor"), {})


def test_a_warning_that_is_over_asks_nobody(site):
    crane(site.section)
    now = timezone.now()
    made = warning(issued_at=now - timedelta(hours=9), ends_at=now - timedelta(hours=1))
    assert (made.exposed, WeatherCheck.objects.count()) == (0, 0)
    with pytest.raises(ValidationError, match="晚于发布时间"):
        warning(ends_at=now - timedelta(days=1))
    assert WeatherWarning.objects.count() == 1


def test_rules_without_a_source_are_shown_as_the_portals_own():
    from safety.rules import rule

    for code in ("weather-checks", "emergency-plans", "emergency-materials", "near-misses"):
        assert rule(code).source_label == "本系统设定"
    assert RuleSet.objects.get(code="incident-grades").is_official
