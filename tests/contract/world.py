"""The small world in which the generated tests run: two sides that know nothing of each other, and their people.

Side A is a highway project of owner A in district 1, side B a waterway project of owner B in district 2. Each
has a section with its contractor, supervisor, designer and laboratory. A2 is a second section of project A
in which nobody of side A but the owner takes part.

`make(model, side)` makes a record of any model: required columns are filled by their type, foreign keys are
taken from the side or made along the way. A model whose rules ask for more gets a `@fills` below. Who is to
see a record stands in PEOPLE, written down here and not computed by the portal's own scope.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.test import Client
from django.utils import timezone

from projects.models import (
    Assessment,
    AssessmentResult,
    AssessmentSchedule,
    AssessmentVeto,
    Candidacy,
    Participation,
    Project,
    Scheme,
    Section,
    StandardItem,
)
from safety.models import (
    Finding,
    Hazard,
    HazardTrigger,
    HiddenDanger,
    InspectionPlan,
    InspectionTask,
    Inspector,
    PublicReport,
    RandomDraw,
    Recusal,
    SisterCheck,
    Visit,
    VisitCorrection,
    VisitSignature,
)
from supervision.flows import records
from supervision.flows.conditions import holds
from supervision.flows.models import Event
from supervision.flows.reach import label_of
from supervision.jobs.models import JobRun
from supervision.ledgers.ledger import Ledger
from supervision.ledgers.registry import all_ledgers
from supervision.papers.documents import contents, registry
from supervision.papers.documents.models import Document, NumberPool
from supervision.people.models import PARTY_ROLES, District, Membership, Organization, Role, SignIn, User
from supervision.people.records import Record
from supervision.plan.models import Snapshot, Target
from tests import assessing, inspecting
from tests.factories import COMMAND

# ----------------------------------------------------------------------------------------------------- people


TAKING_PART = frozenset({Role.CONTRACTOR, Role.SUPERVISOR, Role.DESIGNER, Role.LABORATORY})


@dataclass(frozen=True)
class Place:
    """A person of the world. `works` are the sides whose projects, sections and what hangs on them they see;
    the other columns say the same of rows that follow other rules."""

    role: str | None
    office: str
    works: str = ""
    account: str = ""
    membership: str = ""
    signin: str = ""
    job: str = ""
    snapshot: str = ""
    area: str = ""
    # Rows of one unit, here the contractor's; of the discipline role alone; of the whole city.
    unit: str = ""
    confidential: str = ""
    city: str = ""
    credit: str = ""
    active: bool = True

    @property
    def credit_drafts(self) -> str:
        """What of credit is told to nobody yet: the authorities' own."""
        return "" if self.role in TAKING_PART | {Role.OWNER} else self.credit

    @property
    def credit_recorded(self) -> str:
        """The same, recorded by the side's owner."""
        return "" if self.role in TAKING_PART else self.credit

    @property
    def commissions(self) -> str:
        """The works of those who commission or supervise them; units that take part in a section see none."""
        return "" if self.role in TAKING_PART else self.works

    @property
    def objects(self) -> str:
        """Enterprises and routes, whose sectors are none of the centres' here."""
        return "" if self.role == Role.CENTRE_STAFF else self.commissions

    @property
    def series(self) -> str:
        """Figures of the sectors: the authorities', a centre's those of its own."""
        if self.role in PARTY_ROLES:
            return ""
        return self.works if self.role == Role.CENTRE_STAFF else "A B" if self.works else ""

    @property
    def register(self) -> str:
        """Rows of no place, seen by whoever commissions or supervises anything."""
        return "A B" if self.commissions else ""

    @property
    def marked(self) -> str:
        """Marks of a section's contractor, which its other units do not see."""
        return self.works if self.role == Role.CONTRACTOR else self.commissions


R = Role
PEOPLE: dict[str, Place] = {
    # name                    role               office           works     accounts     memberships
    "bureau": Place(R.BUREAU_STAFF, "bureau", "A A2 B", "A B", "A B", snapshot="A B", area="A B"),
    "leader": Place(R.BUREAU_LEADER, "bureau", "A A2 B", "A B", "A B", snapshot="A B", area="A B"),
    "discipline": Place(R.DISCIPLINE, "bureau", "A A2 B", "A B", "A B", snapshot="A B", area="A B"),
    "inspector": Place(R.INSPECTOR, "enforcement", "A A2 B", "A B", "A B", snapshot="A B", area="A B"),
    "system": Place(R.SYSTEM_ADMIN, "bureau", "", "A B", "A B"),
    "security": Place(R.SECURITY_ADMIN, "bureau", "", "A B", "A B", signin="A B"),
    "audit": Place(R.AUDIT_ADMIN, "bureau", "A A2 B", "A B", "A B", signin="A B", snapshot="A B", area="A B"),
    "centre_a": Place(R.CENTRE_STAFF, "centre_a", "A A2", area="A"),
    "centre_b": Place(R.CENTRE_STAFF, "centre_b", "B", area="B"),
    "county_a": Place(R.COUNTY_STAFF, "county_a", "A A2", snapshot="A", area="A"),
    "county_b": Place(R.COUNTY_STAFF, "county_b", "B", snapshot="B", area="B"),
    "county_inspector_a": Place(R.INSPECTOR, "county_a", "A A2", snapshot="A", area="A"),
    "county_inspector_b": Place(R.INSPECTOR, "county_b", "B", snapshot="B", area="B"),
    "owner_a": Place(R.OWNER, "owner_a", "A A2"),
    "owner_b": Place(R.OWNER, "owner_b", "B"),
    "contractor_a": Place(R.CONTRACTOR, "contractor_a", "A", "", "A", signin="A", job="A"),
    "contractor_b": Place(R.CONTRACTOR, "contractor_b", "B", "", "B", signin="B", job="B"),
    "supervisor_a": Place(R.SUPERVISOR, "supervisor_a", "A"),
    "supervisor_b": Place(R.SUPERVISOR, "supervisor_b", "B"),
    "designer_a": Place(R.DESIGNER, "designer_a", "A"),
    "designer_b": Place(R.DESIGNER, "designer_b", "B"),
    "laboratory_a": Place(R.LABORATORY, "laboratory_a", "A"),
    "laboratory_b": Place(R.LABORATORY, "laboratory_b", "B"),
    # Of an enterprise that has nothing to do with the works of either side.
    "enterprise": Place(R.ENTERPRISE, "carrier"),
    "memberless": Place(None, "contractor_a"),
    "disabled": Place(R.CONTRACTOR, "contractor_a", active=False),
}
ANONYMOUS = "anonymous"
SIGNED_IN = [name for name, place in PEOPLE.items() if place.active]
STRANGERS = [ANONYMOUS, "disabled"]

# Whose rows follow which column of the table; a model not named here is public or follows the works.
COLUMN_OF: dict[type, str] = {
    User: "account",
    Membership: "membership",
    SignIn: "signin",
    JobRun: "job",
    Snapshot: "snapshot",
    PublicReport: "snapshot",
    # A draft is its office's own: here the contractor's.
    Document: "job",
    InspectionPlan: "area",
    Inspector: "area",
    RandomDraw: "area",
    Event: "works",
}


def column_of(model: type[models.Model]) -> str:
    """The column of PEOPLE that says who sees rows of `model`: "public", "works", …"""
    if model in COLUMN_OF:
        return COLUMN_OF[model]
    if getattr(model, "scope_public", False):
        return "public"
    if model in (Project, Section):
        return "works"
    if through := getattr(model, "scope_through", None):
        return column_of(model._meta.get_field(through).related_model)
    if any(f.many_to_one and f.related_model in (Project, Section) for f in model._meta.concrete_fields):
        return "works"
    raise AssertionError(
        f"{model._meta.label} writes a scope of its own: say in COLUMN_OF (tests/contract/world.py) which column "
        f"of PEOPLE its rows follow, and add a column if none fits"
    )


def sees(name: str, model: type[models.Model], side: str) -> bool:
    """Whether this person is to see a row of `model` on `side`, roles of the ledger aside."""
    place = PEOPLE.get(name)
    if place is None or not place.active or place.role is None:
        return False
    column = column_of(model)
    return column == "public" or side in getattr(place, column).split()


# ---------------------------------------------------------------------------------------------------- records


class Numbers:
    """A number that is never the same twice within one test, and the same in every run of it, whatever ran before."""

    def __init__(self):
        self.next = count(1)
        self.standing = 1

    def keep(self) -> None:
        """From here on tests begin with the next number: the standing world has those before."""
        self.standing = next(self.next)

    def restart(self) -> None:
        self.next = count(self.standing)


numbers = Numbers()
Values = dict[str, Any]
_fills: dict[type, Callable[[Side, int, Values], Values]] = {}
_makes: dict[type, Callable[[Side, int], list]] = {}


@dataclass
class Side:
    """One half of the world, with what foreign keys of a record on it point to."""

    name: str
    district: District
    mode: str
    offices: dict[str, Organization]
    people: dict[str, User] = field(default_factory=dict)
    project: Project | None = None
    section: Section | None = None

    def anchor(self, target: models.ForeignKey) -> models.Model | None:
        """What a foreign key of a record on this side points to; None: something made for it."""
        model = target.related_model
        if model is Organization:
            return self.offices.get(target.name, self.offices["contractor"])
        return {
            Project: self.project,
            Section: self.section,
            District: self.district,
            User: self.people.get("contractor"),
        }.get(model)


def fills(model: type[models.Model]):
    """Say what records of a model need beside what their columns tell: a function of the side,
    a number that is never the same, and the values given already → values."""

    def keep(function):
        _fills[model] = function
        return function

    return keep


def makes(model: type[models.Model]):
    """Make rows of a model in another way altogether: a function (side, how many) → rows."""

    def keep(function):
        _makes[model] = function
        return function

    return keep


def values_for(model: type[models.Model], side: Side, **given: Any) -> Values:
    """Values for a record of `model` on `side`: every required column, and what `@fills` says."""
    number = next(numbers.next)
    values = (_fills[model](side, number, given) if model in _fills else {}) | given
    if isinstance(given.get("project"), Project) and not given["project"].is_works:
        # An enterprise and a route have no sections; what lies on a route is listed by its stake.
        fields = {column.name for column in model._meta.concrete_fields}
        values |= {"section": None} if "section" in fields else {}
        values |= {"stakes": "K1+000"} if "stakes" in fields else {}
    unlike = {name for rule in model._meta.constraints for name in getattr(rule, "fields", ())}
    for column in model._meta.concrete_fields:
        # A day that makes records of one pair differ is filled even where it has a default.
        tells_apart = isinstance(column, models.DateField) and column.name in unlike
        if column.primary_key or column.name in values or column.blank:
            continue
        if column.has_default() and not tells_apart:
            continue
        if getattr(column, "auto_now", False) or getattr(column, "auto_now_add", False):
            continue
        if (column.null and not column.editable) or column.name == "status":
            continue
        values[column.name] = value_for(column, side, number)
    return values


def value_for(column: models.Field, side: Side, number: int) -> Any:
    """Something that fits a column."""
    if isinstance(column, models.ForeignKey):
        return side.anchor(column) or make(column.related_model, side)
    if column.choices:
        return column.flatchoices[0][0]
    least = [v.limit_value for v in column.validators if isinstance(v, MinValueValidator)]
    least = max([int(x() if callable(x) else x) for x in least], default=0)
    if isinstance(column, models.BooleanField):
        return True
    if isinstance(column, models.DateTimeField):
        return timezone.now()
    if isinstance(column, models.DateField):
        return date(2020, 1, 1) + timedelta(days=number % 1500)
    if isinstance(column, models.TimeField):
        return datetime(2020, 1, 1, 9, number % 60).time()
    if isinstance(column, models.DecimalField):
        return Decimal(max(least, 1))
    if isinstance(column, models.IntegerField):
        return max(least, number % 1000 + 1)
    if isinstance(column, models.JSONField):
        return [number]
    if isinstance(column, (models.CharField, models.TextField)):
        for text in (f"{column.verbose_name}{number}", f"C{number}", str(number), "01-02"):
            text = text[-column.max_length :] if column.max_length else text
            try:
                column.run_validators(text)
            except ValidationError:
                continue
            return text
    raise AssertionError(
        f"{column.model._meta.label}.{column.name}: value_for (tests/contract/world.py) knows no value for this "
        f"{type(column).__name__}; give one by @fills({column.model.__name__})"
    )


def make_many(model: type[models.Model], side: Side, number: int, **given: Any) -> list:
    """`number` records of `model` on `side`, made through the history room. `given` values are the same in all."""
    if model in _makes and not given:
        return _makes[model](side, number)
    made = [model(**values_for(model, side, **given)) for _ in range(number)]
    try:
        if issubclass(model, Record):
            return records.create_many(made, COMMAND)
        for row in made:
            row.full_clean()
            row.save(force_insert=True)
    except ValidationError as error:
        raise AssertionError(
            f"the generated tests cannot make a {model._meta.label}: {error.message_dict}\n"
            f"Write in tests/contract/world.py:\n\n    @fills({model.__name__})\n"
            f"    def _(side, number, given):\n        return {{…}}  # values that satisfy its rules, unlike for each number\n"
        ) from error
    return made


def make(model: type[models.Model], side: Side, **given: Any) -> models.Model:
    """One record of `model` on `side`."""
    return make_many(model, side, 1, **given)[0]


@fills(Project)
def _(side: Side, number: int, given: Values) -> Values:
    # Of the county level, so that county people too may change it.
    return {"mode": side.mode, "district": side.district, "owner": side.offices["owner"], "level": "county"}


@fills(Organization)
def _(side: Side, number: int, given: Values) -> Values:
    return {"kind": "contractor"}


@fills(Participation)
def _(side: Side, number: int, given: Values) -> Values:
    # Days come round again; a unit of its own keeps two rows apart.
    return {} if "organization" in given else {"organization": make(Organization, side)}


@fills(Scheme)
def _(side: Side, number: int, given: Values) -> Values:
    return {"has_listing": True}


@fills(Target)
def _(side: Side, number: int, given: Values) -> Values:
    return {
        "kind": "ratio",
        "threshold": Decimal(60),
        "indicator": "project.succeeded",
        "parameters": {"scheme": make(Scheme, side).code, "stage": "listing"},
    }


@fills(Candidacy)
def _(side: Side, number: int, given: Values) -> Values:
    # Of a section under a scheme that takes sections, else of the whole project.
    scheme = {"scheme": make(Scheme, side, unit="section")} if given.get("section") else {}
    return {"achievement": f"成果{number}"} | scheme


@fills(StandardItem)
def _(side: Side, number: int, given: Values) -> Values:
    return {"full_marks": Decimal(5)}


@fills(Assessment)
def _(side: Side, number: int, given: Values) -> Values:
    # Every month of a century, so that no two of a section's sheets are for the same period.
    period = f"20{number // 12 % 100:02}-{number % 12 + 1:02}"
    return {
        "subject": "contractor",
        "section": side.section,
        "period": period,
        "standard_version": assessing.version(),
        "unit": None,
    }


@fills(AssessmentVeto)
def _(side: Side, number: int, given: Values) -> Values:
    # One ground stands once: where many hang on one assessment they have been withdrawn.
    ended = {"withdrawn_on": date(2024, 6, 1), "withdrawn_reason": "更正"} if "assessment" in given else {}
    return {"code": "major_danger", "found_on": date(2024, 5, 1)} | ended


@fills(SisterCheck)
def _(side: Side, number: int, given: Values) -> Values:
    # A section is asked once about one danger.
    return {"section": make(Section, side)} if "danger" in given else {}


@fills(Hazard)
def _(side: Side, number: int, given: Values) -> Values:
    return {"section": side.section}


@fills(HazardTrigger)
def _(side: Side, number: int, given: Values) -> Values:
    hazard = given.get("hazard")
    return {"section": hazard.section if hazard else side.section}


@fills(InspectionTask)
def _(side: Side, number: int, given: Values) -> Values:
    return {"section": side.section, "inspectors": ["甲", "乙"]}


@fills(Visit)
def _(side: Side, number: int, given: Values) -> Values:
    return {"section": side.section, "kind": "comprehensive", "inspectors": ["甲", "乙"]}


@fills(VisitCorrection)
def _(side: Side, number: int, given: Values) -> Values:
    if "visit" in given:
        # Of one visit both: what is found while it is open and what is corrected once it is sealed.
        given["visit"].status = "sealed"
        return {}
    return {"visit": inspecting.self_check(side.section, side.people["contractor"], seal=True)}


@fills(Finding)
def _(side: Side, number: int, given: Values) -> Values:
    if "visit" in given:
        given["visit"].status = "open"
    return {}


@fills(VisitSignature)
def _(side: Side, number: int, given: Values) -> Values:
    visit = given.get("visit") or inspecting.self_check(side.section, side.people["contractor"])
    return {"visit": visit, "side": "site", "how": "account", "digest": visit.digest}


@fills(InspectionPlan)
@fills(Inspector)
def _(side: Side, number: int, given: Values) -> Values:
    return {"district": side.district, "mode": side.mode}


@fills(RandomDraw)
def _(side: Side, number: int, given: Values) -> Values:
    return {"district": side.district, "mode": side.mode, "number": 1}


@fills(Recusal)
def _(side: Side, number: int, given: Values) -> Values:
    return {} if {"project", "organization"} & set(given) else {"organization": side.offices["contractor"]}


@fills(AssessmentResult)
def _(side: Side, number: int, given: Values) -> Values:
    return {"column": "self", "attempt": number % 30_000 + 1, "vetoes": [], "reasons": [], "arithmetic": {}}


@fills(AssessmentSchedule)
def _(side: Side, number: int, given: Values) -> Values:
    return {"subject": "contractor", "every": "month"}


@fills(Membership)
def _(side: Side, number: int, given: Values) -> Values:
    return {"user": make(User, side), "role": Role.CONTRACTOR}


@fills(User)
def _(side: Side, number: int, given: Values) -> Values:
    return {"username": f"made{number}", "password": "!"}


@fills(Snapshot)
def _(side: Side, number: int, given: Values) -> Values:
    district = side.district
    return {"dimension": "district", "key": str(district.pk), "key_label": district.name, "state": "met"}


@fills(PublicReport)
def _(side: Side, number: int, given: Values) -> Values:
    return {"district": side.district}


@fills(Document)
def _(side: Side, number: int, given: Values) -> Values:
    made = registry.paper_of("rectification_reply").contents.example(title=f"整改回复{number}", number="")
    return {
        "model": "safety.hiddendanger",
        "object_id": make(HiddenDanger, side, description=f"第{number}处").pk,
        "code": "danger-reply",
        "signature": "party",
        "organization": side.offices["contractor"],
        "title": f"整改回复{number}",
        "contents": contents.plain(made),
    }


@fills(NumberPool)
def _(side: Side, number: int, given: Values) -> Values:
    return {"code": f"use-{number}", "prefix": f"代字{number}", "pattern": "{prefix}〔{year}〕{number}号"}


@fills(JobRun)
def _(side: Side, number: int, given: Values) -> Values:
    return {"created_by": side.people["contractor"], "message": f"进展{number}"}


@fills(SignIn)
def _(side: Side, number: int, given: Values) -> Values:
    user = side.people["contractor"]
    return {"user": user, "username": user.username, "outcome": "登录成功"}


@makes(Event)
def _(side: Side, number: int) -> list[Event]:
    told = make_many(Participation, side, number)
    return list(Event.objects.filter(model=label_of(Participation), object_id__in=[row.pk for row in told]))


# ------------------------------------------------------------------------------------------------------ world

KINDS_OF_SIDE = ("owner", "contractor", "supervisor", "designer", "laboratory")


class World:
    """Everything above, in the database. `record(ledger, side)` is the ledger's row on a side."""

    def __init__(self):
        self.offices = {
            "bureau": self.office("bureau", "市局"),
            "enforcement": self.office("enforcement", "执法支队"),
            "carrier": self.office("carrier", "运输企业"),
        }
        self.sides = {"A": self.side("a", "highway"), "B": self.side("b", "waterway")}
        self.users = {name: self.person(name, place) for name, place in PEOPLE.items()}
        for name, side in self.sides.items():
            side.people = {kind: self.users[f"{kind}_{name.lower()}"] for kind in KINDS_OF_SIDE}
        self.a2 = self.section("A", "A2")
        self.clients = {name: self.signed_in(user) for name, user in self.users.items()}
        self.clients[ANONYMOUS] = Client()
        self.cookies = {name: deepcopy(client.cookies) for name, client in self.clients.items()}
        records.update(self.users["disabled"], {"is_active": False}, COMMAND)
        self.records = {
            (ledger.slug, name): self.standing(ledger.model, side)
            for ledger in all_ledgers()
            for name, side in self.sides.items()
        }
        numbers.keep()

    def standing(self, model: type[models.Model], side: Side) -> models.Model | AssertionError:
        """The side's own row of a model: its project and section themselves, else one made there. What cannot
        be made fails the tests of its own ledger only."""
        if own := {Project: side.project, Section: side.section}.get(model):
            return own
        try:
            with transaction.atomic():
                return make(model, side)
        except AssertionError as problem:
            return problem

    def office(self, kind: str, name: str, **facts: Any) -> Organization:
        return records.create(Organization(kind=kind, name=f"契约{name}", **facts), COMMAND)

    def side(self, letter: str, mode: str) -> Side:
        district = District.objects.create(name=f"契约{letter}区")
        self.offices[f"county_{letter}"] = self.office("county", f"{letter}县局", district=district)
        self.offices[f"centre_{letter}"] = self.office("centre", f"{letter}中心", sector=mode)
        own = {kind: self.office(kind, f"{letter} {kind}") for kind in KINDS_OF_SIDE}
        self.offices |= {f"{kind}_{letter}": office for kind, office in own.items()}
        side = Side(letter.upper(), district, mode, own)
        side.project = make(Project, side, name=f"契约{letter}项目")
        side.section = make(Section, side, code=f"{letter}1")
        for role in KINDS_OF_SIDE[1:]:
            self.takes_part(side.section, role, own[role])
        return side

    def takes_part(self, section: Section, role: str, office: Organization) -> Participation:
        row = Participation(section=section, role=role, organization=office, since=date(2019, 1, 2))
        return records.create(row, COMMAND)

    def section(self, side: str, code: str) -> Section:
        """Another section of a side's project, built by a contractor of its own."""
        made = make(Section, self.sides[side], code=code)
        self.takes_part(made, "contractor", self.office("contractor", f"{code} 施工"))
        return made

    def person(self, name: str, place: Place) -> User:
        user = User(username=f"c.{name}", name=f"某{name}", must_change_password=False)
        user.password_changed_at = timezone.now()
        user.set_unusable_password()
        records.create(user, COMMAND)
        if place.role:
            since = date(2020, 1, 1)
            office = self.offices[place.office]
            records.create(Membership(user=user, organization=office, role=place.role, since=since), COMMAND)
        return User.objects.get(pk=user.pk)

    def signed_in(self, user: User) -> Client:
        client = Client(raise_request_exception=False)
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    def user(self, name: str) -> User:
        """The person, as a request would fetch them."""
        return User.objects.get(pk=self.users[name].pk)

    def client(self, name: str) -> Client:
        """This person's browser, signed in: where a test ended the session, its row is back by now, and so are
        the cookies."""
        client = self.clients[name]
        client.cookies = deepcopy(self.cookies[name])
        return client

    def record(self, ledger: Ledger, side: str = "A") -> models.Model:
        made = self.records[ledger.slug, side]
        if isinstance(made, AssertionError):
            raise made
        return made

    def body(self, ledger: Ledger, side: str = "A", **given: Any) -> Values:
        """What somebody would send to file a new record of a ledger on a side, defaults filled in as a form
        shows them."""
        values = values_for(ledger.model, self.sides[side], **given)
        for name in ledger.form_fields:
            column = ledger.model._meta.get_field(name)
            if name not in values and column.has_default():
                values[name] = column.get_default()
        return {name: sent(values[name]) for name in ledger.form_fields if name in values}

    def editor(self, ledger: Ledger, roles: frozenset[str], side: str = "A") -> str | None:
        """Somebody who holds one of `roles`, may open the ledger, and sees its record on a side and may change it
        where the ledger says whose records are whose."""
        for name in SIGNED_IN:
            role = PEOPLE[name].role
            if role not in roles & ledger.view_roles or not sees(name, ledger.model, side):
                continue
            own = role not in ledger.edit_when or edits(ledger, role, self.record(ledger, side))
            if own and (not ledger.own or is_own(name, ledger, self.record(ledger, side))):
                return name
        return None


def is_own(name: str, ledger: Ledger, record: models.Model) -> bool:
    """Whether a record that is its unit's own is that of this person's unit."""
    role = PEOPLE[name].role
    if not ledger.own or role in ledger.own_but:
        return True
    unit: Any = record
    for step in ledger.own.split("__"):
        unit = getattr(unit, step)
    if role == Role.BUREAU_STAFF and (unit is None or unit.kind == "bureau"):
        return True
    office = User.objects.get(username=f"c.{name}").organization
    return unit is not None and office is not None and unit.path.startswith(office.path)


def edits(ledger: Ledger, role: str, record: models.Model) -> bool:
    """Whether holders of a role may change such a record, its status aside."""
    return role in ledger.edit_roles and holds(ledger.edit_when.get(role, Q()), record)


def sent(value: Any) -> Any:
    """A value as JSON."""
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, (date, Decimal)):
        return str(value)
    return value


def posted(values: Values) -> Values:
    """A body as a browser's form sends it."""
    shown = {}
    for name, value in values.items():
        if isinstance(value, bool):
            if value:
                shown[name] = "on"
        elif isinstance(value, list):
            shown[name] = "、".join(value)
        elif isinstance(value, dict):
            shown[name] = "；".join(f"{key}={word}" for key, word in value.items())
        else:
            shown[name] = "" if value is None else value
    return shown


# What is asked of every ledger in part, in turn from ledger to ledger, WHOLE=1 asks of each in full.
WHOLE = os.environ.get("WHOLE") == "1"

LEDGERS = all_ledgers()
each_ledger = {"argnames": "ledger", "argvalues": LEDGERS, "ids": [ledger.slug for ledger in LEDGERS]}

# At the end: a family's module takes `fills` and `make` from here.
from . import fills as families  # noqa: E402

del families
