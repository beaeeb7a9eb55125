"""Filters that the ledgers of tests and defects need beyond the common ones."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from supervision.ledgers.filters import LedgerFilter, YesNo
from supervision.rules.shipped import rule

from .models import QualityDefect
from .rules import RATE, bought, categories, components, materials, parameters
from .testing.rates import counting_as_of
from .words import WordFilter


class SampleFilter(LedgerFilter):
    material = WordFilter(field_name="material", label="试验对象", words=materials)


class ResultFilter(LedgerFilter):
    """Adds the words, and what counts in 抽检合格率."""

    material = WordFilter(field_name="material", label="试验对象", words=materials)
    parameter = WordFilter(field_name="parameter", label="试验参数", words=parameters)
    counting = YesNo(label="计入抽检合格率", method="find_counting")

    def find_counting(self, queryset: models.QuerySet, name: str, value: bool) -> models.QuerySet:
        today = timezone.localdate()
        found = counting_as_of(today, rule(RATE, today).content).values("pk")
        return queryset.filter(pk__in=found) if value else queryset.exclude(pk__in=found)


class BatchFilter(LedgerFilter):
    material = WordFilter(field_name="material", label="材料", words=bought)


class DurabilityFilter(LedgerFilter):
    component = WordFilter(field_name="component", label="构件类型", words=components)


class DefectFilter(LedgerFilter):
    """Adds the kind of defect and the overlays."""

    category = WordFilter(field_name="category", label="缺陷类别", words=categories)
    listed = YesNo(label="挂牌督办中", method="find_listed")
    suspended = YesNo(label="停工中", method="find_suspended")
    late = YesNo(label="整改超期", method="find_late")

    def _narrow(self, queryset: models.QuerySet, condition: Q, value: bool) -> models.QuerySet:
        matching = QualityDefect.objects.filter(condition).values("pk")
        return queryset.filter(pk__in=matching) if value else queryset.exclude(pk__in=matching)

    def find_listed(self, queryset: models.QuerySet, name: str, value: bool) -> models.QuerySet:
        return self._narrow(queryset, Q(listed_on__isnull=False, lifted_on__isnull=True), value)

    def find_suspended(self, queryset: models.QuerySet, name: str, value: bool) -> models.QuerySet:
        return self._narrow(queryset, Q(suspended_on__isnull=False, resumed_on__isnull=True), value)

    def find_late(self, queryset: models.QuerySet, name: str, value: bool) -> models.QuerySet:
        late = Q(rectified_on__gt=F("deadline")) | Q(
            rectified_on__isnull=True,
            deadline__lt=timezone.localdate(),
            status__in=QualityDefect.flow.open_states,
        )
        return self._narrow(queryset, late, value)
