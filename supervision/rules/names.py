"""Matching names that people write in several ways: 宿连航道2期 and 宿连航道二期 are one project."""

import re
import unicodedata
from collections.abc import Iterable

_UNITS = {"十": 10, "百": 100, "千": 1000}
_NUMERALS = {numeral: value for value, numeral in enumerate("零一二三四五六七八九")} | {"〇": 0}
_COUNTERS = "期|标|号|级|段|合同段|批|阶段|包"
_NUMBERED = re.compile(
    f"第*(?:(?<![0-9.])([0-9]+)|(?<![0-9])([{''.join(_NUMERALS)}{''.join(_UNITS)}]+))(?={_COUNTERS})"
)
_UNIFIED = str.maketrans("[]{}【】〔〕〖〗‐‑‒–—―−", "()" * 5 + "-" * 7)
# The bar separates keys in names_key; the rest is decoration that one writer uses and the next does not.
_DROPPED = set("\"'`“”‘’„‟「」『』′″«»‹›《》〈〉·•・‧。|")
_SEPARATORS = re.compile(r"[、；;，,/／\r\n]+")


def name_key(text: str) -> str:
    """Return the key under which spellings of one name meet; '' when nothing of the name is left.

    Width, case, spaces, quotation marks, bracket and dash styles do not matter; 第二期, 二期, 2期 and
    02期 are the same. The key of a key is itself.
    """
    key = str(text)
    # Dropping a sign can bring together what the next pass composes, so go on until nothing changes.
    while (again := _key_pass(key)) != key:
        key = again
    return key


def _key_pass(text: str) -> str:
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).upper()).translate(_UNIFIED)
    text = "".join(
        sign
        for sign in text
        if sign not in _DROPPED and not sign.isspace() and unicodedata.category(sign) not in ("Cc", "Cf")
    )
    return _NUMBERED.sub(_arabic, text)


def _arabic(match: re.Match) -> str:
    digits, numerals = match.groups()
    if digits:
        return digits.lstrip("0") or "0"
    value = _numeral_value(numerals)
    return match[0] if value is None else str(value)


def _numeral_value(numerals: str) -> int | None:
    """Return the number written as 二十一, 一百零二 or 二〇; None when it is not well formed."""
    if not set(numerals) & set(_UNITS):
        return int("".join(str(_NUMERALS[numeral]) for numeral in numerals))
    total, digit, smallest = 0, None, 10**4
    for numeral in numerals:
        if numeral in _UNITS:
            unit = _UNITS[numeral]
            if unit >= smallest or digit == 0:
                return None
            total, digit, smallest = total + (1 if digit is None else digit) * unit, None, unit
        elif digit:
            return None
        else:
            digit = _NUMERALS[numeral]
    return total + (digit or 0)


def split_aliases(text: str) -> list[str]:
    """Split a list of names on 、 ； ， / and new lines; of spellings with one key the first is kept."""
    kept: dict[str, str] = {}
    for part in _SEPARATORS.split(str(text)):
        if key := name_key(part):
            kept.setdefault(key, part.strip())
    return list(kept.values())


def names_key(name: str, aliases: str | Iterable[str] = ()) -> str:
    """Return '|key1|key2|' of a name and its aliases, each key once; '' when there is none.

    Stored in a column it answers "is this name known" by a look-up that contains '|key|'.
    """
    if isinstance(aliases, str):
        aliases = split_aliases(aliases)
    keys = dict.fromkeys(key for key in map(name_key, (name, *aliases)) if key)
    return f"|{'|'.join(keys)}|" if keys else ""
