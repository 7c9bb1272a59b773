"""The recorded events of an application in whole seconds, ready to be read for several subjects and periods."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from activities.availability.states import PartState
from activities.availability.stretches import Stretch, Stretches, common, union, without
from activities.calendars.zones import EPOCH
from models.availability import AvailabilityEvents
from models.history import SpanState

_SECOND: Final = timedelta(seconds=1)
_EPOCH_DAY: Final = EPOCH.date()
_DAY: Final = 86_400


def seconds_of(at: datetime) -> int:
    """Return an aware moment as whole seconds since 1970; a fraction is cut off."""
    return (at - EPOCH) // _SECOND


def moment_of(seconds: int) -> datetime:
    """Return the moment in UTC."""
    return EPOCH + timedelta(seconds=seconds)


class Evidence:
    """What is known of each measuring point: computed once, and read for every subject and period."""

    def __init__(self, events: AvailabilityEvents, until: datetime) -> None:
        """`until`: the end of the time of which the events tell; nothing is known of later time."""
        self.events = events
        self._until = seconds_of(until)
        self._known: dict[str, PartState] = {}

    def point(self, name: str) -> PartState:
        """Return the state of a measuring point over all its time; never measured if the events do not have it."""
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = self._state(name)
        return found

    def blips(self, name: str, begin: int, end: int) -> int:
        """Return the blips of a point on the days (UTC) that begin in [begin, end), so that a day is in one period only."""
        return sum(count for day, count in self.events.blips.get(name, {}).items() if begin <= _midnight(day) < end)

    def _state(self, name: str) -> PartState:
        down, no_data, up = (
            union(self._spans(name, state)) for state in (SpanState.DOWN, SpanState.NO_DATA, SpanState.UP)
        )
        first = self.events.measured_since.get(name)
        begun = seconds_of(first) if first else min((s[0][0] for s in (down, no_data, up) if s), default=self._until)
        measured: Stretches = union([(begun, self._until)])
        return PartState(measured, common(down, measured), common(without(up, union(down, no_data)), measured))

    def _spans(self, name: str, state: SpanState) -> Iterator[Stretch]:
        spans = self.events.spans.get(name, ())
        return ((seconds_of(span.since), seconds_of(span.until)) for span in spans if span.state is state)


def _midnight(day: date) -> int:
    return (day - _EPOCH_DAY).days * _DAY
