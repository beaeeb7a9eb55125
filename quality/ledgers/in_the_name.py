"""Records that say in whose name they were made: nobody but those writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models

from supervision.flows.errors import NotAllowed
from supervision.ledgers.ledger import Ledger
from supervision.people.models import User


class InTheName(Ledger):
    """A ledger in which some values of a column are spoken by certain roles alone: a contractor takes no sample as
    the authority's, an owner writes no mark of the appraisal. Anybody who may write speaks the others."""

    speakers: ClassVar[Mapping[str, frozenset[str]]] = {}

    def said(self, record: Any) -> str:
        """The value of the column that says in whose name the record is."""
        raise NotImplementedError

    def may_speak(self, record: models.Model, user: User) -> bool:
        roles = self.speakers.get(self.said(record))
        return roles is None or bool(roles & user.roles)

    def may_edit(self, record: models.Model, user: User) -> bool:
        return self.may_speak(record, user) and super().may_edit(record, user)

    def check_reach(self, saved: list[models.Model], user: User) -> None:
        super().check_reach(saved, user)
        for record in saved:
            if not self.may_speak(record, user):
                raise NotAllowed(self.refusal(record))

    def refusal(self, record: Any) -> str:
        """Why somebody else may not write it."""
        raise NotImplementedError
