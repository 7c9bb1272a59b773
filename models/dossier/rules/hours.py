"""Mistakes in service hours: overlaps, unknown holidays, days named twice, hours that never open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from difflib import get_close_matches

from models.base import parse_duration
from models.dossier.agreement import Holidays, HoursSpan, ServiceHours, Target, TargetKind, minutes_of
from models.dossier.dossier import Dossier
from models.dossier.faults import Place, shown, where
from models.dossier.rules.registry import RuleFinding, error
from models.dossier.service_time import in_calendar_units, in_hours, working_days

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEK = 7 * 1440
_YEARS_AHEAD = 6
"""A name counts as known if a day of one of these years has it; some days depend on the weekday and do not occur every
year."""


@error("overlapping-hours")
def spans_do_not_overlap(dossier: Dossier) -> Iterator[RuleFinding]:
    """Spans of service hours do not overlap, neither on one day nor over midnight into the next weekday."""
    for place, hours in _service_hours(dossier):
        yield from _weekly_overlaps((*place, "weekly"), hours)
        for number, exception in enumerate(hours.exceptions):
            yield from _overlaps((*place, "exceptions", number, "hours"), exception.hours)
        terms = hours.holiday_terms()
        for number, half in enumerate(terms.half_days if terms else []):
            yield from _overlaps((*place, "holidays", "half_days", number, "hours"), half.hours)


@error("never-open")
def hours_open(dossier: Dossier) -> Iterator[RuleFinding]:
    """Service hours have a weekday with hours; otherwise a clock in them never reaches its deadline."""
    for place, hours in _service_hours(dossier):
        if not any(getattr(hours.weekly, day) for day in WEEKDAYS):
            what = f"the service hours {place[-1]} have no hours on any weekday, so a clock in them never reaches its deadline"
            yield RuleFinding((*place, "weekly"), what, "add for example `monday: [08:00-17:00]`, or remove them")


@error("exception-twice")
def exceptions_are_listed_once(dossier: Dossier) -> Iterator[RuleFinding]:
    """Exceptions name each date once."""
    for place, hours in _service_hours(dossier):
        first: dict[object, int] = {}
        for number, exception in enumerate(hours.exceptions):
            if exception.day in first:
                entries = f"entries {first[exception.day] + 1} and {number + 1}"
                what = f"{exception.day} appears twice among the exceptions of {place[-1]}: {entries}"
                yield RuleFinding((*place, "exceptions", number), what, "keep one of them, with all its hours")
            first.setdefault(exception.day, number)


@error("days-of-service")
def service_times_are_clear(dossier: Dossier) -> Iterator[RuleFinding]:
    """A target is written in hours or as `2 working days`; in calendar days only if its hours are round the clock."""
    for place, target in _targets(dossier):
        hours = dossier.agreement.service_hours.get(target.hours)
        if hours is None:
            continue  # another rule says so
        days = working_days(target.within)
        if days is not None and isinstance(hours, str):
            what = f"{target.within} cannot be counted in the service hours {target.hours}, which are round the clock"
            yield RuleFinding((*place, "within"), what, f"write it in hours: {24 * days}h")
        elif in_calendar_units(target.within) and isinstance(hours, ServiceHours) and not hours.round_the_clock:
            yield _calendar_days((*place, "within"), target, hours)


def _calendar_days(place: Place, target: Target, hours: ServiceHours) -> RuleFinding:
    span, lengths = parse_duration(target.within), list(hours.lengths.values())
    what = f"{target.within} in the service hours {target.hours} means {in_hours(span)} of service"
    if lengths:
        what += f", which is {span / (sum(lengths, timedelta(0)) / len(lengths)):.1f} of their working days"
    days = -(-span // timedelta(days=1))
    word = f"{days} working day{'s' if days > 1 else ''}"
    return RuleFinding(place, what, f"write `{word}`, or {in_hours(span)} if that is meant")


def _targets(dossier: Dossier) -> Iterator[tuple[Place, Target]]:
    for priority, level in dossier.agreement.service_levels.items():
        for kind in TargetKind:
            if target := level.target(kind):
                yield ("agreement", "service_levels", priority.value, kind.value), target
    for name, party in dossier.parties.items():
        if party.answers_within:
            yield ("parties", name, "answers_within"), party.answers_within


@error("unknown-holiday")
def holidays_are_known(dossier: Dossier) -> Iterator[RuleFinding]:
    """Countries, their parts, and the kinds and names of holidays are known."""
    for place, hours in _service_hours(dossier):
        terms = hours.holiday_terms()
        if terms is None:
            continue
        at = (*place, "holidays")
        from models.dossier import public_holidays  # loaded only when a dossier has holidays

        known = public_holidays.countries()
        if terms.country not in known:
            yield _unknown(
                at if isinstance(hours.holidays, str) else (*at, "country"),
                f"the holidays of the country {shown(terms.country)} are not known",
                terms.country.upper(),
                known,
                "write its two capital letters: SE",
            )
            continue
        parts = public_holidays.subdivisions(terms.country) if terms.subdivision is not None else []
        if terms.subdivision is not None and terms.subdivision not in parts:
            what = f"{terms.country} has no part {shown(terms.subdivision)} with holidays of its own"
            yield _unknown((*at, "subdivision"), what, terms.subdivision.upper(), parts, _one_of(parts))
            continue
        yield from _names(at, terms, dossier.agreement.signed.year)


def _names(at: Place, terms: Holidays, year: int) -> Iterator[RuleFinding]:
    from models.dossier import public_holidays

    kinds = public_holidays.kinds(terms.country) if terms.also else []
    for number, kind in enumerate(terms.also):
        if kind not in kinds:
            what = f"{terms.country} has no kind of holiday {shown(kind)}"
            yield _unknown((*at, "also", number), what, kind.lower(), kinds, _one_of(kinds))
    if not terms.not_closed and not terms.half_days:
        return
    known = public_holidays.known_names(terms.country, terms.subdivision, year, year + _YEARS_AHEAD)
    seen: set[str] = set()
    days = [((*at, "not_closed", n), name) for n, name in enumerate(terms.not_closed)]
    days += [
        ((*at, "half_days", n, "days", m), name)
        for n, half in enumerate(terms.half_days)
        for m, name in enumerate(half.days)
    ]
    for place, name in days:
        folded = name.casefold()
        if folded in seen:
            yield RuleFinding(place, f"{shown(name)} appears twice in {where(at)}", "keep one of them")
        seen.add(folded)
        before = folded.removeprefix("day before ") if "half_days" in place else folded
        if folded not in known and before not in known:
            what = f"{terms.country} has no day called {shown(name)}"
            fix = "use the day's name in English or the country's language, or `day before NAME`, or a dated exception"
            yield _unknown(place, what, before, known, fix)


def _service_hours(dossier: Dossier) -> Iterator[tuple[Place, ServiceHours]]:
    for name, hours in dossier.agreement.service_hours.items():
        if isinstance(hours, ServiceHours):
            yield ("agreement", "service_hours", name), hours


def _overlaps(place: Place, spans: list[HoursSpan]) -> Iterator[RuleFinding]:
    taken: list[tuple[int, int, str]] = []
    for number, span in enumerate(spans):
        since, until = minutes_of(span)
        for begins, ends, other in taken:
            if since < ends and begins < until:
                yield RuleFinding(
                    (*place, number), f"{span} overlaps {other} in {where(place)}", "join the two into one span"
                )
                break
        taken.append((since, until, span))


def _weekly_overlaps(place: Place, hours: ServiceHours) -> Iterator[RuleFinding]:
    week = [
        (day, number, span, *minutes_of(span))
        for day, name in enumerate(WEEKDAYS)
        for number, span in enumerate(getattr(hours.weekly, name))
    ]
    for name in WEEKDAYS:
        yield from _overlaps((*place, name), getattr(hours.weekly, name))
    for day, _, span, since, until in week:
        for other, number, later, begins, _ in week:
            # A span over midnight may overlap a span of the next weekday; Sunday's may overlap Monday's.
            gap = ((other - day) * 1440 + begins - since) % _WEEK
            if (other - day) % 7 == 1 and gap < until - since:
                what = f"{WEEKDAYS[other]} {later} overlaps {WEEKDAYS[day]} {span}, which runs over midnight"
                yield RuleFinding(
                    (*place, WEEKDAYS[other], number), what, f"begin it at {_clock(until)}, or end the other earlier"
                )


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}"


def _one_of(known: Iterable[str]) -> str:
    listed = list(known)
    return f"use one of: {', '.join(listed[:60])}" if listed else "remove it: the country has none"


def _unknown(place: Place, what: str, name: str, known: Iterable[str], otherwise: str) -> RuleFinding:
    close = get_close_matches(name[:60], list(known), n=1, cutoff=0.6)
    return RuleFinding(place, what, f"did you mean {shown(close[0])}? Or {otherwise}" if close else otherwise)
