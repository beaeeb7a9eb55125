"""回头看: drawing closed problems by lot, so that the draw can be repeated from what stands on each row."""

from __future__ import annotations

import secrets

from django.db import transaction
from django.utils import timezone

from supervision.flows import records
from supervision.flows.history import Actor
from supervision.flows.rectification import CLOSED
from supervision.rules.draw import Lot, fingerprint, seed_of

from ..models import Campaign, LookBack
from .problems import Feed
from .standing import known_on


def draw(campaign: Campaign, feed: Feed, number: int, actor: Actor) -> int:
    """Draw up to `number` of the campaign's closed problems that were not looked at yet; returns how many.

    The seed follows from the list itself and a number of the portal's own; both stand on the row (`lot`).
    """
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
    with transaction.atomic():
        for place in places:
            row = LookBack(campaign=campaign, ledger=feed.slug, record_key=keys[place], drawn=True, lot=lot)
            records.create(row, actor, label="抽取")
    return chosen
