"""`manage.py load_demo`: marked, coherent, once. Few of its stories are run here; all of them are read."""

import re
from datetime import date
from io import StringIO

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import override_settings

from projects.loading import demo, registry
from projects.loading.demo import stories
from projects.loading.demo.cast import PASSWORD
from projects.loading.demo.sheet import demo_pdf
from projects.models import Candidacy, Eligibility, KeyPerson, Participation, Project, Scheme, Section
from supervision.desk.models import Notice
from supervision.flows.history import verify_chains
from supervision.flows.models import Event
from supervision.people.models import Membership, Organization, Role, User
from supervision.people.passwords import must_change
from supervision.rules import calendar
from supervision.rules.uscc import check_uscc

from .factories import user

WHOLE = demo.read_demo
RUN = {("PZ-CITY", 2026), ("PAGD-CITY", 2026), ("XYB", 2024), ("PZ-MIN", 2026), ("PAGC-CITY", 2026)}


def short_demo() -> dict:
    """The demonstration with a few of its stories, which show every kind of outcome."""
    data = WHOLE()
    data["stories"] = [story for story in data["stories"] if (story["scheme"], story["year"]) in RUN]
    return data


@pytest.fixture(scope="class")
def loaded(django_db_setup, django_db_blocker, tmp_path_factory):
    """The demonstration, loaded once for a class of tests."""
    var = tmp_path_factory.mktemp("var")
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock(), override_settings(VAR=var):
        patch.delenv("PORTAL_DEMO", raising=False)
        patch.setattr(demo, "read_demo", short_demo)
        with transaction.atomic():
            call_command("load_demo", stdout=StringIO())
            yield var
            transaction.set_rollback(True)
        calendar.forget()


@pytest.fixture
def portal(loaded, db):
    yield loaded
    calendar.forget()


# ------------------------------------------------------------------------------------------- the data file, whole


def test_every_story_names_what_exists():
    data = demo.read_demo()
    names = {row[0] for row in data["plan_projects"]} | {row[0] for row in data["city_works"]}
    shorts = data["districts"].values()
    names |= {template.replace("某", short) for template, *_ in data["works"] for short in shorts}
    assert {row["name"] for row in registry.read_plan()["projects"]} == {
        row[0] for row in data["plan_projects"]
    }
    schemes = {
        row["code"]: row for row in yaml.safe_load(registry.SCHEMES.read_text(encoding="utf-8"))["schemes"]
    }
    ends = {*stories.EXITS, "creating", "named", "excellent", "passed"}
    for story in data["stories"]:
        scheme = schemes[story["scheme"]]
        assert {*story["stands"], *story.get("eligible", ())} <= names, story
        for outcomes in story["stands"].values():
            for outcome in outcomes.split():
                found = stories.OUTCOME.fullmatch(outcome)
                assert found and found["end"] in ends, outcome
                assert found["end"] not in ("excellent", "passed") or scheme.get("graded"), outcome
                assert int(found["year"] or story["year"]) >= story["year"], outcome


def test_every_step_of_every_way_is_a_transition_of_the_flow():
    names = set(Candidacy.flow.by_name)
    ways = [name for way in (*stories.WAYS.values(), stories.REVIEW) for name, *_ in way]
    exits = [name for last, rest in stories.EXITS.values() for name in (last, *rest) if name]
    assert {*ways, *exits, *stories.ENDS, *stories.UNIT_ACTS, *stories.OPINIONS} <= names


def test_the_paper_of_the_demonstration_is_a_pdf():
    content = demo_pdf("申报表")
    assert content.startswith(b"%PDF-") and content.rstrip().endswith(b"%%EOF")
    place = int(re.search(rb"startxref\n(\d+)", content)[1])
    assert content[place:].startswith(b"xref")
    for number, offset in enumerate(re.findall(rb"(\d{10}) 00000 n", content), start=1):
        assert content[int(offset) :].startswith(b"%d 0 obj" % number)


class TestLoaded:
    def test_everything_invented_is_marked(self, portal):
        assert Project.objects.filter(is_demo=True).count() == 40 and Project.objects.count() == 66
        assert all(
            "（演示）" in row.name and row.name.startswith("演示·")
            for row in Project.objects.filter(is_demo=True)
        )
        for row in Organization.objects.filter(is_demo=True):
            assert "（演示）" in row.name and check_uscc(row.uscc)[2:8] == "000000"
        assert not User.objects.filter(is_demo=False).exists()
        assert all(row.name.startswith("演示·") for row in User.objects.all())
        for model in (Participation, KeyPerson, Eligibility):
            assert model.objects.exists() and not model.objects.filter(is_demo=False).exists()
        assert not Section.objects.filter(is_demo=False, is_placeholder=False).exists()
        for row in Project.objects.filter(is_demo=False):
            assert "演示数据" in row.remark and row.level and row.district and row.owner.is_demo
        assert all("演示数据" in row.reason for row in Eligibility.objects.all())
        moved = Candidacy.objects.filter(is_demo=False).exclude(status="planned")
        assert moved.exists() and all("演示数据" in row.remark for row in moved)

    def test_one_person_for_every_role(self, portal):
        assert set(Membership.objects.values_list("role", flat=True)) == set(Role.values)
        for person in User.objects.all():
            assert person.check_password(PASSWORD) and not must_change(person)
        text = (portal / "demo-logins.txt").read_text(encoding="utf-8")
        assert PASSWORD in text and all(
            name in text for name in User.objects.values_list("username", flat=True)
        )

    def test_history_is_whole_and_acts_are_the_persons_own(self, portal):
        assert list(verify_chains()) == []
        acts = Event.objects.filter(verb="transition")
        # The shipped standards come into force by the command that loads them; all else is somebody's own act.
        own = acts.exclude(model="projects.standardversion")
        assert own.exists() and not own.filter(actor=None).exists()
        by_owner = acts.filter(name="declare").values_list("actor__username", flat=True)
        assert set(by_owner) <= {"owner", "owner2", "contractor"} and "contractor" in set(by_owner)

    def test_there_is_work_waiting(self, portal):
        today = date.today()
        waiting = Candidacy.objects.filter(status__in=Candidacy.flow.open_states)
        assert {"planned", "creating", "screening", "supplement"} <= set(
            waiting.values_list("status", flat=True)
        )
        assert waiting.filter(due_on__lt=today).exists()
        assert waiting.filter(returned__gt=0).exists()

    def test_only_what_still_travels_is_news(self, portal):
        waiting = Candidacy.objects.filter(status__in=Candidacy.flow.open_states)
        told = set(Notice.objects.values_list("object_id", flat=True))
        assert told and told <= set(waiting.values_list("pk", flat=True))
        last = {event.pk for event in Event.objects.filter(verb="transition")}
        assert {
            int(key.removeprefix("event:")) for key in Notice.objects.values_list("key", flat=True)
        } <= last

    def test_journeys_stop_at_today(self, portal):
        """Whatever the clock says, no step lies in the future."""
        made = stories.Stories.__new__(stories.Stories)
        steps = list(made._steps("listing", "named", 2024, 2025))
        assert [name for name, *_ in steps][-1] == "name" and steps[-1][1].year == 2025
        assert [day for _, day, _ in steps] == sorted(day for _, day, _ in steps)
        for end in ("not_listed", "rejected", "returned", "resubmitted", "objection", "withdrawn"):
            days = [day for _, day, column in made._steps("listing", end, 2024, 2024) if column]
            assert days == sorted(days)
        assert not Candidacy.objects.filter(declared_on__gt=date.today()).exists()

    def test_a_second_run_changes_nothing(self, portal):
        events = Event.objects.count()
        (portal / "demo-logins.txt").unlink()
        call_command("load_demo", stdout=StringIO())
        assert Event.objects.count() == events and (portal / "demo-logins.txt").exists()


@pytest.mark.django_db
def test_a_portal_that_says_no_is_left_alone(monkeypatch):
    monkeypatch.setenv("PORTAL_DEMO", "0")
    with pytest.raises(CommandError, match="PORTAL_DEMO=0"):
        call_command("load_demo", stdout=StringIO())
    assert not Event.objects.exists()


@pytest.mark.django_db
def test_a_portal_with_real_users_is_left_alone(monkeypatch):
    monkeypatch.delenv("PORTAL_DEMO", raising=False)
    user()
    events = Event.objects.count()
    with pytest.raises(CommandError, match="真实用户"):
        call_command("load_demo", stdout=StringIO())
    assert Event.objects.count() == events


@pytest.mark.django_db
def test_demo_data_that_do_not_fit_are_refused_whole(monkeypatch):
    monkeypatch.delenv("PORTAL_DEMO", raising=False)
    data = short_demo()
    data["stories"] = [{"scheme": "XYB", "stage": "listing", "year": 2024, "stands": {"没有的项目": "named"}}]
    monkeypatch.setattr(demo, "read_demo", lambda: data)
    with pytest.raises(CommandError, match="没有的项目"):
        call_command("load_demo", stdout=StringIO())
    calendar.forget()
    assert not User.objects.exists() and not Event.objects.filter(batch=demo.BATCH).exists()
    assert Scheme.objects.count() == 13
