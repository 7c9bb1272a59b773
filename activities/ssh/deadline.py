"""A deadline on the monotonic clock for all parts of a request."""

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
        """Return the deadline after a span (or seconds) from now."""
        return cls(time.monotonic() + (span.total_seconds() if isinstance(span, timedelta) else span))

    def left(self) -> float:
        """Return the remaining seconds, never below zero."""
        return max(0.0, self.at - time.monotonic())

    @property
    def over(self) -> bool:
        """Whether the deadline has passed."""
        return time.monotonic() >= self.at

    def within(self, seconds: float) -> Deadline:
        """Return the earlier of this deadline and one after these seconds from now."""
        return Deadline(min(self.at, time.monotonic() + seconds))

    def before(self, seconds: float) -> Deadline:
        """Return the deadline that is these seconds earlier."""
        return Deadline(self.at - seconds)
