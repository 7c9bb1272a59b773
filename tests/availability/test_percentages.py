"""Percentages are exact: they are compared unrounded, and printed rounded down."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.dossier.availability import fraction_of
from models.dossier.parties import Language
from models.percentages import MOST_DECIMALS, Share, decimals_resolved, percent_text


def test_a_share_meets_its_target_exactly_at_the_target_and_not_one_second_below() -> None:
    target = fraction_of("99.9 %")

    assert Share(part=999, whole=1000).at_least(target)
    assert Share(part=999 * 2_592, whole=1000 * 2_592).at_least(target)
    assert not Share(part=999 * 2_592 - 1, whole=1000 * 2_592).at_least(target)
    assert not Share(part=0, whole=0).at_least(target)


def test_a_minute_of_a_month_of_office_hours_resolves_two_decimals() -> None:
    assert decimals_resolved(22 * 8 * 3600, 60) == 2
    assert decimals_resolved(22 * 8 * 3600, 30) == 2
    assert decimals_resolved(22 * 8 * 3600, 6) == 3
    assert decimals_resolved(365 * 86400, 1) == MOST_DECIMALS
    assert decimals_resolved(3600, 3600) == 0


@pytest.mark.parametrize(
    ("part", "whole", "decimals", "english", "swedish"),
    [
        (848_000 - 1, 848_000, 2, "99.99\u00a0%", "99,99\u00a0%"),
        (848_000, 848_000, 2, "100.00\u00a0%", "100,00\u00a0%"),
        (1, 3, 0, "33\u00a0%", "33\u00a0%"),
        (999_999, 1_000_000, 0, "99\u00a0%", "99\u00a0%"),
        (5, 1000, 3, "0.500\u00a0%", "0,500\u00a0%"),
        (0, 0, 2, "-", "-"),
    ],
)
def test_a_percentage_is_rounded_down_and_written_as_the_language_does(
    part: int, whole: int, decimals: int, english: str, swedish: str
) -> None:
    share = Share(part=part, whole=whole)

    assert percent_text(share, decimals) == english
    assert percent_text(share, decimals, Language.SWEDISH) == swedish


@given(st.integers(1, 10**9), st.data(), st.integers(0, MOST_DECIMALS))
def test_a_printed_percentage_is_never_above_the_share_and_less_than_one_last_digit_below(
    whole: int, data: st.DataObject, decimals: int
) -> None:
    part = data.draw(st.integers(0, whole))

    printed = Fraction(percent_text(Share(part=part, whole=whole), decimals).rstrip("\u00a0%"))

    assert 0 <= Fraction(part * 100, whole) - printed < Fraction(1, 10**decimals)
