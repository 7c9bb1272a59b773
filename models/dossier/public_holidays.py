"""The named days of a country for each year, from the `holidays` package, which is imported on first use."""

from __future__ import annotations

import re
import threading
from datetime import date
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from models.errors import ClockError

if TYPE_CHECKING:
    from holidays.holiday_base import HolidayBase

PUBLIC = "public"

_REMARK = re.compile(r"\s*\([^()]*\)$")  # `Walpurgis Night (from 2pm)`, `Eid (estimated)`: a remark, not the name
_LOADING = threading.Lock()


@cache
def countries() -> dict[str, tuple[str, str]]:
    """Return the module and class in the `holidays` package for each two-letter country code."""
    from holidays.registry import COUNTRIES

    return {codes[1]: (module, codes[0]) for module, codes in COUNTRIES.items()}


@cache
def _country(code: str) -> type[HolidayBase]:
    if code not in countries():
        raise ClockError(f"the holidays of the country {code!r} are not known; correct `holidays` in the dossier")
    module, name = countries()[code]
    with _LOADING:
        found: type[HolidayBase] = getattr(import_module(f"holidays.countries.{module}"), name)
    return found


def kinds(country: str) -> list[str]:
    """Return the kinds of holiday of a country: `public`, `de_facto`, `optional`, `bank`, ..."""
    return sorted(_country(country).supported_categories)


def subdivisions(country: str) -> list[str]:
    """Return the parts of a country that have holidays of their own."""
    return sorted(_country(country).subdivisions)


@cache
def holidays(country: str, subdivision: str | None, kind: str, year: int) -> dict[date, frozenset[str]]:
    """Return the days of one kind in a year, each with its names in English, if known, and in the country's own
    language.
    """
    found: dict[date, set[str]] = {}
    known = _country(country)
    for language in _languages(known):
        written = _written(known, subdivision, kind, year, language)
        for day in written:
            found.setdefault(day, set()).update(plain_name(name) for name in written.get_list(day))
    return {day: frozenset(names) for day, names in found.items()}


@cache
def title(country: str, subdivision: str | None, kind: str, year: int, day: date) -> str:
    """Return the name of a holiday, in English if the package has it."""
    known = _country(country)
    [language, *_] = _languages(known)
    written = _written(known, subdivision, kind, year, language)
    return ", ".join(plain_name(name) for name in written.get_list(day))


def names(country: str, subdivision: str | None, year: int) -> dict[str, set[date]]:
    """Return every name of a day of that year, of any kind, folded for comparison, with its dates."""
    found: dict[str, set[date]] = {}
    for kind in kinds(country):
        for day, called in holidays(country, subdivision, kind, year).items():
            for name in called:
                found.setdefault(name.casefold(), set()).add(day)
    return found


@cache
def known_names(country: str, subdivision: str | None, first: int, last: int) -> frozenset[str]:
    """Return every name of a day in these years, folded for comparison."""
    return frozenset(name for year in range(first, last + 1) for name in names(country, subdivision, year))


def plain_name(name: str) -> str:
    """Return a name without the remark that may follow it, such as `(observed)`."""
    return _REMARK.sub("", name)


def _written(
    known: type[HolidayBase], subdivision: str | None, kind: str, year: int, language: str | None
) -> HolidayBase:
    try:
        return known(years=year, subdiv=subdivision, categories=(kind,), language=language, expand=False)
    except (ValueError, NotImplementedError) as unknown:  # a kind; a subdivision
        raise ClockError(f"{unknown}; correct `holidays` in the dossier") from None


def _languages(known: type[HolidayBase]) -> list[str | None]:
    english = [name for name in ("en_US", "en_GB") if name in known.supported_languages][:1]
    return list(dict.fromkeys([*english, known.default_language]))
