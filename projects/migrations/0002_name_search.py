"""An index for finding projects by a part of their name or alias, on PostgreSQL where pg_trgm may be had.

Without the extension (its files missing, or no right to create it) the portal works the same, searching row by
row; docs/bench.md says how to add both by hand later. SQLite has no such index and needs none.
"""

import sys

from django.db import DatabaseError, migrations, transaction

EXTENSION = "CREATE EXTENSION IF NOT EXISTS pg_trgm"
INDEX = "CREATE INDEX IF NOT EXISTS projects_project_names ON projects_project USING gin (search_key gin_trgm_ops)"


def add(apps, schema_editor):
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    try:
        # A savepoint: a refused statement must not take the other migrations along.
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(EXTENSION)
            cursor.execute(INDEX)
    except DatabaseError as error:
        print(f"\n  No index for project names: {str(error).strip()} (see docs/bench.md)", file=sys.stderr)


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS projects_project_names")


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(add, remove),
    ]
