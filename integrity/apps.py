from importlib import import_module
from pathlib import Path

from django.apps import AppConfig

# Imported for what they register.
REGISTERING = (
    "conduct_indicators",
    "conduct_jobs",
    "credit_tasks",
    "flows",
    "ledgers",
    "plan_facts",
    "tendering_indicators",
)


class IntegrityConfig(AppConfig):
    name = "integrity"
    verbose_name = "信用廉洁"

    def ready(self) -> None:
        from supervision.flows import history
        from supervision.rules import shipped

        shipped.add_folder(Path(__file__).parent / "data")
        for name in REGISTERING:
            import_module(f"integrity.{name}")
        from .tendering import panels

        panels.add()
        from .models import reporting

        history.derived["integrity.conductreport"] = reporting.altered
