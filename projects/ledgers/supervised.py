"""Enterprises and routes (监管对象): what is supervised where there are no works."""

from __future__ import annotations

from supervision.ledgers.columns import Column
from supervision.ledgers.ledger import Ledger
from supervision.ledgers.registry import register
from supervision.people.models import AUTHORITY_ROLES, OBJECT_SECTORS, READER_ROLES, Role

from ..models import Enterprise, Project, Route
from ..models.project import Level

FAMILY = "监管对象"


class ObjectLedger(Ledger):
    """What both have in common."""

    menu = "项目库"
    family = FAMILY
    menu_roles = READER_ROLES
    create_roles = edit_roles = attach_roles = AUTHORITY_ROLES
    choices = {"mode": OBJECT_SECTORS}
    key = ("name",)
    # The search box finds them among the rows of the registry, which they are.
    findable = False
    ordering = ("name",)

    def base(self):
        return self.model.objects.filter(object_kind=self.model.kind)

    def holds(self, record: Project) -> bool:
        return record.object_kind == self.model.kind

    def prepare(self, record, user, new):
        record.object_kind = self.model.kind

    def may_edit(self, record, user):
        if not super().may_edit(record, user):
            return False
        return record.level != Level.CITY or bool(user.roles & (self.edit_roles - {Role.COUNTY_STAFF}))


@register
class EnterpriseLedger(ObjectLedger):
    model = Enterprise
    slug = "enterprises"
    label = "监管企业"
    order = 16
    icon = "building"
    intro = "道路运输、港口、城市公共交通等没有工程项目的领域，隐患、检查、风险、事故、应急以企业为对象登记。"
    labels = {"name": "名称", "code": "编号", "owner": "企业（单位）", "level": "监管层级"}
    asks = ("owner", "mode")
    columns = (
        Column("code", listed=False),
        Column("name", frozen=True, wide=True),
        Column("aliases", listed=False),
        Column("mode"),
        Column("owner"),
        Column("uscc", "统一社会信用代码", source="owner.uscc", sheet=False),
        Column("level"),
        Column("district"),
        Column("remark", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("企业", ("name", "code", "aliases", "owner")),
        ("监管", ("mode", "level", "district", "remark")),
    )
    filters = ("mode", "level", "district", "owner", "is_demo")
    search = ("search_key", "code", "owner__search_key")


@register
class RouteLedger(ObjectLedger):
    model = Route
    slug = "routes"
    label = "路线路段"
    order = 17
    icon = "signpost-2"
    intro = "在用公路、航道的隐患等按路线与桩号登记，如 X301：K0+500-K5+100；由管养单位整改。"
    labels = {"name": "名称", "code": "编号", "owner": "管养单位", "level": "监管层级"}
    asks = ("route", "stakes", "owner", "mode")
    columns = (
        Column("code", listed=False),
        Column("name", frozen=True, wide=True),
        Column("aliases", listed=False),
        Column("route"),
        Column("stakes"),
        Column("mode"),
        Column("owner"),
        Column("level"),
        Column("district"),
        Column("remark", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("路线", ("name", "route", "stakes", "code", "aliases")),
        ("管养与监管", ("owner", "mode", "level", "district", "remark")),
    )
    filters = ("mode", "level", "district", "owner", "is_demo")
    search = ("search_key", "code", "route", "stakes")
