"""One module for each family of ledgers."""

from . import fund, money, performance, tendering

__all__ = ["fund", "money", "performance", "tendering"]
