"""The priorities of incidents and problems."""

from __future__ import annotations

from enum import StrEnum


class Priority(StrEnum):
    """The order in which incidents are treated; P1 is first."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"
    P5 = "P5"
