"""The indicators of the registry and the candidacies: participation, passing, applying, succeeding, counts.

Which indicator a target of 宿交发〔2024〕69号 uses, with which parameters (scheme codes are data):

    PZ-CITY-PARTICIPATION   project.participation     {"level": "city", "family": "quality"}
    PZ-CITY-PASS            project.passed            {"level": "city", "family": "quality"}
    PZ-COUNTY-COVERAGE      project.coverage          {"level": "county", "scheme": 市级品质,
                                                       "stage": "listing"}
    PZ-COUNTY-PASS          project.scheme_passed     {"level": "county", "scheme": 市级品质}
    PZ-PROVINCE-, PZ-MINISTRY-COUNT, PA-PROVINCE-PROJECT
                            project.named_count       {"scheme": 省级品质 / 部级品质 / 省级平安工程}
    PA-CITY-PASS            section.eligible_named    {"scheme": 市级平安工地, "stage": "creation"}
    PA-CITY-EXCELLENT       section.eligible_named    the same and {"grade": "excellent"}
                            and, once the bureau so decides, {"assessment": "owner" / "bureau"}: a section then
                            counts when it is named or has passed that assessment of the year
    PA-PROVINCE-SITE        section.succeeded         {"scheme": 省级平安工地, "stage": "creation"}
    XY-, SY-LISTING-APPLY   project.applied           {"scheme": 项羽杯 / 省优, "stage": "listing"}
    XY-, SY-LISTING-SUCCESS project.succeeded         {"scheme": 项羽杯 / 省优, "stage": "listing"}
    XY-, SY-REVIEW-APPLY    project.applied           {"scheme": 项羽杯 / 省优, "stage": "review"}
    XY-, SY-AWARD           project.succeeded         {"scheme": 项羽杯 / 省优, "stage": "review"}
    GJ-, KJ-…-COUNT         candidacy.named_count     {"scheme": 国家级优质工程奖 / 省级科学技术奖 /
                                                       部省级关键技术研究奖}

What holds for all of them, as of a day D and for a year Y:

* A project stands where its placement on D says (level and district), in the mode (领域) it has now. A
  project merged into another is no member; its rows went to the other.
* 申报 (declared): declared_on ≤ D; for a journey that begins at the review, review_applied_on ≤ D. A row that
  was decided by D was declared by then, even where the older paper does not say when.
* 撤回 (withdrawn): from withdrawn_on on, a candidacy counts nowhere; a project that withdrew is, where the
  question is who applied, like one that has not applied yet.
* 挂牌 (listed): listed, listing_decided_on ≤ D. 命名 (named): named, decided_on ≤ D. Not listed and 未通过
  (not named) are final from the same dates. A candidacy that is neither withdrawn nor finally decided is
  open; 拟申报 (no date yet) is open and not declared.
* 符合条件 (eligible): the decision in force on D, decided_on ≤ D < superseded_on, says so.
* The round a candidacy's review counts in is its review_year; where that is not given, its year (for a
  journey that begins with a listing: the year of the application for review).
"""

from __future__ import annotations

from datetime import date

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from supervision.people.models import Sector
from supervision.plan.indicators import Members, Parameter, Window, indicator

from .assessments.counting import DECIDING, projects_passed, sections_passed
from .models import Candidacy, Eligibility, Placement, Project, Scheme, Section
from .models.candidacy import Grade, SchemeFamily, Stage
from .models.project import Level


def schemes() -> dict[str, str]:
    """Every scheme by code, also those no longer in use: past years are computed with them."""
    return dict(Scheme.objects.order_by("pk").values_list("code", "name"))


SCHEME = Parameter("scheme", "申报方案", choices=schemes)
STAGE = Parameter("stage", "阶段", choices=dict(Stage.choices))
LEVEL = Parameter("level", "项目层级", choices=dict(Level.choices))
FAMILY = Parameter("family", "方案类别", choices=dict(SchemeFamily.choices))
GRADE = Parameter("grade", "等次", choices=dict(Grade.choices), required=False)
# Whether an assessment that passed counts like a name, and whose; without it only names count.
ASSESSMENT = Parameter("assessment", "考核合格也计入", choices=DECIDING, required=False)


# ----------------------------------------------------------------------------------------- facts as of a day


def happened(field: str, day: date) -> Q:
    """`field` holds a date no later than `day`."""
    return Q(**{f"{field}__lte": day})


def withdrawn(day: date) -> Q:
    return happened("withdrawn_on", day)


def declared(day: date) -> Q:
    return (
        happened("declared_on", day)
        | happened("listing_decided_on", day)
        | happened("review_applied_on", day)
        | happened("decided_on", day)
    )


def listed(day: date) -> Q:
    return Q(listed=True) & happened("listing_decided_on", day)


def named(day: date) -> Q:
    return Q(named=True) & happened("decided_on", day)


def refused(day: date) -> Q:
    """Not listed, or not named: the end of the journey."""
    return (Q(listed=False) & happened("listing_decided_on", day)) | (
        Q(named=False) & happened("decided_on", day)
    )


def open_on(day: date) -> Q:
    return ~withdrawn(day) & ~refused(day) & ~named(day)


def ended_before(day: date) -> Q:
    """Named or refused on an earlier day than `day`."""
    return Q(listed=False, listing_decided_on__lt=day) | Q(named__isnull=False, decided_on__lt=day)


def review_round(first: int, last: int) -> Q:
    """Candidacies under review, or decided, in a round of the years `first` to `last`."""
    begin, end = date(first, 1, 1), date(last, 12, 31)
    unstated = Q(review_year__isnull=True)
    applied = Q(review_applied_on__range=(begin, end)) | Q(
        review_applied_on__isnull=True, decided_on__range=(begin, end)
    )
    return (
        Q(review_year__range=(first, last))
        | (unstated & ~Q(stage=Stage.LISTING) & Q(year__range=(first, last)))
        | (unstated & Q(stage=Stage.LISTING) & applied)
    )


def named_in(window: Window) -> Q:
    """Candidacies named by the day, in a round of the window's years."""
    day = window.as_of
    return named(day) & ~withdrawn(day) & review_round(window.first, window.last)


def may_be_named_in(window: Window) -> Q:
    """Open candidacies that can still be named in a round of the window's years.

    A listed one that has not applied for review by the day may do so in any later round.
    """
    day = window.as_of
    waiting = Q(stage=Stage.LISTING, year__lte=window.last) & ~happened("review_applied_on", day)
    return open_on(day) & (review_round(window.first, window.last) | waiting)


def placement_on(day: date) -> QuerySet[Placement]:
    return Placement.objects.filter(
        Q(since__isnull=True) | Q(since__lte=day), Q(until__isnull=True) | Q(until__gt=day)
    )


def of_level(level: str, day: date) -> Q:
    """Projects that stood at this level on `day`."""
    return Q(pk__in=placement_on(day).filter(level=level).values("project_id"))


def district_on(day: date, project: str) -> Subquery:
    """The district of the project in column `project` on `day`."""
    there = placement_on(day).filter(project=OuterRef(project)).order_by("-pk")
    return Subquery(there.values("district_id")[:1])


def under_construction(window: Window, level: str) -> Q:
    """在建公路水运项目 of a level: begun by the day and within the year, not handed over before the year."""
    begun = happened("start_on", min(window.as_of, window.end))
    ongoing = Q(handover_on__isnull=True) | Q(handover_on__gte=window.begin)
    return of_level(level, window.as_of) & begun & ongoing & Q(mode__in=(Sector.HIGHWAY, Sector.WATERWAY))


# --------------------------------------------------------------------------------------- sets of candidacies


def participating(window: Window, *, scheme: str = "", family: str = "") -> QuerySet[Candidacy]:
    """Candidacies by which a project takes part in the window's year: declared by the day and not withdrawn,
    of the year or an earlier one, and not ended before the year began."""
    day = window.as_of
    wanted = Q(scheme__code=scheme) if scheme else Q(scheme__family=family)
    return Candidacy.objects.filter(
        wanted & declared(day) & ~withdrawn(day) & ~ended_before(window.begin), year__lte=window.year
    )


def applying(window: Window, scheme: str, stage: str) -> QuerySet[Candidacy]:
    """Candidacies declared (review: whose review was applied for) in the window's year, not withdrawn."""
    day = window.as_of
    rows = Candidacy.objects.filter(~withdrawn(day), scheme__code=scheme)
    if stage == Stage.REVIEW:
        return rows.filter(happened("review_applied_on", day), review_round(window.year, window.year))
    return rows.filter(declared(day), stage=stage, year=window.year)


def outcome(rows: QuerySet[Candidacy], window: Window, column: str, stage: str = Stage.REVIEW) -> tuple[Q, Q]:
    """Members whose candidacy among `rows` succeeded, and those whose candidacy still may.

    What a listing wants is to be listed; every other stage wants the name.
    """
    day = window.as_of
    success = listed(day) if stage == Stage.LISTING else named(day)
    return among(rows.filter(success), column), among(rows.filter(open_on(day)), column)


def eligible(window: Window, scheme: str, stage: str) -> QuerySet[Eligibility]:
    """The decisions in force on the day by which a project or section meets the conditions of the year."""
    day = window.as_of
    return Eligibility.objects.filter(
        Q(superseded_on__isnull=True) | Q(superseded_on__gt=day),
        scheme__code=scheme,
        stage=stage,
        year=window.year,
        decided_on__lte=day,
        eligible=True,
    )


# --------------------------------------------------------------------------------------------------- members


def among(rows: QuerySet, column: str) -> Q:
    """Members that some of `rows` point to by `column`."""
    if column == "section_id":
        rows = rows.filter(section__isnull=False)
    return Q(pk__in=rows.values(column))


def of_projects(window: Window, population: Q, counted: Q, undecided: Q) -> Members:
    rows = Project.objects.works().filter(population, merged_into__isnull=True)
    return Members(rows, counted, undecided, district_on(window.as_of, "pk"), F("mode"))


def of_sections(window: Window, population: Q, counted: Q, undecided: Q) -> Members:
    rows = Section.objects.filter(population, project__merged_into__isnull=True)
    return Members(rows, counted, undecided, district_on(window.as_of, "project_id"), F("project__mode"))


# ------------------------------------------------------------------------------------------------ indicators


@indicator(
    "project.participation",
    "在建公路水运项目参与创建的比例",
    unit="projects.project",
    kind="ratio",
    parameters=(LEVEL, FAMILY),
    meaning="应计：截至日属该层级、当年在建（截至日前已开工，当年1月1日前未交工）的公路水运项目。计入：其中截至日已申报"
    "该类别任一方案、未撤回，且不是往年已有结论的。未计入的均可再申报，列为未定。",
)
def participation(window: Window, level: str, family: str) -> Members:
    """Works under construction that stand for any title of the family."""
    taking_part = among(participating(window, family=family), "project_id")
    return of_projects(window, under_construction(window, level), taking_part, ~taking_part)


@indicator(
    "project.passed",
    "在建公路水运项目参与创建后达标的比例",
    unit="projects.project",
    kind="ratio",
    parameters=(LEVEL, FAMILY, ASSESSMENT),
    meaning="应计：“在建公路水运项目参与创建的比例”中计入的项目。计入：其参与的申报中截至日已有命名（达标）的；"
    "设“考核合格也计入”的，当年该栏考核达标的也计入。未定：尚有申报未作出否定结论的。",
)
def passed(window: Window, level: str, family: str, assessment: str = "") -> Members:
    """The participants counted by `project.participation`, and which of them were named, or passed where
    `assessment` says whose assessment counts like a name."""
    rows = participating(window, family=family)
    success, hope = outcome(rows, window, "project_id")
    if assessment:
        success |= projects_passed(window, assessment, family)
    base = under_construction(window, level) & among(rows, "project_id")
    return of_projects(window, base, success, hope)


@indicator(
    "project.coverage",
    "符合申报要求的项目参与创建的比例",
    unit="projects.project",
    kind="ratio",
    parameters=(LEVEL, SCHEME, STAGE),
    meaning="应计：截至日属该层级、经认定符合该方案该阶段当年申报要求的项目。计入：其中截至日已申报该方案、未撤回，且不是"
    "往年已有结论的。未计入的均可再申报，列为未定。",
)
def coverage(window: Window, level: str, scheme: str, stage: str) -> Members:
    """Eligible works of a level that stand for the scheme."""
    taking_part = among(participating(window, scheme=scheme), "project_id")
    base = of_level(level, window.as_of) & among(eligible(window, scheme, stage), "project_id")
    return of_projects(window, base, taking_part, ~taking_part)


@indicator(
    "project.scheme_passed",
    "参与该方案创建的项目达标的比例",
    unit="projects.project",
    kind="ratio",
    parameters=(LEVEL, SCHEME),
    meaning="应计：截至日属该层级、已申报该方案、未撤回，且不是往年已有结论的项目。计入：其中截至日已命名（达标）的。"
    "未定：尚有申报未作出否定结论的。",
)
def scheme_passed(window: Window, level: str, scheme: str) -> Members:
    """Participants of a level in one scheme, and which of them were named."""
    rows = participating(window, scheme=scheme)
    base = of_level(level, window.as_of) & among(rows, "project_id")
    return of_projects(window, base, *outcome(rows, window, "project_id"))


@indicator(
    "project.applied",
    "符合条件的项目已申报的比例",
    unit="projects.project",
    kind="ratio",
    parameters=(SCHEME, STAGE),
    meaning="应计：截至日经认定符合该方案该阶段当年条件的项目。计入：其中截至日已申报该阶段（核查评审为已申请核查）且未撤回的。"
    "未计入的（含已撤回的）均可再申报，列为未定。",
)
def applied(window: Window, scheme: str, stage: str) -> Members:
    """Eligible works that applied; one that withdrew may apply again."""
    done = among(applying(window, scheme, stage), "project_id")
    return of_projects(window, among(eligible(window, scheme, stage), "project_id"), done, ~done)


@indicator(
    "project.succeeded",
    "已申报的项目成功的比例",
    unit="projects.project",
    kind="ratio",
    parameters=(SCHEME, STAGE),
    meaning="应计：截至日当年已申报该方案该阶段（核查评审为已申请核查）的项目，已撤回的不计。计入：其中截至日已挂牌"
    "（创建、核查评审为已命名）的。未定：尚无结论的。",
)
def projects_succeeded(window: Window, scheme: str, stage: str) -> Members:
    """Works that applied, and which of them were listed or named."""
    rows = applying(window, scheme, stage)
    return of_projects(window, among(rows, "project_id"), *outcome(rows, window, "project_id", stage))


@indicator(
    "section.eligible_named",
    "符合条件的标段达标的比例",
    unit="projects.section",
    kind="ratio",
    parameters=(SCHEME, STAGE, GRADE, ASSESSMENT),
    meaning="应计：截至日经认定符合该方案该阶段当年条件的标段。计入：其中当年申报、截至日已命名（填了等次的，为该等次）的；"
    "设“考核合格也计入”的，当年该栏最后一次考核合格（等次为优秀的，考核优秀）的也计入。"
    "未定：尚未申报（含已撤回）的，或已申报尚无结论的。",
)
def sections_named(window: Window, scheme: str, stage: str, grade: str = "", assessment: str = "") -> Members:
    """Eligible sections that were named, in a grade if one is asked for; where `assessment` says whose assessment
    counts like a name, also those that passed it."""
    rows = applying(window, scheme, stage)
    success, hope = outcome(rows, window, "section_id")
    if grade:
        success = among(rows.filter(named(window.as_of), grade=grade), "section_id")
    if assessment:
        family = Scheme.objects.filter(code=scheme).values("family")[:1]
        success |= sections_passed(window, assessment, family, grade)
    base = among(eligible(window, scheme, stage), "section_id")
    return of_sections(window, base, success, hope | ~among(rows, "section_id"))


@indicator(
    "section.succeeded",
    "已申报的标段成功的比例",
    unit="projects.section",
    kind="ratio",
    parameters=(SCHEME, STAGE),
    meaning="应计：截至日当年已申报该方案该阶段的标段，已撤回的不计。计入：其中截至日已命名（挂牌阶段为已挂牌）的。"
    "未定：尚无结论的。",
)
def sections_succeeded(window: Window, scheme: str, stage: str) -> Members:
    """Sections that applied, and which of them were listed or named."""
    rows = applying(window, scheme, stage)
    return of_sections(window, among(rows, "section_id"), *outcome(rows, window, "section_id", stage))


@indicator(
    "project.named_count",
    "获命名的项目数",
    unit="projects.project",
    kind="count",
    parameters=(SCHEME,),
    meaning="计入：截至日已获该方案命名、命名属考核年度（累计的目标为计划起始年至截止年）的项目，一个项目只计一次。"
    "未定：有申报（含拟申报）尚无否定结论、仍可在该期间命名的项目。",
)
def projects_named(window: Window, scheme: str) -> Members:
    """Works named in the window's years, each once."""
    rows = Candidacy.objects.filter(scheme__code=scheme)
    success = among(rows.filter(named_in(window)), "project_id")
    hope = among(rows.filter(may_be_named_in(window)), "project_id")
    return of_projects(window, success | hope, success, hope)


@indicator(
    "candidacy.named_count",
    "获命名的奖项数",
    unit="projects.candidacy",
    kind="count",
    parameters=(SCHEME,),
    meaning="计入：截至日该方案已命名、命名属考核年度（累计的目标为计划起始年至截止年）的申报，一个奖项计一次。"
    "未定：（含拟申报）尚无否定结论、仍可在该期间命名的申报。",
)
def awards(window: Window, scheme: str) -> Members:
    """Candidacies named in the window's years: a work with two awards counts twice."""
    success, hope = named_in(window), may_be_named_in(window)
    rows = Candidacy.objects.filter(success | hope, scheme__code=scheme, project__merged_into__isnull=True)
    return Members(rows, success, hope, district_on(window.as_of, "project_id"), F("project__mode"))
