"""What may be typed into the fields of a ledger's form."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import models

from supervision.ledgers.fields import form_field


@pytest.fixture
def amount():
    column = models.DecimalField("金额", max_digits=14, decimal_places=2)
    column.set_attributes_from_name("amount")
    return form_field(column, user=None)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("1,234.5", "1234.50"),
        ("１２３．４", "123.40"),
        (" 7 ", "7.00"),
        (12, "12.00"),
        (1.1, "1.10"),
        ("-3", "-3.00"),
    ],
)
def test_amounts_as_people_write_them(amount, typed, read):
    assert amount.clean(typed) == Decimal(read)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("12,34", "千分位"),
        ("1.234", "2 位小数"),
        ("NaN", "有限"),
        ("1e5", "科学计数"),
        ("一百", "不是数字"),
        ("9" * 15, "14"),
    ],
)
def test_amounts_that_are_none(amount, typed, said):
    with pytest.raises(ValidationError, match=said):
        amount.clean(typed)


def test_an_amount_is_typed_into_a_text_box(amount):
    """A browser's number box would hand on nothing at all for full-width digits."""
    assert amount.widget.input_type == "text"
    assert amount.widget.attrs["inputmode"] == "decimal"
