"""Enterprises and routes: what is supervised where there are no works.

Rows of the project registry, so that every ledger whose records are `AtObject` takes them with no change; proxies,
so that each has a list and a form of its own.
"""

from __future__ import annotations

from typing import ClassVar

from .project import ObjectKind, Project


class OfKind:
    """Mixed into a proxy of the registry: whatever is made through it is of its kind."""

    kind: ClassVar[ObjectKind]

    def clean(self) -> None:
        self.object_kind = self.kind
        super().clean()


class Enterprise(OfKind, Project):
    """An enterprise under supervision. `owner` is its organisation, whose people see it and no other."""

    kind = ObjectKind.ENTERPRISE

    class Meta:
        proxy = True
        verbose_name = "监管企业"
        ordering = ["name"]


class Route(OfKind, Project):
    """A stretch of a route in use: its number, its stakes, and `owner`, who keeps it."""

    kind = ObjectKind.ROUTE

    class Meta:
        proxy = True
        verbose_name = "路线路段"
        ordering = ["route", "name"]
