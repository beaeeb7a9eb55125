"""The ledgers of schemes and first articles: key points, construction schemes, first articles, batches."""

from __future__ import annotations

from supervision.ledgers.columns import Column
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register

from ..flows.roles import CONTRACTOR, OWNER, SUPERVISOR
from ..models import (
    Batch,
    ConstructionScheme,
    FirstArticle,
    FirstArticleCheck,
    FirstArticleResult,
    KeyPoint,
)

FAMILY = "方案与首件"
DEMO = Column("is_demo", listed=False, sheet=False)
AT = ("section", "section__project", "section__project__district")


class OfWorks(Ledger):
    menu, family = "质量管理", FAMILY
    create_roles = edit_roles = CONTRACTOR | OWNER
    attach_roles = CONTRACTOR | SUPERVISOR | OWNER
    fixed = ("section",)


@register
class KeyPointLedger(OfWorks):
    model, slug, label, order = KeyPoint, "quality-key-points", "质量风险与重难点清单", 210
    icon = "pin-map"
    create_roles = edit_roles = CONTRACTOR | SUPERVISOR | OWNER
    columns = (
        Column("number", "编号", frozen=True),
        Column("section"),
        Column("kind"),
        Column("part"),
        Column("stakes"),
        Column("description", wide=True),
        Column("measures", listed=False, wide=True),
        Column("unit"),
        Column("person"),
        Column("status", "状态"),
        Column("found_on", listed=False),
        Column("controlled_on", listed=False),
        Column("settled_on", listed=False),
        DEMO,
    )
    groups = (
        ("在哪里", ("section", "kind", "part", "stakes")),
        ("风险与措施", ("description", "measures", "unit", "person", "found_on")),
    )
    filters = ("status", "kind", *AT, "unit", "found_on")
    search = ("number", "part", "description", "section__project__search_key", "section__code")


@register
class ConstructionSchemeLedger(OfWorks):
    model, slug, label, order = ConstructionScheme, "construction-schemes", "施工方案", 211
    icon = "file-earmark-ruled"
    intro = "按分级审查审批；先方案、后交底、再施工，验收合格方可进入下道工序。分级标准为本系统设定。"
    importable = False
    columns = (
        Column("number", "编号", frozen=True),
        Column("section"),
        Column("title"),
        Column("part"),
        Column("stakes", listed=False),
        Column("grade"),
        Column("status", "状态"),
        *(
            Column(
                name, source=name, listed=name in ("approved_on", "disclosed_on", "accepted_on"), group="日期"
            )
            for name in (
                "made_on",
                "reviewed_on",
                "argued_on",
                "approved_on",
                "disclosed_on",
                "begun_on",
                "finished_on",
                "accepted_on",
            )
        ),
        Column("experts", source="experts", listed=False),
        Column("disclosed_to", source="disclosed_to", listed=False),
        Column("disclosures", source="disclosures", listed=False),
        Column("overrulings_text", "越过的步骤", source="overrulings_text", listed=False, wide=True),
        Column("rules_text", "分级依据", source="rules.source_label", listed=False, sheet=False),
        DEMO,
    )
    groups = (("方案", ("section", "title", "part", "stakes", "grade")),)
    filters = ("status", "grade", *AT, "overruling_unseen", "approved_on")
    search = ("number", "title", "part", "section__project__search_key", "section__code")
    related = ("rules",)


@register
class FirstArticleLedger(OfWorks):
    model, slug, label, order = FirstArticle, "first-articles", "首件工程", 212
    icon = "1-circle"
    intro = "清单、方案、监理审批、实施、检评、总结、推广；首件合格前不得批量施工。"
    columns = (
        Column("section", frozen=True),
        Column("item"),
        Column("trigger"),
        Column("part"),
        Column("stakes", listed=False),
        Column("planned_on"),
        Column("status", "状态"),
        Column("attempt"),
        Column("approved_on", source="approved_on", listed=False),
        Column("built_on", source="built_on", listed=False),
        Column("judged_on", listed=False),
        Column("passed_on"),
        Column("lessons", source="lessons", listed=False, wide=True),
        Column("rolled_out_on", listed=False),
        Column("rules_text", "依据", source="rules.source_label", listed=False, sheet=False),
        DEMO,
    )
    groups = (("首件", ("section", "item", "trigger", "part", "stakes", "planned_on")),)
    key = ("section", "item")
    filters = ("status", "trigger", *AT, "planned_on", "passed_on")
    search = ("item", "part", "section__project__search_key", "section__code")
    related = ("rules",)
    panels = (
        Panel("first-article-checks", "article", columns=("name", "kind", "limits", "least_rate", "basis")),
        Panel(
            "first-article-results",
            "check_item__article",
            columns=("check_name", "attempt", "limits", "values", "rate", "passed"),
        ),
        Panel("work-batches", "article", columns=("part", "quantity", "status", "started_on")),
    )


@register
class FirstArticleCheckLedger(Ledger):
    model, slug, label, order = FirstArticleCheck, "first-article-checks", "首件检测项目", 213
    intro = "随首件方案提出；方案提交后不再增改。"
    create_roles = edit_roles = CONTRACTOR
    columns = (
        Column("article", frozen=True),
        Column("name"),
        Column("kind"),
        Column("lower", listed=False),
        Column("upper", listed=False),
        Column("measure", listed=False),
        Column("limits", "限值", source="limits", sheet=False),
        Column("least_rate"),
        Column("basis"),
        DEMO,
    )
    groups = (("检测项目", ("article", "name", "kind", "lower", "upper", "measure", "least_rate", "basis")),)
    key = ("article", "name")
    fixed = ("article",)
    filters = ("article", "kind", "article__section")
    search = ("name", "article__item", "article__section__code")


@register
class FirstArticleResultLedger(Ledger):
    model, slug, label, order = FirstArticleResult, "first-article-results", "首件检测结果", 214
    intro = "按方案所列限值评定，登记后不再修改；重新实施的首件另行登记，原结果保留。"
    create_roles = CONTRACTOR | SUPERVISOR
    attach_roles = CONTRACTOR | SUPERVISOR
    importable = False
    columns = (
        Column("check_item", frozen=True),
        Column("check_name", "项目", source="check_item.name", listed=False, sheet=False),
        Column("attempt"),
        Column("measured_on"),
        Column("limits"),
        Column("values"),
        Column("conforms", listed=False),
        Column("good"),
        Column("rate"),
        Column("passed"),
        Column("note", listed=False),
        DEMO,
    )
    groups = (("结果", ("check_item", "measured_on", "values", "conforms", "note")),)
    filters = ("check_item", "check_item__article", "passed", "measured_on")
    search = ("check_item__name", "check_item__article__item")


@register
class BatchLedger(OfWorks):
    model, slug, label, order = Batch, "work-batches", "批量施工", 215
    icon = "layers-half"
    intro = "首件合格后方可开工；确需例外的由建设单位说明理由并告知主管部门。"
    create_roles = edit_roles = CONTRACTOR
    importable = False
    columns = (
        Column("section", frozen=True),
        Column("article"),
        Column("part"),
        Column("stakes", listed=False),
        Column("quantity"),
        Column("planned_on"),
        Column("status", "状态"),
        Column("passed_on", "首件合格日期", source="article.passed_on"),
        Column("started_on", source="started_on"),
        Column("finished_on", source="finished_on", listed=False),
        Column("overruled_on"),
        DEMO,
    )
    groups = (("批量施工", ("section", "article", "part", "stakes", "quantity", "planned_on")),)
    filters = ("status", "article", *AT, "started_on", "overruled_on")
    search = ("part", "article__item", "section__project__search_key", "section__code")
