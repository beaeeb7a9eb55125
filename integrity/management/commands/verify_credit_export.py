"""`manage.py verify_credit_export FILE`: whether a signed export of credit results is as it was signed."""

import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from integrity.credit import exchange


class Command(BaseCommand):
    help = "核对信用评价结果交换文件（JSON）的签名；密钥取自 PORTAL_CREDIT_KEY。"

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)

    def handle(self, *, file: Path, **options):
        try:
            content = exchange.verify(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"不能读取 {file}：{error}") from error
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"签名相符：{content['as_of']}，{len(content['results'])} 条。")
