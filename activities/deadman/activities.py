"""The activity that raises an alarm when a source of alarms is silent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple, Protocol

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.monitor.plan import monitored_points
from activities.monitor.source import PointSource
from activities.records.heartbeats import monitor_heartbeat
from activities.restore.drills import DrillState
from models.alarms import Alarm, AlarmState, Subject
from models.base import format_duration
from models.deadman import SourcesBeat, WatchSources
from models.dossier.dossier import Dossier
from models.dossier.monitoring import Severity
from models.errors import WORKER_SHUTDOWN, DriftvaktError, UserError

MONITOR_SILENT_AFTER: Final = timedelta(minutes=2)
"""For an embedded monitor; longer if its points have longer intervals."""

CHECK_EVERY: Final = timedelta(seconds=10)

_DRILLS_EVERY: Final = timedelta(minutes=10)

_SHORTEST_OF_A_MONITOR: Final = 3
"""The least intervals of its most frequent point after which a monitor counts as silent."""


class Switch(NamedTuple):
    """A source, and an application that is notified of its silence."""

    application: str
    source: str


@dataclass(frozen=True)
class Terms:
    """The allowed silence, and the severity of a longer one."""

    silent_after: timedelta
    severity: Severity


class AlarmReporter(Protocol):
    """Sends alarms to watches: `activities.alarms.reporter.WatchReporter`."""

    async def report(self, alarms: Sequence[Alarm]) -> Any:
        """Return after the watches have stored the alarms; otherwise raise `WatchUnavailableError`."""


def switches(dossier: Dossier) -> dict[Switch, Terms]:
    """Return the switches of one application: its sources, and the embedded monitor of every site that probes its
    points.

    A silent monitor raises an alarm in every application that it probes, because nobody monitors any of them.
    """
    found = {
        Switch(dossier.id, name): Terms(source.silent_after, source.severity)
        for name, source in dossier.monitoring.sources.items()
    }
    for site in dossier.architecture.sites:
        if points := monitored_points(dossier, site):
            silence = max(MONITOR_SILENT_AFTER, _SHORTEST_OF_A_MONITOR * min(p.every for p in points))
            found[Switch(dossier.id, monitor_heartbeat(site))] = Terms(silence, Severity.CRITICAL)
    return found


class Switchboard:
    """Decides which sources are silent. After a start, and after a time without checks, each source gets its full time
    again.
    """

    def __init__(self, patience: timedelta = 3 * CHECK_EVERY) -> None:
        """`patience`: after a longer time between two checks, missing heartbeats do not count against a source."""
        self._patience = patience
        self._since: dict[Switch, datetime] = {}
        """The time from which each heartbeat is awaited."""
        self._silent: dict[Switch, bool | None] = {}
        """The state that the watches have acknowledged; None: this worker has sent nothing yet."""
        self._checked: datetime | None = None

    def check(
        self, wanted: Mapping[Switch, Terms], heartbeats: Mapping[str, datetime], now: datetime
    ) -> list[tuple[Switch, Alarm]]:
        """Return the alarms to send, including cleared ones; call `acknowledged` after a watch has accepted one."""
        if self._checked is None or now - self._checked > self._patience:
            self._since.clear()
        self._checked = now
        alarms = []
        for switch, terms in wanted.items():
            heartbeat = heartbeats.get(switch.source)
            waited_from = self._since.setdefault(switch, now)
            since = max(waited_from, heartbeat) if heartbeat else waited_from
            known = self._silent.get(switch)
            if now - since > terms.silent_after:
                if known is not True:
                    alarms.append((switch, _alarm(switch, terms, True, since, now)))
            elif known is not False and heartbeat and now - heartbeat <= terms.silent_after:
                # Also the first time: a dead-man's switch before this one may have raised it.
                alarms.append((switch, _alarm(switch, terms, False, since, now)))
        for switch in [s for s in self._silent if s not in wanted]:
            if self._silent[switch]:
                alarms.append((switch, _alarm(switch, Terms(timedelta(0), Severity.INFO), False, now, now)))
            else:
                self.forget(switch)
        for switch in [s for s in self._since if s not in wanted]:
            del self._since[switch]
        return alarms

    def acknowledged(self, switch: Switch, silent: bool) -> None:
        """Record that the watch has accepted an alarm."""
        self._silent[switch] = silent

    def forget(self, switch: Switch) -> None:
        """Remove a switch that no dossier has any more."""
        self._silent.pop(switch, None)

    @property
    def silent(self) -> list[Switch]:
        """The sources whose silence the watches know."""
        return [s for s, silent in self._silent.items() if silent]


def _alarm(switch: Switch, terms: Terms, silent: bool, since: datetime, now: datetime) -> Alarm:
    return Alarm(
        application=switch.application,
        fingerprint=f"dead-man/{switch.source}",
        subject=Subject.SOURCES,
        state=AlarmState.FIRING if silent else AlarmState.CLEARED,
        severity=terms.severity,
        title=f"No heartbeat from {switch.source}, which monitors this application",
        source="dead-mans-switch",
        since=since if silent else now,
        since_known=silent,  # heartbeats came again; a later silence may have begun by now
        seen_at=now,
        detail=f"Silent for more than {format_duration(terms.silent_after)}; faults may raise no alarm meanwhile."
        if silent
        else "It sends heartbeats again, or no heartbeat is expected any more.",
    )


def _overdue_drill(drill: DrillState, now: datetime) -> Alarm:
    since = drill.overdue_since
    return Alarm(
        application=drill.application,
        fingerprint=f"drill/{drill.restore}",
        subject=Subject.DRILLS,
        state=AlarmState.CLEARED if since is None else AlarmState.FIRING,
        severity=Severity.WARNING,
        title=f"The drill of the restore {drill.restore} is overdue",
        component=drill.component,
        source="dead-mans-switch",
        since=since or now,
        since_known=since is not None,  # no drill is overdue, whichever was reported before; one may be due already
        seen_at=now,
        detail="The drill took place, or is no longer scheduled."
        if since is None
        else f"It was due at {since:%Y-%m-%d %H:%M} UTC; without a drill, nobody knows whether this backup can be restored.",
    )


class DeadMansSwitchActivities:
    """Checks the sources of every published dossier."""

    def __init__(
        self,
        source: PointSource,
        heartbeats: Callable[[], Mapping[str, datetime]],
        reporter: AlarmReporter,
        drills: Callable[[datetime], Sequence[DrillState]] = lambda now: (),
        *,
        check_every: timedelta = CHECK_EVERY,
    ) -> None:
        """`source`, `heartbeats` and `drills` block; they are called in threads."""
        self._drills = drills
        self._drills_checked: datetime | None = None
        self._drills_reported: dict[tuple[str, str], bool] = {}
        """Whether the watch was notified that the drill is overdue."""
        self._source = source
        self._heartbeats = heartbeats
        self._reporter = reporter
        self._check_every = check_every
        self._known: dict[str, dict[Switch, Terms]] = {}
        """The switches by the digest of a dossier."""

    @activity.defn(name="watch_sources")
    async def watch_sources(self, request: WatchSources) -> SourcesBeat:
        """Check until the time is up. When the worker shuts down, the activity ends soon, and another worker retries
        it.
        """
        board = Switchboard(patience=3 * self._check_every)
        ends = datetime.now(UTC) + request.lasts
        beat = SourcesBeat(looked_at=datetime.now(UTC))
        while datetime.now(UTC) < ends and not activity.is_worker_shutdown():
            beat = await self._check(board, beat)
            due = asyncio.get_running_loop().time() + self._check_every.total_seconds()
            while (left := due - asyncio.get_running_loop().time()) > 0 and not activity.is_worker_shutdown():
                activity.heartbeat(beat)
                await asyncio.sleep(min(left, 1.0))
        if activity.is_worker_shutdown():
            raise ApplicationError(
                "this worker shuts down; the next attempt continues from here",
                type=WORKER_SHUTDOWN,
                category=ApplicationErrorCategory.BENIGN,
            )
        return beat

    async def _check(self, board: Switchboard, before: SourcesBeat) -> SourcesBeat:
        try:
            wanted = await asyncio.to_thread(self._wanted)
            heartbeats = await asyncio.to_thread(self._heartbeats)
        except (
            DriftvaktError
        ) as error:  # the records are away; so are the heartbeats, and nothing can be said of any source
            return before.model_copy(update={"fault": str(error)[:300]})
        fault = ""
        for switch, alarm in board.check(wanted, heartbeats, datetime.now(UTC)):
            try:
                await self._reporter.report([alarm])
            except DriftvaktError as error:
                fault = str(error)[:300]
            else:
                board.acknowledged(switch, alarm.state is AlarmState.FIRING)
        try:
            await self._check_drills(datetime.now(UTC))
        except DriftvaktError as error:
            fault = str(error)[:300]
        silent = [f"{s.source} of {s.application}" for s in board.silent]
        return SourcesBeat(looked_at=datetime.now(UTC), sources=len(wanted), silent=silent[:10], fault=fault)

    async def _check_drills(self, now: datetime) -> None:
        """Check the drills now and then; an overdue drill is days late."""
        if self._drills_checked is not None and now - self._drills_checked < _DRILLS_EVERY:
            return
        for drill in await asyncio.to_thread(self._drills, now):
            key, overdue = (drill.application, drill.restore), drill.overdue_since is not None
            # Also the first time, when it is not: a dead-man's switch before this one may have raised it.
            if self._drills_reported.get(key) is not overdue:
                await self._reporter.report([_overdue_drill(drill, now)])
                self._drills_reported[key] = overdue
        self._drills_checked = now

    def _wanted(self) -> dict[Switch, Terms]:
        current = self._source.current()
        for digest in set(current.values()) - self._known.keys():
            try:
                self._known[digest] = switches(self._source.dossier(digest))
            except UserError:  # the monitor and the doctor say so
                self._known[digest] = {}
        self._known = {d: self._known[d] for d in set(current.values())}
        return {switch: terms for found in self._known.values() for switch, terms in found.items()}
