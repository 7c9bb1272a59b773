"""The upcoming runs of recurring work, with their conflicts: pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from operator import attrgetter
from zoneinfo import ZoneInfo

from activities.calendars.freezes import freezes_of
from activities.calendars.occurrences import Occurrences
from activities.calendars.windows import span_at
from activities.calendars.zones import first_reached, to_moment, wall_micros, zone
from models.dossier import Dossier
from models.dossier.agreement import Freezable
from models.freezes import freeze_at
from models.schedules import AgendaEntry, ScheduledRoutine, scheduled_routines

_AT_LEAST = timedelta(minutes=1)


def agenda(dossiers: Iterable[Dossier], first: date, until: date) -> list[AgendaEntry]:
    """Return every occurrence from the first day on and before the day `until`, in order, with its conflicts.

    A day begins at midnight on the wall clock of each routine.
    """
    found = [entry for dossier in dossiers for entry in _of(dossier, first, until)]
    return sorted(found, key=attrgetter("begins", "id"))


def _of(dossier: Dossier, first: date, until: date) -> list[AgendaEntry]:
    freezes = freezes_of(dossier.agreement)
    entries: list[AgendaEntry] = []
    for routine in scheduled_routines(dossier):
        local = zone(routine.time_zone)
        scope = dossier.architecture.dependencies.covering(routine.components)
        occurrences = Occurrences(routine.frequency, routine.time_zone, routine.working_days)
        for at in occurrences.between(_midnight(local, first), _midnight(local, until)):
            span = span_at(routine.window, at) if routine.window else None
            ends = at + max(routine.takes_at_most, _AT_LEAST)
            conflicts = []
            if routine.window and span is None:
                conflicts.append(f"outside its window {routine.window.hours}")
            if freeze := freeze_at(freezes, at, _work(routine), scope):
                conflicts.append(f"frozen until {freeze.until.astimezone(local):%Y-%m-%d %H:%M}: {freeze.reason}")
            entries.append(
                AgendaEntry(
                    id=routine.id,
                    application=routine.application,
                    kind=routine.kind,
                    name=routine.name,
                    title=routine.title,
                    begins=at.astimezone(local),
                    ends_by=(min(ends, span[1]) if span else ends).astimezone(local),
                    components=scope,
                    conflicts=conflicts,
                )
            )
    return _with_overlaps(sorted(entries, key=attrgetter("begins", "id")))


def _midnight(local: ZoneInfo, day: date) -> datetime:
    return to_moment(first_reached(local, wall_micros(day, 0)))


def _work(routine: ScheduledRoutine) -> Freezable:
    return Freezable(routine.kind)


def _with_overlaps(entries: list[AgendaEntry]) -> list[AgendaEntry]:
    """Add the runs at the same time on the same components as conflicts; `entries` are in order of their beginning."""
    met: dict[int, list[str]] = {}
    for first, second in _pairs(entries):
        one, other = entries[first], entries[second]
        met.setdefault(first, []).append(f"may overlap {other.name} at {other.begins:%Y-%m-%d %H:%M}")
        met.setdefault(second, []).append(f"may overlap {one.name} of {one.begins:%Y-%m-%d %H:%M}")
    return [
        entry.model_copy(update={"conflicts": [*entry.conflicts, *met.get(place, [])]})
        for place, entry in enumerate(entries)
    ]


def _pairs(entries: list[AgendaEntry]) -> Iterator[tuple[int, int]]:
    going: list[int] = []
    for place, entry in enumerate(entries):
        going = [n for n in going if entries[n].ends_by > entry.begins]
        yield from ((n, place) for n in going if entries[n].components.overlaps(entry.components))
        going.append(place)
