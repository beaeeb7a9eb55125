"""The rule sets of safety fees by their codes; their shipped versions lie in `safety/data/fees.yaml`."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models

from supervision.people.models import Sector
from supervision.rules.models import RuleSet

from ..rules import rule

RATES = "safety-fee-rates"
PAYMENT = "safety-fee-payment"
SETTLEMENT = "safety-fee-settlement"
CATEGORIES = "safety-fee-categories"
TENDER = "safety-fee-tender"
NEGATIVE = "safety-fee-negative-list"
WAGES = "safety-fee-wages"
WATCH = "safety-fee-watch"


class Works(models.TextChoices):
    """The types of works between which the table of rates tells apart."""

    HIGHWAY = "highway", "公路工程（含桥梁、隧道）"
    PORT_WATERWAY = "port_waterway", "港口与航道工程"
    MUNICIPAL = "municipal", "市政公用工程"
    RAILWAY = "railway", "铁路工程"
    BUILDING = "building", "房屋建筑工程"
    URBAN_RAIL = "urban_rail", "城市轨道交通工程"
    HYDRO = "hydro", "水利水电工程"
    POWER = "power", "电力工程"
    MEP = "mep", "机电安装工程"
    TELECOM = "telecom", "通信工程"
    SMELTING = "smelting", "冶炼工程"
    PETROCHEM = "petrochem", "化工石油工程"
    MINING = "mining", "矿山工程"


class Category(models.TextChoices):
    """The ten kinds of spending; what each covers in full lies in the rule set `safety-fee-categories`."""

    F01 = "F01", "F01 安全防护设施设备"
    F02 = "F02", "F02 应急救援与演练"
    F03 = "F03", "F03 风险管控、隐患排查与信息化"
    F04 = "F04", "F04 检查、评价、咨询与标准化"
    F05 = "F05", "F05 安全防护用品"
    F06 = "F06", "F06 宣传、教育、培训与奖励"
    F07 = "F07", "F07 四新推广应用"
    F08 = "F08", "F08 检测检验与检定校准"
    F09 = "F09", "F09 安全生产责任保险"
    F10 = "F10", "F10 其他直接相关支出"


# The type of works of a project's mode, where the table of rates has one for it.
WORKS_OF_MODE = {
    Sector.HIGHWAY: Works.HIGHWAY,
    Sector.WATERWAY: Works.PORT_WATERWAY,
    Sector.RAILWAY: Works.RAILWAY,
}


class BaseKind(models.TextChoices):
    COST = "cost", "建筑安装工程造价"
    CEILING = "ceiling", "最高投标限价"


def rates_of(day: date) -> RuleSet:
    """The table of rates for a contract signed on `day`. Raises ValidationError when there was none yet."""
    try:
        return rule(RATES, day)
    except RuleSet.DoesNotExist:
        raise ValidationError(f"{day} 没有生效的安全生产费用提取标准。") from None


def rate_of(rates: RuleSet, works: str) -> Decimal:
    """The least rate of a type of works, in per cent."""
    return Decimal(rates.content["percent"][works])


def watch(day: date | None = None) -> dict:
    """The house's own limits of the checks on a day."""
    return rule(WATCH, day).content
