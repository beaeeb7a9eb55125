"""An objection and a colleague's agreement at the same moment, each in a process of its own: none is lost."""

import json
from datetime import date
from decimal import Decimal

import pytest

from supervision.flows.history import Actor
from supervision.flows.perform import perform
from supervision.plan.appraisals import engine
from supervision.plan.models import Appraisal, AppraisalObjection, AppraisalScheme
from tests import carrying_out, factories
from tests.factories import COMMAND

from .processes import wait_until

pytestmark = pytest.mark.processes

# Agrees to the sheet and keeps its transaction open until the other had time to come.
AGREES = """
import os, sys, time
from pathlib import Path
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supervision.settings")
import django
django.setup()
from django.db import transaction
from supervision.flows.history import Actor
from supervision.flows.perform import perform
from supervision.people.models import User
from supervision.plan.models import Appraisal
folder, pk, user = Path(sys.argv[1]), *sys.argv[2:4]
while not (folder / "read").exists():
    time.sleep(0.002)
with transaction.atomic():
    perform(Appraisal.objects.get(pk=pk), "agree", Actor.of(User.objects.get(pk=user), "page"))
    (folder / "agreeing").touch()
    time.sleep(1)
"""
# Reads the sheet while it is open to objections, and files one while a colleague agrees.
OBJECTS = """
import json, os, sys, time
from pathlib import Path
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supervision.settings")
import django
django.setup()
from django.core.exceptions import ValidationError
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.people.models import User
from supervision.plan.models import Appraisal, AppraisalObjection
folder, pk, user = Path(sys.argv[1]), *sys.argv[2:4]
sheet = Appraisal.objects.get(pk=pk)
(folder / "read").touch()
while not (folder / "agreeing").exists():
    time.sleep(0.002)
try:
    objection = AppraisalObjection(appraisal=sheet, words="与事实不符")
    records.create(objection, Actor.of(User.objects.get(pk=user), "page"))
    told = "filed"
except ValidationError as error:
    told = "；".join(error.messages)
(folder / "told").write_text(json.dumps(told))
"""


def test_an_objection_that_meets_an_agreement_is_told(processes):
    staff, county = factories.user("bureau_staff"), factories.organization("county")
    one, other = (factories.user("county_staff", county) for _ in range(2))
    scheme = carrying_out.scheme()
    carrying_out.item(scheme, marks=Decimal(100))
    scheme = perform(scheme, "adopt", Actor.of(staff, "page"))
    engine.compute(AppraisalScheme.objects.get(pk=scheme.pk), date(2025, 12, 31), COMMAND)
    sheet = perform(Appraisal.objects.get(), "send", Actor.of(staff, "page"))
    arguments = [str(processes.var), str(sheet.pk)]
    runners = [
        processes.start("-c", code, *arguments, str(user.pk))
        for code, user in ((AGREES, one), (OBJECTS, other))
    ]
    told = processes.var / "told"
    wait_until(lambda: told.exists() or any(r.poll() for r in runners), "the objection had its answer")
    for runner in runners:
        assert runner.wait(60) == 0, (processes.var / "process.log").read_text()
    assert "征求意见期间" in json.loads(told.read_text())
    assert Appraisal.objects.get().status == "agreed" and not AppraisalObjection.objects.exists()
