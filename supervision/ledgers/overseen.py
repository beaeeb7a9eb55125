"""The filter of what is put right under oversight: listed, suspended, rectified late (see `flows.oversight`)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from .filters import LedgerFilter, YesNo


class OverseenFilter(LedgerFilter):
    listed = YesNo(label="挂牌督办中", method="find_listed")
    suspended = YesNo(label="停工中", method="find_suspended")
    late = YesNo(label="整改超期", method="find_late")

    def _narrow(self, queryset: models.QuerySet, condition: Q, value: bool) -> models.QuerySet:
        matching = self.ledger.model.objects.filter(condition).values("pk")
        return queryset.filter(pk__in=matching) if value else queryset.exclude(pk__in=matching)

    def find_listed(self, queryset: models.QuerySet, name: str, value: bool) -> models.QuerySet:
        return self._narrow(queryset, Q(listed_on__isnull=False, lifted_on__isnull=True), value)

    def find_suspended(self, queryset: models.QuerySet, name: str, value: bool) -> models.QuerySet:
        return self._narrow(queryset, Q(suspended_on__isnull=False, resumed_on__isnull=True), value)

    def find_late(self, queryset: models.QuerySet, name: str, value: bool) -> models.QuerySet:
        """Rectified after the deadline, or not rectified and the deadline gone."""
        late = Q(rectified_on__gt=F("deadline")) | Q(
            rectified_on__isnull=True,
            deadline__lt=timezone.localdate(),
            status__in=self.ledger.flow.open_states,
        )
        return self._narrow(queryset, late, value)
