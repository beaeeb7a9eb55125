"""Hazards: levels by the scores, the five lists, what makes a new assessment due, the board."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from safety.hazards.board import board, draw
from safety.hazards.watching import ask_anew
from safety.models import Hazard, HazardSpan, HazardTrigger
from supervision.flows import records
from supervision.flows.errors import IllegalTransition, NotAllowed
from supervision.flows.history import SYSTEM
from supervision.flows.perform import available, perform, waiting_for
from supervision.people.models import User
from supervision.plan.indicators import Window, find

from . import factories, safety
from .factories import COMMAND
from .inspecting import LISTS, hazard, put

pytestmark = pytest.mark.django_db
HOW = {"measures": "专人监测", "responsible_person": "张三"}


@pytest.fixture
def site():
    return safety.site()


def under_control(site, **scores) -> Hazard:
    """One of the section, assessed and under control."""
    actor, record = site.actor("contractor"), hazard(site.section)
    scores = {"method": "lc", "likelihood": "3", "consequence": "5"} | scores
    record = perform(record, "assess", actor, scores)
    given = HOW | {"responsible_unit": record.responsible_unit_id}
    if record.level == "major":
        return perform(record, "control_major", actor, given | dict.fromkeys(LISTS, "有"))
    return perform(record, "control", actor, given)


@pytest.mark.parametrize(
    ("likelihood", "consequence", "level"),
    # The matrix at the upper end of each likelihood, and the cell that lies across a border.
    [
        (likelihood, c, level)
        for c, row in {
            10: ["major", "major", "major", "larger", "general"],
            5: ["larger", "larger", "larger", "general", "minor"],
            2: ["general", "general", "general", "general", "minor"],
            1: ["general", "general", "general", "minor", "minor"],
        }.items()
        for likelihood, level in zip((10, 9, 6, 3, 1), row, strict=True)
    ]
    + [("5.5", 10, "larger"), ("5.51", 10, "major")],
)
def test_the_matrix(site, likelihood, consequence, level):
    made = hazard(site.section, likelihood=Decimal(likelihood), consequence=Decimal(consequence))
    assert made.level == level
    assert made.score == Decimal(likelihood) * consequence
    assert made.scoring_rule.code == "hazard-lc"


@pytest.mark.parametrize(
    ("scores", "level"),
    [
        ((10, 6, 40), "major"),
        ((3, 6, 15), "larger"),
        ((3, 6, 7), "general"),
        ((1, 6, 7), "minor"),
        ((6, 6, 3), "general"),
    ],
)
def test_lec(site, scores, level):
    names = ("likelihood", "exposure", "consequence")
    made = hazard(site.section, method="lec", **{n: Decimal(v) for n, v in zip(names, scores, strict=True)})
    assert made.level == level and made.scoring_rule.source_label == "本系统设定"


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"likelihood": 11, "consequence": 5}, "likelihood"),
        ({"likelihood": 3, "consequence": 4}, "consequence"),
        ({"likelihood": 3, "consequence": 5, "exposure": 6}, "exposure"),
        ({"method": "lec", "likelihood": 2, "exposure": 6, "consequence": 7}, "likelihood"),
    ],
)
def test_scores_that_are_not_in_the_table_are_refused(site, facts, field):
    with pytest.raises(ValidationError) as told:
        hazard(site.section, **{k: v if k == "method" else Decimal(v) for k, v in facts.items()})
    assert field in told.value.message_dict


def test_a_level_cannot_be_typed_and_follows_the_scores(site):
    made = hazard(site.section, level="minor", likelihood=Decimal(9), consequence=Decimal(10))
    assert made.level == "major"
    made = records.update(made, {"consequence": Decimal(1)}, COMMAND)
    assert (made.level, made.score, made.arithmetic) == ("general", Decimal(9), "L×C＝9×1＝9")
    made = records.update(made, {"likelihood": None}, COMMAND)
    assert (made.level, made.score) == ("", None)


def test_lec_without_exposure_is_not_assessed(site):
    with pytest.raises(ValidationError) as told:
        perform(
            hazard(site.section),
            "assess",
            site.actor("contractor"),
            {"method": "lec", "likelihood": "3", "consequence": "7"},
        )
    assert "exposure" in told.value.message_dict


def test_a_major_hazard_needs_its_five_lists(site):
    actor = site.actor("contractor")
    made = perform(
        hazard(site.section), "assess", actor, {"method": "lc", "likelihood": "9", "consequence": "10"}
    )
    assert made.level == "major" and [t.name for t in available(made, actor.user)] == ["control_major"]
    given = HOW | {"responsible_unit": made.responsible_unit_id} | dict.fromkeys(LISTS, "有")
    for name in LISTS:
        with pytest.raises(ValidationError) as told:
            perform(Hazard.objects.get(pk=made.pk), "control_major", actor, given | {name: " "})
        assert name in told.value.message_dict
    with pytest.raises(IllegalTransition):
        perform(Hazard.objects.get(pk=made.pk), "control", actor, given)
    assert perform(Hazard.objects.get(pk=made.pk), "control_major", actor, given).status == "controlled"


def test_whoever_assessed_does_not_take_it_off(site):
    made = under_control(site)
    with pytest.raises(NotAllowed):
        perform(made, "remove", site.actor("contractor"), {"opinion": "完工"})
    made = Hazard.objects.get(pk=made.pk)
    done = perform(made, "remove", site.actor("supervisor"), {"opinion": "支架已拆除"})
    assert done.status == "removed" and done.removed_on == timezone.localdate()


def test_a_year_makes_a_new_assessment_due(site):
    with safety.today_is(date(2025, 3, 3)):
        made = under_control(site)
        assert made.reassess_by == date(2026, 3, 3)
    worker = site.people["contractor"]
    with safety.today_is(date(2026, 3, 2)):
        assert ask_anew(SYSTEM) == 0
        assert not waiting_for(Hazard, User.objects.get(pk=worker.pk)).exists()
    with safety.today_is(date(2026, 3, 3)):
        assert ask_anew(SYSTEM) == 1
        assert ask_anew(SYSTEM) == 0  # a second run of a day does nothing
        made.refresh_from_db()
        assert made.trigger_on == date(2026, 3, 3) and made.due_on > date(2026, 3, 3)
        assert made.triggers.get().kind == "yearly"
        assert waiting_for(Hazard, User.objects.get(pk=worker.pk)).get() == made
        actor = site.actor("contractor")
        made = perform(made, "reassess", actor, {})
        assert made.status == "reassessing"
        made = perform(made, "assess", actor, {"method": "lc", "likelihood": "3", "consequence": "1"})
        given = HOW | {"responsible_unit": made.responsible_unit_id}
        made = perform(made, "control", actor, given)
        assert (made.level, made.trigger_on, made.reassess_by) == ("minor", None, date(2027, 3, 3))


def test_a_leap_day_has_an_anniversary(site):
    with safety.today_is(date(2028, 2, 29)):
        assert under_control(site).reassess_by == date(2029, 2, 28)


@pytest.mark.parametrize(
    ("deaths", "injuries", "enough"), [(1, None, True), (None, 3, True), (0, 2, False), (None, None, False)]
)
def test_an_accident_triggers_every_hazard_of_the_section(site, deaths, injuries, enough):
    ones = [under_control(site), under_control(site, consequence="1")]
    elsewhere = under_control(safety.site())
    trigger = HazardTrigger(
        project=site.section.project,
        section=site.section,
        kind="accident",
        deaths=deaths,
        serious_injuries=injuries,
        description="坍塌",
    )
    if not enough:
        with pytest.raises(ValidationError):
            records.create(trigger, site.actor("contractor"))
        return
    made = records.create(trigger, site.actor("contractor"))
    assert made.marked == 2 and made.trigger_rule.article == "第12条"
    assert all(Hazard.objects.get(pk=one.pk).trigger_on for one in ones)
    assert Hazard.objects.get(pk=elsewhere.pk).trigger_on is None
    assert records.last_event(ones[0]).label == "触发重新评估"


def test_spans_tell_the_level_of_a_day(site):
    with safety.today_is(date(2026, 3, 3)):
        made = under_control(site)
    with safety.today_is(date(2026, 5, 5)):
        actor = site.actor("contractor")
        made = perform(made, "reassess_early", actor, {"opinion": "改变工法"})
        made = perform(made, "assess", actor, {"method": "lc", "likelihood": "3", "consequence": "10"})
        given = HOW | {"responsible_unit": made.responsible_unit_id}
        made = perform(made, "control", actor, given)
    with safety.today_is(date(2026, 7, 7)):
        perform(made, "remove", site.actor("supervisor"), {"opinion": "完工"})

    def levels(day):
        return list(HazardSpan.on(day).values_list("level", flat=True))

    assert levels(date(2026, 3, 2)) == []
    assert levels(date(2026, 4, 4)) == ["general"]
    assert levels(date(2026, 6, 6)) == ["larger"]
    assert levels(date(2026, 7, 7)) == []
    window = Window(2026, date(2026, 6, 6), 2026, 2026)
    assert find("hazard.count").members({"level": "larger"}, window).queryset.get() == made
    assert not find("hazard.count").members({"level": "general"}, window).queryset.exists()


def test_bars_of_one_road_do_not_cover_each_other(site):
    ones = [
        put(hazard(site.section, stakes=stakes), status="controlled", level="major")
        for stakes in ("K0+000-K2+000", "K1+000-K3+000", "K2+500", "K5+000", "K5+001", "K5+002")
    ]
    found = board(site.section.project, site.people["bureau_staff"])
    (road,) = found.roads
    assert len(road.bars) == len(ones)
    for one in road.bars:
        assert one.x >= 0 and one.x + one.width <= 1000
        for other in road.bars:
            apart = one.y != other.y or one.x + one.width <= other.x or other.x + other.width <= one.x
            assert one is other or apart, (one, other)


def test_one_place_is_drawn_in_the_middle_of_its_kilometre(site):
    made = put(hazard(site.section, stakes="K7+200"), level="major")
    road = draw(("", "K"), [(1, made, Decimal(7200), Decimal(7200))])
    assert (road.start, road.end) == (6700, 7700)
    assert 450 < road.bars[0].x < 550


def test_the_board_shows_what_one_may_see_and_no_markup_of_others(site):
    bad = "<img src=x onerror=alert(1)>{{7*7}}"
    put(hazard(site.section, stakes="K1+000", event=bad), status="controlled", level="major")
    put(hazard(site.section, event="小事"), status="controlled", level="minor")
    url = reverse("hazard_board", args=[site.section.project_id])
    client = Client()
    client.force_login(site.people["contractor"], backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(url).content.decode()
    assert "&lt;img src=x" in page and "<img src=x" not in page and "小事" in page
    assert "小事" not in client.get(url, {"least": "larger"}).content.decode()
    client.force_login(
        safety.site().people["contractor"], backend="django.contrib.auth.backends.ModelBackend"
    )
    assert client.get(url).status_code == 404


def test_a_day_ahead_is_refused(site):
    with pytest.raises(ValidationError):
        hazard(site.section, identified_on=timezone.localdate() + timedelta(days=1))
    with pytest.raises(ValidationError):
        hazard(site.section, project=factories.project())
