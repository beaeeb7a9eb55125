"""One module for each family of ledgers."""

from . import conduct, control, reporting, service, survey

__all__ = ["conduct", "control", "reporting", "service", "survey"]
