"""What the tests of enterprises and routes share: a port, a route with its keeper, their people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from django.utils import timezone

from projects.models import Enterprise, Project, Route
from safety.models import (
    FigureSeries,
    SeriesValue,
    ServiceAssessment,
    ServiceBody,
    ServiceJob,
    ServiceListing,
    ServicePledge,
    ServiceWarning,
)
from safety.models.service_body import grounds
from supervision.flows import records
from supervision.people.models import Role, User
from supervision.people.records import Record

from . import factories
from .factories import COMMAND
from .safety import paper


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


def series(**facts) -> FigureSeries:
    facts = {"name": f"指标{next(factories._numbers)}号", "measure": "起", "document": "本系统设定"} | facts
    return records.create(FigureSeries(**facts), COMMAND)


def value(of: FigureSeries | None = None, period: str = "2026-08", **facts) -> SeriesValue:
    facts = {"source": "某月报", "sourced_on": date(2026, 9, 3)} | facts
    return records.create(SeriesValue(series=of or series(), period=period, **facts), COMMAND)


def body(pledged: int = 0, **facts) -> ServiceBody:
    """A body on the register; `pledged` is the year of its undertaking."""
    span = {"qualified_from": date(2024, 1, 1), "qualified_until": date(2027, 12, 31)}
    facts = (
        {"scope": ["安全评价", "检测"], "qualification": "安全评价机构", "certificate": "=1+1"} | span | facts
    )
    made = records.create(ServiceBody(organization=factories.organization("service_body"), **facts), COMMAND)
    if pledged:
        pledge(made, pledged)
    return made


def pledge(of: ServiceBody, year: int, **facts) -> ServicePledge:
    facts = {"pledged_on": min(date(year, 1, 5), timezone.localdate()), "signer": "甲"} | facts
    return records.create(ServicePledge(body=of, year=year, **facts), COMMAND)


def job(of: ServiceBody, **facts) -> ServiceJob:
    facts = {"project": Project.objects.get(pk=enterprise().pk), "topic": "安全评价"} | facts
    return records.create(ServiceJob(body=of, **facts), COMMAND)


def assessment(of: ServiceBody | None = None, **facts) -> ServiceAssessment:
    facts = {"year": 2026, "deducted": {"报告质量": "3.5"}, "findings": "两份报告缺附图"} | facts
    return records.create(ServiceAssessment(body=of or body(), **facts), COMMAND)


def warning(**facts) -> ServiceWarning:
    facts = {
        "kind": "warning",
        "reason": "报告缺项",
        "demand": "补正",
        "answer_by": date(2026, 10, 30),
    } | facts
    return records.create(ServiceWarning(body=body(), **facts), COMMAND)


def listing(of: ServiceBody | None = None, **facts) -> ServiceListing:
    facts = {"ground": grounds()[0], "reason": "出具虚假报告"} | facts
    return records.create(ServiceListing(body=of or body(), **facts), COMMAND)


MAKERS: dict[type, Callable[[], Record]] = {
    Enterprise: lambda: enterprise(aliases=[f"又名{next(factories._numbers)}号"], remark="=1+1"),
    Route: route,
    FigureSeries: lambda: series(target_kind="at_most", target="0.5", meaning="=1+1"),
    SeriesValue: lambda: value(value="12.5"),
    ServiceBody: body,
    ServicePledge: lambda: pledge(body(), 2026),
    ServiceJob: lambda: job(body(timezone.localdate().year)),
    ServiceAssessment: assessment,
    ServiceWarning: warning,
    ServiceListing: listing,
}


def listed_long_ago(side) -> ServiceListing:
    """For the generated tests: a listing of two years ago whose body has given its undertaking anew."""
    of = body()
    pledge(of, timezone.localdate().year, pledged_on=timezone.localdate())
    made = listing(of)
    made = factories.change(
        made,
        listed_on=timezone.localdate() - timedelta(days=700),
        valid_until=timezone.localdate() + timedelta(days=9),
    )
    paper(made, "移出依据")
    return made


def reported_service(side, section=None) -> ServiceJob:
    begun = timezone.localdate() - timedelta(days=10)
    made = job(body(begun.year), project=side.project, section=section, begins_on=begun)
    paper(made, "服务报告")
    return made


# A service of the works' section, and one of the works as a whole, each with its report.
VARIANTS = {
    ServiceListing: lambda world, side: [listed_long_ago(side)],
    ServiceJob: lambda world, side: [
        reported_service(side, side.section),
        reported_service(side),
    ],
}
