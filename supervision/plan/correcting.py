"""A person's corrections to what was read out of a notice, from a page's form or the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction

from supervision.flows import records
from supervision.flows.errors import IllegalTransition
from supervision.flows.history import Actor
from supervision.rules.numbers import whole_number

from . import adopting, naming
from .models import ItemKind, ItemState, NameRole, NoticeItem, NoticeName, Target
from .notices.units import Unit

FIELDS: dict[str, tuple[str, ...]] = {
    ItemKind.TASK: ("kind", "no", "title", "content", "group", "due"),
    ItemKind.TARGET: (
        "kind",
        "title",
        "group",
        "figure_kind",
        "low",
        "high",
        "at_most",
        "unit_label",
        "period",
        "by_year",
        "like",
    ),
    ItemKind.LIST: ("title", "by_year", "stated_count", "stated_sections", "list_kind"),
    ItemKind.TEXT: ("kind",),
}
# "accept" saves the form first, "confirm" takes the item as it stands.
DECISIONS = {
    "accept": ItemState.ACCEPTED,
    "confirm": ItemState.ACCEPTED,
    "reject": ItemState.REJECTED,
    "reopen": ItemState.PENDING,
}


def form_class(kind: str) -> type[forms.ModelForm]:
    """The form of an item's own columns."""

    def field(column: Any, **kwargs: Any) -> forms.Field | None:
        if column.name == "like":
            return forms.ModelChoiceField(
                Target.objects.exclude(indicator=""), required=False, label="计算方式比照"
            )
        return column.formfield(**kwargs)

    return forms.modelform_factory(NoticeItem, fields=FIELDS[kind], formfield_callback=field)


def correct(item: NoticeItem, data: Mapping[str, Any], actor: Actor) -> NoticeItem:
    """Save what a person wrote about an item, its names too, and what they decided (data["action"]).

    data   the form's fields; `version`; `name-<pk>`, `role-<pk>`, `match-<pk>`, `drop-<pk>` for each name and the
           same with `new` for one more
    One transaction. Raises ValidationError, LostRace when somebody wrote the item meanwhile, IllegalTransition once
    it is adopted.
    """
    if item.adopted:
        raise IllegalTransition("该条已采用到计划中，请在计划里修改。")
    action = str(data.get("action", "save"))
    version = whole_number(data.get("version"))
    with transaction.atomic():
        if action in ("save", "accept"):
            form = form_class(item.kind)(data, instance=NoticeItem.objects.get(pk=item.pk))
            if not form.is_valid():
                raise ValidationError(
                    [
                        f"{form.fields[name].label}：{text}" if name in form.fields else text
                        for name, texts in form.errors.items()
                        for text in texts
                    ]
                )
            values = form.cleaned_data
            if values.get("kind") == ItemKind.LIST and item.kind != ItemKind.LIST:
                raise ValidationError("名单请在名单条目中修改。")
            if item.kind == ItemKind.TEXT and values.get("kind") != ItemKind.TEXT:
                # Its words become the task's or the target's, to be corrected next.
                values = values | {
                    "title": item.title or item.source.strip().split("\n")[0][:40],
                    "content": item.content or item.source[:20000],
                    "unresolved": True,
                }
            item = records.update(item, values, actor, version=version, label="更正")
            version = None
            _names(item, data, actor)
        if action in DECISIONS:
            fresh = NoticeItem.objects.select_related("draft", "like").get(pk=item.pk)
            item = adopting.decide(fresh, DECISIONS[action], actor, version=version)
        elif action != "save":
            raise ValidationError("没有这一操作。")
    return item


def _names(item: NoticeItem, data: Mapping[str, Any], actor: Actor) -> None:
    project = item.kind == ItemKind.LIST
    for name in list(item.names.select_related("organization")):
        if f"name-{name.pk}" not in data:
            continue
        if data.get(f"drop-{name.pk}"):
            records.delete(name, actor, reason="核对通知时删去")
            continue
        values = _values(data, str(name.pk), project, name)
        records.update(name, values, actor, label="更正")
    if str(data.get("name-new", "")).strip():
        last = item.names.order_by("-order").first()
        fresh = NoticeName(item=item, order=(last.order if last else 0) + 1)
        for field, value in _values(data, "new", project, fresh).items():
            setattr(fresh, field, value)
        records.create(fresh, actor, label="补充")


def _values(data: Mapping[str, Any], key: str, project: bool, before: NoticeName) -> dict[str, Any]:
    """A name's columns as a person wrote them: the match is found in the register, never made up."""
    name = str(data.get(f"name-{key}", "")).strip()
    if not name or len(name) > 120:
        raise ValidationError("单位或项目的名称应为 1 到 120 个字。")
    match = str(data.get(f"match-{key}", "")).strip()
    if project:
        keeper = naming.projects()
        wanted = match or name
        known = keeper.named([wanted]) if keeper else {}
        if match and match not in known:
            raise ValidationError(f"项目库中没有“{match}”，或不止一个项目用这一名称。")
        return {"role": NameRole.PROJECT, "name": name, "project": known.get(wanted, ""), "note": ""}
    role = str(data.get(f"role-{key}", before.role))
    if role not in NameRole.values or role == NameRole.PROJECT:
        raise ValidationError("分工请选责任、牵头或配合。")
    generic = bool(data.get(f"generic-{key}"))
    organization = None
    if match:
        unit = Unit(match, role, (match,))
        organization, why = naming.organizations_for([unit])[unit]
        if organization is None:
            raise ValidationError(f"“{match}”：{why}。")
    elif key == "new" and not generic:
        unit = Unit(name, role, (name,))
        organization, _ = naming.organizations_for([unit])[unit]
    return {"role": role, "name": name, "organization": organization, "generic": generic, "note": ""}
