"""The state of one threshold of one point, the state that its watch has acknowledged, and the messages that are due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from activities.monitor.plan import NO_DATA, MonitoredPoint, phrase
from activities.monitor.store import StateValues
from activities.monitor.thresholds import AlarmChange, Phase, ThresholdState
from models.alarms import Alarm, AlarmState
from models.base import format_duration
from models.dossier.monitoring import Severity
from models.probes import Sample

SOURCE: Final = "embedded"
_LONGEST_DETAIL: Final = 1000


@dataclass(slots=True)
class ThresholdFault:
    """A threshold of a point, or its lack of data, with the state that the watch has acknowledged."""

    point: str
    """`customer.application.measuring-point`."""
    name: str
    """The name of the threshold, or `no_data`."""
    state: ThresholdState
    fault_since: datetime | None = None
    """The beginning of the fault that the watch knows, or must be notified of; None if it needs no message."""
    reported: AlarmState | None = None
    """The state that the watch has acknowledged."""
    reported_at: datetime | None = None
    detail: str = ""
    watched: MonitoredPoint | None = None
    """None: no dossier has this threshold any more."""

    @property
    def key(self) -> str:
        """The primary key of its row."""
        return f"{self.point}/{self.name}"

    @property
    def application(self) -> str:
        """`customer.application`."""
        return self.point.rpartition(".")[0]

    def apply(self, change: AlarmChange) -> None:
        """Apply the beginning or the end of an alarm."""
        if change.state is AlarmState.FIRING:
            # This fault supersedes an earlier one whose clearing was never acknowledged: the watch must get a message about it.
            self.fault_since, self.reported, self.reported_at = change.since, None, None

    def due_states(self, now: datetime, repeat: timedelta) -> list[AlarmState]:
        """Return the states to send to the watch now. For a fault that ended before any message arrived, both states
        are sent.
        """
        if self.fault_since is None:
            return []
        if not self.state.phase.in_alarm:
            first = [] if self.reported is AlarmState.FIRING else [AlarmState.FIRING]
            return [*first, AlarmState.CLEARED]
        if self.reported is not AlarmState.FIRING or self.reported_at is None:
            return [AlarmState.FIRING]
        # The alarm is reported again now and then, in case the watch has lost it; also if the clock was set back.
        return [] if timedelta(0) <= now - self.reported_at < repeat else [AlarmState.FIRING]

    def acknowledge(self, state: AlarmState, since: datetime, now: datetime) -> bool:
        """Record an acknowledgement of the watch; return whether it changed the state, because another fault may have
        begun meanwhile.
        """
        if self.fault_since != since:
            return False
        if state is AlarmState.CLEARED:
            if self.state.phase.in_alarm:
                return False
            self.fault_since = None
        self.reported, self.reported_at = state, now
        return True

    def alarm(self, state: AlarmState, now: datetime) -> Alarm:
        """Return the message for the watch."""
        assert self.fault_since is not None, "only a fault that began has an alarm"
        watched, name = self.watched, self.point.rpartition(".")[2]
        return Alarm(
            application=self.application,
            # Without customer and application: a watch gets only its own alarms, and 128 characters must suffice.
            fingerprint=f"{SOURCE}/{name}/{self.name}",
            state=state,
            severity=self._severity(),
            title=self._title(),
            component=watched.component if watched else None,
            measuring_point=name,
            source=SOURCE,
            since=self.fault_since,
            seen_at=now,
            detail=self.detail[:_LONGEST_DETAIL],
        )

    def row(self, site: str) -> StateValues:
        """Return the row for the database."""
        return StateValues(
            key=self.key,
            site=site,
            state=self.state.phase.value,
            since=self.state.since,
            fault_since=self.fault_since,
            reported=self.reported.value if self.reported else None,
            reported_at=self.reported_at,
            detail=self.detail[:_LONGEST_DETAIL],
        )

    def _severity(self) -> Severity:
        if self.watched is None:
            return Severity.INFO
        if self.name == NO_DATA:
            return self.watched.no_data_severity
        return self.watched.thresholds[self.name].severity

    def _title(self) -> str:
        if self.watched is None:
            return f"{self.point.rpartition('.')[2].replace('-', ' ').capitalize()}: no longer monitored"
        if self.name == NO_DATA:
            return f"{self.watched.title}: no data for {format_duration(self.watched.no_data_after)}"
        return f"{self.watched.title}: {phrase(self.watched.thresholds[self.name], self.watched.unit)}"


def restored(row: StateValues, sampled_until: datetime | None) -> ThresholdFault:
    """Return a fault from its row; `sampled_until`: the last known sample of the attempt before."""
    point, _, name = row["key"].partition("/")
    confirmed_at = max(row["since"], sampled_until) if sampled_until else row["since"]
    return ThresholdFault(
        point=point,
        name=name,
        state=ThresholdState(Phase(row["state"]), row["since"], confirmed_at),
        fault_since=row["fault_since"],
        reported=AlarmState(row["reported"]) if row["reported"] else None,
        reported_at=row["reported_at"],
        detail=row["detail"],
    )


def described(sample: Sample, unit: str | None) -> str:
    """Return a sample as text: `93 %; disk / is nearly full`."""
    number = None if sample.value is None else f"{sample.value:g}" + (f" {unit}" if unit else "")
    return "; ".join(part for part in (number, sample.detail) if part)
