"""The standards that come with the portal: sound, sourced, entered once, and read in a constant number of queries."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from projects.models import Standard, StandardItem, StandardVersion
from projects.standards import shipped
from projects.standards.checking import problems
from projects.standards.store import spec_of
from supervision.flows import records
from supervision.rules.models import HOUSE_RULE
from tests.factories import COMMAND

D = Decimal


@pytest.fixture
def loaded(db):
    call_command("load_standards", verbosity=0)


def version(code: str, label: str) -> StandardVersion:
    return StandardVersion.objects.select_related("standard").get(standard__code=code, label=label)


@pytest.mark.parametrize("path", shipped.files(), ids=lambda path: path.stem)
def test_every_shipped_file_makes_sound_versions(path):
    for spec, _ in shipped.versions_of(path):
        assert problems(spec) == []


def test_what_is_shipped(loaded):
    assert set(StandardVersion.objects.values_list("standard__code", "label", "status")) == {
        ("PAGD", "2012试行", "active"),
        ("PAGD", "2018", "active"),
        ("PAGD-YN", "试行", "active"),
        ("PAGD-GS", "试用", "active"),
        ("PZGC", "试行", "active"),
    }


def test_what_is_read_back_is_what_was_entered(loaded):
    for path in shipped.files():
        for spec, _ in shipped.versions_of(path):
            assert spec_of(version(spec.standard, spec.label)) == spec


def test_loading_again_changes_nothing_and_brings_nothing_back(loaded):
    standard = Standard.objects.get(code="PAGD-YN")
    records.update(standard, {"title": "云南办法"}, COMMAND)
    old = version("PAGD", "2012试行")
    records.update(old, {"status": "retired"}, COMMAND)
    made = shipped.load()
    assert not any(made.values())
    standard.refresh_from_db()
    old.refresh_from_db()
    assert (standard.title, old.status) == ("云南办法", "retired")


def test_without_an_official_source_it_says_so(loaded):
    now = version("PAGD", "2018")
    assert now.pass_label == "70"
    assert now.excellent_label == f"90（{HOUSE_RULE}）"
    seen = StandardItem.objects.get(table__standard_version=now, table__code="SGJC", no="1.1")
    invented = StandardItem.objects.get(table__standard_version=now, table__code="SGJC", no="1.3")
    assert seen.source_label == "平安工地考核评价标准（旧版表4）"
    assert invented.source_label == HOUSE_RULE


def test_the_version_in_force_on_a_day(loaded):
    find = StandardVersion.objects.in_force
    assert find("PAGD", date_of(2018, 4, 30)).label == "2012试行"
    assert find("PAGD", date_of(2018, 5, 1)).label == "2018"
    with pytest.raises(StandardVersion.DoesNotExist):
        find("PAGD", date_of(2012, 11, 30))


def date_of(*parts):
    from datetime import date

    return date(*parts)


def test_a_version_is_read_in_two_queries(loaded):
    record = version("PAGD", "2018")
    with CaptureQueriesContext(
        connection,
    ) as seen:
        spec = spec_of(record)
    assert len(seen) == 2
    assert len(spec.items) == 82
