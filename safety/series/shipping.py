"""The series that come with the portal, each with the document that asks for it; what people changed stays."""

from __future__ import annotations

from supervision.flows.history import Actor
from supervision.plan.loading import Once

from ..models import FigureSeries
from ..rules import rule

SERIES = "entered-series"


def load_series(actor: Actor | None = None) -> int:
    """Enter them once; returns how many are new."""
    once = Once("load_series", actor or Actor.of(None, "command"), label="载入指标序列", reason="随系统提供")
    for row in rule(SERIES).content["series"]:
        twin = FigureSeries.objects.filter(name=row["name"]).first()
        once.create(FigureSeries(**row), ("name",), twin=twin)
    return sum(once.created.values())
