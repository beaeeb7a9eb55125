"""Who carries a plan out: a unit's own people, and the office that leads."""

from __future__ import annotations

from supervision.people.models import AUTHORITY_ROLES, PARTY_ROLES, Role

UNITS = AUTHORITY_ROLES | PARTY_ROLES | {Role.INSPECTOR}
LEADS = AUTHORITY_ROLES | {Role.INSPECTOR}
