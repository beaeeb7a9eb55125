"""Laboratories, samples, results and what follows from them; the questions about figures; the rates."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from quality.models import (
    Authorisation,
    DataQuestion,
    DigitCount,
    Laboratory,
    QualityDefect,
    Sample,
    Test,
)
from quality.testing import rates, signs
from quality.testing.following import LABEL
from quality.testing.signs import examine
from quality.testing.watching import remind_of_calibrations
from supervision.desk.models import Notice
from supervision.flows import records
from supervision.flows.errors import NotAllowed
from supervision.flows.history import SYSTEM
from supervision.flows.perform import available
from supervision.people.models import User
from supervision.plan.indicators import Window, find, measure
from supervision.rules.models import RuleSet
from supervision.rules.shipped import rule

from . import factories, safety, testing
from .factories import COMMAND
from .testing import CONCRETE, STEEL, at, result, sample, steel

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)


@pytest.fixture
def works():
    with safety.today_is(date(2026, 6, 1)):
        yield testing.works()


def refused(field: str, work, *args, **facts) -> str:
    with pytest.raises(ValidationError) as told:
        work(*args, **facts)
    return "".join(told.value.message_dict[field])


# --------------------------------------------------------------------------------------------------- laboratories


def test_a_site_laboratory_tests_no_more_than_its_mother(works):
    mother = works.laboratory.parent
    other = testing.laboratory(works.section, works.unit("laboratory"))
    row = Authorisation.objects.get(laboratory=other.parent, parameter=CONCRETE)
    records.update(row, {"until": date(2026, 1, 31)}, COMMAND)
    for until in (None, date(2026, 2, 1)):
        late = Authorisation(laboratory=other, parameter=CONCRETE, since=date(2026, 1, 1), until=until)
        assert "母体检测机构" in refused("parameter", records.create, late, COMMAND)
    within = Authorisation(
        laboratory=other, parameter=CONCRETE, since=date(2026, 1, 1), until=date(2026, 1, 31)
    )
    records.create(within, COMMAND)
    assert mother.authorised(CONCRETE, DAY)


@pytest.mark.parametrize(("until", "ok"), [(date(2026, 3, 2), True), (date(2026, 3, 1), False), (None, True)])
def test_a_parameter_must_be_authorised_on_the_day(works, until, ok):
    row = Authorisation.objects.get(laboratory=works.laboratory, parameter=CONCRETE)
    records.update(row, {"until": until}, COMMAND)
    one = sample(works.section)
    if ok:
        assert result(one, works.laboratory).outcome == "passed"
    else:
        assert "未获" in refused("parameter", result, one, works.laboratory)


@pytest.mark.parametrize(
    ("status", "until"), [("draft", None), ("stopped", None), ("active", date(2026, 3, 1))]
)
def test_a_laboratory_that_is_not_filed_or_whose_term_ended_does_not_test(works, status, until):
    testing.put(works.laboratory, status, until=until)
    lab = Laboratory.objects.get(pk=works.laboratory.pk)
    assert "未备案或不在有效期内" in refused("laboratory", result, sample(works.section), lab)


def test_another_sections_laboratory_does_not_test_here(works):
    elsewhere = testing.works().laboratory
    assert "标段" in refused("laboratory", result, sample(works.section), elsewhere)
    # The institution itself may.
    assert result(sample(works.section), works.laboratory.parent).outcome == "passed"


def test_results_are_filed_by_the_laboratorys_own_people(works):
    from supervision.ledgers.registry import get

    one = result(sample(works.section), works.laboratory)
    ledger = get("tests")
    ledger.check_reach([one], User.objects.get(pk=works.people["laboratory"].pk))
    other = factories.organization("laboratory")
    factories.participation(works.section, other, "laboratory")
    with pytest.raises(NotAllowed):
        ledger.check_reach([one], factories.user("laboratory", other))


# -------------------------------------------------------------------------------------------------------- samples


@pytest.mark.parametrize(
    ("purpose", "speak"),
    [
        ("self", {"contractor", "supervisor", "owner", "inspector"}),
        ("parallel", {"supervisor", "inspector"}),
        ("owner", {"owner", "inspector"}),
        ("authority", {"inspector"}),
    ],
)
def test_nobody_takes_a_spot_check_in_anothers_name(works, purpose, speak):
    """A sample of another's would need no witness, and count in 抽检合格率."""
    url, body = "/api/samples/", {"purpose": purpose, "section": works.section.pk, "material": "水泥混凝土"}
    body |= {"grade": "C30", "part": "承台", "sampler": "张三", "sampled_on": "2026-05-06"}
    for role in ("contractor", "supervisor", "owner", "inspector"):
        client = Client()
        client.force_login(works.people[role], backend="django.contrib.auth.backends.ModelBackend")
        answer = client.post(url, body, "application/json")
        assert answer.status_code == (201 if role in speak else 403), (role, answer.content.decode())
    assert Sample.objects.count() == len(speak)


def test_samples_of_structures_are_witnessed(works):
    facts = {"material": "水泥混凝土", "grade": "C30", "part": "承台", "sampler": "张三"}
    own = records.create(Sample(section=works.section, purpose="self", **facts), works.actor("contractor"))
    assert own.needs_witness and own.number.startswith("YP-2026-")
    names = [t.name for t in available(own, works.people["laboratory"])]
    assert names == ["refuse"]
    assert "见证人不能是取样人" in refused("witness", works.act, own, "witness", "supervisor", witness="张三")
    own = works.act(own, "witness", "supervisor", witness="李四")
    assert works.act(own, "receive", "laboratory").received_on == date(2026, 6, 1)
    # The supervisor's own sample needs none.
    theirs = records.create(
        Sample(section=works.section, purpose="parallel", **facts), works.actor("supervisor")
    )
    assert works.act(theirs, "receive", "laboratory").status == "received"


def test_whoever_filed_a_sample_does_not_witness_it(works):
    facts = {"material": "水泥混凝土", "grade": "C30", "part": "承台", "sampler": "张三"}
    made = records.create(Sample(section=works.section, purpose="self", **facts), works.actor("supervisor"))
    with pytest.raises(ValidationError, match="登记取样的人"):
        works.act(made, "witness", "supervisor", witness="李四")


def test_a_test_wants_a_received_sample(works):
    one = testing.put(sample(works.section), "taken")
    assert "收样后" in refused("sample", result, one, works.laboratory)


# -------------------------------------------------------------------------------------------------------- results


def test_a_result_is_judged_by_the_limits_of_its_day(works):
    table = rule("test-limits")
    later = RuleSet.objects.create(
        code=table.code,
        version="2",
        title=table.title,
        effective_from=date(2026, 3, 3),
        content={"limits": [{"parameter": CONCRETE, "grade": "C30", "low": "36"}]},
    )
    before = result(sample(works.section), works.laboratory)
    after = result(sample(works.section), works.laboratory, day=date(2026, 3, 3))
    assert (before.outcome, before.limit_rule) == ("passed", table)
    assert (after.outcome, after.limit_rule, after.low) == ("failed", later, Decimal(36))
    # An outcome that somebody sends along is overwritten by the judgement.
    sent = result(sample(works.section), works.laboratory, "10、10、10", outcome="passed", value=Decimal(99))
    assert (sent.outcome, sent.value, sent.limits_text) == ("failed", Decimal(10), "≥ 30")


@pytest.mark.parametrize(
    ("facts", "field", "said"),
    [
        ({"measured": "35.2、36.1"}, "measured", "须填写3个实测值，现有2个"),
        ({"measured": "35.2、-36.1、34.8"}, "measured", "不能为负数"),
        ({"parameter": "压实度"}, "parameter", "不是水泥混凝土的试验参数"),
        ({"finished_at": at(DAY, 8)}, "finished_at", "早于开始时间"),
        ({"finished_at": at(date(2026, 6, 2))}, "finished_at", "不能晚于现在"),
        ({"started_at": at(date(2026, 1, 31))}, "started_at", "早于取样日期"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(works, facts, field, said):
    testing.authorise(works.laboratory.parent, "压实度")
    testing.authorise(works.laboratory, "压实度")
    assert said in refused(field, result, sample(works.section), works.laboratory, **facts)


def test_a_grade_without_limits_is_refused_and_those_there_are_named(works):
    said = refused("sample", result, sample(works.section, grade="C31"), works.laboratory)
    assert "C31" in said and "C30、C35" in said


def test_a_failed_result_starts_one_defect_in_the_same_transaction(works):
    failed = result(sample(works.section), works.laboratory, "20、21、22")
    defect = QualityDefect.objects.get()
    assert (defect.source, defect.source_label, defect.source_id) == ("test", LABEL, failed.pk)
    assert defect.category == "试验检测不合格" and defect.responsible_unit == works.unit("contractor")
    assert "代表值21，限值≥ 30" in defect.description and defect.found_on == DAY
    # Following it once more makes none.
    failed.after_write({"outcome": [None, "failed"]}, SYSTEM)
    assert QualityDefect.objects.count() == 1


def test_a_failed_result_is_not_filed_when_its_defect_cannot_be(works, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("no defect")

    monkeypatch.setattr("quality.testing.following.raise_defect", broken)
    with pytest.raises(RuntimeError):
        result(sample(works.section), works.laboratory, "20、21、22")
    assert not Test.objects.exists()


def test_retests_keep_both_results(works):
    lot = testing.batch(works.section)
    first = steel(lot, works.laboratory, bad=STEEL[0])[0]
    bar = sample(works.section, material="钢筋", grade="HRB400", batch=lot)
    again = {"parameter": STEEL[0], "retest_of": first}
    # Twice as many specimens as the first time.
    assert "须填写4个" in refused("measured", result, bar, works.laboratory, "430、430", **again)
    passed = result(bar, works.laboratory, "430、440、450、460", **again)
    first.refresh_from_db()
    assert (first.outcome, first.status, passed.outcome, passed.attempt) == ("failed", "valid", "passed", 2)
    assert passed.after_failure and QualityDefect.objects.count() == 1
    bar = sample(works.section, material="钢筋", grade="HRB400", batch=lot)
    assert "复检过" in refused("retest_of", result, bar, works.laboratory, "430、440、450、460", **again)
    once_more = again | {"retest_of": passed}
    said = refused("retest_of", result, bar, works.laboratory, "430、440、450、460", **once_more)
    assert "只有不合格或无效" in said
    works.act(passed, "void", "bureau_staff", opinion="样品编号登记错误")
    other = result(bar, works.laboratory, "430、440、450、460", **again)
    assert (other.outcome, other.attempt) == ("passed", 2)


def test_a_retest_that_fails_is_the_last_and_starts_no_second_defect(works):
    lot = testing.batch(works.section)
    first = steel(lot, works.laboratory, bad=STEEL[0])[0]
    poor = "380、440、450、460"
    bars = [sample(works.section, material="钢筋", grade="HRB400", batch=lot) for _ in range(2)]
    second = result(bars[0], works.laboratory, poor, parameter=STEEL[0], retest_of=first)
    assert second.outcome == "failed" and QualityDefect.objects.count() == 1
    said = refused("retest_of", result, bars[1], works.laboratory, poor, parameter=STEEL[0], retest_of=second)
    assert "已复检1次" in said


def test_cubes_are_not_retested_but_a_group_without_result_is_made_again(works):
    failed = result(sample(works.section), works.laboratory, "20、21、22")
    other = sample(works.section)
    assert "按质量缺陷处理" in refused("retest_of", result, other, works.laboratory, retest_of=failed)
    void = result(sample(works.section), works.laboratory, "25.4、30.0、34.6")
    assert void.outcome == "invalid" and QualityDefect.objects.count() == 1
    again = result(sample(works.section), works.laboratory, retest_of=void)
    assert (again.outcome, again.after_failure) == ("passed", False)


def test_a_sample_has_one_first_result_for_a_parameter(works):
    one = sample(works.section)
    result(one, works.laboratory)
    assert "复检须写明原试验" in str(pytest.raises(ValidationError, result, one, works.laboratory).value)


def test_only_an_authority_voids_and_the_defect_may_then_be_dismissed(works):
    failed = result(sample(works.section), works.laboratory, "20、21、22")
    defect = QualityDefect.objects.get()
    for role in ("laboratory", "contractor", "supervisor", "owner"):
        with pytest.raises(NotAllowed):
            works.act(failed, "void", role)
    with pytest.raises(ValidationError, match="复检合格或作废后"):
        works.act(defect, "dismiss", "owner")
    failed = works.act(failed, "void", "inspector")
    assert failed.voided_on == date(2026, 6, 1)
    assert works.act(defect, "dismiss", "owner").status == "dismissed"


# ---------------------------------------------------------------------------------------------------------- rates


def rated(works) -> None:
    """Of spot-checks: two passed and one failed then passed again; and what does not count."""
    lot = testing.batch(works.section)
    for name in (STEEL[0],):
        bar = sample(works.section, material="钢筋", grade="HRB400", batch=lot)
        first = result(bar, works.laboratory, "380、440", parameter=name)
        bar = sample(works.section, material="钢筋", grade="HRB400", batch=lot)
        result(bar, works.laboratory, "430、440、450、460", parameter=name, retest_of=first)
    result(sample(works.section), works.laboratory)
    result(sample(works.section, purpose="owner"), works.laboratory, day=date(2026, 4, 2))
    result(sample(works.section, purpose="self"), works.laboratory, "20、20、20")
    result(sample(works.section), works.laboratory, "25.4、30.0、34.6")
    works.act(result(sample(works.section), works.laboratory, "20、20、20"), "void", "inspector")


@pytest.mark.parametrize(("counts", "passed"), [("first", 2), ("final", 3)])
def test_the_rate_counts_first_or_final_results_as_the_rule_says(works, counts, passed):
    rated(works)
    rules = rule("test-rate")
    RuleSet.objects.filter(pk=rules.pk).update(content=rules.content | {"counts": counts})
    staff = works.people["bureau_staff"]
    for by in rates.BREAKDOWNS:
        found = rates.table(staff, 2026, by)
        assert (found.total.count, found.total.passed) == (3, passed), by
    months = rates.table(staff, 2026, "month").rows
    assert [(row.label, row.count) for row in months] == [("3月", 2), ("4月", 1)]
    assert rates.table(staff, 2025, "unit").total.rate is None
    (group,) = [
        g
        for g in measure(find("test.passed").members({}, Window(2026, date(2026, 6, 1), 2026, 2026)))
        if g.standing == "counted"
    ]
    assert len(group.ids) == passed


def test_the_rates_page_opens_to_the_list_it_counts(works):
    rated(works)
    client = Client()
    client.force_login(works.people["owner"], backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("test_rates"), {"by": "material"})
    assert page.status_code == 200 and "66.7" in page.content.decode()
    for row in page.context["table"].rows:
        assert client.get(row.url).context["total"] == row.count
        assert client.get(row.failed_url).context["total"] == row.failed
    stranger = testing.works().people["owner"]
    client.force_login(stranger, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("test_rates")).context["table"].total.count == 0


# ------------------------------------------------------------------------------------------------------ questions


def asked() -> dict[str, DataQuestion]:
    return {question.kind: question for question in DataQuestion.objects.order_by("pk")}


def test_ordinary_results_raise_no_question(works):
    press = testing.machine(works.laboratory)
    for number in range(5):
        result(sample(works.section), works.laboratory, f"35.{number}、36.1、34.8", equipment=press)
    assert examine(SYSTEM) == {} and not Test.objects.filter(examined=False).exists()


def test_identical_series_are_asked_about_with_the_number_of_cases(works):
    for text in ("35.2、36.1、34.8", "35.2、36.1、34.8", "37.0、36.1、34.8", "35.0、35.0、35.0"):
        result(sample(works.section), works.laboratory, text)
    result(sample(works.section), works.laboratory, "35.0、35.0、35.0")  # one value thrice says little
    assert examine(SYSTEM) == {"identical": 1}
    found = asked()["identical"]
    assert (found.statistic, found.cases, len(found.test_ids)) == (2, 5, 2)
    assert "2次试验的实测值逐个相同" in found.facts and "共5次" in found.facts
    # The same again on another night: the open question is brought up to date, no second one is put.
    result(sample(works.section), works.laboratory, "35.2、36.1、34.8")
    assert examine(SYSTEM) == {}
    assert asked()["identical"].statistic == 3 and DataQuestion.objects.count() == 1
    assert examine(SYSTEM) == {}


def test_digits_too_even_are_counted_once_whatever_is_rerun(works):
    rules = rule("test-signs")
    rules.content["digits"]["least_digits"] = 30
    rules.save()
    for number in range(10):
        text = "、".join(f"{35 + n}.{(number + n) % 10}" for n in range(3))
        result(sample(works.section), works.laboratory, text)
    assert examine(SYSTEM) == {"digits": 1}
    found = asked()["digits"]
    assert (found.statistic, found.cases, found.threshold) == (0, 30, Decimal("1.152"))
    assert sum(DigitCount.objects.get().counts) == 30
    examine(SYSTEM)
    assert sum(DigitCount.objects.get().counts) == 30
    # Fewer than the rules ask for say nothing.
    rules.content["digits"]["least_digits"] = 300
    rules.save()
    DataQuestion._base_manager.filter(pk=found.pk)._raw_delete("default")
    result(sample(works.section), works.laboratory, "35.0、36.0、37.0")
    assert examine(SYSTEM) == {}


@pytest.mark.parametrize(("minutes", "asks"), [(6, False), (5, True)])
def test_a_test_faster_than_its_method(works, minutes, asks):
    made = result(sample(works.section), works.laboratory, finished_at=at(DAY) + timedelta(minutes=minutes))
    assert examine(SYSTEM) == ({"too_fast": 1} if asks else {})
    if asks:
        assert asked()["too_fast"].test_ids == [made.pk] and "至少需要6分钟" in asked()["too_fast"].facts


@pytest.mark.parametrize(("sampled", "asks"), [(date(2026, 2, 2), False), (date(2026, 2, 3), True)])
def test_cubes_younger_than_their_age(works, sampled, asks):
    result(sample(works.section, sampled_on=sampled), works.laboratory)
    assert bool(examine(SYSTEM)) is asks


def test_more_tests_than_machine_hours(works, monkeypatch):
    rules = rule("test-signs")
    rules.content["machine_hours"]["hours_per_day"] = (
        "0.3"  # 18 minutes: three groups of cubes, 6 minutes each
    )
    rules.save()
    press = testing.machine(works.laboratory)
    for number in range(3):
        result(sample(works.section), works.laboratory, f"35.{number}、36.1、34.8", equipment=press)
    assert examine(SYSTEM) == {}
    result(sample(works.section), works.laboratory, "38.0、36.1、34.8", equipment=press)
    result(sample(works.section), works.laboratory, "39.0、36.1、34.8", equipment=press, day=date(2026, 3, 3))
    assert examine(SYSTEM) == {"machine_hours": 1}
    found = asked()["machine_hours"]
    assert (found.cases, found.statistic) == (4, Decimal("0.4"))


def test_a_machine_out_of_its_calibration(works):
    press = testing.machine(works.laboratory, calibrated_until=date(2026, 3, 1))
    result(sample(works.section), works.laboratory, equipment=press, day=date(2026, 3, 1))
    assert examine(SYSTEM) == {}
    result(sample(works.section), works.laboratory, "38.0、36.1、34.8", equipment=press, day=date(2026, 3, 2))
    assert examine(SYSTEM) == {"uncalibrated": 1}
    assert asked()["uncalibrated"].cases == 1
    # A failed certificate calibrates nothing.
    other = testing.machine(works.laboratory, calibrated_until=None)
    testing.calibrate(other, date(2027, 1, 1), result="failed")
    other.refresh_from_db()
    assert other.valid_until is None
    result(sample(works.section), works.laboratory, "39.0、36.1、34.8", equipment=other)
    assert examine(SYSTEM) == {"uncalibrated": 1}


def test_a_question_is_answered_by_a_person_and_stays_answered(works):
    result(sample(works.section), works.laboratory, finished_at=at(DAY) + timedelta(minutes=1))
    examine(SYSTEM)
    question = DataQuestion.objects.get()
    question = works.act(question, "explain", "laboratory", explanation="开始时间误填")
    with pytest.raises(NotAllowed):
        works.act(question, "answer", "laboratory", conclusion="explained")
    done = works.act(question, "answer", "inspector", conclusion="corrected", opinion="已核对原始记录")
    assert done.status == "answered"
    from supervision.people import history_guard

    with history_guard.writer():
        Test.objects.update(examined=False)
    assert examine(SYSTEM) == {} and DataQuestion.objects.get().status == "answered"


def test_an_interrupted_night_is_taken_up_again(works, monkeypatch):
    monkeypatch.setattr(signs, "PART", 2)
    for number in range(5):
        result(
            sample(works.section),
            works.laboratory,
            f"35.{number}、36.1、34.8",
            finished_at=at(DAY) + timedelta(minutes=1),
        )
    seen = []

    def stop(done, total):
        seen.append((done, total))
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        examine(SYSTEM, progress=stop)
    assert seen == [(2, 5), (4, 5)]
    assert examine(SYSTEM) == {"too_fast": 1}
    assert DataQuestion.objects.count() == 5 and sum(DigitCount.objects.get().counts) == 15


def test_the_number_of_queries_of_a_night_does_not_grow_with_ordinary_results(
    works, django_assert_max_num_queries
):
    press = testing.machine(works.laboratory)
    for number in range(12):
        result(
            sample(works.section),
            works.laboratory,
            f"35.{number % 10}、3{number % 7}.1、34.8",
            equipment=press,
        )
    with django_assert_max_num_queries(22):
        examine(SYSTEM)


# --------------------------------------------------------------------------------------------------- calibrations


def test_calibrations_are_announced_30_7_and_0_days_before(works):
    machine = testing.machine(works.laboratory, calibrated_until=date(2026, 7, 31))
    tester = works.people["laboratory"]

    def told(day: date) -> int:
        with safety.today_is(day):
            remind_of_calibrations()
        return Notice.objects.filter(user=tester, object_id=machine.pk).count()

    assert [told(date(2026, 7, 1) - timedelta(days=1)), told(date(2026, 7, 1)), told(date(2026, 7, 2))] == [
        0,
        1,
        1,
    ]
    assert [told(date(2026, 7, 23)), told(date(2026, 7, 24)), told(date(2026, 7, 31))] == [1, 2, 3]
    assert Notice.objects.filter(user=tester, is_red=True).count() == 1
    assert told(date(2026, 7, 31)) == 3  # a rerun tells nobody twice
    assert not Notice.objects.exclude(user=tester).exists()


def test_a_new_certificate_ends_the_reminders(works):
    machine = testing.machine(works.laboratory, calibrated_until=date(2026, 7, 31))
    testing.calibrate(machine, date(2027, 7, 30), since=date(2026, 5, 31))
    assert remind_of_calibrations(date(2026, 7, 31)) == 0
    machine.refresh_from_db()
    assert machine.valid_until == date(2027, 7, 30)


def test_a_moment_is_read_the_way_people_write_it(works):
    from supervision.ledgers.fields import form_field

    field = form_field(Test._meta.get_field("started_at"), works.people["laboratory"])
    wanted = at(DAY, 8, 30)
    for text in ("2026-03-02 08:30", "2026-3-2 8:30", "2026年3月2日 08:30", "2026-03-02T00:30:00Z", wanted):
        assert field.clean(text) == wanted, text
    for text in ("2026-03-02", "2999-01-01 08:30", "1899-12-31 08:30", "2026-03-02 25:00", "明天", "\x00"):
        with pytest.raises(ValidationError):
            field.clean(text)
    assert isinstance(field.clean(wanted), datetime) and timezone.is_aware(field.clean(wanted))
