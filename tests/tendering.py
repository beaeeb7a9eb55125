"""What the tests of tendering and of the owners' marks share: records on their way."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import count

from integrity.models import CommitteeMember, PerformanceMark, Tender, TenderBid, TenderExpert
from supervision.flows import records

from . import factories
from .factories import COMMAND

_numbers = count(1)
MARKS = {
    "质量管理": 22,
    "安全管理": 23,
    "进度管理": 13,
    "人员到岗": 12,
    "工资支付与分包": 9,
    "环保与文明施工": 8,
}


def made(model, **facts):
    return records.create(model(**facts), COMMAND)


def tender(section=None, **facts) -> Tender:
    facts.setdefault("title", f"施工招标{next(_numbers)}")
    return made(Tender, section=section or factories.section(), **facts)


def expert(**facts) -> TenderExpert:
    number = next(_numbers)
    facts = {
        "register_no": f"ZJ{number:05d}",
        "name": f"专家{number}",
        "unit": f"设计院{number}",
        "speciality": "桥梁工程",
        "title": "高级工程师",
        "years": 12,
    } | facts
    return made(TenderExpert, **facts)


def seat(of: Tender, **facts) -> CommitteeMember:
    if facts.get("capacity") == "owner":
        facts.setdefault("name", f"代表{next(_numbers)}")
    else:
        facts.setdefault("expert", expert())
    return made(CommitteeMember, tender=of, **facts)


def committee(of: Tender, experts: int = 4, owners: int = 1) -> list[CommitteeMember]:
    return [seat(of) for _ in range(experts)] + [seat(of, capacity="owner") for _ in range(owners)]


def bid(of: Tender, bidder: str = "", price: str | None = None, **facts) -> TenderBid:
    facts.setdefault("price", Decimal(price) if price else None)
    return made(TenderBid, tender=of, bidder=bidder or f"投标人{next(_numbers)}", **facts)


def mark(section, **facts) -> PerformanceMark:
    facts = {
        "subject": "contractor",
        "kind": "quarter",
        "starts_on": date(2026, 4, 1),
        "marks": MARKS,
    } | facts
    return made(PerformanceMark, section=section, **facts)


MAKERS = {
    TenderBid: lambda: bid(tender(), price="1200000.5", managers=["某甲", "某乙"], rank=1),
    TenderExpert: lambda: expert(region="宿城区"),
}
