"""A word out of a rule set: forms offer those in force, and a record keeps the word itself."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models

from supervision.rules.words import WordChoice

from .rules import Words


class WordField(models.CharField):
    """The word stays when the list changes; `check_word` asks for one in force where it is newly chosen."""

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
