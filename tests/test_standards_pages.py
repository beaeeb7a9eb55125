"""Versions in the database: drafts, adoption, what is frozen from then on; upload and difference on pages and API."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import ProtectedError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from projects.models import Standard, StandardItem, StandardTable, StandardVersion
from projects.standards import shipped, workbook
from projects.standards.checking import problems
from projects.standards.spec import Item
from projects.standards.store import delete_draft, former_version, save_draft, spec_of
from supervision.flows import perform, records
from supervision.flows.errors import NotAllowed
from supervision.flows.history import Actor
from supervision.people.models import Role
from tests.factories import COMMAND, user

D = Decimal
FACTS = {"effective_from": date(2026, 1, 1), "source_document": "省厅新办法", "confidence": "V"}


@pytest.fixture
def clerk(db):
    return user(Role.BUREAU_STAFF)


@pytest.fixture
def loaded(db):
    shipped.load()
    return StandardVersion.objects.select_related("standard").get(standard__code="PAGD", label="2018")


def next_version(of: StandardVersion, label: str = "2026", **changed):
    return replace(spec_of(of), label=label, pk=None, **changed)


def bigger(spec, number: int = 300):
    """The same version with a table of `number` items for the owner."""
    items = tuple(Item("JS", str(n), f"条目{n}", D(1)) for n in range(1, number + 1))
    tables = tuple(replace(t, items=items, full=D(number)) if t.code == "JS" else t for t in spec.tables)
    return replace(spec, tables=tables)


def upload(client: Client, standard: Standard, spec, facts=FACTS, name: str = "新版.xlsx", url: str = ""):
    target = io.BytesIO()
    workbook.write(target, spec, facts)
    file = SimpleUploadedFile(name, target.getvalue())
    chosen = standard.code if url else standard.pk
    return client.post(url or reverse("upload_standard"), {"standard": chosen, "file": file})


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


# ------------------------------------------------------------------------------------------- drafts and adoption


def test_a_draft_is_compared_adopted_and_then_frozen(loaded, clerk):
    actor = Actor.of(clerk, "page")
    draft = save_draft(loaded.standard, next_version(loaded), FACTS, actor)
    assert (draft.status, former_version(draft)) == ("draft", loaded)
    item = StandardItem.objects.filter(table__standard_version=draft, table__code="JS").first()
    records.update(item, {"rule": "缺一项扣3分"}, actor)
    adopted = perform.perform(draft, "adopt", actor)
    assert adopted.status == "active"
    item.refresh_from_db()
    with pytest.raises(ValidationError, match="不能再改"):
        records.update(item, {"full_marks": D(1)}, actor)
    with pytest.raises(ValidationError, match="不能再改"):
        records.update(item, {"full_marks": D(1)}, actor, clean=False)
    with pytest.raises(ValidationError, match="不能再改"):
        records.update(item.table, {"title": "另一张表"}, actor)
    with pytest.raises(ValidationError, match="另立新版本"):
        records.update(adopted, {"pass_line": D(1)}, actor)
    with pytest.raises(ValidationError, match="不能再改"):
        records.create(StandardItem(table=item.table, no="99", title="又一条", full_marks=D(1)), actor)
    for record in (item, item.table, adopted):
        with pytest.raises(ProtectedError):
            records.delete(record, actor, reason="误删")
    assert spec_of(adopted).items["JS/1"].rule == "缺一项扣3分"


def test_a_faulty_draft_cannot_be_adopted(loaded, clerk):
    actor = Actor.of(clerk, "page")
    draft = save_draft(loaded.standard, next_version(loaded), FACTS, actor)
    item = StandardItem.objects.get(table__standard_version=draft, table__code="JS", no="1")
    records.update(item, {"full_marks": D(19)}, actor)
    with pytest.raises(ValidationError) as error:
        perform.perform(draft, "adopt", actor)
    assert error.value.messages == ["表“JS”各条目满分之和为 101，与载明的 100 不符"]
    draft.refresh_from_db()
    assert draft.status == "draft"


def test_only_the_bureau_adopts_and_retires(loaded, clerk):
    draft = save_draft(loaded.standard, next_version(loaded), FACTS, COMMAND)
    with pytest.raises(NotAllowed):
        perform.perform(draft, "adopt", Actor.of(user(Role.OWNER), "page"))
    retired = perform.perform(loaded, "retire", Actor.of(clerk, "page"), {"opinion": "省厅已废止"})
    assert (retired.status, retired.is_usable) == ("retired", False)
    assert retired.effective_to is not None
    assert problems(spec_of(retired)) == []


def test_a_draft_of_the_same_label_is_replaced_an_adopted_one_never(loaded):
    first = save_draft(loaded.standard, next_version(loaded), FACTS, COMMAND)
    second = save_draft(loaded.standard, next_version(loaded, pass_line=D(75)), FACTS, COMMAND)
    assert not StandardVersion.objects.filter(pk=first.pk).exists()
    assert second.pass_line == D(75)
    before = StandardVersion.objects.count(), StandardItem.objects.count()
    with pytest.raises(ValidationError, match="已经启用"):
        save_draft(loaded.standard, next_version(loaded, "2018"), FACTS, COMMAND)
    assert (StandardVersion.objects.count(), StandardItem.objects.count()) == before
    delete_draft(second, COMMAND, reason="不用了")
    assert not StandardTable.objects.filter(standard_version_id=second.pk).exists()


def test_a_bad_cell_leaves_nothing_of_the_version(loaded):
    before = StandardVersion.objects.count()
    spec = next_version(loaded)
    tables = (replace(spec.tables[0], title="长" * 200), *spec.tables[1:])
    with pytest.raises(ValidationError):
        save_draft(loaded.standard, replace(spec, tables=tables), FACTS, COMMAND)
    assert StandardVersion.objects.count() == before


def test_three_hundred_items_open_in_as_many_queries_as_eighty(loaded, clerk):
    draft = save_draft(loaded.standard, bigger(next_version(loaded)), FACTS, COMMAND)
    with CaptureQueriesContext(connection) as read:
        assert len(spec_of(draft).items) > 300
    assert len(read) == 2
    client = signed_in(clerk)
    client.get(reverse("standard-versions:detail", args=[loaded.pk]))
    counts = []
    for version in (loaded, draft):
        with CaptureQueriesContext(connection) as seen:
            answer = client.get(reverse("compare_standard", args=[version.pk]))
        assert answer.status_code == 200
        counts.append(len(seen))
    assert counts[1] == counts[0]
    item = StandardItem.objects.filter(table__standard_version=draft, table__code="JS").last()
    small = StandardItem.objects.filter(table__standard_version=draft, table__code="JL").last()
    costs = []
    for row in (item, small):
        with CaptureQueriesContext(connection) as saved:
            records.update(row, {"rule": "新的扣分标准"}, COMMAND)
        costs.append(len(saved))
    assert costs[0] == costs[1]


# ----------------------------------------------------------------------------------------------- upload, compare


def test_upload_shows_the_difference_and_adoption_follows(loaded, clerk):
    client = signed_in(clerk)
    spec = next_version(loaded, pass_line=D(72))
    answer = upload(client, loaded.standard, spec)
    draft = StandardVersion.objects.get(label="2026")
    assert answer.status_code == 302 and answer["Location"] == reverse("compare_standard", args=[draft.pk])
    page = client.get(answer["Location"]).content.decode()
    assert "合格线：70 → 72" in page
    assert spec_of(draft) == spec
    assert (draft.effective_from, draft.source_document) == (FACTS["effective_from"], "省厅新办法")
    client.post(reverse("standard-versions:do", args=[draft.pk, "adopt"]), {"version": draft.version})
    draft.refresh_from_db()
    assert draft.status == "active"


def test_a_faulty_workbook_writes_nothing_and_says_where(loaded, clerk):
    client = signed_in(clerk)
    spec = next_version(loaded)
    table = spec.by_code["JS"]
    twice = replace(table, items=(*table.items[:-1], replace(table.items[-1], no="1")))
    bad = replace(spec, tables=tuple(twice if t.code == "JS" else t for t in spec.tables))
    before = StandardVersion.objects.count()
    answer = upload(client, loaded.standard, bad)
    assert answer.status_code == 400
    page = answer.content.decode()
    row = sum(len(t.items) for t in spec.tables) + 1
    assert "表“JS”条目“1”重复出现" in page and f">{row}<" in page and "条目" in page
    assert StandardVersion.objects.count() == before


def test_an_adopted_label_cannot_be_uploaded_again(loaded, clerk):
    answer = upload(signed_in(clerk), loaded.standard, next_version(loaded, "2018"))
    assert answer.status_code == 400
    assert "请给新版本另起版本号" in answer.content.decode()


@pytest.mark.parametrize("role", [Role.OWNER, Role.CONTRACTOR, Role.BUREAU_LEADER, Role.COUNTY_STAFF])
def test_others_read_and_do_not_upload(loaded, role):
    client = signed_in(user(role))
    assert client.get(reverse("standard-versions:detail", args=[loaded.pk])).status_code == 200
    assert client.get(reverse("compare_standard", args=[loaded.pk])).status_code == 200
    assert client.get(reverse("upload_standard")).status_code == 403
    assert upload(client, loaded.standard, next_version(loaded)).status_code == 403
    assert (
        upload(
            client, loaded.standard, next_version(loaded), url="/api/standard-versions/upload/"
        ).status_code
        == 403
    )
    assert not StandardVersion.objects.filter(label="2026").exists()


def test_strangers_and_administrators_see_nothing(loaded, settings):
    settings.PORTAL_REQUIRE_TOTP = False
    for name, args in (
        ("standard_template", []),
        ("standard_book", [loaded.pk]),
        ("compare_standard", [loaded.pk]),
    ):
        assert Client().get(reverse(name, args=args)).status_code == 302
        assert signed_in(user(Role.SYSTEM_ADMIN)).get(reverse(name, args=args)).status_code == 403
    assert Client().get(f"/api/standard-versions/{loaded.pk}/content/").status_code == 401
    assert (
        signed_in(user(Role.SYSTEM_ADMIN)).get(f"/api/standard-versions/{loaded.pk}/content/").status_code
        == 403
    )


def test_the_workbook_of_a_version_is_the_start_of_the_next(loaded, clerk, tmp_path):
    client = signed_in(clerk)
    answer = client.get(reverse("standard_book", args=[loaded.pk]))
    path = tmp_path / "x.xlsx"
    path.write_bytes(b"".join(answer.streaming_content))
    reading = workbook.read(path, "x.xlsx", "PAGD")
    assert reading.spec == spec_of(loaded)
    assert b"".join(client.get(reverse("standard_template")).streaming_content)[:2] == b"PK"


def test_the_same_through_the_api(loaded, clerk):
    client = signed_in(clerk)
    made = upload(client, loaded.standard, next_version(loaded), url="/api/standard-versions/upload/")
    assert made.status_code == 201, made.content
    pk = made.json()["id"]
    assert client.get(f"/api/standard-versions/{pk}/compare/").json() == {
        "version": pk,
        "other": loaded.pk,
        "changes": [],
    }
    content = client.get(f"/api/standard-versions/{pk}/content/").json()
    assert content["pass_line"] == "70.00" and len(content["tables"]) == 8
    bad = replace(next_version(loaded), pass_line=D(99), excellent_line=D(90))
    refused = upload(client, loaded.standard, bad, url="/api/standard-versions/upload/")
    assert refused.status_code == 400
    assert refused.json()["faults"][0]["message"] == "优秀线 90 低于合格线 99"


def test_the_page_of_a_version_shows_rules_and_sources(loaded, clerk):
    page = signed_in(clerk).get(reverse("standard-versions:detail", args=[loaded.pk])).content.decode()
    for text in (
        "0.5*basic + 0.5*site",
        "本系统设定",
        "经查实存在重大事故隐患",
        "各保留 1 位小数",
        "90（本系统设定）",
    ):
        assert text in page


def test_items_of_an_adopted_version_cannot_be_edited_on_their_page(loaded, clerk):
    client = signed_in(clerk)
    item = StandardItem.objects.filter(table__standard_version=loaded).first()
    assert client.get(reverse("standard-items:edit", args=[item.pk])).status_code == 403
    draft = save_draft(loaded.standard, next_version(loaded), FACTS, COMMAND)
    item = StandardItem.objects.filter(table__standard_version=draft).first()
    assert client.get(reverse("standard-items:edit", args=[item.pk])).status_code == 200
