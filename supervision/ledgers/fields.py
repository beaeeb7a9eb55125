"""Form fields the ledgers need beyond Django's: lists of short texts, and one record out of many."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from supervision.people.models import User
from supervision.rules.names import split_aliases
from supervision.rules.numbers import halfwidth, parse_date, parse_decimal

from . import natural, settings_text

# A pick list of more rows than this is typed and searched, not scrolled.
PICK_LIMIT = 60
# Longer than any name; SQLite's LIKE would refuse a longer text in its own words.
MAX_NAME = 500


def clean_text(value: Any) -> str:
    """What was typed to name a record. ValidationError for a NUL, which PostgreSQL cannot hold."""
    text = str(value).strip()
    if "\x00" in text:
        raise ValidationError("含有不能使用的字符。")
    return text


class LinesField(forms.CharField):
    """A list of short texts, typed with 、 or one a line."""

    widget = forms.Textarea(attrs={"rows": 2})
    max_items, max_item = 50, 120

    def prepare_value(self, value: Any) -> Any:
        return "、".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        if isinstance(value, (list, tuple)):
            if not all(isinstance(item, str) for item in value):
                raise ValidationError("请填写文字列表。")
            value = "\n".join(value)
        value = super().to_python(value)
        items = split_aliases(value) if value else []
        if len(items) > self.max_items:
            raise ValidationError(f"最多 {self.max_items} 项。")
        for item in items:
            if len(item) > self.max_item:
                raise ValidationError(f"“{item[:20]}…”超过 {self.max_item} 字。")
        return items

    def run_validators(self, value: Any) -> None:
        for item in value:
            super().run_validators(item)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(data) != (initial or [])


class SettingsField(forms.CharField):
    """A small dictionary, typed as 名称=值；名称=值."""

    def prepare_value(self, value: Any) -> Any:
        return settings_text.as_text(value) if isinstance(value, dict) else value

    def to_python(self, value: Any) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        try:
            return settings_text.read(super().to_python(value) or "")
        except ValueError as error:
            raise ValidationError(str(error)) from error

    def run_validators(self, value: Any) -> None:
        super().run_validators(settings_text.as_text(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(data) != (initial or {})


class RecordInput(forms.TextInput):
    """A text box with suggestions from the server; works as a plain text box without scripts."""

    template_name = "ledgers/record_input.html"

    def __init__(self, model: type[models.Model], of: str = ""):
        super().__init__(attrs={"autocomplete": "off"})
        self.model, self.of = model, of

    def get_context(self, name: str, value: Any, attrs: dict | None) -> dict:
        context = super().get_context(name, value, attrs)
        url = str(reverse_lazy("pick", args=[self.model._meta.label_lower]))
        context["pick_url"] = f"{url}?of={self.of}" if self.of else url
        return context


class RecordField(forms.Field):
    """One record that the person may see, given by its number or its natural text.

    The pick list is scoped: what one may not see cannot be chosen, and reads the same as what is not there.
    """

    def __init__(self, queryset: models.QuerySet, of: str = "", **kwargs: Any):
        self.queryset = queryset
        kwargs.setdefault("widget", RecordInput(queryset.model, of))
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, models.Model):
            return natural.text_of(value)
        if isinstance(value, int):
            record = self.queryset.filter(pk=value).first()
            return natural.text_of(record) if record else ""
        return value

    def to_python(self, value: Any) -> models.Model | None:
        if value in self.empty_values:
            return None
        if isinstance(value, models.Model):
            return value
        text = clean_text(value)
        found = natural.find(self.queryset, [text]).get(text, []) if len(text) <= MAX_NAME else []
        if not found and text.isascii() and text.isdigit() and len(text) < 19:
            found = list(self.queryset.filter(pk=int(text)).values_list("pk", flat=True))
        if not found:
            raise ValidationError(f"没有找到“{text[:60]}”，请从提示中选择。")
        if len(found) > 1:
            raise ValidationError(f"“{text[:60]}”对应多条记录，请写全称。")
        return self.queryset.get(pk=found[0])

    def has_changed(self, initial: Any, data: Any) -> bool:
        initial = initial.pk if isinstance(initial, models.Model) else initial
        try:
            value = self.to_python(data)
        except ValidationError:
            return True
        return (value.pk if value else None) != initial


class FewRecordsField(forms.ModelChoiceField):
    """One record out of a few: a plain select. Accepts the natural text as well as the number."""

    def to_python(self, value: Any) -> models.Model | None:
        if value in self.empty_values or isinstance(value, models.Model):
            return super().to_python(value)
        text = clean_text(value)
        if not (text.isascii() and text.isdigit()):
            found = natural.find(self.queryset, [text]).get(text, []) if len(text) <= MAX_NAME else []
            if len(found) == 1:
                return self.queryset.get(pk=found[0])
        elif len(text) > 18:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return super().to_python(value)


def limited(db_field: models.Field | None) -> tuple[models.Q, str]:
    """Which records a foreign key takes, and its name (app.model.field) as pick lists know it; nothing for one that
    takes all."""
    limit = db_field.get_limit_choices_to() if isinstance(db_field, models.ForeignKey) else None
    if not limit:
        return models.Q(), ""
    name = f"{db_field.model._meta.label_lower}.{db_field.name}"
    return (limit if isinstance(limit, models.Q) else models.Q(**limit)), name


def record_field(
    model: type[models.Model], user: User, of: models.Field | None = None, **kwargs: Any
) -> forms.Field:
    """The right field for picking a record of `model`: a select for short lists, a search box for long ones. `of`,
    a foreign key, narrows to the records that it takes."""
    limit, name = limited(of)
    queryset = natural.pool(model).filter(limit).visible_to(user)
    joins = getattr(model, "text_joins", ())
    if joins:
        queryset = queryset.select_related(*joins)
    if getattr(model, "few", False):
        return FewRecordsField(queryset, **kwargs)
    return RecordField(queryset, name, **kwargs)


def form_field(db_field: models.Field, user: User, **kwargs: Any) -> forms.Field | None:
    """The form field of a model field, scoped to what `user` may see. Fits fields_for_model's callback."""
    if isinstance(db_field, models.ForeignKey):
        for name in ("limit_choices_to", "to_field_name"):
            kwargs.pop(name, None)
        return record_field(
            db_field.related_model,
            user,
            db_field,
            required=not db_field.blank,
            label=str(db_field.verbose_name),
            help_text=db_field.help_text,
            **{
                k: v
                for k, v in kwargs.items()
                if k in ("widget", "required", "initial", "label", "help_text")
            },
        )
    if isinstance(db_field, models.JSONField):
        field_class = SettingsField if db_field.default is dict else LinesField
        return field_class(
            required=not db_field.blank,
            label=str(db_field.verbose_name),
            help_text=db_field.help_text
            or ("多个用、隔开" if field_class is LinesField else "名称=值，多项用；隔开"),
        )
    if isinstance(db_field, models.DateField) and not isinstance(db_field, models.DateTimeField):
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        kwargs.setdefault("form_class", LooseDateField)
        return db_field.formfield(**kwargs)
    if isinstance(db_field, models.DateTimeField):
        kwargs.setdefault("form_class", LooseMomentField)
    if isinstance(db_field, models.DecimalField):
        kwargs.setdefault("form_class", LooseDecimalField)
    if isinstance(db_field, models.TextField):
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 3}))
    return db_field.formfield(**kwargs)


class LooseDateField(forms.DateField):
    """A date the way people write it: 2024-9-26, 2024.9.26, 2024年9月26日; out of range is said plainly."""

    def to_python(self, value: Any):
        if value in self.empty_values:
            return None
        try:
            return parse_date(value)
        except ValueError as error:
            raise ValidationError(str(error)) from error


class LooseMomentField(forms.DateTimeField):
    """A day and a time the way people write them: 2024-9-26 8:30, 2024年9月26日 08:30, or as programs do."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any):
        if value in self.empty_values:
            return None
        if isinstance(value, datetime):
            return super().to_python(value)
        text = halfwidth(str(value)).replace("\x00", "").strip()[:60]
        day, _, clock = text.replace("T", " ").replace("日", "日 ").partition(" ")
        try:
            parse_date(day)  # for its range and its words
        except ValueError as error:
            raise ValidationError(str(error)) from error
        try:
            hour = time.fromisoformat(clock.strip().zfill(5)) if ":" in clock and "+" not in clock else None
            moment = datetime.combine(parse_date(day), hour) if hour else parse_datetime(text)
        except ValueError:
            moment = None
        if moment is None or ":" not in clock:
            raise ValidationError("时间应写作 2024-09-26 08:30。")
        return timezone.make_aware(moment) if timezone.is_naive(moment) else moment


class LooseDecimalField(forms.DecimalField):
    """A number the way people write it: 1,234.5 or with full-width digits. A plain text box, for a number box
    silently drops both."""

    widget = forms.TextInput(attrs={"inputmode": "decimal"})

    def to_python(self, value: Any):
        if value in self.empty_values:
            return None
        try:
            return parse_decimal(value, self.decimal_places)
        except ValueError as error:
            raise ValidationError(str(error)) from error
