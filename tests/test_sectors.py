"""Enterprises and routes in the ledgers that works use too: what they may, and what of the works they never move."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrity.credit import proposals
from projects.assessments import generating
from projects.models import Assessment, Enterprise, Project, Section
from projects.models.project import WORKS
from safety import documents, monthly, statistics
from safety.models import (
    Hazard,
    HazardSpan,
    HiddenDanger,
    Incident,
    InspectionTask,
    NearMiss,
    PublicReport,
    Training,
)
from safety.models.hazard import RiskLevel
from safety.statistics import parse_period
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.flows.perform import available, perform
from supervision.ledgers import natural
from supervision.ledgers.forms import form_for
from supervision.ledgers.registry import all_ledgers, get
from supervision.people import history_guard
from supervision.people.models import Role, User
from supervision.plan import facts
from supervision.plan.indicators import Window, find, measure
from supervision.rules.stakes import StakeError, on_route

from . import factories, inspecting
from .factories import COMMAND
from .safety import paper, site, today_is
from .sectors import enterprise, person_of, route

PLAN = Path(__file__).parents[1] / "projects" / "data" / "plan_suqian_2024_69.yaml"
DAY = date(2026, 9, 28)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(User.objects.get(pk=user.pk), backend="django.contrib.auth.backends.ModelBackend")
    return client


# ------------------------------------------------------------------------------------------- stakes on a route


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("K2+300", "X301：K2+300"),
        ("K0+500-K5+100", "X301：K0+500-K5+100"),
        ("x301：k1+000～k1+200、K4+000", "X301：K1+000-K1+200；X301：K4+000"),
        # A ramp is measured against no stretch of the main line.
        ("AK9+000", "X301：AK9+000"),
    ],
)
def test_a_place_on_a_route_is_written_with_its_number(text, stored):
    assert on_route(text, "X301", "K0+500-K5+100") == stored
    assert on_route(stored, "x301", "X301：K0+500-K5+100") == stored


@pytest.mark.parametrize("text", ["K0+499", "K5+100-K5+101", "S49：K1+000", "K0+000-K9+000", "很远"])
def test_a_place_elsewhere_is_none_on_the_route(text):
    with pytest.raises(StakeError):
        on_route(text, "X301", "K0+500-K5+100")


def test_a_route_of_two_stretches_has_a_gap():
    assert on_route("K8+000", "X301", "K0+000-K2+000；K7+000-K9+000") == "X301：K8+000"
    with pytest.raises(StakeError, match="超出"):
        on_route("K5+000", "X301", "K0+000-K2+000；K7+000-K9+000")


# ------------------------------------------------------------------------------------------------ what they are


@pytest.mark.django_db
def test_each_kind_asks_for_what_it_is_and_takes_nothing_of_works():
    with pytest.raises(ValidationError) as wrong:
        records.create(Enterprise(name="某港口", start_on=date(2024, 1, 1)), COMMAND)
    assert {"mode", "owner", "start_on"} <= set(wrong.value.error_dict)
    with pytest.raises(ValidationError) as wrong:
        route(number="", stakes="")
    assert {"route", "stakes"} == set(wrong.value.error_dict)
    with pytest.raises(ValidationError) as wrong:
        factories.project(mode="port")
    assert set(wrong.value.error_dict) == {"mode"}
    port = enterprise()
    with pytest.raises(ValidationError) as wrong:
        factories.section(Project.objects.get(pk=port.pk))
    assert set(wrong.value.error_dict) == {"project"}
    with pytest.raises(ValidationError) as wrong:
        enterprise(name=port.name)
    assert "name" in wrong.value.error_dict


def reported(thing: Project, by: User, **facts) -> HiddenDanger:
    facts = {"part": "护栏", "description": "护栏缺失", "source": "inspection"} | facts
    row = HiddenDanger(project=Project.objects.get(pk=thing.pk), **facts)
    return records.create(row, Actor.of(User.objects.get(pk=by.pk), "page"))


def act(danger: HiddenDanger, name: str, by: User, **data):
    data.setdefault("opinion", "属实")
    actor = Actor.of(User.objects.get(pk=by.pk), "page")
    return perform(HiddenDanger.objects.get(pk=danger.pk), name, actor, data)


def closed(thing: Project, inspector: User, keeper: User, **facts) -> HiddenDanger:
    danger = reported(thing, inspector, **facts)
    danger = factories.change(danger, judged="general")
    unit = danger.responsible_unit_id
    act(danger, "verify", inspector, category="其他", responsible_unit=unit)
    act(danger, "rectify_project", keeper, opinion="已补装")
    paper(danger, "现场复查记录")
    return act(danger, "review", factories.user(Role.INSPECTOR), opinion="复查合格")


@pytest.mark.django_db
def test_a_danger_on_a_route_goes_its_way_with_its_keeper_and_the_authority():
    road, inspector = route(), factories.user(Role.INSPECTOR)
    keeper, stranger = person_of(road), person_of(enterprise())
    with pytest.raises(ValidationError) as wrong:
        reported(road, inspector)
    assert set(wrong.value.error_dict) == {"stakes"}
    with pytest.raises(ValidationError) as wrong:
        reported(road, inspector, stakes="K9+000")
    assert "超出" in str(wrong.value)
    with today_is(DAY):
        danger = closed(road, inspector, keeper, stakes="K2+300-K2+500")
    assert (danger.status, danger.stakes) == ("closed", "X301：K2+300-K2+500")
    assert danger.responsible_unit == road.owner
    assert "标段" not in str(danger) and road.name in str(danger)
    assert HiddenDanger.objects.visible_to(stranger).count() == 0
    assert list(HiddenDanger.objects.visible_to(keeper)) == [danger]
    notice = documents.papers.notice(danger)
    assert (notice.project, notice.section) == (road.name, "")
    words = "".join([*notice.demands, *documents.papers.stop(danger).demands])
    assert "监理" not in words and "建设单位" not in words and "施工" not in words


@pytest.mark.django_db
def test_what_the_public_tells_of_a_route_becomes_a_danger_at_its_stake():
    road, staff = route(), Actor.of(factories.user(Role.BUREAU_STAFF), "page")
    told = records.create(PublicReport(place="桥头", description="护栏缺失"), COMMAND)
    facts = {"project": road.pk, "part": "护栏"}
    with pytest.raises(ValidationError) as wrong:
        perform(told, "accept", staff, facts)
    assert set(wrong.value.error_dict) == {"stakes"} and not HiddenDanger.objects.exists()
    told = PublicReport.objects.get(pk=told.pk)
    assert perform(told, "accept", staff, facts | {"stakes": "K2+300"}).danger.stakes == "X301：K2+300"


@pytest.mark.django_db
def test_a_reply_from_the_site_of_an_enterprise_is_accepted_by_the_authority():
    port, inspector = enterprise(), factories.user(Role.INSPECTOR)
    danger = factories.change(reported(port, inspector), judged="general")
    act(danger, "verify", inspector, category="其他", responsible_unit=port.owner_id)
    danger = factories.change(danger, reply="已处理", replied_on=timezone.localdate())
    assert "accept_reply" in {t.name for t in available(danger, inspector)}
    assert "accept_reply" not in {t.name for t in available(danger, person_of(port))}
    assert act(danger, "accept_reply", inspector).status == "closed"


@pytest.mark.django_db
def test_people_of_an_enterprise_see_their_own_and_a_menu_of_what_is_theirs():
    port, other, works = enterprise(), enterprise(), site()
    person = person_of(port)
    works_of_theirs = factories.project(owner=port.owner)
    inspector = factories.user(Role.INSPECTOR)
    mine, foreign = reported(port, inspector), reported(other, inspector)
    works.danger()
    assert list(Project.objects.visible_to(person).values_list("pk", flat=True)) == [port.pk]
    client = client_of(person)
    assert client.get(reverse("enterprises:detail", args=[port.pk])).status_code == 200
    assert client.get(reverse("enterprises:detail", args=[other.pk])).status_code == 404
    assert client.get(reverse("hidden-dangers:detail", args=[foreign.pk])).status_code == 404
    page = client.get(reverse("hidden-dangers:detail", args=[mine.pk])).content.decode()
    assert reverse("enterprises:detail", args=[port.pk]) in page
    for name in ("candidacies", "assessments", "fee-accounts", "projects"):
        assert reverse(f"{name}:list") not in page, name
    assert reverse("hazards:list") in page
    assert works_of_theirs.pk not in Project.objects.visible_to(person).values_list("pk", flat=True)
    # A link to the registry's row, as events and notices give it, leads on to where it is kept.
    answer = client_of(inspector).get(reverse("projects:detail", args=[port.pk]))
    assert answer.url == reverse("enterprises:detail", args=[port.pk])


@pytest.mark.django_db
def test_a_short_report_from_a_phone_names_an_enterprise_or_a_route_by_itself():
    road, works = route(), site()
    keeper, inspector, contractor = (
        person_of(road),
        factories.user(Role.INSPECTOR),
        works.people["contractor"],
    )
    address = reverse("quick_report")
    form = client_of(keeper).get(address).context["form"]
    assert [name for name in ("section", "enterprise", "route") if name in form.fields] == ["route"]
    assert form.fields["route"].initial.pk == road.pk
    assert "route" not in client_of(contractor).get(address).context["form"].fields
    body = {"part": "护栏", "description": "缺失", "route": road.name, "section": ""}
    client = client_of(inspector)
    refused = client.post(address, body)
    assert refused.status_code == 400 and "桩号" in refused.content.decode()
    both = client.post(address, body | {"stakes": "K1+000", "section": str(works.section)})
    assert both.status_code == 400 and "其中一项" in both.content.decode()
    assert client.post(address, body | {"stakes": "K1+000"}).status_code == 302
    made = HiddenDanger.objects.get(project=road.pk)
    assert (made.stakes, made.section, made.source) == ("X301：K1+000", None, "inspection")


# ----------------------------------------------------------------------------- what of the works nothing moves


def of_works(day: date) -> dict:
    """What the portal counts, offers and makes of works."""
    window = Window(day.year, day, day.year, day.year)
    clerk, leader = factories.user(Role.BUREAU_STAFF), factories.user(Role.BUREAU_LEADER)
    found = {}
    for row in yaml.safe_load(PLAN.read_text())["targets"]:
        found[row["code"]] = measure(find(row["indicator"]).members(row["parameters"], window))
    for code in ("incident.zero_death", "integrity.branches", "integrity.education", "fee.tender"):
        found[code] = measure(find(code).members({}, window))
    for code in ("danger.rectified", "danger.major_closed", "danger.filed", "incident.count"):
        found[code] = measure(find(code).members({"objects": "works"}, window))
    periods = [generating.periods.holding(every, day) for every in ("month", "quarter", "year")]
    subjects = ("contractor", "supervisor", "owner", "project")
    found["sheets"] = {
        subject: [[str(part) for part in row] for row in generating.units_of(subject, period)]
        for subject in subjects
        for period in periods
    }
    found["project list"] = get("projects").queryset(clerk).count()
    found["sections"] = Section.objects.count()
    found["monthly"] = monthly.table(leader, day.replace(day=1)).total.figures
    for ledger in all_ledgers():
        for name in ledger.form_fields:
            field = ledger.model._meta.get_field(name)
            if field.related_model is Project and field.get_limit_choices_to() == WORKS:
                form = form_for(ledger, clerk)
                if name in form.fields:
                    rows = form.fields[name].queryset.values_list("name", flat=True)
                    found[f"pick list of {ledger.slug}.{name}"] = sorted(rows)
    since = day - timedelta(days=300)
    for check in proposals.JOINT:
        found[check.__name__] = sorted(str(fact.reason) for fact in check(since, day))
    return found


@pytest.mark.django_db
def test_no_target_list_or_figure_of_the_works_moves_by_enterprises_and_routes():
    with today_is(DAY):
        works = site(mode="highway")
        works.graded()
        before = of_works(DAY)
        assert before["project list"] == 1 and before["monthly"]["general"] == 1
        assert before["pick list of sections.project"] == [works.section.project.name]
        port, road, inspector = enterprise(), route(), factories.user(Role.INSPECTOR)
        for thing, facts in ((port, {}), (road, {"stakes": "K1+000"})):
            closed(thing, inspector, person_of(thing), **facts)
            late = reported(thing, inspector, part="另一处", **facts)
            factories.change(
                late,
                judged="major",
                grade="major",
                status="rectifying",
                verified_on=DAY,
                major_on=DAY,
                deadline=DAY - timedelta(days=9),
                found_on=DAY - timedelta(days=30),
            )
        happened = timezone.now() - timedelta(hours=2)
        died = Incident(
            project=Project.objects.get(pk=port.pk),
            place="码头",
            accident=Incident._meta.get_field("accident").choices[0][0],
            happened_at=happened,
            known_at=happened,
            deaths=1,
            summary="经过",
        )
        records.create(died, Actor.of(inspector, "page"))
        assert of_works(DAY) == before
        assert not Assessment.objects.exists()
        everywhere = measure(find("incident.count").members({}, Window(DAY.year, DAY, DAY.year, DAY.year)))
        assert len(everywhere) == 1 and before["incident.count"] == []
        # And the figures of the sectors did move, each for itself.
        table = statistics.table(inspector, parse_period("2026-09"), "sector")
        assert {row.label: row.figures["found"] for row in table.rows} == {
            "公路": 1,
            "港口": 2,
            "交通基础设施": 2,
        }
        page = client_of(inspector).get(table.rows[0].urls["found"])
        assert page.status_code == 200 and f"共 {table.rows[0].figures['found']} 条" in page.content.decode()


@pytest.mark.django_db
def test_what_takes_enterprises_offers_them_and_what_takes_works_does_not():
    port, inspector = enterprise(), factories.user(Role.INSPECTOR)
    client = client_of(inspector)
    pick = reverse("pick", args=["projects.project"])
    assert port.name in client.get(pick, {"q": port.name}).content.decode()
    narrowed = {"of": "projects.section.project", "q": port.name}
    assert port.name not in client.get(pick, narrowed).content.decode()
    assert client.get(pick, {"of": "projects.section.code"}).status_code == 404
    assert port.pk in natural.pool(Project).values_list("pk", flat=True)


@pytest.mark.django_db
def test_hazards_tasks_and_near_misses_are_told_apart_by_the_kind_of_object():
    """By hand: at works 2 hazards, 1 task of 2 in time, 1 near miss; at a port 1, 1 of 1, 2; on a route none."""
    part, day = factories.section(), date(2025, 12, 31)
    port = Project.objects.get(pk=enterprise().pk)
    at_works, at_port = {"project": part.project, "section": part}, {"project": port, "section": None}
    for place in (at_works, at_works, at_port):
        made = records.create(Hazard(**inspecting.EVENT, **place), COMMAND)
        with history_guard.writer():
            HazardSpan.objects.create(hazard=made, level=RiskLevel.values[0], since=date(2025, 2, 1))
    for place, done in ((at_works, 5), (at_works, 20), (at_port, 5)):
        facts = {"kind": "comprehensive", "inspectors": ["甲", "乙"], "due_by": date(2025, 6, 10)}
        task = records.create(InspectionTask(**place, **facts), COMMAND)
        inspecting.put(task, done_on=date(2025, 6, done))
    for place in (at_works, at_port, at_port):
        facts = {"part": "码头", "description": "险些坠落", "happened_on": date(2025, 5, 6)}
        records.create(NearMiss(**place, **facts), COMMAND)
    window = Window(2025, day, 2025, 2025)
    numbers = {
        (code, objects): (members.queryset.count(), members.queryset.filter(members.counted).count())
        for code in ("hazard.count", "inspection.tasks", "near_miss.count")
        for objects in ("", "works", "enterprise", "route")
        for members in [find(code).members({"objects": objects} if objects else {}, window)]
    }
    assert numbers == {
        ("hazard.count", ""): (3, 3), ("hazard.count", "works"): (2, 2),
        ("hazard.count", "enterprise"): (1, 1), ("hazard.count", "route"): (0, 0),
        ("inspection.tasks", ""): (3, 2), ("inspection.tasks", "works"): (2, 1),
        ("inspection.tasks", "enterprise"): (1, 1), ("inspection.tasks", "route"): (0, 0),
        ("near_miss.count", ""): (3, 3), ("near_miss.count", "works"): (1, 1),
        ("near_miss.count", "enterprise"): (2, 2), ("near_miss.count", "route"): (0, 0),
    }  # fmt: skip


@pytest.mark.django_db
def test_an_enterprise_records_its_trainings_and_those_of_works_stay_apart():
    with today_is(DAY):
        works, port, other = site(mode="highway"), enterprise(), enterprise()
        person = client_of(person_of(port))
        body = {"kind": "special", "topic": "危货作业", "held_on": str(DAY), "lecturer": "甲", "hours": "2"}
        body |= {"expected": 10, "attended": 9}
        send = lambda **more: person.post("/api/trainings/", body | more, content_type="application/json")  # noqa: E731
        # Its own enterprise is filled in; another's, and a section, is none of its business.
        assert send().status_code == 201, send().content.decode()
        made = Training.objects.get()
        assert (made.enterprise_id, made.section_id, made.project.name) == (port.pk, None, port.name)
        for more in ({"enterprise": other.pk}, {"section": works.section.pk}):
            assert send(**more).status_code in (400, 403)
        builder = client_of(works.people["contractor"])
        own = body | {"section": works.section.pk}
        assert builder.post("/api/trainings/", own, content_type="application/json").status_code == 201
        for more in ({}, {"section": works.section.pk, "enterprise": port.pk}):
            answer = builder.post("/api/trainings/", body | more, content_type="application/json")
            assert answer.status_code == 400
        assert builder.get(f"/trainings/{made.pk}/").status_code == 404
        assert person.get(f"/trainings/{made.pk}/").status_code == 200
        assert get("trainings").queryset(factories.user(Role.BUREAU_STAFF)).count() == 2
        span = facts.Span(DAY, DAY)
        assert facts.find("training.held").value(span) == facts.find("training.enterprise").value(span) == 1
        window = Window(DAY.year, DAY, DAY.year, DAY.year)
        assert find("training.attended").members({}, window).queryset.get().section == works.section
