"""问题隐患清单: which ledgers feed it, and what of them belongs to a campaign.

Rooms above name their ledgers when they start:

    feed("hidden-dangers", found="danger.found", open_="danger.open", again=raise_again)

`found` and `open_` are facts (supervision/plan/facts.py): what was found in a span of days, and what stands open on
its last one. `again(record, look_back, actor)` makes the record of a problem that came back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from supervision.flows.rectification import CLOSED
from supervision.ledgers.registry import add_template, get
from supervision.people.models import Sector, User
from supervision.people.records import Record

from .. import facts
from ..facts import Fact, Span

if TYPE_CHECKING:
    from ..models import Campaign

SECTOR_CODES = {label: code for code, label in Sector.choices}


@dataclass(frozen=True)
class Feed:
    slug: str
    found: str
    open_: str
    again: Callable[[Record, Any, Any], Record] | None

    @property
    def label(self) -> str:
        return get(self.slug).label

    @property
    def fact(self) -> Fact:
        known = facts.find(self.found)
        if known is None:
            raise LookupError(self.found)
        return known

    def rows(self, campaign: Campaign, as_of: date, chosen: dict[bool, list[int]] | None = None) -> QuerySet:
        """The problems of a campaign as known on a day: found within its days and scope, or taken in; without those
        left out. `chosen` are the persons' choices by `include`, looked up when not given."""
        if chosen is None:
            chosen = choices_of(campaign).get(self.slug, {})
        model = get(self.slug).model
        span = Span(campaign.since, campaign.until, as_of)
        found = self.fact.function(span).filter(scope(campaign, self.fact))
        # What a person takes in counts from its verification on, like all others.
        ever = self.fact.function(Span(date(1949, 1, 1), as_of, as_of)).order_by().values("pk")
        taken = Q(pk__in=chosen.get(True, ())) & Q(pk__in=ever)
        within = Q(pk__in=found.order_by().values("pk")) | taken
        return model.objects.filter(within).exclude(pk__in=chosen.get(False, ()))

    def open_among(self, rows: QuerySet, campaign: Campaign, as_of: date) -> QuerySet:
        """Of those rows what is not closed on the day."""
        known = facts.find(self.open_)
        standing = known.function(Span(campaign.since, as_of, as_of))
        return rows.filter(pk__in=standing.order_by().values("pk"))


_feeds: dict[str, Feed] = {}


def feed(
    slug: str, *, found: str, open_: str, again: Callable[[Record, Any, Any], Record] | None = None
) -> None:
    """Name a ledger whose problems campaigns list; its records' pages then lead to their campaigns."""
    _feeds[slug] = Feed(slug, found, open_, again)
    add_template(slug, "plan/of_campaigns.html")


def feeds() -> list[Feed]:
    return [_feeds[slug] for slug in sorted(_feeds)]


def find(slug: str) -> Feed | None:
    return _feeds.get(slug)


def choices() -> list[tuple[str, str]]:
    return [(one.slug, one.label) for one in feeds()]


def scope(campaign: Campaign, fact: Fact) -> Q:
    """The campaign's scope as a condition on a fact's rows. A side that the fact does not know leaves nothing."""
    condition = Q()
    sectors = [SECTOR_CODES[label] for label in campaign.sectors if label in SECTOR_CODES]
    for names, way in (
        (sectors, fact.sector),
        (campaign.districts, f"{fact.district}__name" if fact.district else ""),
        (campaign.projects, f"{fact.project}__name" if fact.project else ""),
    ):
        if names:
            condition &= Q(**{f"{way}__in": names}) if way else Q(pk__in=())
    if campaign.units:
        of_units = Q(pk__in=())
        for way in fact.units:
            of_units |= Q(**{f"{way}__name__in": campaign.units})
        condition &= of_units
    return condition


def choices_of(campaign: Campaign) -> dict[str, dict[bool, list[int]]]:
    """Ledger → include → keys; one query."""
    from ..models import CampaignChoice

    found: dict[str, dict[bool, list[int]]] = {}
    rows = CampaignChoice._base_manager.filter(campaign=campaign).values_list(
        "ledger", "include", "record_key"
    )
    for slug, include, key in rows:
        found.setdefault(slug, {}).setdefault(include, []).append(key)
    return found


def there(slug: str, key: int) -> bool:
    known = find(slug)
    return known is not None and get(slug).model._base_manager.filter(pk=key).exists()


def closed(slug: str, key: int) -> bool:
    """Whether the record's loop is at its end: put right and accepted, not dismissed."""
    return get(slug).model._base_manager.filter(pk=key, status=CLOSED).exists()


def covering(slug: str, key: int, as_of: date | None = None) -> list[Campaign]:
    """The running campaigns whose list holds this record."""
    from ..models import Campaign as Model

    known, day = find(slug), as_of or timezone.localdate()
    if known is None:
        return []
    running = Model._base_manager.filter(status="running", since__lte=day)
    return [campaign for campaign in running if known.rows(campaign, day).filter(pk=key).exists()]


def visible(slug: str, rows: QuerySet, user: User) -> QuerySet:
    """Those of the rows that the person may read."""
    return rows.filter(pk__in=get(slug).queryset(user).order_by().values("pk"))
