"""The scoring page without scripts, its API, the official sheets, and who may open them."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import openpyxl
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from projects.assessments.rescoring import score_many
from projects.models import Assessment, AssessmentMark
from supervision.jobs.models import JobRun
from supervision.jobs.services import JobError, run_now
from supervision.papers.models import Attachment
from tests import factories
from tests.assessing import FULL, Crew, Fact, fresh, spec, table, version
from tests.documents import text_of_pdf

pytestmark = pytest.mark.django_db


@pytest.fixture
def crew():
    return Crew()


@pytest.fixture
def sheet(crew):
    return crew.sheet(version())


def client_of(crew: Crew, who: str) -> Client:
    client = Client()
    client.force_login(crew.people[who], backend="django.contrib.auth.backends.ModelBackend")
    return client


def words_of(answer) -> list[str]:
    assert answer.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    return [str(c.value) for page in book for row in page.iter_rows() for c in row if c.value is not None]


def test_a_table_saved_as_a_plain_form(crew, sheet):
    client, url = client_of(crew, "contractor"), f"/assessments/{sheet.pk}/score/"
    body = {
        "table": "A",
        "v:A/1": "0",
        "d:A/1": "1.5",
        "r:A/1": "缺一项",
        "v:A/2": "0",
        "n:A/2": "1",
        "r:A/2": "无此项",
    }
    assert client.post(url, body).status_code == 302
    rows = {row.item.no: row for row in AssessmentMark.objects.select_related("item")}
    assert (str(rows["1"].deduction), rows["2"].not_applicable) == ("1.50", True)
    # What is wrong stands beside its item, and nothing typed is lost.
    bad = client.post(url, body | {"d:A/1": "400", "v:A/1": "1", "v:A/2": "1", "r:A/2": "<b>理由</b>"})
    html = bad.content.decode()
    assert bad.status_code == 400 and "扣分不能超过该项满分 40" in html and 'value="400"' in html
    assert "&lt;b&gt;理由&lt;/b&gt;" in html and "<b>理由" not in html
    # Somebody else was first: told, with what they gave.
    crew.mark(sheet, "contractor", A_1="3")
    late = client.post(url, body | {"v:A/1": "1", "v:A/2": "1", "d:A/1": "9"})
    html = late.content.decode()
    assert late.status_code == 409 and "扣 3 分：现场不符" in html and 'value="9"' in html
    assert 'name="v:A/1" value="2"' in html, "saving once more is then a choice"


def test_the_api_saves_lists_and_refuses(crew, sheet):
    client, url = client_of(crew, "contractor"), f"/api/assessments/{sheet.pk}/marks/"

    def post(body):
        return client.post(url, body, content_type="application/json")

    shown = client.get(url).json()
    assert shown["open_column"] == "self" and [t["code"] for t in shown["tables"]] == ["A", "B"]
    done = post(
        {
            "marks": [
                {"item": "A/1", "deduction": 2, "reason": "缺", "version": 0},
                {"item": "A/2", "deduction": "0"},
            ]
        }
    )
    assert done.status_code == 200 and done.json()["marks"]["A/1"]["version"] == 1
    assert done.json()["progress"]["done"] == 2
    for body, status in (
        ([], 400), ("x", 400), ({"item": 3}, 400), ({"item": "A/1", "version": "1"}, 400),
        ({"item": "A/1", "deduction": "-1"}, 400), ({"item": "Z/9", "deduction": "1"}, 400),
        ({"item": "A/1", "deduction": [1]}, 400), ({"item": "A/1", "deduction": True}, 400),
        ({"item": "A/1", "deduction": "7", "reason": "x", "version": 0}, 409),
    ):  # fmt: skip
        answer = post(body)
        assert (answer.status_code, "message" in answer.json()) == (status, True), body
    assert answer.json()["current"]["A/1"]["deduction"] == "2"
    assert (
        client_of(crew, "supervisor").post(url, {"item": "A/1"}, content_type="application/json").status_code
        == 403
    )
    assert Client().post(url, {}, content_type="application/json").status_code == 401


def test_strangers_find_nothing(crew, sheet):
    other = Crew()
    pages = [f"/assessments/{sheet.pk}/{name}/" for name in ("score", "result", "workbook", "paper")]
    pages += [
        f"/projects/{crew.project.pk}/assessments/",
        f"/projects/{crew.project.pk}/assessments/workbook/",
    ]
    pages += [f"/api/assessments/{sheet.pk}/marks/", f"/api/assessments/{sheet.pk}/result/"]
    for who in ("contractor", "supervisor", "owner"):
        client = client_of(other, who)
        assert [client.get(page).status_code for page in pages] == [404] * len(pages), who
        assert client.post(f"/assessments/{sheet.pk}/score/", {"v:A/1": "0"}).status_code == 404
        assert client.post(f"/assessments/{sheet.pk}/evidence/", {"item": "A/1"}).status_code == 404
    assert client_of(crew, "owner").post(f"/assessments/{sheet.pk}/facts/", {}).status_code == 403
    assert [client_of(crew, "contractor").get(page).status_code for page in pages] == [200] * len(pages)


def test_what_an_assessor_is_still_at_is_theirs(crew, sheet):
    crew.mark(sheet, "contractor", A_1="7")
    for page in (
        f"/assessments/{sheet.pk}/score/",
        f"/assessments/{sheet.pk}/paper/",
        f"/api/assessments/{sheet.pk}/marks/",
    ):
        assert "现场不符" not in client_of(crew, "owner").get(page).content.decode(), page


def test_evidence_of_an_item(crew, sheet):
    client, url = client_of(crew, "contractor"), f"/assessments/{sheet.pk}/evidence/"
    file = SimpleUploadedFile("记录.txt", b"record")
    answer = client.post(url, {"item": "A/1", "file": file}, headers={"Accept": "application/json"})
    assert answer.status_code == 201 and Attachment.objects.get().kind == "A/1"
    assert "记录.txt" in client.get(f"/assessments/{sheet.pk}/score/").content.decode()
    bad = client.post(
        url,
        {"item": "Z/1", "file": SimpleUploadedFile("b.txt", b"b")},
        headers={"Accept": "application/json"},
    )
    assert bad.status_code == 400


def test_facts_decide_what_applies(crew):
    of = spec(
        tables=(*spec().tables, table("Q", "contractor", ["10"], when={"feature": ("bridge",)})),
        facts=(Fact("deaths", "死亡人数"),),
    )
    sheet = crew.sheet(version(of))
    client = client_of(crew, "contractor")
    assert "Q考核表" in client.get(f"/assessments/{sheet.pk}/score/").content.decode()
    body = {"features": ["tunnel", "nonsense"], "fact:deaths": "０", "version": sheet.version}
    assert client.post(f"/assessments/{sheet.pk}/facts/", body).status_code == 302
    sheet = fresh(sheet)
    assert (sheet.features, sheet.facts) == (["tunnel"], {"deaths": "0"})
    assert "Q考核表" not in client.get(f"/assessments/{sheet.pk}/score/").content.decode()
    client.post(f"/assessments/{sheet.pk}/facts/", {"fact:deaths": "多"})
    assert fresh(sheet).facts == {"deaths": "0"}


def test_official_sheets(crew, sheet):
    crew.mark(sheet, "contractor", **FULL | {"A_1": "4"})
    crew.act(sheet, "contractor", "submit_self")
    client = client_of(crew, "bureau")
    words = words_of(client.get(f"/assessments/{sheet.pk}/workbook/"))
    assert (
        "扣 4 分：现场不符" in words
        and "98.0" in words
        and "0.5×96 + 0.5×100 = 98.0" in " ".join(words).replace("96.0", "96")
    )
    html = client.get(f"/assessments/{sheet.pk}/paper/").content.decode()
    assert "扣 4 分：现场不符" in html
    assert client.get(f"/projects/{crew.project.pk}/assessments/?year=2026").status_code == 200
    assert words_of(client.get(f"/projects/{crew.project.pk}/assessments/workbook/?year=2026"))
    assert client.get(f"/projects/{crew.project.pk}/assessments/?family=nothing").status_code == 404


def test_the_sheet_and_the_year_as_pdf_for_whoever_sees_them(crew, sheet):
    crew.mark(sheet, "contractor", **FULL | {"A_1": "4", "A_2": "na"})
    sheet = crew.act(sheet, "contractor", "submit_self")
    (of_sheet, _), client = pdf_jobs(sheet, crew.people["bureau"]), client_of(crew, "bureau")
    shown = squeezed(text_of_pdf(Path(settings.MEDIA_ROOT, of_sheet.result_file).read_bytes()))
    for words in (
        "测试标准",
        "SG-1",
        "扣4分：现场不符",
        "不适用：没有这项工程",
        "自评单位（盖章）",
        "考核人（签字）",
    ):
        assert words in shown, words
    # A: 66 of 70; B: 100 of 100
    assert "66÷70×100=94.3" in shown and "0.5×94.3+0.5×100=97.2" in shown
    assert pdf_size(of_sheet) == "841.89 x 595.276 pts (A4)"
    answer = client.post(f"/assessments/{sheet.pk}/pdf/")
    run = JobRun.objects.get(kind="assessment_pdf", state="queued")
    assert answer.url == f"/jobs/{run.pk}/" and run.params == {"assessment": sheet.pk}
    assert client.post(f"/assessments/{sheet.pk}/pdf/").url == answer.url, "asked for twice, made once"
    stranger = factories.user("contractor", factories.organization("contractor"))
    for kind in ("assessment_pdf", "project_assessments_pdf"):
        with pytest.raises(JobError, match="不能查看"):
            run_now(kind, PDF_OF[kind](sheet), user=stranger)


PDF_OF = {
    "assessment_pdf": lambda sheet: {"assessment": sheet.pk},
    "project_assessments_pdf": lambda sheet: {
        "project": sheet.project_id,
        "year": 2026,
        "family": "safe_site",
    },
}


def pdf_jobs(sheet, user) -> list[JobRun]:
    return [run_now(kind, of(sheet), user=user) for kind, of in PDF_OF.items()]


def pdf_size(run: JobRun) -> str:
    content = Path(settings.MEDIA_ROOT, run.result_file).read_bytes()
    told = subprocess.run(["pdfinfo", "-"], input=content, capture_output=True, check=True).stdout.decode()
    return next(line.partition(":")[2].strip() for line in told.splitlines() if line.startswith("Page size"))


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_a_projects_year_as_pdf(crew, sheet):
    for who, name in (
        ("contractor", "submit_self"),
        ("supervisor", "submit_recheck"),
        ("owner", "pass_owner"),
    ):
        crew.mark(sheet, who, **FULL | {"A_1": "4"})
        sheet = crew.act(sheet, who, name)
    supervisor = crew.sheet(sheet.standard_version, subject="supervisor", section=None, course="direct",
                            unit=crew.offices["supervisor"])  # fmt: skip
    run = pdf_jobs(sheet, crew.people["bureau"])[1]
    shown = squeezed(text_of_pdf(Path(settings.MEDIA_ROOT, run.result_file).read_bytes()))
    for words in (
        "平安工地考核汇总表",
        "上半年",
        "施工合同段",
        "98.0",
        "合格",
        "没有可计入的考核",
        "建设单位负责人",
    ):
        assert words in shown, words
    assert squeezed(f"尚未考核：{supervisor.unit_label}") in shown
    answer = client_of(crew, "owner").post(f"/projects/{crew.project.pk}/assessments/pdf/?year=2026")
    assert answer.status_code == 302 and JobRun.objects.filter(kind="project_assessments_pdf").count() == 2
    assert client_of(crew, "owner").get(f"/projects/{crew.project.pk}/assessments/pdf/").status_code == 405


def test_a_year_under_another_version_is_asked_for_on_its_page(crew, sheet, settings):
    settings.PORTAL_REQUIRE_TOTP = False
    client = client_of(crew, "owner")
    page = client.get("/assessments/rescore/").content.decode()
    assert str(sheet.standard_version) in page and "2026 年" in page
    asked = {"version": sheet.standard_version_id, "year": 2026, "subject": "contractor", "column": "owner"}
    answer = client.post("/assessments/rescore/", asked)
    run = JobRun.objects.get(kind="rescore")
    assert (answer.url, run.params, run.created_by) == (f"/jobs/{run.pk}/", asked, crew.people["owner"])
    assert client.post("/assessments/rescore/", asked).url == answer.url
    for wrong in ({"version": 10**9}, {"year": 1999}, {"column": "nobody"}, {"subject": ""}):
        assert client.post("/assessments/rescore/", asked | wrong).status_code == 400, wrong
    assert JobRun.objects.filter(kind="rescore").count() == 1
    outsider = Client()
    outsider.force_login(factories.user("system_admin"), backend="django.contrib.auth.backends.ModelBackend")
    assert outsider.get("/assessments/rescore/").status_code == 403


def test_under_another_version_as_a_page_and_a_job(crew, sheet):
    crew.mark(sheet, "contractor", **FULL | {"A_1": "20", "B_1": "40"})
    crew.act(sheet, "contractor", "submit_self")
    rules = tuple(f if f.code != "contractor_score" else type(f)(f.code, f.name, f.stage, f.subject, "0.4*basic + 0.6*site")
                  for f in spec().formulas)  # fmt: skip
    other = version(spec("另一版", formulas=rules), standard=sheet.standard_version.standard)
    client = client_of(crew, "bureau")
    html = client.get(f"/assessments/{sheet.pk}/result/?under={other.pk}").content.decode()
    assert "= 70.0" in html and "= 68.0" in html
    answer = client.get(f"/api/assessments/{sheet.pk}/result/?under={other.pk}").json()
    assert (answer["columns"]["self"]["score"], answer["columns"]["self"]["under"]["score"]) == (
        "70.0",
        "68.0",
    )
    (scored,) = score_many(Assessment.objects.all(), "self", other)
    assert str(scored.result.score) == "68.0"
    run = run_now(
        "rescore", {"version": other.pk, "column": "self", "year": 2026}, user=crew.people["bureau"]
    )
    assert run.result == {"sheets": 1, "changed": 1} and run.result_file
    stranger = run_now(
        "rescore", {"version": other.pk, "column": "self", "year": 2026}, user=factories.user("contractor")
    )
    assert stranger.result == {"sheets": 0, "changed": 0}
