import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supervision.rules.names import name_key, names_key, split_aliases


@pytest.mark.parametrize(
    "spellings",
    [
        [
            "宿连航道二期",
            "宿连航道2期",
            "宿连航道第二期",
            "宿连航道第２期",
            " 宿连航道 二 期 ",
            "“宿连航道”二期",
        ],
        ["十二标", "12标", "第十二标", "012标"],
        ["二十一标段", "21标段", "第二十一标段"],
        ["一百零二号桥", "102号桥"],
        ["二〇号墩", "20号墩", "二十号墩"],
        ["三级公路", "3级公路"],
        ["江苏某建设（集团）有限公司", "江苏某建设(集团)有限公司", "江苏某建设【集团】有限公司"],
        ["SQ—a1标", "ｓｑ－Ａ1标", "SQ-A一标", "SQ-A01标"],
        ["《项羽杯》", "项羽杯", "项\u200b羽杯", "\ufeff项羽杯"],
    ],
)
def test_spellings_meet(spellings):
    assert len({name_key(spelling) for spelling in spellings}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("宿连航道一期", "宿连航道二期"),
        ("宿连航道二期", "宿连航道"),
        ("1标", "11标"),
        ("十一标", "一标"),
        ("某公司（宿迁）", "某公司"),
        ("三一重工", "31重工"),
    ],
)
def test_different_names_stay_apart(one, other):
    assert name_key(one) != name_key(other)


def test_ill_formed_numerals_stay_as_they_are():
    assert name_key("十十标") == "十十标"
    assert name_key("一零十标") == "一零十标"


@pytest.mark.parametrize("number", [*range(130), 200, 305, 310, 999, 1000, 1024, 2003, 9999])
def test_numerals(number):
    assert name_key(f"第{chinese(number)}标段") == f"{number}标段"


def chinese(number: int) -> str:
    digits, parts, gap = "零一二三四五六七八九", [], False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, unit)
        if digit:
            if gap and parts:
                parts.append("零")
            parts.append(digits[digit] + name)
            gap = False
        elif parts:
            gap = True
    text = "".join(parts) or "零"
    return text.removeprefix("一") if text.startswith("一十") else text


@settings(deadline=None)
@given(
    st.one_of(
        st.text(max_size=30),
        st.text(alphabet="第一二十百千零〇期标号级段12.0 “”（）ＡａⅡ|é\u0301\u200b", max_size=20),
    )
)
def test_key_of_a_key_is_itself(text):
    key = name_key(text)
    assert name_key(key) == key
    assert "|" not in key


def test_aliases_are_split_and_deduplicated():
    assert split_aliases("宿连航道2期、宿连航道；宿连航道二期;,，/ 宿连航道 \n另名") == [
        "宿连航道2期",
        "宿连航道",
        "另名",
    ]
    assert split_aliases("") == []


def test_names_key_answers_exact_look_ups():
    key = names_key("宿连航道二期", "宿连航道2期、宿连航道")
    assert key == "|宿连航道2期|宿连航道|"
    assert f"|{name_key('宿连航道第二期')}|" in key
    assert "|航道|" not in key
    assert names_key("甲|乙", ["丙、丁"]) == "|甲乙|丙、丁|"
    assert names_key("", "") == ""
