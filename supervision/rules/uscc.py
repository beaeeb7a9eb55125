"""统一社会信用代码 (GB 32100-2015): eighteen signs, the last of which checks the others."""

import re

from django.core.exceptions import ValidationError

from .numbers import halfwidth, shown

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = [pow(3, place, 31) for place in range(17)]
_VALUES = {sign: value for value, sign in enumerate(ALPHABET)}


def check_uscc(code: str) -> str:
    """Return the code in half-width capitals without spaces.

    Raises ValueError with a Chinese sentence when length, letters or the check digit are wrong.
    """
    plain = _plain(code)
    if len(plain) != 18:
        raise ValueError(f"统一社会信用代码应为 18 位，现为 {len(plain)} 位")
    _refuse_strange_signs(plain)
    expected = _check_sign(plain[:17])
    if plain[17] != expected:
        raise ValueError(f"统一社会信用代码有误：第 18 位校验码应为 {expected}，现为 {plain[17]}")
    return plain


def make_uscc(body: str) -> str:
    """Return the code made of a body of seventeen signs and its check digit. Raises ValueError."""
    plain = _plain(body)
    if len(plain) != 17:
        raise ValueError(f"统一社会信用代码的本体应为 17 位，现为 {len(plain)} 位")
    _refuse_strange_signs(plain)
    return plain + _check_sign(plain)


def validate_uscc(value: str) -> None:
    """Django validator: raises ValidationError when check_uscc would raise."""
    try:
        check_uscc(value)
    except ValueError as error:
        raise ValidationError(str(error), code="uscc") from error


def _plain(code: str) -> str:
    return re.sub(r"\s+", "", halfwidth(str(code))).upper()


def _refuse_strange_signs(plain: str) -> None:
    for place, sign in enumerate(plain, start=1):
        if sign in _VALUES:
            continue
        if sign in "IOZSV":
            raise ValueError(f"统一社会信用代码不使用字母 I、O、Z、S、V，第 {place} 位为 {sign}")
        raise ValueError(f"统一社会信用代码第 {place} 位{shown(sign)}不是数字或大写字母")


def _check_sign(body: str) -> str:
    return ALPHABET[-sum(_VALUES[sign] * weight for sign, weight in zip(body, _WEIGHTS, strict=True)) % 31]
