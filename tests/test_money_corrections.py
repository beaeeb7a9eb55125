"""Money that is put right afterwards: months taken back, budgets closed, deposits drawn on and given back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from integrity.models import FundBudget, FundEvaluation, FundProposal, WageComplaint
from integrity.money import clocks
from supervision.flows.perform import available, missing_for
from supervision.rules.calendar import add_workdays, load_holidays
from supervision.rules.models import RuleSet
from supervision.rules.shipped import load_shipped, rule

from . import factories
from . import moneys as make
from .test_tendering import act, at, cast  # noqa: F401

pytestmark = pytest.mark.django_db


def test_a_confirmed_month_is_taken_back_and_put_right(cast):  # noqa: F811
    bureau, owner = cast["bureau"], cast["owner"]
    row = make.budget(cast["section"].project, "1000.00")
    make.allocation(row, "600")
    with pytest.raises(ValidationError, match="早于预算年度"):
        make.made(type(make.month(row, 2, "1")), budget=row, month=date(2025, 12, 1), amount=Decimal(1))
    spent = make.month(row, 3, "450.00")
    act(spent, "submit", owner)
    act(spent, "confirm", bureau)
    proposal = make.made(FundProposal, budget=FundBudget.objects.get())
    assert proposal.rate == Decimal("45.0")
    taken = act(spent, "correct", bureau, opinion="多报一笔")
    assert (taken.status, taken.confirmed_on) == ("draft", None)
    assert FundBudget.objects.get().executed == 0
    taken = make.stands(taken, amount=Decimal("500.00"))
    act(taken, "submit", owner)
    # What waits cannot be confirmed once the budget is closed; so it is not closed over it.
    with pytest.raises(ValidationError, match="有1件月度执行尚未审核"):
        act(row, "close", bureau, opinion="决算")
    act(taken, "confirm", bureau)
    assert FundBudget.objects.get().executed == Decimal("500.00")
    third = make.made(FundEvaluation, budget=row, kind="third", evaluator="某事务所", score=Decimal("59.99"))
    make.stands(third, status="confirmed")
    again = act(proposal, "renew", bureau)
    assert (again.rate, again.grade, again.status) == (Decimal("50.0"), "差", "proposed")
    act(row, "close", bureau, opinion="决算")
    with pytest.raises(ValidationError, match="不能调整或执行"):
        act(taken, "correct", bureau, opinion="又错了")
    assert FundBudget.objects.get().executed == Decimal("500.00")


def test_a_deposit_is_topped_up_and_given_back_after_its_notice(cast, monkeypatch):  # noqa: F811
    load_holidays()
    owner, bureau = cast["owner"], cast["bureau"]
    row = make.account(cast["section"], deposit=Decimal(100000), deposit_on=date(2026, 3, 2))
    row = make.stands(row, status="in_use")
    row = act(row, "draw", bureau, drawn_on="2026-09-21", opinion="代付欠薪5万元")
    # Ten working days over the Mid-Autumn and the National Day.
    assert row.top_up_by == add_workdays(date(2026, 9, 21), 10) == date(2026, 10, 12)
    at(monkeypatch, date(2026, 10, 12))
    assert not [text for text in row.gaps if "补足" in text]
    at(monkeypatch, date(2026, 10, 13))
    assert "保证金动用后应于2026-10-12前补足" in row.gaps
    assert "announce" not in {one.name for one in available(row, owner)}
    row = act(row, "top_up", owner, topped_up_on="2026-10-10")
    assert not [text for text in row.gaps if "补足" in text]
    # Not given back before the release was announced: there is no such button.
    assert "close" not in {one.name for one in available(row, owner)}
    row = act(row, "announce", owner, release_notice_on="2026-10-13")
    at(monkeypatch, date(2026, 11, 20))
    assert row.release_from == date(2026, 11, 13)
    with pytest.raises(ValidationError, match="2026-11-13起方可退还"):
        act(row, "close", owner, released_on="2026-11-12", opinion="完工")
    facts = {"received_on": date(2026, 11, 16), "people": 2, "amount": Decimal(1), "content": "…"}
    owed = make.made(WageComplaint, section=cast["section"], **facts)
    with pytest.raises(ValidationError, match="1件欠薪投诉尚未办结"):
        act(row, "close", owner, released_on="2026-11-13", opinion="完工")
    act(owed, "dismiss", bureau, opinion="查无此事")
    assert act(row, "close", owner, released_on="2026-11-13", opinion="完工").status == "closed"


def test_an_account_of_the_rules_before_is_given_back_by_what_they_say_today(cast):  # noqa: F811
    load_shipped()
    first = RuleSet.objects.get(code="wage-account", version="1")
    assert "release_notice_days" not in first.content and rule("wage-account").version == "1.1"
    row = make.account(cast["section"], deposit=Decimal(100000), deposit_on=date(2026, 3, 2))
    row.rules, row.drawn_on, row.release_notice_on = first, date(2026, 3, 2), date(2026, 3, 2)
    assert (row.top_up_by, row.release_from) == (add_workdays(date(2026, 3, 2), 10), date(2026, 4, 2))


def test_what_an_exemption_and_a_missing_labour_fee_leave_to_ask(cast, monkeypatch):  # noqa: F811
    content = rule("wage-account").content
    assert clocks.exemption_gap(Decimal("2999999.99"), content) == "核实近1年无拖欠"
    assert clocks.exemption_gap(Decimal(3_000_000), content).startswith("合同价不低于300万元，核实连续3年")
    section = factories.section(cast["section"].project, contract_price=Decimal(1000))
    row = make.account(section, deposit_kind="exempt", exempt_reason="信用好")
    assert row.gaps == ["合同价不低于300万元，核实连续3年无拖欠且制度落实"]
    assert not missing_for(row, row.flow.by_name["check"])
    month = make.wage_month(cast["section"])
    at(monkeypatch, date(2026, 4, 30))
    assert not [text for text in month.gaps if "人工费应于" in text]
    at(monkeypatch, date(2026, 5, 1))
    assert "人工费应于2026-04-30前拨入，拨入日期未登记" in month.gaps


def test_a_deposit_that_was_drawn_on_is_not_dated_after_it_by_a_form(cast, client):  # noqa: F811
    facts = {"deposit": Decimal(100000), "deposit_on": date(2026, 3, 2), "drawn_on": date(2026, 5, 6)}
    row = make.account(cast["section"], **facts)
    client.force_login(cast["contractor"], "django.contrib.auth.backends.ModelBackend")
    url = f"/api/wage-accounts/{row.pk}/"
    answer = client.patch(url, {"deposit_on": "2026-06-01"}, content_type="application/json")
    assert answer.status_code == 400 and "早于保证金存储日期" in answer.content.decode()
    data = {"section": row.section_id, "bank": "某银行", "tail": "0123", "opened_on": "2026-02-20"}
    data |= {"deposit_kind": "guarantee", "deposit": "1", "deposit_on": "2026-06-01", "version": row.version}
    page = client.post(f"/wage-accounts/{row.pk}/edit/", data)
    assert page.status_code == 400 and "早于保证金存储日期" in page.content.decode()
