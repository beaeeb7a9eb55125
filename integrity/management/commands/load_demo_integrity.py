"""`manage.py load_demo_integrity`: the demonstration of this room, after `load_demo`."""

from importlib import import_module
from pkgutil import iter_modules

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

import integrity


def parts() -> list:
    """Every module integrity/demo_*.py, by name; each has `LABEL` and `load()`."""
    names = sorted(found.name for found in iter_modules(integrity.__path__) if found.name.startswith("demo_"))
    return [import_module(f"integrity.{name}") for name in names]


class Command(BaseCommand):
    help = "在演示数据上载入信用廉洁的演示记录（全部虚构并有标记）；可重复运行。须先运行 load_demo。"

    def handle(self, *, verbosity=1, **options):
        try:
            with transaction.atomic():
                made = [(getattr(part, "LABEL", part.__name__), part.load()) for part in parts()]
        except LookupError as error:
            raise CommandError(str(error)) from error
        if verbosity:
            for name, number in made:
                told = f"已载入 {number} 条。" if number else "已在库中，未改动。"
                self.stdout.write(f"演示{name}{told}")
