"""Two at once on safety fees, each in a process of their own: one voucher posted by several, a month closed while
entries are being posted."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from safety.fees import balances
from safety.models import FeeEntry, FeeMonth, FeeVoucher
from supervision.flows import history
from supervision.people.models import Role
from tests import factories, fees

pytestmark = pytest.mark.processes

START = """
import json, sys, time
from datetime import date
from decimal import Decimal
from pathlib import Path
from django.core.exceptions import ValidationError
from safety.fees import closing
from safety.models import FeeAccount, FeeEntry
from supervision.flows import records
from supervision.flows.history import SYSTEM, Actor
from supervision.people.models import User
folder, me, account, user = Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:5])
actor = Actor.of(User.objects.get(pk=user), "page")
account = FeeAccount.objects.get(pk=account)
(folder / f"ready-{me}").touch()
while not (folder / "go").exists():
    time.sleep(0.002)
"""
POST_ONE = (
    START
    + """
entry = FeeEntry(account=account, kind="use", category="F05", content="安全帽", supplier=f"第{me}店",
    amount=Decimal(900), voucher_no=f"记-{me}", voucher_on=date(2024, 3, 4), booked_on=date(2024, 3, 4),
    invoice_no="24322000000012345678")
try:
    records.create(entry, actor)
    told = ""
except ValidationError as error:
    told = "；".join(error.messages)
(folder / f"told-{me}").write_text(json.dumps(told))
"""
)
# Posts until it is refused: payments of one fen each, filed by the contractor and never pending for long.
POST_MANY = (
    START
    + """
from supervision.flows.perform import perform
owner = Actor.of(User.objects.get(pk=int(sys.argv[5])), "page")
posted, told = 0, ""
while not told and posted < 400:
    entry = FeeEntry(account=account, kind="payment", amount=Decimal("0.01"), booked_on=date(2024, 3, 4))
    try:
        entry = records.create(entry, actor)
        posted += 1
        (folder / f"posted-{me}").touch()
        perform(entry, "take", owner, {})
    except ValidationError as error:
        told = "；".join(error.messages)
(folder / f"told-{me}").write_text(json.dumps([posted, told]))
"""
)
CLOSE = (
    START
    + """
while not (folder / "posted-a").exists() or not (folder / "posted-b").exists():
    time.sleep(0.002)
tries = 0
while not closing.close([account.pk], date(2024, 3, 1), SYSTEM) and tries < 20_000:
    tries += 1
(folder / f"told-{me}").write_text(json.dumps(tries))
"""
)


def run(processes, jobs: dict[str, tuple], account, *more) -> dict:
    """Start one process for each {name: (program, user)}, let them go at once, and return what each said."""
    programs = [
        (program, processes.var, name, account.pk, user.pk, *more) for name, (program, user) in jobs.items()
    ]
    assert processes.at_once(programs) == [0] * len(jobs), processes.log("process.log")
    return {name: json.loads((processes.var / f"told-{name}").read_text()) for name in jobs}


def test_of_four_who_post_one_invoice_one_wins_and_the_others_are_told(processes):
    books = fees.books()
    office = books.site.unit("contractor")
    people = [factories.user(Role.CONTRACTOR, office) for _ in range(4)]
    told = run(processes, {str(at): (POST_ONE, user) for at, user in enumerate(people)}, books.account)
    winners = [name for name, sentence in told.items() if not sentence]
    assert len(winners) == 1, told
    assert all("只能使用一次" in sentence for name, sentence in told.items() if name not in winners), told
    entry = FeeEntry.objects.get(account=books.account)
    assert entry.supplier == f"第{winners[0]}店" and entry.seq == 1
    assert FeeVoucher.objects.filter(entry=entry, released_on__isnull=True).count() == 2
    assert books.fresh().posted == 1
    assert not list(history.verify_chains())


def test_a_month_closed_while_entries_are_posted_has_them_all_or_refuses_them(processes):
    books = fees.books(opened_on=date(2024, 3, 1))
    people = books.site.people
    jobs = {
        "a": (POST_MANY, people["contractor"]),
        "b": (POST_MANY, people["contractor"]),
        "closer": (CLOSE, people["owner"]),
    }
    told = run(processes, jobs, books.account, people["owner"].pk)
    account = books.fresh()
    month = FeeMonth.objects.get(account=account)
    assert account.closed_through == date(2024, 3, 1) == month.month
    for name in "ab":
        assert "2024年3月已结账" in told[name][1], told
    entries = FeeEntry.objects.filter(account=account)
    # What was told to be posted is there, and nothing else; all of it is in the closing.
    assert entries.count() == told["a"][0] + told["b"][0] == month.entries == account.posted
    assert set(entries.values_list("status", flat=True)) == {"booked"}
    assert month.payment == balances.of_account(account.pk).payment == Decimal("0.01") * entries.count()
    assert sorted(entries.values_list("seq", flat=True)) == list(range(1, entries.count() + 1))
    assert not list(history.verify_derived("safety.feemonth"))
