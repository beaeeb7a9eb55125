"""整改通知书、整改回复、复查意见、停工通知书、复工通知书: what passes between an inspection and its closing."""

from __future__ import annotations

from dataclasses import dataclass

from ..contents import Contents, fact, many, rows
from ..layout import SIZE_4, Cell, Sheet
from ..registry import paper


@dataclass(kw_only=True)
class Finding:
    """One problem found."""

    place: str = fact("部位（桩号）", "K12+300 左侧高边坡")
    what: str = fact("存在问题", "第三级边坡未按专项施工方案逐级防护，坡顶截水沟未贯通。")
    clause: str = fact("依据条款", "JTG F90-2015 第6.3.2条")
    grade: str = fact("等级", "一般")
    demand: str = fact("整改要求", "立即停止下挖，完成第三级防护后方可继续。")
    deadline: str = fact("整改期限", "2025年10月10日")


@dataclass(kw_only=True)
class RectificationNotice(Contents):
    title: str = fact("标题", "工程质量安全隐患整改通知书")
    head: str = fact("发文机关标志", "宿迁市交通运输局")
    project: str = fact("工程名称", "宿连航道（京杭运河至盐河段）整治工程二期", required=True)
    section: str = fact("标段", "SG-03 标")
    inspected_on: str = fact("检查日期", "2025年9月24日", required=True)
    inspection: str = fact("检查类别", "综合检查")
    inspectors: list = many("检查人员", "周强", "沈洁")
    findings: list = rows("存在问题", Finding, 3, required=True)
    demands: list = many(
        "总体要求",
        "请举一反三，对全部标段同类部位开展自查，防止同类问题重复发生。",
        "整改完成后将整改情况（附整改前后照片）书面回复我局，经监理单位核实、建设单位确认。",
    )
    deadline: str = fact("回复期限", "2025年10月12日", required=True)


@paper("rectification_notice", "整改通知书", RectificationNotice)
def rectification_notice() -> bytes:
    sheet = Sheet(size=SIZE_4, line=25)
    _form_head(sheet)
    sheet.text("{{ to }}：", indent=0)
    sheet.text(
        "{{ inspected_on }}，我单位对你单位{{ project }}{{ section }}进行{{ inspection or '监督检查' }}，"
        "发现下列{{ findings|length }}项问题，现通知你单位按要求限期整改："
    )
    sheet.table(
        [11, 27, 42, 25, 38, 13],
        [
            [Cell("序号", bold=True), Cell("部位", bold=True), Cell("存在问题", bold=True)]
            + [Cell("依据", bold=True), Cell("整改要求及期限", bold=True), Cell("等级", bold=True)],
            [Cell("{%tr for one in findings %}", span=6)],
            [Cell("{{ loop.index }}"), Cell("{{ one.place }}", align="left")]
            + [Cell("{{ one.what }}", align="left"), Cell("{{ one.clause }}", align="left")]
            + [Cell("{{ one.demand }}{% if one.deadline %}（{{ one.deadline }}前）{% endif %}", align="left")]
            + [Cell("{{ one.grade }}")],
            [Cell("{%tr endfor %}", span=6)],
        ],
        size=10.5,
        head=True,
    )
    sheet.paragraphs("demands")
    sheet.text("请于{{ deadline }}前书面回复整改情况。逾期未整改或者整改不到位的，将依法依规处理。")
    sheet.text("检查人员：{{ inspectors|join('、') }}")
    sheet.code("扫描二维码可在网上回复整改情况，链接只对本通知书和受送达单位有效。")
    sheet.signature()
    sheet.contact()
    sheet.blank()
    sheet.text("签收单位（盖章）：　　　　　签收人：　　　　　年　　月　　日", indent=0)
    return sheet.bytes()


@dataclass(kw_only=True)
class Outcome:
    """What was done about one problem."""

    what: str = fact("存在问题", "第三级边坡未按专项施工方案逐级防护。")
    measure: str = fact("整改措施", "已完成第三级锚杆框架梁防护，截水沟贯通。")
    result: str = fact("整改结果", "已完成")
    done_on: str = fact("完成日期", "2025年10月8日")
    person: str = fact("整改责任人", "赵磊")


@dataclass(kw_only=True)
class RectificationReply(Contents):
    title: str = fact("标题", "工程质量安全隐患整改回复")
    head: str = fact("发文机关标志")
    office: str = fact("回复单位（署名）", "江苏某某路桥工程有限公司")
    to: str = fact("主送单位", "宿迁市交通运输局", required=True)
    project: str = fact("工程名称", "宿连航道（京杭运河至盐河段）整治工程二期", required=True)
    section: str = fact("标段", "SG-03 标")
    notice_number: str = fact("整改通知书文号", "宿交质整〔2025〕12号")
    notice_on: str = fact("整改通知书日期", "2025年9月26日")
    outcomes: list = rows("整改情况", Outcome, 3, required=True)
    responsibility: str = fact("责任到位", "项目经理赵磊负总责，安全总监现场督办。")
    measures: str = fact("措施到位", "专项方案重新交底，防护与开挖同步。")
    funds: str = fact("资金到位", "投入整改资金 18.6 万元。")
    time: str = fact("时限到位", "2025年10月8日前全部完成。")
    plan: str = fact("预案到位", "修订边坡坍塌现场处置方案并演练一次。")
    enclosures: list = many("附件", "整改前后对比照片", "边坡防护检验资料")


@paper("rectification_reply", "整改回复", RectificationReply)
def rectification_reply() -> bytes:
    sheet = Sheet(size=SIZE_4, line=25)
    sheet.title()
    sheet.text("{{ to }}：", indent=0)
    sheet.text(
        "你单位{% if notice_on %}{{ notice_on }}{% endif %}下发的整改通知书"
        "{% if notice_number %}（{{ notice_number }}）{% endif %}收悉。我单位对{{ project }}{{ section }}"
        "所列问题逐项进行了整改，现将整改情况报告如下："
    )
    sheet.table(
        [10, 42, 46, 16, 25, 17],
        [
            [Cell("序号", bold=True), Cell("存在问题", bold=True), Cell("整改措施", bold=True)]
            + [Cell("整改结果", bold=True), Cell("完成日期", bold=True), Cell("责任人", bold=True)],
            [Cell("{%tr for one in outcomes %}", span=6)],
            [Cell("{{ loop.index }}"), Cell("{{ one.what }}", align="left")]
            + [Cell("{{ one.measure }}", align="left"), Cell("{{ one.result }}")]
            + [Cell("{{ one.done_on }}"), Cell("{{ one.person }}")],
            [Cell("{%tr endfor %}", span=6)],
        ],
        size=10.5,
        head=True,
    )
    for label, name in (
        ("整改责任", "responsibility"),
        ("整改措施", "measures"),
        ("整改资金", "funds"),
        ("整改时限", "time"),
        ("应急预案", "plan"),
    ):
        sheet.only_if(name, lambda label=label, name=name: sheet.text(f"{label}：{{{{ {name} }}}}"))
    sheet.only_if("enclosures", lambda: sheet.text("附件：{{ enclosures|join('；') }}"))
    sheet.signature()
    sheet.contact()
    sheet.blank()
    sheet.table(
        [39, 39, 39, 39],
        [
            [Cell("监理单位核实意见", bold=True), Cell("", span=3)],
            [Cell("建设单位确认意见", bold=True), Cell("", span=3)],
        ],
        height=22,
    )
    return sheet.bytes()


@dataclass(kw_only=True)
class Rechecked:
    """What the re-inspection found about one problem."""

    what: str = fact("原存在问题", "第三级边坡未按专项施工方案逐级防护。")
    situation: str = fact("复查情况", "防护已完成，截水沟已贯通，与回复一致。")
    passed: str = fact("结论", "合格")


@dataclass(kw_only=True)
class RecheckOpinion(Contents):
    title: str = fact("标题", "整改情况复查意见书")
    head: str = fact("发文机关标志", "宿迁市交通运输局")
    project: str = fact("工程名称", "宿连航道（京杭运河至盐河段）整治工程二期", required=True)
    section: str = fact("标段", "SG-03 标")
    notice_number: str = fact("整改通知书文号", "宿交质整〔2025〕12号")
    rechecked_on: str = fact("复查日期", "2025年10月14日", required=True)
    inspectors: list = many("复查人员", "周强", "沈洁", required=True)
    items: list = rows("复查情况", Rechecked, 3, required=True)
    conclusion: str = fact("复查结论", "3 项问题已整改到位，同意销号。", required=True)
    demands: list = many("后续要求", "请继续加强高边坡监测，异常情况立即停工并报告。")


@paper("recheck_opinion", "复查意见", RecheckOpinion)
def recheck_opinion() -> bytes:
    sheet = Sheet(size=SIZE_4, line=25)
    _form_head(sheet)
    sheet.text("{{ to }}：", indent=0)
    sheet.text(
        "{{ rechecked_on }}，我单位对{{ project }}{{ section }}"
        "{% if notice_number %}落实整改通知书（{{ notice_number }}）的情况{% else %}的整改情况{% endif %}"
        "进行了复查，意见如下："
    )
    sheet.table(
        [12, 58, 64, 22],
        [
            [Cell("序号", bold=True), Cell("原存在问题", bold=True)]
            + [Cell("复查情况", bold=True), Cell("结论", bold=True)],
            [Cell("{%tr for one in items %}", span=4)],
            [Cell("{{ loop.index }}"), Cell("{{ one.what }}", align="left")]
            + [Cell("{{ one.situation }}", align="left"), Cell("{{ one.passed }}")],
            [Cell("{%tr endfor %}", span=4)],
            [Cell("复查结论", span=2, bold=True), Cell("{{ conclusion }}", span=2, align="left")],
        ],
        size=10.5,
        head=True,
    )
    sheet.paragraphs("demands")
    sheet.text("复查人员：{{ inspectors|join('、') }}")
    sheet.signature()
    sheet.contact()
    return sheet.bytes()


@dataclass(kw_only=True)
class StopNotice(Contents):
    title: str = fact("标题", "停工整改通知书")
    head: str = fact("发文机关标志", "宿迁市交通运输局")
    project: str = fact("工程名称", "宿连航道（京杭运河至盐河段）整治工程二期", required=True)
    section: str = fact("标段", "SG-03 标")
    inspected_on: str = fact("检查日期", "2025年9月24日")
    scope: str = fact("停工范围", "K12+100～K12+500 左侧高边坡开挖及其下方全部作业", required=True)
    reason: str = fact(
        "停工原因", "边坡变形监测值超过预警值，现场未停止作业、未撤出人员，存在重大事故隐患", required=True
    )
    basis: str = fact("依据", "《中华人民共和国安全生产法》第七十条、《建设工程安全生产管理条例》第四十三条")
    from_on: str = fact("停工起始", "2025年9月26日", required=True)
    demands: list = many(
        "要求",
        "立即停止上述范围内的施工作业，撤出危险区域内作业人员，设置警戒并安排专人值守。",
        "组织专家论证，编制专项整改方案，经监理单位审查、建设单位批准后实施。",
        "整改完成并经监理、建设单位验收合格后，书面提出复工申请；未经同意不得擅自复工。",
    )


@paper("stop_notice", "停工通知书", StopNotice)
def stop_notice() -> bytes:
    sheet = Sheet()
    _form_head(sheet)
    sheet.addressee()
    sheet.text(
        "{% if inspected_on %}{{ inspected_on }}，我单位对{% else %}经查，{% endif %}你单位"
        "{{ project }}{{ section }}"
        "{% if inspected_on %}进行监督检查，发现：{% endif %}{{ reason }}。"
        "{% if basis %}根据{{ basis }}的规定，{% endif %}现责令你单位自{{ from_on }}起停止下列范围的施工："
    )
    sheet.text("{{ scope }}。")
    sheet.text("同时提出以下要求：")
    _numbered(sheet, "demands")
    sheet.signature()
    sheet.contact()
    return sheet.bytes()


@dataclass(kw_only=True)
class ResumeNotice(Contents):
    title: str = fact("标题", "复工通知书")
    head: str = fact("发文机关标志", "宿迁市交通运输局")
    project: str = fact("工程名称", "宿连航道（京杭运河至盐河段）整治工程二期", required=True)
    section: str = fact("标段", "SG-03 标")
    stop_number: str = fact("停工通知书文号", "宿交质停〔2025〕2号", required=True)
    applied_on: str = fact("复工申请日期", "2025年10月20日")
    checked_on: str = fact("复查日期", "2025年10月22日", required=True)
    scope: str = fact("复工范围", "K12+100～K12+500 左侧高边坡")
    conclusion: str = fact("复查结论", "专项整改方案已实施完毕，监测数据稳定，具备复工条件", required=True)
    from_on: str = fact("复工日期", "2025年10月24日", required=True)
    demands: list = many("要求", "严格按专项施工方案组织施工，落实领导带班和监测预警制度。")


@paper("resume_notice", "复工通知书", ResumeNotice)
def resume_notice() -> bytes:
    sheet = Sheet()
    _form_head(sheet)
    sheet.addressee()
    sheet.text(
        "你单位{% if applied_on %}{{ applied_on }}提出的{% endif %}{{ project }}{{ section }}复工申请收悉。"
        "{{ checked_on }}，我单位对停工通知书（{{ stop_number }}）的落实情况进行了现场复查：{{ conclusion }}。"
    )
    sheet.text("现同意{% if scope %}{{ scope }}{% endif %}自{{ from_on }}起恢复施工，并提出以下要求：")
    _numbered(sheet, "demands")
    sheet.signature()
    sheet.contact()
    return sheet.bytes()


def _form_head(sheet: Sheet) -> None:
    """Office, name of the form, and its number at the right."""
    sheet.only_if("head", lambda: sheet.title("{{ head }}", after=0))
    sheet.title(after=0)
    sheet.only_if("number", lambda: sheet.text("{{ number }}", indent=0, align="right"))
    sheet.blank()


def _numbered(sheet: Sheet, name: str) -> None:
    """Each text of a list as a paragraph with its number."""
    sheet.text(f"{{%p for line in {name}|paragraphs %}}", indent=0)
    sheet.text("{{ loop.index }}．{{ line }}")
    sheet.text("{%p endfor %}", indent=0)
