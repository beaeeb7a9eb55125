"""The chain from 监督登记 to 竣工验收: its prerequisites, deadlines and scores, and the archive of a stage."""

from __future__ import annotations

import shutil
import zipfile
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from quality.acceptance import archive, prerequisites
from quality.models import Completion, Division, Handover, HandoverProblem, Registration
from supervision.flows import history, records
from supervision.flows.errors import FlowError
from supervision.flows.history import Actor
from supervision.flows.perform import missing_for, perform
from supervision.jobs.services import JobError, result_path, run_now
from supervision.papers import services as papers
from supervision.people.models import User
from supervision.rules.calendar import months_after

from . import dividing, factories
from .dividing import judged, put, scored, tree
from .factories import COMMAND

pytestmark = pytest.mark.django_db
GOOD = [(19, 20, "3"), (10, 10, "1")]  # (95 × 3 + 100) ÷ 4 = 96.25
POOR = [(7, 10, "1")]
PROOFS = ("audited_on", "documents_on", "archives_on", "environment_on", "summaries_on")


def person(role: str, office=None) -> Actor:
    return Actor.of(factories.user(role, office), "page")


@pytest.fixture
def section():
    office = factories.organization("owner")
    made = factories.section(factories.project(owner=office), contract_price=Decimal(1000))
    dividing.people(made)
    return made


@pytest.fixture
def owner(section):
    return person("owner", section.project.owner)


@pytest.fixture
def centre():
    return person("centre_staff")


def file(record, kind: str, content: bytes = b"%PDF-1.4 made for a test") -> None:
    papers.attach(record, SimpleUploadedFile(f"{kind}.txt", content), kind, COMMAND)


def registered(project) -> Registration:
    made = records.create(Registration(project=project, content="概况"), COMMAND)
    return put(made, status="accepted", accepted_on=date(2024, 1, 5))


def passed_tree(section) -> Division:
    unit, [[part, item]] = tree(section, items=1)
    for one in (item, part, unit):
        judged(one)
    return unit


def sealed(section, rates, purpose, by: Actor):
    return perform(scored(section, rates, purpose), "seal", by, {})


def handed_over(section, owner: Actor, rates=GOOD) -> Handover:
    """The whole 交工验收 by its real persons."""
    contractor, supervisor = dividing.people(section)
    record = records.create(Handover(section=section, summary="完成"), contractor)
    record = perform(record, "apply", contractor, {})
    record = perform(record, "agree", supervisor, {"opinion": "同意"})
    sealed(section, rates, "handover", owner)
    return perform(record, "decide", owner, {"decided_on": timezone.localdate().isoformat()})


# ------------------------------------------------------------------------------------------------------- 交工


def test_a_handover_needs_registration_tree_and_score(section, owner):
    contractor, supervisor = dividing.people(section)
    record = records.create(Handover(section=section, summary="完成"), contractor)
    said = "；".join(missing_for(record, Handover.flow.by_name["apply"]))
    assert "尚未受理监督登记" in said and "还没有分部分项划分" in said
    registered(section.project)
    unit, [[part, item]] = tree(section, items=1)
    judged(item, good=False)
    (said,) = missing_for(record, Handover.flow.by_name["apply"])
    assert said == f"单位工程评定：“{unit}”不合格。"
    judged(item, repair="返工")
    judged(part)
    judged(unit)
    record = perform(record, "apply", contractor, {})
    record = perform(record, "agree", supervisor, {"opinion": "同意"})
    assert missing_for(record, Handover.flow.by_name["decide"]) == ["交工质量评分：交工验收评分表尚未定分。"]
    sheet = sealed(section, GOOD, "handover", owner)
    assert (sheet.score, sheet.grade) == (Decimal("96.25"), "excellent")
    assert sheet.arithmetic[-1]["arithmetic"].endswith("− 0 = 96.25")
    record = perform(record, "decide", owner, {"decided_on": timezone.localdate().isoformat()})
    assert (record.status, record.score, record.grade) == ("decided", Decimal("96.25"), "excellent")
    section.project.refresh_from_db()
    assert section.project.handover_on == record.decided_on
    with pytest.raises(ValidationError, match="已通过交工验收"):
        records.create(Handover(section=section, summary="又一次"), contractor)


def test_a_failed_handover_stays_and_another_follows(section, owner):
    registered(section.project)
    passed_tree(section)
    first = handed_over(section, owner, POOR)
    assert (first.score, first.grade) == (Decimal("70.00"), "failed")
    section.project.refresh_from_db()
    assert section.project.handover_on is None
    again = records.create(Handover(section=section, summary="整改后"), COMMAND)
    assert again.status == "draft"


def test_a_sheet_says_what_it_lacks_and_is_closed_once_sealed(section, owner, centre):
    unit, [[part, item]] = tree(section, items=1)
    put(unit, investment=None)
    sheet = scored(section, GOOD)
    assert any("未填投资额" in text for text in prerequisites.sheet_complete(sheet))
    put(unit, investment=Decimal(5))
    other = dividing.node(section, "SECOND", investment=Decimal(5))
    assert prerequisites.sheet_complete(sheet) == [f"单位工程“{other}”还没有分部工程评分。"]
    put(other, status="dropped")
    with pytest.raises(FlowError):
        perform(sheet, "seal", centre, {})  # the owner's: not an appraisal
    sheet = perform(sheet, "seal", owner, {})
    with pytest.raises(ValidationError, match="不能再改"):
        records.update(sheet.parts.get().items.first(), {"good": 1}, COMMAND)
    sheet = perform(sheet, "reopen", owner, {"opinion": "漏检"})
    assert (sheet.score, sheet.grade, sheet.arithmetic) == (None, "", [])


def test_the_marks_of_the_appraisal_are_the_supervisions(section, owner, centre):
    sheet = scored(section, GOOD, "appraisal")
    part = sheet.parts.get()
    for slug, record in (
        ("score-sheets", sheet),
        ("scored-parts", part),
        ("scored-items", part.items.first()),
    ):
        for actor, status in ((owner, 403), (centre, 200)):
            client = Client()
            client.force_login(actor.user, backend="django.contrib.auth.backends.ModelBackend")
            change = {"is_demo": False, "version": record.version}
            change |= {"checked_on": "2026-01-05"} if record == sheet else {"weight": "2"}
            answer = client.patch(f"/api/{slug}/{record.pk}/", change, "application/json")
            assert answer.status_code == status, (slug, answer.content.decode())
    own = {
        "section": factories.section(section.project).pk,
        "purpose": "appraisal",
        "checked_on": "2026-01-05",
    }
    client.force_login(owner.user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post("/api/score-sheets/", own, "application/json").status_code == 403


def test_deductions_have_their_limits(section):
    with pytest.raises(ValidationError, match="不超过 5 分"):
        dividing.sheet(section, documents_deduction=Decimal("5.01"))
    line = scored(section, GOOD).parts.get()
    with pytest.raises(ValidationError, match="不超过 15 分"):
        records.update(line, {"appearance": Decimal("15.01")}, COMMAND)


def test_a_project_is_handed_over_with_its_last_section(section, owner):
    registered(section.project)
    passed_tree(section)
    other = factories.section(section.project, contract_price=Decimal(500))
    dividing.people(other)
    passed_tree(other)
    handed_over(section, owner)
    section.project.refresh_from_db()
    assert section.project.handover_on is None
    put(section.project, start_on=timezone.localdate() + timedelta(days=1))
    with pytest.raises(ValidationError, match="项目登记：") as told:
        handed_over(other, owner)
    assert "decided_on" in told.value.message_dict
    last = Handover.objects.get(section=other)
    assert last.status == "agreed"
    put(section.project, start_on=date(2024, 2, 1))
    given = {"decided_on": timezone.localdate().isoformat()}
    perform(last, "decide", owner, given)
    section.project.refresh_from_db()
    assert section.project.handover_on == timezone.localdate()


# ------------------------------------------------------------------------------------------------------- 竣工


def ready(section, owner, centre) -> Completion:
    """A project with everything there but the two years."""
    registered(section.project)
    passed_tree(section)
    handed_over(section, owner)
    sealed(section, [(9, 10, "1")], "appraisal", centre)
    day = timezone.localdate() - timedelta(days=3)
    record = records.create(Completion(project=section.project, **dict.fromkeys(PROOFS, day)), owner)
    for kind in record.attachment_kinds()[:5]:
        file(record, kind)
    return record


def years_ago(section, years: int, days: int = 0) -> None:
    day = timezone.localdate()
    day = day.replace(year=day.year - years, day=min(day.day, 28)) + timedelta(days=days)
    put(Handover.objects.get(section=section), decided_on=day)


def test_a_completion_says_everything_that_is_missing(section, owner):
    record = records.create(Completion(project=section.project), owner)
    unmet = {check.label: check.text for check in prerequisites.completion_applies(record) if not check.met}
    assert list(unmet) == [
        "交工验收",
        "通车试运营满 2 年",
        "质量监督机构鉴定",
        "竣工决算审计",
        "竣工文件编制",
        "档案专项验收",
        "环境保护等单项验收",
        "各参建单位工作总结",
    ]
    assert unmet["竣工决算审计"] == "未填完成日期，缺少附件“竣工决算审计报告”。"
    factories.section(section.project, kind="supervision", code="JL")  # not works
    assert unmet["交工验收"] == f"{section.code} 标段尚未通过交工验收。"


def test_two_years_to_the_day(section, owner, centre):
    record = ready(section, owner, centre)
    put(Handover.objects.get(section=section), decided_on=date(2024, 2, 29))

    def met(day: date) -> bool:
        return {c.label: c.met for c in prerequisites.completion_applies(record, day)}["通车试运营满 2 年"]

    assert not met(date(2026, 2, 27))
    assert met(date(2026, 2, 28))
    record = records.update(record, {"trial_from": date(2024, 5, 1)}, owner)
    assert not met(date(2026, 4, 30))
    assert met(date(2026, 5, 1))


def test_the_whole_chain_to_its_grade(section, owner, centre):
    contractor, supervisor = dividing.people(section)
    record = ready(section, owner, centre)
    assert [text.split("：")[0] for text in missing_for(record, Completion.flow.by_name["apply"])] == [
        "通车试运营满 2 年"
    ]
    years_ago(section, 2, days=-1)
    left = HandoverProblem(
        project=section.project, section=section, part="台后", description="沉降", due_by=date(2026, 9, 26)
    )
    left = records.create(left, owner)
    assert missing_for(record, Completion.flow.by_name["apply"]) == ["交工遗留问题处理：还有 1 项未处理完。"]
    left = perform(left, "treat", contractor, {"settled_on": "2026-01-05", "opinion": "已注浆"})
    perform(left, "settle", supervisor, {})
    today = timezone.localdate()
    record = perform(record, "apply", owner, {})
    assert (record.applied_on, record.due_on) == (today, today + timedelta(days=30))
    record = perform(record, "admit", centre, {})
    assert record.due_on == months_after(today, 3)
    marks = {
        "committee_score": "91",
        "owner_score": "92",
        "design_score": "88",
        "construction_score": "90",
        "supervision_score": "86",
    }
    record = perform(record, "decide", centre, marks | {"decided_on": today.isoformat()})
    # 0.2 × 96.25 + 0.6 × 90 + 0.2 × 91 = 19.25 + 54 + 18.2 = 91.45
    assert (record.handover_score, record.appraisal_score) == (Decimal("96.25"), Decimal("90.00"))
    assert (record.quality_score, record.quality_grade) == (Decimal("91.45"), "excellent")
    # 0.7 × 91.45 + 0.15 × 92 + 0.05 × (88 + 90 + 86) = 64.015 + 13.8 + 13.2 = 91.015, kept as 91.02
    assert (record.score, record.grade) == (Decimal("91.02"), "excellent")
    assert not list(history.verify_chains("quality.completion"))
    section.project.refresh_from_db()
    assert section.project.completion_on == today
    client = Client()
    client.force_login(centre.user, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(f"/projects/{section.project_id}/quality-chain/").content.decode()
    assert "91.02 分，优良" in page and "全部处理完毕" in page and "单位工程 1/1 合格" in page


def test_an_appraisal_that_failed_stops_the_completion(section, owner, centre):
    registered(section.project)
    passed_tree(section)
    handed_over(section, owner)
    sealed(section, POOR, "appraisal", centre)
    record = records.create(Completion(project=section.project), owner)
    checks = {check.label: check for check in prerequisites.completion_applies(record)}
    assert checks["质量监督机构鉴定"].text == f"{section.code} 标段鉴定不合格。"


def test_registration_accepted_and_briefed_within_its_days(section, owner, centre):
    record = records.create(Registration(project=section.project, content="概况"), owner)
    assert missing_for(record, Registration.flow.by_name["submit"]) == ["缺少附件：监督登记表"]
    file(record, "监督登记表")
    record = perform(record, "submit", owner, {})
    assert record.due_on > timezone.localdate()
    given = {"accepted_on": "2026-01-05", "office": "质监站", "supervisors": "甲、乙"}
    record = perform(record, "accept", centre, given)
    record = perform(record, "brief", centre, {"briefed_on": "2026-01-12", "briefing": "要点"})
    assert (record.status, record.briefed_on) == ("briefed", date(2026, 1, 12))


def test_handovers_of_the_year(section, owner):
    from supervision.plan.indicators import Window, find, measure

    registered(section.project)
    passed_tree(section)
    record = handed_over(section, owner, POOR)
    day = record.decided_on
    window = Window(day.year, day, day.year, day.year)
    (group,) = measure(find("handover.passed").members({}, window))
    assert (group.standing, group.ids) == ("decided", (record.pk,))
    put(record, grade="qualified")
    (group,) = measure(find("handover.passed").members({}, window))
    assert group.standing == "counted"


# ----------------------------------------------------------------------------------------------------- archive


@pytest.fixture
def packed(section, owner, tmp_path):
    """The archive of a 交工验收 with papers and a photo, and the person who ordered it."""
    registered(section.project)
    passed_tree(section)
    record = handed_over(section, owner)
    file(record, "交工验收证书", "证书一".encode())
    file(record, "照片", b"\xe7\x85\xa7\xe7\x89\x87")
    voided = papers.of(record).filter(kind="照片").get()
    papers.void(voided, owner, "错传")
    user = User.objects.get(pk=owner.user.pk)
    run = run_now("stage_archive", {"stage": "handovers", "record": record.pk}, user)
    path = tmp_path / "归档.zip"
    shutil.copy(result_path(run, run.result_file), path)
    return path, run, record


def verified(path, *more) -> str:
    out = StringIO()
    call_command("verify_archive", str(path), *more, stdout=out)
    return out.getvalue()


def test_an_archive_holds_index_ledgers_papers_and_hashes(packed):
    path, run, record = packed
    with zipfile.ZipFile(path) as made:
        names = made.namelist()
        account = made.read(archive.ACCOUNT).decode()
    assert {archive.INDEX, archive.ACCOUNT, archive.HASHES} <= set(names)
    for ledger in (
        "交工验收",
        "分部分项划分",
        "质量评定",
        "实测项目",
        "工程质量评分表",
        "分部工程评分",
        "抽查项目",
    ):
        assert [name for name in names if name.startswith("台账/") and name.endswith(f" {ledger}.xlsx")], (
            ledger
        )
    (paper,) = [name for name in names if name.endswith("/交工验收证书/交工验收证书.txt")]
    assert [name for name in names if "/已作废/照片/" in name]
    assert "登记交工验收结论" in account and "96.25" in account
    assert run.result["missing"] == 0 and run.result["files"] == len(names)
    said = verified(path)
    assert f"{len(names) - 1} 个文件与清单全部相符" in said and "操作历史有记载" in said
    assert not list(history.verify_chains("quality.handover"))


def changed(path, folder, name: str, content: bytes | None, extra: str = "") -> None:
    """A copy of an archive with one file changed, left out (None), or one more."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(folder / "changed.zip", "w") as new:
        for entry in old.infolist():
            if entry.filename != name:
                new.writestr(entry.filename, old.read(entry))
            elif content is not None:
                new.writestr(entry.filename, content)
        if extra:
            new.writestr(extra, b"more")


@pytest.mark.parametrize(
    ("content", "extra", "said"),
    [
        (b"another", "", "的内容与清单不符"),
        (None, "", "不在包中"),
        (b"", "附件/新.txt", "不在清单上"),
    ],
)
def test_an_archive_that_was_changed_is_found_out(packed, tmp_path, content, extra, said):
    path, _, _ = packed
    changed(path, tmp_path, archive.INDEX, content, extra)
    with pytest.raises(CommandError, match=said):
        verified(tmp_path / "changed.zip")


def test_a_hash_list_exchanged_together_with_the_files_is_found_out(packed, tmp_path):
    import hashlib

    path, _, _ = packed
    with zipfile.ZipFile(path) as old:
        listed = old.read(archive.HASHES).decode()
        former = hashlib.sha256(old.read(archive.INDEX)).hexdigest()
    forged = listed.replace(former, hashlib.sha256(b"forged").hexdigest())
    changed(path, tmp_path, archive.INDEX, b"forged")
    changed(tmp_path / "changed.zip", tmp_path / "..", archive.HASHES, forged.encode())
    twice = tmp_path / ".." / "changed.zip"
    assert "全部相符" in verified(twice, "--offline")
    with pytest.raises(CommandError, match="操作历史中没有这份清单"):
        verified(twice)


def test_what_is_no_archive(tmp_path):
    with pytest.raises(CommandError, match="读不了归档包"):
        verified(tmp_path / "none.zip")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("a.txt", "a")
    with pytest.raises(CommandError, match="没有《哈希清单"):
        verified(tmp_path / "other.zip")


def test_an_archive_is_for_those_who_see_the_record(packed):
    _, _, record = packed
    stranger = factories.user("contractor")
    with pytest.raises(JobError, match="不能查看"):
        run_now("stage_archive", {"stage": "handovers", "record": record.pk}, stranger)
    client = Client()
    client.force_login(stranger, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(f"/handovers/{record.pk}/stage-archive/").status_code == 404
    assert client.post(f"/divisions/{record.pk}/stage-archive/").status_code == 404
    assert client.get(f"/projects/{record.section.project_id}/quality-chain/").status_code == 404


@pytest.mark.parametrize("slug", list(archive.STAGES))
def test_each_stage_has_an_archive_of_its_own_reach(section, owner, centre, slug, tmp_path):
    completion = ready(section, owner, centre)
    of = {
        "quality-registrations": Registration.objects.get(project=section.project),
        "score-sheets": section and dividing.ScoreSheet.objects.get(section=section, purpose="appraisal"),
        "handovers": Handover.objects.get(section=section),
        "completions": completion,
    }[slug]
    found = {ledger.slug for ledger, _ in archive.gathered(slug, of, User.objects.get(pk=owner.user.pk))}
    assert slug in found
    wide = {"divisions", "evaluations", "measurements", "score-sheets", "scored-items"} <= found
    assert wide == (slug in ("handovers", "completions"))
    assert ("quality-registrations" in found) == (slug != "score-sheets")
