from django.apps import AppConfig


class PlanConfig(AppConfig):
    name = "supervision.plan"
    label = "plan"
    verbose_name = "计划与目标"

    def ready(self) -> None:
        from pathlib import Path

        from supervision.rules import shipped

        from . import (  # noqa: F401
            appraisal_flow,
            appraisal_ledgers,
            appraisal_papers,
            campaign_flow,
            campaign_ledgers,
            documents,
            duty_figures,
            duty_ledgers,
            ledgers,
            notice_ledgers,
            plan_facts,
            report_ledgers,
            share_ledgers,
        )

        shipped.add_folder(Path(__file__).parent / "data")
        from .reports import tasks  # noqa: F401
