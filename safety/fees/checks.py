"""The nightly checks of all accounts. Each looks at the whole table in a statement or two and says, with its
figures, on which accounts it has something to say; what becomes of it is `asking`'s matter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, F, Max, Min, Sum
from django.utils import timezone

from supervision.flows.history import Actor
from supervision.flows.reach import label_of
from supervision.papers.models import Attachment
from supervision.rules.numbers import money

from ..models.fee import ACTIVE, SETTLED, FeeAccount
from ..models.fee_entry import BOOKED, FeeEntry, FeeSubcontract
from ..models.fee_plan import APPROVED, FeePlanLine
from ..models.inspection import InspectionKind, Visit
from ..rules import rule
from . import arithmetic
from .arithmetic import PASSED_ON, PAYMENT, USE, ZERO, Totals, cents
from .asking import Found, ask
from .balances import of_accounts, standing_accruals
from .closing import month_due
from .rules import PAYMENT as PAYMENT_RULE
from .rules import watch

LIVE = (ACTIVE, SETTLED)


class Night:
    """What several checks read, read once: the accounts in use, their totals and their progress, as of `day`."""

    def __init__(self, day: date):
        self.day = day
        self.limits = watch(day)
        self.payment = rule(PAYMENT_RULE, day).content
        self.ratio = Decimal(self.payment["ratio"])
        rows = FeeAccount.objects.filter(status__in=LIVE).select_related("section").order_by("pk")
        self.accounts = {account.pk: account for account in rows}
        live = FeeAccount.objects.filter(status__in=LIVE).values("pk")
        self.totals = of_accounts(live, day)
        progress = standing_accruals().filter(account__in=live, confirmed_on__lte=day)
        self.progress: dict[int, Decimal] = {}
        for account, value in progress.order_by("account", "month", "seq").values_list("account", "progress"):
            self.progress[account] = value

    def total(self, pk: int) -> Totals:
        return self.totals.get(pk, Totals())

    @property
    def quarter(self) -> tuple[int, int]:
        """The last quarter of a year that is over: (year, 1 to 4)."""
        ended = (self.day.month - 1) // 3
        return (self.day.year, ended) if ended else (self.day.year - 1, 4)


def first_payment(night: Night) -> Iterator[Found]:
    """首付 ≥ 50 % within one month of the start of works."""
    in_time = dict(
        FeeEntry.objects.filter(kind=PAYMENT, status=BOOKED, booked_on__lte=F("account__first_payment_by"))
        .order_by()
        .values_list("account")
        .annotate(total=Sum("booked"))
    )
    for pk, account in night.accounts.items():
        last = account.first_payment_by
        # Of what was paid before the account was opened nothing is known.
        if last is None or last >= night.day or last < account.opened_on:
            continue
        half, paid = arithmetic.part_of(account.due, night.ratio), cents(in_time.get(pk, ZERO))
        if paid < half:
            now = night.total(pk).payment
            text = (
                f"应提总额{money(account.due)}元，首次支付应不低于{money(half)}元；开工{account.start_on}，"
                f"期限{last}，截至期限已付{money(paid)}元，现已付{money(now)}元。"
            )
            yield Found(pk, "first_payment", last.isoformat(), text, over=now >= half)


def subcontract(night: Night) -> Iterator[Found]:
    """The same for what the main contractor pays on to a subcontractor."""
    paid: dict[int, list[tuple[date, Decimal]]] = {}
    rows = FeeEntry.objects.filter(kind=PASSED_ON, status=BOOKED, account__status__in=LIVE)
    for pk, day, amount in rows.order_by().values_list("subcontract", "booked_on", "booked"):
        paid.setdefault(pk, []).append((day, amount))
    for one in FeeSubcontract.objects.filter(account__status__in=LIVE).order_by("pk"):
        last = arithmetic.within(one.start_on, night.payment["months"])
        if last >= night.day:
            continue
        half, sums = arithmetic.part_of(one.amount, night.ratio), paid.get(one.pk, [])
        in_time, now = sum((a for d, a in sums if d <= last), ZERO), sum((a for _, a in sums), ZERO)
        if in_time < half:
            text = (
                f"分包单位{one.unit}，安全费{money(one.amount)}元，首次支付应不低于{money(half)}元；"
                f"分包开工{one.start_on}，期限{last}，截至期限已付{money(in_time)}元，现已付{money(now)}元。"
            )
            yield Found(one.account_id, "subcontract", str(one.pk), text, over=now >= half)


def accrual(night: Night) -> Iterator[Found]:
    """Accrued ≥ base × rate, by the progress that was told; in full once the section is finished."""
    for pk, account in night.accounts.items():
        ended = account.section.end_on is not None and account.section.end_on <= night.day
        progress = Decimal(100) if ended else night.progress.get(pk, ZERO)
        wanted, has = arithmetic.due_at(account.due, progress), night.total(pk).accrual
        if has < wanted:
            text = (
                f"计提基数{money(account.base)}元，费率{account.rate.normalize():f}%，应提总额{money(account.due)}元；"
                f"进度{progress.normalize():f}%，应提{money(wanted)}元，已提{money(has)}元，"
                f"少提{money(wanted - has)}元。"
            )
            yield Found(pk, "accrual", f"{night.day:%Y-%m}", text)


def remainder(night: Night) -> Iterator[Found]:
    """What is left at the settlement goes back to the owner."""
    for pk, account in night.accounts.items():
        if account.status != SETTLED or account.settled_on is None:
            continue
        last = account.settled_on + timedelta(days=night.limits["refund_days"])
        left = night.total(pk).balance
        if left > 0 and last < night.day:
            text = (
                f"竣工决算{account.settled_on}，结余{money(account.remainder)}元，"
                f"尚有{money(left)}元未退回建设单位。"
            )
            yield Found(pk, "remainder", account.settled_on.isoformat(), text)


def month_open(night: Night) -> Iterator[Found]:
    """A month that should have been closed by now."""
    last = month_due(night.day)
    for pk, account in night.accounts.items():
        if account.next_month <= last:
            text = f"{account.next_month:%Y年%-m月}起尚未结账，应于次月{night.limits['close_day']}日前结账。"
            yield Found(pk, "month_open", f"{account.next_month:%Y-%m}", text)


def overspent(night: Night) -> Iterator[Found]:
    """More used than accrued: lawful, the rest is the contractor's cost. A warning."""
    for pk in night.accounts:
        sums = night.total(pk)
        if sums.use > sums.accrual:
            text = (
                f"已用{money(sums.use)}元，已提{money(sums.accrual)}元，超出{money(sums.use - sums.accrual)}元；"
                f"超出部分据实列支，不因此退回。"
            )
            yield Found(pk, "overspent", str(night.day.year), text)


def overpaid(night: Night) -> Iterator[Found]:
    for pk, account in night.accounts.items():
        paid = night.total(pk).payment
        if paid > account.due:
            text = f"累计支付{money(paid)}元，应提总额{money(account.due)}元。"
            yield Found(pk, "overpaid", str(night.day.year), text)


def against_plan(night: Night) -> Iterator[Found]:
    """Used against the approved plan of the year, at the end of each quarter."""
    year, number = night.quarter
    lines = FeePlanLine.objects.filter(
        plan__status=APPROVED, plan__year=year, month__lte=number * 3, plan__account__status__in=LIVE
    )
    planned = dict(lines.order_by().values_list("plan__account").annotate(total=Sum("amount")))
    used = dict(
        FeeEntry.objects.filter(
            account__in=list(planned),
            kind=USE,
            status=BOOKED,
            month__range=(date(year, 1, 1), date(year, number * 3, 1)),
        )
        .order_by()
        .values_list("account")
        .annotate(total=Sum("booked"))
    )
    limit = Decimal(night.limits["plan_percent"])
    for pk, amount in planned.items():
        wanted, has = cents(amount), cents(used.get(pk, ZERO))
        if abs(has - wanted) * 100 > limit * wanted:
            text = f"{year}年前{number * 3}个月计划{money(wanted)}元，使用{money(has)}元，偏差超过{limit}%。"
            yield Found(pk, "plan", f"{year}-Q{number}", text)


def against_progress(night: Night) -> Iterator[Found]:
    """The part used of what is due against the progress of the works, at the end of each quarter."""
    year, number = night.quarter
    limit = Decimal(night.limits["progress_points"])
    for pk, progress in night.progress.items():
        account = night.accounts.get(pk)
        if account is None or not account.due:
            continue
        used = night.total(pk).use
        part = used * 100 / account.due
        if abs(part - progress) > limit:
            text = (
                f"已用{money(used)}元，为应提总额{money(account.due)}元的{part:.1f}%；累计进度{progress.normalize():f}%，"
                f"相差超过{limit}个百分点。"
            )
            yield Found(pk, "progress", f"{year}-Q{number}", text)


def same_photo(night: Night) -> Iterator[Found]:
    """One photo, by its hash, on two entries."""
    photos = (
        Attachment.objects.valid()
        .filter(model=label_of(FeeEntry), is_image=True)
        .exclude(kind="发票")
        .order_by()
    )
    since = timezone.now() - timedelta(days=night.limits["photo_days"])
    twice = (
        photos.filter(sha256__in=photos.filter(at__gte=since).values("sha256"))
        .values("sha256")
        .annotate(first=Min("object_id"), last=Max("object_id"))
        .filter(first__lt=F("last"))
    )
    pairs = list(twice.values_list("sha256", "first", "last"))
    entries = FeeEntry.objects.in_bulk({pk for _, *both in pairs for pk in both})
    for sha256, first, last in pairs:
        one, other = entries.get(first), entries.get(last)
        if one is None or other is None:
            continue
        where = (
            f"第{one.seq}笔（{one.number}）" if one.account_id == other.account_id else "另一账户的一笔支出"
        )
        text = (
            f"第{other.seq}笔（{other.number}）{money(other.amount)}元所附照片，"
            f"与{where}的照片相同（SHA-256 {sha256[:12]}…）。"
        )
        yield Found(other.account_id, "same_photo", f"{other.pk}-{sha256[:16]}", text, other.pk)


def round_sum(night: Night) -> Iterator[Found]:
    """Round sums in the days before an inspection of the section."""
    span, whole = timedelta(days=night.limits["round_days"]), Decimal(night.limits["round_yuan"])
    visits = Visit.objects.filter(visited_on__range=(night.day - span, night.day)).exclude(
        kind=InspectionKind.SELF
    )
    days = list(visits.order_by("visited_on").values_list("project", "section", "visited_on"))
    rows = FeeEntry.objects.filter(
        kind=USE,
        booked_on__range=(night.day - 2 * span, night.day),
        amount__gte=whole,
        account__status__in=LIVE,
        account__section__project__in={project for project, *_ in days},
        reverses__isnull=True,
    ).select_related("account__section")
    for entry in rows.order_by("pk"):
        if entry.amount % whole:
            continue
        section = entry.account.section
        for project, place, visited in days:
            near = visited - span <= entry.booked_on <= visited
            if project == section.project_id and place in (None, section.pk) and near:
                text = (
                    f"第{entry.seq}笔（{entry.number}）{money(entry.amount)}元为整数，记账{entry.booked_on}，"
                    f"在{visited}检查前{night.limits['round_days']}日内。"
                )
                yield Found(entry.account_id, "round_sum", str(entry.pk), text, entry.pk)
                break


def one_supplier(night: Night) -> Iterator[Found]:
    """Most of an account's spending with one supplier; and on how many accounts that supplier stands."""
    groups = list(
        FeeEntry.objects.filter(kind=USE, confirmed_on__isnull=False)
        .exclude(supplier_key="")
        .order_by()
        .values_list("account", "supplier_key")
        .annotate(total=Sum("booked"), number=Count("pk"))
    )
    accounts: dict[str, int] = {}
    for _, key, _, _ in groups:
        accounts[key] = accounts.get(key, 0) + 1
    limit, least = Decimal(night.limits["supplier_percent"]), night.limits["supplier_entries"]
    for pk, key, total, number in groups:
        used = night.total(pk).use
        if pk not in night.accounts or number < least or used <= 0 or cents(total) * 100 < limit * used:
            continue
        text = (
            f"收款单位“{key}”{number}笔{money(total)}元，占已用{money(used)}元的{total * 100 / used:.1f}%；"
            f"该单位在全局{accounts[key]}个账户中收款。"
        )
        yield Found(pk, "one_supplier", f"{night.day.year}-{key[:60]}", text)


ALL: tuple[Callable[[Night], Iterator[Found]], ...] = (
    first_payment,
    subcontract,
    accrual,
    remainder,
    month_open,
    overspent,
    overpaid,
    against_plan,
    against_progress,
    same_photo,
    round_sum,
    one_supplier,
)


def run(
    actor: Actor, day: date | None = None, progress: Callable[[int, int], None] | None = None
) -> dict[str, int]:
    """Run every check as of `day` (default today); returns {"raised": …, "cleared": …}. Safe to run again."""
    day = day or timezone.localdate()
    night, found = Night(day), []
    for done, check in enumerate(ALL, 1):
        found += check(night)
        if progress:
            progress(done, len(ALL))
    return ask(found, actor, day)
