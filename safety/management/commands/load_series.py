"""`manage.py load_series`: the entered series that come with the portal."""

from django.core.management.base import BaseCommand
from django.db import transaction

from safety.series.shipping import load_series


class Command(BaseCommand):
    help = "载入随系统提供的指标序列（来源见各条依据文件）；可重复运行，不覆盖已有修改。"

    def handle(self, *, verbosity=1, **options):
        with transaction.atomic():
            number = load_series()
        if verbosity:
            self.stdout.write(f"指标序列已载入：新增 {number} 条。")
