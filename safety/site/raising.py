"""Hidden dangers out of the site's own records: an unmet clause, a distance too small, a certificate run out."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from projects.findings import Finding, raise_finding
from supervision.flows.history import Actor
from supervision.flows.models import FlowRecord
from supervision.flows.reach import label_of, model_named
from supervision.ledgers.registry import ledger_for
from supervision.people.models import AUTHORITY_ROLES, Role, User

from ..models.clauses import SiteFinding
from ..models.danger import HiddenDanger

ORIGIN = "safety.sitefinding"


def raise_once(
    record: FlowRecord,
    case: str,
    *,
    part: str,
    description: str,
    category: str,
    actor: Actor,
    clause: str = "",
) -> HiddenDanger:
    """The hidden danger of one case of a record of a section; the one made before where there is one.

    What an authority's person raises counts as found by it, everything else as found by the units themselves.
    """
    above = bool(actor.user and actor.user.roles & (AUTHORITY_ROLES | {Role.INSPECTOR}))
    with transaction.atomic():
        found, _ = SiteFinding.objects.get_or_create(
            label=label_of(type(record)),
            object_id=record.pk,
            case=case,
            defaults={"section": record.section, "found_on": timezone.localdate()},
        )
        finding = Finding(
            label=ORIGIN,
            id=found.pk,
            project=record.project,
            section=record.section,
            part=part,
            description=description[:3000],
            clause=clause,
            category=category,
            found_on=found.found_on,
            self_check=not above,
            is_demo=record.is_demo,
        )
        return raise_finding("hidden_danger", finding, actor)


def origin(pk: int, user: User) -> tuple[str, str] | None:
    """The record a danger came from, for a reader who sees it."""
    found = SiteFinding.objects.visible_to(user).filter(pk=pk).first()
    if found is None:
        return None
    model = model_named(found.label)
    record = model.objects.visible_to(user).filter(pk=found.object_id).first()
    ledger = ledger_for(model)
    return (str(record), ledger.record_url(record.pk)) if record and ledger else None
