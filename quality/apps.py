from importlib import import_module
from pathlib import Path

from django.apps import AppConfig

# Imported for what they register.
REGISTERING = (
    "acceptance.jobs",
    "division.jobs",
    "documents",
    "evaluation_indicators",
    "flows",
    "ledgers",
    "plan_facts",
    "tasks",
    "testing_indicators",
    "works_indicators",
)


class QualityConfig(AppConfig):
    name = "quality"
    verbose_name = "质量"

    def ready(self) -> None:
        from projects import findings
        from supervision.flows import history
        from supervision.ledgers.ledger import Panel
        from supervision.ledgers.registry import add_panel, add_template
        from supervision.rules import shipped

        from . import defects
        from .division import following as rounds
        from .division import rolling
        from .testing import following, showing
        from .works import panels

        shipped.add_folder(Path(__file__).parent / "data")
        for name in REGISTERING:
            import_module(f"quality.{name}")
        columns = ("number", "part", "grade", "status", "deadline", "responsible_unit")
        for slug, field in (("projects", "project"), ("sections", "section")):
            add_panel(slug, Panel("quality-defects", field, columns=columns))
        panels.add()
        add_template("sections", "quality/of_section.html")
        add_template("projects", "quality/of_project.html")
        findings.raisers["quality_defect"] = defects.raise_defect
        findings.origins[following.LABEL] = findings.Origin("试验", showing.origin)
        findings.origins[rounds.LABEL] = findings.Origin("质量评定", rounds.origin)
        history.derived["quality.division"] = rolling.differing
