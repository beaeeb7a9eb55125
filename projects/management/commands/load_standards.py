"""`manage.py load_standards`: the standards that come with the portal, in an empty one as in one long in use."""

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from projects.assessments.generating import load_schedules
from projects.standards import shipped
from supervision.flows.history import Actor


class Command(BaseCommand):
    help = "载入随系统提供的评价标准（平安工地、品质工程及外省示例）；可重复运行，不覆盖已有内容。"

    def handle(self, *, verbosity=1, **options):
        try:
            made = shipped.load()
            made["考核周期"] = load_schedules(Actor.of(None, "command"))
        except (shipped.BadStandard, ValidationError) as error:
            raise CommandError("；".join(getattr(error, "messages", [str(error)]))) from error
        if verbosity:
            told = "，".join(f"{name} {number}" for name, number in made.items() if number)
            self.stdout.write(f"评价标准已载入：{told or '没有新内容'}。")
