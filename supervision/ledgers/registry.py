"""Every ledger that was declared: pages, API, menu, commands and generated tests run over this list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from .ledger import Ledger, Panel

_by_slug: dict[str, Ledger] = {}


def register(declaration: type[Ledger]) -> type[Ledger]:
    """Class decorator: instantiate the declaration and add it. Raises ValueError when the slug is taken."""
    ledger = declaration()
    if ledger.slug in _by_slug:
        raise ValueError(f"two ledgers are called {ledger.slug!r}")
    _by_slug[ledger.slug] = ledger
    return declaration


def all_ledgers() -> list[Ledger]:
    """All ledgers, in the order of the menu."""
    return sorted(_by_slug.values(), key=lambda ledger: (ledger.order, ledger.slug))


def get(slug: str) -> Ledger:
    """The ledger called `slug`. Raises LookupError, in Chinese, when there is none."""
    try:
        return _by_slug[slug]
    except KeyError:
        raise LookupError(f"没有名为“{slug}”的台账；现有：{'、'.join(sorted(_by_slug))}。") from None


def ledger_for(model: type[models.Model]) -> Ledger | None:
    """The ledger that keeps records of `model`, if any."""
    return next((ledger for ledger in _by_slug.values() if ledger.model is model), None)


def ledger_of(record: models.Model) -> Ledger | None:
    """The ledger that keeps this very record: where several share the rows of one table, the one that holds it."""
    concrete = record._meta.concrete_model
    kept = [one for one in _by_slug.values() if one.model._meta.concrete_model is concrete]
    return next((one for one in kept if one.holds(record)), ledger_for(type(record)))


def add_panel(slug: str, panel: Panel) -> None:
    """Show records of an upper room's ledger on the pages of a lower one's, which does not know of it.

    Called in the upper room's AppConfig.ready. Raises LookupError for an unknown slug.
    """
    ledger = get(slug)
    if panel not in ledger.panels:
        ledger.panels = (*ledger.panels, panel)


def add_template(slug: str, template: str) -> None:
    """Draw a template of an upper room on the record pages of a lower one's ledger, like `add_panel`."""
    ledger = get(slug)
    if template not in ledger.detail_templates:
        ledger.detail_templates = (*ledger.detail_templates, template)
