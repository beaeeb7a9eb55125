"""A fund paid out by four processes in the same moment: never a yuan more than its budget."""

import pytest

from integrity.models import FundAllocation, FundBudget

from . import moneys as make

pytestmark = pytest.mark.processes

PAYER = """
import sys, time
from decimal import Decimal
from pathlib import Path
from django.core.exceptions import ValidationError
from integrity.models import FundAllocation, FundBudget
from supervision.flows import records
from supervision.flows.history import Actor
folder, pk, at = Path(sys.argv[1]), *sys.argv[2:4]
budget = FundBudget.objects.get(pk=pk)
(folder / f"ready-{at}").touch()
while not (folder / "go").exists():
    time.sleep(0.002)
row = FundAllocation(budget=budget, amount=Decimal("300.10"), payee="某单位", voucher_no=at)
try:
    records.create(row, Actor.of(None, "command"))
except ValidationError:
    sys.exit(7)
"""


def test_four_payments_at_once_stay_within_the_budget(processes):
    budget = make.budget(amount="1000.00")
    codes = processes.at_once([(PAYER, processes.var, budget.pk, at) for at in range(4)])
    assert sorted(codes) == [0, 0, 0, 7], processes.log("process.log")
    paid = FundAllocation.objects.filter(budget=budget)
    assert paid.count() == 3 and sum(row.amount for row in paid) == FundBudget.objects.get().allocated
