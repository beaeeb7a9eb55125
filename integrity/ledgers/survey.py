"""The ledgers of questionnaires."""

from __future__ import annotations

from django.urls import reverse

from supervision.ledgers.columns import Column
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.people.models import Role

from ..flows.survey import BUILDERS
from ..models import Survey, SurveyQuestion

FAMILY = "问卷"
READERS = BUILDERS | {Role.BUREAU_LEADER, Role.AUDIT_ADMIN}
DEMO = Column("is_demo", listed=False, sheet=False)


@register
class SurveyLedger(Ledger):
    model, slug, label, menu, order = Survey, "surveys", "不记名问卷", "信用廉洁", 440
    family, icon = FAMILY, "ui-checks"
    intro = "扫码作答，只存计数，不存每份答卷；关闭后才出结果，份数过少的不显示分项（最少份数为本系统设定）。"
    view_roles = READERS
    create_roles = edit_roles = BUILDERS
    importable = False
    columns = (
        Column("number", "编号", frozen=True),
        Column("title"),
        Column("intro", listed=False, wide=True),
        Column("groups", listed=False),
        Column("status", "状态"),
        Column("opened_on"),
        Column("close_on", source="close_on"),
        Column("closed_on"),
        DEMO,
    )
    groups = (("问卷", ("title", "intro", "groups")),)
    filters = ("status", "opened_on", "closed_on")
    search = ("number", "title", "intro")
    panels = (Panel("survey-questions", "survey", columns=("order", "kind", "text", "options", "required")),)
    detail_templates = ("integrity/survey_links.html",)

    def _acted_on(self, event):
        # The day an act names is the last day for answers, not its own.
        return None

    def more_context(self, record, user):
        return {
            "poster_url": reverse("survey_poster", args=[record.pk]) if record.takes_answers else "",
            "result_url": reverse("survey_results", args=[record.pk]) if record.over else "",
            "preview_url": reverse("survey_preview", args=[record.pk]) if record.status == "draft" else "",
        }


@register
class SurveyQuestionLedger(Ledger):
    model, slug, label, menu, order = SurveyQuestion, "survey-questions", "问卷题目", "信用廉洁", 442
    family, icon = FAMILY, "list-check"
    view_roles = READERS
    create_roles = edit_roles = BUILDERS
    importable = False
    columns = (
        Column("survey", frozen=True),
        Column("order"),
        Column("kind"),
        Column("text", wide=True),
        Column("options", wide=True),
        Column("required"),
        DEMO,
    )
    fixed = ("survey",)
    filters = ("survey", "kind")
    search = ("text", "survey__title")
    ordering = ("-survey", "order")

    def may_edit(self, record, user):
        return record.survey.status == "draft" and super().may_edit(record, user)
