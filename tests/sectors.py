"""What the tests of enterprises and routes share: a port, a route with its keeper, their people."""

from __future__ import annotations

from collections.abc import Callable

from projects.models import Enterprise, Route
from supervision.flows import records
from supervision.people.models import Role, User
from supervision.people.records import Record

from . import factories
from .factories import COMMAND


def enterprise(kind: str = "port", mode: str = "port", **facts) -> Enterprise:
    owner = facts.pop("owner", None) or factories.organization(kind)
    facts = {"name": f"监管{owner.name}", "level": "city", "district": factories.district()} | facts
    return records.create(Enterprise(owner=owner, mode=mode, **facts), COMMAND)


def route(number: str = "X301", stakes: str = "K0+500-K5+100", **facts) -> Route:
    owner = facts.pop("owner", None) or factories.organization("keeper")
    facts = {"name": f"{number}{owner.name}段", "level": "city", "mode": "infrastructure"} | facts
    facts.setdefault("district", factories.district())
    return records.create(Route(owner=owner, route=number, stakes=stakes, **facts), COMMAND)


def person_of(thing: Enterprise | Route) -> User:
    return factories.user(Role.ENTERPRISE, thing.owner)


MAKERS: dict[type, Callable[[], Record]] = {
    Enterprise: lambda: enterprise(aliases=["又名甲"], remark="=1+1"),
    Route: route,
}
