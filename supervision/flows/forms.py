"""The form of a transition: its declared fields, the opinion, and the version the person saw."""

from __future__ import annotations

from django import forms
from django.forms.models import fields_for_model

from supervision.people.models import User

from .flow import Transition
from .models import FlowRecord


def scoped_choice(db_field, user: User, **kwargs):
    """A form field for a model field whose pick list, if it is a foreign key, holds only what `user` sees."""
    if db_field.is_relation and db_field.many_to_one:
        kwargs["queryset"] = db_field.related_model.objects.visible_to(user)
    elif db_field.get_internal_type() == "DateField":
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    return db_field.formfield(**kwargs)


# Makes the form field of a model field: (field, user, **options). The ledgers room, which lies above, puts in its
# own, so that a form of an act picks records as every other form does.
field_maker = scoped_choice


def transition_form(record: FlowRecord, transition: Transition, user: User, data=None) -> forms.Form:
    """A form for one act. Its cleaned data holds model fields by name, `opinion` and `version`."""
    names = (*transition.fields, *transition.optional)
    made = fields_for_model(
        type(record), fields=names, formfield_callback=lambda f, **kw: field_maker(f, user, **kw)
    )
    declared: dict[str, forms.Field] = {}
    for name in names:
        made[name].required = name in transition.fields
        declared[name] = made[name]
    if transition.opinion != "no":
        declared["opinion"] = forms.CharField(
            label=transition.opinion_label,
            required=transition.opinion == "required",
            widget=forms.Textarea(attrs={"rows": 4}),
            max_length=5000,
        )
    declared["version"] = forms.IntegerField(required=False, widget=forms.HiddenInput)
    initial = {name: getattr(record, name) for name in names}
    for name in names:
        if initial[name] in (None, "") and made[name].initial is not None:
            initial[name] = made[name].initial
    form_class = type("TransitionForm", (forms.Form,), declared)
    return form_class(data, initial={**initial, "version": record.version})


def left_out(form: forms.Form, name: str) -> bool:
    """Whether what was sent to a form says nothing of a field, as against sending it empty.

    A page sends all its fields, save check boxes that are not ticked: those are never left out of a page.
    """
    if name in form.data:
        return False
    from_page = hasattr(form.data, "lists")
    return not from_page or form.fields[name].widget.value_omitted_from_data(form.data, form.files, name)
