"""Generated over every ledger: what is exported and sent in again changes nothing; sent in anew it is the same."""

import pytest

from supervision.flows import records
from supervision.flows.models import Event
from supervision.ledgers.registry import all_ledgers
from supervision.ledgers.sheets import acting, export, rules
from supervision.people import history_guard

from . import factories, sheets

pytestmark = pytest.mark.django_db

IMPORTABLE = [
    ledger for ledger in all_ledgers() if ledger.importable and ledger.keeps_history and ledger.exportable
]
EXPORTABLE = [ledger for ledger in all_ledgers() if ledger.exportable]
slugs = {"ids": lambda ledger: ledger.slug}


@pytest.fixture
def base(tmp_path):
    return tmp_path / "sheet.xlsx"


@pytest.mark.divided
@pytest.mark.parametrize("ledger", IMPORTABLE, **slugs)
def test_export_then_import_is_the_identity(ledger, base):
    made = [factories.make(ledger.model) for _ in range(3)]
    if ledger.flow:
        # Records in later states are exported with the rest and must come back as they are.
        with history_guard.writer():
            for record, status in zip(made, list(ledger.flow.states)[1:], strict=False):
                ledger.model._base_manager.filter(pk=record.pk).update(status=status)
    before = sheets.event_count()
    sheets.exported(base, ledger.slug)
    data, staged = sheets.check(base, ledger.slug)
    assert sheets.problems(staged) == []
    assert sheets.actions(staged) == ["unchanged"] * acting.records_of(ledger, None).count()
    assert len(staged) >= 3
    assert not [note for note in data.notes if "忽略" in note]
    assert sheets.event_count() == before


@pytest.mark.divided
@pytest.mark.parametrize("ledger", IMPORTABLE, **slugs)
def test_import_into_an_empty_table_gives_the_same(ledger, base):
    made = [factories.make(ledger.model) for _ in range(2)]
    sheets.exported(base, ledger.slug)
    columns = rules.settable(ledger, ledger.sheet_columns)

    def values(queryset):
        return sorted([str(export.out(column, record)) for column in columns] for record in queryset)

    wanted = values(acting.records_of(ledger, None).filter(pk__in=[record.pk for record in made]))
    for record in made:
        records.delete(ledger.model._base_manager.get(pk=record.pk), factories.COMMAND, reason="测试")
    # Making a record may have brought others of its ledger along (a person belongs to a unit).
    others = acting.records_of(ledger, None).count()
    found = sheets.command("import_sheet", ledger.slug, str(base))
    assert found == (0, [{"created": 2, "updated": 0, "unchanged": others}])
    made_now = Event.objects.filter(verb="create", label="导入新增").values("object_id")
    assert values(acting.records_of(ledger, None).filter(pk__in=made_now)) == wanted


@pytest.mark.divided
@pytest.mark.parametrize("ledger", EXPORTABLE, **slugs)
def test_every_ledger_exports_for_everyone_who_may_open_it(ledger, base):
    from supervision.people.models import Role

    for role in sorted(ledger.view_roles & set(Role))[:2]:
        person = factories.user(role)
        sheets.exported(base, ledger.slug, person)
        assert sheets.cells(base)[0][0] == (ledger.sheet_title or ledger.label)
