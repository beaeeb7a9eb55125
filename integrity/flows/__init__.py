from . import (  # noqa: F401
    conduct,
    control,
    fund,
    money,
    objection,
    performance,
    reporting,
    service,
    survey,
    tendering,
)
