"""How the lists' searches and filters ask the database."""

import pytest
from django.db import connection
from django.http import QueryDict

from projects.models import Project
from supervision.ledgers.filters import filterset_for
from supervision.ledgers.registry import get

from . import factories as make

pytestmark = pytest.mark.django_db


def found(slug: str, query: str) -> list[int]:
    person = make.user("bureau_staff")
    ledger = get(slug)
    filterset = filterset_for(ledger)(QueryDict(query), queryset=ledger.queryset(person), user=person)
    assert filterset.is_valid(), filterset.errors
    return list(filterset.qs.values_list("pk", flat=True))


def test_words_are_looked_for_in_the_record_and_in_those_it_hangs_on():
    river = make.project(name="宿连航道二期", aliases=["宿连河"])
    section = make.section(river, code="HD-7")
    whole = make.candidacy(river)
    part = make.candidacy(section, "PAGD-CITY")
    make.candidacy(make.project(name="洋河大道"))
    assert set(found("candidacies", "q=航道2期")) == {whole.pk, part.pk}
    assert set(found("candidacies", "q=宿连河")) == {whole.pk, part.pk}
    assert found("candidacies", "q=hd-7") == [part.pk]
    assert found("candidacies", "q=宿连 HD-7") == [part.pk]
    assert found("candidacies", "q=洋河 HD-7") == []


def test_words_are_found_two_records_away():
    section = make.section(make.project(name="骆马湖大桥"))
    office = make.organization("contractor", name="路桥公司")
    row = make.participation(section, office)
    make.participation(make.section(make.project(name="云帆大道桥")), office)
    assert found("participations", "q=骆马湖") == [row.pk]


def test_choosing_several_values_asks_for_no_distinct_rows():
    """DISTINCT over all joined columns costs PostgreSQL more planning than the page takes."""
    person = make.user("bureau_staff")
    ledger = get("candidacies")
    query = QueryDict("status=planned&status=declared&project__level=city")
    filterset = filterset_for(ledger)(query, queryset=ledger.queryset(person), user=person)
    assert filterset.is_valid() and not filterset.qs.query.distinct
    row = make.candidacy(make.project())
    assert list(filterset.qs.all()) == [row]


def test_a_part_of_a_name_is_found_through_an_index_where_there_is_one():
    make.project(name="宿连航道二期")
    wanted = Project.objects.filter(search_key__contains="航道2期").order_by()
    postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        indexes = connection.introspection.get_constraints(cursor, "projects_project")
        assert ("projects_project_names" in indexes) == postgres
        if postgres:
            # Of so few rows any way to read them all would be cheaper.
            for way in ("seqscan", "indexscan", "indexonlyscan"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
            assert "projects_project_names" in wanted.explain()
    assert wanted.count() == 1
