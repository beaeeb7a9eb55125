"""What is remembered of people without an account: windows that stand still, uses that are one use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Thread
from unittest import mock

import pytest
from django.db import connection
from django.utils import timezone

from supervision.people.visitors import marks
from supervision.people.visitors.marks import VisitorMark

START = datetime(2026, 3, 4, 9, tzinfo=UTC)


def at(seconds: int):
    return mock.patch.object(timezone, "now", lambda: START + timedelta(seconds=seconds))


@pytest.mark.django_db
def test_the_window_begins_with_the_first_and_does_not_move():
    for second, allowed in ((0, True), (400, True), (3599, False), (3600, True), (3700, True), (3800, False)):
        with at(second):
            assert marks.spend("a", 2, 3600) is allowed, second
    with at(7200):
        assert marks.spend("a", 2, 3600)


@pytest.mark.django_db
def test_marks_name_nobody_and_are_forgotten():
    with at(0):
        assert marks.once("limit:look:10.1.2.3", 60) and not marks.once("limit:look:10.1.2.3", 60)
        assert marks.once("other", 600)
    assert "10.1.2.3" not in str(list(VisitorMark._base_manager.values()))
    with at(60):
        assert marks.clear() == 1 and VisitorMark._base_manager.count() == 1
        assert marks.once("limit:look:10.1.2.3", 60)


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_uses_it():
    results: list[bool] = []

    def use() -> None:
        try:
            results.append(marks.once("proof", 60))
            results.append(marks.spend("limit", 3, 60))
        finally:
            connection.close()

    threads = [Thread(target=use) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (len(results), sum(results)) == (12, 1 + 3)
