"""The filter of a ledger: one django-filter FilterSet for the page and the API."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db import models
from django.db.models import Q

from supervision.rules.names import name_key
from supervision.rules.numbers import EARLIEST, LATEST

from .fields import limited, record_field
from .ledger import Ledger

# Up to so many choices are drawn as buttons, and so many conditions stand open; the rest unfolds.
BUTTONS = 16
OPEN_ROWS, OPEN_BOXES = 3, 3
EMPTY = (None, "", [], [None, None], ["", ""])


class RangeInput(django_filters.widgets.DateRangeWidget):
    template_name = "ledgers/range_input.html"
    use_fieldset = False

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_0" if id_ else id_

    def get_context(self, name: str, value: Any, attrs: dict | None) -> dict:
        context = super().get_context(name, value, attrs)
        for part, label in zip(context["widget"]["subwidgets"], ("起始日期", "截止日期"), strict=True):
            part["attrs"]["aria-label"] = label
        return context


class ChoiceBox(forms.CheckboxSelectMultiple):
    """Many choices behind one line that unfolds: check boxes, with a box to narrow them where there are scripts."""

    template_name = "ledgers/choice_box.html"
    use_fieldset = False

    def __init__(self, label: str, **kwargs: Any):
        super().__init__(**kwargs)
        self.label = label

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return "" if index is None else super().id_for_label(id_, index)

    def get_context(self, name: str, value: Any, attrs: dict | None) -> dict:
        context = super().get_context(name, value, attrs)
        options = [option for _, group, _ in context["widget"]["optgroups"] for option in group]
        chosen = [str(option["label"]) for option in options if option["selected"]]
        return context | {"label": self.label, "options": options, "chosen": "、".join(chosen)}


class RecordFilter(django_filters.Filter):
    """Rows that hang on one record, picked within the reader's scope."""

    def __init__(self, model: type[models.Model], of: models.Field | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.picked, self.of = model, of

    @property
    def field(self) -> forms.Field:
        if not hasattr(self, "_field"):
            self._field = record_field(
                self.picked, self.parent.user, self.of, required=False, label=self.label
            )
            self._field.as_buttons = (
                getattr(self.picked, "few", False) and self._field.queryset.count() <= BUTTONS
            )
        return self._field


class DayRangeField(django_filters.fields.DateRangeField):
    """Refuses days so far off that they are none in another time zone."""

    def compress(self, data_list: list[Any]) -> slice | None:
        if any(day and not EARLIEST <= day <= LATEST for day in data_list or ()):
            raise forms.ValidationError(f"日期的年份应在 {EARLIEST.year} 至 {LATEST.year} 之间。")
        return super().compress(data_list)


class DayRange(django_filters.DateFromToRangeFilter):
    """From a day to a day, both included."""

    field_class = DayRangeField

    def __init__(self, **kwargs: Any):
        kwargs.setdefault("widget", RangeInput(attrs={"type": "date"}))
        super().__init__(**kwargs)


class FilterForm(forms.Form):
    """Draws the first conditions open and folds the rest under 更多条件."""

    def parts(self) -> dict[str, list]:
        """The bound fields as the template draws them: rows of buttons, boxes, and what unfolds."""
        fields = [self[name] for name in self.fields if name != "q" and not self[name].is_hidden]
        rows = [field for field in fields if getattr(field.field, "as_buttons", False)]
        boxes = [field for field in fields if field not in rows]
        folded = [*rows[OPEN_ROWS:], *boxes[OPEN_BOXES:]]
        return {
            "rows": rows[:OPEN_ROWS],
            "boxes": boxes[:OPEN_BOXES],
            "more_rows": rows[OPEN_ROWS:],
            "more_boxes": boxes[OPEN_BOXES:],
            "more_open": any(field.value() not in EMPTY for field in folded),
        }


class LedgerFilter(django_filters.FilterSet):
    """Adds the search box `q` and the reader's scope to pick lists."""

    ledger: Ledger
    q = django_filters.CharFilter(label="搜索", method="find")

    def __init__(self, *args: Any, user: Any = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.user = user or (self.request.user if self.request else None)

    def get_form_class(self) -> type[forms.Form]:
        form_class = super().get_form_class()
        return type("FilterForm", (FilterForm, form_class), {})

    def find(self, queryset: models.QuerySet, name: str, value: str) -> models.QuerySet:
        """Every word must occur in one of the ledger's search fields; names are matched by their key, so
        that 二期 finds 2期."""
        for word in value.replace("\x00", "").split()[:8]:
            conditions = []
            for path in self.ledger.search:
                text = name_key(word) if path.endswith("search_key") else word
                if text:
                    conditions.append(holding(self.ledger.model, path, text))
            if len(conditions) == 1:
                queryset = queryset.filter(conditions[0])
            elif conditions:
                # Each column by its own index: an OR over several of them, some in other tables, uses none.
                rows = self.ledger.model._base_manager.order_by()
                first, *rest = [rows.filter(condition).values("pk") for condition in conditions]
                queryset = queryset.filter(pk__in=first.union(*rest))
        return queryset


def holding(model: type[models.Model], path: str, text: str) -> Q:
    """Rows of `model` whose field at `path` contains `text`, in whatever case.

    A field of another record is searched there, once, and not after joining it to every row. Keys of names
    are all upper case, so that the index on them serves (it knows nothing of UPPER).
    """
    step, _, rest = path.partition("__")
    if not rest:
        return Q(**{f"{path}__{'contains' if path == 'search_key' else 'icontains'}": text})
    other = model._meta.get_field(step).related_model
    found = other._base_manager.filter(holding(other, rest, text))
    return Q(**{f"{step}__in": found.values("pk")})


class ChoiceFilter(django_filters.MultipleChoiceFilter):
    """Any of some values; drawn as buttons when there are few, else in a box that unfolds."""

    def __init__(self, **kwargs: Any):
        # A row's own column or that of a record it hangs on: no row comes twice. DISTINCT over every joined
        # column would take PostgreSQL longer to plan than the whole page takes to answer.
        super().__init__(distinct=False, **kwargs)

    @property
    def field(self) -> forms.Field:
        field = super().field
        field.as_buttons = len(field.choices) <= BUTTONS
        if not field.as_buttons and not isinstance(field.widget, ChoiceBox):
            field.widget = ChoiceBox(field.label, choices=field.choices)
        # The API's schema asks for choices of a filter that belongs to no request.
        data = getattr(getattr(self, "parent", None), "data", None)
        if hasattr(data, "copy"):
            rest = data.copy()
            for name in (self.parent_name, "page"):
                rest.pop(name, None)
            field.all_url = f"?{rest.urlencode()}" if hasattr(rest, "urlencode") else "?"
        return field

    @property
    def parent_name(self) -> str:
        return next(name for name, made in self.parent.filters.items() if made is self)


class YesNo(django_filters.BooleanFilter):
    def __init__(self, **kwargs: Any):
        super().__init__(
            widget=forms.Select(choices=[("", "全部"), ("true", "是"), ("false", "否")]), **kwargs
        )


def filter_for(ledger: Ledger, path: str) -> tuple[str, django_filters.Filter]:
    """The filter for one declared path, named with single underscores kept as in the model (`project__mode`)."""
    field = ledger._field_at(path)
    if field is None:
        raise ValueError(f"{ledger.slug}: filter {path!r} names no field")
    column = next((c for c in ledger.columns if c.key == path or c.source.replace(".", "__") == path), None)
    label = column.label if column else str(field.verbose_name)
    if path == "status" and ledger.flow:
        return path, ChoiceFilter(field_name=path, label=label, choices=ledger.flow.choices())
    if isinstance(field, models.ForeignKey):
        return path, RecordFilter(field.related_model, field, field_name=path, label=label)
    if field.choices:
        return path, ChoiceFilter(field_name=path, label=label, choices=known_choices(ledger, path, field))
    if isinstance(field, models.BooleanField):
        return path, YesNo(field_name=path, label=label)
    if isinstance(field, models.DateField):
        return path, DayRange(field_name=path, label=label)
    if isinstance(field, models.IntegerField):
        return path, django_filters.NumberFilter(field_name=path, label=label)
    return path, django_filters.CharFilter(field_name=path, lookup_expr="icontains", label=label)


def known_choices(ledger: Ledger, path: str, field: models.Field) -> list[tuple[str, str]]:
    """The choices by which a list can be narrowed: those of the ledger's own column; of another record's column
    those that records taken by the foreign keys on the way can have (see `choices_within`)."""
    if "__" not in path:
        return ledger.choices_of(field)
    model, steps = ledger.model, path.split("__")
    for step in steps[:-1]:
        key = model._meta.get_field(step)
        limit, _ = limited(key)
        model = key.related_model
        if limit and hasattr(model, "choices_within"):
            return model.choices_within(limit, field)
    return list(field.flatchoices)


def filterset_for(ledger: Ledger) -> type[LedgerFilter]:
    """The FilterSet of a ledger: its own class if it gives one, else made from its `filters`."""
    base = ledger.filterset_class or LedgerFilter
    declared = dict(filter_for(ledger, path) for path in ledger.filters if path not in base.declared_filters)
    if ledger.flow:
        declared.setdefault("overdue", YesNo(label="已超期", method="find_overdue"))
    meta = type("Meta", (), {"model": ledger.model, "fields": []})

    def find_overdue(
        self: LedgerFilter, queryset: models.QuerySet, name: str, value: bool
    ) -> models.QuerySet:
        from django.utils import timezone

        late = Q(due_on__lt=timezone.localdate(), status__in=ledger.flow.open_states)
        return queryset.filter(late) if value else queryset.exclude(late)

    return type(
        f"{ledger.model.__name__}Filter",
        (base,),
        {**declared, "ledger": ledger, "Meta": meta, "find_overdue": find_overdue},
    )
