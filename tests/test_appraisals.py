"""The yearly appraisal: its arithmetic by hand and by property, and its way from draft to published."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction as F

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from projects.models import Project
from safety.models import HiddenDanger
from supervision.flows import records
from supervision.flows.errors import NotAllowed
from supervision.flows.history import Actor
from supervision.flows.perform import perform
from supervision.ledgers.sheets import writing
from supervision.people import history_guard
from supervision.plan import facts
from supervision.plan.appraisals import arithmetic, engine, schemes
from supervision.plan.appraisals.arithmetic import Line, grade, rate_points, shares, total
from supervision.plan.models import (
    Appraisal,
    AppraisalItem,
    AppraisalObjection,
    AppraisalScheme,
    DutyBinding,
    DutyDue,
    UnitTerm,
)
from tests import carrying_out, factories, sectors, sheets
from tests.factories import COMMAND

D = date
THRESHOLDS = (("excellent", Decimal(90)), ("good", Decimal(80)), ("passed", Decimal(60)))


def test_a_rate_becomes_points_in_proportion():
    assert rate_points(F(15), 9, 12, F(60), F(100)) == F(45, 8)  # 75 %: (75-60)/40 of 15
    assert rate_points(F(15), 1, 2, F(60), F(100)) == 0
    assert rate_points(F(15), 2, 2, F(60), F(98)) == 15
    assert rate_points(F(10), 1, 10, F(20), F(0)) == 5  # less is better: 10 % between 20 and 0
    assert rate_points(F(15), 0, 0, F(60), F(100)) is None


def test_marks_of_what_does_not_apply_go_to_the_rest_of_the_dimension():
    lines = [Line("安全", F(30), F(24)), Line("安全", F(20), None), Line("质量", F(50), F(40))]
    assert shares(lines) == [F(40), None, F(40)]  # 24 of 30 is 40 of 50
    assert total(lines) == 80


def test_marks_of_a_dimension_that_does_not_apply_go_to_the_others():
    lines = [Line("安全", F(40), F(30)), Line("质量", F(40), F(20)), Line("履职", F(20), None)]
    assert total(lines) == F(125, 2)  # 50 of 80
    assert total([Line("安全", F(100), None)]) is None
    assert total([]) is None


def test_too_few_marks_that_apply_give_no_grade():
    lines = [Line("安全", F(40), F(40)), Line("质量", F(60), None)]
    assert (arithmetic.applying(lines), total(lines)) == (40, 100)


def test_bonus_never_lifts_above_the_full_hundred():
    assert total([Line("安全", F(100), F(98))], F(5)) == 100
    assert total([Line("安全", F(100), F(90))], F(5)) == 95


def test_a_veto_decides_the_grade():
    asked = {"thresholds": THRESHOLDS, "lowest": "failed", "none": "none"}
    assert grade(Decimal(100), True, **asked) == "failed"
    assert grade(Decimal(90), False, **asked) == "excellent"
    assert grade(Decimal("89.99"), False, **asked) == "good"
    assert grade(Decimal("59.99"), False, **asked) == "failed"
    assert grade(None, False, **asked) == "none"


marks = st.integers(1, 60).map(F)
lines_ = st.lists(
    st.tuples(st.sampled_from("安质履"), marks, st.none() | st.fractions(0, 1)), min_size=1, max_size=8
).map(lambda rows: [Line(name, full, None if share is None else full * share) for name, full, share in rows])


@given(lines_, st.fractions(0, 10))
def test_totals_lie_within_nothing_and_the_full_hundred(lines, bonus):
    value = total(lines, bonus)
    if value is None:
        assert all(line.points is None for line in lines)
    else:
        assert 0 <= value <= 100


@given(lines_)
def test_the_marks_always_add_up_to_a_hundred(lines):
    full = [Line(line.dimension, line.marks, None if line.points is None else line.marks) for line in lines]
    assert total(full) in (None, 100)


@given(lines_, st.integers(0, 7), st.fractions(0, 1), st.fractions(0, 1))
def test_more_points_never_make_less(lines, index, one, other):
    index %= len(lines)
    low, high = sorted((one, other))
    at = [
        [
            *lines[:index],
            Line(lines[index].dimension, lines[index].marks, lines[index].marks * share),
            *lines[index + 1 :],
        ]
        for share in (low, high)
    ]
    assert total(at[0]) <= total(at[1])


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60), st.integers(0, 99), st.integers(1, 100))
def test_a_better_rate_never_gives_less(counted, more, missing, zero, above):
    zero_at, full_at = F(zero), F(min(100, zero + above))
    low = rate_points(F(20), counted, counted + more + missing, zero_at, full_at)
    high = rate_points(F(20), counted + more, counted + more + missing, zero_at, full_at)
    assert low is None or 0 <= low <= high <= 20


@given(st.fractions(0, 5), st.fractions(0, 20), st.integers(0, 50), st.integers(0, 5))
def test_more_events_never_take_less_and_never_more_than_the_cap(per, cap, events, more):
    assert (
        0
        <= arithmetic.event_points(per, cap, F(events))
        <= arithmetic.event_points(per, cap, F(events + more))
        <= cap
    )


# ------------------------------------------------------------------------------------------ with the database


def act(record, name: str, person, **data):
    return perform(type(record).objects.get(pk=record.pk), name, Actor.of(person, "page"), data)


def due(unit, duty, first: date, done: date | None = None) -> DutyDue:
    return DutyDue.objects.create(
        duty=duty, organization=unit, year=2025, per="month", first=first, last=first + timedelta(days=27), needed=1,
        done=1 if done else 0, done_on=done,
    )  # fmt: skip


def scheme_of(*items: dict) -> AppraisalScheme:
    scheme = carrying_out.scheme()
    for order, values in enumerate(items):
        carrying_out.item(scheme, order=order, **values)
    return scheme


MISSED = {
    "code": "missed",
    "name": "未履职",
    "marks": Decimal(60),
    "per_event": Decimal(5),
    "cap": Decimal(20),
}
RATE = {
    "code": "rate",
    "name": "履职完成率",
    "kind": "rate",
    "marks": Decimal(40),
    "indicator": "duty.done",
    "zero_at": Decimal(50),
    "fact": "",
    "per_event": Decimal(0),
    "cap": Decimal(0),
}
VETO = {
    "code": "veto",
    "kind": "veto",
    "marks": Decimal(0),
    "fact": "incident.deaths",
    "per_event": Decimal(0),
    "cap": Decimal(0),
}


@pytest.mark.django_db
def test_the_shipped_scheme_is_whole_and_is_edited_as_a_copy():
    scheme = schemes.from_shipped(2025, COMMAND)
    staff = factories.user("bureau_staff")
    assert scheme.source_label == "本系统设定" and scheme.rule_set.version == "2024.2"
    item = scheme.items.get(code="danger-rectified")
    factories.change(item, marks=Decimal(14))
    with pytest.raises(ValidationError, match="县区的分值合计为99分，应为100分"):
        act(scheme, "adopt", staff)
    factories.change(AppraisalItem.objects.get(pk=item.pk), marks=Decimal(15))
    scheme = act(scheme, "adopt", staff)
    with pytest.raises(ValidationError, match="请复制为新版本"):
        factories.change(AppraisalItem.objects.get(pk=item.pk), marks=Decimal(10))
    other = schemes.copied(scheme, 2025, COMMAND)
    assert (other.status, other.items.count(), other.title[-4:]) == ("draft", scheme.items.count(), "第2版）")
    with pytest.raises(ValidationError, match="已有启用的方案"):
        act(other, "adopt", staff)


@pytest.mark.django_db
def test_from_draft_to_the_published_circular(client):
    """By hand: the county missed 2 of 8 duties: 60 − 2×5 = 50; rate 6/8 = 75 %, (75−50)/50 of 40 = 20; together 70.
    One of the two is not its own: left out, 55, and 6/7 = 85.71 %, (85.71−50)/50 of 40 = 28.57; together 83.57."""
    staff, leader = factories.user("bureau_staff"), factories.user("bureau_leader")
    scheme = scheme_of(MISSED, RATE, VETO)
    act(scheme, "adopt", staff)
    county, centre = factories.organization("county"), factories.organization("centre")
    person, duty = factories.user("county_staff", county), carrying_out.duty(per="month")
    dues = [
        due(county, duty, D(2025, month, 1), D(2025, month, 9) if month < 7 else None)
        for month in range(1, 9)
    ]
    client.force_login(staff)
    answer = client.post(f"/appraisal-desk/{scheme.pk}/compute/", {"as_of": "2026-01-15"}, follow=True)
    assert "已测算2个单位" in answer.content.decode()
    mine = Appraisal.objects.get(organization=county)
    assert (mine.total, mine.grade, mine.vetoed) == (Decimal("70.00"), "passed", False)
    # No works, no duties of its own: the rate is left out, and the deduction's 60 marks stand for the hundred.
    theirs = Appraisal.objects.get(organization=centre)
    assert (theirs.total, theirs.grade) == (Decimal(100), "excellent")
    for least, wanted in ((61, "none"), (60, "excellent")):
        factories.change(AppraisalScheme.objects.get(pk=scheme.pk), least_marks=Decimal(least))
        engine.compute(AppraisalScheme.objects.get(pk=scheme.pk), D(2026, 1, 15), COMMAND)
        theirs.refresh_from_db()
        assert (theirs.total, theirs.grade) == (Decimal(100), wanted)
    assert "分值由其他内容分摊" in theirs.sheet["lines"][1]["words"]

    client.force_login(person)
    page, listed = f"/appraisals/{mine.pk}/", f"/appraisal-desk/{mine.pk}/rate/missing/"
    assert client.get(page).status_code == client.get(listed).status_code == 404
    sent = act(mine, "send", staff)
    assert sent.due_on == engine_days(5)
    shown = client.get(page).content.decode()
    assert listed in shown and "70.00" in shown
    assert f"/duty-dues/{dues[7].pk}/" in client.get(listed).content.decode()
    with pytest.raises(ValidationError, match="异议期限"):
        act(mine, "fix", staff)
    item = scheme.items.get(code="missed")
    for one in (item, scheme.items.get(code="rate")):
        body = {"appraisal": mine.pk, "item": one.pk, "record_key": dues[7].pk, "words": "该项不属本局"}
        made = client.post("/api/appraisal-objections/", body, content_type="application/json")
        assert made.status_code == 201, made.content
    with pytest.raises(ValidationError, match="还没有答复"):
        act(mine, "agree", person)
    for objection in AppraisalObjection.objects.all():
        act(objection, "answer", staff, answer="经核实，属实。", outcome="upheld")
    mine.refresh_from_db()
    assert (mine.total, mine.grade) == (Decimal("83.57"), "good")
    # Recalled and computed again, what was upheld stays upheld.
    act(mine, "recall", staff, opinion="复核")
    engine.compute(AppraisalScheme.objects.get(pk=scheme.pk), mine.as_of, COMMAND)
    mine.refresh_from_db()
    assert (mine.status, mine.total) == ("draft", Decimal("83.57"))
    act(mine, "send", staff)
    mine.refresh_from_db()
    act(mine, "agree", person)
    fixed = act(mine, "fix", staff)
    # Frozen: what is corrected in the ledgers later changes nothing of it, and its lists open as they were.
    DutyDue.objects.filter(pk=dues[6].pk).update(done_on=D(2025, 7, 9))
    assert engine.compute(AppraisalScheme.objects.get(pk=scheme.pk), D(2026, 2, 1), COMMAND) == 1
    mine.refresh_from_db()
    assert (mine.total, mine.version) == (Decimal("83.57"), fixed.version)
    assert f"/duty-dues/{dues[6].pk}/" in client.get(listed).content.decode()
    with pytest.raises(ValidationError, match="还有1个单位"):
        act(scheme, "publish", leader)
    late = Appraisal.objects.get(organization=centre)
    act(late, "send", staff)
    with history_guard.writer():
        Appraisal._base_manager.filter(pk=late.pk).update(due_on=D(2026, 1, 5))
    act(late, "fix", staff)
    act(scheme, "publish", leader)
    # The circular is drafted from the scheme's own page, by the bureau alone.
    address = f"/documents/draft/plan.appraisalscheme/{scheme.pk}/appraisal-commendation/"
    for somebody, may in ((leader, True), (staff, True), (person, False)):
        client.force_login(somebody)
        assert (address in client.get(f"/appraisal-schemes/{scheme.pk}/").content.decode()) == may
        assert (client.post(address).status_code == 302) == may
    from supervision.plan.appraisal_papers import commendation

    paper = commendation(AppraisalScheme.objects.get(pk=scheme.pk))
    assert (paper.grades, paper.commended) == (
        [f"优秀：{centre}。", f"良好：{county}。"],
        f"对{centre}予以通报表彰。",
    )


def engine_days(count: int) -> date:
    from django.utils import timezone

    from supervision.rules.calendar import add_workdays

    return add_workdays(timezone.localdate(), count)


@pytest.mark.django_db
def test_half_a_year_and_a_merger():
    """A zone that began in July: only what was since. A county merged into another in May: the other answers for
    both, and is told so. What happened in the old district after the merger is nobody's twice."""
    scheme = scheme_of(MISSED | {"marks": Decimal(100), "counted_by": "unit"}, VETO)
    zone, old, new = (factories.organization(kind) for kind in ("zone", "county", "county"))
    duty = carrying_out.duty(per="month")
    for unit, months in ((zone, (3, 8)), (old, (2, 9)), (new, (4,))):
        for month in months:
            due(unit, duty, D(2025, month, 1))
    term = {"organization": zone, "since": D(2025, 7, 1)}
    rows = [UnitTerm(**term), UnitTerm(organization=old, until=D(2025, 5, 15), successor=new)]
    records.create_many(rows, COMMAND)
    assert not DutyBinding.objects.exists()  # nothing above is computed anew: the dues stay as written
    assert engine.compute(scheme, D(2026, 1, 15), COMMAND) == 2
    found = {row.organization_id: row for row in Appraisal.objects.all()}
    assert set(found) == {zone.pk, new.pk}
    assert found[zone.pk].total == 95 and "自2025-07-01起存在" in found[zone.pk].note
    # February of the old one and April of its own; September of the old one, when it was no more, is not.
    assert found[new.pk].total == 90 and f"承继{old}" in found[new.pk].note


@pytest.mark.django_db
def test_a_veto_by_a_fact_of_the_district():
    part = factories.section()
    county = factories.organization("county", district=factories.district("某县"))
    factories.change(part.project, district=county.district)
    scheme = scheme_of(
        MISSED | {"marks": Decimal(100)},
        VETO | {"fact": "danger.found"},
    )
    factories.hidden_danger(part)
    with history_guard.writer():
        HiddenDanger._base_manager.update(verified_on=D(2025, 3, 1), found_on=D(2025, 3, 1))
    assert HiddenDanger.objects.count() == 1
    engine.compute(scheme, D(2025, 12, 31), COMMAND)
    row = Appraisal.objects.get(organization=county)
    assert (row.total, row.grade, row.vetoed) == (Decimal(100), "failed", True)


@pytest.mark.django_db
def test_an_objection_is_the_appraised_units_own_and_meets_the_result_that_is_fixed(client):
    """Two authorities of one district see each other's sheets: neither objects, nor withdraws, for the other."""
    staff, place = factories.user("bureau_staff"), factories.district()
    county, zone = (factories.organization(kind, district=place) for kind in ("county", "zone"))
    scheme = scheme_of(MISSED | {"marks": Decimal(100)})
    late = due(county, carrying_out.duty(per="month"), D(2025, 3, 1))
    act(scheme, "adopt", staff)
    engine.compute(scheme, D(2025, 12, 31), COMMAND)
    mine = act(Appraisal.objects.get(organization=county), "send", staff)
    own, other = factories.user("county_staff", county), factories.user("county_staff", zone)
    body = {"appraisal": mine.pk, "words": "与事实不符"}
    client.force_login(other)
    assert client.get(f"/appraisals/{mine.pk}/").status_code == 200
    assert "提出异议" not in client.get(f"/appraisals/{mine.pk}/").content.decode()
    assert client.post("/api/appraisal-objections/", body, content_type="application/json").status_code == 403
    page = f"/appraisal-desk/{mine.pk}/object/?item=missed"
    assert client.get(page).status_code == 403
    client.force_login(own)
    assert page in client.get(f"/appraisals/{mine.pk}/").content.decode()
    assert f'value="{late.pk}"' in client.get(page).content.decode()
    sent = {"words": "已按期召开，有纪要", "record": str(late.pk), "once": "objection-1"}
    for _ in range(2):
        shown = client.post(page, sent, follow=True).content.decode()
    assert f"/duty-dues/{late.pk}/" in shown and AppraisalObjection.objects.count() == 1
    # What the item does not count cannot be left out of it.
    stray = body | {"item": scheme.items.get().pk, "record_key": late.pk + 1}
    answer = client.post("/api/appraisal-objections/", stray, content_type="application/json")
    assert "清单中没有这条记录" in answer.json()["message"] + str(answer.json()["fields"])
    # The form of the ledger itself names the sheet that the address gives by its number.
    plain = client.get(f"/appraisal-objections/new/?appraisal={mine.pk}").content.decode()
    assert f"{scheme.title} {county.name}" in plain
    objection = AppraisalObjection.objects.get()
    for name, person in (("withdraw", other), ("withdraw", staff), ("answer", own), ("answer", other)):
        with pytest.raises(NotAllowed):
            act(objection, name, person, answer="属实", outcome="upheld")
    act(objection, "withdraw", own)
    # Whoever still holds the sheet as it was sent, while it is agreed to and fixed, is told: nothing is lost silently.
    held = Appraisal.objects.get(pk=mine.pk)
    act(mine, "agree", own)
    act(mine, "fix", staff)
    assert held.status == "sent"
    with pytest.raises(ValidationError, match="征求意见期间"):
        records.create(AppraisalObjection(appraisal=held, words="晚了一步"), COMMAND)
    assert AppraisalObjection.objects.count() == 1


@pytest.mark.django_db
def test_items_in_force_do_not_leave_by_the_back_door(client):
    """Neither an import that added one nor one that changed one is taken back once the scheme is in force."""
    staff, scheme = factories.user("bureau_staff"), carrying_out.scheme()
    carrying_out.item(scheme, code="a", name="甲", marks=Decimal(40))
    rows = [["方案", "代码", "维度", "评价内容", "计分方式", "分值", "事实", "每次（分）", "最多（分）"]]
    kept = ["按次扣分", 60, "未完成的履职周期", 1, 10]
    batches = []
    for name, code, marks in (("乙", "b", 60), ("甲之二", "a", 40)):
        line = [scheme.title, code, "安全监管", name, kept[0], marks, *kept[2:]]
        batch = sheets.received(staff, sheets.book([*rows, line]), "appraisal-items")
        assert writing.write(batch.pk, staff)
        batches.append(batch)
    assert sorted(scheme.items.values_list("name", flat=True)) == ["乙", "甲之二"]
    act(scheme, "adopt", staff)
    for batch in batches:
        with pytest.raises(writing.Refused):
            writing.undo(batch.pk, staff)
    assert sorted(scheme.items.values_list("name", flat=True)) == ["乙", "甲之二"]


@pytest.mark.django_db
def test_two_clicks_make_one_scheme_and_what_is_published_is_not_computed_anew(client):
    client.force_login(factories.user("bureau_staff"))
    for _ in range(2):
        answer = client.post("/appraisal-desk/new/", {"year": "2025", "once": "scheme-1-2"}, follow=True)
        assert answer.status_code == 200
    assert "没有重复建立" in answer.content.decode()
    scheme = AppraisalScheme.objects.get()
    with history_guard.writer():
        AppraisalScheme._base_manager.filter(pk=scheme.pk).update(status="published")
    with pytest.raises(NotAllowed):
        engine.compute(scheme, D(2025, 12, 31), COMMAND)


@pytest.mark.django_db
def test_an_appraisal_of_works_counts_no_enterprises(client):
    """One danger at works and two at a port of the district: of works one, of all three; a fact as an indicator."""
    part, place = factories.section(), factories.district()
    county = factories.organization("county", district=place)
    factories.change(part.project, district=place)
    port = Project.objects.get(pk=sectors.enterprise(district=place).pk)
    factories.hidden_danger(part)
    for _ in range(2):
        at_port = {"part": "2号泊位", "description": "临边无防护", "project": port}
        records.create(HiddenDanger(**at_port), COMMAND)
    with history_guard.writer():
        HiddenDanger._base_manager.update(verified_on=D(2025, 3, 1), found_on=D(2025, 3, 1))
    rate = RATE | {"indicator": "danger.rectified", "zero_at": Decimal(60)}
    found = {"fact": "danger.found", "per_event": Decimal(1), "cap": Decimal(10), "marks": Decimal(20)}
    scheme = scheme_of(
        rate | {"code": "all"},
        rate | {"code": "works", "parameters": {"objects": "works"}, "marks": Decimal(20)},
        MISSED | found | {"code": "found"},
        MISSED | found | {"code": "at-works", "parameters": {"objects": "works"}},
    )
    engine.compute(scheme, D(2025, 12, 31), COMMAND)
    lines = {one["code"]: one for one in Appraisal.objects.get(organization=county).sheet["lines"]}
    sizes = {code: sum(kept["count"] for kept in line["lists"].values()) for code, line in lines.items()}
    assert sizes == {"all": 3, "works": 1, "found": 3, "at-works": 1}
    assert (lines["found"]["points"], lines["at-works"]["points"]) == ("17", "19")
    # Wherever a fact leads to a project, it knows what kinds of objects there are.
    kinds = [set(known.object_kinds()) for known in facts.registered() if known.project]
    assert kinds and all(of == {"works", "enterprise", "route"} for of in kinds)
    refused = [({"objects": "ships"}, "不能是“ships”"), ({"objects": ["works"]}, "不能是")]
    for wrong, said in [*refused, ({"grade": "major"}, "没有参数“grade”")]:
        with pytest.raises(ValidationError, match=said):
            carrying_out.item(scheme, **found, parameters=wrong)
    with pytest.raises(ValidationError, match="没有参数“objects”"):
        carrying_out.item(scheme, parameters={"objects": "works"})
    shipped = {item.code: item.parameters for item in schemes.from_shipped(2024, COMMAND).items.all()}
    of_works = {code for code, values in shipped.items() if values == {"objects": "works"}}
    assert of_works == {"danger-rectified", "danger-in-time", "incidents", "deaths"}
