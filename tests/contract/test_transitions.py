"""Every flow as declared: what each role may do from each state, and that nothing else happens."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.urls import reverse
from django.utils import timezone

from projects.models import (
    Assessment,
    AssessmentVeto,
    Candidacy,
    ObjectKind,
    Project,
    StandardItem,
    StandardTable,
    StandardVersion,
)
from quality.models import Batch, MaterialBatch, QualityDefect, QualityIncident, Sample, Supplier
from safety.models import (
    FeeEntry,
    FeePlan,
    Hazard,
    HiddenDanger,
    InspectionTask,
    RandomDraw,
    Visit,
)
from supervision.flows import perform, records
from supervision.flows.errors import FlowError, IllegalTransition, LostRace, NotAllowed
from supervision.flows.flow import Flow, Transition
from supervision.flows.forms import transition_form
from supervision.flows.history import Actor
from supervision.flows.models import Event, FlowRecord
from supervision.flows.reach import label_of
from supervision.ledgers.ledger import Ledger
from supervision.papers import services as papers
from supervision.papers.documents import contents, registry
from supervision.papers.documents import services as documents
from supervision.papers.documents.models import Document
from supervision.people import history_guard
from supervision.people.models import Role, User
from tests import (
    assessing,
    carrying_out,
    conducting,
    credit,
    dividing,
    fees,
    incidents,
    inspecting,
    moneys,
    quality_works,
    reporting,
    safety,
    sectors,
    sharing,
    testing,
)
from tests.factories import COMMAND

from .conftest import nothing_drawn, undone
from .world import LEDGERS, PEOPLE, SIGNED_IN, WHOLE, World, make

FLOWING = [ledger for ledger in LEDGERS if ledger.flow]
each_flow = {"argnames": "ledger", "argvalues": FLOWING, "ids": [ledger.slug for ledger in FLOWING]}

# Kinds of records of one ledger between which its transitions' conditions tell apart: values for `make`, or
# records. Where none lets anybody perform a transition the tests say so.
VARIANTS = {
    HiddenDanger: lambda world, side: safety.variants(world, side),
    Hazard: lambda world, side: inspecting.hazard_variants(side),
    QualityDefect: lambda world, side: testing.defect_variants(side),
    MaterialBatch: lambda world, side: testing.batch_variants(side),
    Supplier: lambda world, side: testing.supplier_variants(),
    QualityIncident: lambda world, side: [testing.with_papers(make(QualityIncident, side), "调查报告")],
    Sample: lambda world, side: [{"purpose": "self"}, {"purpose": "parallel"}],
    Visit: lambda world, side: inspecting.visit_variants(side),
    InspectionTask: lambda world, side: [inspecting.begun(make(InspectionTask, side))],
    RandomDraw: lambda world, side: inspecting.draw_variants(world, side),
    Candidacy: lambda world, side: [
        {"stage": "listing"},
        {"stage": "review"},
        {"stage": "creation", **of_section(side, has_listing=False)},
        {"stage": "listing", **of_section(side, has_listing=True)},
        {"stage": "review", **of_section(side, has_listing=False)},
    ],
    StandardVersion: lambda world, side: [complete_version(side)],
    Assessment: lambda world, side: assessed(side),
    Document: lambda world, side: drafts(world, side),
    Batch: lambda world, side: quality_works.batches(side.section),
    FeeEntry: lambda world, side: fees.entry_variants(world, side),
    FeePlan: lambda world, side: fees.plan_variants(world, side),
    **carrying_out.VARIANTS,
    **conducting.VARIANTS,
    **credit.VARIANTS,
    **dividing.VARIANTS,
    **incidents.VARIANTS,
    **moneys.VARIANTS,
    **sectors.VARIANTS,
    **sharing.VARIANTS,
    **reporting.VARIANTS,
}


def drafts(world, side) -> list[Document]:
    """Drafts for each way of signing, in the name of the office that signs so, addressed to somebody."""
    offices = {"danger-notice": "bureau", "danger-circular": "bureau", "danger-reply": "contractor"}
    made = []
    for code, office in offices.items():
        kind = registry.kind_of(code)
        filled = kind.paper.contents.example(number="", second_number="", issued_on="", signer="")
        facts = {"code": code, "signature": kind.signature.value, "contents": contents.plain(filled)}
        facts["organization"] = world.offices["bureau"] if office == "bureau" else side.offices[office]
        made.append(make(Document, side, **facts))
        documents.address(made[-1], ["收文单位"], COMMAND)
    return made


def assessed(side) -> list[Assessment]:
    """Sheets whose every column is filled, well or badly: of each course and each kind of unit, drawn for a
    spot-check or not, failed before or not, at a standstill or not, with a ground of failure proven or not."""
    day = date(2026, 1, 5)
    kinds = [
        {"course": "full"},
        {"course": "recheck"},
        {"course": "recheck", "drawn_on": day},
        {"course": "alone"},
        {"course": "alone", "drawn_on": day},
        {"course": "full", "drawn_on": day},
        {"course": "full", "failures": 1},
        {"course": "full", "failures": 2, "passed": True, "stopped_on": day},
        {"course": "full", "passed": True, "veto_found_on": day},
        {"course": "full", "failures": 1, "passed": True, "veto_found_on": day},
        {"course": "direct", "subject": "supervisor", "section": None, "unit": side.offices["supervisor"]},
        {"course": "alone", "subject": "owner", "section": None, "unit": side.offices["owner"]},
        {
            "course": "alone",
            "subject": "owner",
            "section": None,
            "unit": side.offices["owner"],
            "drawn_on": day,
        },
    ]
    version, made = assessing.version(), []
    for at, (facts, off) in enumerate(product(kinds, (False, True))):
        period = f"{2060 + at}-Q1"
        sheet = make(Assessment, side, standard_version=version, period=period, **facts)
        assessing.fill(sheet, off=off)
        if sheet.veto_found_on:
            records.create(AssessmentVeto(assessment=sheet, code="major_danger", evidence="查实"), COMMAND)
        papers.attach(sheet, SimpleUploadedFile("r.txt", b"r"), "整改报告", COMMAND)
        made.append(sheet)
    return made


def complete_version(side) -> StandardVersion:
    """A version that may be adopted: one checklist with one item, which asks for neither formulas nor grades."""
    version = make(StandardVersion, side)
    table = make(StandardTable, side, standard_version=version, kind="checklist", full_marks=None)
    make(StandardItem, side, table=table, full_marks=None)
    return version


def of_section(side, **scheme: Any) -> dict:
    """A candidacy of one section, which its contractor may act on."""
    from projects.models import Scheme

    return {"section": side.section, "scheme": make(Scheme, side, unit="section", **scheme)}


# One person for each role, all on side A.
ACTORS = {
    place.role: name
    for name, place in reversed(PEOPLE.items())
    if place.active and place.role and not name.endswith("_b")
}


def variants(world: World, ledger: Ledger) -> list[FlowRecord]:
    side = world.sides["A"]
    given = VARIANTS[ledger.model](world, side) if ledger.model in VARIANTS else [{}]
    return [
        facts if isinstance(facts, models.Model) else make(ledger.model, side, **facts) for facts in given
    ]


def put(record: FlowRecord, status: str, **facts: Any) -> FlowRecord:
    """The record as it stands in `status`, written past the flow; only tests do this."""
    with history_guard.writer():
        type(record)._base_manager.filter(pk=record.pk).update(status=status, **facts)
    return type(record)._base_manager.get(pk=record.pk)


def marks(model: type[FlowRecord]) -> list[str]:
    """The yes-or-no columns that a flow's conditions may ask about."""
    return [
        f.name
        for f in model._meta.concrete_fields
        if isinstance(f, models.BooleanField) and not f.editable and not f.null
    ]


def situations(world: World, ledger: Ledger) -> list[FlowRecord]:
    """A record of every kind for every setting of its marks that the flow asks about."""
    named = [name for name in marks(ledger.model) if asked(ledger.flow, name)]
    return [
        put(record, record.status, **dict(zip(named, values, strict=True)))
        for values in product((False, True), repeat=len(named))
        for record in variants(world, ledger)
    ]


def asked(flow: Flow, name: str) -> bool:
    """Whether a condition of the flow asks about a column."""
    return any(name in str(c) for t in flow.transitions for c in (t.when, *t.role_when.values()))


def filling(record: FlowRecord, transition: Transition, user, *, days: bool = False) -> dict[str, Any]:
    """Data for the required fields of a transition, by the type of their form fields; with `days` the dates
    that may be left out are given too, as of two days ago."""
    data: dict[str, Any] = {}
    for name, field in transition_form(record, transition, user).fields.items():
        if not field.required:
            if days and isinstance(field, forms.DateField):
                data[name] = (timezone.localdate() - timedelta(days=2)).isoformat()
            continue
        if hasattr(field, "queryset"):
            rows = field.queryset
            if rows.model is Project and (works := rows.filter(object_kind=ObjectKind.WORKS)):
                rows = works  # a danger on a route asks for its stake besides: tests/test_sectors.py
            data[name] = rows.first().pk
        elif isinstance(field, forms.ChoiceField):
            data[name] = [value for value, _ in field.choices if value][0]
        elif isinstance(field, forms.DateTimeField):
            data[name] = timezone.localtime().isoformat(timespec="minutes")
        elif isinstance(field, forms.DateField):
            data[name] = timezone.localdate().isoformat()
        elif isinstance(field, (forms.IntegerField, forms.DecimalField)):
            data[name] = "1"
        elif isinstance(field, forms.BooleanField):
            data[name] = "on"
        else:
            # Of its own for each field: some rules keep two of them apart.
            data[name] = f"同意{field.label or name}"[: getattr(field, "max_length", None)]
    return data


def footprint(record: FlowRecord) -> tuple:
    """What a refused act must leave as it was."""
    row = type(record)._base_manager.filter(pk=record.pk).values().get()
    return row, Event.objects.filter(model=label_of(type(record)), object_id=record.pk).count()


def outcome(record: FlowRecord, name: str, user, data: dict) -> str:
    """Perform on a fresh copy and take it back; "done", or what was raised. Checks that a refusal left no trace."""
    before = footprint(record)
    with undone():
        mine = type(record)._base_manager.get(pk=record.pk)
        try:
            after = perform.perform(mine, name, Actor.of(user, "page"), data)
        except (FlowError, ValidationError) as error:
            assert footprint(record) == before, (name, error)
            return type(error).__name__
        target = record.flow.by_name[name].target
        row, events = footprint(record)
        assert after.status == row["status"] == (target or record.status)
        # Files that the act itself puts on the record are events of their own.
        acts = records.events_of(record).filter(seq__gt=before[1]).exclude(verb="attach")
        assert (row["version"], acts.count()) == (before[0]["version"] + 1, 1)
        last = acts.get()
        assert (last.verb, last.name, last.actor_id, last.source) == ("transition", name, user.pk, "page")
        assert last.organization_name == user.organization.name
        try:
            perform.perform(mine, name, Actor.of(user, "page"), data)
        except (IllegalTransition, LostRace, NotAllowed):
            assert footprint(record)[1] == events
        else:
            pytest.fail(f"{name} succeeded twice on one copy of the record")
    return "done"


def put_all(pool: list[FlowRecord], status: str) -> list[FlowRecord]:
    """Every situation, in this status."""
    found = type(pool[0])._base_manager.filter(pk__in=[record.pk for record in pool])
    with history_guard.writer():
        found.update(status=status)
    fresh = {record.pk: record for record in found.all()}
    return [fresh[record.pk] for record in pool]


def declared_of(standing: list[FlowRecord], transition: Transition, role: str) -> set[int]:
    """On which of these records, all in one status, the declaration lets a holder of `role` perform it."""
    model, status = type(standing[0]), standing[0].status
    if role not in transition.roles or status not in transition.sources:
        return set()
    condition = transition.when & transition.role_when.get(role, models.Q())
    found = model._base_manager.filter(condition, pk__in=[record.pk for record in standing])
    return {record.pk for record in found if is_own(record, transition, role)}


def is_own(record: FlowRecord, transition: Transition, role: str) -> bool:
    """Whether an act that is some unit's own is that of the unit of the person who plays `role`."""
    unit = record
    for step in transition.own.split("__") if transition.own else ():
        unit = getattr(unit, step)
    if unit is record or unit is None:
        return unit is record or role == Role.BUREAU_STAFF
    if unit.kind == "bureau" and role == Role.BUREAU_STAFF:
        return True
    return unit.path.startswith(User.objects.get(username=f"c.{ACTORS[role]}").organization.path)


def seen_by(user, standing: list[FlowRecord]) -> set[int]:
    """Which of these records the person sees."""
    found = type(standing[0]).objects.visible_to(user).filter(pk__in=[record.pk for record in standing])
    return set(found.values_list("pk", flat=True))


@pytest.mark.parametrize(**each_flow)
def test_what_is_open_is_what_is_declared(world, ledger):
    """What buttons and the workbench offer, for every situation × state × role: in memory as the conditions say
    in SQL."""
    users = {role: world.user(name) for role, name in ACTORS.items()}
    stranger, memberless = world.user("contractor_b"), world.user("memberless")
    flow, model, pool = ledger.flow, ledger.model, situations(world, ledger)
    pks = [record.pk for record in pool]

    def among(queryset) -> set[int]:
        return set(queryset.filter(pk__in=pks).values_list("pk", flat=True))

    seen = {role: among(model.objects.visible_to(user)) for role, user in users.items()}
    applied = set()
    for status in flow.states:
        standing = put_all(pool, status)
        for role, user in users.items():
            wanted = {pk: set() for pk in pks}
            for transition in flow.transitions:
                for pk in declared_of(standing, transition, role) & seen[role]:
                    wanted[pk].add(transition.name)
                    applied.add(transition.name)
            # Pages and API fetch through the scope first: what one does not see is never asked about.
            asked = [record for record in standing if record.pk in seen[role]]
            offered = {pk: set() for pk in pks}
            offered |= {pk: names_of(found) for pk, found in perform.open_to(asked, user).items()}
            assert offered == wanted, (status, role)
            waits = {pk for pk, names in wanted.items() if any(flow.by_name[name].duty for name in names)}
            assert among(perform.waiting_for(model, user)) == waits, (status, role)
            if record := next((record for record in standing if wanted[record.pk]), None):
                blocked = {t.name for t, _ in perform.blocked(record, user)}
                assert names_of(perform.available(record, user)) == wanted[record.pk] - blocked
        assert not any(perform.open_to(standing, memberless).values())
        assert not among(perform.waiting_for(model, stranger))
    idle = set(flow.by_name) - applied
    assert not idle, (
        f"no record of VARIANTS (tests/contract/test_transitions.py) lets anybody perform {sorted(idle)}"
    )


@pytest.mark.divided
@pytest.mark.parametrize(**each_flow)
def test_every_state_transition_and_role(world, ledger):
    """perform() does what is declared and nothing else; a refusal says which of the two it is."""
    users = {role: world.user(name) for role, name in ACTORS.items()}
    pool, wrong = situations(world, ledger), []
    for status in ledger.flow.states:
        standing = put_all(pool, status)
        seen = {role: seen_by(user, standing) for role, user in users.items()}
        for transition in ledger.flow.transitions:
            barred = []
            for role, user in users.items():
                may = declared_of(standing, transition, role) & seen[role]
                # The record on which this role could do it, if there is one.
                record = next((record for record in standing if record.pk in may), None)
                if record is None:
                    barred.append(role)
                    continue
                got = outcome(record, transition.name, user, filling(record, transition, user))
                if got != ("ValidationError" if perform.missing_for(record, transition) else "done"):
                    wrong.append(f"{status:16} {transition.name:18} {role:16} is declared, got {got}")
            record, before, tried = standing[0], footprint(standing[0]), set()
            data = filling(record, transition, users[Role.BUREAU_STAFF]) if barred else {}
            for role in barred:
                asks = role in transition.roles and record.pk in seen[role]
                asks = asks and is_own(record, transition, role)
                wanted = IllegalTransition if asks else NotAllowed
                try:
                    # The whole act for one role of each kind; for the others the question it begins with.
                    if wanted in tried:
                        perform.check_may(record, transition, users[role])
                    else:
                        tried.add(wanted)
                        mine = type(record)._base_manager.get(pk=record.pk)
                        perform.perform(mine, transition.name, Actor.of(users[role], "page"), data)
                except FlowError as error:
                    if type(error) is not wanted:
                        wrong.append(f"{status:16} {transition.name:18} {role:16} {error!r}, not {wanted}")
                else:
                    wrong.append(f"{status:16} {transition.name:18} {role:16} is not declared, but done")
            assert footprint(record) == before, (status, transition.name)
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.divided
@pytest.mark.parametrize(**each_flow)
def test_every_state_is_reached_by_acting(world, ledger):
    """From the first state, through the flow alone, by people of the right roles."""
    users = [world.user(name) for name in ACTORS.values()]
    every, reached = set(ledger.flow.states), set()

    def walk(record: FlowRecord, tried: set) -> None:
        reached.add(record.status)
        for user in users:
            if not seen_by(user, [record]):
                continue
            for transition in perform.available(record, user):
                # Once to every other state, and every mark once in every state.
                step = transition.target or (record.status, transition.name)
                if step in tried or reached == every:
                    continue
                tried.add(step)
                with undone():
                    mine = type(record)._base_manager.get(pk=record.pk)
                    data = filling(mine, transition, user, days=True)
                    walk(perform.perform(mine, transition.name, Actor.of(user, "page"), data), tried)

    for record in variants(world, ledger):
        assert record.status == ledger.flow.initial
        # Where one kind of record has come is no reason to stop another on its way to somewhere else.
        walk(record, {record.status})
    assert reached == every


@pytest.mark.divided
@pytest.mark.parametrize(**each_flow)
def test_a_stale_version_loses_the_race_and_is_told_by_whom(world, ledger):
    record, transition, name = first_act(world, ledger)
    user = world.user(name)
    data, before = filling(record, transition, user), footprint(record)
    with pytest.raises(LostRace, match="已于"):
        perform.perform(record, transition.name, Actor.of(user, "page"), data, version=record.version + 1)
    with pytest.raises(LostRace):
        perform.perform(
            record, transition.name, Actor.of(user, "page"), data | {"version": record.version + 1}
        )
    assert footprint(record) == before


def first_act(world: World, ledger: Ledger, need=lambda transition: True):
    """A record, a transition that can be performed on it, and who may."""
    for record in variants(world, ledger):
        for status in ledger.flow.states:
            record = put(record, status)
            for name in ACTORS.values():
                for transition in perform.available(record, world.user(name)):
                    if need(transition):
                        return record, transition, name
    return None


def call(client, url: str, body: dict):
    return client.post(url, json.dumps(body), content_type="application/json")


# How many transitions of a flow are tried out on page and API in every way that a step can end, in turn from ledger to
# ledger; the others are done once on each. Pages and API ask the same `perform()` for all of them, and what that does
# is seen for every state, transition and role above. WHOLE=1 tries out all.
TRIED_OUT = 2


@pytest.mark.divided
@pytest.mark.parametrize(**each_flow)
def test_page_and_api_agree(world, ledger):
    """Each transition is done on the page and by the API, by whom it is for. Of some: 403 for the wrong role, 409 in
    the wrong state, 400 without what it asks for; the same on the page as in the API, whose errors have one shape."""
    pool, transitions = situations(world, ledger), ledger.flow.transitions
    turn = LEDGERS.index(ledger)
    chosen = {transitions[(turn + number) % len(transitions)].name for number in range(TRIED_OUT)}
    for transition in transitions:
        record, name = doable(world, transition, pool)
        page, api = addresses(ledger, record, transition)
        client = world.client(name)
        if not WHOLE and transition.name not in chosen:
            data = filling(record, transition, world.user(name))
            with nothing_drawn():
                assert client.get(page).status_code == 200
                with undone():
                    assert client.post(page, data).status_code == 302, transition.name
                with undone():
                    assert call(client, api, data).status_code == 200, transition.name
            continue
        actions = {a["name"]: a for a in client.get(f"/api/{ledger.slug}/{record.pk}/").json()["actions"]}
        assert actions[transition.name]["url"].endswith(api)
        assert page in client.get(ledger.record_url(record.pk)).content.decode()
        with nothing_drawn():
            agree(world, ledger, transition, record, name, actions[transition.name])


def addresses(ledger: Ledger, record: FlowRecord, transition: Transition) -> tuple[str, str]:
    """Where a step is taken on the page, and by the API."""
    page = reverse(f"{ledger.slug}:do", args=[record.pk, transition.name])
    return page, f"/api/{ledger.slug}/{record.pk}/{transition.name}/"


def agree(
    world: World, ledger: Ledger, transition: Transition, record: FlowRecord, name: str, action: dict
) -> None:
    user, client = world.user(name), world.client(name)
    page, api = addresses(ledger, record, transition)
    assert client.get(page).status_code == 200
    data = filling(record, transition, user)
    assert set(action["required"]) == set(data)
    if data:
        with undone():
            assert client.post(page, {}).status_code == 400
            answer = call(client, api, {})
            assert (answer.status_code, set(answer.json())) == (400, {"code", "message", "fields"})
            assert set(answer.json()["fields"]) == set(data)
    with undone():
        assert client.post(page, data).status_code == 302
    with undone():
        done = call(client, api, data)
        assert done.status_code == 200
        assert done.json().get("status", transition.target or record.status) == (
            transition.target or record.status
        )
        stale = call(client, api, data | {"version": record.version})
        assert stale.status_code in (403, 409)
        assert set(stale.json()) == {"code", "message"}
    # Somebody who sees the record is refused; for others it is not there.
    others = [n for r, n in ACTORS.items() if r in ledger.view_roles - transition.roles]
    seeing = [n for n in others if seen_by(world.user(n), [record])]
    if not others:
        # One role's alone: nobody else opens the ledger at all.
        stranger = world.client(next(n for r, n in ACTORS.items() if r not in ledger.view_roles))
        assert stranger.post(page, data).status_code == call(stranger, api, data).status_code == 403
        return
    sees, outsider = bool(seeing), world.client([*seeing, *others][0])
    assert outsider.post(page, data).status_code == (403 if sees else 404)
    refused = call(outsider, api, data)
    assert refused.status_code == (403 if sees else 404)
    assert not sees or refused.json()["code"] == "not_allowed"
    elsewhere = next((s for s in ledger.flow.states if s not in transition.sources), None)
    if elsewhere:
        with undone():
            put(record, elsewhere)
            assert client.get(page).status_code == 409
            assert client.post(page, data).status_code == 409
            late = call(client, api, data)
            assert (late.status_code, late.json()["code"]) == (409, "illegal_transition")
            assert set(late.json()) == {"code", "message"}


def doable(world: World, transition: Transition, pool: list[FlowRecord]) -> tuple[FlowRecord, str]:
    """The record brought to where somebody can perform this, and who."""
    for status in transition.sources:
        standing = put_all(pool, status)
        for role, name in ACTORS.items():
            may = declared_of(standing, transition, role)
            may &= seen_by(world.user(name), standing) if may else may
            for record in standing:
                if record.pk in may and not perform.missing_for(record, transition):
                    return record, name
    raise AssertionError(
        f"nobody can perform {transition.name}: say in VARIANTS (tests/contract/test_transitions.py) what a "
        f"{pool[0]._meta.label} needs for it"
    )


@pytest.mark.divided
@pytest.mark.parametrize(**each_flow)
def test_unknown_transitions_are_not_there(world, ledger):
    record = make(ledger.model, world.sides["A"])
    client = world.client(world.editor(ledger, ledger.view_roles))
    for name in ("nothing", "delete", "save"):
        assert client.post(f"/api/{ledger.slug}/{record.pk}/{name}/").status_code == 404
        assert client.get(reverse(f"{ledger.slug}:do", args=[record.pk, name])).status_code == 404
    assert client.get(f"/api/{ledger.slug}/{record.pk}/history/").status_code == 200


# -------------------------------------------------- what a flow can say, shown on one that says all of it


@pytest.fixture
def strict(monkeypatch):
    """The candidacy's flow with every kind of demand added to single transitions."""
    flow = Candidacy.flow
    changed = {
        "accept": {"not_by": ("declare",), "roles": frozenset({Role.BUREAU_STAFF, Role.OWNER})},
        "pass_screening": {"attachments": ("初审意见",)},
        "list": {"fields": ("listing_decided_on",), "optional": ()},
        "judge": {"guard": lambda record: ["还缺一样"]},
        "review_documents": {"deadline": lambda record: date(2030, 1, 2)},
    }
    patched = Flow(
        states=flow.states,
        initial=flow.initial,
        transitions=[replace(t, **changed.get(t.name, {})) for t in flow.transitions],
    )
    monkeypatch.setattr(Candidacy, "flow", patched)
    return patched


def act(record, name: str, user, **data):
    fresh = type(record)._base_manager.get(pk=record.pk)
    return perform.perform(fresh, name, Actor.of(user, "page"), data)


def names_of(found) -> set[str]:
    return {transition.name for transition in found}


def test_whoever_did_the_one_may_not_do_the_other(world, strict):
    record = make(Candidacy, world.sides["A"])
    owner, bureau = world.user("owner_a"), world.user("bureau")
    record = act(record, "declare", owner)
    assert "accept" not in names_of(perform.available(record, owner))
    assert not perform.waiting_for(Candidacy, owner).filter(pk=record.pk).exists()
    with pytest.raises(NotAllowed, match="申报"):
        act(record, "accept", owner)
    assert "accept" in names_of(perform.available(record, bureau))
    assert perform.waiting_for(Candidacy, bureau).filter(pk=record.pk).exists()
    assert act(record, "accept", bureau).status == "screening"


def test_an_attachment_that_is_asked_for(world, strict):
    bureau, side = world.user("bureau"), world.sides["A"]
    record = put(make(Candidacy, side, stage="creation", **of_section(side, has_listing=False)), "screening")
    assert "pass_screening" not in names_of(perform.available(record, bureau))
    assert [missing for t, missing in perform.blocked(record, bureau) if t.name == "pass_screening"] == [
        ["缺少附件：初审意见"]
    ]
    with pytest.raises(ValidationError, match="初审意见"):
        act(record, "pass_screening", bureau)
    file = papers.attach(record, SimpleUploadedFile("a.txt", b"x"), "初审意见", Actor.of(bureau, "page"))
    with undone():
        assert act(record, "pass_screening", bureau).status == "creating"
    papers.void(file, Actor.of(bureau, "page"), "传错了")
    with pytest.raises(ValidationError, match="初审意见"):
        act(record, "pass_screening", bureau)


def test_fields_guards_and_deadlines(world, strict):
    bureau = world.user("bureau")
    record = put(make(Candidacy, world.sides["A"]), "screening")
    with pytest.raises(ValidationError) as raised:
        act(record, "list", bureau)
    assert set(raised.value.error_dict) == {"listing_decided_on"}
    day = timezone.localdate()
    listed = act(
        record, "list", bureau, listing_decided_on=day.isoformat(), decided_on="2020-01-01", named=True
    )
    # Only the transition's own fields are taken.
    assert (listed.listing_decided_on, listed.decided_on, listed.named) == (day, None, None)
    record = put(record, "site_review")
    with pytest.raises(ValidationError, match="还缺一样"):
        act(record, "judge", bureau)
    record = put(record, "review_applied")
    assert act(record, "review_documents", bureau).due_on == date(2030, 1, 2)


def test_a_flow_that_does_not_fit_together_is_refused():
    flow = Candidacy.flow
    first = flow.transitions[0]
    for broken in (
        {"initial": "nowhere"},
        {"transitions": [first, first]},
        {"transitions": [replace(first, target="nowhere")]},
        {"transitions": [replace(first, not_by=("nothing",))]},
        {"transitions": [first]},
    ):
        with pytest.raises(ValueError):
            Flow(
                **({"states": flow.states, "initial": flow.initial, "transitions": flow.transitions} | broken)
            )


def test_every_role_of_the_flows_has_somebody_here():
    roles = {role for ledger in FLOWING for t in ledger.flow.transitions for role in t.roles}
    assert roles <= set(ACTORS)
    assert set(ACTORS.values()) <= set(SIGNED_IN)
