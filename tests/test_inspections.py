"""Inspections: who may, what is asked, what becomes of an item that is not in order, signing and sealing."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from safety.inspections import answering, asking, sealing
from safety.models import (
    Finding,
    HiddenDanger,
    InspectionTask,
    Visit,
    VisitCorrection,
    VisitItem,
    VisitSignature,
)
from supervision.flows import records
from supervision.flows.errors import IllegalTransition, LostRace, NotAllowed
from supervision.flows.perform import perform
from supervision.papers import services as papers
from supervision.people import history_guard
from supervision.plan.indicators import Window, find

from . import safety
from .factories import COMMAND
from .inspecting import answer, drawing, png, put, sign, visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    return safety.site(start_on=timezone.localdate())


def client_of(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def begun(site, **facts) -> Visit:
    """A visit by the site's inspector and a colleague."""
    facts = {"inspectors": [site.people["inspector"].name, "同事"]} | facts
    return visit(site.section, site.actor("inspector"), **facts)


def finished(site, fail=("TY-1",), **facts) -> Visit:
    record = begun(site, **facts)
    answer(record, fail=fail)
    return perform(record, "finish", site.actor("inspector"), {"outcome": "order", "summary": "限期整改"})


def sealed(site, **facts) -> Visit:
    record = finished(site, **facts)
    sign(record)
    return perform(record, "seal", site.actor("inspector"), {})


# -------------------------------------------------------------------------------------------------- who and what


@pytest.mark.parametrize(
    ("kind", "least"),
    [
        ("routine", 1),
        ("expert", 1),
        ("comprehensive", 2),
        ("special", 2),
        ("random", 2),
        ("unannounced", 2),
        ("covert", 2),
        ("follow_up", 2),
    ],
)
def test_enforcement_takes_two(site, kind, least):
    assert begun(site, kind=kind, inspectors=["甲", "乙"][:least])
    with pytest.raises(ValidationError) as told:
        begun(site, kind=kind, inspectors=["甲", "乙"][: least - 1])
    assert "inspectors" in told.value.message_dict
    with pytest.raises(ValidationError):
        begun(site, kind=kind, inspectors=["甲", "甲"])


def test_what_a_unit_inspects_is_its_own_check(site):
    own = visit(site.section, site.actor("contractor"), kind="unannounced")
    assert own.kind == "self"
    with pytest.raises(ValidationError):
        begun(site, kind="self")


def test_major_items_are_always_asked(site):
    record = begun(site)
    groups = asking.groups_of(record)
    asked = {item.key for group in groups for item in group.items}
    whole = {
        f"{row['code']}.{n}"
        for row in record.major_rule.content["items"]
        for n in range(1, len(row["questions"]) + 1)
    }
    assert whole <= asked and {"TY-1", "TY-8"} <= asked
    cited = {item.key: item for group in groups for item in group.items}
    assert cited["MH-01-1.1"].clause == "交办安监〔2025〕28号第4条(一)"
    assert cited["TY-7"].source == "本系统设定"
    chosen = answering.choose_lists(record, ["TY-LD"], site.actor("inspector"))
    assert chosen.lists == ["TY", "TY-LD"]
    assert whole <= {item.key for group in asking.groups_of(chosen) for item in group.items}


def test_a_list_with_answers_is_not_taken_away(site):
    record = answering.choose_lists(begun(site), ["TY-LD"], site.actor("inspector"))
    answering.save(record, [answering.Given("TY-LD-1", "pass")], site.actor("inspector"))
    with pytest.raises(ValidationError):
        answering.choose_lists(record, [], site.actor("inspector"))


# ------------------------------------------------------------------------------------------------------ answering


def test_an_item_not_in_order_needs_its_place(site):
    record, actor = begun(site), site.actor("inspector")
    for given in (
        answering.Given("TY-1", "fail"),
        answering.Given("TY-1", "fail", part="2号墩"),
        answering.Given("TY-1", "fail", description="没有"),
    ):
        with pytest.raises(ValidationError) as told:
            answering.save(record, [answering.Given("TY-2", "pass"), given], actor)
        assert "TY-1" in told.value.message_dict
        assert not record.items.exists()  # all or nothing
    both = answering.Given("TY-1", "fail", part="2号墩", stakes="k1+200", description="没有记录")
    assert answering.save(record, [both], actor) == 2
    found = record.findings.get()
    assert (found.clause, found.category, found.stakes) == ("《安全生产法》第41条", "安全内业资料", "K1+200")
    # One item, another place.
    again = answering.Given("TY-1", "fail", "fail", part="3号墩", description="没有记录")
    answering.save(record, [again], actor)
    assert record.findings.count() == 2
    with pytest.raises(ValidationError, match="先删除"):
        answering.save(record, [answering.Given("TY-1", "pass", "fail")], actor)


def test_two_inspectors_do_not_overwrite_each_other(site):
    record, actor = begun(site), site.actor("inspector")
    answering.save(record, [answering.Given("TY-2", "pass", "")], actor)
    with pytest.raises(LostRace):
        answering.save(record, [answering.Given("TY-2", "na", "")], actor)
    # What the other did not touch goes through, and the same answer twice is no conflict.
    assert (
        answering.save(record, [answering.Given("TY-2", "pass", ""), answering.Given("TY-3", "na")], actor)
        == 1
    )


def test_others_do_not_answer(site):
    record = begun(site)
    for role in ("contractor", "supervisor", "owner"):
        with pytest.raises(NotAllowed):
            answering.save(record, [answering.Given("TY-1", "pass")], site.actor(role))
    client = client_of(site.people["contractor"])
    assert client.post(reverse("check_visit", args=[record.pk]), {"r:TY-1": "pass"}).status_code == 403
    assert not record.items.exists()


def test_a_visit_is_finished_when_everything_is_answered(site):
    record, actor = begun(site), site.actor("inspector")
    with pytest.raises(ValidationError, match="还有8条未填"):
        perform(record, "finish", actor, {"outcome": "none"})
    answer(Visit.objects.get(pk=record.pk))
    assert perform(Visit.objects.get(pk=record.pk), "finish", actor, {"outcome": "none"}).status == "signing"


def test_the_page_saves_skips_and_keeps_what_was_typed(site):
    record = begun(site)
    client, url = client_of(site.people["inspector"]), reverse("check_visit", args=[record.pk])
    page = client.get(url).content.decode()
    assert "重大隐患判定" in page and 'name="r:TY-1"' in page
    answer_ = client.post(url, {"r:TY-1": "fail", "d:TY-1": "只写了情况"})
    assert answer_.status_code == 400 and "只写了情况" in answer_.content.decode()
    photo = SimpleUploadedFile("a.png", drawing(), "image/png")
    sent = {"r:TY-1": "fail", "p:TY-1": "2号墩", "d:TY-1": "<b>没有</b>{{7*7}}", "f:TY-1": photo}
    assert client.post(url, sent).status_code == 302
    found = record.findings.get()
    assert papers.of(found).get().kind == "检查照片"
    assert "&lt;b&gt;没有" in client.get(url).content.decode()
    assert client.post(url, {"skip": "MH01"}).status_code == 302
    skipped = record.items.filter(key__startswith="MH-01-").values_list("result", flat=True)
    assert len(skipped) == 4 and set(skipped) == {"na"}
    fake = SimpleUploadedFile("a.png", b"MZ not a picture", "image/png")
    sent = {"r:TY-2": "fail", "p:TY-2": "站", "d:TY-2": "无", "f:TY-2": fake}
    assert client.post(url, sent).status_code == 400
    assert not record.items.filter(key="TY-2").exists()


# ------------------------------------------------------------------------------------------- signing and sealing


def test_a_sealed_visit_opens_a_danger_for_each_finding(site):
    record = finished(site, fail=("TY-1", "MH-01-1.1"))
    finding = record.findings.order_by("pk").first()
    photo = SimpleUploadedFile("a.png", drawing(), "image/png")
    record = perform(record, "reopen", site.actor("inspector"), {"opinion": "补照片"})
    papers.attach(Finding.objects.get(pk=finding.pk), photo, answering.PHOTO, COMMAND)
    record = perform(record, "finish", site.actor("inspector"), {"outcome": "order"})
    sign(record)
    assert not HiddenDanger.objects.exists()
    record = perform(record, "seal", site.actor("inspector"), {})
    dangers = list(HiddenDanger.objects.order_by("pk"))
    assert len(dangers) == 2
    one = dangers[0]
    assert (one.source, one.clause, one.part, one.section) == (
        "inspection",
        finding.clause,
        "3号墩",
        site.section,
    )
    assert papers.counts(one) == {"隐患照片": 1}
    assert Finding.objects.get(pk=finding.pk).danger == one
    sealing.raise_dangers(record, COMMAND)
    assert HiddenDanger.objects.count() == 2
    text, url = sealing.origin(finding.pk, site.people["inspector"])
    assert record.number in text and str(record.pk) in url


def test_what_cannot_wait_is_raised_at_once_and_not_again_at_sealing(site):
    record = finished(site, fail=("TY-1", "TY-2"))
    record = perform(record, "reopen", site.actor("inspector"), {"opinion": "紧急"})
    urgent, other = record.findings.order_by("pk")
    client = Client()
    client.force_login(site.people["inspector"])
    page = client.get(reverse("check_visit", args=[record.pk])).content.decode()
    assert page.count("封存后自动转为隐患") == 3 and page.count('form="raise-') == 2
    address = reverse("raise_finding", args=[record.pk, urgent.pk])
    stranger = Client()
    stranger.force_login(site.people["contractor"])
    assert stranger.post(address).status_code == 403 and not HiddenDanger.objects.exists()
    for _ in range(2):
        assert client.post(address).status_code == 302
    danger = HiddenDanger.objects.get()
    assert (danger.status, danger.clause, danger.part) == ("reported", urgent.clause, urgent.part)
    page = client.get(reverse("check_visit", args=[record.pk])).content.decode()
    assert "已立为隐患 <a" in page and danger.number in page and page.count('form="raise-') == 1
    client.post(reverse("drop_finding", args=[record.pk, urgent.pk]))
    assert Finding.objects.filter(pk=urgent.pk).exists(), "what became a danger is not taken back here"
    record = perform(Visit.objects.get(pk=record.pk), "finish", site.actor("inspector"), {"outcome": "order"})
    sign(record)
    assert client.post(reverse("raise_finding", args=[record.pk, other.pk])).status_code == 302
    assert HiddenDanger.objects.count() == 1, "what was finished goes by signing"
    record = perform(record, "seal", site.actor("inspector"), {})
    assert sealing.intact(record) and HiddenDanger.objects.count() == 2
    assert Finding.objects.get(pk=other.pk).danger_id != danger.pk


def test_every_inspector_and_the_site_sign(site):
    record, actor = finished(site), site.actor("inspector")
    with pytest.raises(ValidationError, match="尚未签字"):
        perform(record, "seal", actor, {})
    record = Visit.objects.get(pk=record.pk)
    sealing.confirm(record, actor)
    assert sealing.unsigned(record) == ["检查人员同事尚未签字。", "受检方尚未签字。"]
    facts = {"side": "inspector", "name": "同事", "unit": "", "remark": "", "how": "drawn"}
    with pytest.raises(ValidationError):
        sealing.take(record, facts, "", actor)
    drawn = sealing.take(record, facts, png(), actor)
    assert papers.of(drawn).get().sha256 == drawn.image_sha256
    with pytest.raises(NotAllowed):  # the site does not have others sign on its screen
        sealing.take(record, facts | {"side": "site"}, png(), site.actor("contractor"))
    assert sealing.confirm(record, site.actor("contractor")).side == "site"
    with pytest.raises(ValidationError):
        sealing.confirm(record, site.actor("contractor"))
    assert sealing.unsigned(record) == []
    assert perform(record, "seal", actor, {}).status == "sealed"


def test_strangers_do_not_sign(site):
    record = finished(site)
    with pytest.raises(NotAllowed):
        sealing.confirm(record, site.actor("bureau_staff"))
    facts = {"side": "inspector", "name": "路人", "unit": "", "remark": "", "how": "drawn"}
    with pytest.raises(ValidationError):
        sealing.take(record, facts, png(), site.actor("inspector"))
    client = client_of(safety.site().people["contractor"])
    assert client.post(reverse("sign_visit", args=[record.pk]), {"digest": record.digest}).status_code == 404


@pytest.mark.parametrize(
    "image", ["", "data:image/png;base64,!!", "data:image/png;base64,R0lGODlh", "data:text/html;base64,PGI+"]
)
def test_what_is_no_drawing_is_refused(site, image):
    record = finished(site)
    facts = {"side": "site", "name": "丙", "unit": "", "remark": "", "how": "drawn"}
    with pytest.raises(ValidationError):
        sealing.take(record, facts, image, site.actor("inspector"))
    assert not VisitSignature.objects.exists()


def test_a_site_that_refuses_is_noted_with_the_reason(site):
    record, actor = finished(site), site.actor("inspector")
    facts = {"side": "site", "name": "丙", "unit": "项目部", "remark": "", "how": "refused"}
    with pytest.raises(ValidationError):
        sealing.take(record, facts, "", actor)
    sealing.take(record, facts | {"remark": "对结论有异议"}, "", actor)
    assert sealing.unsigned(record)[-1] != "受检方尚未签字。"


def test_what_was_changed_is_signed_anew(site):
    record, actor = finished(site), site.actor("inspector")
    sign(record)
    first = record.digest
    record = perform(record, "reopen", actor, {"opinion": "漏记"})
    answering.add_finding(record, {"part": "便道", "description": "积水"}, [], actor)
    record = perform(record, "finish", actor, {"outcome": "order", "summary": "限期整改"})
    assert record.digest != first and len(sealing.unsigned(record)) == 3
    # Nobody signs what they did not see.
    stale = VisitSignature(visit=record, side="site", name="丙", how="account", digest=first)
    with pytest.raises(ValidationError):
        records.create(stale, COMMAND)


def test_a_sealed_visit_does_not_change(site):
    record, actor = sealed(site), site.actor("inspector")
    assert sealing.intact(record) is True
    with pytest.raises(IllegalTransition):
        answering.save(record, [answering.Given("TY-2", "na", "pass")], actor)
    for row, values in (
        (record.items.first(), {"result": "na"}),
        (record.findings.first(), {"description": "别的"}),
    ):
        with pytest.raises(ValidationError):
            records.update(row, values, actor)
    with pytest.raises(ValidationError):
        records.create(Finding(visit=record, part="新", description="新"), actor)
    # Behind the portal's back it shows.
    with history_guard.writer():
        VisitItem._base_manager.filter(pk=record.items.first().pk).update(result="na")
    assert sealing.intact(Visit.objects.get(pk=record.pk)) is False
    page = client_of(site.people["inspector"]).get(reverse("visit_record", args=[record.pk]))
    assert "与封存值不符" in page.content.decode()


def test_content_that_changed_under_the_signatures_is_not_sealed(site):
    record = finished(site)
    sign(record)
    with history_guard.writer():
        VisitItem._base_manager.filter(visit=record, key="TY-2").update(result="na")
    with pytest.raises(ValidationError, match="不一致"):
        perform(record, "seal", site.actor("inspector"), {})


def test_corrections_stand_beside(site):
    facts = {"wrong": "K1", "right": "K2", "reason": "笔误"}
    with pytest.raises(ValidationError):
        records.create(VisitCorrection(visit=begun(site), **facts), COMMAND)
    record = sealed(site)
    records.create(VisitCorrection(visit=record, **facts), COMMAND)
    assert sealing.intact(record) is True


# ---------------------------------------------------------------------------------------------- before and after


def test_the_next_visit_brings_up_what_was_found(site):
    first = sealed(site)
    found = first.findings.get()
    then = begun(site, kind="follow_up")
    assert asking.prior_findings(then) == [found]
    answer_all_but_prior = [
        answering.Given(item.key, "pass")
        for group in asking.groups_of(then)
        if group.kind != asking.PRIOR
        for item in group.items
    ]
    actor = site.actor("inspector")
    answering.save(then, answer_all_but_prior, actor)
    assert asking.missing(then) == ["“PRIOR”还有1条未填。".replace("PRIOR", "以前检查发现、尚未销号的问题")]
    # Not put right: it is known already, no second danger comes of it.
    answering.save(then, [answering.Given(f"P-{found.pk}", "fail")], actor)
    assert asking.missing(then) == [] and not then.findings.exists()
    put(found.danger, status="closed")
    assert asking.prior_findings(begun(site)) == []
    other = safety.site()
    assert asking.prior_findings(begun(other)) == []


def test_a_unit_s_own_check_raises_what_it_found_itself(site):
    actor = site.actor("contractor")
    record = visit(site.section, actor, kind="self", inspectors=[site.people["contractor"].name])
    answer(record, fail=("TY-1",))
    record = perform(record, "finish", actor, {"outcome": "on_site"})
    assert sealing.confirm(record, actor).side == "inspector"
    assert sealing.confirm(record, site.actor("supervisor")).side == "site"
    perform(record, "seal", actor, {})
    assert HiddenDanger.objects.get().source == "self_check"


def test_a_task_is_done_by_its_visit(site):
    task = InspectionTask(
        kind="special",
        project=site.section.project,
        section=site.section,
        inspectors=[site.people["inspector"].name, "同事"],
        due_by=timezone.localdate(),
    )
    task = records.create(task, site.actor("bureau_staff"))
    client = client_of(site.people["inspector"])
    started = client.post(reverse("start_visit", args=[task.pk]))
    record = Visit.objects.get(task=task)
    assert started.url == reverse("check_visit", args=[record.pk])
    assert (
        client.post(reverse("start_visit", args=[task.pk])).url == started.url
    )  # one, however often pressed
    answer(record)
    record = perform(record, "finish", site.actor("inspector"), {"outcome": "none"})
    sign(record)
    perform(record, "seal", site.actor("inspector"), {})
    task.refresh_from_db()
    assert (task.status, task.done_on) == ("done", timezone.localdate())
    window = Window(task.due_by.year, task.due_by, task.due_by.year, task.due_by.year)
    members = find("inspection.tasks").members({}, window)
    assert members.queryset.filter(members.counted).get() == task


def test_units_do_not_see_tasks(site):
    client = client_of(site.people["contractor"])
    assert client.get(reverse("inspection-tasks:list")).status_code == 403


def test_coverage_counts_sections_with_a_signed_visit(site):
    day = timezone.localdate()
    window = Window(day.year, day, day.year, day.year)

    def counted():
        members = find("inspection.covered").members({}, window)
        return members.queryset.filter(members.counted).filter(pk=site.section.pk).exists()

    begun(site)
    assert not counted()
    sealed(site)
    assert counted()
