"""`manage.py load_plan`: the plan with everything it names, in an empty portal as in one long in use."""

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from projects.loading import authorities, registry
from supervision.flows.history import Actor
from supervision.plan.loading import Once, Refused, load_plan
from supervision.rules.calendar import load_holidays


class Command(BaseCommand):
    help = (
        "载入宿交发〔2024〕69号方案及其单位、目标、任务、申报方案、项目与申报；可重复运行，不覆盖已有修改。"
    )

    def handle(self, *, verbosity=1, **options):
        try:
            plan = registry.read_plan()
            with transaction.atomic():
                created = self.load(plan)
        except (registry.BadData, Refused) as error:
            raise CommandError(str(error)) from error
        if verbosity:
            told = "，".join(f"{name} {number}" for name, number in created.items() if number)
            self.stdout.write(f"{plan['document']['number']} 已载入：{told or '没有新内容'}。")

    def load(self, plan: dict) -> dict[str, int]:
        number = plan["document"]["number"]
        once = Once(
            f"load_plan {number}", Actor.of(None, "command"), label="载入方案", reason=f"载入{number}"
        )
        counted = {"节假日": load_holidays(), "县区": authorities.load_districts()}
        authorities.load_organizations(once)
        registry.load_schemes(once)
        load_plan(plan, once, authorities.organization_named)
        registry.PlanRegistry(plan, once).load()
        return counted | once.created
