from django.apps import AppConfig


class PlanConfig(AppConfig):
    name = "supervision.plan"
    label = "plan"
    verbose_name = "计划与目标"

    def ready(self) -> None:
        from pathlib import Path

        from supervision.rules import shipped

        shipped.add_folder(Path(__file__).parent / "data")
        from . import documents, ledgers, notice_ledgers, plan_facts, share_ledgers  # noqa: F401
