"""The ledger of the division: the tree as a list, a sheet, and each node's page."""

from __future__ import annotations

from collections import defaultdict
from urllib.parse import urlencode

from django.urls import reverse

from supervision.ledgers.columns import ChoiceKind, Column
from supervision.ledgers.ledger import Ledger
from supervision.ledgers.natural import text_of
from supervision.ledgers.registry import get, register
from supervision.people.models import Role

from ..division import judging
from ..models.division import OUTCOME_COLORS, Division, Kind, Outcome

DIVIDERS = frozenset({Role.CONTRACTOR, Role.SUPERVISOR, Role.OWNER})
# A node has a few rounds; the ledger of evaluations lists them all.
ROUNDS = 20
OUTCOME = ChoiceKind(dict(Outcome.choices), OUTCOME_COLORS)


@register
class DivisionLedger(Ledger):
    model = Division
    slug = "divisions"
    label = "分部分项划分"
    menu = "质量管理"
    order = 300
    family = "分部分项评定"
    icon = "diagram-3"
    intro = (
        "单位—分部—分项逐级划分；可由 Excel 导入（上级排在下级之前），也可在标段的划分页按模板生成。"
        "结果由评定逐级汇总，不能填写。"
    )
    create_roles = edit_roles = DIVIDERS
    attach_roles = DIVIDERS
    columns = (
        Column("section", frozen=True),
        Column("code", frozen=True),
        Column("parent_code"),
        Column("kind"),
        Column("name"),
        Column("works"),
        Column("stakes"),
        Column("result", "评定结果", source="standing.result", kind=OUTCOME, sortable=False),
        Column("items", "分项数", source="standing.items", sortable=False),
        Column("passed", "合格分项", source="standing.passed", sortable=False),
        Column("rate", "合格率", source="standing.rate", sortable=False),
        Column("status", "状态"),
        Column("investment", listed=False),
        Column("remark", listed=False, wide=True),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("划分", ("section", "kind", "code", "name", "parent_code", "works")),
        ("内容", ("stakes", "investment", "remark")),
    )
    fixed = ("section", "code", "kind")
    key = ("section", "code")
    filters = (
        "section",
        "kind",
        "works",
        "standing__result",
        "status",
        "section__project__district",
    )
    search = ("code", "name", "section__project__search_key")
    ordering = ("section_id", "path")
    related = ("standing",)
    lead_templates = ("quality/division_node.html",)

    def check_sheet(self, drafts):
        """A node's parent must be there already or stand in a row above it, and be of a kind that may have it."""
        found: dict[int, dict[str, list[str]]] = {}
        sections = {draft.section_id for _, draft in drafts if draft.section_id}
        kinds: dict[int, dict[str, str]] = defaultdict(dict)
        wanted = {draft.parent_code for _, draft in drafts if draft.parent_code}
        rows = Division._base_manager.filter(section__in=sections)
        for section, code, kind in rows.values_list("section_id", "code", "kind").iterator(5000):
            if code in wanted:
                kinds[section][code] = kind
        below = {(draft.section_id, draft.code): row for row, draft in drafts}
        for row, draft in drafts:
            known = kinds[draft.section_id]
            if draft.parent_code and draft.kind != Kind.UNIT:
                later = below.get((draft.section_id, draft.parent_code))
                if draft.parent_code not in known:
                    said = (
                        f"上级“{draft.parent_code}”在第 {later} 行，请移到本行之前。"
                        if later and later != row
                        else f"该标段和本表中都没有编号为“{draft.parent_code}”的上级。"
                    )
                    found[row] = {"parent_code": [said]}
                elif wrong := draft.misplaced(
                    Division(kind=known[draft.parent_code], code=draft.parent_code, status="active")
                ):
                    found[row] = {name: [text] for name, text in wrong.items()}
            if draft.code:
                known[draft.code] = draft.kind
        return found

    def more_context(self, record, user):
        """The way from the root down to the node, and what may be added to it."""
        above = record.above()
        by_pk = {node.pk: node for node in Division.objects.filter(pk__in=above)}
        query = {"section": str(record.section), "parent_code": record.code}
        may_add = self.may_create(user) and record.kind != Kind.ITEM and record.status == "active"
        return {
            "node_above": [by_pk[pk] for pk in above],
            "tree_url": f"{reverse('division_tree', args=[record.section_id])}?node={record.pk}",
            "add_url": f"{reverse('divisions:new')}?{urlencode(query)}" if may_add else "",
            "needs_own": record.standing.needs_own and not record.is_item,
            "own_label": Outcome(record.standing.own).label if record.standing.own else "未评定",
            "rounds": record.evaluations.order_by("-round")[:ROUNDS],
            "evaluate_url": f"{reverse('evaluations:new')}?{urlencode({'division': text_of(record)})}"
            if get("evaluations").may_create(user) and record.status == "active"
            else "",
            "point_rate": judging.rate_text(record.standing.good, record.standing.points),
        }
