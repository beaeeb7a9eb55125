from django.apps import AppConfig


class PlanConfig(AppConfig):
    name = "supervision.plan"
    label = "plan"
    verbose_name = "计划与目标"

    def ready(self) -> None:
        from . import ledgers, notice_ledgers, report_ledgers  # noqa: F401
        from .reports import tasks  # noqa: F401
