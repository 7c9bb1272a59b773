"""The activity that raises an alarm when a source of alarms falls silent (dead-man's switch)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple, Protocol

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.deadman.signs import monitor_sign
from activities.monitor.plan import monitored_points
from activities.monitor.source import PointSource
from activities.restore.drills import DrillStanding
from models.alarms import Alarm, AlarmState, Subject
from models.base import format_duration
from models.dossier.dossier import Dossier
from models.dossier.monitoring import Severity
from models.errors import DriftvaktError, UserError
from models.vigil import KeepVigil, VigilBeat

MONITOR_SILENT_AFTER: Final = timedelta(minutes=2)
"""For an embedded monitor; longer where its points are looked at more rarely."""

LOOK_EVERY: Final = timedelta(seconds=10)

_DRILLS_EVERY: Final = timedelta(minutes=10)

_SHORTEST_OF_A_MONITOR: Final = 3
"""Intervals of its most frequent point that a monitor may be silent."""


class Switch(NamedTuple):
    """A source whose silence an application wants to know of."""

    application: str
    source: str


@dataclass(frozen=True)
class Terms:
    """How long the silence may be, and how bad a longer one is."""

    silent_after: timedelta
    severity: Severity


class AlarmReporter(Protocol):
    """Hands alarms to watches: `activities.alarms.reporter.WatchReporter`."""

    async def report(self, alarms: Sequence[Alarm]) -> Any:
        """Return once they are durable, else raise `WatchUnavailableError`."""


def switches(dossier: Dossier) -> dict[Switch, Terms]:
    """The switches of one application: its sources, and the embedded monitor of every site that looks at its points.

    A site's monitor is told of on every application that it looks at, because each of them is watched by nobody.
    """
    found = {
        Switch(dossier.id, name): Terms(source.silent_after, source.severity)
        for name, source in dossier.monitoring.sources.items()
    }
    for site in dossier.architecture.sites:
        if points := monitored_points(dossier, site):
            silence = max(MONITOR_SILENT_AFTER, _SHORTEST_OF_A_MONITOR * min(p.every for p in points))
            found[Switch(dossier.id, monitor_sign(site))] = Terms(silence, Severity.CRITICAL)
    return found


class Switchboard:
    """Decides which sources are silent; gives each its full time after a start, and after a time in which nobody could look."""

    def __init__(self, patience: timedelta = 3 * LOOK_EVERY) -> None:
        """`patience` is the longest time between two looks after which what was not seen counts against a source."""
        self._patience = patience
        self._since: dict[Switch, datetime] = {}
        """From when on each is waited for."""
        self._silent: dict[Switch, bool | None] = {}
        """What the watches have been told; None: nothing yet by us."""
        self._looked: datetime | None = None

    def look(
        self, wanted: Mapping[Switch, Terms], signs: Mapping[str, datetime], now: datetime
    ) -> list[tuple[Switch, Alarm]]:
        """The alarms to send, those that are over among them; `told` says when one was taken."""
        if self._looked is None or now - self._looked > self._patience:
            self._since.clear()
        self._looked = now
        alarms = []
        for switch, terms in wanted.items():
            heard = signs.get(switch.source)
            waited_from = self._since.setdefault(switch, now)
            since = max(waited_from, heard) if heard else waited_from
            told = self._silent.get(switch)
            if now - since > terms.silent_after:
                if told is not True:
                    alarms.append((switch, _alarm(switch, terms, True, since, now)))
            elif told is not False and heard and now - heard <= terms.silent_after:
                # Also the first time: a vigil before this one may have raised it.
                alarms.append((switch, _alarm(switch, terms, False, since, now)))
        for switch in [s for s in self._silent if s not in wanted]:
            if self._silent[switch]:
                alarms.append((switch, _alarm(switch, Terms(timedelta(0), Severity.INFO), False, now, now)))
            else:
                self.forget(switch)
        for switch in [s for s in self._since if s not in wanted]:
            del self._since[switch]
        return alarms

    def told(self, switch: Switch, silent: bool) -> None:
        """The watch has taken it."""
        self._silent[switch] = silent

    def forget(self, switch: Switch) -> None:
        """It is in no dossier any more."""
        self._silent.pop(switch, None)

    @property
    def silent(self) -> list[Switch]:
        """Those of which the watches were told that they are silent."""
        return [s for s, silent in self._silent.items() if silent]


def _alarm(switch: Switch, terms: Terms, silent: bool, since: datetime, now: datetime) -> Alarm:
    return Alarm(
        application=switch.application,
        fingerprint=f"dead-man/{switch.source}",
        subject=Subject.SOURCES,
        state=AlarmState.FIRING if silent else AlarmState.CLEARED,
        severity=terms.severity,
        title=f"Nothing is heard of {switch.source}, which watches this application",
        source="vigil",
        since=since if silent else now,
        since_known=silent,  # it is heard of, whichever silence was told before; a later one may have begun by now
        seen_at=now,
        detail=f"Silent for more than {format_duration(terms.silent_after)}; what goes wrong meanwhile may raise no alarm."
        if silent
        else "It is heard of again, or is no longer waited for.",
    )


def _overdue_drill(standing: DrillStanding, now: datetime) -> Alarm:
    since = standing.overdue_since
    return Alarm(
        application=standing.application,
        fingerprint=f"drill/{standing.restore}",
        subject=Subject.DRILLS,
        state=AlarmState.CLEARED if since is None else AlarmState.FIRING,
        severity=Severity.WARNING,
        title=f"The drill of the restore {standing.restore} is overdue",
        component=standing.component,
        source="vigil",
        since=since or now,
        since_known=since is not None,  # no drill is overdue, whichever was told before; one may be due already
        seen_at=now,
        detail="It has been held, or is no longer waited for."
        if since is None
        else f"It was to be held at {since:%Y-%m-%d %H:%M} UTC; nobody knows whether this backup can be restored.",
    )


class VigilActivities:
    """Keeps vigil over the sources of every published dossier."""

    def __init__(
        self,
        source: PointSource,
        signs: Callable[[], Mapping[str, datetime]],
        reporter: AlarmReporter,
        drills: Callable[[datetime], Sequence[DrillStanding]] = lambda now: (),
        *,
        look_every: timedelta = LOOK_EVERY,
    ) -> None:
        """`source`, `signs` and `drills` block; they are asked in threads."""
        self._drills = drills
        self._drills_looked: datetime | None = None
        self._drills_told: dict[tuple[str, str], bool] = {}
        """Whether the watch was told that it is overdue."""
        self._source = source
        self._signs = signs
        self._reporter = reporter
        self._look_every = look_every
        self._known: dict[str, dict[Switch, Terms]] = {}
        """By the digest of a dossier."""

    @activity.defn(name="keep_vigil")
    async def keep_vigil(self, request: KeepVigil) -> VigilBeat:
        """Look until the time is up; ends soon, to be retried elsewhere, when the worker shuts down."""
        board = Switchboard(patience=3 * self._look_every)
        ends = datetime.now(UTC) + request.lasts
        beat = VigilBeat(looked_at=datetime.now(UTC))
        while datetime.now(UTC) < ends and not activity.is_worker_shutdown():
            beat = await self._look(board, beat)
            due = asyncio.get_running_loop().time() + self._look_every.total_seconds()
            while (left := due - asyncio.get_running_loop().time()) > 0 and not activity.is_worker_shutdown():
                activity.heartbeat(beat)
                await asyncio.sleep(min(left, 1.0))
        if activity.is_worker_shutdown():
            raise ApplicationError(
                "this worker shuts down; the next attempt goes on from here",
                type="WorkerShutdown",
                category=ApplicationErrorCategory.BENIGN,
            )
        return beat

    async def _look(self, board: Switchboard, before: VigilBeat) -> VigilBeat:
        try:
            wanted = await asyncio.to_thread(self._wanted)
            signs = await asyncio.to_thread(self._signs)
        except DriftvaktError as error:  # the records are away; so are the signs, and nothing can be said of any source
            return before.model_copy(update={"fault": str(error)[:300]})
        fault = ""
        for switch, alarm in board.look(wanted, signs, datetime.now(UTC)):
            try:
                await self._reporter.report([alarm])
            except DriftvaktError as error:
                fault = str(error)[:300]
            else:
                board.told(switch, alarm.state is AlarmState.FIRING)
        try:
            await self._look_at_drills(datetime.now(UTC))
        except DriftvaktError as error:
            fault = str(error)[:300]
        silent = [f"{s.source} of {s.application}" for s in board.silent]
        return VigilBeat(looked_at=datetime.now(UTC), sources=len(wanted), silent=silent[:10], fault=fault)

    async def _look_at_drills(self, now: datetime) -> None:
        """Now and then: they are overdue by days."""
        if self._drills_looked is not None and now - self._drills_looked < _DRILLS_EVERY:
            return
        for standing in await asyncio.to_thread(self._drills, now):
            key, overdue = (standing.application, standing.restore), standing.overdue_since is not None
            # Also the first time, when it is not: a vigil before this one may have raised it.
            if self._drills_told.get(key) is not overdue:
                await self._reporter.report([_overdue_drill(standing, now)])
                self._drills_told[key] = overdue
        self._drills_looked = now

    def _wanted(self) -> dict[Switch, Terms]:
        current = self._source.current()
        for digest in set(current.values()) - self._known.keys():
            try:
                self._known[digest] = switches(self._source.dossier(digest))
            except UserError:  # the monitor and the doctor say so
                self._known[digest] = {}
        self._known = {d: self._known[d] for d in set(current.values())}
        return {switch: terms for found in self._known.values() for switch, terms in found.items()}
