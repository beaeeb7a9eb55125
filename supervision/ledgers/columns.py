"""Columns: one declaration is a cell on the page, a cell of the sheet, and the reader of that cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from supervision.rules.names import split_aliases
from supervision.rules.numbers import parse_date, parse_decimal

from . import settings_text

BLANK = (None, "", [], ())


class Kind:
    """How values of one type are shown, written to a cell, and read from one.

    `text` is for people, `cell` is what an export holds, and `parse(cell(v)) == v` for every value.
    `parse` raises ValueError with a Chinese message.
    """

    align = "left"
    number_format = "@"
    width = 16
    hint = ""

    def text(self, value: Any) -> str:
        return "" if value in BLANK else str(value)

    def html(self, value: Any) -> str:
        return self.text(value)

    def cell(self, value: Any) -> Any:
        return self.text(value)

    def parse(self, raw: Any) -> Any:
        return _typed(raw)

    def choices(self) -> list[str]:
        """The texts a sheet offers for this column, if it is closed."""
        return []


class LateKind(Kind):
    """A word that is there only when something is late; shown as such."""

    def html(self, value: Any) -> str:
        text = self.text(value)
        return format_html('<span class="badge-status light badge-red">{}</span>', text) if text else ""


def _typed(raw: Any) -> str:
    """A cell as text. Spreadsheets turn codes into floats: 20260001.0 was typed 20260001."""
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    if isinstance(raw, datetime):
        return raw.date().isoformat()
    return str(raw).strip()


class TextKind(Kind):
    pass


class IntegerKind(Kind):
    align, number_format, width = "right", "0", 10

    def text(self, value: Any) -> str:
        return "" if value is None else str(value)

    def cell(self, value: Any) -> Any:
        return value

    def parse(self, raw: Any) -> Any:
        return int(parse_decimal(_typed(raw), 0))


@dataclass
class DecimalKind(Kind):
    """A decimal with at most `places` places; trailing zeros are not shown."""

    places: int = 2
    align = "right"
    width = 14

    @property
    def number_format(self) -> str:
        return "0." + "#" * self.places if self.places else "0"

    def text(self, value: Any) -> str:
        if value is None:
            return ""
        shown = f"{value:,.{self.places}f}"
        if self.places > 2:
            # Money in 万元 is exact to the yuan but read to the hundred.
            whole, _, part = shown.partition(".")
            part = part.rstrip("0").ljust(2, "0")
            return f"{whole}.{part}"
        return shown

    def cell(self, value: Any) -> Any:
        return value

    def parse(self, raw: Any) -> Any:
        return parse_decimal(
            _typed(raw) if isinstance(raw, float) and raw.is_integer() else str(raw), self.places
        )


class DateKind(Kind):
    width = 12
    hint = "日期，如 2024-09-26"

    def text(self, value: Any) -> str:
        return value.isoformat() if value else ""

    def cell(self, value: Any) -> Any:
        return value.isoformat() if value else ""

    def parse(self, raw: Any) -> Any:
        return parse_date(raw, epoch=1900)


class MomentKind(Kind):
    width = 17

    def text(self, value: Any) -> str:
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}" if value else ""

    def parse(self, raw: Any) -> Any:
        for pattern in ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"):
            try:
                moment = datetime.strptime(str(raw).strip(), pattern)
            except ValueError:
                continue
            return timezone.make_aware(moment)
        raise ValueError("应写作 2024-09-26 08:30")


class BooleanKind(Kind):
    width = 8

    def text(self, value: Any) -> str:
        return {True: "是", False: "否"}.get(value, "")

    def parse(self, raw: Any) -> Any:
        word = _typed(raw).upper()
        if word in ("是", "Y", "YES", "TRUE", "1", "√", "符合"):
            return True
        if word in ("否", "N", "NO", "FALSE", "0", "×", "不符合"):
            return False
        raise ValueError("请填“是”或“否”。")

    def choices(self) -> list[str]:
        return ["是", "否"]


class LabelsOf(Mapping):
    """The choices of a model field, read when asked for: some are registered after the ledgers are."""

    def __init__(self, model_field: models.Field):
        self.model_field = model_field

    def __getitem__(self, value: Any) -> str:
        return dict(self.model_field.flatchoices)[value]

    def __iter__(self) -> Iterator[Any]:
        return iter(dict(self.model_field.flatchoices))

    def __len__(self) -> int:
        return len(self.model_field.flatchoices)


@dataclass
class ChoiceKind(Kind):
    """A value out of a closed list, shown by its label; `colors` maps values to badge colours."""

    labels: Mapping[Any, str] = field(default_factory=dict)
    colors: dict[Any, str] = field(default_factory=dict)

    def text(self, value: Any) -> str:
        return self.labels.get(value, "" if value in BLANK else str(value))

    def html(self, value: Any) -> str:
        text = self.text(value)
        if value in self.colors and text:
            return format_html('<span class="badge-status badge-{}">{}</span>', self.colors[value], text)
        return text

    def parse(self, raw: Any) -> Any:
        word = _typed(raw)
        for value, label in self.labels.items():
            if word in (str(label), str(value)):
                return value
        raise ValueError(f"“{word}”不在可选项内：{'、'.join(str(x) for x in self.labels.values())}。")

    def choices(self) -> list[str]:
        return [str(label) for label in self.labels.values()]


class LinesKind(Kind):
    """A list of short texts, such as aliases: 、 between them in a cell."""

    width = 24
    hint = "多个用、隔开"

    def text(self, value: Any) -> str:
        return "、".join(str(item) for item in value or [])

    def parse(self, raw: Any) -> Any:
        return split_aliases(_typed(raw))


class SettingsKind(Kind):
    """A small dictionary on one line: 名称=值；名称=值."""

    width = 24
    hint = "名称=值，多项用；隔开"

    def text(self, value: Any) -> str:
        return settings_text.as_text(value)

    def parse(self, raw: Any) -> Any:
        return settings_text.read(_typed(raw))


class FormerKind(Kind):
    """Former names with the day until which they held."""

    def text(self, value: Any) -> str:
        return "、".join(f"{item['name']}（至{item['until']}）" for item in value or [])


class RelationKind(Kind):
    """Another record, by its natural text; reading is done for a whole column at once (see natural.py)."""

    width = 26

    def __init__(self, model: type[models.Model]):
        self.model = model

    def html(self, value: Any) -> str:
        from .registry import ledger_of

        if value is None:
            return ""
        ledger = ledger_of(value)
        if ledger is None:
            return str(value)
        return format_html('<a href="{}">{}</a>', ledger.record_url(value.pk), str(value))

    def cell(self, value: Any) -> Any:
        from .natural import text_of

        return "" if value is None else text_of(value)


class TagsKind(Kind):
    """Several short marks beside each other."""

    def text(self, value: Any) -> str:
        return "、".join(value or [])

    def html(self, value: Any) -> str:
        return format_html_join(
            "", '<span class="badge-status badge-gray">{}</span>', ((t,) for t in value or [])
        )


def kind_of(model_field: models.Field) -> Kind:
    """The kind that fits a model field."""
    if isinstance(model_field, models.ForeignKey):
        return RelationKind(model_field.related_model)
    if model_field.choices:
        return ChoiceKind(LabelsOf(model_field))
    if isinstance(model_field, models.BooleanField):
        return BooleanKind()
    if isinstance(model_field, models.DecimalField):
        return DecimalKind(model_field.decimal_places)
    if isinstance(model_field, models.DateTimeField):
        return MomentKind()
    if isinstance(model_field, models.DateField):
        return DateKind()
    if isinstance(model_field, models.IntegerField):
        return IntegerKind()
    if isinstance(model_field, models.JSONField):
        return SettingsKind() if model_field.default is dict else LinesKind()
    return TextKind()


@dataclass
class Column:
    """One column of a ledger.

    key      a model field, or a name for a computed column
    source   dotted path from the record when the value is not `record.<key>`; may name a method
    listed   shown in the list unless the reader chooses otherwise
    sheet    part of the exported and imported sheet
    frozen   stays at the left while the table scrolls (the record's name)
    group    merged head above neighbouring columns
    total    the sheet's 合计 row sums it
    """

    key: str
    label: str = ""
    source: str = ""
    kind: Kind | None = None
    listed: bool = True
    sheet: bool = True
    frozen: bool = False
    sortable: bool | None = None
    group: str = ""
    total: bool = False
    width: int = 0
    wide: bool = False
    # Filled in by the ledger.
    model_field: models.Field | None = None
    writable: bool = False
    required: bool = False

    def value(self, record: models.Model) -> Any:
        """The column's value on a record, following `source`."""
        target: Any = record
        for step in (self.source or self.key).split("."):
            if target is None:
                return None
            target = getattr(target, step)
            if callable(target) and not isinstance(target, (date, Decimal, models.Model)):
                target = target()
        return target

    def text(self, record: models.Model) -> str:
        return self.kind.text(self.value(record))

    def html(self, record: models.Model) -> str:
        return self.kind.html(self.value(record))

    def cell(self, record: models.Model) -> Any:
        return self.kind.cell(self.value(record))
