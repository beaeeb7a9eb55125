"""回头看: drawing closed problems by lot, so that the draw can be repeated from what stands on each row."""

from __future__ import annotations

import secrets

from django.db import transaction
from django.utils import timezone

from supervision.flows import records
from supervision.flows.errors import LostRace, NotAllowed
from supervision.flows.history import Actor
from supervision.flows.rectification import CLOSED
from supervision.rules.draw import Lot, fingerprint, seed_of

from ..models import Campaign, LookBack
from .problems import Feed
from .standing import known_on


def draw(campaign: Campaign, feed: Feed, number: int, actor: Actor, seen: int | None = None) -> int:
    """Draw up to `number` of the campaign's closed problems that were not looked at yet; returns how many.

    The seed follows from the list itself and a number of the portal's own; both stand on the row (`lot`). `seen` is
    how many looks back there were when the person asked: of two at once, or a double click, the second is told.
    Raises LostRace, and NotAllowed for a campaign that is over.
    """
    with transaction.atomic():
        if not records.hold(Campaign, campaign.pk, status="running"):
            raise NotAllowed("该专项整治不在进行中，不能抽取。")
        there = LookBack._base_manager.filter(campaign=campaign).count()
        if seen is not None and seen != there:
            raise LostRace("您打开页面之后，本专项已新增回头看，没有重复抽取；请核对后再抽。")
        return _draw(campaign, feed, number, actor)


def _draw(campaign: Campaign, feed: Feed, number: int, actor: Actor) -> int:
    as_of = known_on(campaign, timezone.localdate())
    rows = feed.rows(campaign, as_of)
    open_ = feed.open_among(rows, campaign, as_of)
    had = LookBack._base_manager.filter(campaign=campaign, ledger=feed.slug).values("record_key")
    keys = sorted(
        rows.exclude(pk__in=open_.order_by().values("pk"))
        .exclude(pk__in=had)
        .filter(status=CLOSED)
        .order_by()
        .values_list("pk", flat=True)
    )
    chosen = min(number, len(keys))
    if not chosen:
        return 0
    nonce = secrets.token_hex(8)
    seed = seed_of(fingerprint(keys), nonce, campaign.title)
    lot = f"{len(keys)}取{chosen}；清单{fingerprint(keys)[:16]}；随机数{nonce}"
    places = Lot(seed).pick([1] * len(keys), chosen)
    for place in places:
        row = LookBack(campaign=campaign, ledger=feed.slug, record_key=keys[place], drawn=True, lot=lot)
        records.create(row, actor, label="抽取")
    return chosen
