"""All thresholds of a site: how they stand in memory, and what of it is not yet in the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from activities.monitor.faults import ThresholdFault, described
from activities.monitor.plan import NO_DATA, MonitoredPoint
from activities.monitor.store import StateValues
from activities.monitor.thresholds import Phase, ThresholdState, evaluate, evaluate_data
from models.base import format_duration
from models.probes import Sample, Seen

NO_LONGER_WATCHED: Final = (
    "the dossier that holds now no longer has this measuring point at this site, or no longer this threshold"
)


@dataclass(slots=True)
class _Watched:
    """A point with its thresholds."""

    point: MonitoredPoint
    faults: list[ThresholdFault]
    data: ThresholdFault
    last_data: datetime
    why_none: str = ""
    """What the last look said that learnt nothing; empty after one that did."""


class Unsaved:
    """Which faults differ from the database, and since when."""

    def __init__(self) -> None:
        self._marked: dict[str, float] = {}
        self._saving: dict[str, float] = {}

    def mark(self, key: str, now: float) -> None:
        """It changed."""
        self._marked.setdefault(key, now)

    def since(self, key: str) -> float | None:
        """Since when it waits; None when it is saved."""
        return self._saving.get(key, self._marked.get(key))

    def begin(self) -> list[str]:
        """Take all that waits, to save it; what changes from now on waits anew."""
        self._saving, self._marked = self._marked, {}
        return list(self._saving)

    def end(self, saved: bool) -> None:
        """It was saved, or has to wait on."""
        if not saved:
            self._marked = {**self._marked, **self._saving}
        self._saving = {}


class SiteStates:
    """Evaluates samples and keeps every threshold's state; needs no database, so that none can stop it."""

    def __init__(self, site: str, kept: Iterable[ThresholdFault]) -> None:
        """`kept`: as the run before left them."""
        self._site = site
        self._faults = {fault.key: fault for fault in kept}
        self._points: dict[str, _Watched] = {}
        self._telling: dict[str, None] = {key: None for key, fault in self._faults.items() if fault.fault_since}
        """Keys of which the watch knows, or must be told, in the order of their faults."""
        self._gone: set[str] = set()
        self.unsaved = Unsaved()

    def follow(self, points: Mapping[str, MonitoredPoint], wall: datetime, now: float) -> None:
        """Watch these points from now on; alarms of what vanished are cleared, with that reason."""
        before, self._points = self._points, {}
        kept: set[str] = set()
        for name, point in points.items():
            watched = self._watched(point, before.get(name), wall)
            self._points[name] = watched
            kept.update(fault.key for fault in [*watched.faults, watched.data])
        for key in self._faults.keys() - kept:
            self._retire(self._faults[key], wall, now)

    def take(self, sample: Sample, now: float) -> None:
        """Take a sample of a watched point into account."""
        watched = self._points[sample.point]
        if sample.seen is not Seen.NO_DATA:
            watched.last_data, watched.why_none = sample.at, ""
        else:
            watched.why_none = sample.detail
        for fault in watched.faults:
            self._evaluate(fault, watched.point, sample, now)
        self._evaluate_data(watched, sample.at, now)

    def look_for_missing(self, wall: datetime, now: float) -> None:
        """Find the points of which nothing was heard for too long, even if no look at them ever ends."""
        for watched in self._points.values():
            self._evaluate_data(watched, wall, now)

    def owing(self, wall: datetime, now: float, repeat: timedelta, patience: float) -> Iterator[ThresholdFault]:
        """Faults that a watch must be told of; what is not saved yet waits `patience` seconds for the database, not longer."""
        for key in list(self._telling):
            fault = self._faults[key]
            if fault.owed(wall, repeat):
                since = self.unsaved.since(key)
                if since is None or now - since >= patience:
                    yield fault

    def acknowledged(self, fault: ThresholdFault, now: float) -> None:
        """Note that what a watch has acknowledged changed a fault."""
        self.unsaved.mark(fault.key, now)
        if fault.fault_since is None:
            self._telling.pop(fault.key, None)
            if fault.watched is None:
                self._forget(fault.key, now)

    def to_save(self) -> tuple[list[StateValues], list[str]]:
        """What changed, as rows, and the keys to forget; `saved` must follow."""
        keys = self.unsaved.begin()
        gone = [key for key in keys if key in self._gone]
        return [self._faults[key].row(self._site) for key in keys if key not in self._gone], gone

    def saved(self, gone: Iterable[str], success: bool) -> None:
        """What `to_save` gave is in the database, or has to wait on."""
        self.unsaved.end(success)
        if success:
            self._gone.difference_update(key for key in gone if self.unsaved.since(key) is None)

    @property
    def firing(self) -> int:
        """Thresholds in alarm."""
        return sum(f.state.phase.in_alarm and f.name != NO_DATA for f in self._telled())

    @property
    def without_data(self) -> int:
        """Points without data."""
        return sum(f.state.phase is Phase.NO_DATA for f in self._telled())

    def unreported(self, wall: datetime, repeat: timedelta) -> int:
        """Faults of which a watch has yet to acknowledge something."""
        return sum(bool(f.owed(wall, repeat)) for f in self._telled())

    def _telled(self) -> Iterator[ThresholdFault]:
        return (self._faults[key] for key in self._telling)

    def _watched(self, point: MonitoredPoint, before: _Watched | None, wall: datetime) -> _Watched:
        faults = [self._fault(point, name, wall) for name in point.thresholds]
        data = self._fault(point, NO_DATA, wall)
        last_data = before.last_data if before else wall
        if data.state.phase is Phase.NO_DATA and not before:
            last_data = data.fault_since or data.state.since
        return _Watched(point, faults, data, last_data)

    def _fault(self, point: MonitoredPoint, name: str, wall: datetime) -> ThresholdFault:
        key = f"{point.name}/{name}"
        fault = self._faults.get(key)
        if fault is None:
            fault = self._faults[key] = ThresholdFault(point.name, name, ThresholdState(Phase.OK, wall, wall))
        self._gone.discard(key)
        fault.watched = point
        return fault

    def _retire(self, fault: ThresholdFault, wall: datetime, now: float) -> None:
        if fault.watched is None and not fault.state.phase.in_alarm and fault.fault_since:
            return  # retired already; its clearing is not acknowledged yet
        fault.watched = None
        if fault.fault_since is None:
            self._forget(fault.key, now)
            return
        if fault.state.phase.in_alarm:
            fault.detail = NO_LONGER_WATCHED
        fault.state = ThresholdState(Phase.OK, wall, wall)
        self.unsaved.mark(fault.key, now)

    def _forget(self, key: str, now: float) -> None:
        del self._faults[key]
        self._gone.add(key)
        self.unsaved.mark(key, now)

    def _evaluate(self, fault: ThresholdFault, point: MonitoredPoint, sample: Sample, now: float) -> None:
        before = fault.state.phase
        fault.state, change = evaluate(fault.state, point.thresholds[fault.name], sample, point.no_data_after)
        phase = fault.state.phase
        if fault.state.told_at != sample.at or (phase is before and not phase.in_alarm):
            return
        fault.detail = described(sample, point.unit)
        if change is not None:
            fault.apply(change)
            self._telling[fault.key] = None
        if phase is not before:
            self.unsaved.mark(fault.key, now)

    def _evaluate_data(self, watched: _Watched, wall: datetime, now: float) -> None:
        fault = watched.data
        watched.last_data = min(watched.last_data, wall)  # a clock set back must not hide that data is missing
        phase, change = evaluate_data(fault.state.phase, watched.last_data, watched.point.no_data_after, wall)
        if change is None:
            return
        fault.state = ThresholdState(phase, wall, wall)
        if phase is Phase.NO_DATA:
            fault.detail = watched.why_none or f"no look ended for {format_duration(watched.point.no_data_after)}"
        else:
            fault.detail = "there is data again"
        fault.apply(change)
        self._telling[fault.key] = None
        self.unsaved.mark(fault.key, now)
