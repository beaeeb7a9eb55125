"""The ledgers of tests: samples, results, questions about figures, durability."""

from __future__ import annotations

from django.urls import reverse

from supervision.flows.errors import NotAllowed
from supervision.ledgers.columns import ChoiceKind, Column
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.ledgers.words import WordKind
from supervision.people.models import Role

from ..filters import DurabilityFilter, ResultFilter, SampleFilter
from ..flows.roles import AUTHORITY
from ..models import DataQuestion, DurabilityCheck, QualityDefect, Sample, Test
from ..models.durability import Checker
from ..models.testing import OUTCOME_COLORS, Outcome, Purpose
from ..rules import components, materials, parameters
from ..testing import following
from .in_the_name import InTheName
from .laboratories import FAMILY, REGISTRARS, UNITS, works_for

TESTERS = frozenset({Role.LABORATORY, Role.INSPECTOR})


@register
class SampleLedger(InTheName):
    model = Sample
    slug = "samples"
    label = "样品"
    menu = "质量管理"
    order = 358
    family = FAMILY
    icon = "box-seam"
    intro = "涉及结构安全的施工自检样品须经监理或建设单位见证后收样；编号由系统取得，随样品标识。"
    create_roles = edit_roles = REGISTRARS | UNITS
    attach_roles = REGISTRARS | UNITS
    # Spot-checks are theirs whose they are: they need no witness, and they alone count in 抽检合格率.
    speakers = {
        Purpose.PARALLEL: REGISTRARS | {Role.SUPERVISOR},
        Purpose.OWNER: REGISTRARS | {Role.OWNER},
        Purpose.AUTHORITY: REGISTRARS,
    }
    columns = (
        Column("number", "样品编号", frozen=True),
        Column("section"),
        Column("material", kind=WordKind(materials)),
        Column("grade"),
        Column("purpose"),
        Column("batch", listed=False),
        Column("part"),
        Column("status", "状态"),
        Column("quantity", listed=False),
        Column("sampled_on"),
        Column("sampler", listed=False),
        Column("needs_witness", listed=False),
        Column("witness", source="witness", listed=False),
        Column("witnessed_on", listed=False),
        Column("received_on", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("样品", ("section", "part", "material", "grade", "purpose", "batch", "quantity")),
        ("取样", ("sampled_on", "sampler")),
    )
    fixed = ("section",)
    filterset_class = SampleFilter
    filters = ("status", "purpose", "material", "section", "section__project", "sampled_on")
    search = ("number", "part", "grade", "section__project__search_key", "section__code")
    panels = (Panel("tests", "sample", columns=("number", "parameter", "value", "limits_text", "outcome")),)

    def said(self, record):
        return record.purpose

    def refusal(self, record):
        return f"您的角色不能登记或修改“{record.get_purpose_display()}”的样品。"


@register
class TestLedger(Ledger):
    model = Test
    slug = "tests"
    label = "试验检测"
    menu = "质量管理"
    order = 360
    family = FAMILY
    icon = "clipboard2-data"
    intro = "结果由实测值按试验日的限值表判定，不能填写；登记后不修改。不合格的同时生成质量缺陷，复检的原结果保留。"
    create_roles = TESTERS
    attach_roles = TESTERS
    columns = (
        Column("number", "试验编号", frozen=True),
        Column("section"),
        Column("sample", listed=False),
        Column("material", "试验对象"),
        Column("grade"),
        Column("parameter", kind=WordKind(parameters)),
        Column("measured", listed=False, wide=True),
        Column("value"),
        Column("limits_text", "限值", source="limits_text", sheet=False),
        Column("outcome", kind=ChoiceKind(dict(Outcome.choices), OUTCOME_COLORS)),
        Column("tested_on"),
        Column("status", "状态"),
        Column("purpose"),
        Column("unit", listed=False),
        Column("laboratory"),
        Column("equipment", listed=False),
        Column("started_at", listed=False),
        Column("finished_at", listed=False),
        Column("tester", listed=False),
        Column("report", listed=False),
        Column("retest_of", listed=False),
        Column("attempt", listed=False),
        Column("limit_text", "限值表", source="limit_rule.title", listed=False, sheet=False),
        Column("limit_source", "限值依据", source="limit_rule.source_label", listed=False, sheet=False),
        Column("voided_on", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("对象", ("sample", "parameter", "retest_of")),
        ("试验", ("laboratory", "equipment", "started_at", "finished_at", "tester", "report")),
        ("结果", ("measured",)),
    )
    filterset_class = ResultFilter
    filters = (
        "outcome",
        "purpose",
        "material",
        "parameter",
        "status",
        "section",
        "section__project",
        "section__project__district",
        "unit",
        "laboratory",
        "tested_on",
    )
    search = ("number", "report", "sample__number", "section__project__search_key", "section__code")
    related = (
        "sample__section__project",
        "equipment__laboratory",
        "limit_rule",
        "retest_of__section__project",
    )
    lead_templates = ("quality/test.html",)
    list_templates = ("quality/test_list.html",)

    def check_reach(self, saved, user):
        super().check_reach(saved, user)
        if user.roles & AUTHORITY:
            return
        for record in saved:
            if not works_for(user, record.laboratory):
                raise NotAllowed(f"您不是{record.laboratory}的人员，不能登记其试验。")

    def more_context(self, record, user):
        first = following.first_of(record)
        found = QualityDefect.objects.visible_to(user).filter(
            source_label=following.LABEL, source_id=first.pk
        )
        after = Test.objects.visible_to(user).filter(retest_of=record)
        return {
            "defect": found.select_related("project", "section__project").first(),
            "after": after.select_related("section__project").order_by("status", "-pk").first(),
        }


@register
class DataQuestionLedger(Ledger):
    model = DataQuestion
    slug = "data-questions"
    label = "数据疑点"
    menu = "质量管理"
    order = 362
    family = FAMILY
    icon = "question-diamond"
    intro = "系统每夜比对新登记的试验，只列出看到的情况、统计量和样本数；是否有问题由人核实后填写。"
    importable = False
    columns = (
        Column("number", "编号", frozen=True),
        Column("kind"),
        Column("section"),
        Column("laboratory"),
        Column("parameter"),
        Column("facts", wide=True, width=40),
        Column("statistic"),
        Column("threshold", listed=False),
        Column("cases"),
        Column("status", "状态"),
        Column("asked_on"),
        Column("due_on", listed=False),
        Column("explanation", listed=False, wide=True),
        Column("conclusion"),
        Column("answered_on", listed=False),
        Column("rule_text", "提出条件", source="signs_rule.title", listed=False, sheet=False),
        Column("rule_source", "条件依据", source="signs_rule.source_label", listed=False, sheet=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (("说明", ("explanation",)),)
    filters = ("status", "kind", "conclusion", "section", "section__project", "laboratory", "asked_on")
    search = ("number", "facts", "laboratory__name", "section__project__search_key")
    related = ("signs_rule",)
    detail_templates = ("quality/question.html",)

    def more_context(self, record, user):
        found = Test.objects.visible_to(user).filter(pk__in=record.test_ids)
        return {"tests_about": found.select_related("section__project", "sample").order_by("pk")}


@register
class DurabilityLedger(InTheName):
    model = DurabilityCheck
    slug = "durability-checks"
    label = "耐久性指标"
    menu = "质量管理"
    order = 364
    family = FAMILY
    icon = "graph-up"
    intro = "钢筋混凝土强度、外观、构件尺寸、保护层厚度；限值为本系统设定，点合格率和结论按检测日的限值计算。"
    create_roles = AUTHORITY | {Role.CONTRACTOR, Role.SUPERVISOR, Role.LABORATORY}
    edit_roles = AUTHORITY | {Role.SUPERVISOR}
    speakers = {Checker.SUPERVISOR: AUTHORITY | {Role.SUPERVISOR}, Checker.AUTHORITY: AUTHORITY}
    columns = (
        Column("section"),
        Column("part", frozen=True),
        Column("component", kind=WordKind(components)),
        Column("stakes", listed=False),
        Column("indicator"),
        Column("checker"),
        Column("checked_on"),
        Column("design", listed=False),
        Column("measured", listed=False, wide=True),
        Column("points"),
        Column("passed_points", listed=False),
        Column("rate"),
        Column("mean", "均值（偏差、比值）"),
        Column("low", listed=False),
        Column("high", listed=False),
        Column("passed"),
        Column("limit_text", "限值表", source="limit_rule.title", listed=False, sheet=False),
        Column("limit_source", "限值依据", source="limit_rule.source_label", listed=False, sheet=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("构件", ("section", "part", "component", "stakes")),
        ("检测", ("indicator", "checker", "checked_on", "design", "measured")),
    )
    fixed = ("section",)
    filterset_class = DurabilityFilter
    filters = (
        "indicator",
        "passed",
        "checker",
        "component",
        "section",
        "section__project",
        "section__project__district",
        "checked_on",
    )
    search = ("part", "section__project__search_key", "section__code")
    related = ("limit_rule",)
    detail_templates = ("quality/durability_of.html",)

    def said(self, record):
        return record.checker

    def refusal(self, record):
        return f"您的角色不能登记或修改“{record.get_checker_display()}”的检测。"

    def more_context(self, record, user):
        address = reverse("durability_chart")
        return {"chart_url": f"{address}?section={record.section_id}&indicator={record.indicator}"}
