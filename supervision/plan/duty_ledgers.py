"""The ledgers of 履职频次: what is to be done, whom it binds, units that came or went, and what was done."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from supervision.flows.perform import of_own
from supervision.ledgers.columns import ChoiceKind, Column
from supervision.ledgers.filters import ChoiceFilter, LedgerFilter
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.people.models import AUTHORITY_ROLES, PARTY_ROLES, READER_ROLES, OrganizationKind, Role, User

from .duties import citing
from .duties.rates import Asked
from .models import Duty, DutyBinding, DutyDue, Fulfilment, UnitTerm
from .models.duty import STATES

MENU, FAMILY = "计划与目标", "履职频次"
BUREAU = frozenset({Role.BUREAU_STAFF})
RECORDERS = AUTHORITY_ROLES | PARTY_ROLES | {Role.BUREAU_LEADER, Role.INSPECTOR}
STATE_COLORS = {"done": "green", "missed": "red", "open": "yellow", "ahead": "gray"}


@register
class DutyLedger(Ledger):
    model, slug, label, menu, order = Duty, "duties", "履职要求", MENU, 40
    family, icon = FAMILY, "repeat"
    create_roles = edit_roles = attach_roles = BUREAU
    columns = (
        Column("code", listed=False),
        Column("post", frozen=True),
        Column("what", wide=True),
        Column("frequency", "频次", source="frequency", sheet=False),
        Column("per", listed=False),
        Column("at_least", listed=False),
        Column("per_year", listed=False),
        Column("cites", listed=False),
        Column("source", listed=False),
        Column("source_label", "依据", source="source_label", sheet=False),
    )
    related = ("rule_set",)
    key = ("code",)
    fixed = ("code",)
    filters = ("per", "post")
    search = ("post", "what", "code")
    ordering = ("code",)
    panels = (Panel("duty-bindings", "duty"), Panel("duty-records", "duty"))
    list_templates = ("plan/duty_links.html",)


@register
class DutyBindingLedger(Ledger):
    model, slug, label, menu, order = DutyBinding, "duty-bindings", "履职对象", MENU, 41
    family, icon = FAMILY, "diagram-2"
    intro = "一项履职要求自哪一天起约束哪一类或哪一个单位。首尾不足一个周期的，该周期不作要求。"
    create_roles = edit_roles = BUREAU
    columns = (
        Column("duty", frozen=True),
        Column("kind"),
        Column("organization"),
        Column("since"),
        Column("until"),
        Column("note", listed=False),
    )
    key = ("duty", "kind", "organization", "since")
    fixed = ("duty", "kind", "organization")
    filters = ("duty", "kind", "organization", "since")
    search = ("duty__what", "organization__search_key")
    ordering = ("duty", "since", "pk")


@register
class UnitTermLedger(Ledger):
    model, slug, label, menu, order = UnitTerm, "unit-terms", "单位存续", MENU, 44
    family, icon = FAMILY, "building-dash"
    intro = (
        "年内成立、撤并的单位登记于此：履职与考核只计其存续期间，合并的由承继单位接续。一直存续的不必登记。"
    )
    create_roles = edit_roles = attach_roles = BUREAU
    columns = (
        Column("organization", frozen=True),
        Column("since"),
        Column("until"),
        Column("successor"),
        Column("source", listed=False),
    )
    key = ("organization",)
    fixed = ("organization",)
    filters = ("organization", "successor", "since", "until")
    search = ("organization__search_key",)


@register
class FulfilmentLedger(Ledger):
    model, slug, label, menu, order = Fulfilment, "duty-records", "履职记录", MENU, 42
    family, icon = FAMILY, "check2-square"
    create_roles = edit_roles = attach_roles = RECORDERS
    menu_roles = READER_ROLES
    # What a unit did is said by itself: others see it, and do not say it for it.
    own = "organization"
    columns = (
        Column("held_on"),
        Column("organization", frozen=True),
        Column("duty"),
        Column("words", wide=True),
        Column("cited_label", "引用", source="cited_label", sheet=False),
        Column("cited_ledger", listed=False),
        Column("cited_key", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    key = ("duty", "organization", "held_on", "words", "cited_ledger", "cited_key")
    fixed = ("duty", "organization")
    filters = ("duty", "organization", "held_on", "cited_ledger")
    search = ("words", "duty__what", "organization__search_key")
    ordering = ("-held_on", "-pk")
    detail_templates = ("plan/duty_cited.html",)
    list_templates = ("plan/duty_links.html",)

    def prepare(self, record: Fulfilment, user: User | None, new: bool) -> None:
        record.reader = user

    def more_context(self, record: Fulfilment, user: User) -> dict[str, Any]:
        return {"cited": citing.cited(record, user) if record.cited_ledger else None}


class DueFilter(LedgerFilter):
    state = ChoiceFilter(label="完成情况", choices=list(STATES.items()), method="standing")
    kind = django_filters.CharFilter(field_name="organization__kind", label="单位类别代码")
    as_of = django_filters.DateFilter(label="截至日期", method="left_to_state")

    def standing(self, rows: models.QuerySet, name: str, value: list[str]) -> models.QuerySet:
        """As of the day that was asked for beside it, else of today."""
        if not value:
            return rows
        day = self.form.cleaned_data.get("as_of") or timezone.localdate()
        asked = Asked(day.year, day)
        condition = Q()
        for state in value:
            condition |= asked.where(state)
        return rows.filter(condition)

    def left_to_state(self, rows: models.QuerySet, name: str, value: Any) -> models.QuerySet:
        return rows


@register
class DutyDueLedger(Ledger):
    model, slug, label, menu, order = DutyDue, "duty-dues", "履职周期", MENU, 43
    family, icon = FAMILY, "calendar2-check"
    intro = "各单位各周期应履职与已履职的次数，由履职要求、履职对象和履职记录计算。"
    importable = findable = False
    menu_roles = READER_ROLES
    columns = (
        Column("organization", frozen=True),
        Column("duty"),
        Column("per"),
        Column("first"),
        Column("last"),
        Column("needed"),
        Column("done"),
        Column("state", "完成情况", source="state", kind=ChoiceKind(STATES, STATE_COLORS), sortable=False),
        Column("done_on", listed=False),
        Column("year", listed=False),
    )
    filterset_class = DueFilter
    filters = ("state", "year", "per", "duty", "organization", "first", "organization__district")
    search = ("duty__what", "duty__post", "organization__search_key")
    ordering = ("first", "last", "duty", "organization", "pk")
    detail_templates = ("plan/duty_due.html",)
    list_templates = ("plan/duty_links.html",)

    def more_context(self, record: DutyDue, user: User) -> dict[str, Any]:
        counted = Q(pk__in=())
        for unit, first, last in record.windows:
            counted |= Q(organization=unit, held_on__range=(first, last))
        rows = Fulfilment.objects.visible_to(user).filter(counted, duty=record.duty_id)
        return {
            "fulfilments": list(rows.select_related("organization").order_by("held_on", "pk")[:100]),
            "record_url": reverse("duty_record", args=[record.pk])
            if may_record(record, user) and record.state != "ahead"
            else "",
        }


def own_units(user: User) -> set[int]:
    """The units whose duties are the person's own: theirs, and of an office (处室) the bureau above it."""
    found = set()
    for membership in user.active_memberships:
        if membership.role in RECORDERS:
            unit = membership.organization
            found.add(unit.pk)
            if unit.kind == OrganizationKind.OFFICE and unit.parent_id:
                found.add(unit.parent_id)
    return found


def may_record(due: DutyDue, user: User) -> bool:
    """Whether the person may say that the unit did it: as for the records themselves."""
    return DutyDue._base_manager.filter(of_own("organization", RECORDERS, user), pk=due.pk).exists()
