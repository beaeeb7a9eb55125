from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from supervision.rules.models import Holiday, RuleSet


def rule(**fields):
    defaults = {
        "code": "pingan-site",
        "version": "2018",
        "title": "平安工地评价",
        "effective_from": date(2018, 5, 1),
    }
    return RuleSet(**{**defaults, **fields})


@pytest.fixture
def versions(db):
    old = rule(version="2012", effective_from=date(2012, 1, 1), effective_to=date(2018, 4, 30))
    new, other = rule(), rule(code="other", effective_from=date(2000, 1, 1))
    for each in (new, old, other):
        each.save()
    return old, new


def test_the_version_of_the_day_is_in_force(versions):
    old, new = versions
    assert RuleSet.objects.in_force("pingan-site", date(2012, 1, 1)) == old
    assert RuleSet.objects.in_force("pingan-site", date(2018, 4, 30)) == old
    assert RuleSet.objects.in_force("pingan-site", date(2018, 5, 1)) == new
    assert RuleSet.objects.in_force("pingan-site", date(2026, 1, 1)) == new


@pytest.mark.parametrize(("code", "day"), [("pingan-site", date(2011, 12, 31)), ("none", date(2024, 1, 1))])
def test_no_version_in_force_is_an_error(versions, code, day):
    with pytest.raises(RuleSet.DoesNotExist, match=f"{day} 没有生效的规则：{code}"):
        RuleSet.objects.in_force(code, day)


def test_a_gap_between_versions_is_an_error(db):
    rule(effective_to=date(2020, 1, 1)).save()
    with pytest.raises(RuleSet.DoesNotExist):
        RuleSet.objects.in_force("pingan-site", date(2020, 1, 2))


def test_of_overlapping_versions_the_later_applies(versions):
    newest = rule(version="2024", effective_from=date(2024, 1, 1))
    newest.save()
    assert RuleSet.objects.in_force("pingan-site", date(2024, 1, 1)) == newest


@pytest.mark.parametrize(
    ("confidence", "official"), [("V", True), ("V′", True), ("K", True), ("K?", False), ("D", False)]
)
def test_source_is_shown_only_when_official(confidence, official):
    shown = rule(confidence=confidence, source_document="交安监发〔2018〕43号", article="第16条")
    assert shown.is_official is official
    assert shown.source_label == ("交安监发〔2018〕43号第16条" if official else "本系统设定")


def test_an_official_rule_names_its_source(db):
    with pytest.raises(ValidationError, match="写明依据文件"):
        rule(confidence="V", content={"pass": 70}).full_clean()
    rule(confidence="D", content={"pass": 70}).full_clean()


@pytest.mark.parametrize(
    ("fields", "says"),
    [({}, "该版本已存在"), ({"version": "x", "effective_to": date(2018, 4, 30)}, "失效日期不能早于施行日期")],
)
def test_what_the_database_refuses_is_said_first(versions, fields, says):
    wrong = rule(content={"pass": 70}, **fields)
    with pytest.raises(ValidationError, match=says):
        wrong.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        wrong.save()


def test_unknown_confidence_is_refused(db):
    with pytest.raises(IntegrityError), transaction.atomic():
        rule(confidence="?").save()


def test_a_day_has_one_arrangement(db):
    Holiday.objects.create(date=date(2030, 1, 1), name="元旦")
    with pytest.raises(ValidationError, match="该日期已有安排"):
        Holiday(date=date(2030, 1, 1), name="元旦").full_clean()


def test_everyone_signed_in_may_read():
    assert RuleSet.scope_public is True
    assert Holiday.scope_public is True
