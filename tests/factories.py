"""Records for tests, made as people make them: through the history room, so that every rule applies.

Each function fills what its record needs and takes the rest as keywords.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from itertools import count

from django.utils import timezone

from projects.models import Candidacy, Eligibility, KeyPerson, Participation, Project, Scheme, Section
from projects.models.candidacy import Stage
from projects.models.standard import Standard
from safety.models import (
    DutyShift,
    EmergencyMaterial,
    Hazard,
    HiddenDanger,
    InspectionPlan,
    InspectionTask,
    Inspector,
    Pipeline,
    Recusal,
    WeatherWarning,
)
from supervision.flows import records
from supervision.flows.history import Actor
from supervision.papers.documents.models import NumberPool
from supervision.people import history_guard
from supervision.people.models import ROLE_KINDS, District, Membership, Organization, Role, User
from supervision.people.records import Record
from supervision.plan.models import Plan, Target, Task, TaskUnit

from . import site_makers

COMMAND = Actor.of(None, "command")
PASSWORD = "Qiao-Liang-2026"
_numbers = count(1)

# A kind of organisation in which each role can be held.
HOME = {role: sorted(kinds)[0] for role, kinds in ROLE_KINDS.items()}


def change(record: Record, **values) -> Record:
    """The record with other values, as somebody would change it."""
    return records.update(type(record).objects.get(pk=record.pk), values, COMMAND)


def district(name: str = "") -> District:
    return District.objects.get_or_create(name=name or f"第{next(_numbers)}区")[0]


def organization(kind: str = "bureau", **facts) -> Organization:
    if kind in ("county", "zone"):
        facts.setdefault("district", district())
    if kind == "centre":
        facts.setdefault("sector", "highway")
    facts.setdefault("name", f"单位{next(_numbers)}号")
    return records.create(Organization(kind=kind, **facts), COMMAND)


def user(role: str | None = Role.BUREAU_STAFF, office: Organization | None = None, **facts) -> User:
    """A person who has already changed their first password, with one role in `office`."""
    number = next(_numbers)
    facts = {
        "username": f"user{number}",
        "name": f"人员{number}",
        "must_change_password": False,
        "password_changed_at": timezone.now(),
    } | facts
    password = facts.pop("password", PASSWORD)
    person = User(**facts)
    person.set_password(password)
    records.create(person, COMMAND)
    if role:
        office = office or organization(HOME[role])
        since = date(2020, 1, 1)
        records.create(Membership(user=person, organization=office, role=role, since=since), COMMAND)
    return User.objects.get(pk=person.pk)


def project(**facts) -> Project:
    """A city-level highway project, under construction since 2024."""
    facts = {
        "name": f"项目{next(_numbers)}号",
        "level": "city",
        "mode": "highway",
        "start_on": date(2024, 1, 2),
    } | facts
    return records.create(Project(**facts), COMMAND)


def section(of: Project | None = None, **facts) -> Section:
    facts.setdefault("code", f"SG-{next(_numbers)}")
    return records.create(Section(project=of or project(), **facts), COMMAND)


def participation(of: Section, office: Organization, role: str = "contractor", **facts) -> Participation:
    facts.setdefault("since", date(2024, 1, 2))
    return records.create(Participation(section=of, organization=office, role=role, **facts), COMMAND)


SCHEMES = {
    "PAGD-CITY": ("市级平安工地", "safe_site", "city", "section", False, True),
    "PAGD-PROV": ("省级平安工地", "safe_site", "province", "section", False, False),
    "PAGC-PROV": ("省级平安工程", "safe_project", "province", "project", False, False),
    "PZ-CITY": ("市级品质工程", "quality", "city", "project", True, False),
    "PZ-PROV": ("省级品质工程", "quality", "province", "project", True, False),
    "PZ-MIN": ("部级品质工程", "quality", "ministry", "project", True, False),
    "XYB": ("项羽杯", "award", "city", "project", True, False),
    "SYJ": ("省级交通优质工程奖", "award", "province", "project", True, False),
    "GJJ": ("国家级优质工程奖", "award", "nation", "project", False, False),
}


def scheme(code: str = "XYB", **facts) -> Scheme:
    """The scheme of this code, made when it is asked for first; an unknown code makes a listing award."""
    if found := Scheme.objects.filter(code=code).first():
        return found
    name, family, level, unit, has_listing, graded = SCHEMES.get(
        code, (f"方案{code}", "award", "city", "project", True, False)
    )
    plain = {
        "name": name,
        "family": family,
        "level": level,
        "unit": unit,
        "has_listing": has_listing,
        "graded": graded,
    }
    return records.create(Scheme(code=code, **(plain | facts)), COMMAND)


def first_stage(of: Scheme) -> str:
    return Stage.LISTING if of.has_listing else Stage.CREATION


def whose(unit: Project | Section) -> dict:
    """Project and section of a row about `unit`."""
    if isinstance(unit, Section):
        return {"project": unit.project, "section": unit}
    return {"project": unit, "section": None}


def eligibility(unit: Project | Section, code: str = "XYB", year: int = 2025, **facts) -> Eligibility:
    """A decision, that the unit is eligible unless told otherwise, of 1 February of the year."""
    award = scheme(code)
    facts = {
        "stage": first_stage(award),
        "eligible": True,
        "decided_on": date(year, 2, 1),
        "reason": "符合条件",
    } | facts
    return records.create(Eligibility(scheme=award, year=year, **whose(unit), **facts), COMMAND)


def candidacy(unit: Project | Section, code: str = "XYB", year: int = 2025, **facts) -> Candidacy:
    """A candidacy as its dates tell: `declared_on=…, listing_decided_on=…, listed=True`; 拟申报 without any.

    The status is the one those facts lead to. For the journey itself use `supervision.flows.perform`.
    """
    award = scheme(code)
    facts.setdefault("stage", first_stage(award))
    status = facts.pop("status", None) or status_of(facts)
    row = records.create(Candidacy(scheme=award, year=year, **whose(unit), **facts), COMMAND)
    if status != row.status:
        with history_guard.writer():
            Candidacy.objects.filter(pk=row.pk).update(status=status)
        row.refresh_from_db()
    return row


def status_of(facts: dict) -> str:
    """The status that dated facts lead to."""
    if facts.get("withdrawn_on"):
        return "withdrawn"
    if facts.get("decided_on"):
        return "named" if facts.get("named") else "rejected"
    if facts.get("review_applied_on"):
        return "review_applied"
    if facts.get("listing_decided_on"):
        return "listed" if facts.get("listed") else "not_listed"
    return "declared" if facts.get("declared_on") else "planned"


def plan(**facts) -> Plan:
    facts = {"title": f"方案{next(_numbers)}号", "year_from": 2024, "year_to": 2029} | facts
    return records.create(Plan(**facts), COMMAND)


def target(of: Plan | None = None, indicator: str = "project.succeeded", **facts) -> Target:
    """A target; a ratio of at least 60 % unless told otherwise."""
    number = next(_numbers)
    facts = {
        "code": f"T-{number}",
        "name": f"目标{number}号",
        "group": "award",
        "kind": "ratio",
        "threshold": 60,
        "order": number,
        "parameters": {"scheme": "XYB", "stage": "listing"} if indicator == "project.succeeded" else {},
    } | facts
    if code := facts["parameters"].get("scheme"):
        scheme(code)
    return records.create(Target(plan=of or plan(), indicator=indicator, **facts), COMMAND)


def key_person(of: Section | None = None, **facts) -> KeyPerson:
    facts = {"post": "项目经理", "name": f"人员{next(_numbers)}", "since": date(2024, 3, 1)} | facts
    facts.setdefault("organization", organization("contractor"))
    return records.create(KeyPerson(section=of or section(), **facts), COMMAND)


def task(of: Plan | None = None, **facts) -> Task:
    number = next(_numbers)
    facts = {
        "no": str(number),
        "group": Task._meta.get_field("group").choices[0][0],
        "title": f"任务{number}",
    } | facts
    return records.create(Task(plan=of or plan(), **facts), COMMAND)


def task_unit(of: Task | None = None, **facts) -> TaskUnit:
    facts.setdefault("name", f"责任单位{next(_numbers)}")
    return records.create(TaskUnit(task=of or task(), **facts), COMMAND)


def hidden_danger(of: Section | None = None, **facts) -> HiddenDanger:
    """A hidden danger just reported."""
    of = of or section()
    facts = {"part": "3号墩", "description": "临边无防护", "stakes": "K1+200"} | facts
    return records.create(HiddenDanger(project=of.project, section=of, **facts), COMMAND)


def of_section(model: type[Record], **facts) -> Record:
    """A record of a model that hangs on a section and its project."""
    of = section()
    return records.create(model(project=of.project, section=of, **facts), COMMAND)


def weather_warning() -> WeatherWarning:
    issued = timezone.make_aware(datetime(2026, 7, 1, 8)) + timedelta(minutes=next(_numbers))
    facts = {"issued_at": issued, "ends_at": issued + timedelta(days=1), "district": district()}
    return records.create(WeatherWarning(kind="wind", color="blue", source="气象台", **facts), COMMAND)


def inspector() -> Inspector:
    office = organization("enforcement")
    return records.create(Inspector(name=f"检查员{next(_numbers)}", organization=office), COMMAND)


def number_pool() -> NumberPool:
    number = next(_numbers)
    facts = {"code": f"use-{number}", "label": f"用途{number}", "prefix": f"代字{number}"}
    return records.create(NumberPool(organization=organization("bureau"), **facts), COMMAND)


# One plain record of each model that a ledger keeps. A new ledger's model belongs here, so that the tests
# generated over all ledgers have rows to work with.
MAKERS: dict[type, Callable[[], Record]] = {
    Organization: lambda: organization(
        "contractor", short_name=f"简称{next(_numbers)}", aliases=[f"又名{next(_numbers)}"]
    ),
    User: lambda: user(None),
    Membership: lambda: records.create(
        Membership(
            user=user(None),
            organization=organization("bureau"),
            role=Role.BUREAU_STAFF,
            since=date(2024, 1, 2),
        ),
        COMMAND,
    ),
    Project: lambda: project(
        aliases=[f"别名{next(_numbers)}"],
        owner=organization("owner"),
        district=district(),
        investment=Decimal("12345.6789"),
        stakes="K0+500-K5+100",
        remark="=cmd|' /C calc'!A0\n第二行",
    ),
    Section: lambda: section(stakes="YK1+001.5", contract_price=Decimal("0.5"), start_on=date(2024, 2, 29)),
    Participation: lambda: participation(section(), organization("contractor")),
    KeyPerson: key_person,
    Scheme: lambda: scheme(f"S{next(_numbers)}", listing_materials=["申报表", "方案"]),
    Eligibility: lambda: eligibility(project()),
    Candidacy: lambda: candidacy(project()),
    Standard: lambda: records.create(
        Standard(
            code=f"S{next(_numbers)}",
            title=f"标准{next(_numbers)}号",
            family=Standard._meta.get_field("family").choices[0][0],
        ),
        COMMAND,
    ),
    Plan: plan,
    Target: lambda: target(parameters={"scheme": "XYB", "stage": "listing"}),
    Task: task,
    TaskUnit: task_unit,
    NumberPool: number_pool,
    HiddenDanger: hidden_danger,
    Hazard: lambda: of_section(
        Hazard,
        part="3号墩",
        event="坍塌",
        accident="collapse",
        causes="=1+1",
        likelihood=3,
        consequence=Decimal(5),
    ),
    InspectionPlan: lambda: records.create(
        InspectionPlan(title=f"计划{next(_numbers)}", year=2026, district=district()), COMMAND
    ),
    InspectionTask: lambda: of_section(
        InspectionTask, kind="special", inspectors=["甲", "乙"], due_by=date(2026, 9, 26)
    ),
    EmergencyMaterial: lambda: of_section(
        EmergencyMaterial, name="救生衣", measure="件", quantity=Decimal("20.5"), place="栈桥"
    ),
    DutyShift: lambda: of_section(
        DutyShift, day=date(2026, 9, 26), leader="甲", officers="乙、丙", phone="0527-1"
    ),
    WeatherWarning: weather_warning,
    Pipeline: lambda: of_section(Pipeline, kind="gas", part="承台", stakes="K1+200", owner_unit="燃气公司"),
    Inspector: inspector,
    Recusal: lambda: records.create(
        Recusal(inspector=inspector(), organization=organization("contractor"), reason="曾任职"), COMMAND
    ),
    **site_makers.MAKERS,
}


# Modules that hold the makers of a family of ledgers, each in its own MAKERS, beside what its tests share.
FAMILIES = (
    "carrying_out",
    "conducting",
    "credit",
    "dividing",
    "fees",
    "moneys",
    "quality_works",
    "sectors",
    "sharing",
    "tendering",
    "testing",
)


def make(model: type) -> Record:
    """A plain record of `model`. Fails, saying what to do, for a model without a maker."""
    makers = MAKERS
    for family in FAMILIES:
        makers = makers | import_module(f"tests.{family}").MAKERS
    if model not in makers:
        raise LookupError(f"add a maker of {model.__name__} to the MAKERS of its family in tests/")
    return makers[model]()
