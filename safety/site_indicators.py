"""The indicators of the site: dangerous works begun in order, schemes argued by experts, training attended."""

from __future__ import annotations

from django.db.models import F, Q

from projects.indicators import district_on
from supervision.plan.indicators import Members, Window, indicator

from .models import DangerousWork, Training

NEVER = Q(pk__in=())
STEPS_BEFORE = ("made_on", "reviewed_on", "approved_on", "disclosed_on", "checked_on")
ARGUED = Q(needs_experts=False) | Q(argued_on__lte=F("begun_on"))


def begun(window: Window):
    """The works begun in the assessed year and known by the as-of date."""
    last = min(window.end, window.as_of)
    return DangerousWork.objects.filter(
        begun_on__range=(window.begin, last), section__project__merged_into__isnull=True
    )


def of_section(window: Window) -> dict:
    return {
        "district": district_on(window.as_of, "section__project_id"),
        "sector": F("section__project__mode"),
    }


@indicator(
    "works.in_order",
    "危大工程按程序开工率",
    unit="safety.dangerouswork",
    kind="ratio",
    meaning="应计：考核年度内截至日已开工的危大工程。计入：其中编制、审核、批准、交底、条件核查以及（超过一定规模的）专家论证"
    "均在开工前办理，未越过任何一步的。",
)
def in_order(window: Window) -> Members:
    done = ARGUED
    for step in STEPS_BEFORE:
        done &= Q(**{f"{step}__lte": F("begun_on")})
    return Members(begun(window), done, NEVER, **of_section(window))


@indicator(
    "works.argued",
    "超过一定规模危大工程专家论证率",
    unit="safety.dangerouswork",
    kind="ratio",
    meaning="应计：考核年度内截至日已开工、超过一定规模的危大工程。计入：其中开工前经专家论证通过的。",
)
def argued(window: Window) -> Members:
    rows = begun(window).filter(needs_experts=True)
    return Members(rows, Q(argued_on__lte=F("begun_on")), NEVER, **of_section(window))


@indicator(
    "training.attended",
    "教育培训交底全员到训率",
    unit="safety.training",
    kind="ratio",
    meaning="应计：考核年度内截至日工程标段举办的教育培训与交底。计入：其中应到人员全部到训（含补训）的。",
)
def attended(window: Window) -> Members:
    last = min(window.end, window.as_of)
    rows = Training.objects.filter(
        held_on__range=(window.begin, last),
        section__isnull=False,
        section__project__merged_into__isnull=True,
    )
    return Members(rows, Q(expected=F("attended") + F("made_up")), NEVER, **of_section(window))
