"""Availability targets: the share of its service time in which a flow, a component or a point must be up."""

from __future__ import annotations

import re
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field

from models.base import Identifier, Model

PERCENTAGE: Final = r"^[0-9]{1,3}(\.[0-9]{1,6})? ?%$"
_PERCENTAGE: Final = re.compile(PERCENTAGE)


def _written(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError(f"{value} has no sign for percent; write {value} %")
    text = value.strip() if isinstance(value, str) else ""
    if _PERCENTAGE.fullmatch(text) is None:
        what = repr(value)[:60] if isinstance(value, str) else "this"
        raise ValueError(f"{what} is not a percentage; write it with a decimal point and the sign for percent: 99.9 %")
    number = text.rstrip(" %")
    if not 0 < Fraction(number) <= 100:
        raise ValueError(f"{number} % cannot be a target; write more than 0 % and at most 100 %")
    return f"{number} %"


Percentage = Annotated[str, BeforeValidator(_written, json_schema_input_type=Annotated[str, Field(pattern=PERCENTAGE)])]
"""A percentage above 0 and up to 100, such as `99.9 %`."""


def fraction_of(percentage: str) -> Fraction:
    """Return a percentage as a fraction: `99.9 %` is 999/1000."""
    return Fraction(percentage.rstrip(" %")) / 100


SUBJECT: Final = r"^(flow|component|point) [a-z][a-z0-9-]{0,39}$"


class SubjectKind(StrEnum):
    """The kind of part whose availability is agreed."""

    FLOW = "flow"
    COMPONENT = "component"
    POINT = "point"


class Per(StrEnum):
    """The span of time for which a target is judged, in the calendar of the agreement."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


ExcusedParty = Literal["customer", "third_party"]
"""The kind of a party whose waiting times an agreement may excuse."""


class AvailabilityTarget(Model):
    """The agreed availability of a flow, a component or a measuring point."""

    of: Annotated[str, Field(pattern=SUBJECT)] | None = None
    """`flow NAME`, `component NAME` or `point NAME`; by default the flow that has the name of the target."""
    target: Percentage
    """The least share of the counted time in which the subject must be up: `99.9 %`."""
    hours: Identifier | None = None
    """The service hours that count; round the clock by default."""
    per: Per = Per.MONTH
    """The span of time for which the target is judged: a calendar month, quarter or year in the time zone of the service
    hours."""
    needed_hosts: dict[Identifier, Annotated[int, Field(ge=1)]] = {}
    """The number of hosts of a component that must be up; by default all that are measured."""
    thresholds: list[Identifier] = []
    """The thresholds whose faults count as down, by name; by default those of severity critical."""
    excused: list[ExcusedParty] = []
    """The parties whose waiting times do not count, up or down: `customer`, `third_party`."""

    def subject(self, name: str) -> tuple[SubjectKind, str]:
        """Return the kind and the name of the subject of the target with this name."""
        kind, _, named = (self.of or f"flow {name}").partition(" ")
        return SubjectKind(kind), named
