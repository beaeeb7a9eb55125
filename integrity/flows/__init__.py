"""One module for each family of ledgers."""

from . import fund, money, objection, performance, tendering

__all__ = ["fund", "money", "objection", "performance", "tendering"]
