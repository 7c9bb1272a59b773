"""The class of each second of a period: the first layer that has the second gives it its class."""

from __future__ import annotations

from dataclasses import dataclass

from activities.availability.states import PartState
from activities.availability.stretches import Stretches, common, cut, length, without
from models.availability import ClassSeconds, SecondClass


@dataclass(frozen=True, slots=True)
class Classified:
    """The seconds of a period by class; no second is in two of them."""

    stretches: dict[SecondClass, Stretches]

    def of(self, kind: SecondClass) -> Stretches:
        """Return the seconds of one class."""
        return self.stretches[kind]

    def count(self) -> ClassSeconds:
        """Return the number of seconds of each class."""
        return ClassSeconds(**{kind.value: length(one) for kind, one in self.stretches.items()})


def classify(
    begin: int, end: int, service: Stretches, maintenance: Stretches, excused: Stretches, state: PartState
) -> Classified:
    """Give every second of [begin, end) its class; the sets may reach beyond it."""
    rest: Stretches = [(begin, end)]
    found: dict[SecondClass, Stretches] = {}
    for kind, layer in (
        (SecondClass.OUTSIDE_HOURS, without(rest, service)),
        (SecondClass.NOT_YET_MEASURED, without(rest, cut(state.measured, begin, end))),
        (SecondClass.MAINTENANCE, maintenance),
        (SecondClass.EXCUSED, excused),
        (SecondClass.DOWN, cut(state.down, begin, end)),
        (SecondClass.UP, cut(state.up, begin, end)),
    ):
        found[kind] = common(rest, layer)
        rest = without(rest, layer)
    found[SecondClass.NO_DATA] = rest
    return Classified(found)
