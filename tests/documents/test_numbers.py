"""Numbers and dates read as people of each language write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.documents.cells import moment_cell, number_cell, percent_cell, span_cell
from activities.documents.elements import Number
from activities.documents.numbers import number, period, rounded_down
from activities.documents.translation import Translation, span
from models.dossier.parties import Language

EN, SV = Language.ENGLISH, Language.SWEDISH


@pytest.mark.parametrize(
    ("value", "decimals", "unit", "english", "swedish"),
    [
        (8928, 0, "", "8,928", "8\u00a0928"),
        (1234567.891, 2, "ms", "1,234,567.89\u00a0ms", "1\u00a0234\u00a0567,89\u00a0ms"),
        (Decimal("99.83"), 2, "%", "99.83%", "99,83\u00a0%"),
        (-0.25, 1, "", "\u22120.3", "\u22120,3"),
        (-0.04, 1, "", "0.0", "0,0"),
        (2.675, 2, "", "2.68", "2,68"),
        (0, 0, "h", "0\u00a0h", "0\u00a0h"),
    ],
)
def test_a_number_reads_as_each_language_writes_it(
    value: float | Decimal, decimals: int, unit: str, english: str, swedish: str
) -> None:
    assert number(value, EN, decimals, unit) == english
    assert number(value, SV, decimals, unit) == swedish


@given(st.integers(0, 10**9), st.integers(1, 10**9), st.integers(0, 6))
def test_a_share_is_never_rounded_up(part: int, whole: int, decimals: int) -> None:
    part = min(part, whole)
    shown = rounded_down(part, whole, decimals)
    step = Decimal(1).scaleb(-decimals)
    assert shown * whole <= part * 100 < (shown + step) * whole
    assert -shown.as_tuple().exponent == decimals
    assert (shown == 100) == (part == whole)


@pytest.mark.parametrize(
    ("first", "last", "english", "swedish"),
    [
        ((2026, 6, 1), (2026, 6, 30), "June 2026", "juni 2026"),
        ((2024, 2, 1), (2024, 2, 29), "February 2024", "februari 2024"),
        ((2026, 4, 1), (2026, 6, 30), "quarter 2 of 2026", "kvartal 2 2026"),
        ((2026, 10, 1), (2026, 12, 31), "quarter 4 of 2026", "kvartal 4 2026"),
        ((2026, 5, 1), (2026, 7, 31), "1 May – 31 July 2026", "1 maj – 31 juli 2026"),
        ((2026, 1, 1), (2026, 12, 31), "2026", "2026"),
        ((2026, 6, 1), (2026, 6, 7), "1–7 June 2026", "1–7 juni 2026"),
        ((2026, 6, 3), (2026, 6, 3), "3 June 2026", "3 juni 2026"),
        ((2026, 12, 29), (2027, 1, 4), "29 December 2026 – 4 January 2027", "29 december 2026 – 4 januari 2027"),
    ],
)
def test_a_period_has_the_name_that_people_use(
    first: tuple[int, int, int], last: tuple[int, int, int], english: str, swedish: str
) -> None:
    assert period(date(*first), date(*last), EN).replace("\u00a0", " ") == english
    assert period(date(*first), date(*last), SV).replace("\u00a0", " ") == swedish


def test_a_cell_carries_the_value_that_its_text_shows() -> None:
    say = Translation(SV, "Europe/Stockholm")
    moment = datetime(2026, 6, 3, 12, tzinfo=UTC)
    assert number_cell(say, 1.5, 1, "ms").text == "1,5\u00a0ms"
    assert number_cell(say, 1.5, 1, "ms").value == Number(Decimal("1.5"), 1, "ms")
    assert percent_cell(say, 99_999, 100_000).text == "99,99\u00a0%"
    assert percent_cell(say, 1, 0).text == number_cell(say, None).text == span_cell(say, None).text == "–"
    assert moment_cell(say, moment).text == "2026-06-03 14:00:00 CEST"
    assert moment_cell(say, moment).value == moment


def test_tenths_of_a_second_have_the_decimal_sign_of_the_language() -> None:
    assert (span(4.25, EN), span(4.25, SV), span(3661, SV)) == ("4.2 s", "4,2 s", "1 h 1 min 1 s")
