"""The API says what it does (OpenAPI), and whatever one sends to it, it never breaks."""

import io
import re
from contextlib import redirect_stderr

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from rest_framework.authtoken.models import Token

from supervision.wsgi import application

from . import factories

# Said of what is right as it stands: one address per ledger for all transitions, and sets of choices that two
# models share.
TOLERATED = ("collisions", "multiple names for the same choice set")
EXAMPLES = 2


def described() -> tuple[str, list[str]]:
    """The schema in YAML and what the generator complained about."""
    said, out = io.StringIO(), io.StringIO()
    with redirect_stderr(said):
        call_command("spectacular", validate=True, stdout=out)
    lines = [re.sub(r"\x1b\[\d*m", "", line) for line in said.getvalue().splitlines()]
    return out.getvalue(), [line for line in lines if "Warning" in line or "Error" in line]


def test_the_schema_is_valid_and_names_everything(db):
    text, complaints = described()
    for slug in ("projects", "sections", "organizations", "schemes", "eligibilities", "candidacies", "plans"):
        assert f"/api/{slug}/:" in text
    for slug in ("targets", "tasks", "snapshots", "jobs", "events", "attachments"):
        assert f"/api/{slug}/:" in text
    assert "/api/candidacies/{id}/{transition}/:" in text
    wrong = [line for line in complaints if not any(word in line for word in TOLERATED)]
    assert [line for line in wrong if not re.match(r"(Warnings|Errors): ", line)] == []


def test_the_schema_is_for_those_who_are_signed_in(client, db):
    assert client.get("/api/schema/").status_code in (401, 403)
    client.force_login(factories.user())
    assert client.get("/api/schema/").status_code == 200


@pytest.fixture
def same_connection():
    """Requests through the bare application leave the test's connection open, as Django's own client does."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def token(db, same_connection):
    """A bureau user's, in a portal with a record of most kinds."""
    section = factories.section()
    factories.participation(section, factories.organization("contractor"))
    factories.candidacy(section.project, declared_on=None)
    factories.eligibility(section.project)
    factories.target()
    return Token.objects.create(user=factories.user("bureau_staff")).key


@pytest.mark.once
def test_nothing_that_is_sent_breaks_it(token, monkeypatch):
    """A few made-up requests to each GET and POST; everything is rolled back with the test."""
    monkeypatch.setattr("rest_framework.throttling.UserRateThrottle.allow_request", lambda *given: True)
    headers = {"Authorization": f"Token {token}"}
    schema = schemathesis.openapi.from_wsgi("/api/schema/", application, headers=headers)
    quick = settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    broken, asked = {}, []

    def send(case):
        response = case.call(headers=headers)
        asked.append(response.status_code)
        if response.status_code >= 500:
            broken.setdefault(case.operation.label, case.as_curl_command())

    for result in schema.include(method=["GET", "POST"]).get_all_operations():
        quick(given(case=result.ok().as_strategy())(send))()
    assert broken == {}
    # They were understood, not all turned away at the door.
    assert asked.count(200) + asked.count(201) >= 40 and asked.count(400) >= 20
