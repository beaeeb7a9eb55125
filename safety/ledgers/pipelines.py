"""The ledgers of pipelines underground, of the works' neighbours and of what is measured on them."""

from __future__ import annotations

from django.urls import reverse

from projects import findings
from supervision.ledgers.columns import Column
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.people.models import Role

from ..models import Neighbour, NeighbourReading, Pipeline

UNITS = frozenset({Role.CONTRACTOR, Role.OWNER})
STEPS = (
    "survey",
    "surveyed_on",
    "agreement",
    "agreed_on",
    "protection",
    "protected_on",
    "cleared_on",
    "restored_on",
)


@register
class PipelineLedger(Ledger):
    model = Pipeline
    slug = "pipelines"
    label = "地下管线"
    menu = "安全管理"
    family = "地下管线"
    order = 230
    icon = "bezier2"
    intro = "探查、权属单位同意、保护逐项完成后，经监理准予方可开挖；前一步未登记，后一步不能办理。"
    create_roles = edit_roles = UNITS
    attach_roles = UNITS | {Role.SUPERVISOR}
    columns = (
        Column("number", "编号", frozen=True, sheet=False),
        Column("project"),
        Column("section"),
        Column("kind"),
        Column("part"),
        Column("stakes"),
        Column("spec", listed=False),
        Column("owner_unit"),
        Column("contact", listed=False),
        Column("depth", source="depth"),
        Column("status", "状态"),
        *(
            Column(name, source=name, listed=name == "cleared_on", wide=not name.endswith("_on"))
            for name in STEPS
        ),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("管线", ("project", "section", "kind", "part", "stakes", "spec")),
        ("权属单位", ("owner_unit", "contact")),
    )
    fixed = ("project", "section")
    filters = ("status", "kind", "project", "section", "project__district")
    search = ("number", "part", "owner_unit", "project__search_key", "stakes")


@register
class NeighbourLedger(Ledger):
    model = Neighbour
    slug = "neighbours"
    label = "邻近建（构）筑物"
    menu = "安全管理"
    family = "地下管线"
    order = 231
    icon = "buildings"
    create_roles = edit_roles = attach_roles = UNITS
    importable = False
    columns = (
        Column("number", "编号", frozen=True),
        Column("project"),
        Column("section"),
        Column("kind"),
        Column("name"),
        Column("stakes", listed=False),
        Column("distance"),
        Column("owner_unit", listed=False),
        Column("protection", wide=True),
        Column("watched"),
        Column("alarm"),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("建（构）筑物", ("project", "section", "kind", "name", "stakes", "distance", "owner_unit")),
        ("保护与监测", ("protection", "watched", "alarm")),
    )
    fixed = ("project", "section")
    filters = ("kind", "project", "section", "project__district")
    search = ("number", "name", "project__search_key")
    panels = (Panel("neighbour-readings", "neighbour", columns=("read_on", "value", "alarmed", "danger")),)


@register
class NeighbourReadingLedger(Ledger):
    model = NeighbourReading
    slug = "neighbour-readings"
    label = "邻近监测记录"
    menu = "安全管理"
    family = "地下管线"
    order = 232
    icon = "graph-up-arrow"
    intro = "累计变化（升降均计）达到预警值的，即转为隐患。记录后不再修改。"
    create_roles = UNITS | {Role.SUPERVISOR}
    importable = False
    columns = (
        Column("neighbour", frozen=True),
        Column("read_on"),
        Column("value"),
        Column("reader"),
        Column("alarmed"),
        Column("danger", sheet=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (("监测", ("neighbour", "read_on", "value", "reader")),)
    filters = ("neighbour", "alarmed", "read_on", "neighbour__project")
    search = ("neighbour__name", "neighbour__number")


def origin_of_reading(pk, user):
    row = (
        NeighbourReading.objects.visible_to(user)
        .select_related(*NeighbourReading.text_joins)
        .filter(pk=pk)
        .first()
    )
    return (str(row), reverse("neighbour-readings:detail", args=[pk])) if row else None


findings.origins["safety.neighbourreading"] = findings.Origin("邻近监测记录", origin_of_reading)
