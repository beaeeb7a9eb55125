"""挂牌督办通知书、解除挂牌督办通知书、督办单（三色）、督办函."""

from __future__ import annotations

from dataclasses import dataclass

from ..contents import Contents, fact, many
from ..layout import HEI, SIZE_4, TITLE, Cell, Sheet
from ..registry import paper


@dataclass(kw_only=True)
class ListingNotice(Contents):
    title: str = fact("标题", "关于对宿连航道二期SG-03标高边坡重大事故隐患实施挂牌督办的通知")
    project: str = fact("工程名称", "宿连航道（京杭运河至盐河段）整治工程二期", required=True)
    section: str = fact("标段", "SG-03 标")
    owner: str = fact("建设单位", "宿迁市港航建设有限公司")
    unit: str = fact("责任单位", "")
    contractor: str = fact("施工单位", "江苏某某路桥工程有限公司")
    supervisor: str = fact("监理单位", "江苏某某工程监理有限公司")
    source: str = fact("隐患来源", "2025年9月24日监督检查", required=True)
    category: str = fact("隐患类别", "高边坡")
    place: str = fact("隐患部位", "K12+100～K12+500 左侧高边坡", required=True)
    what: str = fact(
        "隐患情况", "边坡开挖未按专项施工方案逐级防护，变形监测值超过预警值仍继续作业。", required=True
    )
    clauses: list = many(
        "判定依据", "《公路水运工程建设项目生产安全重大事故隐患判定标准》", "JTG F90-2015 第6.3.2条"
    )
    demands: list = many(
        "整改要求",
        "立即停止危险区域作业，撤离人员，设置警戒，指定专人监测值守。",
        "建设单位组织、监理单位督促、施工单位治理，落实整改责任、措施、资金、时限、预案“五到位”。",
    )
    plan_days: str = fact("报送整改方案的天数", "30", required=True)
    deadline: str = fact("整改期限", "2025年11月30日", required=True)
    lifting: str = fact(
        "解除程序",
        "整改完成后，由施工单位自验、监理单位核验、建设单位确认，向我局提出解除挂牌督办申请；经我局现场复查合格的，"
        "予以解除。",
    )


@paper("listing_notice", "挂牌督办通知书", ListingNotice, official=True)
def listing_notice() -> bytes:
    sheet = Sheet()
    sheet.red_head()
    sheet.title()
    sheet.addressee()
    sheet.text(
        "经{{ source }}，确认{{ project }}{{ section }}存在重大事故隐患。为督促责任单位限期消除隐患，防范事故，"
        "决定对该隐患实施挂牌督办。现将有关事项通知如下："
    )
    sheet.heading("一、隐患情况")
    sheet.only_if("category", lambda: sheet.text("隐患类别：{{ category }}。"))
    sheet.text("隐患部位：{{ place }}。")
    sheet.paragraphs("what")
    sheet.only_if("clauses", lambda: sheet.text("判定依据：{{ clauses|join('；') }}。"))
    sheet.heading("二、责任单位")
    sheet.only_if("unit", lambda: sheet.text("责任单位：{{ unit }}"))
    sheet.only_if("owner", lambda: sheet.text("建设单位：{{ owner }}"))
    sheet.only_if("contractor", lambda: sheet.text("施工单位：{{ contractor }}"))
    sheet.only_if("supervisor", lambda: sheet.text("监理单位：{{ supervisor }}"))
    sheet.heading("三、整改要求和期限")
    sheet.paragraphs("demands")
    sheet.text("自收到本通知之日起{{ plan_days }}日内报送整改方案并组织实施，于{{ deadline }}前完成整改。")
    sheet.heading("四、解除程序")
    sheet.paragraphs("lifting")
    sheet.code("扫描二维码可在网上报送整改情况。")
    sheet.signature()
    sheet.contact()
    sheet.imprint()
    return sheet.bytes()


@dataclass(kw_only=True)
class ListingLifted(Contents):
    title: str = fact("标题", "关于解除宿连航道二期SG-03标高边坡重大事故隐患挂牌督办的通知")
    project: str = fact("工程名称", "宿连航道（京杭运河至盐河段）整治工程二期", required=True)
    section: str = fact("标段", "SG-03 标")
    listing_number: str = fact("挂牌督办文号", "宿交安督〔2025〕3号", required=True)
    listed_on: str = fact("挂牌督办日期", "2025年9月26日")
    place: str = fact("隐患部位", "K12+100～K12+500 左侧高边坡", required=True)
    rechecked_on: str = fact("现场复查日期", "2025年11月26日", required=True)
    inspectors: list = many("复查人员", "周强", "沈洁", required=True)
    conclusion: str = fact("复查结论", "隐患已消除，符合解除挂牌督办条件", required=True)
    demands: list = many(
        "后续要求", "请建设单位组织各参建单位举一反三，健全隐患排查治理长效机制，防止同类隐患重复发生。"
    )


@paper("listing_lifted", "解除挂牌督办通知书", ListingLifted, official=True)
def listing_lifted() -> bytes:
    sheet = Sheet()
    sheet.red_head()
    sheet.title()
    sheet.addressee()
    sheet.text(
        "{% if listed_on %}{{ listed_on }}，{% endif %}我局以{{ listing_number }}对{{ project }}{{ section }}"
        "（{{ place }}）重大事故隐患实施挂牌督办。{{ rechecked_on }}，我局派员（{{ inspectors|join('、') }}）进行了"
        "现场复查：{{ conclusion }}。经研究，决定自本通知印发之日起解除挂牌督办。"
    )
    sheet.paragraphs("demands")
    sheet.signature()
    sheet.contact()
    sheet.imprint()
    return sheet.bytes()


# 督办单's own palette (蓝 near, 黄 late, 红 overdue); the word always stands beside the colour.
COLORS = {"蓝色": "0070C0", "黄色": "C09000", "红色": "C00000"}


@dataclass(kw_only=True)
class SupervisionSlip(Contents):
    """The 督办单; its second number is that of the 督办函 that goes with it. `color` is 蓝色, 黄色 or 红色."""

    title: str = fact("标题", "重点工作督办单")
    number: str = fact("督办单编号", "宿交督〔2025〕18号")
    second_number: str = fact("督办函编号", "宿交督函〔2025〕7号")
    color: str = fact("督办等级", "黄色", required=True)
    stage: str = fact("督办事由", "整改已逾期", required=True)
    subject: str = fact("对象栏的名称（不填为工程名称）", "")
    project: str = fact("工程名称", "宿连航道（京杭运河至盐河段）整治工程二期")
    section: str = fact("标段", "SG-03 标")
    matter: str = fact("督办事项", "高边坡第三级防护未按期完成整改（宿交质整〔2025〕12号）。", required=True)
    deadline: str = fact("原定期限", "2025年10月10日")
    new_deadline: str = fact("督办期限", "2025年10月20日", required=True)
    progress: str = fact("目前进展", "完成约 60%，材料未全部到场。")
    demands: list = many("督办要求", "主要负责人到场督导，逐日报送进展。", "逾期仍未完成的，将升级督办。")
    opinion: str = fact("领导批示", "")


@paper("supervision_slip", "督办单", SupervisionSlip)
def supervision_slip() -> bytes:
    sheet = Sheet(size=SIZE_4, line=25)
    for word, color in COLORS.items():
        sheet.only_if(
            f"color == '{word}'",
            lambda color=color: sheet.text(
                "{{ title }}（{{ color }}）",
                indent=0,
                align="center",
                font=TITLE,
                size=22,
                line=36,
                color=color,
            ),
        )
    sheet.only_if(
        "color not in ('蓝色', '黄色', '红色')",
        lambda: sheet.text(
            "{{ title }}（{{ color }}）", indent=0, align="center", font=TITLE, size=22, line=36
        ),
    )
    sheet.text(
        "编号：{{ number }}{% if second_number %}　　督办函编号：{{ second_number }}{% endif %}",
        indent=0,
        align="center",
    )
    label, left = {"font": HEI}, {"align": "left"}
    sheet.table(
        [28, 50, 28, 50],
        [
            [Cell("承办单位", **label), Cell("{{ to }}", **left)]
            + [Cell("督办事由", **label), Cell("{{ stage }}", **left)],
            [Cell("{{ subject or '工程名称' }}", **label)]
            + [Cell("{{ project }}{{ section }}", span=3, **left)],
            [Cell("督办事项", **label), Cell("{{ matter }}", span=3, **left)],
            [Cell("原定期限", **label), Cell("{{ deadline }}", **left)]
            + [Cell("督办期限", **label), Cell("{{ new_deadline }}", **left)],
            [Cell("目前进展", **label), Cell("{{ progress }}", span=3, **left)],
            [Cell("督办要求", **label), Cell("{{ demands|join('\\n') }}", span=3, **left)],
            [Cell("领导批示", **label), Cell("{{ opinion }}", span=3, **left)],
            [Cell("承办单位\n办理情况", **label), Cell("", span=3)],
            [Cell("签发人", **label), Cell("{{ signer }}", **left)]
            + [Cell("签发日期", **label), Cell("{{ issued_on }}", **left)],
            [Cell("督办单位", **label), Cell("{{ office }}", **left)]
            + [Cell("联系方式", **label), Cell("{{ contact }} {{ phone }}", **left)],
        ],
        height=16,
    )
    sheet.text(
        "说明：蓝色为临近期限提醒，黄色为逾期督办，红色为严重逾期督办。承办单位应在督办期限内书面反馈办理情况。",
        indent=0,
        size=10.5,
        line=18,
    )
    sheet.code("扫描二维码可在网上反馈办理情况。")
    return sheet.bytes()


@dataclass(kw_only=True)
class SupervisionLetter(Contents):
    title: str = fact("标题", "关于督促落实宿连航道二期SG-03标高边坡隐患整改的函")
    head: str = fact("发文机关标志", "宿迁市交通运输局")
    slip_number: str = fact("督办单编号", "宿交督〔2025〕18号")
    matter: str = fact(
        "督办事项",
        "我局于2025年9月26日下发整改通知书（宿交质整〔2025〕12号），要求你单位于2025年10月10日前完成高边坡隐患整改，"
        "目前尚未完成",
        required=True,
    )
    demands: list = many(
        "要求",
        "主要负责人到场督导，倒排工期，于2025年10月20日前完成整改。",
        "自收函之日起逐日向我局报送整改进展，直至验收销号。",
        "整改期间落实监测、警戒、值守措施，确保安全。",
    )
    deadline: str = fact("办理期限", "2025年10月20日", required=True)


@paper("supervision_letter", "督办函", SupervisionLetter, official=True)
def supervision_letter() -> bytes:
    sheet = Sheet()
    sheet.red_head()
    sheet.title()
    sheet.addressee()
    sheet.text(
        "{{ matter }}。{% if slip_number %}（督办单编号：{{ slip_number }}）{% endif %}现将有关事项函告如下："
    )
    sheet.text("{%p for line in demands|paragraphs %}", indent=0)
    sheet.text("{{ loop.index }}．{{ line }}")
    sheet.text("{%p endfor %}", indent=0)
    sheet.text("请于{{ deadline }}前将办理结果书面函复我局。")
    sheet.code("扫描二维码可在网上反馈办理情况。")
    sheet.signature()
    sheet.contact()
    sheet.imprint()
    return sheet.bytes()
