"""`manage.py load_report_templates`: the templates of reports that come with the portal."""

from django.core.management import BaseCommand

from supervision.flows.history import Actor
from supervision.plan.reports import shipped


class Command(BaseCommand):
    help = "Enter the shipped templates of reports; what is there stays as it is."

    def handle(self, *, verbosity: int, **options) -> None:
        made = shipped.load(Actor.of(None, "command"))
        if verbosity:
            self.stdout.write("、".join(map(str, made)) or "内置报告模板已在库中。")
