"""`manage.py load_demo_quality`: the demonstration of this room, after `load_demo`."""

from importlib import import_module

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

# In this order; each `load()` says how many records it made and adds nothing twice.
PARTS = (
    ("质量责任、首件与隐蔽工程", "demo_works"),
    ("试验检测、材料与缺陷", "demo_testing"),
    ("分部分项与验收", "demo_division"),
)


class Command(BaseCommand):
    help = "在演示数据上载入质量管理的演示记录（全部虚构并有标记）；可重复运行。须先运行 load_demo。"

    def handle(self, *, verbosity=1, **options):
        try:
            with transaction.atomic():
                made = [(label, import_module(f"quality.{name}").load()) for label, name in PARTS]
        except LookupError as error:
            raise CommandError(str(error)) from error
        if verbosity:
            for label, number in made:
                told = f"已载入 {number} 条。" if number else "已在库中，未改动。"
                self.stdout.write(f"演示{label}{told}")
