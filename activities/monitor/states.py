"""The state of all thresholds of a site in memory, and the changes that the database does not have yet."""

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
    "the current dossier no longer has this measuring point at this site, or no longer this threshold"
)


@dataclass(slots=True)
class _Watched:
    """A point with its thresholds."""

    point: MonitoredPoint
    faults: list[ThresholdFault]
    data: ThresholdFault
    last_data: datetime
    why_none: str = ""
    """The detail of the last sample without data; empty after a sample with data."""


class Unsaved:
    """The faults that differ from the database, and the time of the change."""

    def __init__(self) -> None:
        self._marked: dict[str, float] = {}
        self._saving: dict[str, float] = {}

    def mark(self, key: str, now: float) -> None:
        """Record that a fault changed."""
        self._marked.setdefault(key, now)

    def since(self, key: str) -> float | None:
        """Return the time since which a change waits; None if it is saved."""
        return self._saving.get(key, self._marked.get(key))

    def begin(self) -> list[str]:
        """Return all changes to save; later changes wait for the next save."""
        self._saving, self._marked = self._marked, {}
        return list(self._saving)

    def end(self, saved: bool) -> None:
        """End a save: the changes are saved, or wait for the next save."""
        if not saved:
            self._marked = {**self._marked, **self._saving}
        self._saving = {}


class SiteStates:
    """Evaluates samples and keeps the state of every threshold; it needs no database, so that a database failure does
    not stop it.
    """

    def __init__(self, site: str, kept: Iterable[ThresholdFault]) -> None:
        """`kept`: the state that the run before saved."""
        self._site = site
        self._faults = {fault.key: fault for fault in kept}
        self._points: dict[str, _Watched] = {}
        self._to_report: dict[str, None] = {key: None for key, fault in self._faults.items() if fault.fault_since}
        """Keys that the watch knows or must be notified of, in the order of their faults."""
        self._gone: set[str] = set()
        self.unsaved = Unsaved()

    def follow(self, points: Mapping[str, MonitoredPoint], wall: datetime, now: float) -> None:
        """Replace the set of points. Alarms of removed points are cleared, with that reason."""
        before, self._points = self._points, {}
        kept: set[str] = set()
        for name, point in points.items():
            watched = self._watched(point, before.get(name), wall)
            self._points[name] = watched
            kept.update(fault.key for fault in [*watched.faults, watched.data])
        for key in self._faults.keys() - kept:
            self._retire(self._faults[key], wall, now)

    def take(self, sample: Sample, now: float) -> None:
        """Evaluate a sample of a point."""
        watched = self._points[sample.point]
        if sample.seen is not Seen.NO_DATA:
            watched.last_data, watched.why_none = sample.at, ""
        else:
            watched.why_none = sample.detail
        for fault in watched.faults:
            self._evaluate(fault, watched.point, sample, now)
        self._evaluate_data(watched, sample.at, now)

    def find_missing(self, wall: datetime, now: float) -> None:
        """Find the points without a sample for too long, even if no probe of them ever ends."""
        for watched in self._points.values():
            self._evaluate_data(watched, wall, now)

    def due(self, wall: datetime, now: float, repeat: timedelta, patience: float) -> Iterator[ThresholdFault]:
        """Yield the faults to report. A change that is not saved yet waits at most `patience` seconds for the
        database.
        """
        for key in list(self._to_report):
            fault = self._faults[key]
            if fault.due_states(wall, repeat):
                since = self.unsaved.since(key)
                if since is None or now - since >= patience:
                    yield fault

    def acknowledged(self, fault: ThresholdFault, now: float) -> None:
        """Record that a watch's acknowledgement changed a fault."""
        self.unsaved.mark(fault.key, now)
        if fault.fault_since is None:
            self._to_report.pop(fault.key, None)
            if fault.watched is None:
                self._forget(fault.key, now)

    def to_save(self) -> tuple[list[StateValues], list[str]]:
        """Return the changes as rows, and the keys to delete; call `saved` afterwards."""
        keys = self.unsaved.begin()
        gone = [key for key in keys if key in self._gone]
        return [self._faults[key].row(self._site) for key in keys if key not in self._gone], gone

    def saved(self, gone: Iterable[str], success: bool) -> None:
        """End a save that `to_save` began: the changes are in the database, or wait."""
        self.unsaved.end(success)
        if success:
            self._gone.difference_update(key for key in gone if self.unsaved.since(key) is None)

    @property
    def firing(self) -> int:
        """The number of thresholds in alarm."""
        return sum(f.state.phase.in_alarm and f.name != NO_DATA for f in self._reported_faults())

    @property
    def without_data(self) -> int:
        """The number of points without data."""
        return sum(f.state.phase is Phase.NO_DATA for f in self._reported_faults())

    def unreported(self, wall: datetime, repeat: timedelta) -> int:
        """The number of faults with a change that their watch has not acknowledged."""
        return sum(bool(f.due_states(wall, repeat)) for f in self._reported_faults())

    def _reported_faults(self) -> Iterator[ThresholdFault]:
        return (self._faults[key] for key in self._to_report)

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
        if fault.state.confirmed_at != sample.at or (phase is before and not phase.in_alarm):
            return
        fault.detail = described(sample, point.unit)
        if change is not None:
            fault.apply(change)
            self._to_report[fault.key] = None
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
            fault.detail = watched.why_none or f"no probe ended for {format_duration(watched.point.no_data_after)}"
        else:
            fault.detail = "there is data again"
        fault.apply(change)
        self._to_report[fault.key] = None
        self.unsaved.mark(fault.key, now)
