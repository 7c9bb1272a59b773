"""When a state is certain: from one look after another to a verdict. Pure: the caller brings the time."""

from __future__ import annotations

from models.base import format_duration
from models.probes import HealthVerdict, Sample, Seen, WatchHealth


class HealthWatch:
    """Judges the looks of one `WatchHealth` request.

    Recovery (`healthy_for`) is proven once a look in which all points were OK began that long after the first of an
    unbroken row of such looks; FAILED and NO_DATA break the row. A fault (`failing_looks`) is confirmed by that many
    looks in a row with some point FAILED; without `healthy_for`, the first look in which all are OK refutes it. A look
    with NO_DATA and nothing FAILED neither confirms nor refutes: it is not counted, and breaks no row of failing looks.
    With neither asked for, the first look decides.
    """

    def __init__(self, request: WatchHealth) -> None:
        self._request = request
        self._healthy_since: float | None = None
        self._failing = 0
        self._last: list[Sample] = []
        self.looks = 0

    def observe(self, samples: list[Sample], began: float) -> HealthVerdict | None:
        """Take in a look that began at a moment (seconds on any steady clock); a verdict if that settles it."""
        self.looks += 1
        self._last = samples
        healthy = all(s.seen is Seen.OK for s in samples)
        if healthy:
            self._failing = 0
            self._healthy_since = began if self._healthy_since is None else self._healthy_since
        else:
            self._healthy_since = None
            self._failing += any(s.seen is Seen.FAILED for s in samples)
        return self._proven(began) if healthy else self._confirmed()

    def give_up(self) -> HealthVerdict:
        """Say what is known when the time is up."""
        request, bad = self._request, _describe(self._last)
        if request.healthy_for is not None:
            wanted = f"health did not hold for {format_duration(request.healthy_for)}"
        else:
            wanted = f"no {request.failing_looks} looks in a row failed, nor was one healthy"
        reason = f"{wanted} within {format_duration(request.give_up_after)} ({self.looks} looks){bad and ': ' + bad}"
        return HealthVerdict(healthy=False, certain=False, looks=self.looks, samples=self._last, reason=reason)

    def _proven(self, began: float) -> HealthVerdict | None:
        request, points = self._request, _points(len(self._last))
        if request.healthy_for is None:
            return self._verdict(True, f"{points} OK in look {self.looks}")
        since = began if self._healthy_since is None else self._healthy_since
        if began - since < request.healthy_for.total_seconds():
            return None
        return self._verdict(True, f"{points} OK for {format_duration(request.healthy_for)} without a break")

    def _confirmed(self) -> HealthVerdict | None:
        request, bad = self._request, _describe(self._last)
        if request.failing_looks is not None and self._failing >= max(request.failing_looks, 1):
            return self._verdict(False, f"{self._failing} looks in a row failed: {bad}")
        if request.failing_looks is None and request.healthy_for is None:
            return self._verdict(False, bad)
        return None

    def _verdict(self, healthy: bool, reason: str) -> HealthVerdict:
        return HealthVerdict(healthy=healthy, looks=self.looks, samples=self._last, reason=reason)


def _points(count: int) -> str:
    return "the point was" if count == 1 else f"all {count} points were"


def _describe(samples: list[Sample]) -> str:
    """Name the points that are not OK, the first three of them with what was seen."""
    bad = sorted((s for s in samples if s.seen is not Seen.OK), key=lambda s: s.seen is not Seen.FAILED)
    named = "; ".join(f"{s.point}: {s.detail or s.seen.value}" for s in bad[:3])
    return f"{named}; and {len(bad) - 3} more" if len(bad) > 3 else named
