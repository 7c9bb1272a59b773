from __future__ import annotations

import math
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.probes.numbers import as_number, first_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("42", 42),
        ("  -3.5e2 jobs", -350),
        ("93%", 93),
        ("load=0.50", 0.5),
        ("/dev/sda1 93%", 93),
        ("web-5: .5", 0.5),
        ("queue length: 7\n8", 7),
        ("12ms", 12),
        ("(+1)", 1),
        ("7.", 7),
        ("", None),
        ("sda1", None),
        ("nan inf", None),
        ("١٢", None),
    ],
)
def test_the_first_number_is_the_value(text: str, number: float | None) -> None:
    assert first_number(text) == number


@pytest.mark.parametrize("text", ["3,5", "1,234", "1e999"])
def test_a_number_that_may_mean_two_things_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="number"):
        first_number(text)


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["", "value: ", "a=", "\t", "("]))
def test_every_float_is_read_as_it_was_written(number: float, before: str) -> None:
    assert first_number(f"{before}{number!r} and 5 more") == number


@given(st.text())
def test_any_text_gives_a_finite_number_or_none_or_a_clear_refusal(text: str) -> None:
    try:
        number = first_number(text)
    except ValueError:
        return
    assert number is None or math.isfinite(number)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (True, 1),
        (Decimal("1.5"), 1.5),
        (timedelta(minutes=2), 120),
        (" 7 ", 7),
        ("seven", None),
        (b"7", None),
        (float("nan"), None),
        (Decimal("Infinity"), None),
        (10**400, None),
        (None, None),
        ([1], None),
    ],
)
def test_a_database_value_is_a_number_or_none(value: object, number: float | None) -> None:
    assert as_number(value) == number
