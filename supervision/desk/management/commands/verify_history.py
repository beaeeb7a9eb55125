"""`manage.py verify_history`: whether anything in the database or the file store came past the portal."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from supervision.flows.history import Breach, verify_chains, verify_derived, verify_seals
from supervision.flows.reach import label_of
from supervision.ledgers.registry import get
from supervision.papers.services import verify_files


class Command(BaseCommand):
    help = "核对历史、封存和附件；每处不符打印一行，有不符时退出码为 1。"

    def add_arguments(self, parser):
        parser.add_argument("--seals", metavar="FILE", help="外存的封存（seal_history --export 的输出）")
        parser.add_argument("--ledger", metavar="SLUG", help="只核对一个台账的历史和附件，不核对封存")

    def handle(self, *, seals=None, ledger=None, **options):
        if seals and ledger:
            raise CommandError("--seals 与 --ledger 不能同时使用：封存覆盖全部台账。")
        found = 0
        for breach in self.of_ledger(ledger) if ledger else self.all(read_seals(seals) if seals else None):
            self.stdout.write(str(breach))
            found += 1
        if found:
            self.stderr.write(f"共发现 {found} 处不符。")
            sys.exit(1)
        self.stdout.write("核对完毕，没有发现不符。")

    def all(self, kept: list[dict] | None) -> Iterator[Breach]:
        yield from verify_chains()
        yield from verify_derived()
        yield from verify_seals(kept)
        yield from verify_files()

    def of_ledger(self, slug: str) -> Iterator[Breach]:
        try:
            ledger = get(slug)
        except LookupError as error:
            raise CommandError(error.args[0]) from error
        if not ledger.keeps_history:
            raise CommandError(f"“{ledger.label}”由平台自动记录，没有历史可核对。")
        label = label_of(ledger.model)
        yield from verify_chains(label)
        yield from verify_derived(label)
        yield from (breach for breach in verify_files() if breach.model == label)


def read_seals(name: str) -> list[dict]:
    """The seals in a file of JSON lines. Raises CommandError naming the line that is none."""
    try:
        lines = Path(name).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"不能读取“{name}”。") from error
    kept = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            kept.append({key: entry[key] for key in ("day", "count", "hash")})
        except (ValueError, KeyError, TypeError) as error:
            raise CommandError(f"“{name}”第 {number} 行不是一条封存。") from error
    return kept
