"""发文字号 out of pools: every number once, none left out, however many people issue papers at once."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F

from supervision.flows import history, records
from supervision.flows.errors import FlowError
from supervision.flows.history import Actor
from supervision.people.models import Organization, OrganizationKind

from . import registry
from .models import NumberCounter, NumberPool


class NoPool(FlowError):
    """Nobody has said how this organisation numbers this paper."""

    http_status = 409
    code = "no_pool"


def take(pool: NumberPool, year: int) -> str:
    """The next number of a pool and year, such as 宿交质〔2025〕12号.

    Call it inside the transaction that keeps the number: the counter's row stays locked until that ends, and
    a rollback gives the number back, so there are neither doubles nor gaps. Raises TransactionManagementError
    outside a transaction.
    """
    return pool.text(year, _advance(pool, year))


def take_all(pools: Iterable[NumberPool], year: int) -> list[str]:
    """One number of each pool, in the order given. Locks are taken in one order for all callers, so that two
    papers with two numbers each cannot wait for one another."""
    pools = list(pools)
    if len({pool.pk for pool in pools}) != len(pools):
        raise ValueError("a paper takes one number from a pool")
    taken = {pool.pk: take(pool, year) for pool in sorted(pools, key=lambda pool: pool.pk)}
    return [taken[pool.pk] for pool in pools]


def _advance(pool: NumberPool, year: int) -> int:
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("numbers are taken inside a transaction")
    NumberCounter.objects.get_or_create(pool=pool, year=year)
    counter = NumberCounter.objects.filter(pool=pool, year=year)
    # The UPDATE takes the row's lock, on SQLite the database's; what is read after it is ours alone.
    counter.update(last=F("last") + 1)
    return counter.values_list("last", flat=True).get()


def pools_for(
    codes: Iterable[str], organization: Organization, actor: Actor | None = None
) -> list[NumberPool]:
    """The pools called `codes` of an organisation or the nearest one above it, in that order.

    With `actor` a pool that the portal knows how to set up (`registry.pool_form`) is set up, inside the
    transaction that takes the number. Raises NoPool.
    """
    above = [int(step) for step in organization.path.split("/") if step]
    found: list[NumberPool] = []
    for code in codes:
        pools = {
            pool.organization_id: pool
            for pool in NumberPool.objects.filter(code=code, organization__in=above, is_active=True)
        }
        nearest = next((pools[pk] for pk in reversed(above) if pk in pools), None)
        if nearest is None and actor is not None:
            nearest = _set_up(code, organization, actor)
        if nearest is None:
            raise NoPool(f"“{organization}”没有设置文号（{code}），请先由系统管理员设置发文字号后再签发。")
        found.append(nearest)
    return found


def can_number(codes: Iterable[str], organization: Organization) -> None:
    """Raise NoPool unless every code has a pool, or one that the portal sets up when it is first needed."""
    pools_for([code for code in codes if registry.pool_form_of(code) is None], organization)


def _set_up(code: str, organization: Organization, actor: Actor) -> NumberPool | None:
    """The portal's own pool for the body that `organization` belongs to; None for a code it knows nothing of."""
    form = registry.pool_form_of(code)
    if form is None:
        return None
    body = issuing_body(organization)
    room = NumberPool._meta.get_field("prefix").max_length - len(form.suffix)
    names = [body.short_name or body.name, body.name, f"{body.name[: room - 8]}{body.pk}"]
    for name in names:
        pool = NumberPool(
            organization=body, code=code, label=form.label, prefix=f"{name[:room]}{form.suffix}"
        )
        try:
            with transaction.atomic():
                return records.create(pool, actor, label="系统设置", reason="首次使用，机关代字可修改")
        except (IntegrityError, ValidationError):
            # Somebody was first, or another body's papers are numbered by this name.
            if found := NumberPool.objects.filter(organization=body, code=code).first():
                return found if found.is_active else None
    return None


def issuing_body(office: Organization) -> Organization:
    """In whose name an office issues papers: offices of a bureau in the bureau's, all others in their own."""
    while office.kind == OrganizationKind.OFFICE and office.parent is not None:
        office = office.parent
    return office


def start_at(pool: NumberPool, year: int, last: int, actor: Actor, reason: str) -> None:
    """Say that numbers up to `last` were given out on paper already, so that the next one is `last` + 1.

    Only upwards: a number given out by the portal is not given out again. Raises ValidationError.
    """
    if not reason.strip():
        raise ValidationError({"reason": "请填写调整文号的原因。"})
    with transaction.atomic():
        NumberCounter.objects.get_or_create(pool=pool, year=year)
        raised = NumberCounter.objects.filter(pool=pool, year=year, last__lt=last).update(last=last)
        if not raised:
            used = NumberCounter.objects.get(pool=pool, year=year).last
            raise ValidationError({"last": f"{year}年已用到{used}号，只能调到更大的号。"})
        changes = {f"{year}年已用到": [None, last]}
        history.note(pool, actor, verb="number", label="调整起始文号", reason=reason, changes=changes)
