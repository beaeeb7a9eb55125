from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "supervision.people"
    label = "people"
    verbose_name = "组织与人员"

    def ready(self) -> None:
        from . import checks, signals  # noqa: F401
