"""What the `holidays` package knows about a country's days, by name and by year; loaded when the first agreement asks."""

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
    """Where the package keeps each country: module and class by two-letter code."""
    from holidays.registry import COUNTRIES

    return {codes[1]: (module, codes[0]) for module, codes in COUNTRIES.items()}


@cache
def _country(code: str) -> type[HolidayBase]:
    if code not in countries():
        raise ClockError(f"there is no country {code!r} whose holidays are known; mend `holidays` in the dossier")
    module, name = countries()[code]
    with _LOADING:
        found: type[HolidayBase] = getattr(import_module(f"holidays.countries.{module}"), name)
    return found


def kinds(country: str) -> list[str]:
    """The kinds of holiday of a country: `public`, `de_facto`, `optional`, `bank`, ..."""
    return sorted(_country(country).supported_categories)


def subdivisions(country: str) -> list[str]:
    """The parts of a country that have holidays of their own."""
    return sorted(_country(country).subdivisions)


@cache
def holidays(country: str, subdivision: str | None, kind: str, year: int) -> dict[date, frozenset[str]]:
    """The days of one kind in a year, each with its names in English, where known, and in the country's own language."""
    found: dict[date, set[str]] = {}
    known = _country(country)
    for language in _languages(known):
        written = _written(known, subdivision, kind, year, language)
        for day in written:
            found.setdefault(day, set()).update(plain_name(name) for name in written.get_list(day))
    return {day: frozenset(names) for day, names in found.items()}


@cache
def title(country: str, subdivision: str | None, kind: str, year: int, day: date) -> str:
    """What a holiday is called, in English where the package knows it."""
    known = _country(country)
    [language, *_] = _languages(known)
    written = _written(known, subdivision, kind, year, language)
    return ", ".join(plain_name(name) for name in written.get_list(day))


def names(country: str, subdivision: str | None, year: int) -> dict[str, set[date]]:
    """Every name that a day of that year bears, folded for comparison, whatever its kind."""
    found: dict[str, set[date]] = {}
    for kind in kinds(country):
        for day, called in holidays(country, subdivision, kind, year).items():
            for name in called:
                found.setdefault(name.casefold(), set()).add(day)
    return found


@cache
def known_names(country: str, subdivision: str | None, first: int, last: int) -> frozenset[str]:
    """Every name that some day bears in one of these years, folded for comparison."""
    return frozenset(name for year in range(first, last + 1) for name in names(country, subdivision, year))


def plain_name(name: str) -> str:
    """A name without the remark that may follow it."""
    return _REMARK.sub("", name)


def _written(
    known: type[HolidayBase], subdivision: str | None, kind: str, year: int, language: str | None
) -> HolidayBase:
    try:
        return known(years=year, subdiv=subdivision, categories=(kind,), language=language, expand=False)
    except (ValueError, NotImplementedError) as unknown:  # a kind; a subdivision
        raise ClockError(f"{unknown}; mend `holidays` in the dossier") from None


def _languages(known: type[HolidayBase]) -> list[str | None]:
    english = [name for name in ("en_US", "en_GB") if name in known.supported_languages][:1]
    return list(dict.fromkeys([*english, known.default_language]))
