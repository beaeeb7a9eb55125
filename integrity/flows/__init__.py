"""One module for each family of ledgers."""

from . import credit  # noqa: F401
