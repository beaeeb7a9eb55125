"""The world of the generated tests: built once, and as new for each of them."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from unittest import mock

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import override_settings
from django.test.utils import _TestState
from rest_framework.throttling import SimpleRateThrottle

from .world import World, numbers


@contextmanager
def undone():
    """What the block writes is taken back at its end, whatever happened in it."""
    block = transaction.atomic()
    block._from_testcase = True  # lets code ask for a durable transaction inside
    with block:
        try:
            yield
        finally:
            transaction.set_rollback(True)


@pytest.fixture(scope="package")
def standing(django_db_setup, django_db_blocker, tmp_path_factory):
    """The world of all these tests. Ask for `world`."""
    unthrottled = dict.fromkeys(SimpleRateThrottle.THROTTLE_RATES)
    with ExitStack() as stack:
        # Settings of the session's own fixtures (media folder, quick passwords) stay in force.
        stack.enter_context(
            override_settings(
                PORTAL_REQUIRE_TOTP=False,
                # Sessions that neither end nor are written again, however slow the machine.
                PORTAL_IDLE_SECONDS=10**9,
                PORTAL_SEEN_SECONDS=10**9,
                CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
            )
        )
        # Nobody asks here which templates were used; noting it copies the context of every one of them.
        stack.enter_context(
            mock.patch("django.template.base.Template._render", _TestState.saved_data.template_render)
        )
        # The number of steps in the top bar, counted anew in every ledger once a cache is empty: the workbench's own
        # tests are about it, and here every page would be.
        stack.enter_context(mock.patch("supervision.desk.context.cached_total", return_value=0))
        stack.enter_context(mock.patch.dict(SimpleRateThrottle.THROTTLE_RATES, unthrottled))
        stack.enter_context(django_db_blocker.unblock())
        stack.enter_context(undone())
        world = World()
        # What waits for a commit that never comes; each taking back of a savepoint would go through all of it.
        connection.run_on_commit.clear()
        yield world


@pytest.fixture
def db(standing):
    """Stands in for pytest-django's own `db`, by whose name it knows which tests need a database: here one
    transaction holds the world of the whole folder, and each test has a savepoint in it."""
    with undone():
        cache.clear()
        numbers.restart()
        yield standing


@pytest.fixture
def world(db):
    """People, projects on two sides and a record of every ledger on each side; nothing a test does stays."""
    return db


def nothing_drawn():
    """Pages are answered but not drawn inside the block, where the status alone is asked for."""
    return mock.patch("django.template.backends.django.Template.render", return_value="")


@pytest.fixture
def undrawn():
    """The same for a whole test, one that asks thousands of times."""
    with nothing_drawn():
        yield
