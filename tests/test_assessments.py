"""An assessment from self-assessment to spot-check: marks, scores, failures, vetoes, what is kept."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from projects.assessments.marking import (
    Given,
    MarkConflict,
    copy_marks,
    open_column,
    save_marks,
    verify_marks,
)
from projects.assessments.sheet import Sheet, told
from projects.assessments.summary import year_of
from projects.assessments.vetoes import _sources, veto_source
from projects.models import Assessment, AssessmentMark, AssessmentResult, AssessmentVeto
from supervision.desk.models import Notice
from supervision.flows import perform, records
from supervision.flows.errors import IllegalTransition, NotAllowed
from supervision.flows.history import verify_chains
from supervision.papers import services as papers
from tests import factories
from tests.assessing import FULL, Crew, fresh, item, spec, table, version
from tests.factories import COMMAND

D = Decimal
pytestmark = pytest.mark.django_db


@pytest.fixture
def crew():
    return Crew()


@pytest.fixture
def sheet(crew):
    return crew.sheet(version())


def passed_on(crew, sheet, who="owner", marks=FULL):
    """The sheet with everything answered up to `who`, whose turn it is then."""
    for turn, name in (("contractor", "submit_self"), ("supervisor", "submit_recheck")):
        crew.mark(sheet, turn, **marks)
        if who == turn:
            return fresh(sheet)
        sheet = crew.act(sheet, turn, name)
    return sheet


def names(sheet, actor):
    return {t.name for t in perform.available(sheet, actor.user)}


# ----------------------------------------------------------------------------------------------------- the way


def test_a_sheet_goes_through_all_four_columns(crew, sheet):
    assert (sheet.status, sheet.columns) == ("self", ("self", "recheck", "owner"))
    sheet = passed_on(crew, sheet, marks=FULL | {"A_1": "8"})
    crew.mark(sheet, "owner", **FULL | {"A_1": "10", "B_2": "25"})
    assert names(sheet, crew.actor("owner")) == {"pass_owner", "return_recheck"}
    sheet = crew.act(sheet, "owner", "pass_owner")
    # A: 90/100, B: 75/100 → 0.5·90 + 0.5·75 = 82.5
    assert (sheet.status, sheet.owner_score, sheet.passed, sheet.grade) == ("done", D("82.5"), True, "合格")
    assert sheet.self_score == D("96.0") and sheet.deciding_score == D("82.5")
    sheet = crew.act(sheet, "inspector", "add_spot")
    assert sheet.columns == ("self", "recheck", "owner", "bureau")
    crew.mark(sheet, "inspector", **FULL | {"B_1": "40", "A_2": "na"})
    sheet = crew.act(sheet, "inspector", "pass_bureau")
    # A: 70/70 = 100, B: 60/100 → 80; the bureau's is what decides
    assert (sheet.bureau_score, sheet.deciding_score, sheet.status) == (D("80.0"), D("80.0"), "done")
    kept = AssessmentResult.objects.get(assessment=sheet, column="bureau")
    assert [row["text"] for row in kept.arithmetic["tables"]] == ["70÷70×100 = 100.0", "60÷100×100 = 60.0"]
    assert kept.arithmetic["steps"][-1]["text"] == "0.5×100 + 0.5×60 = 80.0"
    assert list(verify_chains()) == [] and list(verify_marks()) == []


def test_nobody_marks_out_of_turn(crew, sheet):
    for who in ("supervisor", "owner", "bureau", "inspector"):
        assert open_column(sheet, crew.actor(who).user) is None
        with pytest.raises(NotAllowed, match="自评"):
            crew.mark(sheet, who, A_1="1")
    sheet = passed_on(crew, sheet)
    with pytest.raises(NotAllowed):
        crew.mark(sheet, "contractor", A_1="1")
    crew.mark(sheet, "owner", **FULL)
    sheet = crew.act(sheet, "owner", "pass_owner")
    with pytest.raises(IllegalTransition, match="完成"):
        crew.mark(sheet, "owner", A_1="1")


def test_nothing_is_submitted_with_items_open(crew, sheet):
    crew.mark(sheet, "contractor", A_1="0", B_2="0")
    with pytest.raises(ValidationError, match="还有 3 条未评：A/2、A/3、B/1"):
        crew.act(sheet, "contractor", "submit_self")
    assert fresh(sheet).status == "self" and not AssessmentResult.objects.exists()


def test_each_assessor_decides_for_all_items(crew, sheet):
    """What the column before said is seen, and counts only when taken over by an act of one's own."""
    sheet = passed_on(crew, sheet, marks=FULL | {"A_1": "8"})
    assert len(Sheet(sheet).unanswered("owner")) == 5
    crew.mark(sheet, "owner", A_1="20")
    assert copy_marks(sheet, "recheck", crew.actor("owner")) == 4
    assert told(Sheet(fresh(sheet)).marks("owner")["A/1"]) == "扣 20 分：现场不符"
    with pytest.raises(ValidationError):
        copy_marks(sheet, "bureau", crew.actor("owner"))


def test_sent_back_and_done_again(crew, sheet):
    sheet = passed_on(crew, sheet, who="owner")
    sheet = crew.act(sheet, "owner", "return_recheck", opinion="现场照片不全")
    assert (sheet.status, sheet.returned) == ("recheck", 1)
    crew.mark(sheet, "supervisor", A_2="6")
    sheet = crew.act(sheet, "supervisor", "submit_recheck")
    rows = AssessmentResult.objects.filter(assessment=sheet, column="recheck").order_by("attempt")
    assert [(row.attempt, row.score, row.superseded_on is None) for row in rows] == [
        (1, D("100"), False),
        (2, D("97"), True),
    ]


# ------------------------------------------------------------------------------------------------ golden figures


def test_one_part_at_69_9_with_the_section_above_the_line(crew):
    """The 2012 line asks for 70 in both parts; the plain one only for the whole."""
    from projects.standards.spec import Band

    strict = spec(
        bands=(
            Band(
                "standard",
                "达标",
                "pass_line",
                True,
                ("contractor",),
                "basic >= pass_line and site >= pass_line",
            ),
            Band("other", "达标", "pass_line", True, ("supervisor", "owner", "project")),
            Band("failed", "不达标", "0", False),
        )
    )
    for of, outcome in ((spec(), "pass_owner"), (strict, "fail_owner")):
        crew = Crew()
        sheet = passed_on(crew, crew.sheet(version(of)))
        crew.mark(sheet, "owner", **FULL | {"A_1": "30.1"})
        assert outcome in names(sheet, crew.actor("owner"))
        sheet = crew.act(sheet, "owner", outcome)
        # A: 69.9, B: 100 → 84.95, half up 85.0
        assert sheet.owner_score == D("85.0")
        assert sheet.passed is (outcome == "pass_owner")


def test_a_deduction_above_full_marks_is_refused_with_the_full_marks(crew, sheet):
    with pytest.raises(ValidationError) as raised:
        crew.mark(sheet, "contractor", A_1="40.01")
    assert raised.value.message_dict == {"A/1": ["扣分不能超过该项满分 40。"]}


@pytest.mark.parametrize(
    "value, why",
    [
        ("-1", "负数"),
        ("abc", "不是数字"),
        ("1e1", "科学计数法"),
        ("NaN", "不是有限的数字"),
        ("0.001", "最多 2 位小数"),
        ("9" * 40, "数值过大"),
    ],
)
def test_bad_marks_are_told_by_item_and_nothing_is_half_saved(crew, sheet, value, why):
    with pytest.raises(ValidationError, match=why) as raised:
        save_marks(sheet, [Given("A/1", "0"), Given("A/2", value, reason="理由")], crew.actor("contractor"))
    assert set(raised.value.message_dict) == {"A/2"}
    assert not AssessmentMark.objects.exists() and records.events_of(sheet).count() == 1


def test_full_width_digits_are_digits(crew, sheet):
    crew_actor = crew.actor("contractor")
    save_marks(sheet, [Given("A/1", "１．５", reason="缺")], crew_actor)
    assert AssessmentMark.objects.get().deduction == D("1.50")


def test_reasons_and_mandatory_items(crew):
    must = spec(tables=(table("A", "contractor", items=(item("A", "1", mandatory=True), item("A", "2"))),
                        table("B", "contractor", ["50"])))  # fmt: skip
    sheet = crew.sheet(version(must))
    actor = crew.actor("contractor")
    for given, why in (
        (Given("A/1", not_applicable=True, reason="无"), "必查项"),
        (Given("A/2", not_applicable=True), "须写明理由"),
        (Given("A/2", "1"), "扣分须写明理由"),
        (Given("A/2", conforms=True), "不作符合性判定"),
        (Given("C/1", "1"), "没有这一条目"),
        (Given("A/2", "1", reason="一\x00二"), "不能使用的字符"),
    ):
        with pytest.raises(ValidationError, match=why):
            save_marks(sheet, [given], actor)
    assert not AssessmentMark.objects.exists()


def test_what_does_not_apply_leaves_the_denominator(crew):
    """A bridge table leaves the score of a section without bridges; rounding is half up at x.x5."""
    of = spec(
        tables=(
            table("A", "contractor", ["40", "60"], part="basic"),
            table("B", "contractor", ["100"], part="site"),
            table("Q", "contractor", ["100"], part="site", when={"feature": ("bridge",)}),
        ),
        formulas=(*(f for f in spec().formulas if f.code != "site" and f.subject == "contractor"),
                  type(spec().formulas[0])("site", "施工现场", "part", "contractor", "rate(B, Q)")),
    )  # fmt: skip
    sheet = crew.sheet(version(of), features=["tunnel"])
    assert list(Sheet(sheet).items) == ["A/1", "A/2", "B/1"]
    crew.mark(sheet, "contractor", A_1="na", A_2="0.03", B_1="0.05")
    # A: 59.97/60 = 99.95 → 100.0 (half up); B: 99.95 → 100.0
    sheet = crew.act(sheet, "contractor", "submit_self")
    kept = AssessmentResult.objects.get()
    assert [row["score"] for row in kept.arithmetic["tables"]] == ["100.0", "100.0"]
    assert sheet.self_score == D("100")


# ------------------------------------------------------------------------------------------ failing, and vetoes


def rectify(crew, sheet):
    papers.attach(sheet, ContentFile(b"report", name="整改报告.txt"), "整改报告", crew.actor("contractor"))
    return crew.act(sheet, "contractor", "rectified", opinion="已整改")


def test_the_second_failure_stops_the_section_and_the_regulator_is_told(crew, sheet):
    sheet = passed_on(crew, sheet)
    crew.mark(sheet, "owner", **FULL | {"A_1": "40", "B_1": "50"})
    # A: 60, B: 50 → 55
    owner = crew.actor("owner")
    assert names(sheet, owner) == {"fail_owner", "return_recheck"}
    with pytest.raises(ValidationError, match=r"得分 55\.0，不合格，应办理“要求整改”"):
        crew.act(sheet, "owner", "pass_owner")
    sheet = crew.act(sheet, "owner", "fail_owner", opinion="限期整改")
    assert (sheet.status, sheet.failures, sheet.passed, sheet.is_stopped) == ("rectify", 1, False, False)
    assert sheet.due_on > timezone.localdate()
    with pytest.raises(ValidationError, match="整改报告"):
        crew.act(sheet, "contractor", "rectified")
    sheet = rectify(crew, sheet)
    crew.mark(sheet, "owner", A_1="20")
    # A: 80, B: 50 → 65: again below the line
    assert names(sheet, owner) == {"fail_owner_again", "return_recheck"}
    sheet = crew.act(sheet, "owner", "fail_owner_again", opinion="停工")
    assert (sheet.failures, sheet.is_stopped, sheet.stopped_on) == (2, True, timezone.localdate())
    assert [o.label for o in sheet.flow.overlays if getattr(sheet, o.attribute)] == ["停工整改"]
    bureau = crew.actor("bureau")
    assert perform.waiting_for(Assessment, bureau.user).filter(pk=sheet.pk).exists()
    sheet = crew.act(sheet, "bureau", "confirm_stop", opinion="现场已停工")
    assert not perform.waiting_for(Assessment, bureau.user).filter(pk=sheet.pk).exists()
    sheet = crew.act(sheet, "contractor", "rectified", opinion="再次整改")
    crew.mark(sheet, "owner", B_1="0", A_1="0")
    sheet = crew.act(sheet, "owner", "pass_owner")
    assert sheet.is_stopped, "a pass alone does not start the works again"
    sheet = crew.act(sheet, "bureau", "resume", opinion="同意复工")
    assert not sheet.is_stopped and sheet.resumed_on == timezone.localdate()
    rows = AssessmentResult.objects.filter(assessment=sheet, column="owner").order_by("attempt")
    assert [(row.score, row.passed) for row in rows] == [(D("55"), False), (D("65"), False), (D("100"), True)]
    assert list(verify_chains()) == []


def test_the_regulator_is_told_in_red_of_a_standstill_only(crew, sheet, django_capture_on_commit_callbacks):
    regulators = [crew.people[who] for who in ("bureau", "inspector")]
    elsewhere = factories.user(
        "county_staff", factories.organization("county", district=factories.district())
    )

    def red() -> set[int]:
        return set(Notice.objects.filter(is_red=True).values_list("user_id", flat=True))

    sheet = passed_on(crew, sheet)
    crew.mark(sheet, "owner", **FULL | {"A_1": "40", "B_1": "50"})
    with django_capture_on_commit_callbacks(execute=True):
        sheet = crew.act(sheet, "owner", "fail_owner")
    assert red() == set(), "a first failure is the owner's matter"
    sheet = rectify(crew, sheet)
    with django_capture_on_commit_callbacks(execute=True):
        sheet = crew.act(sheet, "owner", "fail_owner_again")
    assert red() == {person.pk for person in regulators} and elsewhere.pk not in red()
    notice = Notice.objects.get(user=crew.people["bureau"], is_red=True)
    assert "再次不合格，停工整改" in notice.title and notice.object_id == sheet.pk
    contractor = Notice.objects.filter(user=crew.people["contractor"], key=notice.key)
    assert [told.is_red for told in contractor] == [False]


def test_a_veto_fails_a_score_of_96_and_stands_beside_it(crew, sheet):
    sheet = passed_on(crew, sheet)
    crew.mark(sheet, "owner", **FULL | {"A_1": "8"})
    veto = records.create(
        AssessmentVeto(assessment=sheet, code="major_danger", evidence="K3+200 高边坡"), COMMAND
    )
    assert "fail_owner" in names(sheet, crew.actor("owner"))
    sheet = crew.act(sheet, "owner", "fail_owner")
    kept = AssessmentResult.objects.get(column="owner")
    assert (kept.score, kept.passed, kept.grade) == (D("96"), False, "不合格")
    assert kept.vetoes[0].startswith("查实重大事故隐患：K3+200 高边坡")
    # Withdrawn, it no longer counts; what was kept stays.
    records.update(veto, {"withdrawn_on": timezone.localdate(), "withdrawn_reason": "误报"}, COMMAND)
    assert Sheet(fresh(sheet)).result("owner").verdict.passed is True


def test_other_ledgers_may_bring_vetoes(crew, sheet, monkeypatch):
    monkeypatch.setitem(_sources, "major_danger", [])

    @veto_source("major_danger")
    def dangers(assessments):
        return {row.pk: [f"{row.section.code} 的重大隐患"] for row in assessments}

    crew.mark(sheet, "contractor", **FULL)
    result = Sheet(fresh(sheet)).result("self")
    assert (result.score, result.verdict.passed) == (D("100"), False)
    assert result.vetoes == ("查实重大事故隐患：SG-1 的重大隐患",)


def test_a_veto_must_be_one_of_the_version(crew, sheet):
    with pytest.raises(ValidationError, match="major_danger（查实重大事故隐患）"):
        records.create(AssessmentVeto(assessment=sheet, code="other", evidence="x"), COMMAND)


# ------------------------------------------------------------------------------------------------- two at once


def test_the_second_of_two_is_told_and_nothing_is_lost(crew, sheet):
    actor = crew.actor("contractor")
    save_marks(sheet, [Given("A/1", "0", version=0)], actor)
    save_marks(sheet, [Given("A/1", "5", reason="缺一项", version=1)], actor)
    with pytest.raises(MarkConflict) as raised:
        save_marks(
            sheet, [Given("A/2", "0", version=0), Given("A/1", "9", reason="缺两项", version=1)], actor
        )
    assert raised.value.current["A/1"].deduction == D("5")
    assert AssessmentMark.objects.count() == 1, "all or nothing"
    # Whoever says the same as what is there is no rival.
    save_marks(sheet, [Given("A/1", "5", reason="缺一项", version=1)], actor)
    assert AssessmentMark.objects.get().version == 2


def test_saving_leaves_one_event_and_the_chain_holds(crew, sheet):
    actor = crew.actor("contractor")
    save_marks(sheet, [Given("A/1", "5", reason="缺一项"), Given("A/2", "0")], actor)
    event = records.last_event(sheet)
    assert (event.verb, event.label) == ("mark", "自评评分")
    assert event.changes == {"自评 A/1": [None, "扣 5 分：缺一项"], "自评 A/2": [None, "不扣分"]}
    before = records.events_of(sheet).count()
    save_marks(sheet, [Given("A/2", "0")], actor)
    assert records.events_of(sheet).count() == before, "nothing changed, nothing told"
    assert list(verify_chains()) == []
    AssessmentMark.objects.filter(item__no="1").update(deduction=1)
    AssessmentMark.objects.filter(item__no="2").delete()
    assert [breach.what for breach in verify_marks()] == ["评分未经平台改动：自评 A/1、自评 A/2"]


def test_verify_history_names_a_sheet_whose_marks_were_touched(crew, sheet, capsys):
    crew.mark(sheet, "contractor", A_1="5")
    other = crew.sheet(sheet.standard_version, period="2026-Q3")
    crew.mark(other, "contractor", A_1="5")
    call_command("verify_history", ledger="assessments")
    AssessmentMark.objects.filter(assessment=other).update(reason="另一个理由")
    capsys.readouterr()
    with pytest.raises(SystemExit):
        call_command("verify_history", ledger="assessments")
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 1 and str(other.pk) in said[0] and "评分未经平台改动：自评 A/1" in said[0]
    with pytest.raises(SystemExit):
        call_command("verify_history")
    assert said[0] in capsys.readouterr().out


@pytest.mark.parametrize("number", [10, 300])
def test_saving_one_item_takes_the_same_number_of_queries(crew, number, client):
    of = version(spec(tables=(table("A", "contractor", ["1"] * number), table("B", "contractor", ["5"]))))
    sheet = crew.sheet(of)
    Sheet(sheet).spec  # noqa: B018 - read once per process
    crew.mark(sheet, "contractor", **{f"A_{at}": "0" for at in range(2, number)})
    client.force_login(crew.people["contractor"], backend="django.contrib.auth.backends.ModelBackend")
    body = {"item": "A/1", "deduction": "0.5", "reason": "缺", "version": 0}
    client.get(f"/assessments/{sheet.pk}/score/")
    with CaptureQueriesContext(connection) as saving:
        answer = client.post(f"/api/assessments/{sheet.pk}/marks/", body, content_type="application/json")
    assert answer.status_code == 200, answer.content.decode()
    assert answer.json()["progress"]["done"] == number - 1
    with CaptureQueriesContext(connection) as opening:
        assert client.get(f"/assessments/{sheet.pk}/score/").status_code == 200
    assert (len(saving), len(opening)) == QUERIES, "\n".join(q["sql"][:140] for q in saving.captured_queries)


# Of a page and of a save, whatever the number of items; sign-in, menu, counts of the shell and the vetoes of other
# ledgers included.
QUERIES = (16, 12)


# --------------------------------------------------------------------------------------------- the whole project


def test_a_project_by_contract_prices_and_its_year():
    crew = Crew()
    of = version()
    second = crew.add_section("SG-2", contract_price=D(300))
    supervision = {
        "section": None,
        "unit": crew.offices["supervisor"],
        "subject": "supervisor",
        "course": "direct",
    }
    for period, deductions in (("2026-H1", ("10", "30")), ("2026-H2", ("20", "50"))):
        for section, points in ((crew.section, deductions[0]), (second, deductions[1])):
            sheet = passed_on(crew, crew.sheet(of, section=section, period=period))
            crew.mark(sheet, "owner", **FULL | {"B_1": points})
            crew.act(sheet, "owner", "pass_owner")
        sheet = crew.sheet(of, period=period, **supervision)
        crew.mark(sheet, "supervisor", S_1="0", S_2="0")
        sheet = crew.act(sheet, "supervisor", "submit_self_owner")
        crew.mark(sheet, "owner", S_1="12", S_2="8")
        crew.act(sheet, "owner", "pass_owner")
        sheet = crew.sheet(of, period=period, section=None, subject="owner", course="alone")
        crew.mark(sheet, "owner", O_1="10")
        crew.act(sheet, "owner", "submit_self_done")
    found = year_of(crew.project, 2026, "safe_site")
    # contractors 95.0 (100) and 85.0 (300): 87.5; supervisor, of two sections and counted once: 80.0; owner 90.0
    # → 0.2·90 + 0.2·80 + 0.6·87.5 = 86.5
    assert found.halves[0].result.score == D("86.5")
    # 90.0 and 75.0: 78.75 → 0.2·90 + 0.2·80 + 0.6·78.75 = 81.25, half up 81.3
    assert found.halves[1].result.score == D("81.3")
    assert found.annual.score == D("83.9")
    assert [gap.pairs for gap in found.gaps].count(5) == 4


def test_the_same_marks_under_two_versions(crew):
    of = version()
    other = spec("另一版")
    half = [f if f.code != "contractor_score" else type(f)(f.code, f.name, f.stage, f.subject, "0.4*basic + 0.6*site")
            for f in other.formulas]  # fmt: skip
    two = version(spec("另一版", formulas=tuple(half), tables=other.tables[1:]), standard=of.standard)
    three = version(spec("第三版", formulas=tuple(half)), standard=of.standard)
    sheet = crew.sheet(of)
    crew.mark(sheet, "contractor", **FULL | {"A_1": "20", "B_1": "40"})
    sheet = crew.act(sheet, "contractor", "submit_self")
    before = AssessmentResult.objects.values().get()
    again, lost = Sheet(sheet).under(three, "self")
    # A 80, B 60: 70 under the first, 0.4·80 + 0.6·60 = 68 under the third
    assert (sheet.self_score, again.score, lost) == (D("70"), D("68"), [])
    assert Sheet(sheet).under(two, "self")[1] == ["A/1", "A/2", "A/3"]
    assert AssessmentResult.objects.values().get() == before and fresh(sheet).self_score == D("70")


def test_where_two_columns_differ(crew, sheet):
    sheet = passed_on(crew, sheet, marks=FULL | {"A_1": "2"})
    crew.mark(sheet, "owner", **FULL | {"A_1": "2", "B_1": "15", "A_2": "4"})
    differences, pairs = Sheet(fresh(sheet)).differences("self", "owner")
    assert pairs == 5
    assert [(row.item.key, row.by) for row in differences] == [("B/1", D("15")), ("A/2", D("4"))]


def test_dates_and_slots(crew):
    of = version()
    first = crew.sheet(of, period="2026-Q2")
    assert (first.period_from, first.period_to, first.year) == (date(2026, 4, 1), date(2026, 6, 30), 2026)
    with pytest.raises(ValidationError, match="本期已有"):
        crew.sheet(of, period="2026-Q2")
    crew.act(first, "owner", "cancel", opinion="本期停工")
    crew.sheet(of, period="2026-Q2")
    with pytest.raises(ValidationError, match="期次应写作"):
        crew.sheet(of, period="2026-13")
    with pytest.raises(ValidationError, match="须选择标段"):
        crew.sheet(of, section=None, period="2026-Q3")
