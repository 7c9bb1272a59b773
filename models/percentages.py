"""Shares as people read them in percent: exact fractions that are rounded down, never floating-point numbers."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Final

from pydantic import Field

from models.base import Model
from models.dossier.parties import Language

NO_BREAK_SPACE: Final = "\u00a0"

MOST_DECIMALS: Final = 4
"""The most decimals of a printed percentage; more would suggest a precision that no agreement needs."""


class Share(Model):
    """A part of a whole, exactly; both are in the same unit, such as seconds."""

    part: Annotated[int, Field(ge=0)]
    whole: Annotated[int, Field(ge=0)]

    def at_least(self, least: Fraction) -> bool:
        """Return whether the share is at least this fraction, compared by whole numbers; false for an empty whole."""
        return self.whole > 0 and self.part * least.denominator >= least.numerator * self.whole


def decimals_resolved(whole: int, step: int) -> int:
    """Return the number of decimals of a percentage that a measurement resolves, from 0 to `MOST_DECIMALS`.

    `whole` is the measured time, and `step` the time between two samples, in the same unit. The last decimal stands for
    at least one step: 60 seconds are 0.0095 % of 22 days of 8 hours, so that two decimals are resolved.
    """
    decimals = 0
    while decimals < MOST_DECIMALS and step * 100 * 10 ** (decimals + 1) <= whole:
        decimals += 1
    return decimals


def percent_text(share: Share, decimals: int, language: Language = Language.ENGLISH) -> str:
    """Return a share in percent, rounded down, with a no-break space before the sign: `99.83 %`, in Swedish `99,83 %`.

    An empty whole has no percentage: `-`.
    """
    if share.whole == 0:
        return "-"
    percent, rest = divmod(share.part * 100 * 10**decimals // share.whole, 10**decimals)
    comma = "," if language is Language.SWEDISH else "."
    fine = f"{comma}{rest:0{decimals}}" if decimals else ""
    return f"{percent}{fine}{NO_BREAK_SPACE}%"
