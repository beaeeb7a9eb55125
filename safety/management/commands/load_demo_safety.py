"""`manage.py load_demo_safety`: the demonstration of this room, after `load_demo`."""

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from safety import demo, demo_fees, demo_incidents, demo_inspections, demo_sectors, demo_site

PARTS = (
    ("隐患", demo),
    ("风险与检查", demo_inspections),
    ("现场安全管理", demo_site),
    ("安全生产费用", demo_fees),
    ("事故险情、应急与管线", demo_incidents),
    ("监管对象、行业指标与技术服务机构", demo_sectors),
)


class Command(BaseCommand):
    help = "在演示数据上载入安全管理的演示记录（全部虚构并有标记）；可重复运行。须先运行 load_demo。"

    def handle(self, *, verbosity=1, **options):
        try:
            with transaction.atomic():
                made = [(name, part.load()) for name, part in PARTS]
        except LookupError as error:
            raise CommandError(str(error)) from error
        if verbosity:
            for name, number in made:
                told = f"已载入 {number} 条。" if number else "已在库中，未改动。"
                self.stdout.write(f"演示{name}{told}")
