"""`manage.py verify_archive FILE.zip`: check every file of a stage's archive against its hash list."""

from __future__ import annotations

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from quality.acceptance import archive


class Command(BaseCommand):
    help = "核对归档包：逐个文件比对哈希清单，并在操作历史中查找该清单。没有数据库时只核对文件。"

    def add_arguments(self, parser):
        parser.add_argument("file", metavar="FILE.zip", help="下载的归档包")
        parser.add_argument("--offline", action="store_true", help="只核对文件，不查操作历史")

    def handle(self, *, file, offline=False, verbosity=1, **options):
        try:
            found = archive.check(Path(file))
        except ValueError as error:
            raise CommandError(str(error)) from error
        if found.problems:
            raise CommandError("不相符：\n" + "\n".join(found.problems))
        self.stdout.write(f"{found.files} 个文件与清单全部相符。清单 SHA-256：{found.sha256}")
        if offline:
            return
        try:
            event = archive.made_here(found.sha256)
        except DatabaseError as error:
            raise CommandError("查不了操作历史（数据库不可用）；只核对文件请加 --offline。") from error
        if event is None:
            raise CommandError(
                "本平台的操作历史中没有这份清单：清单可能被整个替换，或归档包不是本平台生成的。"
            )
        if verbosity:
            when = timezone.localtime(event.at)
            self.stdout.write(
                f"操作历史有记载：{event.title}，{when:%Y-%m-%d %H:%M} 由{event.actor_name}生成。"
            )
