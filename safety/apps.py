from importlib import import_module
from pathlib import Path

from django.apps import AppConfig

# Imported for what they register.
REGISTERING = (
    "documents",
    "fee_indicators",
    "fee_tasks",
    "flows",
    "hazard_indicators",
    "incident_indicators",
    "indicators",
    "ledgers",
    "plan_facts",
    "site_indicators",
    "step_documents",
    "tasks",
    "vetoes",
)
# What a project's and a section's page shows of this room: ledger, whether its records may be of a whole project,
# columns.
PANELS = (
    ("hidden-dangers", True, ("number", "part", "grade", "status", "deadline", "responsible_unit")),
    ("hazards", True, ("number", "part", "event", "level", "status", "responsible_unit")),
    ("inspection-visits", True, ("number", "kind", "visited_on", "status", "outcome")),
    ("incidents", True, ("number", "accident", "happened_at", "grade", "status")),
    ("dangerous-works", False, ("number", "part", "item", "level", "status", "begun_on")),
    ("machines", False, ("kind", "code", "status", "is_special")),
    ("camps", False, ("name", "sleepers", "status", "whistleblower")),
)


class SafetyConfig(AppConfig):
    name = "safety"
    verbose_name = "安全"

    def ready(self) -> None:
        from projects import findings
        from supervision.ledgers.ledger import Panel
        from supervision.ledgers.registry import add_panel, add_template
        from supervision.rules import shipped

        from . import services
        from .inspections import sealing
        from .site import raising

        shipped.add_folder(Path(__file__).parent / "data")
        for name in REGISTERING:
            import_module(f"safety.{name}")
        for ledger, placed, columns in PANELS:
            add_panel("projects", Panel(ledger, "project" if placed else "section__project", columns=columns))
            add_panel("sections", Panel(ledger, "section", columns=columns))
        add_template("projects", "safety/hazard_of_project.html")
        add_template("sections", "safety/fee_of_section.html")
        findings.origins[sealing.LABEL] = findings.Origin("检查发现的问题", sealing.origin)
        findings.origins[raising.ORIGIN] = findings.Origin("现场安全管理记录", raising.origin)
        findings.raisers["hidden_danger"] = services.raise_danger
