"""The papers of quality defects: the same forms as those of hidden dangers, filled from the defect."""

from __future__ import annotations

from projects.loop_papers import LoopPapers

from .models import DefectSource, QualityDefect
from .models.defect import DISMISSED, REPORTED


class DefectPapers(LoopPapers):
    model = QualityDefect
    prefix = "defect"
    pool = "quality"
    pools = {
        "notice": ("质量整改通知书", "质整"),
        "recheck": ("质量整改复查意见书", "质复"),
        "stop": ("质量停工、复工通知书", "质停"),
        "listing": ("质量挂牌督办通知书", "质督"),
    }
    not_open = frozenset({REPORTED, DISMISSED})
    inspection = DefectSource.INSPECTION

    notice_title = "工程质量缺陷整改通知书"
    notice_demand = (
        "整改完成后，请将处理情况连同检测资料、整改前后照片书面回复，经监理单位核实、建设单位确认。"
    )
    verification = "质量缺陷核查"
    reply_title = "工程质量缺陷整改回复"
    measures = "查明原因，按设计和规范要求处理，并对同类部位举一反三。"
    recheck_passed = "质量缺陷已整改到位，同意销号。"
    stop_demand = "立即停止上述范围内的施工，不得覆盖、隐蔽缺陷部位或进行下道工序。"
    listed_as = "严重质量缺陷"
    listing_demands = ("查明原因，编制处理方案并经审查后实施，处理完成后逐级验收并申请解除挂牌督办。",)
    lifting = "整改完成并经监理单位、建设单位验收后，由挂牌督办单位现场复查，合格的予以解除。"
    lifted_conclusion = "缺陷已处理完毕，符合解除挂牌督办条件"
    lifted_demand = "请建设单位组织各参建单位举一反三，防止同类缺陷重复发生。"


papers = DefectPapers()
papers.register()
