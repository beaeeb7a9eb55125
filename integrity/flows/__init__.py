from . import (  # noqa: F401
    conduct,
    control,
    credit,
    fund,
    money,
    objection,
    performance,
    reporting,
    service,
    survey,
    tendering,
)
