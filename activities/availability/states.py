"""The states of measuring points, hosts, components and flows: known to be up, known to be down, or measured only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from activities.availability.stretches import NOWHERE, Stretches, at_least, union, without
from models.dossier.subjects import MeasuredSubject, SubjectComponent


class PartState(NamedTuple):
    """The state of a part over time. Down and up do not overlap; measured time that is neither is no data."""

    measured: Stretches
    down: Stretches
    up: Stretches

    @property
    def no_data(self) -> Stretches:
        """The measured time in which the part is neither known to be down nor known to be up."""
        return without(self.measured, union(self.down, self.up))

    def unknown(self, begin: int, end: int) -> Stretches:
        """Return the seconds of [begin, end) in which the part is not known to be up or down, measured or not."""
        return without([(begin, end)], union(self.down, self.up))


NEVER_MEASURED = PartState(NOWHERE, NOWHERE, NOWHERE)

OfPoint = Callable[[str], PartState]


def together(points: Sequence[PartState]) -> PartState:
    """Return the state that points show together: down if any is, else no data if any has none, else up.

    A point counts from its first measurement on, so that a new point changes nothing before.
    """
    measured, down = union(*(one.measured for one in points)), union(*(one.down for one in points))
    return PartState(measured, down, without(measured, union(down, *(one.no_data for one in points))))


def needed(parts: Sequence[PartState], count: int) -> PartState:
    """Return the state of a whole that needs `count` of its parts up.

    It is down if too many parts are down for that. A part that is not measured yet may be up or down, so it proves
    neither; the whole is measured from the first measurement of any part on.
    """
    if not parts:
        return NEVER_MEASURED
    measured = union(*(one.measured for one in parts))
    down = at_least(len(parts) - count + 1, [one.down for one in parts])
    return PartState(measured, down, at_least(count, [one.up for one in parts]))


def state_of(subject: MeasuredSubject, of_point: OfPoint) -> PartState:
    """Return the state of a subject: it needs all of its components."""
    components = [_component(one, of_point) for one in subject.components]
    return needed(components, len(components))


def _component(component: SubjectComponent, of_point: OfPoint) -> PartState:
    parts = [together([of_point(point) for point in component.whole])] if component.whole else []
    if component.hosts:
        hosts = [together([of_point(point) for point in points]) for points in component.hosts.values()]
        parts.append(needed(hosts, component.needed_hosts))
    return needed(parts, len(parts))
