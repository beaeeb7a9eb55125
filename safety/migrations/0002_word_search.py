"""An index for finding dangers by words of their description, place or number, on PostgreSQL where pg_trgm may be had.

Without it the portal works the same, searching row by row (docs/bench.md). SQLite has no such index and needs none.
"""

import sys

from django.db import DatabaseError, migrations, transaction

EXTENSION = "CREATE EXTENSION IF NOT EXISTS pg_trgm"
INDEX = """CREATE INDEX IF NOT EXISTS safety_danger_words ON safety_hiddendanger USING gin (
    upper(description) gin_trgm_ops, upper(part) gin_trgm_ops,
    upper(number) gin_trgm_ops, upper(stakes) gin_trgm_ops)"""


def add_index(apps, schema_editor):
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    try:
        # A savepoint: a refused statement must not take the other migrations along.
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(EXTENSION)
            cursor.execute(INDEX)
    except DatabaseError as error:
        print(f"\n  No index for words of dangers: {str(error).strip()} (see docs/bench.md)", file=sys.stderr)


def remove_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS safety_danger_words")


class Migration(migrations.Migration):
    dependencies = [
        ("safety", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(add_index, remove_index),
    ]
