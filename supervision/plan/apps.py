from django.apps import AppConfig


class PlanConfig(AppConfig):
    name = "supervision.plan"
    label = "plan"
    verbose_name = "计划与目标"

    def ready(self) -> None:
        from pathlib import Path

        from supervision.rules import shipped

        from . import duty_figures, duty_ledgers, ledgers, notice_ledgers  # noqa: F401

        shipped.add_folder(Path(__file__).parent / "data")
