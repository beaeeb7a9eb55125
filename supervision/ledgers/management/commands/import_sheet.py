"""Bring a workbook into a ledger, all or nothing."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from supervision.flows.errors import FlowError
from supervision.ledgers.models import ImportBatch
from supervision.ledgers.sheets import acting, checking, staging, writing
from supervision.ledgers.sheets.errors import SheetError
from supervision.ledgers.sheets.reader import read

from .export_sheet import ledger_named, person_named


class Command(BaseCommand):
    help = (
        "Check a workbook and write it to a ledger. Problems come as JSON lines {row, column, message, value} on "
        "standard output with exit status 1, and nothing is written; success is one line "
        "{created, updated, unchanged}. Remarks on what was left out go to standard error."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("ledger")
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="check only")
        parser.add_argument("--user", help="login name of the person on whose behalf to import")
        parser.add_argument("--good-only", action="store_true", help="write the faultless rows all the same")

    def handle(
        self, *args, ledger: str, file: Path, user: str | None, dry_run: bool, good_only: bool, **options
    ):
        declared, person = ledger_named(ledger), person_named(user)
        if not acting.may_import(declared, person):
            raise CommandError(f"“{declared.label}”不能导入。")
        if not file.is_file():
            raise CommandError(f"没有文件 {file}。")
        try:
            data = read(file, file.name, declared)
        except SheetError as error:
            self.fail([error.as_problem()])
        staged = checking.check(data, declared, person)
        for note in data.notes:
            self.stderr.write(note)
        problems = [{"row": entry.row, **error} for entry in staged for error in entry.errors]
        if problems and not (good_only and not dry_run):
            self.fail(problems)
        self.say(problems)
        actions = [entry.action for entry in staged]
        if not dry_run and (checking.CREATE in actions or checking.UPDATE in actions):
            batch = ImportBatch.objects.create(
                ledger=declared.slug,
                user=person,
                filename=file.name[-200:],
                sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
            )
            staging.keep(batch, data, staged)
            try:
                writing.write(batch.pk, person, good_only=good_only)
            except FlowError as error:
                batch.delete()
                rows = getattr(error, "rows", None) or {0: error.message}
                self.fail(
                    {"row": row or None, "column": "", "message": text, "value": ""}
                    for row, text in rows.items()
                )
        counts = {
            "created": actions.count(checking.CREATE),
            "updated": actions.count(checking.UPDATE),
            "unchanged": actions.count(checking.UNCHANGED),
        }
        self.say([counts])

    def say(self, lines: Iterable[dict]) -> None:
        for line in lines:
            self.stdout.write(json.dumps(line, ensure_ascii=False))

    def fail(self, problems: Iterable[dict]) -> None:
        self.say(problems)
        sys.exit(1)
