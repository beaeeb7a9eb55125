"""The ledger of questions that the history asks. The discipline role's alone."""

from __future__ import annotations

from supervision.ledgers.columns import Column
from supervision.ledgers.ledger import Ledger
from supervision.ledgers.registry import register

from ..controls.showing import records_of
from ..models import ControlQuestion
from ..models.reporting import READERS


@register
class ControlQuestionLedger(Ledger):
    model, slug, label, menu, order = ControlQuestion, "control-questions", "制度核查疑问", "信用廉洁", 450
    family, icon = "制度核查", "search"
    intro = "每晚由历史算出，只是疑问：附记录、阈值和件数，由人核实；不自动处理任何人。阈值为本系统设定。"
    view_roles = READERS
    importable = False
    columns = (
        Column("number", "编号", frozen=True),
        Column("control"),
        Column("year"),
        Column("title", wide=True),
        Column("cases"),
        Column("threshold"),
        Column("status", "状态"),
        Column("asked_on"),
        Column("answer", source="answer", listed=False, wide=True),
        Column("remedy", source="remedy", listed=False, wide=True),
        Column("answered_on", listed=False),
        Column("rules_text", "阈值依据", source="rules.source_label", listed=False, sheet=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (("疑问", ("control", "year", "title", "cases", "threshold")),)
    filters = ("status", "control", "year", "asked_on")
    search = ("number", "title")
    related = ("rules",)
    detail_templates = ("integrity/control_records.html",)

    def more_context(self, record, user):
        return {"found": records_of(record.found, user)}
