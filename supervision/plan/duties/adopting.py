"""Taking over the shipped duties: what a notice of one bureau asks binds another only once it says so."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from supervision.flows import records
from supervision.flows.history import Actor
from supervision.rules.shipped import load_shipped, rule

from ..models import Duty, DutyBinding

CODE = "plan-duties"


def adopt(since: date, actor: Actor) -> tuple[int, int]:
    """Enter the shipped duties, and bind the units they name from `since`; how many of both are new.

    Duties already there stay as the bureau has them, and so do those that bind a kind of unit already.
    """
    load_shipped()
    version = rule(CODE)
    there = {duty.code: duty for duty in Duty._base_manager.all()}
    bound = set(DutyBinding._base_manager.exclude(kind="").values_list("duty__code", "kind"))
    made = bindings = 0
    with transaction.atomic():
        for row in version.content["duties"]:
            duty = there.get(row["code"])
            if duty is None:
                facts = {name: row[name] for name in ("code", "post", "what", "per", "at_least")}
                duty = Duty(
                    **facts, per_year=row.get("per_year"), cites=row.get("cites", []), rule_set=version
                )
                duty = records.create(duty, actor, label="采用履职要求")
                made += 1
            for kind in row["kinds"]:
                if (duty.code, kind) not in bound:
                    binding = DutyBinding(duty=duty, kind=kind, since=since)
                    records.create(binding, actor, label="采用履职要求")
                    bindings += 1
    return made, bindings
