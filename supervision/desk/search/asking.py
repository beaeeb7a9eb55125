"""What a person finds: the entries that fit, narrowed to the records they may see in the ledgers they may open."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models import F, Func, Q, TextField

from projects.models import Project, Section
from supervision.flows.reach import label_of
from supervision.ledgers.ledger import Ledger
from supervision.ledgers.registry import ledger_of
from supervision.people.models import User
from supervision.people.scope import reach_of
from supervision.rules.names import name_key

from .index import fold, searched
from .models import SearchEntry

# A word of one sign stands nearly everywhere.
SHORTEST = 2
# How many fitting entries are looked at in one go, how often, and how many are listed at the most.
CHUNK = 200
CHUNKS = 10
MOST = 200
WORDS = 8
AROUND = 24
PROJECTS = 100


@dataclass
class Hit:
    """A record that fits; `before`, `match` and `after` are the place in its texts where the first word stands."""

    ledger: Ledger
    record: models.Model
    before: str = ""
    match: str = ""
    after: str = ""
    words: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return self.ledger.record_url(self.record.pk)


@dataclass
class Found:
    """`hits`, the best first; `more`: there may be others beyond them; `unused`: words too short to look for."""

    hits: list[Hit] = field(default_factory=list)
    more: bool = False
    words: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)

    def by_ledger(self) -> list[tuple[Ledger, int]]:
        """The ledgers of the hits with how many are theirs, the most first."""
        return Counter(hit.ledger for hit in self.hits).most_common()


class Pairs(Func):
    """The pairs of neighbouring signs of a text, as the index on PostgreSQL holds them."""

    function = "desk_pairs"
    output_field = ArrayField(TextField())


def search(user: User, words: str, ledger: str = "") -> Found:
    """The records that `user` may see and that fit every word, by their own texts or their project's name.

    Those that have all the words as one whole field come first, then projects of that name, then the latest filed.
    `ledger`, a slug, narrows to one. At most MOST hits; the number of queries depends on the kinds of record found,
    not on their number.
    """
    folded = fold(words[:200])
    parts = folded.split()[:WORDS]
    found = Found(
        words=[part for part in parts if len(part) >= SHORTEST],
        unused=[part for part in parts if len(part) < SHORTEST],
    )
    ledgers = {
        label_of(one.model): one for one in searched() if one.may_view(user) and ledger in ("", one.slug)
    }
    if not found.words or not ledgers:
        return found
    entries = within_reach(SearchEntry.objects.filter(model__in=ledgers), user)
    whole = entries.filter(contains(f"|{folded}|"))
    named = entries.filter(of_projects(folded), model=label_of(Project))
    fitting = entries
    for word in found.words:
        fitting = fitting.filter(contains(word) | of_projects(word))
    seen: set[int] = set()
    for queryset in (whole, named, fitting):
        more = take(queryset, user, ledgers, found, seen)
    found.more = more
    return found


def take(
    entries: models.QuerySet, user: User, ledgers: dict[str, Ledger], found: Found, seen: set[int]
) -> bool:
    """Add to `found` what the person may see of `entries`, the latest first. Returns whether more may be left."""
    last = None
    for _ in range(CHUNKS):
        chunk = list((entries.filter(pk__lt=last) if last else entries).order_by("-pk")[:CHUNK])
        fresh = [entry for entry in chunk if entry.pk not in seen]
        seen.update(entry.pk for entry in fresh)
        visible = records_of(fresh, user, ledgers)
        for entry in fresh:
            if record := visible.get((entry.model, entry.object_id)):
                if len(found.hits) == MOST:
                    return True
                found.hits.append(hit(ledger_of(record) or ledgers[entry.model], record, entry, found.words))
        if len(chunk) < CHUNK:
            return False
        last = chunk[-1].pk
    return True


def records_of(
    entries: list[SearchEntry], user: User, ledgers: dict[str, Ledger]
) -> dict[tuple[str, int], models.Model]:
    """The records of some entries that the person may see: one query for each kind."""
    wanted: dict[str, list[int]] = {}
    for entry in entries:
        wanted.setdefault(entry.model, []).append(entry.object_id)
    return {
        (label, record.pk): record
        for label, pks in wanted.items()
        for record in ledgers[label].reachable(user).filter(pk__in=pks)
    }


def hit(ledger: Ledger, record: models.Model, entry: SearchEntry, words: list[str]) -> Hit:
    at, word = next(((at, word) for word in words if (at := entry.text.find(word)) >= 0), (-1, ""))
    if at < 0:
        return Hit(ledger, record, words=tuple(words))
    end = at + len(word)
    before = entry.text[max(at - AROUND, 0) : at].rpartition("|")[2]
    return Hit(ledger, record, before, word, entry.text[end : end + AROUND].partition("|")[0], tuple(words))


def contains(text: str) -> Q:
    """The condition that an entry's text holds `text`; through the index of pairs where there is one."""
    condition = Q(text__contains=text)
    if connection.vendor == "postgresql":
        pairs = sorted({text[at : at + 2] for at in range(len(text) - 1)})
        condition &= Q(pairs__contains=pairs)
    return condition


def of_projects(word: str) -> Q:
    """The condition that an entry belongs to a project known by `word`, in any spelling of its names. A word in the
    names of very many projects tells none of them."""
    key = name_key(word)
    if not key:
        return Q(pk__in=())
    # Numbers, not a subquery: only so can PostgreSQL join this with the index of texts.
    named = list(
        Project.objects.filter(search_key__contains=key).values_list("pk", flat=True)[: PROJECTS + 1]
    )
    return Q(project_id__in=named if len(named) <= PROJECTS else ())


def within_reach(entries: models.QuerySet, user: User) -> models.QuerySet:
    """Leave out what lies in projects and sections the person does not see. Only to look at fewer: what is shown is
    asked of each ledger anew."""
    if connection.vendor == "postgresql":
        entries = entries.alias(pairs=Pairs(F("text")))
    if reach_of(user).everything:
        return entries
    projects, sections = (model.objects.visible_to(user).values("pk") for model in (Project, Section))
    return entries.filter(
        Q(project_id=None) | Q(project_id__in=projects), Q(section_id=None) | Q(section_id__in=sections)
    )
