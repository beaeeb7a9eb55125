"""Which papers there are, and which documents can be drafted on which records."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import models

from supervision.people.models import AUTHORITY_ROLES, PARTY_ROLES, Role
from supervision.people.records import Record

from .contents import Contents


class Signature(models.TextChoices):
    """Who makes a draft a document. County offices and centres have no leader role in the portal: there the
    clerk issues also what a leader signs, and names the leader (`approved_by`)."""

    LEADER = "leader", "领导签发"
    STAFF = "staff", "经办签发"
    PARTY = "party", "单位签章"


LEADERS = frozenset({Role.BUREAU_LEADER})
STAFF = AUTHORITY_ROLES | LEADERS | {Role.INSPECTOR}
DRAFTERS: dict[str, frozenset[str]] = {
    Signature.LEADER: STAFF,
    Signature.STAFF: STAFF,
    Signature.PARTY: PARTY_ROLES,
}


@dataclass(frozen=True)
class Paper:
    """A form that can be printed: its contents, and a function that builds its Word template.

    official   a 公文 in the layout of GB/T 9704-2012, as against a form with blanks
    """

    code: str
    label: str
    contents: type[Contents]
    build: Callable[[], bytes]
    official: bool


@dataclass(frozen=True)
class Kind:
    """A document that can be drafted on records of one model."""

    code: str
    label: str
    model: str
    paper: Paper
    signature: Signature
    pools: tuple[str, ...]
    make: Callable[[Record], Contents]
    recipients: Callable[[Record], Iterable] | None = None
    number: Callable[[Record], str] | None = None
    when: Callable[[Record], bool] | None = None
    issued: Callable[[Record, Any, Any], None] | None = None
    acknowledged: Callable[[Record, Any, Any], None] | None = None
    may: Callable[[Record, Any], bool] | None = None

    def open_to(self, record: Record, user: Any) -> bool:
        """Whether this person, holding a role that drafts it, may draft it on this very record."""
        return self.may is None or self.may(record, user)

    def fits(self, record: Record) -> bool:
        """Whether the record has come to where this document is drafted."""
        return self.when is None or self.when(record)

    @property
    def drafters(self) -> frozenset[str]:
        """Roles that may draft it, on records they see through that very role."""
        return DRAFTERS[self.signature]


@dataclass(frozen=True)
class PoolForm:
    """A pool of numbers that the portal sets up by itself for an office that has none yet."""

    code: str
    label: str
    suffix: str


_papers: dict[str, Paper] = {}
_pool_forms: dict[str, PoolForm] = {}
_kinds: dict[str, Kind] = {}
Make = TypeVar("Make", bound=Callable)


def paper(code: str, label: str, contents: type[Contents], *, official: bool = False):
    """Decorator: register the function that builds the Word template of a paper.

    The function returns the .docx as bytes, the same ones every time. Raises ValueError when the code is
    taken.
    """

    def register(build: Callable[[], bytes]) -> Callable[[], bytes]:
        if code in _papers:
            raise ValueError(f"paper {code!r} is registered twice")
        _papers[code] = Paper(code, label, contents, build, official)
        return build

    return register


def document(
    code: str,
    label: str = "",
    *,
    model: str,
    paper: str,
    signature: Signature,
    pools: Iterable[str] = (),
    **more: Any,
):
    """Decorator: register a function record → contents as a document of records of `model`.

    code       unique among all documents, up to 60 characters
    label      what people call it; the paper's own label when empty
    model      such as "safety.hiddendanger"
    paper      code of a registered paper; the function returns an instance of its contents class
    signature  who signs
    pools      codes of the number pools that it takes from: none, one, or two (number and second number)
    more       functions of the record, all optional:
        recipients    the organisations (or names) it is addressed to when it is drafted
        number        the number given to it by another paper, for a document without pools
        when          whether the record has come to where it is drafted; offered on its page then
        may           whether a person may draft it on this record, where not all who hold the role
        issued, acknowledged   called with (record, document, actor) in the transaction in which the document
                      is issued, or signed for by its last recipient

    Belongs in an app's documents.py, imported in AppConfig.ready. Raises ValueError when the code is taken,
    LookupError for an unknown paper.
    """
    pools = tuple(pools)
    if len(pools) > 2:
        raise ValueError(f"document {code!r}: a paper has at most two numbers")
    if model.startswith("papers."):
        raise ValueError(f"document {code!r}: the scope of this room's own records hangs on documents")
    form = paper_of(paper)

    def register(make: Make) -> Make:
        if code in _kinds and _kinds[code].make is not make:
            raise ValueError(f"document {code!r} is registered twice")
        _kinds[code] = Kind(code, label or form.label, model, form, Signature(signature), pools, make, **more)
        return make

    return register


def pool_form(code: str, label: str, suffix: str) -> None:
    """Let the portal set up pool `code` for an office that issues its first paper without one.

    suffix   what the office's name is followed by in the number: 安整 makes 宿迁市交通运输局安整〔2025〕1号
             (本系统设定; the bureau puts its own 机关代字 in its place)
    """
    _pool_forms[code] = PoolForm(code, label, suffix)


def pool_form_of(code: str) -> PoolForm | None:
    return _pool_forms.get(code)


def paper_of(code: str) -> Paper:
    """The paper called `code`. Raises LookupError."""
    from . import blueprints  # noqa: F401 - the shipped papers are there for whoever asks first

    return _papers[code]


def all_papers() -> list[Paper]:
    """Every registered paper, in the order of registration."""
    from . import blueprints  # noqa: F401

    return list(_papers.values())


def kind_of(code: str) -> Kind:
    """The document called `code`. Raises LookupError, in Chinese."""
    try:
        return _kinds[code]
    except KeyError:
        raise LookupError(f"没有名为“{code}”的文书。") from None


def kinds_for(model_label: str) -> list[Kind]:
    """The documents that can be drafted on records of a model."""
    return [kind for kind in _kinds.values() if kind.model == model_label]


def host_models() -> list[str]:
    """Labels of the models whose records can have documents."""
    return sorted({kind.model for kind in _kinds.values()})
