"""The papers of hidden dangers: the loop's seven, filled from the danger, and the circular."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import timezone

from projects.loop_papers import LoopPapers
from projects.papers import addressees as units_of
from projects.papers import issued_paper, short
from supervision.papers.documents.blueprints import talks
from supervision.papers.documents.contents import Contents, join
from supervision.papers.documents.models import Document
from supervision.papers.documents.registry import Signature, document, pool_form
from supervision.rules.numbers import date_cn

from . import links
from .models import HiddenDanger, Source
from .models.danger import DISMISSED, EXPERT, REPORTED

STEP = "safety.supervisionstep"
STOP, LISTING = "safety-stop", "safety-listing"
SLIP, LETTER, INTERVIEW, CIRCULAR = "safety-slip", "safety-letter", "safety-interview", "safety-circular"

for code, label, suffix in (
    (SLIP, "督办单", "督"),
    (LETTER, "督办函", "督函"),
    (INTERVIEW, "约谈通知", "安约"),
    (CIRCULAR, "通报", "安通"),
):
    pool_form(code, label, suffix)


def issued_step_paper(danger: HiddenDanger, code: str) -> Document | None:
    steps = danger.steps.values("pk")
    found = Document.objects.filter(model=STEP, code=code, object_id__in=steps).exclude(number="")
    return found.exclude(status="void").order_by("-pk").first()


def reply_address(danger: HiddenDanger) -> str:
    """The address printed as QR code: the site's reply page, or the record for those who sign in."""
    if danger.status not in links.WITH_UNIT or danger.is_major or not danger.responsible_unit_id:
        return ""
    return settings.PORTAL_PUBLIC_URL + links.reply_url(danger)


class DangerPapers(LoopPapers):
    model = HiddenDanger
    prefix = "danger"
    pool = "safety"
    pools = {
        "notice": ("隐患整改通知书", "安整"),
        "recheck": ("隐患复查意见书", "安复"),
        "stop": ("停工、复工通知书", "安停"),
        "listing": ("挂牌督办通知书", "安督"),
    }
    not_open = frozenset({REPORTED, EXPERT, DISMISSED})
    inspection = Source.INSPECTION

    notice_title = "安全生产事故隐患整改通知书"
    notice_demand = "整改完成后，请将整改情况连同整改前后照片书面回复，经监理单位核实、建设单位确认。"
    verification = "隐患核查"
    reply_title = "安全生产事故隐患整改回复"
    measures = "立即整改，消除隐患，并对同类部位举一反三。"
    recheck_passed = "隐患已整改到位，同意销号。"
    stop_demand = "立即停止上述范围内的施工作业，撤出危险区域内作业人员，设置警戒并安排专人值守。"
    listed_as = "重大事故隐患"
    listing_demands = (
        "落实整改责任、措施、资金、时限和应急预案，隐患消除前采取可靠的安全防范措施。",
        "建设单位组织、监理单位督促、施工单位治理，完成后逐级验收并申请解除挂牌督办。",
    )
    lifting = (
        "整改完成并经施工单位自验、监理单位复核、建设单位验收后，由挂牌督办单位现场复查，合格的予以解除。"
    )
    lifted_conclusion = "隐患已消除，符合解除挂牌督办条件"
    lifted_demand = "请建设单位组织各参建单位举一反三，防止同类隐患重复发生。"

    def reply_url(self, danger: HiddenDanger) -> str:
        return reply_address(danger)

    def outcome(self, danger: HiddenDanger) -> str:
        return danger.measures or danger.reply

    def reply_more(self, danger: HiddenDanger) -> dict[str, Any]:
        funds = "" if danger.funds is None else f"投入整改资金{danger.funds.normalize():f}万元"
        return {"funds": funds, "plan": danger.contingency}

    def stopped_by(self, danger: HiddenDanger) -> Document | None:
        return issued_paper(danger, "danger-stop") or issued_step_paper(danger, "step-stop")

    def source(self, danger: HiddenDanger) -> str:
        return danger.get_listing_source_display() or danger.get_source_display()

    def drafted_elsewhere(self, danger: HiddenDanger, column: str) -> bool:
        """Whether a listing or suspension came about by the ladder, whose own paper was issued with it."""
        code = {"listed_on": "step-listing", "suspended_on": "step-stop"}.get(column)
        made = issued_step_paper(danger, code) if code else None
        return made is not None and made.issued_on == timezone.localdate()


papers = DangerPapers()
papers.register()


def addressed(danger: HiddenDanger) -> dict[str, str]:
    """A paper to the unit that answers, with copies to its supervisor and owner."""
    first, *others = units_of(danger) or [""]
    return {"to": str(first), "copies": join(map(str, others))}


def circular_of(danger: HiddenDanger, decision: str = "") -> Contents:
    return talks.Circular(
        title=f"关于{short(danger)}事故隐患整改情况的通报",
        opening=f"{date_cn(danger.found_on)}，检查发现{short(danger)}存在事故隐患，要求于{date_cn(danger.deadline)}"
        "前完成整改。现将有关情况通报如下：",
        findings=[papers.finding(danger)],
        decisions=[decision] if decision else [],
        demands=["各单位要举一反三，对同类部位开展自查自纠，确保整改闭环。"],
    )


document(
    "danger-circular",
    model="safety.hiddendanger",
    paper="circular",
    signature=Signature.LEADER,
    pools=[CIRCULAR],
    recipients=units_of,
    when=papers.is_open,
)(circular_of)
