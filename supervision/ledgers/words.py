"""Columns and filters of words out of a rule set."""

from __future__ import annotations

from django import forms

from supervision.rules.words import Words

from .columns import TextKind
from .filters import ChoiceFilter


class WordKind(TextKind):
    """A column of such words: the sheet offers those in force."""

    def __init__(self, words: Words):
        self.words = words

    def choices(self) -> list[str]:
        return self.words()


class WordFilter(ChoiceFilter):
    """Any of the words in force."""

    def __init__(self, *args, words: Words, **kwargs):
        super().__init__(*args, **kwargs)
        self.words = words

    @property
    def field(self) -> forms.Field:
        self.extra["choices"] = [(word, word) for word in self.words()]
        return super().field
