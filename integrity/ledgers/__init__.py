from . import (  # noqa: F401
    conduct,
    control,
    fund,
    money,
    performance,
    reporting,
    service,
    survey,
    tendering,
)
