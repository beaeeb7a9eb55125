from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    name = "projects"
    verbose_name = "项目"

    def ready(self) -> None:
        from pathlib import Path

        from supervision.flows import history
        from supervision.plan import naming
        from supervision.rules import shipped

        from . import assessment_flow, assessment_indicators, flows, indicators, ledgers, plan_facts  # noqa: F401
        from .assessments import reminding  # noqa: F401
        from .assessments.marking import verify_marks
        from .notice_lists import NoticeProjects

        history.derived["projects.assessment"] = verify_marks
        naming.keep_projects(NoticeProjects())
        shipped.add_folder(Path(__file__).parent / "data" / "rules")
