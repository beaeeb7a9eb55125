"""The indicators of works: 责任登记率, 首件率, 隐蔽影像覆盖率, and the counts of micro-innovation.

Places: a member stands in the district its project had on the as-of date. By unit and section the lists behind each
figure are filtered in their ledgers.
"""

from __future__ import annotations

from django.db.models import F, Q

from projects.assessments.generating import at_work
from projects.indicators import district_on
from projects.models import Section
from projects.models.section import SectionKind
from supervision.plan.indicators import Members, Parameter, Window, indicator

from .models import ConcealedWork, FirstArticle, Innovation, SiteImage
from .models.innovation import PrizeLevel
from .works.posts import registered

NEVER = Q(pk__in=())
MERGED = "project__merged_into__isnull"


@indicator(
    "quality.registered",
    "质量责任登记率",
    unit="projects.section",
    kind="ratio",
    meaning="应计：考核年度内在建的施工标段。计入：其中截至日必备岗位（含项目的建设单位岗位）均有登记确认且在任的责任人的。"
    "必备岗位清单为本系统设定。未齐的列为未定。",
)
def registration(window: Window) -> Members:
    last = min(window.end, window.as_of)
    rows = Section.objects.filter(
        Q(start_on__isnull=True) | Q(start_on__lte=last),
        Q(end_on__isnull=True) | Q(end_on__gte=window.begin),
        at_work(window.begin, last, "project__"),
        kind=SectionKind.CONSTRUCTION,
    )
    done = registered(last)
    return Members(rows, done, ~done, district_on(window.as_of, "project_id"), F("project__mode"))


@indicator(
    "quality.first_articles",
    "首件率",
    unit="quality.firstarticle",
    kind="ratio",
    meaning="应计：首件清单中计划在考核年度内实施，或其分项在考核年度内已批量开工的分项工程。计入：截至日首件已评定合格，"
    "且没有在合格前批量开工的。未定：计划日期未到、尚未合格且未批量开工的。",
)
def first_articles(window: Window) -> Members:
    day = window.as_of
    early = Q(batches__started_on__lte=day) & (
        Q(passed_on__isnull=True) | Q(batches__started_on__lt=F("passed_on")) | Q(passed_on__gt=day)
    )
    begun = FirstArticle.objects.filter(batches__started_on__range=(window.begin, min(window.end, day)))
    skipped = Q(pk__in=FirstArticle.objects.filter(early).values("pk"))
    rows = FirstArticle.objects.filter(
        Q(planned_on__range=(window.begin, window.end)) | Q(pk__in=begun.values("pk")),
        **{f"section__{MERGED}": True},
    )
    passed = Q(passed_on__lte=day) & ~skipped
    waiting = ~Q(passed_on__lte=day) & ~skipped & Q(planned_on__gte=day)
    return Members(
        rows, passed, waiting, district_on(day, "section__project_id"), F("section__project__mode")
    )


@indicator(
    "quality.concealed_images",
    "隐蔽影像覆盖率",
    unit="quality.concealedwork",
    kind="ratio",
    meaning="应计：考核年度内截至日已验收或已隐蔽（含未经验收隐蔽）的隐蔽工程。计入：其中截至日施工、监理双方均有有效影像的。",
)
def concealed_images(window: Window) -> Members:
    day = window.as_of
    span = (window.begin, min(window.end, day))
    rows = ConcealedWork.objects.filter(
        Q(accepted_on__range=span) | Q(covered_on__range=span) | Q(unseen_on__range=span),
        **{f"section__{MERGED}": True},
    )
    return Members(
        rows,
        SiteImage.works_with_both(day),
        NEVER,
        district_on(day, "section__project_id"),
        F("section__project__mode"),
    )


def of_years(name: str, window: Window) -> Q:
    """A dated fact within the years that a count adds up over, known by the as-of day."""
    return Q(
        **{
            f"{name}__year__gte": window.first,
            f"{name}__year__lte": window.last,
            f"{name}__lte": window.as_of,
        }
    )


@indicator(
    "innovation.published",
    "微创新发布数",
    unit="quality.innovation",
    kind="count",
    meaning="计入：期间内、截至日已评审发布的微创新成果。未定：截至日已申报、尚未评审的。",
)
def published(window: Window) -> Members:
    day = window.as_of
    rows = Innovation.objects.filter(submitted_on__lte=day, project__merged_into__isnull=True)
    waiting = ~Q(decided_on__lte=day)
    counted = of_years("published_on", window)
    return Members(rows, counted, waiting, district_on(day, "project_id"), F("project__mode"))


@indicator(
    "innovation.prizes",
    "微创新获奖数",
    unit="quality.innovation",
    kind="count",
    parameters=(Parameter("level", "获奖级别", choices=dict(PrizeLevel.choices), required=False),),
    meaning="计入：期间内、截至日登记获奖的微创新成果；选了级别的，为该级别的奖。",
)
def prizes(window: Window, level: str = "") -> Members:
    counted = of_years("prize_on", window)
    if level:
        counted &= Q(prize_level=level)
    rows = Innovation.objects.filter(counted, project__merged_into__isnull=True)
    return Members(rows, counted, NEVER, district_on(window.as_of, "project_id"), F("project__mode"))
