"""The form of a ledger's record: for the page, the API and each imported row alike."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms.models import modelform_factory
from django.utils.datastructures import MultiValueDict

from supervision.people.models import User

from .fields import form_field
from .ledger import Ledger


class LedgerForm(forms.ModelForm):
    """Validates one record: its columns, the model's own rules and constraints. Holds the version seen."""

    ledger: Ledger
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def add_error(self, field: str | None, error: Any) -> None:
        """As ever; but what the model says of a column that this form does not hold (one that is fixed, or that a
        step wrote) is said above all fields, instead of being an error of ours."""
        told = getattr(error, "error_dict", None)
        if field is None and told is not None:
            known = self.fields.keys() | {NON_FIELD_ERRORS}
            above = [one for name in told.keys() - known for one in told[name]]
            told = {name: errors for name, errors in told.items() if name in known}
            if above:
                told[NON_FIELD_ERRORS] = [*told.get(NON_FIELD_ERRORS, []), *above]
            error = ValidationError(told)
        super().add_error(field, error)

    @property
    def fieldsets_rendered(self) -> list[dict]:
        """The visible fields in the ledger's groups, for the template."""
        return [
            {"label": label, "fields": [self[name] for name in names if name in self.fields]}
            for label, names in self.ledger.form_groups
            if any(name in self.fields for name in names)
        ]


def form_for(
    ledger: Ledger, user: User, data: Any = None, instance: Any = None, initial: dict | None = None
) -> LedgerForm:
    """A form for a new record, or for `instance`; fixed fields are left out when the record exists.

    data   a QueryDict from a page or a plain dictionary from the API; of an existing record a dictionary
           may hold only the fields to change
    """
    new = instance is None or instance.pk is None
    names = [name for name in ledger.form_fields if new or name not in ledger.fixed]
    form_class = modelform_factory(
        ledger.model,
        form=type("BoundLedgerForm", (LedgerForm,), {"ledger": ledger}),
        fields=names,
        formfield_callback=lambda field, **kwargs: form_field(field, user, **kwargs),
    )
    instance = instance or ledger.model()
    ledger.prepare(instance, user, new)
    if isinstance(data, dict) and not isinstance(data, MultiValueDict):
        data = complete(form_class, data, instance, new)
    form = form_class(data, instance=instance, initial=initial)
    for name, label in ledger.labels.items():
        if name in form.fields:
            form.fields[name].label = label
    for name in ledger.asks:
        if name in form.fields:
            form.fields[name].required = True
    for name in ledger.choices:
        if name in form.fields:
            known = ledger.choices_of(ledger.model._meta.get_field(name))
            blank = [pair for pair in form.fields[name].choices if pair[0] == ""]
            form.fields[name].choices = blank + known
    form.fields["version"].initial = None if new else instance.version
    return form


def complete(form_class: type[LedgerForm], data: dict, instance: Any, new: bool) -> dict:
    """A partial dictionary filled up from the record (or the model's defaults), so that PATCH changes only
    what it names."""
    whole = {}
    for name in form_class.base_fields:
        if name == "version":
            whole[name] = data.get(name)
        elif name in data:
            whole[name] = data[name]
        else:
            whole[name] = getattr(instance, instance._meta.get_field(name).attname)
    return whole
