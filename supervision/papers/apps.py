from django.apps import AppConfig


class PapersConfig(AppConfig):
    name = "supervision.papers"
    label = "papers"
    verbose_name = "附件与文书"

    def ready(self):
        from supervision.flows import perform

        from . import services

        perform.count_attachments = services.counts
