"""`manage.py verify_draw FILE.json|ID`: draw again from a record and say whether it holds."""

from __future__ import annotations

import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from safety.draws.drawing import record_of
from safety.models import RandomDraw
from supervision.rules import draw as lots


class Command(BaseCommand):
    help = "按双随机抽取记录重新抽取并核对。可给记录文件（.json，不需要数据库）或本平台的抽取编号。"

    def add_arguments(self, parser):
        parser.add_argument("record", metavar="FILE.json|ID", help="下载的抽取记录，或抽取编号")

    def handle(self, *, record, verbosity=1, **options):
        found = self.read(record)
        if "result" not in found:
            if lots.fingerprint(found.get("rosters")) != found.get("commitment"):
                raise CommandError("名单与公布的校验值不符：名单在公布后被改动。")
            self.stdout.write("名单与公布的校验值相符，尚未抽取。")
            return
        if wrong := lots.problems(found):
            raise CommandError("；".join(wrong))
        if verbosity:
            names = {row["key"]: row["name"] for row in found["rosters"]["objects"]}
            people = {row["key"]: row["name"] for row in found["rosters"]["inspectors"]}
            for row in found["result"]:
                who = "、".join(people[key] for key in row["inspectors"])
                self.stdout.write(f"{names[row['object']]}：{who}")
        self.stdout.write(f"相符：名单校验值 {found['commitment']}，重新抽取的结果与记录一致。")

    def read(self, record: str) -> dict:
        if record.isascii() and record.isdigit():
            draw = RandomDraw.objects.filter(pk=int(record)).first()
            if draw is None or not draw.commitment:
                raise CommandError(f"没有编号为 {record} 的、已公布名单的抽取。")
            return record_of(draw)
        try:
            found = json.loads(Path(record).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, ValueError) as error:
            raise CommandError(f"读不了记录文件：{error}") from error
        if not isinstance(found, dict):
            raise CommandError("记录文件的内容不是一份抽取记录。")
        return found
