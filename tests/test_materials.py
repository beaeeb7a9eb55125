"""Suppliers, batches, retests, use: what may not be used, and who may be bought from."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from quality import facts
from quality.models import MaterialBatch, MaterialUse, SupplierAssessment
from supervision.flows import records
from supervision.flows.errors import IllegalTransition, NotAllowed
from supervision.flows.perform import blocked, waiting_for
from supervision.people.models import User

from . import safety, testing
from .factories import COMMAND
from .testing import STEEL, paper, result, sample, steel

pytestmark = pytest.mark.django_db


@pytest.fixture
def works():
    with safety.today_is(date(2026, 6, 1)):
        yield testing.works()


def use(batch: MaterialBatch, quantity="10", **facts) -> MaterialUse:
    batch = MaterialBatch.objects.get(pk=batch.pk)
    facts = {"part": "2号墩", "quantity": Decimal(quantity), "used_on": date(2026, 6, 1)} | facts
    return records.create(MaterialUse(batch=batch, **facts), COMMAND)


def submitted(works, **facts) -> MaterialBatch:
    made = testing.batch(works.section, **facts)
    paper(made, "质量证明书")
    return works.act(made, "submit", "contractor", certificate="ZB-1")


def refused(works, batch) -> str:
    with pytest.raises(ValidationError) as told:
        works.act(batch, "release", "supervisor")
    return "".join(told.value.messages)


def test_steel_is_released_when_all_its_retests_passed(works):
    lot = submitted(works)
    assert "缺少复验：钢筋屈服强度、钢筋抗拉强度、钢筋断后伸长率" in refused(works, lot)
    steel(lot, works.laboratory)
    lot.refresh_from_db()
    assert lot.retest == "passed"
    lot = works.act(lot, "release", "supervisor")
    assert lot.released_on == date(2026, 6, 1)
    assert use(lot).pk


def test_a_batch_without_certificate_is_not_handed_in(works):
    lot = testing.batch(works.section)
    with pytest.raises(ValidationError, match="缺少附件：质量证明书"):
        works.act(lot, "submit", "contractor", certificate="ZB-1")


@pytest.mark.parametrize("status", ["entered", "checking", "rejected"])
def test_what_is_not_released_is_not_used(works, status):
    lot = testing.put(testing.batch(works.section, material="支座"), status)
    with pytest.raises(ValidationError, match="准予使用后方可登记使用"):
        use(lot)


def test_a_failed_retest_keeps_a_batch_from_use_and_a_passed_one_lets_it_go(works):
    lot = submitted(works)
    first = steel(lot, works.laboratory, bad=STEEL[1])[1]
    lot.refresh_from_db()
    assert lot.retest == "failed" and "复验不合格：钢筋抗拉强度" in refused(works, lot)
    bar = sample(works.section, material="钢筋", grade="HRB400", batch=lot)
    result(bar, works.laboratory, "590、600、610、620", parameter=STEEL[1], retest_of=first)
    lot.refresh_from_db()
    assert lot.retest == "passed"
    works.act(lot, "release", "supervisor")


def test_a_result_that_fails_after_the_release_stops_the_use(works):
    lot = submitted(works)
    steel(lot, works.laboratory)
    works.act(lot, "release", "supervisor")
    use(lot)
    steel(lot, works.laboratory, bad=STEEL[0])
    with pytest.raises(ValidationError, match="复验不合格：钢筋屈服强度"):
        use(lot)
    assert list(facts.used_though_failed(date(2026, 1, 1), date(2026, 12, 31))) == list(
        MaterialUse.objects.all()
    )


def test_a_voided_result_is_no_retest(works):
    lot = submitted(works)
    for test in steel(lot, works.laboratory)[:1]:
        works.act(test, "void", "inspector")
    lot.refresh_from_db()
    assert lot.retest == "missing" and "缺少复验：钢筋屈服强度" in refused(works, lot)


def test_a_status_or_retest_typed_beside_the_flow_opens_no_gate(works):
    """The gate asks the tests, not the column that shows their state."""
    lot = testing.put(testing.batch(works.section), "released", retest="passed", released_on=date(2026, 5, 1))
    with pytest.raises(ValidationError, match="缺少复验"):
        use(lot)


def test_no_more_is_used_than_came(works):
    lot = testing.put(
        testing.batch(works.section, material="支座", quantity=20, unit="个"),
        "released",
        released_on=date(2026, 5, 1),
    )
    use(lot, "15")
    with pytest.raises(ValidationError, match="尚余5个"):
        use(lot, "5.001")
    use(lot, "5")
    with pytest.raises(ValidationError, match="早于准予使用日期"):
        use(lot, "1", used_on=date(2026, 4, 30))


def test_whoever_handed_in_does_not_release(works):
    lot = submitted(works, material="支座")
    with pytest.raises(NotAllowed):
        works.act(lot, "release", "contractor")
    assert works.act(lot, "release", "owner").status == "released"


# ------------------------------------------------------------------------------------------------------ suppliers


def removed(works):
    made = testing.supplier(name="不良建材")
    return works.act(made, "remove", "bureau_staff", reason="两次供应不合格钢筋")


def entry(works, role: str, supplier, **facts) -> int:
    client = Client()
    client.force_login(works.people[role], backend="django.contrib.auth.backends.ModelBackend")
    body = {
        "section": works.section.pk,
        "material": "支座",
        "grade": "GYZ",
        "supplier": supplier.pk,
        "batch": f"B-{role}",
        "quantity": "8",
        "unit": "个",
        "entered_on": "2026-06-01",
    } | facts
    return client.post("/api/material-batches/", body, content_type="application/json")


def test_a_removed_supplier_is_refused_at_entry_unless_overruled_from_above(works):
    supplier = removed(works)
    answer = entry(works, "contractor", supplier)
    assert answer.status_code == 400 and "已于2026-06-01清退" in answer.json()["fields"]["supplier"][0]
    reason = {"overrule_reason": "已订货，逐件检验"}
    assert entry(works, "contractor", supplier, **reason).status_code == 403
    assert not MaterialBatch.objects.exists()
    assert entry(works, "owner", supplier, **reason).status_code == 201
    lot = MaterialBatch.objects.get()
    assert lot.overruled and lot.status == "entered"
    staff = User.objects.get(pk=works.people["bureau_staff"].pk)
    assert list(waiting_for(MaterialBatch, staff)) == [lot]
    seen = works.act(lot, "see", "bureau_staff")
    assert (seen.overrule_seen_on, seen.status) == (date(2026, 6, 1), "entered")
    assert not waiting_for(MaterialBatch, User.objects.get(pk=staff.pk)).exists()


def test_a_closed_supplier_supplies_nothing(works):
    gone = works.act(testing.supplier(), "close", "bureau_staff")
    with pytest.raises(ValidationError, match="已注销登记"):
        testing.batch(works.section, supplier=gone, overrule_reason="确需")


def test_what_came_before_the_removal_goes_its_way(works):
    supplier = testing.supplier()
    lot = submitted(works, material="支座", supplier=supplier)
    works.act(supplier, "remove", "bureau_staff", reason="资料造假")
    assert works.act(lot, "release", "supervisor").status == "released"


def test_the_way_back_of_a_removed_supplier(works):
    supplier = removed(works)
    assert supplier.may_return_on == date(2026, 12, 1)
    paper(supplier, "整改材料")
    with pytest.raises(ValidationError, match="2026-12-01起方可申请恢复"):
        works.act(supplier, "appeal", "owner")
    with safety.today_is(date(2026, 12, 1)):
        works.act(supplier, "appeal", "owner")
        # While it asks, its batches are still refused.
        with pytest.raises(ValidationError, match="不得进场"):
            testing.batch(works.section, material="支座", supplier=supplier)
        back = works.act(supplier, "refuse", "bureau_staff")
        assert (back.status, back.returned) == ("removed", 1)
        works.act(supplier, "appeal", "owner")
        back = works.act(supplier, "restore", "bureau_staff")
        assert (back.status, back.removed_on, back.reason) == ("listed", None, "")
        assert back.restored_on == date(2026, 12, 1)
        assert not testing.batch(works.section, material="支座", supplier=back).overruled
    told = [(event.label, event.changes.get("reason")) for event in records.events_of(back).order_by("seq")]
    assert ("清退", ["", "两次供应不合格钢筋"]) in told


@pytest.mark.parametrize("role", ["contractor", "owner", "supervisor"])
def test_only_an_authority_removes(works, role):
    with pytest.raises(NotAllowed):
        works.act(testing.supplier(), "remove", role, reason="价高")


@pytest.mark.parametrize(
    ("marks", "score", "proposal"),
    [
        ((75, 75, 75, 75), "75.0", "keep"),
        ((74.9, 75, 75, 75), "75.0", "keep"),  # 74.95, rounded half to even: shown and judged as 75.0
        ((74.8, 75, 75, 75), "74.9", "warn"),
        ((60, 60, 60, 60), "60.0", "warn"),
        ((59, 60, 60, 60), "59.5", "remove"),
        ((100, 50, 80, 80), "84.0", "keep"),
    ],
)
def test_the_marks_of_a_quarter(works, marks, score, proposal):
    names = ("quality", "delivery", "papers", "service")
    made = SupplierAssessment(
        supplier=testing.supplier(),
        section=works.section,
        quarter="2026-Q1",
        **{name: Decimal(str(value)) for name, value in zip(names, marks, strict=True)},
    )
    made = records.create(made, COMMAND)
    assert (made.score, made.proposal) == (Decimal(score), proposal)
    assert made.scoring_rule.source_label == "本系统设定" and made.supplier.status == "listed"


@pytest.mark.parametrize("quarter", ["2026-Q5", "2026Q1", "2026-Q3", ""])
def test_a_quarter_that_is_none_or_has_not_begun(works, quarter):
    marks = dict.fromkeys(("quality", "delivery", "papers", "service"), Decimal(80))
    made = SupplierAssessment(supplier=testing.supplier(), section=works.section, quarter=quarter, **marks)
    with pytest.raises(ValidationError) as told:
        records.create(made, COMMAND)
    assert "quarter" in told.value.message_dict


def test_a_rejected_batch_is_at_its_end(works):
    lot = works.act(testing.batch(works.section), "reject", "supervisor", disposal="退场，运回厂家")
    with pytest.raises(IllegalTransition):
        works.act(lot, "submit", "contractor", certificate="ZB-1")
    assert not blocked(lot, works.people["contractor"])
