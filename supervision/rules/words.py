"""Words out of a rule set: a column that keeps the word itself, and the form field that offers those in force."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

LONGEST = 200
Words = Callable[[], list[str]]


class WordChoice(forms.ChoiceField):
    """The words in force. One that is no longer in force passes here: whether it may stay is the record's own rule,
    which knows what stood there before. What no list can hold is refused at once."""

    def to_python(self, value: Any) -> str:
        return "" if value in self.empty_values else str(value).strip()

    def validate(self, value: str) -> None:
        forms.Field.validate(self, value)
        if "\x00" in value or len(value) > LONGEST:
            raise ValidationError("请从清单中选择。")


class WordField(models.CharField):
    """A word of a list. Forms offer those in force; a stored word stays when the list changes; `check_word` asks
    for one in force where it is newly chosen."""

    def __init__(self, *args, words: Words | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.words = words

    def deconstruct(self):
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def formfield(self, **kwargs):
        kwargs = {name: kwargs[name] for name in ("required", "label", "initial") if name in kwargs}
        kwargs = {"required": not self.blank, "label": str(self.verbose_name)} | kwargs
        kwargs["help_text"] = self.help_text
        return WordChoice(choices=lambda: [("", "---------"), *((w, w) for w in self.words())], **kwargs)

    def check_word(self, record: models.Model) -> None:
        """Raise ValidationError for a word that is not in force and that the record did not have before."""
        word = getattr(record, self.attname)
        if not word or word in self.words():
            return
        former = type(record)._base_manager.filter(pk=record.pk).values_list(self.attname, flat=True).first()
        if word != former:
            raise ValidationError(
                {self.name: f"“{word}”不在现行的{self.verbose_name}内：{'、'.join(self.words())}。"}
            )
