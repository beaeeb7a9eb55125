"""Signs of collusion in the bids of one tender: what the statute names, asked of entered facts. Questions only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from supervision.rules.names import name_key

COLLUSION = "tender-collusion"


@dataclass(frozen=True)
class Facts:
    """What was entered of one bid."""

    bidder: str
    price: Decimal | None = None
    prepared_by: str = ""
    handled_by: str = ""
    managers: tuple[str, ...] = ()
    alike: str = ""
    mixed_with: str = ""
    deposit_from: str = ""


@dataclass(frozen=True)
class Sign:
    """One question: which sign, by what it is known again, whom it concerns, and the figures."""

    code: str
    key: str
    bidders: tuple[str, ...]
    figures: str


def signs(bids: Sequence[Facts], content: dict) -> list[Sign]:
    """Everything to be asked about these bids, in the order of the statute."""
    found = [
        *_shared("same_author", bids, lambda bid: [bid.prepared_by], "编制"),
        *_shared("same_agent", bids, lambda bid: [bid.handled_by], "经办"),
        *_shared("same_manager", bids, lambda bid: bid.managers, "项目管理成员"),
        *_stated("alike", bids, "alike", "异常一致"),
        *_stated("mixed", bids, "mixed_with", "混装"),
        *_shared("same_account", bids, lambda bid: [bid.deposit_from], "转出账户"),
    ]
    if pattern := regular(bids, content["least_prices"], content["tolerance_permille"]):
        found.append(pattern)
    return found


def _shared(code: str, bids: Sequence[Facts], values, label: str) -> Iterable[Sign]:
    """One sign for each value that several bidders share, written however."""
    by_key: dict[str, tuple[str, list[str]]] = {}
    for bid in bids:
        for value in values(bid):
            if key := name_key(value or ""):
                text, bidders = by_key.setdefault(key, (value, []))
                if bid.bidder not in bidders:
                    bidders.append(bid.bidder)
    for key, (text, bidders) in sorted(by_key.items()):
        if len(bidders) > 1:
            yield Sign(code, key[:100], tuple(sorted(bidders)), f"{label}：{text}")


def _stated(code: str, bids: Sequence[Facts], name: str, label: str) -> Iterable[Sign]:
    for bid in bids:
        if text := getattr(bid, name).strip():
            yield Sign(code, name_key(bid.bidder)[:100], (bid.bidder,), f"{label}：{text}")


def regular(bids: Sequence[Facts], least: int, tolerance_permille: int) -> Sign | None:
    """Prices that rise by the same step, or by the same factor, from one bid to the next.

    least              fewer prices than this tell nothing
    tolerance_permille how far a step may lie from the mean one, in thousandths of the mean price
    """
    priced = sorted((bid.price, bid.bidder) for bid in bids if bid.price is not None and bid.price > 0)
    if len(priced) < max(least, 3):
        return None
    prices = [price for price, _ in priced]
    if prices[0] == prices[-1]:
        return _pattern(priced, "报价全部相同")
    steps = [after - before for before, after in zip(prices, prices[1:], strict=False)]
    mean = sum(prices) / len(prices)
    if _even(steps, mean * tolerance_permille / 1000):
        return _pattern(priced, f"报价依次约差{sum(steps) / len(steps):.2f}元")
    growth = [after / before - 1 for before, after in zip(prices, prices[1:], strict=False)]
    if _even(growth, Decimal(tolerance_permille) / 1000):
        return _pattern(priced, f"报价依次约为前一家的{1 + sum(growth) / len(growth):.4f}倍")
    return None


def _even(values: Sequence[Decimal], tolerance: Decimal) -> bool:
    """Whether no value lies further from their mean than the tolerance, and none is near nothing beside it."""
    mean = sum(values) / len(values)
    return mean > 2 * tolerance and all(abs(value - mean) <= tolerance for value in values)


def _pattern(priced: list[tuple[Decimal, str]], figures: str) -> Sign:
    return Sign("alike", "prices", tuple(sorted(bidder for _, bidder in priced)), figures)
