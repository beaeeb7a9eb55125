"""Filters that the ledgers of tests and defects need beyond the common ones."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from supervision.ledgers.filters import LedgerFilter, YesNo
from supervision.ledgers.overseen import OverseenFilter
from supervision.ledgers.words import WordFilter
from supervision.rules.shipped import rule

from .rules import RATE, bought, categories, components, materials, parameters
from .testing.rates import counting_as_of


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


class DefectFilter(OverseenFilter):
    """Adds the kind of defect to the overlays."""

    category = WordFilter(field_name="category", label="缺陷类别", words=categories)
