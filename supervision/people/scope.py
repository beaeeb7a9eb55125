"""Who may see which records. Every read of a business record starts at `Model.objects.visible_to(user)`.

A person's memberships (an organisation and a role there) are boiled down to a `Reach`; a model turns a
reach into a condition. Most models name one foreign key to follow (`scope_through = "section"`), the roots
write `scope_q`, and lists that everyone signed in may read say `scope_public = True`. A model that says
nothing is refused by the system check in `supervision.people.checks`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q

from . import history_guard

if TYPE_CHECKING:
    from .models import Membership, User

NOTHING = Q(pk__in=())


@dataclass(frozen=True)
class Reach:
    """What one person can see through some of their roles, as plain values ready for a WHERE clause.

    everything   the whole city
    districts    primary keys of the districts of their county bureaus and zones
    sectors      modes of works supervised by their centres (`highway`, `waterway`, `railway`)
    parties      (role, organisation path) of the project units they belong to
    offices      paths of all organisations they belong to
    """

    user_id: int | None
    roles: frozenset[str] = frozenset()
    everything: bool = False
    districts: frozenset[int] = frozenset()
    sectors: frozenset[str] = frozenset()
    parties: frozenset[tuple[str, str]] = frozenset()
    offices: frozenset[str] = field(default_factory=frozenset)

    @property
    def empty(self) -> bool:
        return not (self.everything or self.districts or self.sectors or self.parties or self.roles)


NOBODY = Reach(user_id=None)


def reach_of(user: User | None, roles: Iterable[str] | None = None) -> Reach:
    """The reach of `user`, through the given role codes only when `roles` is given.

    Anonymous, disabled or organisation-less persons reach nothing. The memberships are read once per
    user object, which lives as long as one request.
    """
    if user is None or not user.is_authenticated or not user.is_active:
        return NOBODY
    wanted = None if roles is None else frozenset(roles)
    cache = user.__dict__.setdefault("_reaches", {})
    if wanted not in cache:
        cache[wanted] = _boil(
            user, [m for m in user.active_memberships if wanted is None or m.role in wanted]
        )
    return cache[wanted]


def _boil(user: User, memberships: list[Membership]) -> Reach:
    from .models import PARTY_ROLES, Role

    everything, districts, sectors, parties = False, set(), set(), set()
    for membership in memberships:
        office = membership.organization
        role = membership.role
        if role in PARTY_ROLES:
            parties.add((role, office.path))
        elif role in (Role.BUREAU_STAFF, Role.BUREAU_LEADER, Role.DISCIPLINE, Role.AUDIT_ADMIN):
            everything = True
        elif role == Role.CENTRE_STAFF:
            sectors.update([office.sector] if office.sector else [])
        elif role == Role.COUNTY_STAFF or (role == Role.INSPECTOR and office.district_id):
            districts.update([office.district_id] if office.district_id else [])
        elif role == Role.INSPECTOR:
            everything = True
    return Reach(
        user_id=user.pk,
        roles=frozenset(m.role for m in memberships),
        everything=everything,
        districts=frozenset(districts),
        sectors=frozenset(sectors),
        parties=frozenset(parties),
        offices=frozenset(m.organization.path for m in memberships),
    )


def under(paths: Iterable[str], field_name: str) -> Q:
    """A condition that `field_name` holds one of `paths` or a path below one."""
    condition = NOTHING
    for path in paths:
        condition |= Q(**{f"{field_name}__startswith": path})
    return condition


def unit_scope(reach: Reach, name: str = "unit") -> Q:
    """Rows whose unit at `name` lies within `reach`. A unit's own people count through their roles in it, so that
    an administrator, who belongs to the bureau, does not."""
    if reach.everything:
        return Q()
    parties = {path for _, path in reach.parties}
    own = reach.offices if reach.sectors or reach.districts else parties
    return Q(**{f"{name}__district__in": reach.districts}) | under(own, f"{name}__path")


class ScopedQuerySet(models.QuerySet):
    """A queryset that can be narrowed to what a person may see, and that refuses bulk writes without history."""

    def visible_to(self, user: User | None, roles: Iterable[str] | None = None) -> ScopedQuerySet:
        """The records `user` may see (through `roles` only, if given). Nobody signed in sees nothing."""
        return self.within(reach_of(user, roles))

    def within(self, reach: Reach) -> ScopedQuerySet:
        """The records within `reach`; scope along foreign keys is a subquery, never a list of ids."""
        if reach.empty:
            return self.none()
        return self.filter(scope_of(self.model, reach))

    def update(self, **values: object) -> int:
        history_guard.check(self.model)
        return super().update(**values)

    def bulk_create(self, objs, **options):
        history_guard.check(self.model)
        return super().bulk_create(objs, **options)

    def bulk_update(self, objs, fields, **options):
        history_guard.check(self.model)
        return super().bulk_update(objs, fields, **options)

    def delete(self):
        history_guard.check(self.model)
        return super().delete()


def scope_of(model: type[models.Model], reach: Reach) -> Q:
    """The condition for rows of `model` within `reach`; put together once per reach, which lives as long as one
    request."""
    kept = reach.__dict__.setdefault("_scopes", {})
    if model not in kept:
        kept[model] = _scope_of(model, reach)
    return kept[model]


def _scope_of(model: type[models.Model], reach: Reach) -> Q:
    if getattr(model, "scope_public", False):
        return Q()
    through = getattr(model, "scope_through", None)
    if through:
        target = model._meta.get_field(through).related_model
        condition = scope_of(target, reach)
        if not condition:
            return Q()
        return Q(**{f"{through}__in": target._base_manager.filter(condition).values("pk")})
    return model.scope_q(reach)


class Scoped(models.Model):
    """Base of every model whose rows are somebody's: declares how a reach narrows it."""

    scope_through: ClassVar[str | None] = None
    scope_public: ClassVar[bool] = False
    scope_q: ClassVar[Callable[[Reach], Q] | None] = None

    objects = ScopedQuerySet.as_manager()

    class Meta:
        abstract = True
