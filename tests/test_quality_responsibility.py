"""The register of responsibility: undertakings, changes that keep what was, missing posts, the printed register."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from projects.models import Section
from quality.models import DutyEntry, ResponsiblePerson
from quality.models.responsibility import UNDERTAKING, posts
from quality.works.posts import gaps_of, registered, required
from supervision.flows.errors import IllegalTransition
from supervision.flows.perform import available, perform
from supervision.plan.indicators import COUNTED, Window, find, measure

from . import factories, safety
from . import quality_works as works
from .inspecting import put

pytestmark = pytest.mark.django_db
DAY = date(2026, 5, 6)


@pytest.fixture
def site():
    with safety.today_is(DAY):
        yield safety.site()


def act(site, record, name: str, role: str, **data):
    fresh = type(record).objects.get(pk=record.pk)
    return perform(fresh, name, site.actor(role), {"opinion": "属实", **data})


def client_of(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def in_force(site, capacity: str = "contractor", **facts):
    """A person in the register, put there by the people whose task it is."""
    unit = site.section.project.owner if capacity == "owner" else site.unit(capacity)
    place = {"section": None, "project": site.section.project} if capacity == "owner" else {}
    person = works.person(site.section, capacity=capacity, organization=unit, **place, **facts)
    works.file(person, UNDERTAKING)
    act(site, person, "submit", capacity)
    return act(site, person, "confirm", "bureau_staff" if capacity == "owner" else "owner")


def test_nobody_registers_without_an_undertaking(site):
    person = works.person(site.section)
    with pytest.raises(ValidationError, match=UNDERTAKING):
        act(site, person, "submit", "contractor")


def test_the_owners_own_rows_are_confirmed_above(site):
    person = works.person(
        site.section,
        capacity="owner",
        post="项目负责人",
        section=None,
        organization=site.section.project.owner,
    )
    works.file(person, UNDERTAKING)
    act(site, person, "submit", "owner")
    with pytest.raises(IllegalTransition):
        act(site, person, "confirm", "owner")
    assert act(site, person, "confirm", "bureau_staff").confirmed_on == DAY


def test_a_successor_ends_the_former_term_and_both_stay(site):
    former = in_force(site, since=date(2024, 3, 4))
    with pytest.raises(ValidationError) as told:
        works.person(site.section, since=date(2026, 5, 1))
    assert "change_reason" in told.value.message_dict
    with pytest.raises(ValidationError) as told:
        works.person(site.section, since=date(2024, 3, 4), change_reason="调动")
    assert "since" in told.value.message_dict
    successor = in_force(site, since=date(2026, 5, 1), change_reason="调动")
    former.refresh_from_db()
    assert (former.status, former.until) == ("in_force", date(2026, 4, 30))
    assert (successor.until, ResponsiblePerson.objects.count()) == (None, 2)
    day = ResponsiblePerson.objects.filter(ResponsiblePerson.in_force(DAY))
    assert day.get() == successor


def test_what_is_in_force_is_not_changed(site):
    from supervision.ledgers.registry import get

    person, owner = in_force(site), site.people["owner"]
    assert not get("quality-persons").may_edit(person, owner)
    assert {t.name for t in available(person, site.actor("owner").user)} == {"end"}
    gone = act(site, person, "end", "owner", ended_on="2026-05-05")
    assert (gone.until, gone.status) == (date(2026, 5, 5), "ended")


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"post": "项目总监"}, "post"),
        ({"since": date(2026, 5, 7)}, "since"),
        ({"section": None}, "section"),
        ({"capacity": "owner", "post": "项目负责人"}, "section"),
    ],
)
def test_what_does_not_fit_is_said_by_field(site, facts, field):
    with pytest.raises(ValidationError) as told:
        works.person(site.section, **facts)
    assert field in told.value.message_dict


def test_duties_are_of_the_term(site):
    person = in_force(site, since=date(2026, 3, 1))
    entry = {"person": person, "kind": "质量例会", "content": "参加"}
    assert works.made(DutyEntry, done_on=date(2026, 3, 1), **entry).pk
    for wrong, field in (
        ({"done_on": date(2026, 2, 28)}, "done_on"),
        ({"done_on": date(2026, 5, 7)}, "done_on"),
        ({"kind": "喝茶"}, "kind"),
    ):
        with pytest.raises(ValidationError) as told:
            works.made(DutyEntry, **({"done_on": DAY} | entry | wrong))
        assert field in told.value.message_dict


def test_required_posts_are_data():
    with_designer = set(required(posts(DAY), {"designer"})) - set(required(posts(DAY), set()))
    assert with_designer == {("designer", "项目负责人")}
    assert {"capacity": "owner", "post": "首席质量官", "required": "always"} in posts(DAY)


def test_gaps_are_listed_and_closed(site, django_assert_num_queries):
    def gaps(day=DAY):
        (line,) = gaps_of([Section.objects.get(pk=site.section.pk)], day)
        return {(gap.capacity, gap.post): gap.why for gap in line.gaps}

    everything = gaps()
    assert everything["施工", "项目经理"] == "未登记" and everything["建设", "首席质量官"] == "未登记"
    assert everything["施工", "责任单位"] == "未登记" and ("设计", "项目负责人") not in everything
    person = in_force(site, name="赵某")
    assert ("施工", "项目经理") not in gaps()
    act(site, person, "end", "owner", ended_on="2026-05-05")
    assert gaps()["施工", "项目经理"] == "赵某已于2026-05-05离任，无人接替"
    stranger = works.person(site.section, post="质量负责人", name="钱某")
    put(stranger, status="in_force", confirmed_on=DAY)
    assert "已不在参建单位之列" in gaps()["施工", "质量负责人"]
    sections = list(Section.objects.all())
    with django_assert_num_queries(4):
        gaps_of(sections, DAY)
    sections += [factories.section(site.section.project) for _ in range(5)]
    with django_assert_num_queries(4):
        gaps_of(sections, DAY)


def test_the_rate_of_registration_says_what_the_list_says(site):
    section, other = site.section, safety.site().section
    for capacity, post in required(posts(DAY), {"contractor", "supervisor"}):
        where = None if capacity == "owner" else section
        unit = site.section.project.owner if capacity == "owner" else site.unit(capacity)
        person = works.person(section, section=where, capacity=capacity, post=post, organization=unit)
        put(person, status="in_force", confirmed_on=date(2026, 2, 1))
    for capacity in ("owner", "contractor", "supervisor"):
        where = None if capacity == "owner" else section
        unit = site.section.project.owner if capacity == "owner" else site.unit(capacity)
        row = works.unit(section, section=where, capacity=capacity, organization=unit)
        put(row, status="in_force", confirmed_on=date(2026, 2, 1))
    assert [len(line.gaps) for line in gaps_of([section], DAY)] == [0]
    assert gaps_of([other], DAY)[0].gaps
    assert list(Section.objects.filter(registered(DAY))) == [section]
    window = Window(2026, DAY, 2026, 2026)
    groups = measure(find("quality.registered").members({}, window))
    assert [group.ids for group in groups if group.standing == COUNTED] == [(section.pk,)]
    # Before the confirmation the same question was answered otherwise.
    before = measure(find("quality.registered").members({}, Window(2026, date(2026, 1, 31), 2026, 2026)))
    assert not [group for group in before if group.standing == COUNTED]


def test_the_register_prints_with_former_holders(site):
    in_force(site, name="赵某", since=date(2024, 3, 4))
    in_force(site, name="=1+1", since=date(2026, 5, 1), change_reason="调动")
    works.person(site.section, post="质量负责人", name="草稿")
    url = reverse("quality_register_sheet", args=[site.section.project_id])
    answer = client_of(site.people["owner"]).get(url)
    book = load_workbook(BytesIO(b"".join(answer.streaming_content)))
    rows = [[cell.value for cell in row] for row in book["责任人"].iter_rows(min_row=5)]
    lines = {row[5]: row for row in rows if row[5]}
    assert lines["赵某"][9:11] == ["2024-03-04", "2026-04-30"]
    assert lines["=1+1"][9:12] == ["2026-05-01", "", "调动"] and "草稿" not in lines
    assert book["责任人"]["A1"].value == "工程质量责任登记表（责任人）"
    stranger = client_of(safety.site().people["contractor"])
    assert stranger.get(url).status_code == 404


def test_the_page_of_missing_posts_shows_ones_own(site):
    client = client_of(site.people["contractor"])
    page = client.get(reverse("missing_posts")).content.decode()
    assert str(site.section) in page and "首席质量官" in page and "本系统设定" in page
    other = safety.site()
    assert str(other.section) not in client.get(reverse("missing_posts")).content.decode()
    assert client.get(reverse("missing_posts"), {"project": other.section.project_id}).status_code == 404
