"""Putting questions about the bids of a tender, and noting which facts no longer stand."""

from __future__ import annotations

from django.db.models import F

from supervision.flows import records
from supervision.flows.history import Actor
from supervision.rules.shipped import rule

from .signs import COLLUSION, Facts, Sign, signs


def facts_of(bid) -> Facts:
    return Facts(
        bidder=bid.bidder,
        price=bid.price,
        prepared_by=bid.prepared_by,
        handled_by=bid.handled_by,
        managers=tuple(str(one) for one in bid.managers),
        alike=bid.alike,
        mixed_with=bid.mixed_with,
        deposit_from=bid.deposit_from,
    )


def follow(tender, actor: Actor) -> int:
    """Ask what the bids now on record give cause to ask; returns how many questions are new."""
    from ..models import CollusionQuestion, Tender, TenderBid

    # Two bids at once: the second waits here, and then sees the first.
    Tender._base_manager.filter(pk=tender.pk).update(title=F("title"))
    rules = rule(COLLUSION)
    bids = TenderBid._base_manager.filter(tender=tender).order_by("pk")
    found = {(sign.code, sign.key): sign for sign in signs([facts_of(bid) for bid in bids], rules.content)}
    known = {(one.sign, one.key): one for one in CollusionQuestion._base_manager.filter(tender=tender)}
    for place, question in known.items():
        values = _shown(found[place]) | {"standing": True} if place in found else {"standing": False}
        if any(getattr(question, name) != value for name, value in values.items()):
            records.update(question, values, actor, label="登记事实变动", clean=False)
    new = [
        CollusionQuestion(
            tender=tender, sign=code, key=key, rules=rules, is_demo=tender.is_demo, **_shown(sign)
        )
        for (code, key), sign in found.items()
        if (code, key) not in known
    ]
    records.create_many(new, actor, reason="由登记事实比对提出", label="提出疑点")
    return len(new)


def _shown(sign: Sign) -> dict[str, str]:
    return {"bidders": "、".join(sign.bidders)[:1000], "figures": sign.figures[:500]}
