"""Importing in two steps: what is found, what is written, what is refused, and taking it back."""

import random
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from projects.models import KeyPerson, Project, Section
from supervision.flows import history, records
from supervision.flows.errors import FlowError, IllegalTransition
from supervision.flows.models import Event
from supervision.jobs import services
from supervision.jobs.models import JobRun
from supervision.ledgers.models import ImportBatch
from supervision.ledgers.registry import get
from supervision.ledgers.sheets import export, staging, writing
from supervision.people.models import Role

from . import factories, sheets

pytestmark = pytest.mark.django_db

HEAD = ["项目名称", "别名", "项目编号", "领域", "项目层级", "建设单位", "总投资（万元）", "计划开工日期"]


@pytest.fixture
def staff():
    return factories.user(Role.BUREAU_STAFF)


def row(name, **cells):
    values = dict(zip(HEAD, [name, *[None] * 7], strict=True)) | cells
    return [values[label] for label in HEAD]


def batch_of(user, *rows, ledger="projects", head=HEAD) -> ImportBatch:
    return sheets.received(user, sheets.book([head, *rows]), ledger)


def found(batch):
    return [(r.row, e["column"], e["message"]) for r in batch.rows.all() for e in r.errors]


def fresh(batch) -> ImportBatch:
    return ImportBatch.objects.get(pk=batch.pk)


# ---------------------------------------------------------------------------------------------------- checking


def test_a_spelling_or_an_alias_names_the_existing_project(staff):
    known = factories.project(name="宿连航道二期", aliases=["宿连航道"])
    batch = batch_of(staff, row("宿连航道2期", 项目编号="A-1"), row("新项目"))
    assert [r.action for r in batch.rows.all()] == ["update", "create"]
    assert writing.commit(batch, staff)
    known.refresh_from_db()
    assert (known.name, known.code, known.aliases) == ("宿连航道二期", "A-1", [])
    assert Project.objects.filter(name="新项目").exists()
    assert {e.source for e in Event.objects.filter(batch=batch.tag)} == {"import"}


def test_an_absent_column_is_left_alone_and_an_empty_cell_empties(staff):
    known = factories.project(name="甲", code="A-1", remark="备注", investment=10)
    batch = batch_of(staff, ["甲", None], head=["项目名称", "项目编号"])
    writing.commit(batch, staff)
    known.refresh_from_db()
    assert (known.code, known.remark, known.investment) == ("", "备注", 10)


def test_unchanged_rows_write_nothing(staff):
    factories.project(name="甲", code="A-1", investment=10)
    before = sheets.event_count()
    batch = batch_of(staff, ["甲", "A-1", 10.0], head=["项目名称", "项目编号", "总投资（万元）"])
    assert (batch.unchanged, batch.created, batch.updated, batch.error_count) == (1, 0, 0, 0)
    writing.commit(batch, staff)
    assert sheets.event_count() == before


def test_unknown_ambiguous_and_hidden_records_read_alike(staff):
    mine = factories.district()
    county = factories.user(Role.COUNTY_STAFF, factories.organization("county", district=mine))
    factories.project(name="别家的", district=factories.district(), level="county")
    factories.project(name="自家的", district=mine, level="county")
    head = ["项目", "标段号", "标段名称"]
    rows = [["别家的", "SG-1", "a"], ["没有的", "SG-1", "b"], ["自家的", "SG-1", "c"]]
    batch = batch_of(county, *rows, ledger="sections", head=head)
    first, second = found(batch)
    assert first[:2] == (2, "项目")
    assert first[2].replace("别家的", "没有的") == second[2]
    assert batch.created == 1


def test_the_same_record_twice_names_both_rows(staff):
    factories.project(name="宿连航道二期", aliases=["宿连航道"])
    batch = batch_of(
        staff,
        row("甲", 项目编号="X"),
        row("宿连航道", 项目编号="1"),
        row("甲 ", 项目编号="Y"),
        row("宿连航道2期", 项目编号="2"),
        row("乙", 别名="丙", 项目编号="Z"),
        row("丁", 别名="丙、戊"),
        row("己", 项目编号="Z"),
    )
    messages = {(r, m) for r, _, m in found(batch)}
    assert {
        (2, "与第 4 行重复"),
        (4, "与第 2 行重复"),
        (3, "与第 5 行重复"),
        (5, "与第 3 行重复"),
    } <= messages
    assert (6, "名称或别名“丙”与第 7 行相同") in messages or (6, "与第 8 行重复") in messages
    assert (7, "名称或别名“丙”与第 6 行相同") in messages
    assert (8, "与第 6 行重复") in messages
    assert batch.error_count == 7


def test_fields_that_nobody_may_send_are_ignored_and_said(staff):
    award = factories.scheme("XYB")
    works = factories.project(name="甲")
    head = ["申报方案", "申报年度", "申报阶段", "项目", "状态", "申报日期", "备注"]
    batch = batch_of(
        staff, [award.name, 2025, "挂牌", "甲", "已命名", "2025-01-02", "x"], ledger="candidacies", head=head
    )
    assert found(batch) == []
    assert any("状态" in note for note in batch.notes)
    assert any("申报日期" in note for note in batch.notes)
    writing.commit(batch, staff)
    made = works.candidacies.get()
    assert (made.status, made.declared_on, made.remark) == (made.flow.initial, None, "x")


def test_a_record_past_its_editable_states_is_not_changed(staff):
    made = factories.candidacy(factories.project(name="甲"), status="named")
    head = ["申报方案", "申报年度", "申报阶段", "项目", "备注"]
    cells = [made.scheme.name, made.year, made.get_stage_display(), "甲", "改"]
    batch = batch_of(staff, cells, ledger="candidacies", head=head)
    assert [(at, column) for at, column, _ in found(batch)] == [(2, "")]
    assert "不能修改" in found(batch)[0][2]


def test_fixed_columns_stay(staff):
    made = factories.key_person()
    head = ["标段", "所属单位", "岗位", "姓名", "任职日期"]
    other = factories.organization("contractor")
    cells = [str(made.section), other.name, made.post, made.name, made.since.isoformat()]
    batch = batch_of(staff, cells, ledger="key-people", head=head)
    assert found(batch) == [(2, "所属单位", "登记后不能修改")]


def test_the_models_own_rules(staff):
    tomorrow = timezone.localdate() + timedelta(days=1)
    head = ["项目名称", "总投资（万元）", "建安费（万元）", "开工日期", "起讫桩号", "领域"]
    batch = batch_of(
        staff,
        ["甲", 10, 11, tomorrow.isoformat(), "K5+2000", "水运"],
        ["乙" * 121, -1, None, None, "Ｘ３０１：Ｋ０＋５００－Ｋ５＋１００", "空运"],
        head=head,
    )
    where = {(r, column) for r, column, _ in found(batch)}
    assert where == {
        (2, "建安费（万元）"), (2, "开工日期"), (2, "起讫桩号"), (3, "项目名称"), (3, "总投资（万元）"), (3, "领域"),
    }  # fmt: skip


def test_texts_that_are_programs_stay_texts(staff, tmp_path):
    texts = [
        "=cmd|' /C calc'!A0",
        "<img onerror=alert(1)>",
        "{{7*7}}{% now %}",
        "+1+1",
        "@SUM(A1)",
        "𠮷😀\u202e",
        "_x0041_",
    ]
    for number, text in enumerate(texts):
        factories.project(name=f"项目{number}", remark=text)
    path = sheets.exported(tmp_path / "a.xlsx", "projects")
    book = load_workbook(path)
    assert {c.data_type for line in book.active.iter_rows() for c in line} <= {"s", "n"}
    shown = {c.value for line in book.active.iter_rows() for c in line}
    assert set(texts) - {"_x0041_"} <= shown
    _, staged = sheets.check(path)
    assert set(sheets.actions(staged)) == {"unchanged"}
    made = sheets.book([["项目名称", "备注"], *([f"新{n}", text] for n, text in enumerate(texts))])
    for line in made.active.iter_rows():
        for cell in line:
            cell.data_type = "s"
    batch = sheets.received(staff, made)
    writing.commit(batch, staff)
    assert [Project.objects.get(name=f"新{n}").remark for n in range(6)] == texts[:6]


def test_controls_in_texts_are_refused(staff):
    made = sheets.book(
        [["项目名称", "备注"], ["甲", "一_x0000_二"], ["乙", "一\n二\t三"], ["丙", "x" * 2001]]
    )
    batch = sheets.received(staff, made)
    assert [(at, column) for at, column, _ in found(batch)] == [(2, "备注"), (4, "备注")]
    assert batch.rows.get(row=3).values["remark"] == "一\n二\t三"


@pytest.mark.parametrize("text", ["NaN", "1e5", "１２．５", "－3", "1,2", "abc", "Infinity"])
def test_numbers_as_people_send_them(staff, text):
    batch = batch_of(staff, row("甲", **{"总投资（万元）": text}))
    if text == "１２．５":
        assert str(batch.rows.get().values["investment"]) == "12.5"
    else:
        assert [(r, c) for r, c, _ in found(batch)] == [(2, "总投资（万元）")]


# ----------------------------------------------------------------------------------------------------- writing


def test_faulty_rows_stop_the_rest_unless_told_otherwise(staff, tmp_path):
    batch = batch_of(staff, row("甲"), row("乙", 建设单位="无此单位"))
    with pytest.raises(IllegalTransition):
        writing.commit(batch, staff)
    assert not Project.objects.exists()
    assert writing.commit(batch, staff, good_only=True)
    assert Project.objects.get().name == "甲"
    path = tmp_path / "faulty.xlsx"
    export.write_faulty(path, fresh(batch))
    factories.organization("owner", name="无此单位")
    data, staged = sheets.check(path, user=staff)
    assert [entry.values["name"] for entry in staged] == ["乙"]
    assert sheets.problems(staged) == []


def test_a_batch_is_written_once(staff):
    batch = batch_of(staff, row("甲"))
    assert writing.commit(batch, staff)
    assert not writing.commit(batch, staff)
    assert not writing.write(batch.pk, staff)
    assert Project.objects.count() == 1


def test_the_same_file_again_waits_in_the_same_batch_and_later_changes_nothing(staff):
    content = sheets.content(sheets.book([HEAD, row("甲")]))
    first, second = sheets.received(staff, content), sheets.received(staff, content)
    assert first.pk == second.pk
    writing.commit(first, staff)
    third = sheets.received(staff, content)
    assert third.pk != first.pk
    assert (third.unchanged, third.created) == (1, 0)


def test_two_batches_of_one_file_do_not_double(staff):
    other = factories.user(Role.BUREAU_STAFF)
    one, two = batch_of(staff, row("甲")), batch_of(other, row("甲"))
    writing.commit(one, staff)
    with pytest.raises(FlowError, match="第 2 行"):
        writing.commit(two, other)
    assert Project.objects.count() == 1
    assert fresh(two).state == "staged"


def test_a_record_changed_meanwhile_is_named_and_nothing_written(staff):
    known = factories.project(name="甲")
    batch = batch_of(staff, row("乙"), row("甲", 项目编号="A-1"))
    factories.change(known, remark="x")
    before = sheets.event_count()
    with pytest.raises(FlowError, match="第 3 行：检查之后，系统于"):
        writing.commit(batch, staff)
    assert sheets.event_count() == before
    assert not Project.objects.filter(name="乙").exists()
    after = fresh(batch)
    assert (after.state, after.error_count) == ("staged", 1)
    assert writing.commit(after, staff, good_only=True)


def test_rows_out_of_reach_are_named_and_nothing_is_written():
    mine = factories.district()
    county = factories.user(Role.COUNTY_STAFF, factories.organization("county", district=mine))
    other = factories.district()
    head = ["项目名称", "所属县区", "项目层级"]
    batch = batch_of(county, ["甲", mine.name, "县区"], ["乙", other.name, "县区"], head=head)
    with pytest.raises(FlowError, match="第 3 行"):
        writing.commit(batch, county)
    assert not Project.objects.exists()
    assert writing.commit(fresh(batch), county, good_only=True)
    assert Project.objects.get().name == "甲"


def test_rights_lost_since_the_check(staff):
    batch = batch_of(staff, row("甲"))
    for membership in staff.memberships.all():
        records.update(membership, {"until": date(2020, 2, 1)}, factories.COMMAND)
    person = type(staff).objects.get(pk=staff.pk)
    with pytest.raises(FlowError):
        writing.commit(batch, person)
    assert not Project.objects.exists()


def test_long_batches_are_jobs_that_can_be_killed(staff, monkeypatch):
    monkeypatch.setattr(staging, "INLINE_ROWS", 2)
    monkeypatch.setattr(writing, "INLINE_ROWS", 2)
    batch = batch_of(staff, *[row(f"项目{n}") for n in range(5)])
    assert batch.state == "staging"
    services.execute(batch.job_id)
    batch = fresh(batch)
    assert (batch.state, batch.created, batch.job.state) == ("staged", 5, "done")
    assert writing.commit(batch, staff)
    assert not writing.commit(fresh(batch), staff)
    run = JobRun.objects.get(kind="commit_import")

    def dies(*args):
        raise services.JobLost

    monkeypatch.setattr(services, "hold", dies)
    services.execute(run.pk)
    assert not Project.objects.exists()
    assert fresh(batch).state == "committing"
    monkeypatch.undo()
    JobRun.objects.filter(pk=run.pk).update(state="queued")
    services.execute(run.pk)
    assert Project.objects.count() == 5
    assert fresh(batch).state == "committed"
    JobRun.objects.filter(pk=run.pk).update(state="queued")
    services.execute(run.pk)
    assert Project.objects.count() == 5


# -------------------------------------------------------------------------------------------------- taking back


def test_undo_removes_and_sets_back(staff):
    known = factories.project(name="甲", code="A-1", owner=factories.organization("owner"), investment=5)
    batch = batch_of(staff, row("乙"), row("甲", 项目编号="B-2"))
    writing.commit(batch, staff)
    writing.ask_undo(fresh(batch), staff)
    again = Project.objects.get()
    assert (again.name, again.code, again.owner_id, again.investment) == ("甲", "A-1", known.owner_id, 5)
    assert fresh(batch).state == "undone"
    assert list(history.verify_chains("projects.project")) == []
    with pytest.raises(IllegalTransition):
        writing.ask_undo(fresh(batch), staff)


def test_undo_also_takes_back_what_followed(staff):
    former = factories.key_person(post="总监", name="张三")
    head = ["标段", "所属单位", "岗位", "姓名", "任职日期"]
    office = former.organization.name
    batch = batch_of(
        staff, [str(former.section), office, "总监", "李四", "2024-06-01"], ledger="key-people", head=head
    )
    writing.commit(batch, staff)
    former.refresh_from_db()
    assert former.until == date(2024, 5, 31)
    writing.ask_undo(fresh(batch), staff)
    former.refresh_from_db()
    assert former.until is None
    assert KeyPerson.objects.count() == 1


def test_undo_is_refused_once_somebody_touched_a_row(staff):
    batch = batch_of(staff, row("甲"), row("乙"))
    writing.commit(batch, staff)
    factories.change(Project.objects.get(name="乙"), remark="x")
    with pytest.raises(FlowError, match="第 3 行"):
        writing.ask_undo(fresh(batch), staff)
    assert Project.objects.count() == 2
    assert fresh(batch).state == "committed"


def test_undo_is_refused_where_others_refer(staff):
    batch = batch_of(staff, row("甲"))
    writing.commit(batch, staff)
    factories.section(Project.objects.get())
    with pytest.raises(FlowError, match="引用"):
        writing.ask_undo(fresh(batch), staff)
    assert Section.objects.count() == 1


# ------------------------------------------------------------------------------------ an old workbook, commands


def old_workbook():
    """300 projects as a county kept them; returns the workbook and where it is wrong: (row, column)."""
    choose = random.Random(69)
    rows, wrong = [HEAD], set()
    for number in range(300):
        line, at = (
            row(f"某县道改造工程{number}号", 项目编号=float(20240000 + number), 领域="公路"),
            number + 2,
        )
        line[7] = choose.choice(["2024.3.1", "2024年3月1日", "2024/3/1", date(2024, 3, 1), 45352])
        if number % 50 == 7:
            line[7], _ = "2024.2.30", wrong.add((at, "计划开工日期"))
        if number % 60 == 11:
            line[5], _ = "不存在的指挥部", wrong.add((at, "建设单位"))
        if number % 100 == 99:
            line[0] = rows[-1][0]
            wrong |= {(at, "项目名称"), (at - 1, "项目名称")}
        rows.append(line)
    return sheets.book(rows), wrong


def test_an_old_workbook_from_the_command_line(tmp_path):
    made, wrong = old_workbook()
    path = str(sheets.saved(made, tmp_path / "old.xlsx"))
    before = sheets.event_count()
    status, lines = sheets.command("import_sheet", "projects", path)
    assert status == 1
    assert {(line["row"], line["column"]) for line in lines} == wrong
    assert all(set(line) == {"row", "column", "message", "value"} for line in lines)
    assert (Project.objects.count(), sheets.event_count(), ImportBatch.objects.count()) == (0, before, 0)
    status, lines = sheets.command("import_sheet", "projects", path, "--good-only")
    bad = len({at for at, _ in wrong})
    assert (status, lines[-1]) == (0, {"created": 300 - bad, "updated": 0, "unchanged": 0})
    assert Project.objects.count() == 300 - bad
    assert Project.objects.get(name="某县道改造工程0号").code == "20240000"
    assert list(history.verify_chains("projects.project")) == []


def test_commands(tmp_path, staff):
    path = sheets.saved(sheets.book([HEAD, row("甲")]), tmp_path / "a.xlsx")
    done = {"created": 1, "updated": 0, "unchanged": 0}
    assert sheets.command("import_sheet", "projects", str(path), "--dry-run") == (0, [done])
    assert not Project.objects.exists()
    assert sheets.command("import_sheet", "projects", str(path), "--user", staff.username) == (0, [done])
    assert Event.objects.get(model="projects.project").actor == staff
    out = tmp_path / "out.xlsx"
    sheets.call_command("export_sheet", "projects", str(out), stdout=sheets.StringIO())
    assert sheets.command("import_sheet", "projects", str(out))[1] == [
        {"created": 0, "updated": 0, "unchanged": 1}
    ]
    bad = tmp_path / "bad.xlsx"
    bad.write_bytes(b"PK")
    status, lines = sheets.command("import_sheet", "projects", str(bad))
    assert status == 1
    assert lines[0]["row"] is None


def test_every_importable_ledger_has_its_key_in_the_sheet():
    from supervision.ledgers.registry import all_ledgers

    for ledger in all_ledgers():
        labels = {column.key for column in ledger.sheet_columns}
        assert not ledger.importable or set(ledger.key) <= labels, ledger.slug


def test_get_names_the_ledgers():
    with pytest.raises(LookupError, match="projects"):
        get("nothing")


# --------------------------------------------------------------------------------------------------------- speed


def statements(staff, number: int) -> int:
    """How many statements it takes to write so many new projects of a district and an owner."""
    first = Project.objects.count()
    rows = [[f"工程{chr(0x4E00 + first + n)}", f"C-{first + n}", "泗阳县", "业主"] for n in range(number)]
    batch = batch_of(staff, *rows, head=["项目名称", "项目编号", "所属县区", "建设单位"])
    assert (batch.created, batch.error_count) == (number, 0)
    with CaptureQueriesContext(connection) as queries:
        writing.commit(batch, staff)
    return len(queries)


def test_a_new_row_takes_five_statements_whatever_it_points_to(staff):
    factories.district("泗阳县")
    factories.organization("owner", name="业主")
    statements(staff, 1)
    few, many = statements(staff, 5), statements(staff, 25)
    assert (many - few) / 20 <= 5


def test_what_the_database_refuses_is_named_by_its_row(staff):
    head = ["项目名称", "项目编号"]
    batch = batch_of(staff, ["甲工程", "C-1"], ["乙工程", "C-2"], ["丙工程", "C-3"], head=head)
    factories.project(name="丁工程", code="C-2")  # since the check
    with pytest.raises(writing.Refused) as refused:
        writing.commit(batch, staff)
    assert list(refused.value.rows) == [3] and Project.objects.count() == 1


def test_what_a_record_says_of_itself_is_asked_in_bulk_too(staff):
    good, bad = Project(name="甲工程"), Project(name="乙工程", mode="balloon")
    with pytest.raises(ValidationError) as raised:
        records.create_many([good, bad], factories.COMMAND, by_database=True)
    assert "mode" in raised.value.message_dict and not Project.objects.exists()
    lost = Project(name="丙工程", owner_id=10**6)
    with pytest.raises(ValidationError) as raised:
        records.create_many([lost], factories.COMMAND, by_database=True)
    assert "owner" in raised.value.message_dict
