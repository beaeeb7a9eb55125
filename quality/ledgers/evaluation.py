"""The ledgers of the evaluation: its rounds, and what each round measured."""

from __future__ import annotations

from supervision.ledgers.columns import ChoiceKind, Column, LinesKind
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.people.models import Role

from ..division import following
from ..models import QualityDefect
from ..models.division import OUTCOME_COLORS, Outcome
from ..models.evaluation import Appearance, Documents, Evaluation, Measurement

MEASURERS = frozenset({Role.CONTRACTOR})


@register
class EvaluationLedger(Ledger):
    model = Evaluation
    slug = "evaluations"
    list_templates = ("quality/evaluation_list.html",)
    label = "质量评定"
    menu = "质量管理"
    order = 301
    family = "分部分项评定"
    icon = "clipboard2-check"
    intro = "每轮评定永久保留：不合格的返工处理后另作一轮。结果按实测数据和现行标准计算，不能填写。"
    create_roles = edit_roles = MEASURERS
    columns = (
        Column("number", "编号", frozen=True),
        Column("section", sheet=False),
        Column("division"),
        Column("kind", "层级", source="division.get_kind_display", sheet=False, sortable=False),
        Column("round"),
        Column("measured_on"),
        Column("status", "状态"),
        Column("result", kind=ChoiceKind(dict(Outcome.choices), OUTCOME_COLORS)),
        Column("points"),
        Column("good", listed=False),
        Column("rate", "合格率", source="rate", sheet=False, sortable=False),
        Column("repair", wide=True, listed=False),
        Column("appearance", source="appearance", kind=ChoiceKind(dict(Appearance.choices)), listed=False),
        Column("documents", source="documents", kind=ChoiceKind(dict(Documents.choices)), listed=False),
        Column("reasons", kind=LinesKind(), listed=False, wide=True, sheet=False),
        Column("judged_on", listed=False),
        Column("unit", listed=False, sheet=False),
        Column("judging_rule_text", "评定标准", source="judging_rule.title", listed=False, sheet=False),
        Column("judging_source", "标准依据", source="judging_rule.source_label", listed=False, sheet=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (("评定对象", ("division", "measured_on", "repair")),)
    fixed = ("division",)
    filters = (
        "status",
        "result",
        "round",
        "section",
        "section__project__district",
        "division__works",
        "division__kind",
        "unit",
        "judged_on",
        "division",
    )
    search = ("number", "division__code", "division__name", "section__project__search_key")
    related = ("judging_rule",)
    lead_templates = ("quality/evaluation.html",)
    panels = (
        Panel(
            "measurements",
            "evaluation",
            columns=("name", "is_key", "unit", "lower", "upper", "points", "good", "beyond", "rate"),
            rows=30,
        ),
    )

    def more_context(self, record, user):
        if record.result != Outcome.FAIL:
            return {}
        found = following.defects_of(record.division_id).filter(source_id__lte=record.pk)
        return {"defect": found.visible_to(user).select_related(*QualityDefect.text_joins).first()}


@register
class MeasurementLedger(Ledger):
    model = Measurement
    slug = "measurements"
    label = "实测项目"
    menu = "质量管理"
    order = 302
    family = "分部分项评定"
    icon = "rulers"
    intro = "一行为一个检查项目在一轮评定中的全部测点；评定提交后不再修改。"
    create_roles = edit_roles = MEASURERS
    columns = (
        Column("evaluation", frozen=True),
        Column("name", frozen=True),
        Column("is_key"),
        Column("unit"),
        Column("design", listed=False),
        Column("lower"),
        Column("upper"),
        Column("extreme_lower", listed=False),
        Column("extreme_upper", listed=False),
        Column("values", listed=False, wide=True),
        Column("points"),
        Column("good"),
        Column("beyond"),
        Column("rate", "合格率", source="rate", sheet=False, sortable=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("检查项目", ("evaluation", "name", "is_key", "unit")),
        ("限值", ("design", "lower", "upper", "extreme_lower", "extreme_upper")),
        ("实测", ("values",)),
    )
    fixed = ("evaluation",)
    key = ("evaluation", "name")
    filters = ("evaluation", "is_key")
    search = ("evaluation__number", "name")

    def may_edit(self, record, user):
        return record.evaluation.status == "measuring" and super().may_edit(record, user)
