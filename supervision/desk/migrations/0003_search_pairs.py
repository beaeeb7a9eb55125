"""An index for finding records by any two neighbouring signs of their texts, on PostgreSQL.

Trigrams know no words of two signs, of which Chinese has many; so the pairs are indexed as an array. SQLite looks
through the texts row by row.
"""

from django.db import migrations

# In plain SQL and named in full, so that a restored dump, whose search path is empty, can build the index again.
FUNCTION = """
CREATE OR REPLACE FUNCTION desk_pairs(words text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(pg_catalog.array_agg(DISTINCT pg_catalog.substr(words, at, 2)), '{}')
    FROM pg_catalog.generate_series(1, pg_catalog.length(words) - 1) AS at
$$"""
INDEX = "CREATE INDEX IF NOT EXISTS desk_search_pairs ON desk_searchentry USING gin (desk_pairs(text))"


def add(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(FUNCTION)
        schema_editor.execute(INDEX)


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS desk_search_pairs")
        schema_editor.execute("DROP FUNCTION IF EXISTS desk_pairs(text)")


class Migration(migrations.Migration):
    dependencies = [
        ("desk", "0002_search"),
    ]

    operations = [
        migrations.RunPython(add, remove),
    ]
