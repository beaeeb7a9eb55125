"""What a paper says, as data: the contract between the room that drafts it and the template that prints it.

A contents class is a dataclass whose fields are declared with `fact`, `many` or `rows`, each with the label
people know it by and an example. Values may be str, int, Decimal, date or datetime; `plain` turns them into
the very text that is printed. That text is what a Document keeps, and what its drafter may still change.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from supervision.rules.numbers import date_cn

# 本系统设定: far beyond any real paper, and short enough for a page to be set in seconds.
MAX_CHARS = 100_000
# Marks that turn the reading direction: a name must not rearrange the sentence it stands in.
TURNING = frozenset(map(chr, (0x200E, 0x200F, 0x061C, *range(0x202A, 0x202F), *range(0x2066, 0x206A))))
BREAKS = re.compile("\r\n|[\r\u2028\u2029\x0b\x0c\x85]")


def fact(label: str, example: str = "", *, required: bool = False) -> Any:
    """One text. A required one must be filled in before the paper can be issued."""
    return field(default="", metadata={"label": label, "example": example, "required": required})


def many(label: str, *examples: str, required: bool = False) -> Any:
    """A list of texts."""
    meta = {"label": label, "example": list(examples), "required": required}
    return field(default_factory=list, metadata=meta)


def rows(label: str, of: type, number: int = 2, *, required: bool = False) -> Any:
    """A list of rows, each an instance of the dataclass `of`."""
    meta = {"label": label, "of": of, "example": number, "required": required}
    return field(default_factory=list, metadata=meta)


@dataclass(kw_only=True)
class Contents:
    """What every paper has. The portal fills in number, date and signer when the paper is issued, and
    `office` and `head` when it is drafted and they are empty."""

    title: str = fact("标题")
    head: str = fact("发文机关标志", "宿迁市交通运输局文件")
    number: str = fact("发文字号", "宿交质〔2025〕12号")
    second_number: str = fact("第二文号", "宿交督函〔2025〕7号")
    office: str = fact("发文单位（署名）", "宿迁市交通运输局")
    issued_on: str = fact("成文日期", "2025年9月26日")
    signer: str = fact("签发人", "王建国")
    to: str = fact("主送单位", "宿迁市快速路建设有限公司", required=True)
    copies: str = fact("抄送单位", "宿迁市交通运输执法支队")
    contact: str = fact("联系人", "李明")
    phone: str = fact("联系电话", "0527-84360000")
    reply_url: str = fact("网上回复地址（印为二维码）", "https://portal.example/r/7Q2M9X")

    @classmethod
    def example(cls, **values: Any) -> Contents:
        """An instance with every field filled by its example; `values` come instead of those named."""
        return cls(**(_examples(cls) | values))


def _examples(kind: type) -> dict[str, Any]:
    made = {}
    for item in dataclasses.fields(kind):
        if of := item.metadata.get("of"):
            made[item.name] = [of(**_examples(of)) for _ in range(item.metadata["example"])]
        else:
            made[item.name] = item.metadata.get("example") or item.default
    return made


def plain(contents: Contents) -> dict[str, Any]:
    """The contents as printed: texts, lists of texts, lists of dictionaries of texts.

    Dates become 2024年9月26日, moments 2024年9月26日14时30分, nothing becomes an empty text; signs that no paper
    can carry (NUL and other controls, marks that turn the reading direction) are left out. Raises
    ValidationError when the whole is longer than MAX_CHARS.
    """
    made = _plain_row(contents)
    check_length(made)
    return made


def _plain_row(row: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for item in dataclasses.fields(row):
        value = getattr(row, item.name)
        if item.metadata.get("of"):
            made[item.name] = [_plain_row(one) for one in value]
        elif isinstance(value, (list, tuple)):
            made[item.name] = [text_of(one) for one in value]
        else:
            made[item.name] = text_of(value)
    return made


def check_length(made: dict[str, Any]) -> None:
    """Raise ValidationError when all texts together are longer than MAX_CHARS."""
    size = sum(map(len, texts_in(made)))
    if size > MAX_CHARS:
        raise ValidationError(f"文书内容共 {size} 字，超过 {MAX_CHARS} 字的上限。", code="too_long")


def text_of(value: Any) -> str:
    """One value as it is printed."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        return f"{date_cn(local)}{local.hour}时{local.minute:02d}分"
    if isinstance(value, date):
        return date_cn(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    return clean(str(value))


def clean(text: str) -> str:
    """A text without what XML forbids or what deceives the reader; line breaks stay, tabs become spaces."""
    text = BREAKS.sub("\n", text).replace("\t", " ")
    return "".join(char for char in text if char == "\n" or not _unprintable(char)).strip()


def _unprintable(char: str) -> bool:
    return (
        unicodedata.category(char) in ("Cc", "Cs")
        or char in TURNING
        or char == "\ufeff"
        or ord(char) & 0xFFFE == 0xFFFE
    )


def texts_in(value: Any) -> Iterator[str]:
    """Every text inside plain contents."""
    if isinstance(value, str):
        yield value
    else:
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts_in(one)


def revised(kind: type[Contents], current: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Plain contents with some fields changed by hand.

    Raises ValidationError by field for a field the paper does not have or a value of another shape.
    """
    fields = {item.name: item for item in dataclasses.fields(kind)}
    made, wrong = dict(current), {}
    for name, value in values.items():
        if name not in fields:
            wrong[name] = "该文书没有这一项。"
            continue
        try:
            made[name] = _shaped(fields[name], value)
        except (TypeError, ValueError):
            wrong[name] = f"“{fields[name].metadata['label']}”的格式不对。"
    if wrong:
        raise ValidationError(wrong)
    check_length(made)
    return made


def _shaped(item: dataclasses.Field, value: Any) -> Any:
    if of := item.metadata.get("of"):
        return [_plain_row(of(**one)) for one in _listed(value)]
    if isinstance(item.metadata.get("example"), list):
        return [text for text in map(text_of, _listed(value)) if text]
    if isinstance(value, (list, dict, tuple, set)):
        raise TypeError
    return text_of(value)


def _listed(value: Any) -> list:
    if not isinstance(value, (list, tuple)):
        raise TypeError
    return list(value)


def missing(kind: type[Contents], made: dict[str, Any]) -> list[str]:
    """What must still be filled in, as Chinese sentences."""
    return [
        f"尚未填写：{item.metadata['label']}"
        for item in dataclasses.fields(kind)
        if item.metadata.get("required") and not made.get(item.name)
    ]


def described(kind: type) -> list[tuple[str, str, list | None]]:
    """The fields of a contents class as (name, label, fields of its rows or None): for the people who write a
    template, and for the form in which a draft is changed."""
    return [
        (
            item.name,
            item.metadata.get("label", item.name),
            described(item.metadata["of"]) if item.metadata.get("of") else None,
        )
        for item in dataclasses.fields(kind)
    ]


def join(names: Iterable[str]) -> str:
    """Names in a row, as papers write them."""
    return "、".join(name for name in names if name)
