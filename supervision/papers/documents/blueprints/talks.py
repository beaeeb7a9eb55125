"""约谈通知、约谈记录、通报、送达回执."""

from __future__ import annotations

from dataclasses import dataclass

from ..contents import Contents, fact, many, rows
from ..layout import HEI, SIZE_4, Cell, Sheet
from ..registry import paper
from .rectification import Finding


@dataclass(kw_only=True)
class InterviewSummons(Contents):
    title: str = fact("标题", "关于约谈宿连航道二期SG-03标参建单位的通知")
    head: str = fact("发文机关标志", "宿迁市交通运输局")
    reason: str = fact(
        "约谈事由",
        "你单位承建的宿连航道二期SG-03标高边坡隐患两次整改不合格，安全生产主体责任落实不到位",
        required=True,
    )
    at: str = fact("约谈时间", "2025年10月28日14时30分", required=True)
    place: str = fact("约谈地点", "宿迁市交通运输局三楼会议室", required=True)
    host: str = fact("约谈人", "副局长王建国", required=True)
    invited: list = many("约谈对象", "施工单位主要负责人、项目经理", "监理单位总监理工程师", required=True)
    materials: list = many("需准备的材料", "隐患整改情况报告", "原因分析和责任追究情况")


@paper("interview_summons", "约谈通知", InterviewSummons, official=True)
def interview_summons() -> bytes:
    sheet = Sheet()
    sheet.red_head()
    sheet.title()
    sheet.addressee()
    sheet.text("{{ reason }}。根据有关规定，决定对你单位进行约谈。现将有关事项通知如下：")
    for label, name in (
        ("一、约谈时间", "{{ at }}"),
        ("二、约谈地点", "{{ place }}"),
        ("三、约谈人", "{{ host }}"),
        ("四、约谈对象", "{{ invited|join('；') }}"),
    ):
        sheet.heading(label)
        sheet.text(f"{name}。")
    sheet.only_if("materials", lambda: sheet.heading("五、准备材料"))
    sheet.only_if("materials", lambda: sheet.text("{{ materials|join('；') }}。"))
    sheet.text("请约谈对象准时参加。无故不参加或者约谈后仍不落实整改的，将依法依规从严处理。")
    sheet.signature()
    sheet.contact()
    sheet.imprint()
    return sheet.bytes()


@dataclass(kw_only=True)
class InterviewRecord(Contents):
    title: str = fact("标题", "约谈记录")
    head: str = fact("发文机关标志")
    summons_number: str = fact("约谈通知文号", "宿交质约〔2025〕1号")
    reason: str = fact("约谈事由", "高边坡隐患两次整改不合格", required=True)
    at: str = fact("约谈时间", "2025年10月28日14时30分", required=True)
    place: str = fact("约谈地点", "宿迁市交通运输局三楼会议室", required=True)
    host: str = fact("主持人", "王建国", required=True)
    present: list = many("参加人员", "周强（市执法支队）", "赵磊（施工单位项目经理）", required=True)
    recorder: str = fact("记录人", "沈洁", required=True)
    record: str = fact(
        "约谈内容",
        "主持人通报检查情况和两次整改不合格的事实，指出施工单位安全生产主体责任不落实、监理单位督促不力。\n"
        "施工单位说明原因：防护材料供应滞后，现场管理松懈，表示诚恳接受。",
        required=True,
    )
    commitments: list = many(
        "整改承诺", "2025年11月5日前完成全部防护工程并申请复查。", "更换现场安全负责人，开展全员安全教育。"
    )


@paper("interview_record", "约谈记录", InterviewRecord)
def interview_record() -> bytes:
    sheet = Sheet(size=SIZE_4, line=25)
    sheet.title()
    label, left = {"font": HEI}, {"align": "left"}
    sheet.table(
        [30, 48, 30, 48],
        [
            [Cell("被约谈单位", **label), Cell("{{ to }}", span=3, **left)],
            [Cell("约谈事由", **label), Cell("{{ reason }}", span=3, **left)],
            [Cell("约谈通知", **label), Cell("{{ summons_number }}", span=3, **left)],
            [
                Cell("时间", **label),
                Cell("{{ at }}", **left),
                Cell("地点", **label),
                Cell("{{ place }}", **left),
            ],
            [Cell("主持人", **label), Cell("{{ host }}", **left)]
            + [Cell("记录人", **label), Cell("{{ recorder }}", **left)],
            [Cell("参加人员", **label), Cell("{{ present|join('、') }}", span=3, **left)],
            [Cell("约谈内容", **label), Cell("{{ record }}", span=3, **left)],
            [Cell("整改承诺", **label), Cell("{{ commitments|join('\\n') }}", span=3, **left)],
            [Cell("约谈人签名", **label), Cell(""), Cell("被约谈人签名", **label), Cell("")],
            [Cell("记录人签名", **label), Cell(""), Cell("日期", **label), Cell("　　年　　月　　日")],
        ],
        height=14,
    )
    return sheet.bytes()


@dataclass(kw_only=True)
class Circular(Contents):
    title: str = fact("标题", "关于2025年第三季度公路水运工程质量安全综合检查情况的通报")
    to: str = fact("主送单位", "各县区交通运输局，各项目建设、施工、监理单位", required=True)
    opening: str = fact(
        "检查情况",
        "2025年9月15日至26日，我局组织对全市在建公路水运工程开展质量安全综合检查，共检查项目12个、标段19个，"
        "发现问题63项，其中重大事故隐患1项，均已下达整改通知书。现将有关情况通报如下：",
        required=True,
    )
    findings: list = rows("典型问题", Finding, 2)
    decisions: list = many(
        "处理决定", "对宿连航道二期SG-03标施工、监理单位予以通报批评，并按规定计入信用评价。"
    )
    demands: list = many(
        "工作要求",
        "各单位要举一反三，于2025年10月31日前完成自查自纠。",
        "各县区交通运输局要加强跟踪督办，确保整改闭环。",
    )


@paper("circular", "通报", Circular, official=True)
def circular() -> bytes:
    sheet = Sheet()
    sheet.red_head()
    sheet.title()
    sheet.addressee()
    sheet.paragraphs("opening")
    sheet.only_if("findings", lambda: sheet.heading("一、典型问题"))
    sheet.text("{%p for one in findings %}", indent=0)
    sheet.text(
        "{{ loop.index }}．{{ one.place }}：{{ one.what }}"
        "{% if one.clause %}不符合{{ one.clause }}的规定。{% endif %}"
    )
    sheet.text("{%p endfor %}", indent=0)
    sheet.only_if("decisions", lambda: sheet.heading("{% if findings %}二{% else %}一{% endif %}、处理决定"))
    sheet.paragraphs("decisions")
    sheet.only_if(
        "demands",
        lambda: sheet.heading(
            "{% if findings and decisions %}三{% elif findings or decisions %}二{% else %}一{% endif %}、工作要求"
        ),
    )
    sheet.paragraphs("demands")
    sheet.signature()
    sheet.contact()
    sheet.imprint()
    return sheet.bytes()


@dataclass(kw_only=True)
class DeliveryReceipt(Contents):
    """Filled in by the portal for each recipient of a document."""

    title: str = fact("标题", "送达回执")
    document: str = fact("送达文书名称", "关于对宿连航道二期SG-03标高边坡重大事故隐患实施挂牌督办的通知")
    document_number: str = fact("送达文书文号", "宿交安督〔2025〕3号")
    method: str = fact("送达方式", "平台送达")
    sent_at: str = fact("送达时间", "2025年9月26日15时20分")
    deliverer: str = fact("送达人", "李明")
    seen_at: str = fact("首次查看时间", "2025年9月26日16时05分")
    received_at: str = fact("签收时间", "2025年9月26日16时08分")
    receiver: str = fact("签收人", "赵磊")
    remark: str = fact("备注", "")


@paper("delivery_receipt", "送达回执", DeliveryReceipt)
def delivery_receipt() -> bytes:
    sheet = Sheet(size=SIZE_4, line=25)
    sheet.title("{{ office }}", after=0)
    sheet.title()
    label, left = {"font": HEI}, {"align": "left"}
    sheet.table(
        [36, 42, 36, 42],
        [
            [Cell("送达文书名称", **label), Cell("{{ document }}", span=3, **left)],
            [Cell("文号", **label), Cell("{{ document_number }}", span=3, **left)],
            [Cell("受送达单位（人）", **label), Cell("{{ to }}", span=3, **left)],
            [Cell("送达方式", **label), Cell("{{ method }}", **left)]
            + [Cell("送达人", **label), Cell("{{ deliverer }}", **left)],
            [Cell("送达时间", **label), Cell("{{ sent_at }}", **left)]
            + [Cell("首次查看时间", **label), Cell("{{ seen_at }}", **left)],
            [Cell("签收人", **label), Cell("{{ receiver }}", **left)]
            + [Cell("签收时间", **label), Cell("{{ received_at }}", **left)],
            [Cell("签收单位\n（盖章）", **label), Cell("", span=3)],
            [Cell("备注", **label), Cell("{{ remark }}", span=3, **left)],
        ],
        height=16,
    )
    return sheet.bytes()
