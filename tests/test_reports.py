"""Reports in the database: from a template to the paper, read back, corrected, compared."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from projects.models import Project
from supervision.flows import perform, records
from supervision.flows.errors import IllegalTransition, NotAllowed
from supervision.flows.history import Actor
from supervision.people.models import Role
from supervision.plan.models import Report, ReportFigure, ReportTemplate
from supervision.plan.reports import comparing, elements, reading, services, shipped, templates
from supervision.plan.services import rows_of
from tests import factories, reporting
from tests.factories import COMMAND, change, district, project, user
from tests.reporting import content, edited, made_of, put, report, said, template, upload, word

pytestmark = pytest.mark.django_db

LINES = (
    "{{报告|标题}}，数据截至{{报告|数据截至}}",
    "新开工{{新开工项目|个}}，同比{{project.started|同比}}，环比{{project.started|环比增减}}，"
    "上年同期{{project.started|上年同期}}个；公路{{project.started|领域=公路}}个。",
    "{{表格|县区|project.started}}",
    "{{清单|project.started|2}}",
    "{{核对|project.started = project.started + project.handed_over}}",
)


@pytest.fixture
def started():
    """Three projects begun in 2024, one in 2023: two in 甲县 (one of them a waterway), one in 乙县."""
    one, two = district("甲县"), district("乙县")
    return [
        project(name="甲公路", district=one, start_on=date(2024, 3, 1)),
        project(name="甲航道", district=one, start_on=date(2024, 5, 1), mode="waterway"),
        project(name="乙公路", district=two, start_on=date(2024, 12, 31)),
        project(name="旧路", district=two, start_on=date(2023, 6, 1)),
    ]


def text_of(of: Report) -> str:
    blocks = reading.page(content(of))
    return "\n".join("".join(piece["text"] for piece in block.get("pieces", [])) for block in blocks)


def test_a_report_says_what_the_ledgers_know_and_keeps_the_very_records(started):
    made = made_of(*LINES, first=date(2024, 1, 1))
    assert made.title == "2024年年度报告" and made.last == made.as_of == date(2024, 12, 31)
    figures = said(made)
    assert figures["新开工项目"] == "3"
    assert figures["新开工项目·同比"] == "增长200.0%（增加2个）"
    assert figures["新开工项目·环比增减"] == "增加2个"
    assert figures["新开工项目·上年同期"] == "1"
    assert figures["新开工项目·公路"] == "2"
    assert (figures["新开工项目·甲县"], figures["新开工项目·乙县"]) == ("2", "1")
    text = text_of(made)
    assert "2024年年度报告，数据截至2024年12月31日" in text
    assert "新开工3个，同比增长200.0%（增加2个），环比增加2个，上年同期1个；公路2个。" in text
    assert "共3条，此处列2条，完整清单见数字[1]。" in text and "核对" not in text
    [table, listed] = [block for block in reading.page(content(made)) if block["kind"] == "table"]
    rows = [["".join(piece["text"] for piece in cell) for cell in row] for row in table["rows"]]
    assert rows[-1] == ["合计", "3"] and {tuple(row) for row in rows} >= {("甲县", "2"), ("乙县", "1")}
    assert len(listed["rows"]) == 2
    kept = made.figures.get(label="新开工项目")
    assert set(rows_of(kept.counted)) == set(started[:3])
    share = made.figures.get(label="新开工项目·同比")
    assert (share.other_label, set(rows_of(share.other))) == ("上年同期", {started[3]})
    assert made.findings == []
    # The same again writes the same file, and no figure more.
    numbers = ReportFigure.objects.count()
    assert (services.make(made, COMMAND).word, ReportFigure.objects.count()) == (made.word, numbers)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("开工{{project.startet|个}}", "没有名称或代码为“project.startet”的数据，是否为：.*project.started"),
        ("开工{{project.started|处}}", "计量单位是“个”，不是“处”"),
        ("开工{{project.started|率}}", "没有“率”"),
        ("{{隐患整改率|处}}", "是比例"),
        ("{{project.started|县区=丙县}}", "没有县区“丙县”"),
        ("{{目标:NONE}}", "没有目标“NONE”"),
        ("{{project.coverage|率}}", "缺少参数"),
        ("{{表格|县区}}", "写法为"),
        ("{{表格|单位|隐患整改率}}", "不能按单位分列"),
        ("{{报告|天气}}", "报告没有“天气”"),
        ("{{核对|隐患整改率 = project.started}}", "不能相加"),
        ("{{清单|project.started|9999}}", "最多条数"),
    ],
)
def test_a_template_that_means_nothing_is_refused_with_its_paragraph(line, why):
    with pytest.raises(ValidationError, match=f"第2段.*{why}"):
        template("第一段", line)
    assert not ReportTemplate.objects.exists()


def test_templates_are_versions_and_only_staff_keeps_them():
    one, two = template("甲"), template("乙")
    assert (one.number, two.number, template("甲").pk) == (1, 2, one.pk)
    with pytest.raises(ValidationError, match="已停用"):
        report(change(one, is_active=False))
    with pytest.raises(ValidationError, match="已是年度报告的模板"):
        template("丙", kind="month")
    with pytest.raises(ValidationError):
        templates.upload_template("丁", "year", upload(b"PK no word file"), COMMAND)
    with pytest.raises(NotAllowed):
        templates.upload_template("丁", "year", upload(word("丁")), Actor.of(user(Role.OWNER), "page"))


def test_what_the_shipped_templates_ask_for_is_known_and_adds_up(started):
    factories.target(indicator="project.named_count", parameters={"scheme": "XYB"}, kind="count", threshold=1)
    made = shipped.load(COMMAND)
    assert {one.kind for one in made} == {"month", "quarter", "year", "campaign"} and shipped.load(
        COMMAND
    ) == []
    for of in made:
        asked = templates.check_template(services.content_of(of, of.sha256))
        one = report(of, date(2024, 1, 1), **({"last": date(2024, 3, 31)} if of.kind == "campaign" else {}))
        one = services.write_texts(one, dict.fromkeys(asked, "一切正常。"), COMMAND)
        one = services.make(one, COMMAND)
        assert one.findings == [] and one.figures.count() > 4, of.title


def test_typed_texts_may_count_and_what_is_missing_is_named(started):
    one = report(template("{{填写|问题}}", "培训{{人工|培训人次|人次}}"))
    with pytest.raises(ValidationError, match="“问题”：第2段.*没有名称"):
        services.write_texts(one, {"问题": "甲\n{{乙}}"}, COMMAND)
    one = services.make(one, COMMAND)
    assert one.findings == ["数字[1]“培训人次”须人工填报，尚未填写。", "“问题”尚未填写。"]
    one = services.write_texts(one, {"问题": "开工{{project.started}}，另有9处。"}, COMMAND)
    one = services.make(one, COMMAND)
    one = services.type_over(one, "hand:培训人次#number", "1,200", "统计报表", COMMAND)
    assert one.findings == [] and "“问题”中的9处" in one.hints[0]
    assert "开工3，另有9处。" in text_of(one) and "培训1200人次（人工填报）" in text_of(one)


def test_a_table_cell_typed_over_no_longer_adds_up(started):
    made = made_of("{{表格|县区|project.started}}")
    cell = made.figures.get(label="新开工项目·甲县")
    with pytest.raises(ValidationError, match="理由"):
        services.type_over(made, cell.key, "5", " ", COMMAND)
    made = services.type_over(made, cell.key, "5", "县局来函", COMMAND)
    assert made.findings == ["“新开工项目”按县区的合计不成立：应为6，写为3。"]
    made = services.type_over(made, made.figures.get(label="新开工项目").key, "6", "县局来函", COMMAND)
    assert made.findings == [] and made.hands.count() == 2
    made = services.type_over(made, cell.key, "", "", COMMAND)
    assert "应为3，写为6" in made.findings[0] and made.hands.count() == 1


def test_an_edited_file_is_read_back_figure_by_figure(started):
    made = made_of("开工{{project.started|个}}，交工{{project.handed_over|个}}。", "结束。")

    def changes(document):
        put(document, 1, "9")
        taken = reporting.control(document, 2)
        taken.getparent().remove(taken)
        document.paragraphs[1].add_run("另有7处。{{")

    wrong = services.take_edited(made, upload(edited(made, changes)), COMMAND)
    assert wrong.edited and [line[:6] for line in wrong.findings[:2]] == ["数字[1]“", "数字[2]“"]
    assert "被改为“9”，台账为“3”" in wrong.findings[0] and "被删去" in wrong.findings[1]
    assert "第2段还有未替换的占位符" in wrong.findings[2] and "“7处”没有对应" in wrong.findings[3]
    # Prose may be changed; a number with a mark and a reason may be written; a figure is typed with its reason.
    right = services.take_edited(
        wrong,
        upload(
            edited(
                made,
                lambda document: (
                    put(document, 1, "9"),
                    document.paragraphs[1].add_run("措施有力，另有7处（人工填报：支队提供）。"),
                ),
            )
        ),
        COMMAND,
    )
    assert len(right.findings) == 1
    right = services.type_over(right, "fact:project.started#number", "9", "含补报项目", COMMAND)
    assert right.findings == [] and "开工9个（人工填报），交工0个。" in text_of(right)
    assert "措施有力" in text_of(right)


def test_a_table_changed_beside_its_figures_is_named(started):
    factories.target(
        indicator="project.named_count",
        parameters={"scheme": factories.scheme("XYB").code},
        kind="count",
        threshold=1,
        name="建成数",
    )
    made = made_of("{{目标表}}", "{{表格|县区|project.started}}")

    def changes(document):
        first, second = document.tables[:2]
        for text in first.rows[1].cells[5]._tc.iter(elements.qn("w:t")):
            text.text = "达标"
        # A label may be worded otherwise, a line may not go.
        second.rows[0].cells[0].paragraphs[0].runs[0].text = "地区"

    wrong = services.take_edited(made, upload(edited(made, changes)), COMMAND)
    assert [line for line in wrong.findings if "表格" in line] == ["第1个表格第2行“未达标”被改为“达标”。"]

    def shorter(document):
        line = document.tables[1].rows[1]._tr
        line.getparent().remove(line)

    wrong = services.take_edited(wrong, upload(edited(made, shorter)), COMMAND)
    assert "第2个表格的行列与生成时不同。" in wrong.findings


def by(role: str) -> Actor:
    return Actor.of(user(role), "page")


def issued(made: Report) -> Report:
    perform.perform(made, "check", by(Role.BUREAU_STAFF))
    return perform.perform(Report.objects.get(pk=made.pk), "issue", by(Role.BUREAU_LEADER))


def test_the_same_report_after_a_correction_shows_what_came_and_went(started, client):
    made = made_of("开工{{project.started|个}}，交工{{project.handed_over|个}}。")
    with pytest.raises(IllegalTransition):
        services.again(made, COMMAND)
    old = issued(made)
    assert old.seal == old.figures_seal() and old.issued_on
    with pytest.raises(IllegalTransition):
        services.make(old, COMMAND)
    assert list(services.verify_seals()) == []
    ReportFigure.objects.filter(report=old, ref=1).update(text="4")
    assert [breach.object_id for breach in services.verify_seals()] == [old.pk]
    ReportFigure.objects.filter(report=old, ref=1).update(text="3")
    # One project turns out to have begun a year later, another is entered late.
    change(started[0], start_on=date(2025, 1, 2))
    late = project(name="补登公路", start_on=date(2024, 7, 1))
    assert set(rows_of(old.figures.get(ref=1).counted)) == set(
        Project.objects.filter(pk__in=[p.pk for p in started[:3]])
    )
    new = services.make(services.again(old, COMMAND), COMMAND)
    assert new.title == "2024年年度报告（更正）" and new.as_of == timezone.localdate()
    [differs] = comparing.compare(old, new, user(Role.BUREAU_STAFF))
    assert (differs.label, differs.old, differs.new) == ("新开工项目", "3", "3")
    [moved] = differs.lists
    assert [title for title, _ in moved.came.records] == [str(late)]
    assert [title for title, _ in moved.went.records] == [str(started[0])]
    client.force_login(user(Role.BUREAU_STAFF))
    page = client.get(f"/work-reports/{new.pk}/difference/").content.decode()
    assert "原报告数据截至2024年12月31日，更正报告数据截至" in page
    assert "所计记录增加 1 条" in page and "所计记录减少 1 条" in page and "补登公路" in page
    # Who sees the report and not the records is told how many.
    [unseen] = comparing.compare(old, new, user(Role.CONTRACTOR))[0].lists
    assert (unseen.came.records, unseen.came.more, unseen.went.more) == ((), 1, 1)
    with pytest.raises(IllegalTransition, match="已有一份更正"):
        services.again(old, COMMAND)
    # Asked for twice on the page: the one that is there.
    answer = client.post(f"/work-reports/{old.pk}/again/")
    assert answer.url == f"/work-reports/{new.pk}/" and old.remade.count() == 1


def test_a_draft_that_is_not_ready_is_not_passed_on(started):
    staff = by(Role.BUREAU_STAFF)
    one = report(template("开工{{project.started|个}}"))
    with pytest.raises(ValidationError, match="尚未取数"):
        perform.perform(one, "check", staff)
    one = services.make(one, COMMAND)
    one = records.update(one, {"as_of": date(2024, 6, 30)}, COMMAND)
    assert (one.word, one.made_at) == ("", None)
    one = services.make(one, COMMAND)
    assert said(one) == {"新开工项目": "2"}
    with pytest.raises(ValidationError, match="早于报告期间结束日"):
        perform.perform(one, "check", staff)


def test_a_reports_district_narrows_every_figure(started):
    one = report(
        template("开工{{project.started|个}}", "{{表格|领域|project.started}}"), district=district("甲县")
    )
    one = services.make(one, COMMAND)
    assert one.title == "2024年甲县年度报告" and said(one)["新开工项目"] == "2" and one.findings == []
    unknown = report(template("走访{{service.visits|次}}", title="走访"), sector="highway")
    with pytest.raises(ValidationError, match="不能按县区或领域取数"):
        services.make(unknown, COMMAND)


def test_pages_open_a_figure_to_the_records_it_counted(started, client):
    made = made_of(*LINES)
    staff = user(Role.BUREAU_STAFF)
    client.force_login(staff)
    page = client.get(f"/work-reports/{made.pk}/").content.decode()
    assert f'href="/work-reports/{made.pk}/figures/1/"' in page and "甲县" in page
    change(started[0], start_on=date(2025, 1, 2))
    opened = client.get(f"/work-reports/{made.pk}/figures/1/").content.decode()
    assert all(name in opened for name in ("甲公路", "甲航道", "乙公路")) and "旧路" not in opened
    assert "/facts/project.started/?first=2024-01-01" in opened
    assert client.get(f"/work-reports/{made.pk}/figures/99/").status_code == 404
    for path in (f"/work-reports/{made.pk}/figures/1/?format=xlsx", "/report-templates/words/"):
        assert client.get(path).status_code == 200
    told = client.get(f"/api/work-reports/{made.pk}/figures/").json()
    assert [told[0][name] for name in ("ref", "text", "count")] == [1, "3", 3]
    body = {"ref": 1, "value": "4", "reason": ""}
    assert client.post(f"/api/work-reports/{made.pk}/figures/", body).status_code == 400
    typed = client.post(f"/api/work-reports/{made.pk}/figures/", body | {"reason": "来函"}).json()
    assert (typed["text"], typed["computed"], typed["typed"]) == ("4", "3", "来函")
    assert client.post(f"/api/work-reports/{made.pk}/make/").status_code == 202
    # Whose reports these are not learns nothing.
    client.force_login(user(Role.COUNTY_STAFF))
    assert client.get(f"/api/work-reports/{made.pk}/figures/").status_code == 404
    assert client.post(f"/api/work-reports/{made.pk}/make/").status_code == 404
    assert client.get(f"/work-reports/{made.pk}/figures/1/").status_code == 404
    client.force_login(user(Role.CONTRACTOR))
    assert client.get(f"/work-reports/{made.pk}/figures/1/").status_code == 403
