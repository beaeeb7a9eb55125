"""发文字号: every number once, none left out."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from supervision.flows import history
from supervision.papers.documents import numbers
from supervision.papers.documents.models import NumberCounter

from .documents import bureau, pool
from .factories import COMMAND, organization

# Takes two numbers at a time out of two pools, named in an order of its own, and gives every third back.
TAKES = """
import sys, time
from pathlib import Path
from django.db import transaction
from supervision.papers.documents.models import NumberPool
from supervision.papers.documents.numbers import take_all
folder, name, times = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
pools = list(NumberPool.objects.order_by("pk"))
if int(name) % 2:
    pools.reverse()
(folder / f"ready-{name}").touch()
while not (folder / "go").exists():
    time.sleep(0.005)
with (folder / f"taken-{name}").open("w") as taken:
    for turn in range(times):
        try:
            with transaction.atomic():
                got = take_all(pools, 2025)
                if turn % 3 == 2:
                    raise InterruptedError
        except InterruptedError:
            continue
        taken.write("\\n".join(got) + "\\n")
"""


def take(row, year=2025):
    with transaction.atomic():
        return numbers.take(row, year)


@pytest.mark.django_db
class TestPool:
    def test_counts_from_one_in_each_year_and_writes_the_number_with_hexagonal_brackets(self):
        row = pool(bureau(), prefix="宿交质")
        assert [take(row), take(row), take(row, 2026), take(row)] == [
            "宿交质〔2025〕1号",
            "宿交质〔2025〕2号",
            "宿交质〔2026〕1号",
            "宿交质〔2025〕3号",
        ]

    def test_a_rollback_gives_the_number_back(self):
        row = pool(bureau())
        with pytest.raises(InterruptedError), transaction.atomic():
            numbers.take(row, 2025)
            raise InterruptedError
        assert take(row).endswith("〕1号")

    def test_an_office_uses_the_pool_of_its_bureau_unless_it_has_its_own(self):
        top = bureau(notice="宿交质", listing="宿交安督")
        office = organization("office", parent=top)
        other = organization("office", parent=top)
        own = pool(other, "notice", "宿交建")
        assert [p.prefix for p in numbers.pools_for(["listing", "notice"], office)] == ["宿交安督", "宿交质"]
        assert numbers.pools_for(["notice"], other) == [own]

    def test_without_a_pool_it_says_whose_is_missing(self):
        office = organization("county", name="泗洪县交通运输局")
        bureau(notice="宿交质")
        with pytest.raises(numbers.NoPool, match="泗洪县交通运输局"):
            numbers.pools_for(["notice"], office)

    def test_two_pools_that_would_write_the_same_numbers_are_refused(self):
        pool(bureau(), "notice", "宿交质")
        with pytest.raises(ValidationError, match="重号"):
            pool(organization("county"), "notice", "宿交质")

    @pytest.mark.parametrize("pattern", ["{prefix}{number}", "{prefix}{year}{number}{number}", "x"])
    def test_a_form_without_its_parts_is_refused(self, pattern):
        with pytest.raises(ValidationError, match="格式须含"):
            pool(bureau(), pattern=pattern)

    def test_numbers_used_on_paper_are_skipped_upwards_only_and_with_a_reason(self):
        row = pool(bureau())
        numbers.start_at(row, 2025, 11, COMMAND, "上半年手工编到11号")
        assert take(row) == "宿交质整〔2025〕12号"
        with pytest.raises(ValidationError, match="12号"):
            numbers.start_at(row, 2025, 12, COMMAND, "再来")
        with pytest.raises(ValidationError, match="原因"):
            numbers.start_at(row, 2025, 20, COMMAND, " ")
        assert NumberCounter.objects.get(pool=row).last == 12
        assert list(history.verify_chains("papers.numberpool")) == []


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_no_number_is_given():
    row = pool(bureau())
    with pytest.raises(transaction.TransactionManagementError):
        numbers.take(row, 2025)
    assert not NumberCounter.objects.exists()


@pytest.mark.processes
def test_several_processes_at_once_leave_neither_doubles_nor_gaps(processes):
    bureau(slip="宿交督", letter="宿交督函")
    count, times = 4, 15
    codes = processes.at_once([(TAKES, processes.var, name, times) for name in range(count)])
    assert codes == [0] * count, processes.log("process.log")
    lines = [line for file in processes.var.glob("taken-*") for line in file.read_text().split()]
    for prefix in ("宿交督", "宿交督函"):
        got = sorted(
            int(found[1]) for line in lines if (found := re.fullmatch(rf"{prefix}〔2025〕(\d+)号", line))
        )
        assert got == list(range(1, count * times * 2 // 3 + 1))
