from . import (  # noqa: F401
    conduct,
    contact,
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
