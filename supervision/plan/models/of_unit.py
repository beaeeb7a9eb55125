"""What hangs on a unit: the city reads all, a county the units of its district, everybody their own."""

from __future__ import annotations

from django.db.models import Q

from supervision.people.scope import Reach, under


def unit_scope(reach: Reach, name: str = "organization") -> Q:
    """Rows whose unit at `name` lies within `reach`. Administrators, of the bureau too, read none by that."""
    if reach.everything:
        return Q()
    parties = {path for _, path in reach.parties}
    own = reach.offices if reach.sectors or reach.districts else parties
    return Q(**{f"{name}__district__in": reach.districts}) | under(own, f"{name}__path")
