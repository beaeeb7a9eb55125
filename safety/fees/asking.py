"""Questions and findings: what the checks came upon is asked once, and answered by a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from supervision.flows import records
from supervision.flows.history import Actor

from ..models.fee import FeeAccount
from ..models.fee_entry import FeeEntry
from ..models.fee_watch import FeeQuestion, Nature
from ..rules import rule
from .rules import NEGATIVE, PAYMENT, RATES, SETTLEMENT, WAGES, WATCH


@dataclass(frozen=True)
class Check:
    """A check: what it is called, whether it finds, asks or warns, by which rule, and whether what it said ends by
    itself once it no longer holds."""

    label: str
    nature: str
    rule: str
    clears: bool = False


CHECKS: dict[str, Check] = {
    "first_payment": Check("首次支付不足或逾期", Nature.FINDING, PAYMENT, clears=True),
    "subcontract": Check("分包首次支付不足或逾期", Nature.FINDING, PAYMENT, clears=True),
    "accrual": Check("提取不足", Nature.FINDING, RATES, clears=True),
    "remainder": Check("决算结余未退回", Nature.FINDING, SETTLEMENT, clears=True),
    "month_open": Check("逾期未结账", Nature.FINDING, WATCH, clears=True),
    "overspent": Check("使用超过提取", Nature.WARNING, WATCH, clears=True),
    "overpaid": Check("支付超过应提总额", Nature.WARNING, WATCH, clears=True),
    "plan": Check("使用与计划偏差", Nature.QUESTION, WATCH),
    "progress": Check("使用与进度偏差", Nature.QUESTION, WATCH),
    "forbidden": Check("疑似不得列支", Nature.QUESTION, NEGATIVE),
    "wages": Check("疑似列支薪酬、福利", Nature.QUESTION, WAGES),
    "same_photo": Check("照片重复", Nature.QUESTION, WATCH),
    "round_sum": Check("检查前整数支出", Nature.QUESTION, WATCH),
    "one_supplier": Check("收款单位集中", Nature.QUESTION, WATCH),
}
CODES = [(code, check.label) for code, check in CHECKS.items()]


@dataclass(frozen=True)
class Found:
    """One occasion on which a check has something to say. `key` tells it from the check's other occasions on the
    account; `over` says that it was so and no longer is."""

    account: int
    code: str
    key: str
    figures: str
    entry: int | None = None
    over: bool = False


def ask(found: Iterable[Found], actor: Actor, day: date) -> dict[str, int]:
    """Raise what was not raised before, and mark what no longer holds; returns {"raised": …, "cleared": …}.

    An occasion is raised once: run again, or answered meanwhile, it is not asked anew. One that ended and holds
    again loses its mark.
    """
    raised = cleared = 0
    groups: dict[str, list[Found]] = {}
    for one in found:
        groups.setdefault(one.code, []).append(one)
    for code, ones in groups.items():
        known = set(FeeQuestion.objects.filter(code=code).values_list("account_id", "key"))
        fresh = {(one.account, one.key): one for one in ones if (one.account, one.key) not in known}
        raised += _raise(code, list(fresh.values()), actor, day)
    for code, check in CHECKS.items():
        if check.clears:
            standing = {(one.account, one.key) for one in groups.get(code, []) if not one.over}
            cleared += _clear(code, standing, actor, day)
    return {"raised": raised, "cleared": cleared}


def _raise(code: str, ones: list[Found], actor: Actor, day: date) -> int:
    check, by = CHECKS[code], rule(CHECKS[code].rule, day)
    for start in range(0, len(ones), 500):
        part = ones[start : start + 500]
        accounts = (
            FeeAccount.objects.filter(pk__in={one.account for one in part})
            .select_related("section__project")
            .in_bulk()
        )
        made = [
            FeeQuestion(
                account=accounts[one.account],
                entry_id=one.entry,
                code=code,
                key=one.key[:80],
                nature=check.nature,
                title=check.label,
                figures=one.figures[:2000],
                rule_set=by,
                raised_on=day,
                is_demo=accounts[one.account].is_demo,
            )
            for one in part
        ]
        records.create_many(made, actor, label="核查提出", clean=False)
    return len(ones)


def _clear(code: str, standing: set[tuple[int, str]], actor: Actor, day: date) -> int:
    rows = FeeQuestion.objects.filter(code=code)
    over, again = [], []
    for pk, account, key, ended in rows.values_list("pk", "account_id", "key", "cleared_on").iterator(2000):
        if ((account, key) in standing) != (ended is None):
            (over if ended is None else again).append(pk)
    for pks, ended, label in ((over, day, "情况已消除"), (again, None, "情况再次出现")):
        for start in range(0, len(pks), 500):
            part = rows.filter(pk__in=pks[start : start + 500]).select_related(*FeeQuestion.text_joins)
            for row in part.order_by("pk"):
                records.update(row, {"cleared_on": ended}, actor, label=label, clean=False)
    return len(over)


def forbidden_items(content: str, day: date) -> list[tuple[str, dict]]:
    """(check, item) for every item of the lists of what must not be spent whose words occur in `content`."""
    found = []
    for code, name in (("forbidden", NEGATIVE), ("wages", WAGES)):
        for item in rule(name, day).content["items"]:
            words = [word for word in item["words"] if word in content]
            if words:
                found.append((code, item | {"words": words}))
    return found


def ask_of_entry(entry: FeeEntry, actor: Actor) -> None:
    """At entry: ask about a spending whose words are on a list of what must not be spent, naming the item."""
    if entry.kind != "use" or entry.is_reversal:
        return
    today = timezone.localdate()
    found: dict[str, list[Found]] = {}
    for code, item in forbidden_items(entry.content, today):
        under = f"{item['category']} 类" if item["category"] else "各类均"
        text = (
            f"第{entry.seq}笔（{entry.number}）{entry.amount:,.2f}元，用途“{entry.content}”含"
            f"“{'、'.join(item['words'])}”；{under}不得列支：{item['name']}。"
        )
        one = Found(entry.account_id, code, f"{entry.pk}-{item['key']}", text, entry.pk)
        found.setdefault(code, []).append(one)
    for code, ones in found.items():
        known = set(
            FeeQuestion.objects.filter(account_id=entry.account_id, code=code, entry=entry).values_list(
                "key", flat=True
            )
        )
        # The portal asks, not the person who filed.
        _raise(
            code, [one for one in ones if one.key not in known], Actor(None, actor.source, actor.batch), today
        )
