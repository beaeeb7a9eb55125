"""Subcontracts, wages and special funds, as their people act."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from integrity.models import (
    FundAdjustment,
    FundBudget,
    FundCircular,
    FundEvaluation,
    FundFinding,
    FundProposal,
    Subcontract,
    SubcontractPayment,
    WageAccount,
    WageComplaint,
    WageMonth,
)
from supervision.flows.errors import NotAllowed
from supervision.flows.perform import missing_for
from supervision.plan.indicators import Window, find, measure
from supervision.rules.calendar import load_holidays, workdays_between
from supervision.rules.models import RuleSet

from . import factories, fees, incidents
from . import moneys as make
from .quality_works import file
from .test_tendering import act, cast  # noqa: F401

pytestmark = pytest.mark.django_db
WINDOW = Window(2026, date(2026, 12, 31), 2026, 2026)


def standing(code: str, window: Window = WINDOW, **parameters) -> dict[str, int]:
    found: dict[str, int] = {}
    for group in measure(find(code).members(parameters, window)):
        found[group.standing] = found.get(group.standing, 0) + len(group.ids)
    return found


def test_what_the_law_forbids_is_not_filed(cast):  # noqa: F811
    row = make.subcontract(cast["section"], main_structure=True, by_subcontractor=True, qualification="")
    file(row, "分包合同")
    assert len(missing_for(row, row.flow.by_name["submit"])) == 3
    labour = make.subcontract(cast["section"], kind="labour", main_structure=True, main_materials=True)
    file(labour, "分包合同")
    assert not missing_for(labour, labour.flow.by_name["submit"])
    assert labour.questions == ["劳务合同含主要材料，核实是否以劳务合作名义分包"]
    # The words are the rules' own: of the version in force when it was signed.
    for code, content in (
        ("subcontract-bans", {"bans": {"main_structure": "甲", "again": "乙", "unqualified": "丙"}}),
        ("subcontract-labour", {"main_materials": "丁"}),
    ):
        put = {"title": "更正", "content": content, "effective_from": date(2026, 5, 1)}
        RuleSet.objects.create(code=code, version="新", **put)
    assert row.bans[:2] == ["主体结构施工不得分包。", "分包单位不得再分包。"]
    row.signed_on = labour.signed_on = date(2026, 5, 6)
    labour.compare()
    assert (row.bans, labour.questions) == (["甲。", "乙。", "丙：请填写资质类别与等级。"], ["丁"])


def test_the_list_of_the_year_is_empty_until_it_is_loaded_and_says_so(cast):  # noqa: F811
    row = make.subcontract(cast["section"], content="主桥斜拉索安装")
    assert (row.compared_with, row.hits) == ("2026年清单尚未载入，未作比对", [])
    line = make.negative(code="2026-07", keywords=["斜拉索"])
    file(row, "分包合同")
    row = act(row, "submit", cast["contractor"])
    assert (row.compared_with, row.hits) == ("2026年清单1项", ["含“斜拉索”，对照清单2026-07"])
    stated = make.subcontract(cast["section"], negative=line)
    assert "所选内容属于负面清单，不得分包。" in missing_for(stated, stated.flow.by_name["submit"])


def test_consent_comes_before_filing_and_payments_stay_within_the_contract(cast):  # noqa: F811
    row = make.subcontract(cast["section"], amount=Decimal("1000.30"))
    file(row, "分包合同")
    act(row, "submit", cast["contractor"])
    with pytest.raises(ValidationError):
        act(row, "consent", cast["owner"])
    act(row, "consent", cast["owner"], consent="合同第4.3款")
    row = act(row, "register", cast["bureau"])
    with pytest.raises(ValidationError, match="完工结算日期早于签订日期"):
        act(row, "end", cast["contractor"], ended_on="2026-03-03")

    def pay(amount: str, **facts):
        row = Subcontract.objects.get()
        facts = {"voucher_no": "P1", "paid_on": date(2026, 4, 1)} | facts
        return make.made(SubcontractPayment, subcontract=row, amount=Decimal(amount), **facts)

    for amount in ("0.10", "0.20", "1000.00"):
        pay(amount)
    assert Subcontract.objects.get().paid == Decimal("1000.30")
    with pytest.raises(ValidationError, match="不能多于合同金额"):
        pay("0.01")
    with pytest.raises(ValidationError, match="写明原因"):
        pay("-0.01")
    payment = pay("-0.20", remark="重复支付")
    assert Subcontract.objects.get().paid == Decimal("1000.10")
    # Wages go back with the payment they were part of, as far as they were paid.
    pay("-500", remark="改由专户支付")
    pay("500", wages=Decimal(300))
    for wages, said in (("-501", "冲销的人工费"), ("1", "填负数"), ("-301", "多于已支付的300")):
        with pytest.raises(ValidationError, match=said):
            pay("-500", wages=Decimal(wages), remark="重复支付")
    pay("-500", wages=Decimal(-300), remark="重复支付")
    assert sum(row.wages for row in SubcontractPayment.objects.all()) == 0
    assert Subcontract.objects.get().paid == Decimal("500.10")
    with pytest.raises(ValidationError, match="零与支付金额之间"):
        pay("1", wages=Decimal(-1))
    with pytest.raises(ValidationError, match="不能修改"):
        make.stands(payment, amount=Decimal(1))


def test_the_share_of_safety_fee_is_read_from_its_own_ledger(cast):  # noqa: F811
    fee = fees.subcontract(fees.account_of(cast["section"]), amount=Decimal(2500))
    row = make.subcontract(cast["section"], fee=fee, amount=Decimal(100000))
    assert row.safety_share == Decimal("2.5")
    assert Subcontract.with_fees(Subcontract.objects.all()).get().passed_on is None


# --------------------------------------------------------------------------------------------------------- wages


def test_a_month_of_wages_stands_on_the_crew_statement(cast):  # noqa: F811
    with pytest.raises(ValidationError, match="尚无已报送的班组与工资月报"):
        make.made(
            WageMonth, section=cast["section"], month=date(2026, 3, 1), labour_fee=Decimal(1), by_general=1
        )
    paid_in = {"labour_fee_on": date(2026, 4, 10)}
    good = make.wage_month(cast["section"], settled_on=date(2026, 4, 15), **paid_in)
    assert (good.crew.workers, good.settle_by, good.settled, good.gaps) == (40, date(2026, 4, 15), True, [])
    late = make.wage_month(cast["section"], date(2026, 4, 1), settled_on=date(2026, 5, 16), **paid_in)
    assert (late.settled, late.gaps) == (False, ["逾期发放"])
    late.settled_on, late.labour_fee_on = None, date(2026, 6, 1)
    with incidents.clock_at(incidents.at(2026, 5, 15)):
        assert late.gaps == ["人工费应于2026-05-31前拨入"]
    with incidents.clock_at(incidents.at(2026, 5, 16)):
        assert late.gaps == ["月清期限2026-05-15已过，尚未发放完成", "人工费应于2026-05-31前拨入"]
    late.refresh_from_db()
    short = make.wage_month(
        cast["section"],
        date(2026, 5, 1),
        {"paid_workers": 39, "paid": Decimal(234000), "remark": "一人未到账"},
        settled_on=date(2026, 6, 1),
        by_general=Decimal(230000),
        **paid_in,
    )
    assert short.gaps == ["未足额支付1人", "欠付6000.00元", "总包代发少于实付4000.00元"]
    for row in (good, late, short):
        file(row, "银行代发回单")
        act(row, "submit", cast["contractor"])
        act(row, "check", cast["owner"], opinion="属实")
    assert standing("wage.settled_in_time") == {"counted": 1, "decided": 2}


def test_a_deposit_is_asked_about_by_the_registrys_own_facts(cast):  # noqa: F811
    section = factories.section(
        cast["section"].project, contract_on=date(2026, 2, 12), contract_price=Decimal(1000)
    )
    row = make.made(
        WageAccount,
        section=section,
        bank="某银行",
        tail="0123",
        opened_on=date(2026, 2, 20),
        deposit=Decimal(60000),
        deposit_on=date(2026, 3, 19),
        notice_board=False,
    )
    assert row.deposit_by == date(2026, 3, 18)
    assert row.gaps == [
        "未设维权告示牌",
        "保证金应于2026-03-18前存储",
        "保证金低于合同价的1%，核实是否可下浮",
    ]


def test_a_wage_complaint_is_extended_once(cast):  # noqa: F811
    bureau = cast["bureau"]
    row = make.made(
        WageComplaint,
        section=cast["section"],
        received_on=date(2026, 3, 2),
        people=3,
        amount=Decimal(9000),
        content="…",
    )
    row = act(row, "accept", bureau, accepted_on="2026-03-03")
    assert workdays_between(date(2026, 3, 3), row.settle_by) == 60
    row = act(row, "extend", bureau, opinion="情况复杂")
    assert workdays_between(date(2026, 3, 3), row.settle_by) == 90
    with pytest.raises(Exception, match="不适用"):
        act(row, "extend", bureau, opinion="再延")
    act(row, "settle", bureau, paid="9000", payer="general", settled_on="2026-05-01", opinion="已付")
    assert standing("wage.complaints_in_time") == {"counted": 1}


# --------------------------------------------------------------------------------------------------------- funds


def test_a_budget_is_approved_by_another_and_spent_only_as_far_as_it_goes(cast):  # noqa: F811
    load_holidays()
    bureau, second, owner = cast["bureau"], cast["second"], cast["owner"]
    row = make.budget(cast["section"].project, "1000.00", approved=False)
    with pytest.raises(ValidationError, match="无预算不得支出"):
        make.allocation(row, "1")
    act(row, "submit", bureau)
    with pytest.raises(NotAllowed):
        act(row, "approve", bureau)
    row = act(row, "approve", second)
    make.allocation(row, "600.10")
    make.allocation(row, "0.20")
    with pytest.raises(ValidationError, match="不能多于预算"):
        make.allocation(row, "399.71")
    make.allocation(row, "100.30", kind="returned")
    spent = make.month(row, 3, "450.00")
    act(spent, "submit", owner)
    act(spent, "confirm", bureau)
    row = FundBudget.objects.get()
    assert (row.allocated, row.executed, row.execution_rate) == (
        Decimal("500.00"),
        Decimal("450.00"),
        Decimal("45.0"),
    )
    more = make.month(row, 4, "50.01")
    act(more, "submit", owner)
    with pytest.raises(ValidationError, match="将多于已拨付"):
        act(more, "confirm", bureau)
    with pytest.raises(ValidationError, match="退回不能多于"):
        make.allocation(row, "50.01", kind="returned")

    cut = make.made(
        FundAdjustment,
        budget=row,
        delta=Decimal("-500.01"),
        reason="压减",
        decision="纪要2号",
        decided_on=date(2026, 5, 6),
    )
    act(cut, "submit", owner)
    with pytest.raises(ValidationError, match="少于已拨付"):
        act(cut, "approve", bureau, opinion="同意")
    cut = make.made(
        FundAdjustment,
        budget=row,
        delta=Decimal(-500),
        reason="压减",
        decision="纪要3号",
        decided_on=date(2026, 5, 7),
    )
    act(cut, "submit", owner)
    act(cut, "approve", bureau, opinion="同意")
    row = FundBudget.objects.get()
    assert (row.current, row.execution_rate) == (Decimal(500), Decimal("90.0"))
    assert standing("fund.executed", least="90") == {"counted": 1}
    assert standing("fund.executed", least="95") == {"decided": 1}
    assert standing("fund.executed", Window(2026, date(2026, 11, 30), 2026, 2026), least="95") == {
        "undecided": 1
    }

    circular = make.made(FundCircular, year=2026, title="执行通报")
    circular = act(circular, "issue", bureau)
    assert circular.lines[-1] == "合计：1项，预算500.00元，拨付500.00元，执行450.00元，执行率90.0%"

    own = make.made(FundEvaluation, budget=row, kind="self", evaluator="建设单位", score=Decimal("92.5"))
    third = make.made(FundEvaluation, budget=row, kind="third", evaluator="某事务所", score=Decimal("79.99"))
    assert (own.grade, third.grade) == ("优", "中")
    for one in (own, third):
        file(one, "评价报告")
        act(one, "submit", owner)
        act(one, "confirm", bureau)
    proposal = make.made(FundProposal, budget=row)
    assert (proposal.rate, proposal.grade, proposal.amount) == (Decimal("90.0"), "中", Decimal("400.00"))
    done = act(proposal, "accept", bureau, decided="450", opinion="集体研究")
    assert (done.decided, done.amount) == (Decimal(450), Decimal("400.00"))
    assert standing("fund.self_evaluated") == {"counted": 1}


def test_an_audit_finding_travels_the_shared_loop(cast):  # noqa: F811
    bureau, owner = cast["bureau"], cast["owner"]
    finding = make.made(
        FundFinding, project=cast["section"].project, report="审计报告1号", description="列支不规范"
    )
    finding = act(finding, "assign", bureau)
    assert finding.status == "rectifying" and finding.due_on == finding.deadline
    file(finding, "整改证明")
    finding = act(finding, "rectify", owner, opinion="已调账", measures="调整科目")
    with pytest.raises(NotAllowed):
        act(finding, "accept", owner, opinion="…")
    finding = act(finding, "return_accept", bureau, opinion="附件不全")
    assert (finding.failed, finding.status) == (1, "rectifying")
    act(finding, "rectify", owner, opinion="已补")
    assert act(finding, "accept", bureau, opinion="合格").status == "closed"
    assert FundFinding.objects.visible_to(cast["contractor"]).count() == 0
    day = finding.verified_on
    assert standing("fund.findings_closed", Window(day.year, day, day.year, day.year)) == {"counted": 1}
