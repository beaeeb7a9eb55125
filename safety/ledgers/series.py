"""The ledgers of entered series and their values."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse

from supervision.flows.errors import NotAllowed
from supervision.ledgers.columns import Column
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.people.models import PARTY_ROLES, READER_ROLES, Role, User

from ..flows.series import ENTERERS, OF_A_SECTOR
from ..models import FigureSeries, SeriesValue
from ..series.table import course

FAMILY = "行业指标"
OFFICES = READER_ROLES - PARTY_ROLES


@register
class FigureSeriesLedger(Ledger):
    model = FigureSeries
    slug = "figure-series"
    label = "指标序列"
    menu = "计划与目标"
    family = FAMILY
    order = 26
    icon = "graph-up-arrow"
    intro = "平台台账不能算出、须按期录入的行业指标：一人录入、另一人确认，按目标逐期判定。"
    view_roles = OFFICES
    create_roles = edit_roles = frozenset({Role.BUREAU_STAFF})
    columns = (
        Column("name", frozen=True, wide=True),
        Column("kind"),
        Column("measure"),
        Column("every"),
        Column("sector"),
        Column("target_kind"),
        Column("target"),
        Column("document", wide=True),
        Column("meaning", listed=False, wide=True),
        Column("is_active", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("指标", ("name", "kind", "measure", "every", "sector")),
        ("目标", ("target_kind", "target", "document")),
        ("说明", ("meaning", "is_active")),
    )
    key = ("name",)
    filters = ("sector", "kind", "every", "target_kind", "is_active")
    search = ("name", "document", "meaning")
    ordering = ("sector", "name")
    panels = (Panel("series-values", "series", columns=("period", "value", "status", "source", "corrects")),)
    lead_templates = ("safety/series.html",)

    def more_context(self, record, user):
        return {
            "course": course(record),
            "new_value_url": f"{reverse('series-values:new')}?{urlencode({'series': record.pk})}"
            if user.roles & ENTERERS
            else "",
        }


@register
class SeriesValueLedger(Ledger):
    model = SeriesValue
    slug = "series-values"
    label = "指标数值"
    menu = "计划与目标"
    family = FAMILY
    order = 27
    icon = "123"
    intro = "确认后的数值不再改动；有误的登记一条更正，原值保留在旁。"
    view_roles = OFFICES
    create_roles = edit_roles = attach_roles = ENTERERS
    edit_when = OF_A_SECTOR
    columns = (
        Column("series", frozen=True),
        Column("period"),
        Column("value"),
        Column("measure", "单位", source="series.measure", sheet=False),
        Column("numerator", listed=False),
        Column("denominator", listed=False),
        Column("status", "状态"),
        Column("source"),
        Column("sourced_on"),
        Column("confirmed_on", listed=False),
        Column("corrects", listed=False, sheet=False),
        Column("reason", listed=False, sheet=False),
        Column("superseded_on", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("期次", ("series", "period")),
        ("数值", ("numerator", "denominator", "value")),
        ("来源", ("source", "sourced_on")),
        ("更正", ("corrects", "reason")),
    )
    fixed = ("series", "period", "corrects")
    filters = ("status", "series", "series__sector", "begins_on", "confirmed_on")
    search = ("series__name", "period", "source")
    ordering = ("-begins_on", "-pk")

    def check_reach(self, saved: list[SeriesValue], user: User) -> None:
        super().check_reach(saved, user)
        if Role.BUREAU_STAFF not in user.roles and any(not record.series.sector for record in saved):
            raise NotAllowed("不分领域的指标由市局录入。")
