from . import (  # noqa: F401
    conduct,
    contact,
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
