"""One module for each family of ledgers."""

from . import credit, credit_lists  # noqa: F401
