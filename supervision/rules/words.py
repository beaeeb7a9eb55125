"""A form field for a word out of a rule set: offered as choices, kept as the word itself."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

LONGEST = 200


class WordChoice(forms.ChoiceField):
    """The words in force. One that is no longer in force passes here: whether it may stay is the record's own rule,
    which knows what stood there before. What no list can hold is refused at once."""

    def to_python(self, value: Any) -> str:
        return "" if value in self.empty_values else str(value).strip()

    def validate(self, value: str) -> None:
        forms.Field.validate(self, value)
        if "\x00" in value or len(value) > LONGEST:
            raise ValidationError("请从清单中选择。")
