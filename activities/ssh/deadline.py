"""One moment on the monotonic clock that everything about a request must be over by."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Deadline:
    """A moment, in seconds of `time.monotonic`."""

    at: float

    @classmethod
    def after(cls, span: timedelta | float) -> Deadline:
        """Make the deadline that lies a span (or seconds) from now."""
        return cls(time.monotonic() + (span.total_seconds() if isinstance(span, timedelta) else span))

    def left(self) -> float:
        """Seconds that remain, never below zero."""
        return max(0.0, self.at - time.monotonic())

    @property
    def over(self) -> bool:
        """Whether it has passed."""
        return time.monotonic() >= self.at

    def within(self, seconds: float) -> Deadline:
        """Give the earlier of this deadline and one so many seconds from now."""
        return Deadline(min(self.at, time.monotonic() + seconds))

    def before(self, seconds: float) -> Deadline:
        """Give the moment that lies so many seconds earlier."""
        return Deadline(self.at - seconds)
