"""One portal and one browser for all tests of this folder.

Both end with the folder's last test: while Playwright runs, its loop makes Django refuse the database to every
test of this process.
"""

import os
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection
from playwright.sync_api import sync_playwright

from tests import backends
from tests.processes import database_url

from .person import ARGUMENTS, DESK, window
from .portal import Portal

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@contextmanager
def database_of_its_own():
    """The DATABASE_URL of an empty database beside the tests' own; "" for SQLite, where a folder is enough."""
    if connection.vendor == "sqlite":
        yield ""
        return
    import psycopg2

    name = f"portal_browser_{os.getpid()}"
    server = psycopg2.connect(**{**connection.get_connection_params(), "cursor_factory": None})
    server.autocommit = True
    with server.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
        try:
            yield database_url().replace(f"/{connection.settings_dict['NAME']}?", f"/{name}?")
        finally:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            server.close()


@pytest.fixture(scope="package")
def portal(tmp_path_factory):
    with database_of_its_own() as url, Portal(tmp_path_factory.mktemp("portal"), database_url=url) as running:
        yield running


@pytest.fixture(scope="package")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=backends.chromium(), args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def sessions(browser, portal):
    """Cookies of a demo user by name; each signs in through the form once."""
    kept = {}

    def cookies(username: str) -> dict:
        if username not in kept:
            person = window(browser, portal.url).sign_in(username)
            kept[username] = person.page.context.storage_state()
            person.page.context.close()
            assert person.problems == []
        return kept[username]

    return cookies


@pytest.fixture
def person(browser, portal, sessions):
    """Open a window for a demo user (or "" for a stranger); at the end nothing may have gone wrong in any."""
    opened = []

    def new(username: str, viewport: dict = DESK, **options):
        if username:
            options["storage_state"] = sessions(username)
        opened.append(window(browser, portal.url, viewport, accept_downloads=True, **options))
        return opened[-1]

    yield new
    problems = [problem for one in opened for problem in one.problems]
    for one in opened:
        one.page.context.close()
    assert not problems, "\n".join(problems)
