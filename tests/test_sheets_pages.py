"""The pages of sheets: who may open them, what they give, and the journey from upload to undo."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from projects.models import Project
from supervision.jobs import services
from supervision.jobs.models import JobRun
from supervision.ledgers.models import ImportBatch
from supervision.ledgers.registry import all_ledgers, get
from supervision.ledgers.sheets import export, template
from supervision.ledgers.sheets.rules import settable
from supervision.people.models import Role

from . import factories, sheets

pytestmark = pytest.mark.django_db

HEAD = ["项目名称", "项目编号", "建设单位"]


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def staff():
    return factories.user(Role.BUREAU_STAFF)


@pytest.fixture
def client(staff):
    return client_of(staff)


def send(client, *rows, name="台账.xlsx", content=None):
    content = content if content is not None else sheets.content(sheets.book([HEAD, *rows]))
    return client.post("/projects/import/", {"file": SimpleUploadedFile(name, content)})


def book_of(response):
    return load_workbook(BytesIO(b"".join(response.streaming_content)))


def test_upload_check_write_undo(client):
    response = send(client, ["甲", "A-1", None], ["乙", "B-1", None])
    batch = ImportBatch.objects.get()
    assert response.url == f"/projects/import/{batch.pk}/"
    page = client.get(response.url).content.decode()
    assert "确认写入" in page
    assert "没有发现问题" in page
    assert not Project.objects.exists()
    assert client.get(f"{response.url}commit/").status_code == 404
    client.post(f"{response.url}commit/")
    client.post(f"{response.url}commit/")
    assert Project.objects.count() == 2
    assert "撤销本次导入" in client.get(response.url).content.decode()
    client.post(f"{response.url}undo/")
    assert not Project.objects.exists()
    assert "已撤销" in client.get(response.url).content.decode()


def test_problems_are_shown_by_row_and_column_and_downloaded(client):
    response = send(client, ["甲", None, "<img src=x onerror=alert(1)>"], ["乙", None, None])
    page = client.get(response.url).content.decode()
    assert "没有找到" in page
    assert "建设单位" in page
    assert "<img src=x" not in page
    assert "只写入无误的行" in page
    sheet = book_of(client.get(f"{response.url}faulty/")).active
    texts = [[cell.value for cell in line] for line in sheet.iter_rows(min_row=4)]
    assert "甲" in texts[0]
    assert "没有找到" in texts[0][-1]
    client.post(f"{response.url}commit/")
    assert not Project.objects.exists()
    client.post(f"{response.url}commit_good/")
    assert Project.objects.get().name == "乙"


def test_what_cannot_be_read_is_said_on_the_form(client):
    response = send(client, content=b"nonsense")
    assert response.status_code == 400
    assert "不是 Excel 工作簿" in response.content.decode()
    assert client.post("/projects/import/", {}).status_code == 400
    assert not ImportBatch.objects.exists()


def test_a_batch_is_its_senders_alone(client):
    address = send(client, ["甲", None, None]).url
    other = client_of(factories.user(Role.BUREAU_STAFF))
    assert other.get(address).status_code == 404
    assert other.get(f"{address}faulty/").status_code == 404
    assert other.post(f"{address}commit/").status_code == 404
    # Nor is it reached through another ledger.
    assert client.get(address.replace("projects", "sections")).status_code == 404
    assert not Project.objects.exists()


@pytest.mark.parametrize("page", ["template", "import"])
def test_who_writes_nothing_imports_nothing(page):
    leader = client_of(factories.user(Role.BUREAU_LEADER))
    assert leader.get(f"/projects/{page}/").status_code == 403
    assert client_of(factories.user(Role.CONTRACTOR)).get(f"/projects/{page}/").status_code == 403
    assert Client().get(f"/projects/{page}/").status_code == 302


def test_an_export_holds_what_the_list_shows():
    mine = factories.district()
    county = factories.user(Role.COUNTY_STAFF, factories.organization("county", district=mine))
    factories.project(name="甲", district=mine, investment=10, level="county")
    factories.project(name="乙", district=mine, investment=5, level="county")
    factories.project(name="丙", district=factories.district())
    book = book_of(client_of(county).get("/projects/export/?sort=-name"))
    names = [line[2].value for line in book.active.iter_rows(min_row=5)]
    assert sorted(filter(None, names)) == sorted(["甲", "乙"])
    found = [
        line[2].value
        for line in book_of(client_of(county).get("/projects/export/?q=甲")).active.iter_rows(min_row=5)
    ]
    assert list(filter(None, found)) == ["甲"]


def test_the_layout_of_an_export(tmp_path, staff):
    factories.project(name="甲", investment=10, construction_cost=8)
    factories.project(name="乙", investment="2.5")
    sheet = load_workbook(sheets.exported(tmp_path / "a.xlsx", "projects", staff)).active
    assert sheet["A1"].value == "项目库"
    assert "数据截至" in sheet["A2"].value
    assert staff.organization.name in sheet["A2"].value
    assert {"A3:A4", "K3:L3"} <= {str(place) for place in sheet.merged_cells.ranges}
    heads = [sheet.cell(4, at).value or sheet.cell(3, at).value for at in range(1, sheet.max_column + 1)]
    assert heads[:4] == ["序号", "项目编号", "项目名称", "别名"]
    assert sheet.freeze_panes == "B5"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert sheet.print_title_rows == "$3:$4"
    last = [cell.value for cell in sheet[sheet.max_row]]
    at = heads.index("总投资（万元）")
    assert (last[0], last[at], last[at + 1]) == ("合计", 12.5, 8)


def test_a_long_export_is_a_job_of_the_person(client, staff, monkeypatch, settings):
    monkeypatch.setattr(export, "EXPORT_INLINE", 1)
    for number in range(3):
        factories.project(name=f"项目{number}")
    assert client.get("/projects/export/").status_code == 302
    run = JobRun.objects.get(kind="export_sheet")
    services.execute(run.pk)
    run.refresh_from_db()
    assert (run.state, run.result, run.created_by) == ("done", {"rows": 3}, staff)
    assert client.get(f"/jobs/{run.pk}/result/").status_code == 200
    assert client_of(factories.user(Role.BUREAU_STAFF)).get(f"/jobs/{run.pk}/result/").status_code == 404


@pytest.mark.divided
@pytest.mark.parametrize(
    "ledger", [x for x in all_ledgers() if x.importable and x.keeps_history], ids=lambda x: x.slug
)
def test_templates_explain_themselves(ledger, tmp_path):
    path = tmp_path / "a.xlsx"
    with path.open("wb") as target:
        template.write_template(ledger, target)
    book = load_workbook(path)
    columns = settable(ledger, ledger.sheet_columns)
    explained = [line[0].value for line in book["填写说明"].iter_rows(min_row=2)]
    assert explained == [column.label for column in columns]
    lists = book.worksheets[0].data_validations.dataValidation
    assert len(lists) == sum(bool(column.kind.choices()) for column in columns)
    # Filled in below its heads, the template is read back with every column known.
    sheet = book.worksheets[0]
    first = 5 if any(column.group for column in columns) else 4
    for at, column in enumerate(columns, 1):
        sheet.cell(first, at, column.kind.choices()[0] if column.kind.choices() else "甲")
    book.save(path)
    data = sheets.read(path, ledger.slug)
    assert [column.key for column in data.columns] == [column.key for column in columns]
    assert [row.number for row in data.rows] == [first]


def test_ledgers_that_are_not_imported_have_no_import_page(client):
    closed = next(x for x in all_ledgers() if not x.importable and Role.BUREAU_STAFF in x.view_roles)
    assert client.get(f"/{closed.slug}/import/").status_code == 404
    assert client.get(f"/{get('projects').slug}/import/").status_code == 200
