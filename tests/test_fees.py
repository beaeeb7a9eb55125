"""Safety-fee accounts: two years worked by hand, what is refused at entry, what a closed month withstands."""

from __future__ import annotations

import contextlib
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safety.fees import balances, checks, closing, posting
from safety.fees.arithmetic import Totals, later
from safety.models import FeeEntry, FeeMonth, FeePlan, FeePlanLine, FeeQuestion, FeeVoucher, TenderFeeCheck
from supervision.flows import history, records
from supervision.flows.errors import FlowError, IllegalTransition, NotAllowed
from supervision.flows.history import SYSTEM
from supervision.flows.perform import available, blocked, perform
from supervision.ledgers.registry import get

from . import factories, fees
from .factories import COMMAND
from .safety import today_is

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def books():
    return fees.books(base=D(100_000_000), start_on=date(2024, 1, 15))


# ------------------------------------------------------------------------------------- two years, worked by hand


def test_two_years_to_the_cent():
    """施工合同 2023-03-10 签订，基数 123,456,789.12 元，1.5 %：应提 1,851,851.84 元；2024-07-01 起提高到 2 %：
    应提 2,469,135.78 元。开工 2023-03-15，首付应于 2023-04-15 前付 925,925.92 元，实际 04-16 才付：迟一天。"""
    with today_is(date(2023, 3, 20)):
        books = fees.books(
            begun=date(2023, 3, 15),
            base=D("123456789.12"),
            contract_on=date(2023, 3, 10),
            opened_on=date(2023, 3, 10),
            start_on=date(2023, 3, 15),
        )
    account = books.fresh()
    assert (account.rate, account.due) == (D("1.5"), D("1851851.84"))
    assert account.first_payment_by == date(2023, 4, 15)

    # Half of 1,851,851.84 is 925,925.92; it came on the 16th.
    with today_is(date(2023, 4, 16)):
        # Nothing was paid when the last day was over, and March is not closed yet.
        assert checks.run(SYSTEM) == {"raised": 2, "cleared": 0}
        assert checks.run(SYSTEM) == {"raised": 0, "cleared": 0}
        books.book(books.file("payment", "925925.92", role="owner", booked_on=date(2023, 4, 16)))
    with today_is(date(2023, 4, 17)):
        checks.run(SYSTEM)
    late = FeeQuestion.objects.get(account=account, code="first_payment")
    assert "期限2023-04-15" in late.figures and "925,925.92" in late.figures
    assert late.cleared_on == date(2023, 4, 17) and late.rule_set.article == "第18条"

    # 2023: accrued by progress 12.5 % at the end of June and 37.333 % at the end of December.
    with today_is(date(2023, 6, 30)):
        first = books.book(books.file("accrual", progress=D("12.5")))
        used = books.book(books.file("use", "100000.37", category="F01", booked_on=date(2023, 6, 28)))
        cut = books.book(books.file("use", "50000.00", booked_on=date(2023, 6, 30)), approved="42000.50")
    assert first.booked == D("231481.48")  # 1,851,851.84 × 12.5 %
    assert (used.booked, cut.booked, cut.approved) == (D("100000.37"), D("42000.50"), D("42000.50"))
    with today_is(date(2023, 12, 31)):
        second = books.book(books.file("accrual", progress=D("37.333")))
    assert second.booked == D("459870.37")  # 691,351.85 (1,851,851.84 × 37.333 %) − 231,481.48
    with today_is(date(2024, 1, 5)):
        assert closing.close([account.pk], date(2023, 12, 1), SYSTEM) == 10  # March to December
    assert books.fresh().closed_through == date(2023, 12, 1)
    june = FeeMonth.objects.get(account=account, month=date(2023, 6, 1))
    assert (june.accrual, june.use, june.balance) == (D("231481.48"), D("142000.87"), D("783925.05"))
    december = FeeMonth.objects.get(account=account, month=date(2023, 12, 1))
    assert (december.accrual, december.due, december.progress) == (
        D("459870.37"),
        D("1851851.84"),
        D("37.333"),
    )
    assert december.balance == D("783925.05")

    # 2024: the helmets of June turn out to be another site's. June is closed; the reversal is of February.
    with today_is(date(2024, 2, 20)):
        with pytest.raises(ValidationError) as told:
            posting.reverse(cut, "非本项目", books.site.actor("contractor"), date(2023, 6, 30))
        assert "2023年6月已结账" in str(told.value)
        undo = books.book(posting.reverse(cut, "非本项目", books.site.actor("contractor")))
        assert undo.booked == D("-42000.50")
        again = books.book(
            books.file(
                "use",
                "42000.50",
                voucher_no=cut.voucher_no,
                voucher_on=cut.voucher_on,
                booked_on=date(2024, 2, 20),
            )
        )  # the voucher is free again
        assert again.status == "booked"
    # From 1 July on the rate is 2 %.
    with today_is(date(2024, 7, 10)):
        books.act(
            books.account,
            "adjust",
            "owner",
            base="123456789.12",
            rate="2",
            rate_reason="跨航道高空作业",
            adjusted_on="2024-07-01",
            opinion="补充协议一",
        )
    assert books.fresh().due == D("2469135.78")
    assert list(account.terms.order_by("since").values_list("since", "until", "due")) == [
        (date(2023, 3, 10), date(2024, 7, 1), D("1851851.84")),
        (date(2024, 7, 1), None, D("2469135.78")),
    ]
    with today_is(date(2024, 12, 31)):
        third = books.book(books.file("accrual", progress=D(100)))
        books.book(books.file("payment", "1500000.00", role="owner"))
        books.book(books.file("use", "2000000.00", category="F01", booked_on=date(2024, 12, 31)))
    assert third.booked == D("1777783.93")  # 2,469,135.78 − 691,351.85

    sums = balances.of_account(account.pk)
    assert sums == Totals(
        accrual=D("2469135.78"), payment=D("2425925.92"), use=D("2142000.87"), refund=D("0.00")
    )
    assert sums.balance == D("283925.05")
    with today_is(date(2025, 1, 20)):
        assert closing.close([account.pk], date(2024, 12, 1), SYSTEM) == 12
    february = FeeMonth.objects.get(account=account, month=date(2024, 2, 1))
    assert (february.use, february.balance, february.entries) == (D("0.00"), D("783925.05"), 2)
    assert FeeMonth.objects.get(account=account, month=date(2024, 7, 1)).due == D("2469135.78")
    assert FeeMonth.objects.get(account=account, month=date(2024, 6, 1)).due == D("1851851.84")
    june.refresh_from_db()
    assert (june.use, june.balance) == (D("142000.87"), D("783925.05"))

    # Settled on 1 March 2025: 283,925.05 goes back.
    with today_is(date(2025, 3, 1)):
        books.act(books.account, "settle", "owner", settled_on="2025-03-01")
        assert books.fresh().remainder == D("283925.05")
        with pytest.raises(ValidationError):
            books.file("use", "1.00")
        owner = books.site.actor("owner").user
        [(stuck, why)] = blocked(books.fresh(), owner)
        assert stuck.name == "end" and "283,925.05" in why[0]
    with today_is(date(2025, 4, 1)):
        checks.run(SYSTEM)
        left = FeeQuestion.objects.get(account=account, code="remainder")
        assert "283,925.05元未退回" in left.figures and left.rule_set.confidence == "K"
        books.book(books.file("refund", "283925.05"))
        checks.run(SYSTEM)
        left.refresh_from_db()
        assert left.cleared_on == date(2025, 4, 1)
        assert books.act(books.account, "end", "owner").status == "closed"
    assert balances.of_account(account.pk).balance == 0
    assert not list(history.verify_chains()) and not list(history.verify_derived())


# ----------------------------------------------------------------------------------------------------- the account


@pytest.mark.parametrize(
    ("works", "contract_on", "rate"),
    [
        ("railway", date(2022, 11, 20), "2"),
        ("railway", date(2022, 11, 21), "3"),
        ("building", date(2015, 6, 1), "2"),
        ("highway", date(2015, 6, 1), "1.5"),
        ("highway", date(2024, 1, 2), "1.5"),
    ],
)
def test_a_contract_keeps_the_rate_of_its_day(works, contract_on, rate):
    made = fees.account_of(factories.section(), works=works, contract_on=contract_on)
    assert made.rate == D(rate) == made.least_rate
    assert made.rate_rule.version == ("2012" if contract_on < date(2022, 11, 21) else "2022")


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"rate": D("1.4")}, "rate"),
        ({"rate": D("2")}, "rate_reason"),
        ({"contract_on": date(2010, 1, 1)}, "contract_on"),
        ({"base": D("0")}, "base"),
    ],
)
def test_what_an_account_is_refused_for(facts, field):
    with pytest.raises(ValidationError) as told:
        fees.account_of(factories.section(), **facts)
    assert field in told.value.message_dict


def test_a_section_has_one_account_and_only_a_construction_section_has_one():
    section = factories.section()
    fees.account_of(section)
    with pytest.raises(ValidationError) as told:
        fees.account_of(section)
    assert told.value.message_dict["section"] == ["该标段已有安全生产费用账户。"]
    with pytest.raises(ValidationError):
        fees.account_of(factories.section(kind="design"))


def test_an_account_in_use_changes_only_by_an_adjustment_with_its_reason(books):
    owner = books.site.actor("owner")
    with pytest.raises(ValidationError):
        perform(books.fresh(), "adjust", owner, {"base": "90000000"})
    done = perform(books.fresh(), "adjust", owner, {"base": "90000000", "opinion": "设计变更"})
    assert (done.due, done.terms.count()) == (D("1350000.00"), 2)
    assert records.last_event(done).reason == "设计变更"


def test_terms_follow_one_another_without_a_gap_or_two_on_one_day(books):
    def adjust(base: str, day: date) -> None:
        data = {"base": base, "adjusted_on": day, "opinion": "补充协议"}
        perform(books.fresh(), "adjust", books.site.actor("owner"), data)

    adjust("90000000", date(2024, 5, 1))
    adjust("80000000", date(2024, 3, 1))  # takes effect before the one before it
    adjust("70000000", date(2024, 6, 1))
    assert list(books.account.terms.order_by("since").values_list("since", "until", "base")) == [
        (date(2024, 1, 2), date(2024, 3, 1), D(100_000_000)),
        (date(2024, 3, 1), date(2024, 6, 1), D(80_000_000)),
        (date(2024, 6, 1), None, D(70_000_000)),
    ]
    # Of a draft only the last word counts, from the day its book is opened.
    draft = fees.account_of(factories.section(), opened_on=date(2024, 4, 1))
    records.update(draft, {"opened_on": date(2024, 2, 1)}, COMMAND)
    assert list(draft.terms.values_list("since", "until")) == [(date(2024, 2, 1), None)]


def test_an_accrual_whose_amount_is_taken_out_is_reckoned_anew(books):
    books.book(books.file("accrual", "150000.00", progress=D(10), booked_on=date(2024, 2, 29)))
    entry = books.file("accrual", "1.00", progress=D(20), booked_on=date(2024, 3, 4))
    entry = records.update(entry, {"amount": None}, books.site.actor("contractor"))
    assert entry.amount == D("150000.00")
    assert books.book(entry).booked == D("150000.00")


def test_what_was_opened_before_the_settlement_is_not_posted_after_it(books):
    seen = books.fresh()
    books.act(books.account, "settle", "owner", settled_on=date(2024, 3, 4))
    late = FeeEntry(account=seen, kind="payment", amount=D(5), booked_on=date(2024, 3, 4))
    with pytest.raises(ValidationError) as told:
        records.create(late, books.site.actor("owner"))
    assert "已决算" in told.value.message_dict["account"][0]
    assert not FeeEntry.objects.exists() and books.fresh().posted == 0


# --------------------------------------------------------------------------------------------------------- entries


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"category": "F11"}, "category"),
        ({"category": ""}, "category"),
        ({"voucher_no": ""}, "voucher_no"),
        ({"supplier": ""}, "supplier"),
        ({"booked_on": date(2999, 1, 1)}, "booked_on"),
        ({"booked_on": date(2023, 12, 31), "voucher_on": date(2023, 12, 31)}, "booked_on"),
        ({"voucher_on": date(2024, 3, 5), "booked_on": date(2024, 3, 4)}, "voucher_on"),
        ({"amount": "-5"}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"progress": D(5)}, "progress"),
    ],
)
def test_what_a_spending_is_refused_for(books, facts, field):
    with pytest.raises(ValidationError) as told:
        records.create(fees.spending(books.account, **facts), books.site.actor("contractor"))
    assert field in told.value.message_dict
    assert books.fresh().posted == 0


def test_the_review_needs_evidence_and_whoever_cuts_gives_a_reason(books):
    entry = books.file("use", "900")
    supervisor = books.site.actor("supervisor")
    lacking = [text for _, missing in blocked(entry, supervisor.user) for text in missing]
    assert set(lacking) == {"缺少附件：凭证或发票", "缺少附件：照片"}
    books.papers(entry)
    for data in (
        {"approved": "900", "opinion": "同额"},
        {"approved": "800"},
        {"approved": "-1", "opinion": "负"},
    ):
        with pytest.raises(ValidationError):
            perform(FeeEntry.objects.get(pk=entry.pk), "cut", supervisor, data)
    entry = books.act(entry, "send_back", "supervisor", opinion="照片不清")
    assert (entry.status, entry.returned) == ("returned", 1)
    records.update(entry, {"amount": D(850)}, books.site.actor("contractor"))
    entry = books.act(entry, "submit", "contractor")
    entry = books.act(entry, "cut", "supervisor", approved="800", opinion="数量不符")
    assert balances.of_account(books.account.pk).use == 0
    entry = books.act(entry, "confirm", "owner")
    assert (entry.booked, balances.of_account(books.account.pk).use) == (D(800), D(800))
    assert not available(entry, books.site.actor("contractor").user)


def test_who_files_what_and_the_other_side_confirms(books):
    with pytest.raises(NotAllowed):
        books.file("use", "5", role="owner")
    paid = books.file("payment", "5", role="owner")
    with pytest.raises(FlowError):
        books.act(paid, "take", "owner")
    assert books.act(paid, "receive", "contractor").booked == 5
    told = books.file("payment", "7", role="contractor")
    ledger, people = get("fee-entries"), books.user
    paid = books.file("payment", "6", role="owner")
    for one, side, other in ((paid, "owner", "contractor"), (told, "contractor", "owner")):
        assert ledger.may_edit(one, people[side]) and not ledger.may_edit(one, people[other])
    assert ledger.may_void(told, None, people["contractor"])
    assert not ledger.may_void(books.book(books.file("payment", "6")), None, people["contractor"])
    with pytest.raises(FlowError):
        books.act(told, "receive", "contractor")
    assert books.act(told, "take", "owner").booked == 7


def test_a_voucher_serves_once_in_the_whole_bureau(books):
    first = books.file("use", "900", voucher_no="记-0015号", voucher_on=date(2024, 3, 4))
    with pytest.raises(ValidationError) as told:
        books.file(
            "use", "100", voucher_no="记０015号", voucher_on=date(2024, 3, 20), booked_on=date(2024, 3, 20)
        )
    assert first.number in told.value.message_dict["voucher_no"][0]
    # An electronic invoice on another project, by another firm: told, without naming where.
    invoice = "24322000000012345678"
    books.file("use", "10", invoice_no=invoice)
    other = fees.books()
    with pytest.raises(ValidationError) as told:
        other.file("use", "10", invoice_no=invoice)
    [sentence] = told.value.message_dict["invoice_no"]
    assert "另一账户" in sentence and books.site.section.project.name not in sentence
    # Voided, it is free.
    books.act(first, "void", "contractor", opinion="重复登记")
    books.file("use", "100", voucher_no="记-0015号", voucher_on=date(2024, 3, 4))
    assert FeeVoucher.objects.filter(released_on__isnull=True, entry=first).count() == 0


def test_words_of_the_forbidden_list_raise_a_question_that_names_the_item(books):
    entry = books.file("use", "900", content="购买防暑降温绿豆及高温补贴工资")
    asked = {q.code: q for q in FeeQuestion.objects.filter(entry=entry)}
    assert set(asked) == {"forbidden", "wages"}
    assert "F05 类不得列支：防寒防暑物品" in asked["forbidden"].figures
    assert asked["forbidden"].nature == "question" and asked["wages"].rule_set.article == "第6条"
    assert not FeeQuestion.objects.filter(entry=books.file("use", "900", content="安全帽、安全带")).exists()
    done = books.act(asked["wages"], "explain", "contractor", explanation="系票据品名。")
    done = books.act(done, "answer", "supervisor", conclusion="pending", answer="要求剔除后重报。")
    assert (done.status, done.conclusion) == ("answered", "pending")
    # Answered is not asked anew when the text is touched again.
    entry = books.act(entry, "send_back", "supervisor", opinion="剔除")
    records.update(entry, {"content": "购买绿豆及补贴工资"}, books.site.actor("contractor"))
    assert FeeQuestion.objects.filter(entry=entry).count() == 2


def test_a_reversal_is_made_once_and_not_reversed_itself(books):
    entry = books.book(books.file("use", "900", booked_on=date(2024, 3, 4)))
    actor = books.site.actor("contractor")
    with pytest.raises(NotAllowed):
        posting.reverse(entry, "错", books.site.actor("owner"))
    undo = posting.reverse(entry, "错记", actor, date(2024, 4, 1))
    with pytest.raises(ValidationError):
        posting.reverse(entry, "又一次", actor, date(2024, 4, 1))
    assert balances.of_account(books.account.pk).use == 900
    undo = books.book(undo)
    assert balances.of_account(books.account.pk).use == 0
    with pytest.raises(ValidationError):
        posting.reverse(undo, "反悔", actor, date(2024, 4, 1))


# --------------------------------------------------------------------------------------------------- closed months


def test_a_month_with_undecided_entries_stays_open_and_so_do_those_after_it(books):
    entry = books.file("use", "900", booked_on=date(2024, 3, 4))
    assert closing.close([books.account.pk], date(2024, 6, 1), SYSTEM) == 2
    assert books.fresh().closed_through == date(2024, 2, 1)
    owner = books.site.actor("owner")
    with pytest.raises(ValidationError) as told:
        perform(books.fresh(), "close_month", owner, {})
    assert "2024年3月有1笔" in str(told.value)
    books.book(entry)
    done = perform(books.fresh(), "close_month", owner, {})
    assert done.closed_through == date(2024, 3, 1) == books.fresh().closed_through
    assert FeeMonth.objects.get(account=done, month=date(2024, 3, 1)).use == 900


def test_the_month_that_runs_is_not_closed(books):
    with today_is(date(2024, 3, 31)):
        assert closing.close([books.account.pk], date(2024, 12, 1), SYSTEM) == 2
    with today_is(date(2024, 4, 1)):
        assert closing.close([books.account.pk], date(2024, 12, 1), SYSTEM) == 1
        assert closing.close([books.account.pk], date(2024, 12, 1), SYSTEM) == 0


def test_closing_all_goes_part_by_part_and_says_what_stayed_open(books, monkeypatch):
    monkeypatch.setattr(closing, "PART", 2)
    others = [fees.books() for _ in range(4)]
    others[1].file("payment", "5", role="owner", booked_on=date(2024, 2, 3))
    seen = []
    done = closing.close_all(SYSTEM, date(2024, 3, 1), lambda *step: seen.append(step))
    assert done == {"closed": 4 * 3 + 1, "open": 1} and seen[-1] == (5, 5)
    assert closing.close_all(SYSTEM, date(2024, 3, 1)) == {"closed": 0, "open": 1}


def footprint(account) -> list:
    """Everything there is about the account's closed months."""
    rows = FeeEntry.objects.filter(account=account, month__lte=account.closed_through).order_by("pk")
    months = FeeMonth.objects.filter(account=account).order_by("month")
    return [list(rows.values()), list(months.values())]


def attempts(books, entry, pending):
    """Ways to change a closed month, each by the room that a page, the API, an import or a job goes through."""
    actor, day = books.site.actor("contractor"), date(2024, 1, 20)
    line = FeeEntry(account=books.fresh(), kind="payment", amount=D(5), booked_on=day)
    return {
        "create": lambda: records.create(line, actor),
        "import": lambda: records.create_many([line], COMMAND, clean=False),
        "update": lambda: records.update(entry, {"amount": D(1)}, SYSTEM, clean=False),
        "recategorise": lambda: records.update(entry, {"category": "F01"}, COMMAND, clean=False),
        "move in": lambda: records.update(pending, {"booked_on": day}, COMMAND, clean=False),
        "move out": lambda: records.update(entry, {"booked_on": date(2024, 3, 1)}, COMMAND, clean=False),
        "delete": lambda: records.delete(entry, COMMAND, reason="撤销导入"),
        "void": lambda: perform(entry, "void", actor, {"opinion": "作废"}),
        "return": lambda: perform(entry, "send_back", books.site.actor("owner"), {"opinion": "退"}),
        "reverse there": lambda: posting.reverse(entry, "错", actor, day),
        "change the closing": lambda: records.update(
            FeeMonth.objects.filter(account=books.account).first(), {"use": D(1)}, COMMAND, clean=False
        ),
        "delete the closing": lambda: records.delete(
            FeeMonth.objects.filter(account=books.account).first(), COMMAND, reason="错"
        ),
        "adjust before": lambda: perform(
            books.fresh(),
            "adjust",
            books.site.actor("owner"),
            {"base": "1", "opinion": "改", "adjusted_on": "2024-01-10"},
        ),
    }


def test_no_way_leads_into_a_closed_month(books):
    entry = books.book(books.file("use", "900", booked_on=date(2024, 1, 20)))
    pending = books.file("use", "50", booked_on=date(2024, 3, 4))
    closing.close([books.account.pk], date(2024, 2, 1), SYSTEM)
    account = books.fresh()
    before = footprint(account)
    for name, attempt in attempts(books, FeeEntry.objects.get(pk=entry.pk), pending).items():
        with pytest.raises((ValidationError, FlowError)):
            attempt()
            pytest.fail(f"{name} went through")
    assert footprint(books.fresh()) == before
    assert not list(history.verify_derived("safety.feemonth"))


steps = st.lists(
    st.tuples(
        st.sampled_from(
            ["pay", "use", "review", "confirm", "return", "void", "reverse", "close", "update", "move"]
        ),
        st.integers(0, 3),
        st.integers(1, 99_999),
    ),
    min_size=4,
    max_size=14,
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(steps)
def test_no_sequence_of_calls_makes_a_closed_month_differ(books, plan):
    """Whatever is tried in whatever order: a month that was closed keeps its entries and its sums, and the balance
    is the sum of what is booked."""
    made = fees.books(start_on=date(2024, 1, 15))
    kept: dict[date, list] = {}
    filed: list[int] = []
    for name, at, cents in plan:
        with contextlib.suppress(ValidationError, FlowError):
            step(made, filed, name, at, D(cents) / 100)
        account = made.fresh()
        for month in FeeMonth.objects.filter(account=account):
            there = [
                list(FeeEntry.objects.filter(account=account, month=month.month).order_by("pk").values()),
                FeeMonth.objects.filter(pk=month.pk).values().get(),
            ]
            assert kept.setdefault(month.month, there) == there
    rows = FeeEntry.objects.filter(account=made.account, status="booked")
    assert balances.of_account(made.account.pk) == Totals.of(rows.values_list("kind", "booked"))
    assert not list(history.verify_derived("safety.feemonth"))


def step(made, filed: list[int], name: str, at: int, amount: D) -> None:
    day = date(2024, 1 + at, 20)
    entry = FeeEntry.objects.get(pk=filed[at % len(filed)]) if filed else None
    if name == "pay":
        filed.append(made.file("payment", amount, role="owner", booked_on=day).pk)
    elif name == "use":
        filed.append(made.file("use", amount, booked_on=day).pk)
    elif name == "close":
        closing.close([made.account.pk], later(date(2024, 1, 1), at), SYSTEM)
    elif entry is None:
        return
    elif name == "review":
        made.review(entry)
    elif name == "confirm":
        made.act(entry, "receive" if entry.kind == "payment" else "confirm", _side(entry))
    elif name in ("return", "void"):
        act = "send_back" if name == "return" else "void"
        made.act(entry, act, "supervisor" if name == "return" else "contractor", opinion="试")
    elif name == "reverse":
        filed.append(posting.reverse(entry, "试", made.site.actor(_side(entry, True)), day).pk)
    elif name == "update":
        records.update(entry, {"amount": amount}, COMMAND)
    else:
        records.update(entry, {"booked_on": day}, COMMAND, clean=False)


def _side(entry, files: bool = False) -> str:
    """Who confirms an entry, or who files it."""
    if entry.kind == "payment":
        return "owner" if files else "contractor"
    return "contractor" if files else "owner"


def test_what_was_changed_behind_the_portals_back_is_named(books):
    entry = books.book(books.file("use", "900", booked_on=date(2024, 1, 20)))
    closing.close([books.account.pk], date(2024, 2, 1), SYSTEM)
    fees.put(entry, booked=D(901))
    assert "与结账时不符" in str(list(history.verify_derived("safety.feemonth")))
    fees.put(entry, booked=D(900))
    fees.put(books.account, closed_through=date(2023, 12, 1))
    assert list(history.verify_derived("safety.feemonth"))


# ------------------------------------------------------------------------------------------------------------ plan


def test_a_plan_is_open_while_it_is_drafted(books):
    from safety.fees import planning

    actor = books.site.actor("contractor")
    plan = records.create(FeePlan(account=books.fresh(), year=2024), actor)
    with pytest.raises(ValidationError):
        perform(plan, "submit", actor, {})
    assert planning.save(plan, {("F01", 1): D("1000.10"), ("F05", 2): D(500)}, actor) == 2
    assert planning.save(plan, {("F01", 1): D("1200"), ("F06", 3): D(1)}, actor) == 3
    assert planning.save(plan, {("F01", 1): D("1200"), ("F06", 3): D(1)}, actor) == 0
    plan = books.act(plan, "submit", "contractor")
    with pytest.raises(ValidationError) as told:
        planning.save(plan, {("F01", 1): D("9")}, actor)
    assert "明细不能改动" in str(told.value)
    line = FeePlanLine.objects.filter(plan=plan).first()
    for attempt in (
        lambda: records.delete(line, COMMAND, reason="删"),
        lambda: records.update(line, {"amount": D(3)}, COMMAND, clean=False),
    ):
        with pytest.raises(ValidationError):
            attempt()
    plan = books.act(plan, "review", "supervisor")
    with pytest.raises((IllegalTransition, NotAllowed)):
        books.act(plan, "send_back", "supervisor", opinion="晚了")
    plan = books.act(plan, "approve", "owner")
    plan = books.act(plan, "revise", "contractor", opinion="进度调整")
    assert (plan.status, plan.approved_on) == ("draft", None)


# ---------------------------------------------------------------------------------------------------- tender check


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, ""),
        ({"listed": D("1499999.99")}, "低于按 1.5"),
        ({"single_listed": False}, "未单独列项"),
        ({"competitive": True}, "竞争性报价"),
    ],
)
def test_a_tender_document_is_judged_by_item_rate_and_competition(facts, words):
    facts = {"single_listed": True, "listed": D(1_500_000)} | facts
    made = records.create(
        TenderFeeCheck(
            project=factories.project(),
            document="宿招〔2024〕1号",
            issued_on=date(2024, 3, 4),
            base=D(100_000_000),
            **facts,
        ),
        COMMAND,
    )
    assert made.conforms is not bool(words) and words in made.problems
    assert made.rate_rule.article == "第17条" and made.tender_rule.confidence == "V"
