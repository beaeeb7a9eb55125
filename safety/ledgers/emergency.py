"""The ledgers of emergency management: plans, drills, materials, the duty roster, weather warnings and checks."""

from __future__ import annotations

from django.db.models import Value
from django.urls import reverse

from projects import findings
from supervision.ledgers.columns import ChoiceKind, Column
from supervision.ledgers.ledger import Ledger, Panel
from supervision.ledgers.registry import register
from supervision.people.models import AUTHORITY_ROLES, READER_ROLES, Role

from ..filters import MaterialFilter
from ..models import (
    Drill,
    DutyShift,
    EmergencyMaterial,
    EmergencyPlan,
    WeatherAnswer,
    WeatherCheck,
    WeatherWarning,
)
from ..models.emergency import MATERIALS, WarningColor
from ..rules import rule

UNITS = frozenset({Role.CONTRACTOR, Role.OWNER, Role.ENTERPRISE})
STANDING = {"expired": "已过期", "short": "低于最低储备", "soon": "即将到期", "fit": "正常"}
STANDING_COLORS = {"expired": "red", "short": "orange", "soon": "yellow", "fit": "green"}
COLORS = {"blue": "blue", "yellow": "yellow", "orange": "orange", "red": "red"}


@register
class EmergencyPlanLedger(Ledger):
    model = EmergencyPlan
    slug = "emergency-plans"
    label = "应急预案"
    menu = "安全管理"
    menu_roles = READER_ROLES
    family = "应急管理"
    order = 200
    icon = "journal-medical"
    intro = "修订的预案新增一版并选“修订自”；新版报备后，原版自动停用。"
    create_roles = edit_roles = attach_roles = UNITS
    importable = False
    columns = (
        Column("number", "编号", frozen=True),
        Column("project"),
        Column("section"),
        Column("kind"),
        Column("title"),
        Column("edition"),
        Column("former", listed=False),
        Column("status", "状态"),
        Column("reviewed_on", source="reviewed_on"),
        Column("reviewers", source="reviewers", listed=False),
        Column("filed_on", source="filed_on"),
        Column("filed_with", source="filed_with", listed=False),
        Column("filing_number", source="filing_number", listed=False),
        Column("rechecked_on", listed=False),
        Column("next_review_on"),
        Column("replaced_on", listed=False),
        Column("content", listed=False, wide=True),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (("预案", ("project", "section", "kind", "title", "former", "content")),)
    fixed = ("project", "section", "kind")
    filters = ("status", "kind", "project", "section", "project__district", "project__mode", "next_review_on")
    search = ("number", "title", "project__search_key")
    panels = (Panel("drills", "plan", columns=("kind", "topic", "held_on", "headcount")),)


@register
class DrillLedger(Ledger):
    model = Drill
    slug = "drills"
    label = "应急演练"
    menu = "安全管理"
    menu_roles = READER_ROLES
    family = "应急管理"
    order = 201
    icon = "megaphone"
    create_roles = edit_roles = attach_roles = UNITS
    importable = False
    columns = (
        Column("number", "编号", frozen=True),
        Column("project"),
        Column("section"),
        Column("kind"),
        Column("topic"),
        Column("plan", listed=False),
        Column("planned_on"),
        Column("held_on", source="held_on"),
        Column("headcount", source="headcount"),
        Column("status", "状态"),
        Column("assessment", source="assessment", listed=False, wide=True),
        Column("improvement", source="improvement", listed=False, wide=True),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (("演练", ("project", "section", "kind", "topic", "plan", "planned_on")),)
    fixed = ("project", "section")
    filters = (
        "status",
        "kind",
        "project",
        "section",
        "project__district",
        "project__mode",
        "held_on",
        "plan",
    )
    search = ("number", "topic", "project__search_key")
    list_templates = ("safety/drill_list.html",)


@register
class EmergencyMaterialLedger(Ledger):
    model = EmergencyMaterial
    slug = "emergency-materials"
    label = "应急物资"
    menu = "安全管理"
    menu_roles = READER_ROLES
    family = "应急管理"
    order = 202
    icon = "box-seam"
    create_roles = edit_roles = attach_roles = UNITS
    columns = (
        Column("name", frozen=True),
        Column("spec"),
        Column("project"),
        Column("section"),
        Column("place"),
        Column("quantity"),
        Column("measure"),
        Column("least"),
        Column(
            "standing", "状况", source="standing", sheet=False, kind=ChoiceKind(STANDING, STANDING_COLORS)
        ),
        Column("expires_on"),
        Column("checked_on", listed=False),
        Column("keeper"),
        Column("phone", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("物资", ("project", "section", "name", "spec", "measure", "quantity", "least")),
        ("存放与管理", ("place", "keeper", "phone", "expires_on", "checked_on")),
    )
    key = ("project", "section", "name", "spec", "place")
    filters = ("project", "section", "project__district", "project__mode", "expires_on")
    filterset_class = MaterialFilter
    search = ("name", "place", "keeper", "project__search_key")

    def queryset(self, user):
        days = rule(MATERIALS).content["soon_days"]
        return super().queryset(user).annotate(soon_days=Value(days))


@register
class DutyShiftLedger(Ledger):
    model = DutyShift
    slug = "duty-shifts"
    label = "值班带班"
    menu = "安全管理"
    menu_roles = READER_ROLES
    family = "应急管理"
    order = 203
    icon = "calendar-week"
    intro = "可用表格整月导入。不选标段的，为项目值班表，其全部标段适用。"
    create_roles = edit_roles = UNITS
    columns = (
        Column("day", frozen=True),
        Column("project"),
        Column("section"),
        Column("period"),
        Column("leader"),
        Column("leader_phone", listed=False),
        Column("officers"),
        Column("phone"),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("值班", ("project", "section", "day", "period")),
        ("人员", ("leader", "leader_phone", "officers", "phone")),
    )
    key = ("project", "section", "day", "period")
    ordering = ("-day", "-pk")
    filters = ("project", "section", "project__district", "day", "period")
    search = ("leader", "officers", "project__search_key")
    list_templates = ("safety/duty_list.html",)


@register
class WeatherWarningLedger(Ledger):
    model = WeatherWarning
    slug = "weather-warnings"
    label = "气象预警"
    menu = "安全管理"
    family = "应急管理"
    order = 204
    icon = "cloud-lightning-rain"
    intro = "登记或导入后，核查清单只发给在建且有相应风险的标段；预警结束时截止。登记后不再修改。"
    create_roles = AUTHORITY_ROLES
    columns = (
        Column("number", "编号", frozen=True),
        Column("kind"),
        Column("color", kind=ChoiceKind(dict(WarningColor.choices), COLORS)),
        Column("district"),
        Column("mode"),
        Column("issued_at"),
        Column("ends_at"),
        Column("source"),
        Column("content", listed=False, wide=True),
        Column("exposed"),
        Column("is_demo", listed=False, sheet=False),
    )
    groups = (
        ("预警", ("kind", "color", "issued_at", "ends_at", "source", "content")),
        ("范围（不填为全市）", ("district", "mode")),
    )
    filters = ("kind", "color", "district", "issued_at")
    search = ("number", "source", "content")
    panels = (
        Panel("weather-checks", "warning", columns=("project", "section", "because", "status", "failed")),
    )


@register
class WeatherCheckLedger(Ledger):
    model = WeatherCheck
    slug = "weather-checks"
    label = "气象预警核查"
    menu = "安全管理"
    family = "应急管理"
    order = 205
    icon = "clipboard2-pulse"
    intro = "不符合的项目报送后即转为隐患，按隐患整改销号。"
    attach_roles = UNITS
    importable = False
    columns = (
        Column("project", frozen=True),
        Column("section"),
        Column("warning"),
        Column("because", wide=True),
        Column("ends_at"),
        Column("status", "状态"),
        Column("answered_at"),
        Column("failed"),
        Column("lapsed_on", listed=False),
        Column("is_demo", listed=False, sheet=False),
    )
    filters = ("status", "project", "section", "project__district", "warning", "lapsed_on")
    search = ("project__search_key", "because", "warning__number")
    lead_templates = ("safety/weather_check.html",)

    def more_context(self, record, user):
        from ..emergency.views import may_answer

        return {
            "answers": list(record.answers.all()),
            "answer_url": reverse("answer_weather_check", args=[record.pk])
            if may_answer(record, user)
            else "",
        }


def origin_of_answer(pk, user):
    row = (
        WeatherAnswer.objects.visible_to(user)
        .select_related("check_of__warning", "check_of__project", "check_of__section__project")
        .filter(pk=pk)
        .first()
    )
    return (str(row.check_of), reverse("weather-checks:detail", args=[row.check_of_id])) if row else None


findings.origins["safety.weatheranswer"] = findings.Origin("气象预警核查", origin_of_answer)
