"""Numbers and dates as people in a bureau type and read them."""

import math
import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from django.utils import timezone

NOTHING = "—"
EARLIEST, LATEST = date(1949, 1, 1), date(2100, 12, 31)

# Only the full-width forms: NFKC would also read 5² as 52.
_HALF = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0xFFE5: "¥"}
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")

_NUMBER = re.compile(r"(?P<sign>[+-]?)(?P<whole>[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.(?P<part>[0-9]+))?")
_DATE = re.compile(
    r"(?P<y>[0-9]{4})(?:(?P<sep>[-/.])(?P<m>[0-9]{1,2})(?P=sep)(?P<d>[0-9]{1,2})"
    r"|年(?P<cm>[0-9]{1,2})月(?P<cd>[0-9]{1,2})[日号]"
    r"|(?P<pm>[0-9]{2})(?P<pd>[0-9]{2}))"
)
_MIDNIGHT = re.compile(r"[ T]0?0:00(:00(\.0+)?)?$")
# Day 60 of the 1900 epoch is a 29 February that never was; every serial from 1949 on lies after it.
_EPOCHS = {1900: date(1899, 12, 30), 1904: date(1904, 1, 1)}
_MAX_WHOLE_DIGITS = 18


def halfwidth(text: str) -> str:
    """Return `text` with full-width ASCII signs, letters, digits and spaces as ordinary ones."""
    return text.translate(_HALF)


def shown(text: object) -> str:
    """Return what somebody typed, quoted for an error message and cut to a readable length."""
    line = str(text).strip()
    return f"“{line[:40]}…”" if len(line) > 40 else f"“{line}”"


def whole_number(text: object, least: int = 0, most: int = 10**18 - 1) -> int | None:
    """The whole number that an address or a form's hidden field gives in plain digits; None for anything else.

    `str.isdigit` also says yes to "²", which `int` does not read, and to numbers longer than `int` reads.
    """
    plain = str(text or "")
    if not (plain.isascii() and plain.isdigit() and len(plain) < 20):
        return None
    number = int(plain)
    return number if least <= number <= most else None


def whole_year(text: object, otherwise: int) -> int:
    """A year from an address, `otherwise` when there is none that the portal can hold."""
    year = whole_number(text, 2000, LATEST.year)
    return otherwise if year is None else year


def whole_day(text: object) -> date | None:
    """The day that an address gives as 2026-03-04; None for anything else, and for days so far off that a calendar
    which goes on or back from them would run out."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", plain := str(text or "")):
        return None
    try:
        day = date.fromisoformat(plain)
    except ValueError:
        return None
    return day if EARLIEST <= day <= LATEST else None


def parse_decimal(text: object, places: int, label: str = "数值", units: Iterable[str] = ()) -> Decimal:
    """Read a number with at most `places` decimals; the result carries exactly that many.

    Full-width digits and well-placed thousands separators are accepted. One of `units` is taken off the
    front or the end; no other unit is. A float is read by its 15 significant digits, as spreadsheets do.
    Raises ValueError with a Chinese sentence that begins with `label`.
    """
    if isinstance(text, bool) or text is None:
        raise ValueError(f"{label}不能为空" if text is None else f"{label}不是数字")
    if isinstance(text, float):
        if not math.isfinite(text):
            raise ValueError(f"{label}不是有限的数字")
        text = format(Decimal(format(text, ".15g")), "f")
    elif isinstance(text, Decimal):
        if not text.is_finite():
            raise ValueError(f"{label}不是有限的数字")
        text = format(text, "f")
    plain = halfwidth(str(text)).translate(_DASHES).strip()
    for unit in sorted(map(halfwidth, units), key=len, reverse=True):
        if plain.endswith(unit) or plain.startswith(unit):
            plain = (plain.removesuffix(unit) if plain.endswith(unit) else plain.removeprefix(unit)).strip()
            break
    if not plain:
        raise ValueError(f"{label}不能为空")
    match = _NUMBER.fullmatch(plain)
    if not match:
        raise ValueError(f"{label}{shown(text)}{_why_no_number(plain)}")
    whole, part = match["whole"].replace(",", "").lstrip("0") or "0", (match["part"] or "").rstrip("0")
    if len(whole) > _MAX_WHOLE_DIGITS:
        raise ValueError(f"{label}数值过大，整数部分最多 {_MAX_WHOLE_DIGITS} 位")
    if len(part) > places:
        raise ValueError(f"{label}最多 {places} 位小数" if places else f"{label}应为整数")
    number = Decimal(int(whole + part.ljust(places, "0"))).scaleb(-places)
    return -number if match["sign"] == "-" and number else number


def _why_no_number(plain: str) -> str:
    if re.fullmatch(r"[+-]?(nan|inf(inity)?)", plain, re.IGNORECASE):
        return "不是有限的数字"
    if re.fullmatch(r"[+-]?[0-9.]+[eE][+-]?[0-9]+", plain):
        return "是科学计数法，请写成普通数字"
    if re.fullmatch(r"[+-]?[0-9,]+(\.[0-9]*)?", plain) and "," in plain:
        return "千分位逗号的位置不对"
    return "不是数字"


def percent(
    numerator: int | Decimal | Fraction, denominator: int | Decimal | Fraction | None
) -> Decimal | None:
    """Return numerator ÷ denominator in per cent, one decimal, half rounded away from zero.

    None when the denominator is None or zero: there is nothing to measure.
    """
    if not denominator:
        return None
    # Fractions, because a Decimal quotient is already rounded once before it could be rounded half up.
    exact = Fraction(numerator) * 1000 / Fraction(denominator)
    tenths = math.floor(abs(exact) + Fraction(1, 2))
    return Decimal(tenths if exact >= 0 else -tenths).scaleb(-1)


def money(amount: int | Decimal | None, places: int = 2) -> str:
    """Return an amount with thousands separators and `places` decimals (half up), 「—」 for None."""
    if amount is None:
        return NOTHING
    return f"{Decimal(amount).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):,f}"


def local_day(moment: date | datetime) -> date:
    """Return the calendar day of a date, or of a datetime as the portal's users see it."""
    if not isinstance(moment, datetime):
        return moment
    return timezone.localdate(moment) if timezone.is_aware(moment) else moment.date()


def date_cn(day: date | datetime | None) -> str:
    """Return a date as 2024年9月26日, 「—」 for None."""
    if day is None:
        return NOTHING
    day = local_day(day)
    return f"{day.year}年{day.month}月{day.day}日"


def parse_date(value: object, label: str = "日期", epoch: int | None = None) -> date:
    """Read a date between 1949 and 2100.

    Accepts dates, datetimes, 2024-9-26, 2024/9/26, 2024.9.26, 2024年9月26日 and 20240926 (text or number),
    with full-width signs. A spreadsheet serial is read only when `epoch` (1900 or 1904) is given.
    Raises ValueError with a Chinese sentence that begins with `label`.
    """
    if epoch is not None and epoch not in _EPOCHS:
        raise ValueError(f"{label}：日期系统只有 1900 和 1904 两种")
    if isinstance(value, date):
        return _in_range(local_day(value), label)
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return _from_number(value, label, epoch)
    text = "" if value is None else halfwidth(str(value)).translate(_DASHES).strip()
    if not text:
        raise ValueError(f"{label}不能为空")
    plain = re.sub(r"\s+", "", _MIDNIGHT.sub("", text))
    match = _DATE.fullmatch(plain)
    if not match:
        if re.fullmatch(r"[0-9]{1,7}(\.[0-9]+)?", plain):
            return _from_number(Decimal(plain), label, epoch)
        raise ValueError(f"{label}{shown(value)}不是日期，应写作 2024-09-26 或 2024年9月26日")
    year = int(match["y"])
    month, day = (int(match[a] or match[b] or match[c]) for a, b, c in (("m", "cm", "pm"), ("d", "cd", "pd")))
    if not EARLIEST.year <= year <= LATEST.year:
        raise ValueError(_range_message(label, year))
    if not 1 <= month <= 12:
        raise ValueError(f"{label}{shown(value)}的月份应为 1 至 12")
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(f"{label}{shown(value)}有误：{year}年{month}月没有{day}日") from None


def _from_number(value: int | float | Decimal, label: str, epoch: int | None) -> date:
    if not -(10**9) < value < 10**9:  # false for NaN too, and safe for integers of any size
        raise ValueError(f"{label}不是日期")
    if value == int(value) and 10**7 <= value < 10**8:
        return parse_date(str(int(value)), label)
    if epoch is None:
        raise ValueError(f"{label}{shown(value)}是数字，不是日期，应写作 2024-09-26 或 2024年9月26日")
    start = _EPOCHS[epoch]
    if not (EARLIEST - start).days <= math.floor(value) <= (LATEST - start).days:
        raise ValueError(f"{label}{shown(value)}换算后不在 {EARLIEST.year} 至 {LATEST.year} 年之间")
    return start + timedelta(days=math.floor(value))


def _in_range(day: date, label: str) -> date:
    if not EARLIEST <= day <= LATEST:
        raise ValueError(_range_message(label, day.year))
    return day


def _range_message(label: str, year: int) -> str:
    return f"{label}的年份应在 {EARLIEST.year} 至 {LATEST.year} 之间，现为 {year}"
