from . import (  # noqa: F401
    danger,
    draw,
    emergency,
    fee,
    hazard,
    incident,
    inspection,
    ladder,
    pipeline,
    report,
    site,
    works,
)
