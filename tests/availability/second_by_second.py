"""The slow and obvious reference: it asks of every single second which class it has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from models.availability import AvailabilityEvents
from models.dossier.agreement import AlwaysOpen, ServiceHours
from models.dossier.subjects import MeasuredSubject
from tests.clocks.reference import open_minutes

SECOND = timedelta(seconds=1)
UNMEASURED, DOWN, NO_DATA, UP = "unmeasured", "down", "no_data", "up"


class Reference:
    """Everything about a window of time, second by second from its beginning on."""

    def __init__(
        self,
        subject: MeasuredSubject,
        hours: ServiceHours | AlwaysOpen,
        excused: Sequence[str],
        events: AvailabilityEvents,
        since: datetime,
        until: datetime,
    ) -> None:
        self.since, self.count = since, (until - since) // SECOND
        self.states = [self._subject(subject, at) for at in self._points(subject, events)]
        self.service = self._service(hours)
        names = {component.name for component in subject.components}
        self.maintenance, self.excused = bytearray(self.count), bytearray(self.count)
        for one in events.maintenance:
            if (
                one.announced_at is None
                or one.announced_at >= one.since
                or not self._concerns(one.components.root, names)
            ):
                continue
            ends = one.until if one.announced_until is None else min(one.until, one.announced_until)
            self._mark(self.maintenance, one.since, ends)
        for wait in events.excused:
            if wait.party in excused and self._concerns(wait.components.root, names):
                self._mark(self.excused, wait.since, wait.until)

    def classes(self, *, maintenance_counts: bool = False) -> Counter[str]:
        """How many seconds each class has."""
        return Counter(self.class_of(second, maintenance_counts) for second in range(self.count))

    def class_of(self, second: int, maintenance_counts: bool = False) -> str:
        """The first class that applies."""
        if not self.service[second]:
            return "outside_hours"
        if self.states[second] == UNMEASURED:
            return "not_yet_measured"
        if self.maintenance[second] and not maintenance_counts:
            return "maintenance"
        if self.excused[second]:
            return "excused"
        return self.states[second]

    def spans(self, state: str) -> list[tuple[datetime, datetime, int]]:
        """Runs of seconds in which the subject has a state, and how many of them count."""
        found: list[tuple[datetime, datetime, int]] = []
        begun = counted = 0
        for second in range(self.count + 1):
            has = second < self.count and self.states[second] == state
            if has and (second == 0 or self.states[second - 1] != state):
                begun, counted = second, 0
            if has:
                counted += self.class_of(second) == state
            elif second > 0 and self.states[second - 1] == state:
                found.append((self.since + begun * SECOND, self.since + second * SECOND, counted))
        return found

    def _concerns(self, components: list[str] | None, names: set[str]) -> bool:
        return components is None or bool(names.intersection(components))

    def _mark(self, seconds: bytearray, since: datetime, until: datetime) -> None:
        for second in range(self._place(since), self._place(until)):
            seconds[second] = 1

    def _place(self, at: datetime) -> int:
        return min(max((at - self.since) // SECOND, 0), self.count)

    def _service(self, hours: ServiceHours | AlwaysOpen) -> bytearray:
        if isinstance(hours, str):
            return bytearray(b"\1" * self.count)
        midnight = self.since.replace(hour=0, minute=0, second=0)
        minutes = open_minutes(hours, midnight, self.count // 86_400 + 3)
        offset = (self.since - midnight) // SECOND
        return bytearray(minutes[(offset + second) // 60] for second in range(self.count))

    def _points(self, subject: MeasuredSubject, events: AvailabilityEvents) -> list[dict[str, str]]:
        """For every second the state of every point."""
        columns = {point: self._point(point, events) for point in subject.points}
        return [{point: column[second] for point, column in columns.items()} for second in range(self.count)]

    def _point(self, point: str, events: AvailabilityEvents) -> list[str]:
        spans = events.spans.get(point, [])
        first = events.measured_since.get(point) or min((span.since for span in spans), default=None)
        column = [UNMEASURED] * self.count
        if first is None:
            return column
        begun = self._place(first)
        column[begun:] = [NO_DATA] * (self.count - begun)
        for state in (UP, NO_DATA, DOWN):  # a later one counts more
            for span in spans:
                if span.state.value == state:
                    since, until = max(self._place(span.since), begun), self._place(span.until)
                    for second in range(since, until):
                        column[second] = state
        return column

    def _subject(self, subject: MeasuredSubject, at: dict[str, str]) -> str:
        components = []
        for component in subject.components:
            parts = [together([at[point] for point in component.whole])] if component.whole else []
            if component.hosts:
                hosts = [together([at[point] for point in points]) for points in component.hosts.values()]
                parts.append(needed(hosts, component.needed_hosts))
            components.append(needed(parts, len(parts)))
        return needed(components, len(components))


def together(states: list[str]) -> str:
    """What points say together; one that is not measured yet says nothing."""
    said = [state for state in states if state != UNMEASURED]
    if not said:
        return UNMEASURED
    return DOWN if DOWN in said else NO_DATA if NO_DATA in said else UP


def needed(states: list[str], count: int) -> str:
    """What a whole is that needs so many of its parts."""
    if all(state == UNMEASURED for state in states):
        return UNMEASURED
    if states.count(UP) >= count:
        return UP
    return DOWN if len(states) - states.count(DOWN) < count else NO_DATA
