"""Exchange: published results as signed JSON or a workbook, and word of a change to one configured address.

Signed with HMAC-SHA256 over the canonical JSON of the rows, by the key PORTAL_CREDIT_KEY shared with the recipient;
without one nothing is exported signed. Nothing leaves the portal by itself unless PORTAL_CREDIT_WEBHOOK is set.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import urllib.request
from collections.abc import Iterable
from datetime import date
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from projects.assessments.workbooks import Book

from ..models import CreditEvaluation
from . import publishing
from .evaluating import text

FORMAT = "portal-credit-results/1"
SECONDS = 20


class ExchangeError(ValueError):
    """A file or an answer that will not do; the message is for people, in Chinese."""


def rows_of(found: Iterable[CreditEvaluation], day: date) -> list[dict[str, Any]]:
    """Published results as others read them on a day; the credit code of the enterprise is the key."""
    found = list(found)
    now_d = publishing.dynamic({one.subject_id for one in found}, day)
    return [row_of(one, now_d.get(one.subject_id)) for one in found]


def row_of(one: CreditEvaluation, now_d: date | None) -> dict[str, Any]:
    """One of them; `now_d` is until when the subject is D for now, whatever the year's grade."""
    return {
        "uscc": one.subject.organization.uscc,
        "name": publishing.name_of(one.subject),
        "kind": one.subject.kind,
        "rule_set": one.family,
        "rule_version": one.rules.version if one.rules else "",
        "year": one.year,
        "grade": one.grade,
        "score": None if one.score is None else text(one.score),
        "published_on": one.published_on.isoformat() if one.published_on else None,
        "valid_until": one.valid_until.isoformat() if one.valid_until else None,
        "dynamic_d_until": now_d.isoformat() if now_d else None,
        "former": one.former,
    }


def canonical(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def key() -> bytes:
    if not settings.PORTAL_CREDIT_KEY:
        raise ExchangeError("尚未设置交换密钥（PORTAL_CREDIT_KEY），不能签名。")
    return settings.PORTAL_CREDIT_KEY.encode()


def sign(content: Any) -> str:
    return hmac.new(key(), canonical(content), hashlib.sha256).hexdigest()


def exported(day: date | None = None) -> dict[str, Any]:
    """The published results of a day, signed. Raises ExchangeError without a key."""
    day = day or timezone.localdate()
    rows = rows_of(publishing.results(day).select_related("rules", "subject__organization"), day)
    content = {"format": FORMAT, "as_of": day.isoformat(), "results": rows}
    return content | {"signature": {"method": "HMAC-SHA256", "value": sign(content)}}


def verify(signed: Any) -> dict[str, Any]:
    """The content of a signed file. Raises ExchangeError when the format or the signature is wrong."""
    if not isinstance(signed, dict) or signed.get("format") != FORMAT:
        raise ExchangeError("不是信用评价结果交换文件。")
    given = signed.get("signature")
    value = given.get("value") if isinstance(given, dict) else None
    content = {name: part for name, part in signed.items() if name != "signature"}
    if not isinstance(value, str) or not hmac.compare_digest(value.encode(), sign(content).encode()):
        raise ExchangeError("签名不符，文件可能被改动。")
    return content


HEADS = (
    ("uscc", "统一社会信用代码", 24),
    ("name", "信用主体", 34),
    ("rule_set", "规则", 14),
    ("rule_version", "规则版本", 14),
    ("year", "评价年度", 10),
    ("grade", "等级", 8),
    ("score", "得分", 12),
    ("published_on", "公布日期", 14),
    ("valid_until", "有效期至", 14),
    ("dynamic_d_until", "动态评价为D级至", 18),
)


def workbook(day: date | None = None) -> BytesIO:
    """The same results as a workbook; its last line is the signature over the JSON of the same day."""
    signed = exported(day)
    book = Book()
    line = f"数据截至：{signed['as_of']}　　共 {len(signed['results'])} 条"
    page = book.sheet("评价结果", "信用评价结果", line, [width for _, _, width in HEADS])
    book.heads(page, [(label, []) for _, label, _ in HEADS])
    for row in signed["results"]:
        book.write(page, tuple("" if row[name] is None else str(row[name]) for name, _, _ in HEADS))
    book.across(page, f"签名（HMAC-SHA256，对同日 JSON 文件内容）：{signed['signature']['value']}")
    return book.close()


# ---------------------------------------------------------------------------------------------------- word of it


def announce_all(subject: int) -> None:
    """Queue word of each result in force of a subject that became, or no longer is, D for now."""
    for one in CreditEvaluation.valid_on(timezone.localdate()).filter(subject=subject):
        announce(one)


def announce(one: CreditEvaluation) -> None:
    """Queue word of a published change, if an address is configured; inside the transaction that writes it."""
    if not settings.PORTAL_CREDIT_WEBHOOK:
        return
    from supervision.jobs.services import enqueue

    enqueue("credit_webhook", {"evaluation": one.pk, "version": one.version})


def tell(evaluation: int) -> int:
    """Send one result to the configured address; returns the status of the answer. Raises ExchangeError when it is
    no http(s) address or the answer is no success, OSError when nobody answers."""
    address = settings.PORTAL_CREDIT_WEBHOOK
    if urlsplit(address).scheme not in ("http", "https"):
        raise ExchangeError("推送地址应为 http 或 https 地址。")
    one = CreditEvaluation.objects.select_related("subject__organization", "rules").get(pk=evaluation)
    day = timezone.localdate()
    content = {"format": FORMAT, "as_of": day.isoformat(), "results": rows_of([one], day)}
    body = canonical(content | {"signature": {"method": "HMAC-SHA256", "value": sign(content)}})
    request = urllib.request.Request(  # noqa: S310 - the scheme was looked at above
        address, data=body, headers={"Content-Type": "application/json; charset=utf-8"}, method="POST"
    )
    opener = urllib.request.build_opener(NoRedirect)
    with opener.open(request, timeout=SECONDS) as answer:
        if not 200 <= answer.status < 300:
            raise ExchangeError(f"对方返回 {answer.status}。")
        return answer.status


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """What is sent goes to the configured address and nowhere else."""

    def redirect_request(self, *args, **kwargs):
        return None
