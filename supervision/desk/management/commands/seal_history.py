"""`manage.py seal_history`: bind the finished days' events into seals, and hand the seals out for keeping."""

import json
import os
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from supervision.flows.history import seal_days
from supervision.flows.models import Seal


class Command(BaseCommand):
    help = "封存截至昨天的历史。--export 把全部封存写成每行一条的 JSON 文件，应存放在平台之外。"

    def add_arguments(self, parser):
        parser.add_argument("--export", metavar="FILE", help="写入的文件；- 为标准输出")

    def handle(self, *, export=None, **options):
        made = seal_days()
        if export != "-":
            self.stdout.write(f"新封存 {len(made)} 天。")
        if not export:
            return
        rows = Seal.objects.order_by("day").values("day", "count", "hash")
        text = "".join(json.dumps(row | {"day": row["day"].isoformat()}) + "\n" for row in rows)
        if export == "-":
            self.stdout.write(text, ending="")
            return
        self.write(Path(export), text)
        self.stdout.write(f"已导出到 {export}。")

    def write(self, file: Path, text: str) -> None:
        """Replace the file in one step, so that a former export is never lost half-way."""
        fresh = file.with_name(file.name + ".new")
        try:
            with fresh.open("w", encoding="utf-8") as out:
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
            fresh.replace(file)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            raise CommandError(f"不能写入“{file}”。") from error
