"""Write a ledger to a workbook."""

from __future__ import annotations

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from supervision.ledgers.registry import get
from supervision.ledgers.sheets import export
from supervision.people.models import User


class Command(BaseCommand):
    help = "Write all records of a ledger (with --user: those that person sees) to an .xlsx workbook."

    def add_arguments(self, parser) -> None:
        parser.add_argument("ledger")
        parser.add_argument("file", type=Path)
        parser.add_argument("--user", help="login name of the person on whose behalf to export")

    def handle(self, *args, ledger: str, file: Path, user: str | None = None, **options) -> None:
        declared, person = ledger_named(ledger), person_named(user)
        if not declared.exportable or person is not None and not declared.may_view(person):
            raise CommandError(f"“{declared.label}”不能导出。")
        if not file.parent.is_dir():
            raise CommandError(f"没有文件夹 {file.parent}。")
        queryset = export.selection(declared, person)
        rows = export.write_records(file, declared, queryset, export.unit_of(person))
        self.stdout.write(f"{declared.label}：已导出 {rows} 行到 {file}")


def ledger_named(slug: str):
    try:
        return get(slug)
    except LookupError as error:
        raise CommandError(str(error.args[0])) from None


def person_named(username: str | None) -> User | None:
    """The person with that login name, None without a name. Raises CommandError."""
    if username is None:
        return None
    person = User.objects.filter(username=username, is_active=True).first()
    if person is None:
        raise CommandError(f"没有启用的用户“{username}”。")
    return person
