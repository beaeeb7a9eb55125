from . import (  # noqa: F401
    dangers,
    draws,
    emergency,
    fees,
    hazards,
    incidents,
    inspections,
    pipelines,
    series,
    service_bodies,
    site,
    works,
)
