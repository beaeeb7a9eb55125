from . import (  # noqa: F401
    conduct,
    control,
    credit,
    credit_lists,
    fund,
    money,
    performance,
    reporting,
    service,
    survey,
    tendering,
)
