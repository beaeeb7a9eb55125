"""The days of wages: when a month is to be settled, when a deposit is due, when a complaint is."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from supervision.rules.calendar import add_workdays, months_after

ONE_DAY = timedelta(days=1)


def settle_by(month: date, content: dict) -> date:
    """The last day on which a month's wages are paid in time (月结月清)."""
    return months_after(month, 1).replace(day=content["settle_day"])


def labour_fee_by(month: date, content: dict) -> date:
    """The last day on which the labour fee of a month is paid in: the payment cycle after the month's end."""
    return months_after(month, 1 + content["labour_pay_months"]) - ONE_DAY


def deposit_by(contract: date, content: dict) -> date:
    return add_workdays(contract, content["open_workdays"])


def top_up_by(drawn: date, content: dict) -> date:
    """Until when a deposit that was drawn on is whole again."""
    return add_workdays(drawn, content["topup_workdays"])


def release_from(notice: date, content: dict) -> date:
    """The first day after a notice of so many whole days; the day it begins is not counted."""
    return notice + timedelta(days=content["release_notice_days"] + 1)


def exemption_gap(price: Decimal | None, content: dict) -> str:
    """What is to be asked about a section that has no deposit; "" when nothing is."""
    if price is None:
        return "合同价未登记，核实免存条件"
    if price < Decimal(content["exempt_below"]):
        return "核实近1年无拖欠"
    wan = f"{Decimal(content['exempt_below']) / 10_000:f}"
    return f"合同价不低于{wan}万元，核实连续{content['clean_years_exempt']}年无拖欠且制度落实"


def complaint_by(accepted: date, extended: bool, content: dict) -> date:
    """Until when a complaint about wages is settled, extended once."""
    days = content["settle_workdays"] + (content["extend_workdays"] if extended else 0)
    return add_workdays(accepted, days)


def deposit_gap(price: Decimal | None, deposit: Decimal | None, content: dict) -> str:
    """What is to be asked about a deposit, in yuan, of a contract of `price` yuan; "" when nothing is."""
    if price is None or price < Decimal(content["exempt_below"]) or deposit is None:
        return ""
    (low, high), bottom = content["deposit_rate"], content["multi_least"]
    floor, least, most = (price * Decimal(rate) / 100 for rate in (bottom, low, high))
    if deposit > most:
        return f"保证金高于合同价的{high}%"
    if deposit < floor:
        return f"保证金低于合同价的{bottom}%"
    return f"保证金低于合同价的{low}%，核实是否可下浮" if deposit < least else ""
