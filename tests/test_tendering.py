"""Tendering and the owners' marks, as their people act: who sees what, the statutory clocks, questions, draws."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from integrity.models import (
    CollusionQuestion,
    CommitteeMember,
    ExpertConduct,
    PerformanceCheck,
    PerformanceDraw,
    PerformanceMark,
    Tender,
    TenderBid,
    TenderComplaint,
    TenderExpert,
    TenderObjection,
)
from integrity.performance.comparing import total_of
from supervision.flows import records
from supervision.flows.errors import NotAllowed
from supervision.flows.history import Actor
from supervision.flows.perform import available, missing_for, perform
from supervision.ledgers.registry import get
from supervision.people.models import Role
from supervision.plan.indicators import Window, find
from supervision.rules.calendar import load_holidays
from supervision.rules.draw import by_hash

from . import factories, moneys
from . import tendering as make
from .factories import COMMAND

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    """A section with its owner and contractor, and the bureau."""
    load_holidays()
    office, builder = factories.organization("owner"), factories.organization("contractor")
    project = factories.project(owner=office, district=factories.district())
    section = factories.section(project)
    factories.participation(section, builder)
    return {
        "section": section,
        "owner": factories.user(Role.OWNER, office),
        "contractor": factories.user(Role.CONTRACTOR, builder),
        "bureau": factories.user(Role.BUREAU_STAFF),
        "second": factories.user(Role.BUREAU_STAFF),
    }


def act(record, name, user, **data):
    fresh = type(record)._base_manager.get(pk=record.pk)
    return perform(fresh, name, Actor.of(user, "page"), data)


def at(monkeypatch, day: date) -> None:
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *_: day)


def test_who_commissions_sees_a_tender_and_who_builds_does_not(cast):
    tender = make.tender(cast["section"])
    make.seat(tender)
    for model in (Tender, CommitteeMember):
        seen = {
            name: model.objects.visible_to(cast[name]).count() for name in ("owner", "bureau", "contractor")
        }
        assert seen == {"owner": 1, "bureau": 1, "contractor": 0}
    complaint = make.made(
        TenderComplaint,
        tender=tender,
        matter="other",
        complainant="某单位",
        respondent="招标人",
        knew_on=date(2026, 3, 2),
        received_on=date(2026, 3, 4),
        content="…",
    )
    assert not TenderComplaint.objects.visible_to(cast["owner"]).exists()
    assert list(TenderComplaint.objects.visible_to(cast["bureau"])) == [complaint]


def test_a_report_is_taken_only_from_a_committee_made_up_as_the_law_wants(cast):
    owner, tender = cast["owner"], make.tender(cast["section"])
    act(tender, "issue", owner, issued_on="2026-03-02", bid_by="2026-03-30")
    act(tender, "open", owner, opened_on="2026-03-30")
    members = make.committee(tender, experts=4, owners=1)
    act(members[0], "recuse", owner, opinion="与投标人有利害关系")
    with pytest.raises(ValidationError, match="少于5人") as raised:
        act(tender, "evaluate", owner, evaluated_on="2026-03-31")
    assert "不是单数" in str(raised.value)
    own = make.seat(tender)
    make.bid(Tender.objects.get(), own.expert.unit)
    with pytest.raises(ValidationError, match="工作单位是投标人，应当回避"):
        act(tender, "evaluate", owner, evaluated_on="2026-03-31")
    act(own, "recuse", owner, opinion="系投标人职工")
    make.seat(tender)
    assert act(tender, "evaluate", owner, evaluated_on="2026-03-31").status == "evaluated"
    with pytest.raises(ValidationError, match="不再变动"):
        act(members[1], "remove", owner, opinion="临时有事")
    with pytest.raises(ValidationError, match="不再变动"):
        make.seat(Tender.objects.get())
    # Nor is who sits there rewritten: no form, no import, no interface.
    sitting = CommitteeMember.objects.get(pk=members[1].pk)
    assert not get("committee-members").may_edit(sitting, owner)
    with pytest.raises(ValidationError, match="不再变动"):
        records.update(sitting, {"attended": False}, COMMAND)


def test_a_day_written_down_wrongly_is_put_right_with_a_reason(cast):
    owner, tender = cast["owner"], make.tender(cast["section"])
    act(tender, "issue", owner, issued_on="2026-03-02", bid_by="2026-03-30")
    act(tender, "open", owner, opened_on="2026-03-29")
    days = {"issued_on": "2026-03-02", "bid_by": "2026-03-30", "opened_on": "2026-03-30"}
    with pytest.raises(ValidationError):
        act(tender, "correct_opened", owner, **days)
    with pytest.raises(ValidationError, match="早于招标文件发出日期"):
        act(tender, "correct_opened", owner, opinion="笔误", **days | {"opened_on": "2026-03-01"})
    with pytest.raises(ValidationError):
        act(tender, "correct_opened", owner, opinion="笔误", **days | {"opened_on": ""})
    put = act(tender, "correct_opened", owner, opinion="笔误", **days)
    assert (put.opened_on, put.status) == (date(2026, 3, 30), "opened")
    shown = {"status": "publicised", "evaluated_on": date(2026, 4, 1), "publicised_on": date(2026, 4, 9)}
    tender = moneys.stands(Tender.objects.get(), **shown)
    assert "收到评标报告后8日才公示（应于2026-04-07前）" in tender.gaps
    more = {"evaluated_on": "2026-04-01", "publicised_on": "2026-04-02", "publicity_days": "3"}
    put = act(tender, "correct_publicised", owner, opinion="笔误", **days, **more)
    assert (put.publicity_until, put.gaps) == (date(2026, 4, 5), [])


def test_who_is_suspended_or_supervises_takes_no_seat(cast):
    tender, expert = make.tender(cast["section"]), make.expert()
    with pytest.raises(ValidationError, match="应取消资格，不是暂停"):
        act(
            expert, "suspend", cast["bureau"], ground="收受财物", suspended_until="2026-12-31", opinion="暂停"
        )
    act(expert, "suspend", cast["bureau"], ground="擅离职守", suspended_until="2026-12-31", opinion="暂停")
    with pytest.raises(ValidationError, match="暂停评标"):
        make.seat(tender, expert=TenderExpert.objects.get(pk=expert.pk))
    with pytest.raises(ValidationError, match="第46条"):
        make.seat(tender, of_authority=True)
    with pytest.raises(ValidationError, match="满8年"):
        make.expert(years=7)


def test_an_open_objection_halts_the_tender_and_has_three_days(cast):
    owner, tender = cast["owner"], make.tender(cast["section"])
    act(tender, "issue", owner, issued_on="2026-03-02", bid_by="2026-03-30")
    tender = Tender.objects.get(pk=tender.pk)
    facts = {"tender": tender, "subject": "document", "raised_by": "某投标人", "content": "资格条件过高"}
    late = make.made(TenderObjection, received_on=date(2026, 3, 25), **facts)
    assert (late.raise_by, late.answer_by) == (date(2026, 3, 20), date(2026, 3, 30))
    assert late.questions == ["超过提出期限（2026-03-20）"]
    assert "有1件异议尚未答复" in missing_for(tender, tender.flow.by_name["open"])[0]
    done = act(late, "answer", owner, answered_on="2026-03-31", opinion="已澄清")
    assert done.questions[-1] == "答复超期"
    assert not missing_for(tender, tender.flow.by_name["open"])
    window = Window(2026, date(2026, 6, 30), 2026, 2026)
    counted = find("tender.objections_in_time").members({}, window)
    assert (counted.queryset.count(), counted.queryset.filter(counted.counted).count()) == (1, 0)
    # The candidates are not made public either while one is open.
    make.made(TenderObjection, **facts | {"subject": "opening"}, received_on=date(2026, 4, 2))
    for step in ("open", "evaluate", "publicise", "award"):
        assert "有1件异议尚未答复" in missing_for(tender, tender.flow.by_name[step])[0], step


def test_a_complaint_waits_for_its_objection_and_for_the_experts(cast, monkeypatch):
    bureau, tender = cast["bureau"], make.tender(cast["section"])
    facts = {"complainant": "某单位", "respondent": "招标人", "content": "…", "tender": tender}
    complaint = make.made(
        TenderComplaint, matter="result", knew_on=date(2026, 9, 14), received_on=date(2026, 9, 29), **facts
    )
    assert complaint.questions == ["超过投诉期限（2026-09-24）", "未先提出异议"]
    with pytest.raises(ValidationError, match="应当先向招标人提出异议"):
        act(complaint, "accept", bureau)
    objection = make.made(
        TenderObjection,
        tender=tender,
        subject="result",
        raised_by="某单位",
        received_on=date(2026, 9, 15),
        content="…",
        answered_on=date(2026, 9, 20),
    )
    # Raised before the complainant knew: only what was open since then is not counted.
    early = records.create(
        TenderObjection(
            tender=tender, subject="result", raised_by="他人", received_on=date(2026, 9, 12), content="…"
        ),
        COMMAND,
    )
    complaint = records.update(TenderComplaint.objects.get(pk=complaint.pk), {"objection": early}, COMMAND)
    # Not answered yet: from the 14th, when it was known, to the complaint of the 29th.
    assert complaint.answering_days() == 15
    rejected = act(early, "reject", cast["owner"], opinion="逾期")
    at(monkeypatch, date(2026, 9, 18))
    withdrawn = make.made(
        TenderObjection,
        tender=tender,
        subject="result",
        raised_by="他人",
        received_on=date(2026, 9, 17),
        content="…",
    )
    withdrawn = act(withdrawn, "withdraw", cast["owner"], opinion="已说明")
    monkeypatch.undo()
    assert (rejected.answered_on, withdrawn.answered_on) == (timezone.localdate(), date(2026, 9, 18))
    records.update(TenderObjection.objects.get(pk=early.pk), {"answered_on": date(2026, 9, 15)}, COMMAND)
    # What the objection took is looked up again when the complaint is accepted: 14 + 10 + 1 = the 25th, the
    # Mid-Autumn Festival, which with the weekend after it moves the end to the 28th.
    accepted = act(complaint, "accept", bureau, accepted_on="2026-10-09")
    assert (accepted.answering_days(), accepted.complain_by) == (1, date(2026, 9, 28))
    records.update(accepted, {"status": "received", "accepted_on": None}, COMMAND, clean=False)
    complaint = records.update(
        TenderComplaint.objects.get(pk=complaint.pk), {"objection": objection}, COMMAND
    )
    # Five days of answering are not counted: 14 + 10 + 5 = the 29th. Accepted within 30 September, 8, 9 October.
    assert (complaint.complain_by, complaint.accept_by) == (date(2026, 9, 29), date(2026, 10, 9))
    assert complaint.due_on == complaint.accept_by and complaint.questions == []
    complaint = act(complaint, "accept", bureau, accepted_on="2026-10-09")
    assert complaint.decide_by == complaint.due_on == date(2026, 11, 19)
    at(monkeypatch, date(2026, 10, 12))
    assert act(complaint, "halt", bureau, opinion="送检").due_on is None
    at(monkeypatch, date(2026, 10, 16))
    complaint = act(complaint, "resume", bureau)
    assert (complaint.halted_days, complaint.decide_by) == (4, date(2026, 11, 25))
    at(monkeypatch, date(2026, 11, 24))
    act(complaint, "decide", bureau, outcome="dismissed", opinion="不成立")
    members = find("tender.complaints_in_time").members({}, Window(2026, date(2026, 12, 31), 2026, 2026))
    assert members.queryset.filter(members.counted).count() == 1
    open_then = find("tender.complaints_in_time").members({}, Window(2026, date(2026, 11, 1), 2026, 2026))
    assert open_then.queryset.filter(open_then.undecided & ~Q(open_then.counted)).count() == 1


def test_bids_raise_questions_and_corrected_facts_take_them_back(cast):
    tender = make.tender(cast["section"])
    one = make.bid(tender, "甲公司", "1000000", deposit_from="同一账户")
    make.bid(tender, "乙公司", "1100000", deposit_from="同一账户")
    make.bid(tender, "丙公司", "1200000")
    question = CollusionQuestion.objects.get()
    assert (question.sign, question.bidders, question.standing) == ("same_account", "乙公司、甲公司", True)
    make.bid(tender, "丁公司", "1300000")
    assert CollusionQuestion.objects.get(sign="alike").figures == "报价依次约差100000.00元"
    records.update(TenderBid.objects.get(pk=one.pk), {"deposit_from": "甲公司基本户"}, COMMAND)
    assert not CollusionQuestion.objects.get(pk=question.pk).standing
    assert CollusionQuestion.objects.count() == 2
    # A question is answered by the authority; nobody else sees it.
    assert not CollusionQuestion.objects.visible_to(cast["owner"]).exists()
    assert act(question, "explain", cast["bureau"], answer="系登记笔误").status == "explained"


def test_points_are_deducted_by_two_persons_and_of_the_year(cast):
    expert = make.expert()
    bureau, second = cast["bureau"], cast["second"]
    for kind in ("索要评标费", "拖延"):
        row = make.made(ExpertConduct, expert=expert, kind=kind, description="…")
        act(row, "submit", bureau)
        with pytest.raises(NotAllowed, match="不能再办理"):
            act(row, "confirm", bureau, opinion="属实")
        act(row, "confirm", second, opinion="属实")
    made = TenderExpert.with_points(TenderExpert.objects.filter(pk=expert.pk)).get()
    assert (made.points_left, made.questions) == (40, ["提请研究暂停"])
    assert TenderExpert.objects.get(pk=expert.pk).points_left == 40
    assert made.status == "in_force"  # a person decides
    decided = {"ground": "擅离职守", "opinion": "研究决定"}
    with pytest.raises(ValidationError, match="暂停至早于今天"):
        act(made, "suspend", bureau, suspended_until="2026-01-05", **decided)


# --------------------------------------------------------------------------------------------------------- marks


def test_marks_are_drawn_seen_on_site_and_explained(cast):
    owner, contractor, bureau = cast["owner"], cast["contractor"], cast["bureau"]
    marks = [make.mark(cast["section"], starts_on=date(2026, 4, 1))]
    for _ in range(3):
        section = factories.section(cast["section"].project)
        factories.participation(section, factories.organization("contractor"))
        marks.append(make.mark(section))
    assert marks[0].unit == cast["contractor"].organization and marks[0].total == total_of(
        make.MARKS, marks[0].rules.content["items"]
    )
    with pytest.raises(ValidationError, match="没有已报送"):
        make.made(PerformanceDraw, kind="quarter", starts_on=date(2026, 4, 1), size=1)
    for mark in marks:
        act(mark, "submit", owner)
    assert [t.name for t in available(type(marks[0]).objects.get(pk=marks[0].pk), contractor)] == [
        "accept",
        "object",
    ]
    assert list(type(marks[0]).objects.visible_to(contractor)) == [marks[0]]
    draw = make.made(PerformanceDraw, kind="quarter", starts_on=date(2026, 4, 1), size=2, seed="20260705")
    assert draw.population == [mark.pk for mark in marks]
    assert draw.drawn == by_hash(draw.population, "20260705", key=lambda pk: pk)[:2]
    assert set(PerformanceCheck.objects.values_list("mark", flat=True)) == set(draw.drawn)
    check = PerformanceCheck.objects.filter(draw=draw).first()
    with pytest.raises(ValidationError, match="请先填写"):
        act(check, "compare", bureau)
    seen = {"checked_on": date(2026, 7, 6), "seen": make.MARKS | {"安全管理": 17}}
    records.update(check, seen, COMMAND)
    check = act(check, "compare", bureau)
    assert (check.difference, check.differs) == (6, True)
    assert check.deviations == ["安全管理：建设单位23分，现场17分", "总分相差+6分"]
    assert "隐患" in check.found
    # Nobody makes the marks fit what was found meanwhile.
    drawn = PerformanceMark.objects.get(pk=check.mark_id)
    maker = moneys.stands(drawn, status="objected")
    with pytest.raises(ValidationError, match="抽查办结前不修改评分"):
        act(maker, "revise", owner, opinion="再议")
    # An owner that explains nothing does not keep the check open.
    with pytest.raises(ValidationError, match="期满后办理"):
        act(check, "conclude", bureau, opinion="逾期")
    late = moneys.stands(check, due_on=date(2026, 7, 14))
    assert not missing_for(late, late.flow.by_name["conclude"])
    check = act(check, "explain", owner, explanation="六月底已整改")
    assert act(check, "settle", bureau, opinion="属实").status == "closed"
    assert act(maker, "revise", owner, opinion="再议").status == "draft"
    moneys.stands(maker, status="settled")
    window = Window(2026, date(2026, 12, 31), 2026, 2026)
    covered = find("performance.checked").members({}, window)
    assert (covered.queryset.count(), covered.queryset.filter(covered.counted).count()) == (4, 1)
    alike = find("performance.consistent").members({}, window)
    assert (alike.queryset.count(), alike.queryset.filter(alike.counted).count()) == (1, 0)
