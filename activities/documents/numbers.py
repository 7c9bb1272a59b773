"""Numbers and dates in English and Swedish: decimal signs, thousands, percentages, days and periods.

Swedish follows Språkrådet's *Svenska skrivregler*: a decimal comma, and a no-break space between thousands and before `%`.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from models.dossier.parties import Language

NO_BREAK: Final = "\u00a0"
_MINUS: Final = "\u2212"

MONTHS: Final = {
    Language.ENGLISH: (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    Language.SWEDISH: (
        *("januari", "februari", "mars", "april", "maj", "juni"),
        *("juli", "augusti", "september", "oktober", "november", "december"),
    ),
}
WEEKDAYS: Final = {
    Language.ENGLISH: ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    Language.SWEDISH: ("mån", "tis", "ons", "tors", "fre", "lör", "sön"),
}


def number(value: float | Decimal, language: Language, decimals: int = 0, unit: str = "") -> str:
    """Return a number for readers, rounded half away from zero: `8,928.5 ms`, `8 928,5 ms`.

    The spaces do not break. `%` follows an English number at once.
    """
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    digits = f"{abs(rounded):,.{decimals}f}"
    if language is Language.SWEDISH:
        digits = digits.replace(",", NO_BREAK).replace(".", ",")
    sign = _MINUS if rounded < 0 else ""
    gap = "" if not unit or (unit == "%" and language is Language.ENGLISH) else NO_BREAK
    return f"{sign}{digits}{gap}{unit}"


def rounded_down(part: int, whole: int, decimals: int = 2) -> Decimal:
    """Return the share of `part` in `whole` as a percentage, rounded down, so that 99.9999 % never reads as 100 %.

    Both are not negative, and `whole` is not 0. The result has exactly `decimals` decimals.
    """
    return Decimal(part * 100 * 10**decimals // whole).scaleb(-decimals)


def day(value: date, language: Language) -> str:
    """Return `3 June 2026`, `3 juni 2026`."""
    return f"{value.day}{NO_BREAK}{MONTHS[language][value.month - 1]}{NO_BREAK}{value.year}"


def month(value: date, language: Language) -> str:
    """Return `June 2026`, `juni 2026`."""
    return f"{MONTHS[language][value.month - 1]}{NO_BREAK}{value.year}"


def period(first: date, last: date, language: Language) -> str:
    """Return the days from `first` to `last`, both included, as people name them.

    A whole month, quarter or year has its name: `June 2026`, `quarter 2 of 2026`, `2026`. Other days are
    `1–7 June 2026`, `28 June – 4 July 2026`, or two whole dates.
    """
    begins, ends = first.day == 1, (last + timedelta(days=1)).day == 1
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if begins and ends and months == 1:
        return month(first, language)
    if begins and ends and months == 3 and first.month % 3 == 1:
        quarter = first.month // 3 + 1
        return (
            f"kvartal {quarter} {first.year}" if language is Language.SWEDISH else f"quarter {quarter} of {first.year}"
        )
    if begins and ends and months == 12 and first.month == 1:
        return str(first.year)
    if first == last:
        return day(first, language)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{day(last, language)}"
    if first.year == last.year:
        return f"{first.day}{NO_BREAK}{MONTHS[language][first.month - 1]} – {day(last, language)}"
    return f"{day(first, language)} – {day(last, language)}"
