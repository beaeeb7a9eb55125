"""What the entered series and the service bodies know of a span of days; see supervision/plan/facts.py."""

from __future__ import annotations

from django.db.models import QuerySet

from supervision.plan.facts import Span, fact

from .models import SeriesValue, ServiceJob, ServiceListing, ServiceWarning

VALUE = "safety.seriesvalue"
# Code of a shipped series that can be summed → (what a sentence of a report calls it, its measure word).
SUMMED = {
    "road-accidents": ("道路运输事故起数", "起"),
    "road-deaths": ("道路运输事故死亡人数", "人"),
    "larger-road-accidents": ("较大道路运输事故起数", "起"),
    "grave-accidents": ("重特大事故起数", "起"),
}


def known(span: Span) -> QuerySet:
    """Values of periods that lie within the span, as they were known: the corrected one only until then."""
    return SeriesValue.valid_on(span.known).filter(begins_on__gte=span.first, ends_on__lte=span.last)


def summed(code: str, label: str, measure: str) -> None:
    @fact(
        f"series.{code}",
        label,
        VALUE,
        measure=measure,
        sector="series__sector",
        amount="value",
        meaning=f"期间内各期“{label}”录入值之和，只计截至日已由他人确认、未被更正的，期次须完整在期间内。",
    )
    def of_series(span: Span) -> QuerySet:
        return known(span).filter(series__code=code)


for code, (label, measure) in SUMMED.items():
    summed(code, label, measure)


@fact(
    "series.confirmed",
    "确认行业指标数值",
    VALUE,
    measure="项",
    sector="series__sector",
    meaning="期次完整在期间内、截至日已确认且未被更正的行业指标数值。",
)
def values_confirmed(span: Span) -> QuerySet:
    return known(span)


@fact(
    "service.done",
    "完成安全生产技术服务",
    "safety.servicejob",
    measure="次",
    units=("client",),
    project="project",
    meaning="完成日期在期间内的技术服务。",
)
def services_done(span: Span) -> QuerySet:
    return ServiceJob.objects.filter(done_on__range=span.days, project__merged_into__isnull=True)


@fact(
    "service.warned",
    "警示约谈技术服务机构",
    "safety.servicewarning",
    measure="家次",
    meaning="期间内发出的警示、约谈。",
)
def bodies_warned(span: Span) -> QuerySet:
    return ServiceWarning.objects.filter(issued_on__range=span.days)


@fact(
    "service.listed",
    "列入黑名单的技术服务机构",
    "safety.servicelisting",
    measure="家次",
    meaning="期间内认定列入黑名单的技术服务机构。",
)
def bodies_listed(span: Span) -> QuerySet:
    return ServiceListing.objects.filter(listed_on__range=span.days)
