"""Who acts for a unit today: whom what it owes concerns."""

from __future__ import annotations

from collections.abc import Iterable

from supervision.people.models import ADMIN_ROLES, Membership, OrganizationKind


def people_of(units: Iterable[int]) -> dict[int, set[int]]:
    """By unit its people, administrators aside; those of an office (处室) act for what it is an office of."""
    units = set(units)
    found: dict[int, set[int]] = {}
    rows = Membership.objects.current().exclude(role__in=ADMIN_ROLES)
    own = rows.filter(organization__in=units).values_list("organization_id", "user_id")
    offices = rows.filter(organization__parent__in=units, organization__kind=OrganizationKind.OFFICE)
    for unit, user in [*own, *offices.values_list("organization__parent_id", "user_id")]:
        found.setdefault(unit, set()).add(user)
    return found
