"""通报表彰: the circular that names the units with the best grade."""

from __future__ import annotations

from supervision.papers.documents.blueprints import talks
from supervision.papers.documents.contents import Contents
from supervision.papers.documents.registry import Signature, document, pool_form

from .appraisal_flow import BUREAU, LEADER
from .models import Appraisal, AppraisalScheme
from .models.appraisal import Grade

POOL = "appraisal-circular"
pool_form(POOL, "考核通报", "交考")


def named(scheme: AppraisalScheme, grade: str) -> list[str]:
    rows = Appraisal._base_manager.filter(scheme=scheme, grade=grade, status="fixed")
    return list(rows.order_by("organization__name").values_list("organization__name", flat=True))


def appraised(scheme: AppraisalScheme) -> list:
    return [
        row.organization
        for row in Appraisal._base_manager.filter(scheme=scheme).select_related("organization")
    ]


@document(
    "appraisal-commendation",
    "通报表彰",
    model="plan.appraisalscheme",
    paper="circular",
    signature=Signature.LEADER,
    pools=[POOL],
    recipients=appraised,
    when=lambda scheme: scheme.status == "published",
    # Everybody reads the scheme; the circular is the bureau's.
    may=lambda scheme, user: bool(user.roles & (BUREAU | LEADER)),
)
def commendation(scheme: AppraisalScheme) -> Contents:
    """Units of the best grade are commended; the other grades are told without points or order."""
    best = named(scheme, Grade.EXCELLENT)
    grades = [
        f"{label}：{'、'.join(units)}。"
        for code, label in Grade.choices
        if code != Grade.NONE and (units := named(scheme, code))
    ]
    return talks.Circular(
        title=f"关于{scheme.year}年度考核评价情况的通报",
        opening=f"根据《{scheme.title}》，我局对各县区主管部门和事业发展中心{scheme.year}年度工作进行了考核评价，"
        "结果经征求意见、答复异议后确定。现将有关情况通报如下：",
        decisions=([f"对{'、'.join(best)}予以通报表彰。"] if best else []) + grades,
        demands=["受表彰的单位要珍惜荣誉，再接再厉；各单位要对照差距，认真整改。"],
    )
