"""The ledgers of responsibility for quality: units, persons, duties done."""

from __future__ import annotations

from supervision.ledgers.columns import Column
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.ledgers.words import WordKind
from supervision.people.models import PARTY_ROLES

from ..flows.roles import AUTHORITY, OWNER
from ..models import DutyEntry, ResponsiblePerson, ResponsibleUnit
from ..models.responsibility import duties, post_names

FAMILY = "质量责任"
TERM = (
    Column("since"),
    Column("until"),
    Column("change_reason", listed=False, wide=True),
    Column("confirmed_on", listed=False),
    Column("ended_on", source="ended_on", listed=False),
    Column("is_demo", listed=False, sheet=False),
)
PLACE = ("capacity", "status", "project", "section", "project__district", "organization", "since")


class OfRegister(Ledger):
    menu, family = "质量管理", FAMILY
    create_roles = edit_roles = PARTY_ROLES | AUTHORITY
    attach_roles = OWNER
    filters = PLACE
    # What is in force is not rewritten; what a draft is about does not move elsewhere.
    fixed = ("project", "section")
    list_templates = ("quality/register_links.html",)


@register
class ResponsibleUnitLedger(OfRegister):
    model, slug, label, order = ResponsibleUnit, "quality-units", "质量责任单位登记", 200
    icon = "building-check"
    intro = "建设单位组织填报并确认，建设单位自身的登记由主管部门审核；变更另行登记，原登记保留。"
    columns = (
        Column("project", frozen=True),
        Column("section"),
        Column("capacity"),
        Column("organization"),
        Column("legal_representative"),
        Column("certificate", listed=False),
        Column("contract_on", listed=False),
        Column("duties", listed=False, wide=True),
        Column("status", "状态"),
        *TERM,
    )
    groups = (
        (
            "责任单位",
            ("project", "section", "capacity", "organization", "legal_representative", "certificate"),
        ),
        ("责任", ("contract_on", "since", "duties", "change_reason")),
    )
    search = ("organization__search_key", "legal_representative", "project__search_key", "section__code")


@register
class ResponsiblePersonLedger(OfRegister):
    model, slug, label, order = ResponsiblePerson, "quality-persons", "质量责任人登记", 201
    icon = "person-check"
    intro = "岗位清单为本系统设定。登记确认后不再修改；接替者另行登记，原责任人的任期自动截止并保留。"
    columns = (
        Column("number", "编号", frozen=True),
        Column("project"),
        Column("section"),
        Column("capacity"),
        Column("organization"),
        Column("post", kind=WordKind(post_names)),
        Column("name"),
        Column("title", listed=False),
        Column("certificate", listed=False),
        Column("duties", listed=False, wide=True),
        Column("status", "状态"),
        *TERM,
    )
    groups = (
        (
            "责任人",
            ("project", "section", "capacity", "organization", "name", "post", "title", "certificate"),
        ),
        ("责任", ("since", "duties", "change_reason")),
    )
    filters = (*PLACE, "post")
    search = ("number", "name", "post", "organization__search_key", "project__search_key", "section__code")
    panels = (Panel("quality-duties", "person", columns=("done_on", "kind", "content", "result")),)


@register
class DutyEntryLedger(Ledger):
    model, slug, label, menu, order = DutyEntry, "quality-duties", "质量履职档案", "质量管理", 202
    family = FAMILY
    icon = "journal-check"
    intro = "逐次登记，登记后不再修改。"
    create_roles = attach_roles = PARTY_ROLES
    importable = False
    columns = (
        Column("person", frozen=True),
        Column("organization", "单位", source="person.organization"),
        Column("post", "岗位", source="person.post"),
        Column("done_on"),
        Column("kind", kind=WordKind(duties)),
        Column("content", wide=True),
        Column("result", listed=False, wide=True),
        Column("is_demo", listed=False, sheet=False),
    )
    filters = ("person", "person__project", "person__section", "kind", "done_on")
    search = ("person__name", "content", "person__project__search_key")
    ordering = ("-done_on", "-pk")
    list_templates = ("quality/register_links.html",)
