"""Reading notices: golden cases of the grammar, properties that hold for any text, and how much is found in plans of
nine different styles."""

from __future__ import annotations

import io
import re
import time
import zipfile
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
import yaml
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from supervision.plan.drafting import source_of
from supervision.plan.notices.aim_tables import aims_of
from supervision.plan.notices.figures import Years, figures_in
from supervision.plan.notices.listing import chinese, letters, roman, shown
from supervision.plan.notices.lists import lists_in
from supervision.plan.notices.notice import UNREAD, Notice, Source, first_clause, without
from supervision.plan.notices.numerals import number, quantities
from supervision.plan.notices.opening import INVISIBLE, TooLong, close_up, decode, open_file, open_text
from supervision.plan.notices.outline import marker_of
from supervision.plan.notices.reader import read_notice
from supervision.plan.notices.running import subject
from supervision.plan.notices.text import level, sentences
from supervision.plan.notices.times import whens
from supervision.plan.notices.units import unit_phrases

from . import notice_documents, notice_papers
from .notice_scores import FOLDER, Score, answers, head_right, score


def read(text: str) -> Notice:
    return read_notice(open_text(text))


# -------------------------------------------------------------------------------------------------- numerals


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("1，200", 1200),
        ("3.5", Decimal("3.5")),
        ("两", 2),
        ("十", 10),
        ("十五", 15),
        ("二十一", 21),
        ("一百零二", 102),
        ("二〇二六", 2026),
        ("一千二百", 1200),
        ("十百", None),
        ("甲", None),
        ("", None),
    ],
)
def test_numbers(text, value):
    assert number(text) == value


def one(text: str, **wanted) -> None:
    found = quantities(level(text))
    assert len(found) == 1, found
    facts = {name: getattr(found[0], name) for name in wanted}
    assert facts == {
        name: Decimal(str(v)) if name in ("low", "high") and v is not None else v
        for name, v in wanted.items()
    }


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("覆盖率达到90%以上", {"kind": "ratio", "low": 90, "bound": "least", "marked": True}),
        ("覆盖率达到９０％", {"kind": "ratio", "low": 90, "bound": "least"}),
        ("覆盖率不低于百分之九十", {"kind": "ratio", "low": 90, "bound": "least"}),
        ("合格率百分之九十八点五", {"kind": "ratio", "low": "98.5"}),
        ("覆盖率达九成以上", {"kind": "ratio", "low": 90}),
        ("完成率85%-90%", {"kind": "ratio", "low": 85, "high": 90}),
        ("完成率达到85～90%", {"kind": "ratio", "low": 85, "high": 90}),
        ("发生率控制在3%以内", {"kind": "ratio", "low": 3, "bound": "most"}),
        ("发生率不超过3%", {"kind": "ratio", "low": 3, "bound": "most"}),
        ("发生率低于3%", {"kind": "ratio", "low": 3, "bound": "most"}),
        ("发生率不得低于3%", {"kind": "ratio", "low": 3, "bound": "least"}),
        ("合格率≥97%", {"kind": "ratio", "low": 97, "bound": "least"}),
        ("起数下降10%", {"kind": "ratio", "low": 10, "bound": "change"}),
        ("提高5个百分点", {"bound": "change", "low": 5}),
        ("提高到95%", {"kind": "ratio", "low": 95, "bound": "least"}),
        ("建成示范项目3-5个", {"kind": "count", "low": 3, "high": 5, "unit": "个"}),
        ("建成示范项目3个至5个", {"kind": "count", "low": 3, "high": 5}),
        ("新增泊位六座", {"kind": "count", "low": 6, "unit": "座"}),
        ("培训1，200人次", {"kind": "count", "low": 1200, "unit": "人次"}),
        ("力争创建2个以上项目", {"kind": "count", "low": 2, "hoped": True, "marked": True}),
        ("确保在建项目零死亡", {"kind": "count", "low": 0, "bound": "most"}),
        ("实现“零事故”", {"kind": "count", "low": 0, "bound": "most"}),
        ("重大事故为零", {"kind": "count", "low": 0, "bound": "most"}),
        ("投资1.5亿元", {"kind": "count", "low": "1.5", "unit": "亿元"}),
        # Where it stands now is no aim; where it is to go is.
        ("覆盖率由92%提升至98%", {"kind": "ratio", "low": 98, "high": None, "bound": "least"}),
        ("覆盖率从35%提高到60%以上", {"low": 60, "bound": "least", "begin": 3}),
        ("覆盖率由92%至98%", {"low": 98, "high": None}),
        ("覆盖率在2025年92%的基础上提高到98%", {"low": 98}),
        ("返工率由5%下降到2%以内", {"low": 2, "bound": "most"}),
        ("覆盖率由九成提高到98%", {"low": 98}),
        ("机械化率从五成提高到六成以上", {"low": 60, "bound": "least"}),
        ("示范项目由12个增加到18个", {"kind": "count", "low": 18, "unit": "个"}),
        ("覆盖率由92%提高3个百分点", {"low": 3, "bound": "change"}),
        ("运送旅客1.2万人次", {"kind": "count", "low": "1.2", "unit": "万人次"}),
        ("更新护舷2600延米", {"low": 2600, "unit": "延米"}),
        ("疏浚土方120万立方米", {"low": 120, "unit": "万立方米"}),
        ("开展检查2轮", {"low": 2, "unit": "轮"}),
        ("在线率不低于九成五", {"kind": "ratio", "low": 95, "bound": "least"}),
        ("完好率达九成半", {"kind": "ratio", "low": 95}),
        ("撤并渡口三分之一以上", {"kind": "ratio", "low": "33.33", "bound": "least"}),
        ("淘汰三分之二", {"kind": "ratio", "low": "66.67"}),
        ("差错率控制在千分之五以内", {"kind": "ratio", "low": "0.5", "bound": "most"}),
        ("一线工人实名制全覆盖", {"kind": "ratio", "low": 100, "unsure": ""}),
        ("6月、12月各一次", {"kind": "count", "low": 2, "unit": "次", "begin": 0}),
        ("3月、6月和9月各组织两次", {"low": 6}),
        ("上、下半年各开展1次", {"low": 2}),
        (
            "杜绝较大及以上责任事故",
            {"kind": "count", "low": 0, "bound": "most", "what": "较大及以上责任事故"},
        ),
    ],
)
def test_quantities(text, wanted):
    one(text, **wanted)


@pytest.mark.parametrize(
    "text",
    [
        "3个月内完成",
        "5个工作日内反馈",
        "第三个项目",
        "对违法行为“零容忍”",
        "宿连航道2期工程",
        "一级公路和二级公路",
        "一、二类桥梁",
        "建立“两个清单”",
        "2026年1月20日",
        "204国道",
        "一成不变",
        "七成立后",
        "新一轮检查",
        "开展全覆盖检查",
        "坚决遏制重大事故",
        "杜绝弄虚作假",
        "完成“十个全覆盖”工程",
        "通报连续2次排名末位的单位",
    ],
)
def test_what_is_no_quantity(text):
    assert quantities(level(text)) == []


@pytest.mark.parametrize(
    ("text", "first", "last", "yearly"),
    [
        ("到2026年底", 2026, 2026, False),
        ("２０２５年", 2025, 2025, False),
        ("2024—2026年", 2024, 2026, False),
        ("二〇二七年底", 2027, 2027, False),
        ("“十四五”末", 2021, 2025, False),
        ("到“十五五”末", 2026, 2030, False),
        ("每年", None, None, True),
    ],
)
def test_years(text, first, last, yearly):
    (when,) = whens(level(text))
    assert (when.first, when.last, when.yearly) == (first, last, yearly)


def test_a_year_compared_with_is_no_aim():
    assert whens("较2024年下降") == []
    assert whens("2026年是“十五五”开局之年")[0].last == 2026


def test_what_is_whole_of_nothing_that_counts_is_marked():
    (one,) = quantities("监管责任全覆盖")
    assert "不可计数" in one.unsure


def figures(text: str, **options) -> list:
    return figures_in(text, 0, Years(**options), aims=True)


def test_each_number_keeps_its_own_year():
    found = figures("每年建成2个示范项目，到2027年底力争建成1个部级项目；市级达标率90%。")
    assert [(each.yearly, each.last, each.hoped) for each in found] == [
        (True, None, False),
        (False, 2027, True),
        (False, 2027, False),
    ]
    assert found[2].notes == ["年份取自前文"]


def test_what_stands_now_stays_in_the_note_and_out_of_the_name():
    (one,) = figures("到2028年，港口在线监测覆盖率由92%提升至98%。")
    assert (one.name, one.low, one.last, one.notes) == (
        "港口在线监测覆盖率",
        98,
        2028,
        ["原文由92%起，取其终值"],
    )
    (one,) = figures("公交站点500米覆盖率由88%提高至93%。")
    assert (one.name, one.low) == ("公交站点500米覆盖率", 93)
    dug, first = figures("维护性疏浚土方120万立方米，其中2026年不少于40万立方米。")
    assert (first.name, first.low, first.last) == ("维护性疏浚土方", 40, 2026) and dug.low == 120
    (one,) = figures("6月、12月各组织一次全员应急演练。")
    assert (one.name, one.low, one.unresolved) == ("全员应急演练", 2, []) and "合计2次" in one.notes[0]


def test_names_keep_words_that_begin_like_helpers():
    for text, name in (
        ("应急响应时间缩短20%", "应急响应时间"),
        ("按期办结率达到100%", "按期办结率"),
        ("使用率不低于90%", "使用率"),
        ("开展联合治超60次以上", "开展联合治超"),
        ("硬化85个行政村470个自然村", "硬化行政村"),
        ("把优良路率提高到90%以上", "优良路率"),
        ("应抽检合格率达到95%", "抽检合格率"),
    ):
        assert figures(text)[0].name == name, text


def test_points_and_accidents_that_may_not_be():
    one("养护质量指数达到80以上", kind="count", low=80, unit="分", bound="least")
    one("不发生重特大道路交通事故", kind="count", low=0, bound="most", what="重特大道路交通事故")
    one("由3-5名专家组成", low=3, high=5)


def test_years_of_what_is_compared_with_are_no_years_of_an_aim():
    for text, last in (
        ("到2028年，覆盖率在2025年92%的基础上提高到98%。", 2028),
        ("覆盖率由2024年的92%提升至2026年的98%。", 2026),
        ("覆盖率由2024年底的92%提升至98%。", None),
        ("死亡人数与前三年（2022-2024年）平均数相比下降10%。", None),
        ("不发生较大事故，起数较2022-2024年平均数下降10%。", None),
    ):
        found = figures(text)
        assert {each.last for each in found} == {last}, text
        assert all(each.low != 92 for each in found), text


def test_a_second_year_of_the_same_measure():
    first, second = figures("2025年底前，视频接入率达到90%；2026年底前达到100%。")
    assert (first.name, first.last, second.name, second.low, second.last) == (
        "视频接入率",
        2025,
        "视频接入率",
        100,
        2026,
    )
    assert "指标名称取自前一句，请核对" in second.notes


def test_a_slogan_outside_the_aims_is_marked():
    (one,) = figures_in("严格管控，杜绝较大事故。", 0, Years(), aims=False)
    assert one.unresolved and one.low == 0 and one.name == "较大事故"
    (one,) = figures("坚决杜绝较大事故。")
    assert not one.unresolved


def test_respectively():
    found = figures("平安工地达标率、优秀率分别达到100%、50%以上。")
    assert [(each.name, each.low) for each in found] == [("平安工地达标率", 100), ("优秀率", 50)]
    unclear = figures("上述两项指标分别达到95%、90%。")
    assert all("未能一一对上" in each.unresolved[0] for each in unclear) and len(unclear) == 2


def test_signs_of_half_width_end_a_sentence_but_not_a_number():
    assert level("率达98%.合格率3.5.完成") == "率达98%。合格率3.5.完成"
    assert level("一.抓实教育.开展培训.2026年底") == "一.抓实教育。开展培训。2026年底"
    assert len(level("甲局.乙局. ")) == len("甲局.乙局. ")


def test_what_is_of_each_or_about_or_was_done_already_is_marked():
    for text, words in (
        ("每个项目奖补不少于50万元。", "每一个的标准"),
        ("改造桥梁约40座。", "约数"),
        ("改造桥梁40座左右。", "约数"),
        ("去年同期，共完成改造47座。", "已有情况"),
    ):
        (one,) = figures(text)
        assert any(words in problem for problem in one.unresolved), text
    assert not figures("明确1名联络员。")


def test_what_is_known_to_be_of_before_is_marked():
    for text in ("2025年，全市完成投资47.6亿元。", "去年全市工地标准化率达到87%。"):
        (one,) = figures(text, issued=2026)
        assert any("已有情况" in problem for problem in one.unresolved), text
    for text in ("到2026年，标准化率达到87%。", "死亡人数比上年下降10%。"):
        (one,) = figures(text, issued=2026)
        assert not any("已有情况" in problem for problem in one.unresolved), text
    (one,) = figures("建成监测系统16套。")
    assert (one.name, one.low) == ("建成监测系统", 16)


def test_units_after_a_dash():
    (phrase,) = unit_phrases("——责任单位：甲局、乙中心")
    assert [unit.name for unit in phrase.units] == ["甲局", "乙中心"]
    assert marker_of("——责任单位：甲局") is None and marker_of("——开展检查") is not None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("通过验收的项目分别奖补80万元、30万元。", "奖补的标准"),
        ("组织坍塌、溺水演练各1次。", "所指项数"),
        ("完成对尚未整改的38条问题的销号。", "已有情况"),
        ("沿线的弯道另有标志牌40块。", "不能判断"),
        ("抽检频率不低于规范要求的20%。", "相对于规范要求"),
    ],
)
def test_what_may_be_no_aim_is_marked(text, words):
    found = figures_in(text, 0, Years(), aims=False)
    assert found and all(any(words in problem for problem in one.unresolved) for one in found)


def test_what_stands_beside_tasks_and_aims_is_marked():
    text = "督查组检查项目17个，发现问题236条。计划改造桥梁6座，抽检率不低于95%。"
    found = figures_in(text, 0, Years(), aims=False, aside=True)
    assert [(one.low, bool(one.unresolved)) for one in found] == [
        (17, True),
        (236, True),
        (6, False),
        (95, False),
    ]
    assert not any(one.unresolved for one in figures_in("检查项目17个。", 0, Years(), aims=False))


def test_the_part_of_a_whole_needs_no_verb():
    whole, part = figures("改造码头11座，其中2026年6座。")
    assert (part.name, part.low, part.last) == ("改造码头", 6, 2026) and whole.low == 11


def test_the_year_of_a_part_holds_for_the_part_alone():
    whole, part, after = figures("改造危桥9座，其中2024年完成4座。设置警示标志350块。")
    assert (part.name, part.last) == ("改造危桥", 2024) and whole.last is None and after.last is None


def test_steps_of_one_rate():
    found = figures("创建率2025年达85%、2026年达95%，2027年达100%。")
    assert [(one.name, one.low, one.last) for one in found] == [
        ("创建率", 85, 2025),
        ("创建率", 95, 2026),
        ("创建率", 100, 2027),
    ]
    (none,) = figures("淘汰目录内工艺使用率为0。")
    assert (none.kind, none.low, none.bound) == ("ratio", 0, "most")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("市公路中心负责备足物资。", "市公路中心r"),
        ("甲区交通运输局要会同市公路中心对路段开展摸排。", "甲区交通运输局l 市公路中心a"),
        ("市交通应急指挥中心应当值班。", "市交通应急指挥中心r"),
        ("各单位要高度重视。", ""),
        ("各有关部门、各单位要高度重视。", ""),
        ("驾驶员管理由市客运集团负责。", ""),
        ("项目负责人要到岗。", ""),
        ("市交通科学研究所每年编制报告2份。", "市交通科学研究所r"),
    ],
)
def test_who_does_what_in_running_text(text, names):
    found = [unit for phrase in subject(text) for unit in phrase.units]
    assert " ".join(unit.name + unit.role[0] for unit in found) == names


KNOWN = frozenset(("东港区交通运输局", "市港口集团", "市质监站", "局建设科"))


@pytest.mark.parametrize(
    ("text", "names", "title"),
    [
        ("请东港区交通运输局、市港口集团督促补齐许可。", "东港区交通运输局r 市港口集团r", "督促补齐许可"),
        ("市港口集团牵头建设平台。", "市港口集团l", "建设平台"),
        ("市港口集团每季度组织演练，市质监站予以指导。", "市港口集团r 市质监站a", "每季度组织演练"),
        ("对遗留的38条问题，由市质监站建立台账。", "市质监站r", "建立台账"),
        ("请市港口集团于每月5日前将进展报市局。", "", ""),
        ("市港口集团的码头已经建成。", "", ""),
        ("水上集团牵头建设平台。", "", ""),
    ],
)
def test_a_unit_that_is_known_before_any_verb(text, names, title):
    found = subject(text, KNOWN)
    assert " ".join(unit.name + unit.role[0] for phrase in found for unit in phrase.units) == names
    assert not found or first_clause(without(text, found)) == title


def test_each_of_several_units_with_what_it_is_for_and_a_time_behind_them():
    assert units("做好。责任单位：局建设科（牵头）、市质监站（配合）") == [
        ("局建设科", "l"),
        ("市质监站", "a"),
    ]
    (phrase,) = unit_phrases("查处分包。（局建设科、市质监站，9月底前完成）")
    assert [unit.name for unit in phrase.units] == ["局建设科", "市质监站"] and phrase.due == "9月底前完成"
    (phrase,) = unit_phrases("责任单位：市、局建设科")
    assert [unit.name for unit in phrase.units] == ["局建设科"] and phrase.unread == ["市"]


def test_a_notice_whose_paragraphs_begin_with_their_topic():
    notice = read(
        "甲市交通运输局关于港口建设的函\n东港区交通运输局、市港口集团：\n关于手续。请东港区交通运输局督促补齐许可，完备率达到100%。\n"
        "关于平台。市港口集团牵头建设平台。请东港区交通运输局于5日前报送名单。"
    )
    assert [(task.title, [unit.name for unit in task.units]) for task in notice.tasks] == [
        ("督促补齐许可", ["东港区交通运输局"]),
        ("建设平台", ["市港口集团"]),
    ]
    assert [one.piece.text for one in notice.passages if one.role == "heading"] == [
        "关于手续。",
        "关于平台。",
    ]


def test_aims_of_a_table():
    rows = [
        ["序号", "指标名称", "2024年", "2025年目标", "2026年目标"],
        ["1", "持证率（%）", "78", "85", "≥92%"],
        ["2", "监督机构（个）", "5", "6", "待定"],
        ["3", "较大事故（起）", "1", "0", "0"],
    ]
    read_rows, found = aims_of(rows, 7)
    assert read_rows == {0, 1, 2, 3}
    assert [(one.name, one.kind, one.low, one.bound, one.last, one.paragraph) for one in found] == [
        ("持证率", "ratio", 85, "least", 2025, 8),
        ("持证率", "ratio", 92, "least", 2026, 8),
        ("监督机构", "count", 6, "least", 2025, 9),
        ("较大事故", "count", 0, "most", 2025, 10),
        ("较大事故", "count", 0, "most", 2026, 10),
    ]
    assert "表中未写方向，按不低于计" in found[0].notes and len(found[1].notes) == 1
    (single,) = aims_of([["目标", "目标值"], ["优良率", "90%以上"]], 0)[1]
    assert (single.last, single.low) == (None, 90) and "原文未写年份" in single.notes
    assert aims_of([["项目名称", "2025年"], ["甲大桥", "90"]], 0) == (set(), [])


def test_spaces_and_page_numbers_of_a_printed_text():
    assert close_up("到 2026 年 12 月底 ，达到 90 %") == "到2026年12月底 ，达到90 %"
    assert close_up("1 行动目标") == "1 行动目标"
    assert close_up("某市交通运输局 2026年3月2日") == "某市交通运输局 2026年3月2日"


def test_this_year_needs_the_notices_year():
    assert figures("今年完成改造5座。", issued=2026)[0].last == 2026
    assert "印发年份未知" in figures("今年完成改造5座。")[0].unresolved[0]


# ----------------------------------------------------------------------------------------------------- units


def units(text: str) -> list[tuple[str, str]]:
    return [(unit.name, unit.role[0]) for phrase in unit_phrases(text) for unit in phrase.units]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("做好工作。（责任单位：甲局、乙中心，丙处）", "甲局r 乙中心r 丙处r"),
        ("做好工作。(责任单位:甲局;乙中心)", "甲局r 乙中心r"),
        ("做好工作。【牵头单位：甲局；配合单位：乙中心、丙处】", "甲局l 乙中心a 丙处a"),
        ("责任单位：甲局　乙中心", "甲局r 乙中心r"),
        ("牵头单位：甲局 配合单位：乙中心、丙处", "甲局l 乙中心a 丙处a"),
        ("做好工作。（甲局牵头，乙中心、丙处配合）", "甲局l 乙中心a 丙处a"),
        ("做好工作。（甲局、乙中心按职责分工负责，9月底前完成）", "甲局r 乙中心r"),
        ("做好工作。（甲局、乙中心）", "甲局r 乙中心r"),
        ("由甲局牵头，乙中心配合，完成改造。", "甲局l 乙中心a"),
        ("做好工作。（责任单位：各县（区）交通运输局、市公路中心）", "各县（区）交通运输局r 市公路中心r"),
        ("做好工作。（责任单位：各建设、施工、监理单位）", "各建设、施工、监理单位r"),
        ("做好工作。（责任单位：各县（市）、区交通运输局）", "各县（市）、区交通运输局r"),
        ("做好工作。（责任单位：市交投集团和市港口集团）", "市交投集团r 市港口集团r"),
        ("做好工作。（责任单位：市发展和改革委）", "市发展和改革委r"),
        ("完善制度（含试行办法），落实要求。", ""),
        ("开展检查（以下简称“行动”）。", ""),
    ],
)
def test_units(text, wanted):
    assert " ".join(name + role for name, role in units(text)) == wanted


def test_abbreviations_take_head_and_end_from_their_neighbours():
    (phrase,) = unit_phrases("（责任单位：市铁路中心、公路中心、港航中心）")
    assert [unit.candidates for unit in phrase.units] == [
        ("市铁路中心",),
        ("公路中心", "市公路中心"),
        ("港航中心", "市港航中心"),
    ]
    (phrase,) = unit_phrases("（责任单位：市铁路、公路、港航中心）")
    assert [unit.candidates[-1] for unit in phrase.units] == ["市铁路中心", "市公路中心", "市港航中心"]


def test_units_at_the_head_of_a_sentence():
    (phrase,) = unit_phrases("市公交集团牵头，市运输发展中心、市交通执法支队配合，推进线网优化。")
    assert [(unit.name, unit.role) for unit in phrase.units] == [
        ("市公交集团", "lead"),
        ("市运输发展中心", "assist"),
        ("市交通执法支队", "assist"),
    ]
    (phrase,) = unit_phrases("开展演练。市质监站牵头，各项目建设单位配合，全年两次。")
    assert [unit.name for unit in phrase.units] == ["市质监站", "各项目建设单位"]
    for text in (
        "企业主要负责人负责，班组长配合。",
        "强化统筹牵头，形成合力。",
        "谁主管谁负责，谁审批谁负责。",
    ):
        assert unit_phrases(text) == [], text


def test_how_many_units_stand_behind_etc():
    (phrase,) = unit_phrases("（责任单位：市质监站、市公路中心、市港航中心等三家单位）")
    assert [unit.name for unit in phrase.units] == ["市质监站", "市公路中心", "市港航中心"]
    assert phrase.unread == []
    (phrase,) = unit_phrases("（责任单位：市公路中心等三家单位）")
    assert [unit.name for unit in phrase.units] == ["市公路中心"]
    assert phrase.unread == ["“等”字前载明3家单位，实列1家"]


def test_etc_before_how_they_share_the_work_is_said():
    (phrase,) = unit_phrases("（省交通运输厅牵头，省发展改革委、自然资源厅等按职责分工负责）")
    assert [unit.name for unit in phrase.units] == ["省交通运输厅", "省发展改革委", "自然资源厅"]
    assert phrase.unread == ["“等”字后的单位未列出"]


def test_name_and_date_on_one_line():
    notice = read(
        "关于开展整治的通知\n各县区交通运输局：\n　　某市交通运输局  某市公安局      2026年4月25日\n一、任务\n（一）甲。"
    )
    assert (notice.head.issuer, notice.head.issued_on) == ("某市交通运输局、某市公安局", date(2026, 4, 25))


def test_a_time_among_units_is_no_unit():
    for due in ("2026年9月底前完成", "6月底前", "长期坚持"):
        (phrase,) = unit_phrases(f"（责任单位：各施工单位，{due}）")
        assert ([unit.name for unit in phrase.units], phrase.due) == (["各施工单位"], due)


def test_etc_is_said_and_due_dates_are_kept():
    (phrase,) = unit_phrases("（牵头单位：甲局、乙局等；完成时限：2025年6月底）")
    assert [unit.name for unit in phrase.units] == ["甲局", "乙局"]
    assert phrase.due == "2025年6月底" and phrase.unread == ["“等”字后的单位未列出"]


# ------------------------------------------------------------------------------------------- outline and lists


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("一、总体要求", "one", 1),
        ("（十二）做好", "(one)", 12),
        ("(3)做好", "(1)", 3),
        ("１．做好", "1.", 1),
        ("1、做好", "1.", 1),
        ("2.3 规范", "1.2", 3),
        ("③做好", "①", 3),
        ("第二章 目标", "chapter", 2),
        ("一是强化", "one-is", 1),
    ],
)
def test_markers(text, kind, value):
    marker = marker_of(text)
    assert (marker.kind, marker.value) == (kind, value)


@pytest.mark.parametrize(
    "text", ["一、二级公路养护", "2025年工作", "1.5米以上", "2.5公里道路", "完成任务", "一、"]
)
def test_no_markers(text):
    assert marker_of(text) is None


@pytest.mark.parametrize(
    ("text", "names", "count", "problem"),
    [
        ("2025年创建市级品质工程2个：东环路、西河大桥。", ["东环路", "西河大桥"], 2, ""),
        ("申报东环路、西河大桥等2个项目。", ["东环路", "西河大桥"], 2, ""),
        ("建成示范项目3个（东环路、西河大桥、三期码头）。", ["东环路", "西河大桥", "三期码头"], 3, ""),
        ("创建项目4个：东环路、西河大桥。", ["东环路", "西河大桥"], 4, "载明4个，实列2个"),
        ("创建项目：东环路、西河大桥、东环路。", ["东环路", "西河大桥", "东环路"], None, "重复列出：东环路"),
        (
            "示范项目名单如下：\n1.东环路\n2.西河大桥\n3.X204清溪段",
            ["东环路", "西河大桥", "X204清溪段"],
            None,
            "",
        ),
    ],
)
def test_named_lists(text, names, count, problem):
    (found,) = read("一、创建计划\n" + text).lists
    assert (found.names, found.count) == (names, count)
    assert "；".join(found.problems) == problem


def test_a_count_at_the_end_of_a_list():
    (one,) = lists_in("对城东客运站、云溪汽车站、南湾换乘中心实施改造，共3个项目，10月底前完工。", 0)
    assert (one.names, one.count, one.problems) == (["城东客运站", "云溪汽车站", "南湾换乘中心"], 3, [])
    (one,) = lists_in("重点实施东环路、西环路等项目，共计4个。", 0)
    assert one.names == ["东环路", "西环路"] and any("载明4个" in problem for problem in one.problems)
    assert lists_in("推进学习、工作、生活，共三个方面。", 0) == []


def test_a_number_and_a_year_after_it():
    notice = read("二、主要任务\n5.抓甲。\n6.2026年完成终端安装320套，确保到位。\n责任单位：市港航中心")
    assert [(task.no, task.title) for task in notice.tasks] == [
        ("5", "抓甲"),
        ("6", "2026年完成终端安装320套，确保到位"),
    ]
    assert [unit.name for unit in notice.tasks[1].units] == ["市港航中心"] and not notice.tasks[0].units
    assert marker_of("6.20公里的道路") is None or marker_of("6.20公里的道路").kind != "1."


def test_a_title_of_verbs_takes_what_is_done():
    notice = read("一、重点任务\n1.加快推进。完成国省道大修85公里。（责任单位：市公路中心）\n2.抓好落实。")
    assert [task.title for task in notice.tasks] == ["加快推进：完成国省道大修85公里", "抓好落实"]
    assert "标题只有动词，已接上正文首句，请核对" in notice.tasks[0].issues
    assert "标题只有动词，请补写所指事项" in notice.tasks[1].issues


def test_small_numbers_within_a_line_belong_to_its_task():
    notice = read(
        "一、重点任务\n（一）抓责任。（责任单位：甲局）\n"
        "（二）抓隐患。（1）深基坑：逐个建档。（2）高支模：①先审；②先验。（责任单位：市质监站）"
    )
    assert [(task.title, [unit.name for unit in task.units]) for task in notice.tasks] == [
        ("抓责任", ["甲局"]),
        ("抓隐患", ["市质监站"]),
    ]


def test_headings_numbered_without_a_stop():
    notice = read(
        "某市行动方案\n1 行动目标\n1.1 2026年底前，接入率达到90%。\n2 主要任务\n2.1 抓甲事\n责任单位：甲局\n3 保障措施\n3.1 加强调度，按月通报。"
    )
    assert [(task.no, task.title) for task in notice.tasks] == [("2.1", "抓甲事")]
    assert marker_of("12 月底前完成") is None and marker_of("2026 年工作要点") is None


def test_services_are_no_list_of_projects():
    assert lists_in("开展“三送”服务：送专家、送技术、送政策。", 0) == []


# ------------------------------------------------------------------------------------- any text, always the same


ALPHABET = "一二三十（）()、。；：，.1290%％个项责任单位牵头配合局中心各县市目标要达到不低于年底2026每“”【】 \n\t等和由零附件抄送①—-建成品质工程路桥"
texts = st.one_of(
    st.text(ALPHABET, max_size=300),
    st.text(max_size=200),
    st.lists(
        st.sampled_from(
            [
                "一、重点任务",
                "（一）做好甲事。",
                "1.做好乙事。（责任单位：甲局、乙中心）",
                "责任单位：丙局",
                "到2026年底达到90%以上。",
                "创建项目2个：东环路、西河大桥。",
                "一是抓甲；二是抓乙。",
                "序号\t任务\t责任单位",
                "1\t做甲\t甲局",
                "",
                "附件：1.名单",
                "（一）甲。（二）乙。1.丙；2.丁。",
                "没有编号的一段话。",
            ]
        ),
        max_size=25,
    ).map("\n".join),
)


@settings(max_examples=150, deadline=None)
@given(texts)
def test_no_text_is_lost_and_none_stands_twice(text):
    source = open_text(text)
    notice = read_notice(source)
    placed: Counter = Counter()
    for piece in [piece for task in notice.tasks for piece in task.pieces] + [
        one.piece for one in notice.passages
    ]:
        assert source.paragraphs[piece.paragraph][piece.start : piece.end] == piece.text
        for at in range(piece.start, piece.end):
            placed[piece.paragraph, at] += 1
    for index, paragraph in enumerate(source.paragraphs):
        if paragraph.strip():
            assert [placed[index, at] for at in range(len(paragraph))] == [1] * len(paragraph), paragraph
    kept = "".join(source.paragraphs)
    for line in text.replace("\0", "").translate(INVISIBLE).split("\n"):
        assert (
            close_up(line).strip() in kept
            or "\r" in line
            or any(sign in line for sign in "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
        )


@settings(max_examples=100, deadline=None)
@given(texts)
def test_what_is_found_stands_in_the_text(text):
    notice = read(text)
    flat = level("".join(notice.source.paragraphs))
    squeezed = flat.replace(" ", "")
    for task in notice.tasks:
        assert task.title.rstrip("…")[:10] in "".join(notice.source.paragraphs) or task.title
        for unit in task.units:
            assert unit.name.split("、")[0].replace(" ", "") in squeezed
    for figure in notice.figures:
        assert figure.low >= 0 and (figure.high is None or figure.high >= figure.low)
    for found in notice.lists:
        assert (found.count is not None and found.count != len(found.names)) == any(
            problem.startswith("载明") for problem in found.problems
        )
    numbers = [task.no for task in notice.tasks]
    assert len(numbers) == len(set(numbers)) and all(numbers)


@given(st.text(ALPHABET, max_size=200))
def test_sentences_are_the_text(text):
    assert "".join(text[start:end] for start, end in sentences(level(text))) == text
    assert len(level(text)) == len(text)


@pytest.mark.parametrize(
    "unit",
    [
        "（一）做好工作，达到90%以上。（责任单位：甲局、乙中心）\n",
        "（" * 50,
        "责任单位：",
        "由甲",
        "甲、",
        "一是",
        "1.甲；",
        "百分之",
        "等3个",
        "2026年",
        "“",
        "（一）",
        "，，",
        "达到" * 5,
        "1",
        "一",
        "牵头单位",
        "由9%提升至",
        "6月、",
        "甲局牵头，",
        "杜绝",
        "全覆盖",
        "三分之",
        "甲路、乙路，共",
        "\u202e责任",
        "\t",
    ],
)
def test_time_grows_with_the_text_alone(unit):
    """Ten times the text takes at most some twenty times the time: nothing goes back over what it has read."""

    def seconds(signs: int) -> float:
        text = (unit * (signs // len(unit) + 1))[:signs]
        started = time.perf_counter()
        read(text)
        return time.perf_counter() - started

    small, large = max(seconds(2_000), 0.01), seconds(20_000)
    assert large < small * 40, (unit, small, large)
    assert large < 20


# ------------------------------------------------------------------------------------------------ how it comes


def test_two_hundred_pages_are_read_in_seconds():
    pages = [
        f"（{number}）推进第{number}项。覆盖率由90%提升至9{number % 9}%以上，甲局牵头，乙中心配合，"
        "完成改造12座，共3个项目。" + "强化日常管理，" * 60
        for number in range(1, 401)
    ]
    text = "一、重点任务\n" + "\n".join(pages)
    assert 180_000 < len(text) < 200_000
    for whole in (text, text.replace("\n", "")):
        started = time.perf_counter()
        notice = read(whole)
        assert time.perf_counter() - started < 30
        assert sum(len(piece.text) for task in notice.tasks for piece in task.pieces) + sum(
            len(one.piece.text) for one in notice.passages
        ) == len(whole.replace("\n", ""))
    with pytest.raises(TooLong, match="文本过长（.*一次最多读取"):
        read(text * 2)


def test_signs_that_nobody_sees_change_nothing():
    plain = "一、任务\n（一）甲事。达标率达到95%。（责任单位：市质监站、市公路中心）"
    hidden = "\u202e".join(plain.split("：")).replace("\u202e", "：\u202e") + "\u202c"
    hidden = (
        hidden.replace("质监", "质\u200b监")
        .replace("95%", "\u2066\u200f95\u2069%")
        .replace("一、", "\ufeff一、")
    )
    assert hidden != plain

    def told(text: str) -> tuple:
        notice = read(text)
        return (
            [(task.no, task.title, task.units) for task in notice.tasks],
            [(one.name, one.low, one.bound) for one in notice.figures],
        )

    assert told(hidden) == told(plain) and told(plain)[0][0][2][0].name == "市质监站"


def gate(name: str, content: bytes) -> str:
    """What the sender of a file is told; "" when it was read."""
    try:
        source, _ = source_of(ContentFile(content, name))
    except ValidationError as error:
        return "".join(error.messages)
    return "" if "".join(source.paragraphs).strip() else "没有文字"


def test_files_that_are_no_notices_are_told_so_in_chinese(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    file = tmp_path / "a.docx"
    Document().save(file)
    assert gate("空.docx", file.read_bytes()) == "没有文字"
    whole = file.read_bytes()
    assert "内容" in gate("假.docx", b"\x7fELF" + bytes(range(256)) * 40)
    assert "内容" in gate("假.docx", b"%PDF-1.7\n" + b"x" * 500)
    assert gate("断.docx", whole[: len(whole) // 2])
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w") as made, zipfile.ZipFile(file) as given:
        for member in given.namelist():
            content = b"<w:document" if member == "word/document.xml" else given.read(member)
            made.writestr(member, content)
    assert "已损坏" in gate("坏.docx", book.getvalue())
    assert gate("图.txt", bytes(range(256)) * 40) and gate("单.txt", b"\xff\xfe\x00")
    assert "docx" in gate("旧.doc", b"\xd0\xcf\x11\xe0" + bytes(600))
    for told in (gate("断.docx", whole[:99]), gate("单.txt", b"\xff\xfe\x00"), gate("图.txt", b"\0" * 99)):
        assert re.search("[\u4e00-\u9fff]", told) and not re.search("[a-z]{6,}", told.replace("docx", "")), (
            told
        )


def test_text_files_in_every_encoding():
    text = "一、任务\n（一）甲事。（责任单位：甲局）"
    for encoding in ("utf-8", "utf-8-sig", "gb18030", "utf-16"):
        assert decode(text.encode(encoding)) == text


def test_what_word_shows_before_a_line():
    assert [chinese(value) for value in (1, 10, 11, 20, 21, 100, 105, 110, 999, 1000)] == [
        "一",
        "十",
        "十一",
        "二十",
        "二十一",
        "一百",
        "一百零五",
        "一百一十",
        "九百九十九",
        "1000",
    ]
    assert (roman(14), letters(28), shown(3, "decimalEnclosedCircleChinese")) == ("xiv", "bb", "③")
    assert shown(12, "chineseLegalSimplified") == "壹拾贰" and shown(2, "ideographTraditional") == "乙"


def test_automatic_numbers_go_on_and_begin_again(tmp_path):
    made = notice_papers.numbered()
    for text, depth in (("甲", 0), ("乙", 1), ("丙", 1), ("丁", 0), ("戊", 1), ("己", 2), ("庚", 2)):
        notice_papers.line(made, text, depth)
    file = tmp_path / "a.docx"
    made.save(file)
    assert open_file(file, "docx").paragraphs == [
        "一、甲",
        "（一）乙",
        "（二）丙",
        "二、丁",
        "（一）戊",
        "1．己",
        "2．庚",
    ]


def test_nothing_of_a_document_is_lost(tmp_path):
    made = Document()
    made.add_paragraph("第一行")
    paragraph = made.add_paragraph("软")
    paragraph.runs[0].add_break()
    paragraph.add_run("换行")
    notice_papers.table(made, [["甲", "乙"], ["丙", "丁"]])
    inner = made.tables[0].cell(1, 1).add_table(1, 2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "内一", "内二"
    file = tmp_path / "a.docx"
    made.save(file)
    text = "\n".join(open_file(file, "docx").paragraphs)
    for word in ("第一行", "软\n换行", "甲\t乙", "丙\t丁", "内一\t内二"):
        assert word in text


def test_deleted_text_is_not_read_and_inserted_text_is(tmp_path):
    made = Document()
    element = made.add_paragraph("保留")._p
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    for words in (
        f"<w:del {nsdecls('w')}><w:r><w:delText>删去</w:delText></w:r></w:del>",
        f"<w:ins {nsdecls('w')}><w:r><w:t>加上</w:t></w:r></w:ins>",
    ):
        element.append(parse_xml(words))
    file = tmp_path / "a.docx"
    made.save(file)
    assert open_file(file, "docx").paragraphs == ["保留加上"]


# ------------------------------------------------------------------------------------------ how much is found


def notices(tmp_path) -> dict[str, Notice]:
    made = {}
    for name in answers():
        if name in notice_papers.DOCUMENTS:
            made[name] = read_notice(open_file(notice_papers.written(name, tmp_path), "docx"))
        else:
            made[name] = read((FOLDER / f"{name}.txt").read_text(encoding="utf-8"))
    return made


# Per cent found and per cent right of what is offered as sure, at least.
FLOORS = {"tasks": (95, 95), "units": (95, 95), "targets": (93, 93), "lists": (90, 90)}


def measured(
    read_ones: dict[str, Notice], wanted: dict, floors: dict, capsys, title: str, least: int = 0
) -> None:
    """Tell how much was found and right of what is wanted, and fail below the floors, or where of one kind in one
    notice less than `least` per cent was found."""
    whole = {kind: Score() for kind in floors}
    for name, notice in read_ones.items():
        assert head_right(notice, wanted[name]) == [], name
        for kind, one_score in score(notice, wanted[name]).items():
            whole[kind].add(one_score)
            assert one_score.share >= least, (name, kind, one_score.missed)
    lines = [
        f"{kind}: {one.found}/{one.wanted} 找到 {one.share:.1f}% 准确 {one.precision:.1f}%"
        for kind, one in whole.items()
    ]
    with capsys.disabled():
        print(f"\n{title}：{'；'.join(lines)}")
    for kind, (share, precision) in floors.items():
        assert whole[kind].share >= share, (kind, whole[kind].missed)
        assert whole[kind].precision >= precision, (kind, whole[kind].surplus)


def test_what_is_found_in_nine_styles(tmp_path, capsys):
    measured(notices(tmp_path), answers(), FLOORS, capsys, "通知读取", least=75)


OTHERS = FOLDER / "others"
# Found and right, per cent, when the reader first read the four notices put aside: what may be hoped for in a notice
# that nobody has seen. (`tried`, before it was mended by them: tasks 47/53, units 68/83, targets 74/85, lists 67/100.)
FIRST_READ_ASIDE = {"tasks": (100, 84), "units": (97, 100), "targets": (88, 93), "lists": (66, 66)}
# Since then it was mended by those, too; both are guards against falling back.
NOW = {"tasks": (95, 95), "units": (95, 95), "targets": (95, 95), "lists": (95, 95)}


@pytest.mark.parametrize("part", ["tried", "aside"])
def test_what_is_found_in_other_cities(part, capsys):
    """Eight notices written before the reader saw them; `aside` were put aside until it was mended by `tried`."""
    wanted = yaml.safe_load((OTHERS / "answers.yaml").read_text(encoding="utf-8"))[part]
    found = {name: read((OTHERS / f"{name}.txt").read_text(encoding="utf-8")) for name in wanted}
    measured(found, wanted, NOW, capsys, f"他市通知（{part}，首次读取aside：{FIRST_READ_ASIDE}）")


# Per cent found and right when the reader first read them. The second four were written, by somebody who did not know
# it, while it was mended by the first eight; the third five by the first's writer, after both. By each it was mended since.
FIRST_READ = {
    "first": {"tasks": (72, 80), "units": (78, 94), "targets": (69, 83), "lists": (50, 60)},
    "second": {"tasks": (85, 88), "units": (70, 80), "targets": (87, 86), "lists": (100, 100)},
    "third": {"tasks": (77, 87), "units": (73, 84), "targets": (97, 91), "lists": (80, 100)},
}
UNSEEN = FOLDER / "unseen"


@pytest.mark.parametrize(
    ("part", "floors"),
    [("first", NOW), ("second", NOW | {"targets": (88, 92)}), ("third", NOW)],
    ids=["first", "second", "third"],
)
def test_what_is_found_in_other_ways_of_writing(part, floors, capsys):
    """Notices written before the reader saw them: signs of half width, running text by who does what, lines
    broken as printed, labels at a line's end, tables of tasks, of aims by years and of projects."""
    wanted = yaml.safe_load((UNSEEN / "answers.yaml").read_text(encoding="utf-8"))[part]
    found = {}
    for name in wanted:
        if make := notice_documents.DOCUMENTS.get(name):
            file = io.BytesIO()
            make().save(file)
            found[name] = read_notice(open_file(file, "docx"))
        else:
            found[name] = read((UNSEEN / f"{name}.txt").read_text(encoding="utf-8"))
    measured(found, wanted, floors, capsys, f"其他写法（{part}，首次读取：{FIRST_READ[part]}）")


def test_the_portals_own_plan_as_a_notice(capsys):
    """The facts of the plan that the portal ships, put into sentences of ours, come back out of them."""
    from projects.loading.registry import PLAN

    plan = yaml.safe_load(PLAN.read_text(encoding="utf-8"))
    notice = read(as_notice(plan))
    assert notice.head.number == "宿交发〔2024〕69号" and notice.head.issued_on == date(2024, 9, 26)
    assert [task.title for task in notice.tasks] == [row["title"] for row in plan["tasks"]]
    for task, row in zip(notice.tasks, plan["tasks"], strict=True):
        wanted = [name for unit in row["units"] for name in plan["unit_groups"].get(unit, [unit])]
        assert [unit.name for unit in task.units] == wanted, task.title
    found = Counter((one.kind, one.low, one.high) for one in notice.figures if not one.unresolved)
    wanted = Counter(
        ("ratio", Decimal(row["at_least"]), None)
        if row["kind"] == "ratio"
        else ("count", Decimal(row["min"]), Decimal(row["stretch"]))
        for row in plan["targets"]
    )
    hit = (found & wanted).total()
    with capsys.disabled():
        print(f"\n本系统计划：28 项任务全部读出；目标 {hit}/{wanted.total()}")
    assert hit >= 20
    named = {(one.year, one.count, tuple(one.names)) for one in notice.lists}
    for row in plan["named_candidacies"]:
        if "stated_count" in row:
            assert (row["year"], row["stated_count"], tuple(row["projects"])) in named, row["list"]
    assert not notice.unread


def as_notice(plan: dict) -> str:
    document = plan["document"]
    lines = [
        document["issuer"] + "文件",
        document["number"],
        f"关于印发《{document['title']}》的通知",
        "各县（区）交通运输局，局属各单位：",
        "现将方案印发给你们，请认真组织实施。",
        document["issuer"],
        "2024年9月26日",
        document["title"],
        "一、具体目标",
    ]
    for place, row in enumerate(plan["targets"], start=1):
        by = f"到{row['period']['by']}年底，" if isinstance(row["period"], dict) else "每年"
        if row["kind"] == "ratio":
            lines.append(f"{place}.{by}{row['name']}达到{row['at_least']}%以上。")
        else:
            lines.append(f"{place}.{by}{row['name']}达到{row['min']}-{row['stretch']}个。")
    lines.append("二、创建计划")
    for row in plan["named_candidacies"]:
        number = f"{row['stated_count']}个" if "stated_count" in row else ""
        lines.append(f"{row['list']}项目{number}：{'、'.join(row['projects'])}。")
    lines.append("三、重点任务")
    parts = (("safety", "平安工程"), ("quality", "精品工程"), ("integrity", "廉洁工程"))
    for place, (group, title) in enumerate(parts):
        lines.append(f"（{'一二三'[place]}）{title}")
        for at, row in enumerate((row for row in plan["tasks"] if row["group"] == group), start=1):
            units = "、".join(name for unit in row["units"] for name in plan["unit_groups"].get(unit, [unit]))
            lines.append(f"{at}.{row['title']}。{row['gist']}。（责任单位：{units}）")
    return "\n".join(lines)


def test_what_nobody_could_read_is_left_marked():
    notice = read("会议议定如下事项。\n大家要提高认识。\n下一步按程序推进。")
    assert not notice.tasks and not notice.figures
    assert [one.role for one in notice.passages] == [UNREAD] * 3
    assert read_notice(Source([])).tasks == []


def test_a_number_left_out_or_double_is_said():
    notice = read("一、重点任务\n（一）甲事。做好。\n（三）乙事。做好。\n（三）丙事。做好。")
    assert [task.issues[0] for task in notice.tasks[1:]] == [
        "编号不连续：前一项“（一）”，本项“（三）”",
        "编号“（三）”重复",
    ]
