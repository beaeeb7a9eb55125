import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from supervision.rules.uscc import ALPHABET, check_uscc, make_uscc, validate_uscc

bodies = st.text(alphabet=ALPHABET, min_size=17, max_size=17)


def test_a_published_code_passes():
    # 腾讯科技（深圳）有限公司 and 华为技术有限公司, as in their public registration.
    assert check_uscc("9144030071526726XG") == "9144030071526726XG"
    assert check_uscc("914403001922038216") == "914403001922038216"


def test_is_normalised():
    assert check_uscc(" ９１４４０３００７１５２６７２６ｘg ") == "9144030071526726XG"


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("", "应为 18 位，现为 0 位"),
        ("9144030071526726X", "应为 18 位，现为 17 位"),
        ("9144030071526726XG0", "应为 18 位，现为 19 位"),
        ("9144O30071526726XG", "不使用字母 I、O、Z、S、V，第 5 位为 O"),
        ("9144030071526726XI", "第 18 位为 I"),
        ("9144-30071526726XG", "第 5 位“-”不是数字或大写字母"),
        ("9144030071526726XH", "校验码应为 G，现为 H"),
        ("91440300715267二6XG", "第 15 位“二”"),
    ],
)
def test_what_is_wrong_is_said(code, says):
    with pytest.raises(ValueError, match=says):
        check_uscc(code)
    with pytest.raises(ValidationError, match=says):
        validate_uscc(code)


def test_validator_lets_a_good_code_pass():
    assert validate_uscc("9144030071526726XG") is None


@settings(deadline=None)
@given(bodies)
def test_made_codes_pass(body):
    code = make_uscc(body)
    assert code[:17] == body
    assert check_uscc(code) == code
    assert check_uscc(code.lower()) == code


@settings(deadline=None)
@given(bodies, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_changed_sign_is_found(body, place, sign):
    code = make_uscc(body)
    if code[place] == sign:
        return
    with pytest.raises(ValueError, match="校验码"):
        check_uscc(code[:place] + sign + code[place + 1 :])


@pytest.mark.parametrize("body", ["", "1" * 16, "1" * 18, "1" * 16 + "S"])
def test_a_wrong_body_is_refused(body):
    with pytest.raises(ValueError, match="统一社会信用代码"):
        make_uscc(body)
