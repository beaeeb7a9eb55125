from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    name = "supervision.jobs"
    label = "jobs"
    verbose_name = "后台任务"

    def ready(self) -> None:
        # The web process must know the kinds too, not only the worker: enqueue() refuses unknown ones.
        autodiscover_modules("tasks")
