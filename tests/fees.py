"""What the tests of safety fees share: an account in use, entries on their way, papers that a review needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import count

from django.core.files.base import ContentFile

from safety.models import (
    FeeAccount,
    FeeEntry,
    FeePlan,
    FeePlanLine,
    FeeSubcontract,
    TenderFeeCheck,
)
from supervision.flows import records
from supervision.flows.perform import perform
from supervision.papers.services import attach
from supervision.people import history_guard
from supervision.people.models import User

from . import factories
from .factories import COMMAND
from .safety import Site, paper, site

_numbers = count(1)


def put(record, **facts):
    """The record with other columns, written past the flow."""
    with history_guard.writer():
        type(record)._base_manager.filter(pk=record.pk).update(**facts)
    return type(record)._base_manager.get(pk=record.pk)


def account_of(section, **facts) -> FeeAccount:
    """An account of a section, not yet in use."""
    facts = {
        "contract_on": date(2024, 1, 2),
        "opened_on": date(2024, 1, 2),
        "base": Decimal(100_000_000),
    } | facts
    return records.create(FeeAccount(section=section, **facts), COMMAND)


def spending(account: FeeAccount, amount="1000.00", **facts) -> FeeEntry:
    """A use of the money, not saved."""
    number = next(_numbers)
    facts = {
        "kind": "use",
        "category": "F05",
        "content": "安全帽",
        "supplier": f"劳保用品{number}店",
        "voucher_no": f"记-{number}",
    } | facts
    facts.setdefault("voucher_on", facts.get("booked_on", date(2024, 3, 4)))
    facts.setdefault("booked_on", facts["voucher_on"])
    return FeeEntry(account=account, amount=Decimal(amount), **facts)


def photo(colour: int = 100) -> ContentFile:
    from io import BytesIO

    from PIL import Image

    out = BytesIO()
    Image.new("RGB", (40, 30), (colour % 256, 90, 40)).save(out, "PNG")
    return ContentFile(out.getvalue(), name=f"照片{colour}.png")


@dataclass
class Books:
    """A section's account with its people, and the acts they do on it."""

    site: Site
    account: FeeAccount

    @cached_property
    def user(self) -> dict[str, User]:
        return self.site.people

    def act(self, record, name: str, role: str, **data):
        fresh = type(record).objects.get(pk=record.pk)
        return perform(fresh, name, self.site.actor(role), data)

    def fresh(self) -> FeeAccount:
        return FeeAccount.objects.get(pk=self.account.pk)

    def file(self, kind: str, amount=None, role: str = "contractor", **facts) -> FeeEntry:
        """An entry just filed by one of the people."""
        amount = None if amount is None else Decimal(str(amount))
        if kind == "use":
            record = spending(self.fresh(), amount, **facts)
        else:
            record = FeeEntry(account=self.fresh(), kind=kind, amount=amount, **facts)
        return records.create(record, self.site.actor(role))

    def papers(self, entry: FeeEntry, colour: int = 0) -> FeeEntry:
        paper(entry, "凭证")
        attach(entry, photo(colour or entry.pk), "照片", COMMAND)
        return entry

    def review(self, entry: FeeEntry, approved=None) -> FeeEntry:
        """By the supervisor: agreed to, or cut to `approved`."""
        if entry.kind == "use" and not entry.is_reversal:
            self.papers(entry)
        if approved is None:
            return self.act(entry, "agree", "supervisor")
        return self.act(entry, "cut", "supervisor", approved=str(approved), opinion="数量不符，核减。")

    def book(self, entry: FeeEntry, approved=None) -> FeeEntry:
        """All the way into the books."""
        if entry.kind == "payment":
            name, role = ("receive", "contractor") if entry.filed_by == "owner" else ("take", "owner")
            return self.act(entry, name, role)
        if entry.kind == "refund":
            return self.act(entry, "take", "owner")
        return self.act(self.review(entry, approved), "confirm", "owner")


def books(begun: date = date(2024, 1, 2), **facts) -> Books:
    """An account in use on a section, of a project begun on a day, with a contractor and a supervisor."""
    on = site(start_on=begun)
    for part in on.section.participations.all():
        if part.since > begun:
            factories.change(part, since=begun)
    made = Books(on, account_of(on.section, **facts))
    made.account = made.act(made.account, "confirm", "owner")
    return made


def account() -> FeeAccount:
    """An account in use on a section of its own, for makers."""
    return put(account_of(factories.section(kind="construction")), status="active")


def subcontract(of: FeeAccount | None = None, **facts) -> FeeSubcontract:
    facts = {
        "unit": f"分包{next(_numbers)}队",
        "amount": Decimal("50000.50"),
        "start_on": date(2024, 3, 4),
    } | facts
    return records.create(FeeSubcontract(account=of or account(), **facts), COMMAND)


# ------------------------------------------------------------------- for the generated tests: tests/contract


def entry_variants(world, side) -> list[FeeEntry]:
    """Of each kind, filed by either side."""
    from .contract.fills.fees import account as account_in_use

    on = account_in_use(side)
    made = [
        FeeEntry(
            account=on, kind="accrual", booked_on=date(2024, 3, 31), progress=Decimal(10), amount=Decimal(9)
        ),
        FeeEntry(account=on, kind="payment", booked_on=date(2024, 3, 31), amount=Decimal(9)),
        FeeEntry(account=on, kind="refund", booked_on=date(2024, 3, 31), amount=Decimal(9)),
        spending(on, "900.00"),
    ]
    made = records.create_many(made, COMMAND)
    paid = records.create(
        FeeEntry(account=on, kind="payment", booked_on=date(2024, 3, 31), amount=Decimal(9)), COMMAND
    )
    for entry in made[3:]:
        paper(entry, "凭证")
        attach(entry, photo(entry.pk), "照片", COMMAND)
    return [*made, put(paid, filed_by="owner")]


def plan_variants(world, side) -> list:
    """A plan that has an amount."""
    from .contract.world import make

    plan = make(FeePlan, side)
    make(FeePlanLine, side, plan=plan)
    return [plan]


# ------------------------------------------------------------------------ makers: one plain record of each model


def plain_plan() -> FeePlan:
    return records.create(FeePlan(account=account(), year=2024, basis="按进度编制"), COMMAND)


def plain_line() -> FeePlanLine:
    line = FeePlanLine(plan=plain_plan(), month=3, category="F05", amount=Decimal("1200.50"))
    return records.create(line, COMMAND)


def plain_check() -> TenderFeeCheck:
    facts = {"document": "=1+1", "issued_on": date(2024, 3, 4), "single_listed": True}
    amounts = {"base": Decimal(20_000_000), "listed": Decimal("300000.00")}
    return records.create(TenderFeeCheck(project=factories.project(), **facts, **amounts), COMMAND)


MAKERS = {
    FeeAccount: lambda: account_of(factories.section(kind="construction"), rate=Decimal("1.5")),
    FeePlan: plain_plan,
    FeePlanLine: plain_line,
    FeeEntry: lambda: records.create(spending(account()), COMMAND),
    FeeSubcontract: subcontract,
    TenderFeeCheck: plain_check,
}
