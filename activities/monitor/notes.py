"""The budget for signals from the sampling activity to its workflow; each signal costs four events of history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from models.monitor import Beat

_A_DAY: Final = 36
_AT_MOST: Final = 6.0
"""The most saved signals: 36 + 6 signals of 4 events, and 11 events of the activity, are below 200 events a day."""
_APART: Final = timedelta(seconds=10)
_AT_LEAST: Final = timedelta(hours=1)


@dataclass(slots=True)
class NoteBudget:
    """The number of signals that may be sent, and the content of the last one."""

    left: float
    counted_at: datetime
    noted_at: datetime | None = None
    said: tuple[object, ...] = ()

    def allows(self, beat: Beat, now: datetime) -> bool:
        """Return whether this state is worth a signal and the budget allows one."""
        if now > self.counted_at:
            self.left = min(_AT_MOST, self.left + (now - self.counted_at) / timedelta(days=1) * _A_DAY)
        self.counted_at = now
        silent = _AT_LEAST if self.noted_at is None else now - self.noted_at
        worth = silent >= _AT_LEAST or (silent >= _APART and _gist(beat) != self.said)
        return worth and self.left >= 1

    def spend(self, beat: Beat, now: datetime) -> None:
        """Record that a signal was sent."""
        self.left -= 1
        self.noted_at = now
        self.said = _gist(beat)


def _gist(beat: Beat) -> tuple[object, ...]:
    """Return the part of the state that people need at once."""
    return beat.started_at, beat.points, beat.firing, beat.no_data, bool(beat.faults)


def carried_over(last: Beat | None, now: datetime) -> NoteBudget:
    """Return the budget that the attempt before left."""
    if last is None:
        return NoteBudget(_AT_MOST, now)
    return NoteBudget(last.notes_left, last.round_at, last.noted_at)
