"""The daily watch over certificates: notices before they run out, and a hidden danger where they have.

The number of days of the notices lies in rule set expiry-notices. A certificate is valid on its last day; from the
next on it is expired, and to go on using the machine or the person is a danger, raised once for each expiry.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone

from supervision.flows import records
from supervision.flows.errors import LostRace
from supervision.flows.history import Actor
from supervision.flows.reach import label_of

from ..models.clauses import SiteFinding
from ..models.equipment import HELD, USED, DeviceCertificate, Expiring, WorkerCertificate
from ..rules import rule
from .raising import raise_once

NOTICES = "expiry-notices"
PART = 200
# The longest time ahead that a list is asked for, in days.
FARTHEST = 3660
WATCHED: tuple[type[Expiring], ...] = (DeviceCertificate, WorkerCertificate)


def stages() -> list[int]:
    """How many days before the last valid day a notice goes out, the nearest first."""
    return sorted(rule(NOTICES).content["days"])


def stage_on(valid_until: date, day: date, days: list[int]) -> int | None:
    """Which notice is due on `day`: the smallest of `days` not below the days left; None while it is early."""
    left = (valid_until - day).days
    return next((number for number in sorted(days) if left <= number), None)


def running_out(days: int, day: date | None = None) -> Q:
    """Certificates still valid on `day` (default today) whose last valid day is within `days` of it."""
    day = day or timezone.localdate()
    return Q(valid_until__range=(day, day + timedelta(days=days)))


def gone(day: date | None = None) -> Q:
    """Certificates whose last valid day is over."""
    return Q(valid_until__lt=day or timezone.localdate())


def expired(model: type[Expiring], day: date | None = None) -> QuerySet:
    """The certificates in the ledger that have run out by `day` (default today)."""
    return model.objects.filter(gone(day), status=HELD)


def in_use_while_expired(model: type[Expiring], day: date | None = None) -> QuerySet:
    """Those of them by which something is used: of machines in use, of persons on the section."""
    rows = expired(model, day)
    return rows.filter(machine__status=USED) if model is DeviceCertificate else rows


def watch(
    actor: Actor, day: date | None = None, progress: Callable[[int, int], None] | None = None
) -> dict[str, int]:
    """Send the notices of `day` (default today) and raise what is used while expired; how many of each. A second
    run of a day does nothing."""
    day = day or timezone.localdate()
    work = [(model, _due(model, day)) for model in WATCHED]
    total = sum(rows.count() for _, rows in work)
    reminded = raised = done = 0
    days = stages()
    for model, rows in work:
        for certificate in rows.select_related(*model.text_joins).order_by("pk").iterator(PART):
            done += 1
            try:
                _remind(certificate, stage_on(certificate.valid_until, day, days), day, actor)
            except LostRace:
                # Somebody is just renewing it; if not, the next night finds it.
                continue
            reminded += 1
            if progress:
                progress(done, total)
    for model in WATCHED:
        for certificate in (
            _unraised(model, day).select_related(*model.text_joins).order_by("pk").iterator(PART)
        ):
            _raise(certificate, actor)
            raised += 1
    return {"reminded": reminded, "raised": raised}


def _due(model: type[Expiring], day: date) -> QuerySet:
    condition = Q(pk__in=())
    for number in stages():
        earlier = Q(reminded__isnull=True) | Q(reminded__gt=number)
        condition |= Q(valid_until__lte=day + timedelta(days=number)) & earlier
    return model.objects.filter(condition, status=HELD)


def _remind(certificate: Expiring, stage: int, day: date, actor: Actor) -> None:
    left = (certificate.valid_until - day).days
    label = f"已过期{-left}日" if left < 0 else "今日到期" if left == 0 else f"还有{left}日到期"
    records.update(
        certificate,
        {"reminded": stage, "due_on": certificate.valid_until},
        actor,
        verb="remind",
        label=label,
        reason=f"有效期至{certificate.valid_until}，请及时换证或停用。",
        clean=False,
    )


def _unraised(model: type[Expiring], day: date) -> QuerySet:
    """In use while expired, and this expiry not raised yet."""
    cases = SiteFinding.objects.filter(
        label=label_of(model),
        object_id=OuterRef("pk"),
        case=Cast(OuterRef("valid_until"), CharField()),
    )
    return in_use_while_expired(model, day).filter(~Exists(cases))


def _raise(certificate: Expiring, actor: Actor) -> None:
    if device := isinstance(certificate, DeviceCertificate):
        part = f"{certificate.machine.get_kind_display()} {certificate.machine.code}"
    else:
        part = f"{certificate.get_trade_display()} {certificate.holder}"
    raise_once(
        certificate,
        certificate.valid_until.isoformat(),
        part=part,
        description=f"{certificate}有效期至{certificate.valid_until}，已过期仍在使用。",
        category="施工机具与机械" if device else "安全教育与交底",
        actor=actor,
    )
