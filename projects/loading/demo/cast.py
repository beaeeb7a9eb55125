"""The demonstration's units and persons."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from projects.loading.authorities import organization_named
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.people.models import Membership, Organization, Role, User
from supervision.rules.uscc import make_uscc

from . import NOTE

PASSWORD = "Demo-2024-Portal"  # noqa: S105 - printed at every start, for demonstration only
SINCE = date(2024, 1, 1)


class Cast:
    """Who plays in the demonstration: organisations by key, users by login name."""

    def __init__(self, data: dict[str, Any], actor: Actor) -> None:
        self.data, self.actor = data, actor
        self.organizations: dict[str, Organization] = {}
        self.users: dict[str, User] = {}
        # Hashing is slow on purpose, and a password that everybody knows gains nothing by fifteen salts.
        self.password = make_password(PASSWORD)

    def load(self) -> Cast:
        for number, row in enumerate(self.data["organizations"], start=1):
            self.organizations[row["key"]] = self._organization(number, row)
        for row in self.data["users"]:
            self.users[row["username"]] = self._user(row)
        return self

    def _organization(self, number: int, row: dict) -> Organization:
        organization = Organization(
            name=row["name"],
            kind=row["kind"],
            parent=self.organizations.get(row.get("parent")),
            # No district has the code 000000: nobody can mistake it for a registered unit's.
            uscc=make_uscc(f"91000000DEM{number:06d}"),
            contact="演示联系人",
            is_demo=True,
        )
        return records.create(organization, self.actor, reason=NOTE)

    def _user(self, row: dict) -> User:
        organization = self.organizations.get(row["at"]) or organization_named(row["at"])
        user = User(
            username=row["username"],
            name=row["name"],
            must_change_password=False,
            password_changed_at=timezone.now(),
            is_demo=True,
        )
        user.password = self.password
        records.create(user, self.actor, reason=NOTE)
        membership = Membership(user=user, organization=organization, role=row["role"], since=SINCE)
        records.create(membership, self.actor, reason=NOTE)
        return user


def logins(data: dict[str, Any]) -> str:
    """The table of demo logins, for people to read."""
    lines = [f"演示账号（密码均为 {PASSWORD}，数据均为虚构）："]
    for row in data["users"]:
        user = User.objects.filter(username=row["username"], is_demo=True).first()
        if user is None:
            continue
        where = user.organization.name if user.organization else "无单位"
        lines.append(f"  {user.username:<11}{Role(row['role']).label}　{user.name}　{where}")
    return "\n".join(lines) + "\n"
