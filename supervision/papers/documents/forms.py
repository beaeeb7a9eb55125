"""The form in which a draft's contents are changed: made from the paper's own description."""

from __future__ import annotations

import dataclasses
from typing import Any

from django import forms

from .models import Document

# What the portal fills in when the paper is issued.
GIVEN = frozenset({"number", "second_number", "issued_on", "signer", "reply_url"})
SPARE_ROWS = 2
LONG = 60


class ContentsForm(forms.Form):
    """A field for each fact; lists are typed one a line; rows stand below each other, an empty one is dropped."""

    def __init__(self, document: Document, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.kind = document.kind.paper.contents
        self.parts: dict[str, tuple[str, list[str], int]] = {}
        for item in dataclasses.fields(self.kind):
            if item.name in GIVEN:
                continue
            value = document.contents.get(item.name) or ""
            if of := item.metadata.get("of"):
                self._rows(item, of, value or [])
            elif isinstance(item.metadata.get("example"), list):
                self.fields[item.name] = self._text(item, "\n".join(value or []), True, "每行一项")
            else:
                self.fields[item.name] = self._text(item, value, self._long(item, value))
        recipients = "\n".join(document.deliveries.values_list("name", flat=True))
        self.fields["recipients"] = forms.CharField(
            label="受送达单位",
            required=False,
            initial=recipients,
            help_text="每行一个；单位名称与平台登记一致的由平台送达，其他的另行送达",
            widget=forms.Textarea(attrs={"rows": 2}),
        )
        self.fields["version"] = forms.IntegerField(widget=forms.HiddenInput, initial=document.version)

    @staticmethod
    def _long(item: dataclasses.Field, value: str) -> bool:
        return max(len(item.metadata.get("example") or ""), len(value)) > LONG or "\n" in value

    @staticmethod
    def _text(item: dataclasses.Field, value: str, long: bool, hint: str = "") -> forms.CharField:
        needed = item.metadata.get("required")
        return forms.CharField(
            label=f"{item.metadata.get('label', item.name)}{'（签发前须填）' if needed else ''}",
            required=False,
            initial=value,
            help_text=hint,
            widget=forms.Textarea(attrs={"rows": 3}) if long else forms.TextInput(),
        )

    def _rows(self, item: dataclasses.Field, of: type, values: list[dict]) -> None:
        columns = dataclasses.fields(of)
        if self.is_bound:
            number = 0
            while f"{item.name}-{number}-{columns[0].name}" in self.data and number < 200:
                number += 1
        else:
            number = len(values) + SPARE_ROWS
        self.parts[item.name] = (item.metadata["label"], [column.name for column in columns], number)
        for at in range(number):
            row = values[at] if at < len(values) else {}
            for column in columns:
                text = row.get(column.name, "")
                field = self._text(column, text, self._long(column, text))
                field.label = f"{item.metadata['label']}{at + 1}：{column.metadata.get('label', column.name)}"
                self.fields[f"{item.name}-{at}-{column.name}"] = field

    def values(self) -> dict[str, Any]:
        """What was typed, as `services.revise` takes it."""
        data, made = self.cleaned_data, {}
        for item in dataclasses.fields(self.kind):
            if item.name in self.parts:
                _, columns, number = self.parts[item.name]
                rows = [
                    {column: data[f"{item.name}-{at}-{column}"] for column in columns} for at in range(number)
                ]
                made[item.name] = [row for row in rows if any(row.values())]
            elif item.name in self.fields:
                text = data[item.name]
                listed = isinstance(item.metadata.get("example"), list)
                made[item.name] = text.splitlines() if listed else text
        return made

    def recipients(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["recipients"].splitlines() if line.strip()]
