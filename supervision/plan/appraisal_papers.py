"""通报表彰: the circular that names the units with the best grade."""

from __future__ import annotations

from dataclasses import dataclass

from supervision.papers.documents.contents import Contents, fact, many
from supervision.papers.documents.layout import Sheet
from supervision.papers.documents.registry import Signature, document, paper, pool_form

from .appraisal_flow import BUREAU, LEADER
from .models import Appraisal, AppraisalScheme
from .models.appraisal import Grade

POOL = "appraisal-circular"
pool_form(POOL, "考核通报", "交考")


@dataclass(kw_only=True)
class AppraisalCircular(Contents):
    title: str = fact("标题", "关于2025年度考核评价情况的通报")
    to: str = fact("主送单位", "各县区交通运输局，各事业发展中心", required=True)
    opening: str = fact(
        "考核评价情况",
        "根据年度考核评价方案，我局对各县区主管部门和事业发展中心2025年度工作进行了考核评价，"
        "结果经征求意见、答复异议后确定。现将有关情况通报如下：",
        required=True,
    )
    grades: list = many(
        "评价等次", "优秀：甲县交通运输局。", "良好：乙县交通运输局、市公路中心。", required=True
    )
    commended: str = fact("通报表彰", "对甲县交通运输局予以通报表彰。")
    demands: list = many("工作要求", "受表彰的单位要珍惜荣誉，再接再厉。", "各单位要对照差距，认真整改。")


@paper("appraisal_circular", "考核评价通报", AppraisalCircular, official=True)
def appraisal_circular() -> bytes:
    sheet = Sheet()
    sheet.red_head()
    sheet.title()
    sheet.addressee()
    sheet.paragraphs("opening")
    sheet.heading("一、评价等次")
    sheet.paragraphs("grades")
    sheet.only_if("commended", lambda: sheet.heading("二、通报表彰"))
    sheet.only_if("commended", lambda: sheet.text("{{ commended }}"))
    sheet.only_if("demands", lambda: sheet.heading("{% if commended %}三{% else %}二{% endif %}、工作要求"))
    sheet.paragraphs("demands")
    sheet.signature()
    sheet.contact()
    sheet.imprint()
    return sheet.bytes()


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
    paper="appraisal_circular",
    signature=Signature.LEADER,
    pools=[POOL],
    recipients=appraised,
    when=lambda scheme: scheme.status == "published",
    # Everybody reads the scheme; the circular is the bureau's.
    may=lambda scheme, user: bool(user.roles & (BUREAU | LEADER)),
)
def commendation(scheme: AppraisalScheme) -> Contents:
    """Units of the best grade are commended; the other grades are told without points or order."""
    units = {code: named(scheme, code) for code in Grade.values}
    best = units[Grade.EXCELLENT]
    grades = [
        f"{label}：{'、'.join(units[code])}。"
        for code, label in Grade.choices
        if code != Grade.NONE and units[code]
    ]
    if units[Grade.NONE]:
        grades.append(f"适用的评价内容不足，不评定等次：{'、'.join(units[Grade.NONE])}。")
    return AppraisalCircular(
        title=f"关于{scheme.year}年度考核评价情况的通报",
        opening=f"根据《{scheme.title}》，我局对各县区主管部门和事业发展中心{scheme.year}年度工作进行了考核评价，"
        "结果经征求意见、答复异议后确定。现将有关情况通报如下：",
        grades=grades,
        commended=f"对{'、'.join(best)}予以通报表彰。" if best else "",
        demands=[
            *(["受表彰的单位要珍惜荣誉，再接再厉。"] if best else []),
            "各单位要对照评价中的差距，认真整改。",
        ],
    )
