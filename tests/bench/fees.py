"""2,000 safety-fee accounts with 2,000,000 entries: an account's page, the closing of all, the nightly checks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from projects.models import Section
from safety.fees import arithmetic, checks, closing
from safety.models import FeeAccount, FeeEntry, FeeMonth, FeeTerm
from supervision.flows.history import SYSTEM

from .scenarios import Pair, fill, scenario
from .world import World

ACCOUNTS, EACH = 2_000, 1_000
FIRST, LAST = date(2024, 1, 1), date(2026, 5, 1)
# Closed up to here; the scenario closes the month after, of all accounts at once.
CLOSED = date(2026, 4, 1)
NIGHT = date(2026, 6, 9)
DUE = Decimal(3_000_000)
SUPPLIERS = 40


@fill("安全生产费用")
def fees(world: World) -> None:
    chance, total = world.random, world.scaled(ACCOUNTS)
    first_section = world.next_id(Section)
    projects = list(Section.objects.order_by("pk").values_list("project_id", flat=True)[:total])
    world.copy(
        Section,
        (
            {
                "id": first_section + at,
                "project_id": projects[at % len(projects)],
                "code": f"AF-{at:05}",
                "kind": "construction",
            }
            for at in range(total)
        ),
    )
    first = world.next_id(FeeAccount)
    world.copy(
        FeeAccount,
        (
            {
                "id": first + at,
                "section_id": first_section + at,
                "base": DUE * 100 / Decimal("1.5"),
                "contract_on": FIRST,
                "rate": Decimal("1.5"),
                "least_rate": Decimal("1.5"),
                "due": DUE,
                "opened_on": FIRST,
                "start_on": FIRST + timedelta(days=9),
                "first_payment_by": date(2024, 2, 10),
                "contractor_id": world.contractors[at % len(world.contractors)],
                "confirmed_on": FIRST,
                "status": "active",
                "posted": EACH,
                "closed_through": CLOSED,
            }
            for at in range(total)
        ),
    )
    world.copy(
        FeeTerm,
        (
            {"account_id": first + at, "since": FIRST, "base": DUE * 100, "rate": Decimal("1.5"), "due": DUE}
            for at in range(total)
        ),
    )
    months = list(arithmetic.months(FIRST, LAST))
    world.copy(
        FeeMonth,
        ({"account_id": first + at, "month": CLOSED, "balance": Decimal(1000)} for at in range(total)),
    )

    def entries() -> Iterator[dict[str, Any]]:
        for at in range(total * EACH):
            account, seq = first + at // EACH, at % EACH + 1
            month = months[seq % len(months)]
            kind = "use"
            if seq % 33 == 0:
                kind = "accrual"
            elif seq % 100 == 1:
                kind = "payment"
            amount = Decimal(chance.randrange(100, 600_000)) / 100
            if kind == "payment":
                amount = Decimal(200_000)
            day = month + timedelta(days=chance.randrange(27))
            use = kind == "use"
            supplier = f"供应商{chance.randrange(SUPPLIERS)}" if use else ""
            yield {
                "number": f"AF-{day.year}-{at:09}",
                "account_id": account,
                "kind": kind,
                "booked_on": day,
                "month": month,
                "seq": seq,
                "amount": amount,
                "approved": amount,
                "booked": amount,
                "progress": Decimal(min(99, months.index(month) * 3)) if kind == "accrual" else None,
                "category": f"F{chance.randrange(10) + 1:02}" if use else "",
                "content": f"第{at}批防护用品" if use else "",
                "supplier": supplier,
                "supplier_key": supplier,
                "confirmed_on": day,
                "filed_by": "contractor",
                "status": "booked",
            }

    world.copy(FeeEntry, entries())
    world.fee_account = first + total // 2


SUMS = """SELECT kind, sum(booked) FROM safety_feeentry WHERE account_id = %(account)s AND status = 'booked'
    GROUP BY kind"""
MONTHLY = """SELECT month, kind, sum(booked) FROM safety_feeentry WHERE account_id = %(account)s
    AND status = 'booked' GROUP BY month, kind"""
LAST_TEN = """SELECT number, kind, booked_on, category, content, amount, booked, status FROM safety_feeentry
    WHERE account_id = %(account)s ORDER BY id DESC LIMIT 10"""


@scenario("fees-account", "2,000 个账户、200 万笔：一个账户的页面（余额、逐月、分类、末十笔）")
def page(world: World) -> Pair:
    values = {"account": world.fee_account}

    def bare(sql: Any) -> dict[str, str]:
        sums = dict(sql.rows(SUMS, values))
        sql.rows(MONTHLY, values)
        sql.rows(MONTHLY.replace("month, kind", "category, kind"), values)
        sql.rows(LAST_TEN, values)
        return {kind: f"{total:,.2f}" for kind, total in sums.items()}

    def shown(response: Any) -> dict[str, str]:
        text = re.findall(r'fee-value">([^<]+)<', response.content.decode())
        return dict(zip(("accrual", "payment", "use"), text[1:4], strict=True))

    return Pair(
        ours=lambda: world.bureau.get(f"/fee-accounts/{world.fee_account}/"),
        bare=bare,
        ours_answer=shown,
    )


CLOSING = """INSERT INTO safety_feemonth (version, created_at, updated_at, account_id, month, due, progress, accrual,
    payment, use, passed_on, refund, balance, entries, closed_by)
SELECT 1, now(), now(), a.id, %(month)s, a.due, 0, coalesce(sum(e.booked) FILTER (WHERE e.kind = 'accrual'), 0),
    coalesce(sum(e.booked) FILTER (WHERE e.kind = 'payment'), 0),
    coalesce(sum(e.booked) FILTER (WHERE e.kind = 'use'), 0), 0, 0, 0, count(e.id), ''
FROM safety_feeaccount a LEFT JOIN safety_feeentry e ON e.account_id = a.id AND e.month = %(month)s
    AND e.status = 'booked' GROUP BY a.id RETURNING account_id, use, entries"""


@scenario("fees-closing", "2,000 个账户、200 万笔：全部账户结一个月的账", rounds=3)
def close_all(world: World) -> Pair:
    """Ours writes each closing with its event and its place in the chain; the bare side only the sums."""

    def ours() -> list[tuple]:
        with transaction.atomic():
            closing.close_all(SYSTEM, LAST)
            rows = list(FeeMonth.objects.filter(month=LAST).values_list("account", "use", "entries"))
            transaction.set_rollback(True)
        return sorted(rows)

    def bare(sql: Any) -> list[tuple]:
        rows: list[tuple] = []
        try:
            with sql.transaction() as cursor:
                sql.run(cursor, CLOSING, {"month": LAST})
                rows = cursor.fetchall()
                sql.run(cursor, "UPDATE safety_feeaccount SET closed_through = %(month)s", {"month": LAST})
                raise Undo
        except Undo:
            return sorted(rows)

    return Pair(ours=ours, bare=bare)


class Undo(Exception):
    """Takes a transaction back."""


TOTALS = """SELECT account_id, kind, sum(booked) FROM safety_feeentry WHERE status = 'booked'
    AND confirmed_on <= %(day)s GROUP BY 1, 2"""
BY_SUPPLIER = """SELECT account_id, supplier_key, sum(booked), count(*) FROM safety_feeentry WHERE kind = 'use'
    AND confirmed_on IS NOT NULL AND supplier_key <> '' GROUP BY 1, 2"""
PROGRESS = """SELECT account_id, progress FROM safety_feeentry WHERE kind = 'accrual' AND status = 'booked'
    AND progress IS NOT NULL ORDER BY account_id, month, seq"""


@scenario("fees-checks", "2,000 个账户、200 万笔：夜间核查一遍", rounds=3)
def nightly(world: World) -> Pair:
    """The checks as on every night but the first: what there is to ask was asked before and is found again. The bare
    side reads the same sums and counts the accounts that used more than they accrued."""
    checks.run(SYSTEM, NIGHT)

    def ours() -> int:
        night = checks.Night(NIGHT)
        again = checks.run(SYSTEM, NIGHT)
        assert again == {"raised": 0, "cleared": 0}, again
        return sum(night.total(pk).use > night.total(pk).accrual for pk in night.accounts)

    def bare(sql: Any) -> int:
        totals: dict[int, dict[str, Decimal]] = {}
        for account, kind, total in sql.rows(TOTALS, {"day": NIGHT}):
            totals.setdefault(account, {})[kind] = total
        sql.rows(BY_SUPPLIER)
        sql.rows(PROGRESS)
        return sum(one.get("use", 0) > one.get("accrual", 0) for one in totals.values())

    return Pair(ours=ours, bare=bare)
