"""Whether a person speaks for a unit, or for the office that leads."""

from __future__ import annotations

from supervision.people.models import Organization, OrganizationKind, Role, User

from ..flows.roles import LEADS, UNITS
from ..models import TaskShare


def speaks_for(user: User, unit: Organization | None, roles: frozenset[str]) -> bool:
    """The same question that a transition with `own` asks: a member of the unit or of an office above it; for none
    and for the bureau itself the bureau's staff."""
    if Role.BUREAU_STAFF in roles & user.roles and (unit is None or unit.kind == OrganizationKind.BUREAU):
        return True
    if unit is None:
        return False
    return any(m.role in roles and unit.path.startswith(m.organization.path) for m in user.active_memberships)


def is_unit(user: User, share: TaskShare) -> bool:
    return speaks_for(user, share.unit, UNITS)


def is_lead(user: User, share: TaskShare) -> bool:
    return speaks_for(user, share.lead, LEADS)
