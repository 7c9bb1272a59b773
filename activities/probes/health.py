"""Decides when the state of points is certain: from one check after another to a verdict. Pure; the caller gives the time."""

from __future__ import annotations

from models.base import counted, format_duration
from models.probes import HealthVerdict, Sample, Seen, WatchHealth


class HealthWatch:
    """Judges the checks of one `WatchHealth` request; a check probes every point once.

    Recovery (`healthy_for`) is proven once a check in which all points were OK began that long after the first of an
    unbroken row of such checks; FAILED and NO_DATA break the row. A fault (`failing_checks`) is confirmed by that many
    checks in a row with some point FAILED; without `healthy_for`, the first check in which all are OK refutes it. A check
    with NO_DATA and nothing FAILED neither confirms nor refutes: it is not counted, and breaks no row of failing checks.
    With neither asked for, the first check decides.
    """

    def __init__(self, request: WatchHealth) -> None:
        self._request = request
        self._healthy_since: float | None = None
        self._failing = 0
        self._last: list[Sample] = []
        self.checks = 0

    def observe(self, samples: list[Sample], began: float) -> HealthVerdict | None:
        """Add a check that began at a moment (seconds of any steady clock). Return a verdict if the state is certain now."""
        self.checks += 1
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
        """Return the verdict when the time is over."""
        request, bad = self._request, _describe(self._last)
        if request.healthy_for is not None:
            wanted = f"health did not hold for {format_duration(request.healthy_for)}"
        else:
            wanted = f"neither {request.failing_checks} failed checks in a row nor a healthy one"
        reason = f"{wanted} within {format_duration(request.give_up_after)} ({counted(self.checks, 'check')}){bad and ': ' + bad}"
        return HealthVerdict(healthy=False, certain=False, checks=self.checks, samples=self._last, reason=reason)

    def _proven(self, began: float) -> HealthVerdict | None:
        request, points = self._request, _points(len(self._last))
        if request.healthy_for is None:
            return self._verdict(True, f"{points} OK in check {self.checks}")
        since = began if self._healthy_since is None else self._healthy_since
        if began - since < request.healthy_for.total_seconds():
            return None
        return self._verdict(True, f"{points} OK for {format_duration(request.healthy_for)} without a break")

    def _confirmed(self) -> HealthVerdict | None:
        request, bad = self._request, _describe(self._last)
        if request.failing_checks is not None and self._failing >= max(request.failing_checks, 1):
            return self._verdict(False, f"{self._failing} checks in a row failed: {bad}")
        if request.failing_checks is None and request.healthy_for is None:
            return self._verdict(False, bad)
        return None

    def _verdict(self, healthy: bool, reason: str) -> HealthVerdict:
        return HealthVerdict(healthy=healthy, checks=self.checks, samples=self._last, reason=reason)


def _points(count: int) -> str:
    return "the point was" if count == 1 else f"all {count} points were"


def _describe(samples: list[Sample]) -> str:
    """Name the points that are not OK; the first three with their detail."""
    bad = sorted((s for s in samples if s.seen is not Seen.OK), key=lambda s: s.seen is not Seen.FAILED)
    named = "; ".join(f"{s.point}: {s.detail or s.seen.value}" for s in bad[:3])
    return f"{named}; and {len(bad) - 3} more" if len(bad) > 3 else named
