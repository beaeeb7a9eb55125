"""The gate of the five musts: no step without the one before it, unless passed over with a reason that is seen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.db.models import Q
from hypothesis import given, settings
from hypothesis import strategies as st

from supervision.flows.flow import Flow, State
from supervision.flows.gate import DONE, OVERLAYS, Gated, Step, gate, states_of

UNIT, CHECKER, ABOVE = "contractor", "supervisor", "bureau_staff"
ACTOR = SimpleNamespace(name="某甲", organization_name="某单位")
TODAY = date(2026, 3, 1)
EXPERTS = Q(needs_experts=True)


def step(name: str, fact: str, role: str = UNIT, **more) -> Step:
    return Step(name, f"办{name}", f"待{name}", fact, frozenset({role}), **more)


STEPS = (
    step("make", "made_on"),
    step("review", "reviewed_on", CHECKER, not_by=("make",), returns_to="make"),
    step("argue", "argued_on", when=EXPERTS, overrulers=frozenset({CHECKER})),
    step(
        "approve",
        "approved_on",
        CHECKER,
        not_by=("review",),
        returns_to="make",
        overrulers=frozenset({CHECKER}),
    ),
    step("disclose", "disclosed_on", overrulers=frozenset({CHECKER}), due=lambda record: date(2026, 3, 9)),
    step("begin", "begun_on"),
    step("finish", "finished_on"),
    step("accept", "accepted_on", CHECKER, returns_to="finish", guard=lambda record: record.missing),
)
FLOW = Flow(
    states_of(STEPS, State("已验收", "green", final=True)),
    "make",
    gate(STEPS, watchers=frozenset({ABOVE})),
    OVERLAYS,
)


@dataclass
class Work:
    """A record that passes the gate, without a database."""

    needs_experts: bool = False
    status: str = "make"
    made_on: date | None = None
    reviewed_on: date | None = None
    argued_on: date | None = None
    approved_on: date | None = None
    disclosed_on: date | None = None
    begun_on: date | None = None
    finished_on: date | None = None
    accepted_on: date | None = None
    overrulings: list = field(default_factory=list)
    overruled_on: date | None = None
    overruling_unseen: bool = False
    due_on: date | None = None
    missing: list = field(default_factory=list)

    gate_steps = STEPS
    _meta = Gated._meta
    check_facts = Gated.check_facts
    overrulings_text = Gated.overrulings_text


def open_to(work: Work) -> dict:
    """What may be done now by whoever holds the right role."""
    return {
        t.name: t
        for t in FLOW.starting_from(work.status)
        if t.applies(work, t.roles) and not (t.guard and t.guard(work))
    }


def do(work: Work, name: str, **data) -> Work:
    transition = open_to(work)[name]
    for key, value in data.items():
        if key != "opinion":
            setattr(work, key, value)
    work.status = transition.target or work.status
    work.due_on = transition.deadline(work) if transition.deadline else None
    transition.effect(work, {"opinion": "", **data}, ACTOR)
    return work


def passed(work: Work, *names: str) -> Work:
    for name in names:
        do(work, name, **({"opinion": "理由"} if name.startswith(("overrule", "return")) else {}))
    return work


@pytest.fixture(autouse=True)
def frozen(monkeypatch):
    monkeypatch.setattr("supervision.flows.gate.timezone.localdate", lambda: TODAY)


def test_the_whole_way_with_and_without_experts():
    plain = passed(Work(), "make", "review_to_approve", "approve", "disclose", "begin", "finish", "accept")
    assert (plain.status, plain.argued_on, plain.accepted_on) == (DONE, None, TODAY)
    argued = passed(Work(True), "make", "review", "argue", "approve", "disclose", "begin", "finish", "accept")
    assert (argued.status, argued.argued_on) == (DONE, TODAY)


def test_what_lies_ahead_is_what_the_record_needs():
    def ahead(**facts):
        work = Work(**facts)
        work.gate_steps, work.flow = STEPS, FLOW
        return Gated.ahead(work)

    whole = ["待approve", "待disclose", "待begin", "待finish", "待accept", "已验收"]
    assert ahead() == ["待review", *whole]
    assert ahead(needs_experts=True) == ["待review", "待argue", *whole]
    assert ahead(status="accept") == ["已验收"]
    assert ahead(status=DONE) == []


def test_a_step_is_not_there_before_the_one_before_it():
    work = passed(Work(True), "make", "review")
    assert set(open_to(work)) == {"argue", "overrule_argue"}
    assert set(open_to(passed(Work(), "make", "review_to_approve"))) == {
        "approve",
        "return_approve",
        "overrule_approve",
    }
    for at, later in enumerate(STEPS):
        for earlier in STEPS[:at]:
            assert earlier.name not in FLOW.by_name[later.name].sources


def test_passing_over_needs_a_reason_leaves_a_mark_and_is_told_above():
    overruling = FLOW.by_name["overrule_disclose"]
    assert (overruling.opinion, overruling.tells, overruling.duty) == ("required", frozenset({ABOVE}), False)
    work = passed(Work(), "make", "review_to_approve", "approve", "overrule_disclose")
    assert (work.status, work.disclosed_on) == ("begin", None)
    assert [getattr(work, overlay.attribute) for overlay in FLOW.overlays] == [TODAY, True]
    assert work.overrulings_text == "2026-03-01 越过“办disclose”（某甲，某单位）：理由（待阅）"


def test_the_reason_waits_above_in_every_state_and_bars_the_last_step():
    acknowledge = FLOW.by_name["acknowledge"]
    assert acknowledge.duty and set(acknowledge.sources) == set(FLOW.states)
    work = passed(Work(), "make", "review_to_approve", "approve", "overrule_disclose", "begin", "finish")
    assert FLOW.by_name["accept"].guard(work) == ["越过步骤的理由尚待主管部门阅知。"]
    assert "accept" not in open_to(work)
    do(work, "acknowledge")
    assert "acknowledge" not in open_to(work)
    assert not work.overruling_unseen and work.overruled_on == TODAY
    assert work.overrulings_text.endswith("2026-03-01 某单位 某甲已阅）")
    assert do(work, "accept").status == DONE


def test_reading_a_second_reason_leaves_the_first_reading_as_it_was(monkeypatch):
    work = passed(Work(True), "make", "review", "overrule_argue", "acknowledge", "overrule_approve")
    monkeypatch.setattr("supervision.flows.gate.timezone.localdate", lambda: TODAY + timedelta(days=1))
    do(work, "acknowledge")
    assert [(one["step"], one["seen_on"]) for one in work.overrulings] == [
        ("argue", "2026-03-01"),
        ("approve", "2026-03-02"),
    ]


def test_sending_back_takes_off_what_came_after():
    work = passed(Work(True), "make", "review", "argue", "return_approve")
    assert (work.status, work.made_on, work.reviewed_on, work.argued_on) == ("make", None, None, None)
    assert FLOW.by_name["return_approve"].returns
    back = passed(
        Work(), "make", "review_to_approve", "approve", "disclose", "begin", "finish", "return_accept"
    )
    assert (back.status, back.finished_on, back.begun_on) == ("finish", None, TODAY)


def test_who_made_it_does_not_review_it_whichever_way_it_goes_on():
    assert FLOW.by_name["review"].not_by == FLOW.by_name["review_to_approve"].not_by == ("make",)
    assert FLOW.by_name["approve"].not_by == ("review", "review_to_approve")


def test_the_day_by_which_the_next_step_is_due_and_the_steps_own_guard():
    work = passed(Work(), "make", "review_to_approve", "approve")
    assert work.due_on == date(2026, 3, 9)
    work = passed(work, "disclose", "begin", "finish")
    work.missing = ["缺检测报告。"]
    assert FLOW.by_name["accept"].guard(work) == ["缺检测报告。"]


@pytest.mark.parametrize(
    ("made", "reviewed", "wrong"),
    [
        (TODAY, TODAY, {}),
        (TODAY - timedelta(1), TODAY, {}),
        (TODAY, TODAY - timedelta(1), {"reviewed_on": "方案审核日期早于方案编制日期（2026-03-01）。"}),
        (None, TODAY + timedelta(1), {"reviewed_on": "方案审核日期不能晚于今天。"}),
    ],
)
def test_the_days_stand_in_the_order_of_the_steps(made, reviewed, wrong):
    errors: dict = {}
    Work(made_on=made, reviewed_on=reviewed).check_facts(errors)
    assert errors == wrong


def test_steps_that_do_not_fit_together_are_refused():
    with pytest.raises(ValueError, match="no step before it"):
        gate((STEPS[0], replace(STEPS[1], returns_to="accept")), watchers=frozenset())
    with pytest.raises(ValueError, match="last step"):
        gate((STEPS[0], replace(STEPS[1], overrulers=frozenset({UNIT}))), watchers=frozenset())


@settings(max_examples=60, deadline=None)
@given(needs=st.booleans(), picks=st.lists(st.integers(0, 5), max_size=25))
def test_whatever_is_done_no_day_stands_before_which_one_is_missing(needs, picks):
    """Every step before a recorded one is recorded, not needed, or passed over with a reason."""
    work = Work(needs)
    for pick in picks:
        names = sorted(open_to(work))
        if not names:
            break
        passed(work, names[pick % len(names)])
    excused = {one["step"] for one in work.overrulings} | (set() if needs else {"argue"})
    recorded = [getattr(work, one.fact) is not None for one in STEPS]
    last = max((at for at, there in enumerate(recorded) if there), default=0)
    assert all(there or one.name in excused for one, there in zip(STEPS[:last], recorded, strict=False))
    assert all(one["reason"] for one in work.overrulings)
    assert work.overruling_unseen == any(one["seen_on"] is None for one in work.overrulings)
    assert work.status != DONE or not work.overruling_unseen
