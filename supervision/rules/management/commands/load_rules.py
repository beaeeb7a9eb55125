from django.core.management import BaseCommand

from supervision.rules.shipped import load_shipped


class Command(BaseCommand):
    help = "载入随系统提供的规则版本；已有的版本不变"

    def handle(self, *args, **options):
        self.stdout.write(f"规则已载入：新增 {load_shipped()} 个版本。")
