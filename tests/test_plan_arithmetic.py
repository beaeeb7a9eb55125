"""What a figure amounts to, on its own."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from supervision.plan.arithmetic import judge, per_cent

sizes = st.integers(0, 10**6)
thresholds = st.integers(0, 10000).map(lambda hundredths: Decimal(hundredths) / 100)


@pytest.mark.parametrize(
    ("numerator", "denominator", "undecided", "over", "value", "state", "gap"),
    [
        (0, 0, 0, False, None, "not_applicable", None),
        (0, 0, 0, True, None, "not_applicable", None),
        (0, None, 0, False, None, "not_applicable", None),
        (3, 5, 0, True, "60.0", "met", 0),
        (6, 10, 4, False, "60.0", "met", 0),
        (2, 5, 1, False, "40.0", "reachable", 1),
        (2, 5, 1, True, "40.0", "missed", 1),
        (2, 5, 0, False, "40.0", "missed", 1),
        (0, 5, 2, False, "0.0", "missed", 3),
        (0, 5, 3, False, "0.0", "reachable", 3),
        # Shown as 60.0, yet not 60 %.
        (1499, 2500, 0, True, "60.0", "missed", 1),
        (1, 3, 1, False, "33.3", "reachable", 1),
        (1, 16, 0, True, "6.3", "missed", 9),
        (5, 5, 0, True, "100.0", "met", 0),
    ],
)
def test_a_ratio_of_sixty_per_cent(numerator, denominator, undecided, over, value, state, gap):
    judged = judge("ratio", numerator, denominator, undecided, 60, over)
    assert (judged.value, judged.state, judged.gap) == (value and Decimal(value), state, gap)


@pytest.mark.parametrize(
    ("number", "undecided", "over", "state", "gap"),
    [
        (0, 0, False, "missed", 2),
        (0, 2, False, "reachable", 2),
        (0, 2, True, "missed", 2),
        (1, 1, False, "reachable", 1),
        (2, 0, True, "met", 0),
        (5, 3, False, "met", 0),
    ],
)
def test_a_count_of_two(number, undecided, over, state, gap):
    judged = judge("count", number, None, undecided, Decimal("2.00"), over)
    assert (judged.value, judged.state, judged.gap) == (number, state, gap)


@given(sizes, sizes, sizes, thresholds, st.booleans())
def test_states_follow_the_exact_ratio(counted, undecided, rest, threshold, over):
    total = counted + undecided + rest
    assume(total)
    judged = judge("ratio", counted, total, undecided, threshold, over)
    met = Fraction(counted, total) * 100 >= Fraction(threshold)
    could = Fraction(counted + undecided, total) * 100 >= Fraction(threshold)
    assert (judged.state == "met") == met
    assert (judged.state == "reachable") == (not met and could and not over)
    assert (judged.gap == 0) == met
    # The gap is exactly what it takes: so many more meet it, one fewer do not.
    assert Fraction(counted + judged.gap, total) * 100 >= Fraction(threshold)
    if judged.gap:
        assert Fraction(counted + judged.gap - 1, total) * 100 < Fraction(threshold)


@given(sizes, sizes)
def test_per_cent_is_the_nearest_tenth_and_half_goes_up(numerator, rest):
    denominator = numerator + rest
    assume(denominator)
    error = Fraction(per_cent(numerator, denominator)) - Fraction(numerator, denominator) * 100
    assert Fraction(-1, 20) < error <= Fraction(1, 20)
    assert per_cent(numerator, denominator).as_tuple().exponent == -1
