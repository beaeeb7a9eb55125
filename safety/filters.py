"""Filters that the ledgers here need beyond the common ones."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import django_filters
from django import forms
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from supervision.ledgers.filters import ChoiceFilter, LedgerFilter, YesNo
from supervision.ledgers.overseen import OverseenFilter

from . import figures
from .incidents.grading import at_least
from .models import DeviceCertificate, HiddenDanger
from .models.equipment import HELD
from .models.incident import IncidentGrade
from .rules import kinds_of_danger
from .site.expiry import FARTHEST, gone, running_out, stages


class CategoryFilter(ChoiceFilter):
    """Any of the kinds in force, and of those that only older records have."""

    @property
    def field(self) -> forms.Field:
        words = kinds_of_danger()
        former = (
            HiddenDanger.objects.exclude(category__in=["", *words])
            .order_by()
            .values_list("category", flat=True)
        )
        self.extra["choices"] = [(word, word) for word in [*words, *former.distinct()]]
        return super().field


class DangerFilter(OverseenFilter):
    """Adds the kind of danger, and what a figure of the tables counts, to the overlays."""

    category = CategoryFilter(field_name="category", label="隐患类别")
    # What a figure of the tables counts: set by its link, and drawn as a condition in force.
    figure = django_filters.ChoiceFilter(
        label="统计口径",
        choices=[(code, figure.label) for code, figure in figures.FIGURES.items()],
        method="find_figure",
        widget=forms.HiddenInput,
    )
    as_of = django_filters.DateFilter(label="统计截至", method="as_it_is", widget=forms.HiddenInput)
    without = django_filters.ChoiceFilter(
        label="未填写",
        choices=[(code, words) for code, (words, _) in figures.NOTHING_FILLED.items()],
        method="find_without",
        widget=forms.HiddenInput,
    )

    def find_figure(self, queryset: models.QuerySet, name: str, value: str) -> models.QuerySet:
        day = self.form.cleaned_data.get("as_of") or timezone.localdate()
        return queryset.filter(figures.condition(value, day))

    def as_it_is(self, queryset: models.QuerySet, name: str, value: date) -> models.QuerySet:
        """The day by which a figure counts; alone it narrows nothing."""
        return queryset

    def find_without(self, queryset: models.QuerySet, name: str, value: str) -> models.QuerySet:
        return queryset.filter(figures.NOTHING_FILLED[value][1])


class IncidentFilter(LedgerFilter):
    """Adds a grade and all graver ones, and whether anybody died."""

    at_least = django_filters.ChoiceFilter(
        label="等级以上", choices=IncidentGrade.choices, method="find_at_least"
    )
    fatal = YesNo(label="有人死亡", method="find_fatal")

    def find_at_least(self, queryset: models.QuerySet, name: str, value: str) -> models.QuerySet:
        return queryset.filter(grade__in=at_least(value))

    def find_fatal(self, queryset: models.QuerySet, name: str, value: bool) -> models.QuerySet:
        return queryset.filter(deaths__gt=0) if value else queryset.filter(deaths=0)


class MaterialFilter(LedgerFilter):
    """Adds what is missing: expired, or less than there has to be."""

    expired = YesNo(label="已过期", method="find_expired")
    short = YesNo(label="低于最低储备", method="find_short")

    def find_expired(self, queryset: models.QuerySet, name: str, value: bool) -> models.QuerySet:
        gone = Q(expires_on__isnull=False, expires_on__lt=timezone.localdate())
        return queryset.filter(gone) if value else queryset.exclude(gone)

    def find_short(self, queryset: models.QuerySet, name: str, value: bool) -> models.QuerySet:
        less = Q(quantity__lt=F("least"))
        return queryset.filter(less) if value else queryset.exclude(less)


@extend_schema_field(OpenApiTypes.STR)
class StageFilter(ChoiceFilter):
    """Expired, or running out within the days of the notices in force."""

    @property
    def field(self) -> forms.Field:
        ahead = [(str(days), f"{days}日内到期" if days else "今日到期") for days in stages()]
        self.extra["choices"] = [("expired", "已过期"), *ahead]
        return super().field


class ExpiryFilter(LedgerFilter):
    """Adds how long certificates are still valid, asked of the day and not of a stored status."""

    expiry = StageFilter(label="有效期", method="find_expiry")
    within = django_filters.NumberFilter(
        label="几日内到期", method="find_within", min_value=0, max_value=FARTHEST, decimal_places=0
    )

    def find_expiry(self, queryset: models.QuerySet, name: str, values: list[str]) -> models.QuerySet:
        wanted = Q()
        for value in values:
            wanted |= gone() if value == "expired" else running_out(int(value))
        return self.of_certificates(queryset, wanted) if values else queryset

    def find_within(self, queryset: models.QuerySet, name: str, value: Decimal) -> models.QuerySet:
        return self.of_certificates(queryset, running_out(int(value)))

    def of_certificates(self, queryset: models.QuerySet, wanted: Q) -> models.QuerySet:
        return queryset.filter(wanted, status=HELD)


class MachineFilter(ExpiryFilter):
    """Machines by how long one of their certificates is still valid."""

    def of_certificates(self, queryset: models.QuerySet, wanted: Q) -> models.QuerySet:
        held = DeviceCertificate.objects.filter(wanted, status=HELD)
        return queryset.filter(pk__in=held.values("machine"))
