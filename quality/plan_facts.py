"""What the quality ledgers know of a span of days; see supervision/plan/facts.py."""

from __future__ import annotations

from django.db.models import QuerySet

from supervision.flows.oversight import SpanKind
from supervision.plan.facts import Span, fact
from supervision.rules.shipped import rule

from .models import (
    ConcealedWork,
    DefectSpan,
    Evaluation,
    FirstArticle,
    Handover,
    Innovation,
    MaterialBatch,
    QualityDefect,
    QualityIncident,
    Registration,
    Test,
)
from .models.division import Kind
from .models.division import Outcome as Judged
from .models.incident import DISMISSED
from .models.testing import Outcome
from .rules import RATE
from .testing.rates import counting_as_of

OF_DEFECT = {"measure": "处", "units": ("responsible_unit",), "project": "project"}
OF_SECTION = {"units": ("section__project__owner",), "project": "section__project"}


def verified(span: Span) -> QuerySet:
    return QualityDefect.objects.filter(verified_on__range=span.days, project__merged_into__isnull=True)


@fact(
    "defect.found",
    "发现质量缺陷",
    "quality.qualitydefect",
    **OF_DEFECT,
    meaning="期间内经核查认定的质量缺陷。",
)
def defects_found(span: Span) -> QuerySet:
    return verified(span)


@fact(
    "defect.closed",
    "整改销号质量缺陷",
    "quality.qualitydefect",
    **OF_DEFECT,
    meaning="期间内销号、截至日未复现重开的质量缺陷。",
)
def defects_closed(span: Span) -> QuerySet:
    done = DefectSpan.on(span.known, SpanKind.CLOSED).filter(since__range=span.days)
    return QualityDefect.objects.filter(pk__in=done.values("defect"), project__merged_into__isnull=True)


@fact(
    "defect.open",
    "未销号质量缺陷",
    "quality.qualitydefect",
    **OF_DEFECT,
    stock=True,
    meaning="期末（截至日更早的，为截至日）经核查认定、尚未销号的质量缺陷（不限何时发现）。",
)
def defects_open(span: Span) -> QuerySet:
    done = DefectSpan.on(span.known, SpanKind.CLOSED)
    rows = QualityDefect.objects.filter(verified_on__lte=span.known, project__merged_into__isnull=True)
    return rows.exclude(pk__in=done.values("defect"))


def tested(span: Span) -> QuerySet:
    rows = counting_as_of(span.known, rule(RATE, span.known).content)
    return rows.filter(tested_on__range=span.days, section__project__merged_into__isnull=True)


@fact(
    "test.done",
    "质量抽检",
    "quality.test",
    measure="组",
    **OF_SECTION,
    meaning="期间内的抽检（监理、建设单位、监督抽检，自检不计），不含作废和无效的。",
)
def tests_done(span: Span) -> QuerySet:
    return tested(span)


@fact(
    "test.passed",
    "质量抽检合格",
    "quality.test",
    measure="组",
    **OF_SECTION,
    meaning="期间内的抽检中合格的。",
)
def tests_passed(span: Span) -> QuerySet:
    return tested(span).filter(outcome=Outcome.PASSED)


@fact(
    "test.failed",
    "质量抽检不合格",
    "quality.test",
    measure="组",
    **OF_SECTION,
    meaning="期间内的抽检中不合格的。",
)
def tests_failed(span: Span) -> QuerySet:
    return tested(span).filter(pk__in=Test.objects.exclude(outcome=Outcome.PASSED).values("pk"))


@fact(
    "first_article.passed",
    "首件工程评定合格",
    "quality.firstarticle",
    measure="项",
    **OF_SECTION,
    meaning="期间内评定合格的首件工程。",
)
def first_articles(span: Span) -> QuerySet:
    return FirstArticle.objects.filter(passed_on__range=span.days, section__project__merged_into__isnull=True)


@fact(
    "concealed.accepted",
    "隐蔽工程验收",
    "quality.concealedwork",
    measure="处",
    **OF_SECTION,
    meaning="期间内验收的隐蔽工程。",
)
def concealed(span: Span) -> QuerySet:
    return ConcealedWork.objects.filter(
        accepted_on__range=span.days, section__project__merged_into__isnull=True
    )


def judged(span: Span) -> QuerySet:
    return Evaluation.objects.filter(
        round=1,
        division__kind=Kind.ITEM,
        judged_on__range=span.days,
        section__project__merged_into__isnull=True,
    )


@fact(
    "evaluation.items",
    "分项工程评定",
    "quality.evaluation",
    measure="个",
    **OF_SECTION,
    meaning="期间内完成首轮评定的分项工程。",
)
def evaluations(span: Span) -> QuerySet:
    return judged(span)


@fact(
    "evaluation.first_pass",
    "分项工程一次验收合格",
    "quality.evaluation",
    measure="个",
    **OF_SECTION,
    meaning="期间内首轮评定合格的分项工程。",
)
def first_pass(span: Span) -> QuerySet:
    return judged(span).filter(result=Judged.PASS)


@fact(
    "handover.decided",
    "交工验收",
    "quality.handover",
    measure="个",
    **OF_SECTION,
    meaning="期间内有结论的标段交工验收。",
)
def handovers(span: Span) -> QuerySet:
    return Handover.objects.filter(
        status="decided", decided_on__range=span.days, section__project__merged_into__isnull=True
    )


@fact(
    "registration.accepted",
    "受理质量监督登记",
    "quality.registration",
    measure="个",
    units=("project__owner",),
    project="project",
    meaning="期间内受理的质量监督登记。",
)
def registrations(span: Span) -> QuerySet:
    return Registration.objects.filter(accepted_on__range=span.days, project__merged_into__isnull=True)


@fact(
    "innovation.published",
    "发布微创新成果",
    "quality.innovation",
    measure="项",
    units=("unit",),
    project="project",
    meaning="期间内发布的微创新成果。",
)
def innovations(span: Span) -> QuerySet:
    return Innovation.objects.filter(published_on__range=span.days)


@fact(
    "material.entered",
    "材料进场验收",
    "quality.materialbatch",
    measure="批",
    **OF_SECTION,
    meaning="期间内进场的材料批次。",
)
def batches(span: Span) -> QuerySet:
    return MaterialBatch.objects.filter(
        entered_on__range=span.days, section__project__merged_into__isnull=True
    )


@fact(
    "quality_incident.count",
    "发生质量事故",
    "quality.qualityincident",
    measure="起",
    units=("project__owner",),
    project="project",
    meaning="期间内发生的质量事故（不属实的不计）。",
)
def quality_incidents(span: Span) -> QuerySet:
    first, last = span.days
    rows = QualityIncident.objects.filter(
        happened_at__date__gte=first, happened_at__date__lte=last, project__merged_into__isnull=True
    )
    return rows.exclude(status=DISMISSED)
