"""The incidents of a period, with their targets and waiting times as of the end of the period."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import Any, Final, NamedTuple

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json
from sqlalchemy import Text, and_, cast, or_, select
from sqlmodel import col

from activities.clocks import read
from activities.clocks.surely_met import (
    CLOSED,
    REOPENED,
    RESTORED,
    WAITING,
    StoredEvent,
    stored_events,
    surely_met,
)
from activities.clocks.terms import AgreedTerms
from activities.post_incident_report.waiting_times import waits_of
from activities.records import Records
from models.clock import ClockedTarget, ClockEvent, TargetKind, TargetState
from models.dossier import Dossier
from models.errors import ClockError
from models.incident import IncidentEnd
from models.report import ReportPeriod, ReportVerdict
from models.tables import IncidentRow, PostIncidentReportRow

_EVENTS: Final = TypeAdapter(list[ClockEvent])

_AT_ONCE: Final = 500
"""Rows that are read at a time."""

_COLUMNS: Final = (
    *("id", "number", "title", "priority", "dossier", "opened_at", "closed_at", "outcome", "cause"),
    *("lead", "summary"),
)
_DOCUMENTS: Final = ("components", "clock")
"""Columns that are read as text: the parser of pydantic takes half the time of that of the standard library."""

_MOMENT: Final = timedelta(microseconds=1)

Span = tuple[datetime, datetime]


_LEFT_OUT: Final = frozenset({IncidentEnd.NOT_CONFIRMED.value, IncidentEnd.MERGED.value})


class Unproven(StrEnum):
    """Why nothing can be said about the targets of an incident."""

    NO_DOSSIER = "no-dossier"
    """The records have no readable dossier for it."""
    NO_EVENTS = "no-events"
    """The records keep no events of its clock."""
    UNREADABLE = "unreadable"
    """The events are in a form that this release cannot read."""
    CONTRADICTORY = "contradictory"
    """The events cannot have happened in that order."""


class JudgedTarget(NamedTuple):
    """A target that was met or missed in the period, or that is undecided at its end."""

    kind: TargetKind
    priority: str
    within: str
    """As in the agreement; empty if it was met on the short way."""
    verdict: ReportVerdict | None
    """None: undecided."""
    decided_at: datetime | None
    over_seconds: int = 0
    """For a missed target: the service time beyond the target, until the end of the period; 0: not known."""
    within_seconds: int = 0
    breaches: int = 0
    done: bool = True


class IncidentWait(NamedTuple):
    """A time in which another party had to act, cut to the period."""

    since: datetime
    until: datetime
    party: str
    """The name of the party."""
    kind: str
    """`customer` or `third_party`; empty if it is not known."""

    @property
    def seconds(self) -> int:
        """The length in whole seconds."""
        return round((self.until - self.since).total_seconds())


class PeriodIncident(NamedTuple):
    """An incident that was open during the period, as of the end of the period."""

    id: str
    number: int
    title: str
    priority: str
    """Empty if it has none."""
    components: tuple[str, ...]
    opened_at: datetime
    restored_at: datetime | None
    closed_at: datetime | None
    """None: open at the end of the period."""
    outcome: str
    cause: str
    open_at_start: bool
    """Whether it was open when the period began."""
    reopened: int
    """How often it was reopened in the period."""
    lead: str
    summary: str
    open_seconds: int
    """The time in the period in which it was not closed."""
    targets: tuple[JudgedTarget, ...]
    waits: tuple[IncidentWait, ...]
    unproven: Unproven | None
    restore_by: datetime | None = None
    """While it is not restored: the deadline for that, also a missed one; None: the agreement has none, or the clock is
    paused."""

    @property
    def name(self) -> str:
        """The name for people: `acme.shop.17`."""
        return self.id.removeprefix("inc.")

    @property
    def left_out(self) -> bool:
        """Whether its targets count only if they were missed: nothing was wrong, or another incident took over."""
        return self.outcome in _LEFT_OUT


class _Judged(NamedTuple):
    """What the clock of an incident says."""

    targets: list[JudgedTarget]
    unproven: Unproven | None = None
    restore_by: datetime | None = None


def incidents_of(
    records: Records, application: str, period: ReportPeriod, dossier: Callable[[str], Dossier | None]
) -> list[PeriodIncident]:
    """Return the incidents that were open during the period, in the order in which they were opened.

    `dossier` returns a version by its digest; None if it cannot be read.
    """
    judge = _Judge(period, dossier)
    columns = [col(getattr(IncidentRow, name)) for name in _COLUMNS]
    documents = [cast(col(getattr(IncidentRow, name)), Text).label(name) for name in _DOCUMENTS]
    query = select(*columns, *documents).where(_of_period(application, period))
    query = query.order_by(col(IncidentRow.opened_at), col(IncidentRow.number))
    with records.database.reading() as session:
        rows = session.execute(query.execution_options(yield_per=_AT_ONCE))
        return [found for row in rows if (found := judge.incident(row)) is not None]


def report_digests(records: Records, application: str, period: ReportPeriod) -> dict[str, str]:
    """Return the digest of the latest post-incident report of each incident of the period that has one."""
    report, incident = PostIncidentReportRow, IncidentRow
    query = (
        select(col(report.incident), col(report.digest))
        .join(incident, col(incident.id) == col(report.incident))
        .where(_of_period(application, period))
        .order_by(col(report.version))
    )
    with records.database.reading() as session:
        return {row.incident: row.digest for row in session.execute(query)}


def _of_period(application: str, period: ReportPeriod) -> Any:
    row = IncidentRow
    still_open = or_(col(row.closed_at).is_(None), col(row.closed_at) >= period.since)
    return and_(col(row.application) == application, col(row.opened_at) < period.until, still_open)


class _Judge:
    """Turns rows into incidents of the period."""

    def __init__(self, period: ReportPeriod, dossier: Callable[[str], Dossier | None]) -> None:
        self._period = period
        self._dossier = dossier
        self._terms: dict[str, AgreedTerms] = {}
        self._components: dict[str, tuple[str, ...]] = {}

    def incident(self, row: Any) -> PeriodIncident | None:
        """Return the incident as of the end of the period; None if it was not open during the period."""
        period, clock = self._period, from_json(row.clock)
        raw = clock if isinstance(clock, list) else []
        events = stored_events(raw)
        known = [event for event in events or () if event.at < period.until]
        life = _Life.of(row, known, period.until)
        spans = [cut for span in life.spans if (cut := _cut(span, period)) is not None]
        if not spans and not period.holds(row.opened_at):
            return None
        dossier = self._dossier(row.dossier)
        kinds = {event.kind for event in known}
        judged = self._judged(row, raw, known, life, dossier)
        return PeriodIncident(
            id=row.id,
            number=row.number,
            title=row.title,
            priority=next((event.priority for event in reversed(known) if event.priority), row.priority or ""),
            components=self._components_of(row.components),
            opened_at=row.opened_at,
            restored_at=life.restored_at,
            closed_at=life.closed_at,
            outcome=row.outcome or "" if life.closed_at else "",
            cause=row.cause or "" if life.closed_at else "",
            open_at_start=any(since < period.since < until for since, until in life.spans),
            reopened=sum(e.kind == REOPENED and period.holds(e.at) for e in known) if REOPENED in kinds else 0,
            lead=row.lead or "",
            summary=row.summary,
            open_seconds=round(sum((until - since).total_seconds() for since, until in spans)),
            targets=tuple(judged.targets),
            waits=self._waits(raw[: len(known)], life, dossier) if WAITING in kinds else (),
            unproven=judged.unproven if events is not None else Unproven.UNREADABLE,
            restore_by=judged.restore_by,
        )

    def _components_of(self, text: str) -> tuple[str, ...]:
        if text not in self._components:
            self._components[text] = tuple(from_json(text))
        return self._components[text]

    # --- targets

    def _judged(
        self, row: Any, raw: list[Any], known: Sequence[StoredEvent], life: _Life, dossier: Dossier | None
    ) -> _Judged:
        if dossier is None:
            return _Judged([], Unproven.NO_DOSSIER)
        if not known:
            return _Judged([], Unproven.NO_EVENTS)
        terms = self._terms.get(row.dossier) or self._terms.setdefault(row.dossier, AgreedTerms(dossier.agreement))
        try:
            met = surely_met(terms, dossier.parties, known)
            if met is not None:
                return _Judged(list(self._all_met(known, met)))
            return self._read(terms, dossier, _EVENTS.validate_python(raw[: len(known)]), life)
        except ValidationError:
            return _Judged([], Unproven.UNREADABLE)
        except ClockError:
            return _Judged([], Unproven.CONTRADICTORY)

    def _all_met(self, known: Sequence[StoredEvent], met: Mapping[TargetKind, datetime]) -> Iterator[JudgedTarget]:
        for kind, at in met.items():
            if self._period.holds(at):
                yield JudgedTarget(kind, str(known[0].priority), "", ReportVerdict.MET, at)

    def _read(self, terms: AgreedTerms, dossier: Dossier, events: list[ClockEvent], life: _Life) -> _Judged:
        # A target whose time is up in the first moment of a period belongs to that period.
        as_of = max(life.closed_at or self._period.until - _MOMENT, events[-1].at)
        now = read(terms.agreement, dossier.parties, events, as_of, terms=terms)
        before: dict[TargetKind, ClockedTarget] = {}
        earlier = [event for event in events if event.at < self._period.since]
        if earlier and any(one.breaches for one in now.targets):
            then = self._period.since - _MOMENT
            read_then = read(terms.agreement, dossier.parties, earlier, then, terms=terms)
            before = {one.kind: one for one in read_then.targets}
        judged = (self._target(one, before.get(one.kind), life) for one in now.targets)
        restore = next((one for one in now.targets if one.kind is TargetKind.RESTORE), None)
        return _Judged(
            [one for one in judged if one is not None],
            restore_by=None if restore is None or life.ended_at else restore.breached_at or restore.deadline,
        )

    def _target(self, one: ClockedTarget, before: ClockedTarget | None, life: _Life) -> JudgedTarget | None:
        """Return a target that was decided in the period or is undecided; None if an earlier period decided it."""
        breaches = one.breaches - (before.breaches if before else 0)
        done = life.ended_at if one.kind is not TargetKind.RESPOND else one.done_at
        at: datetime | None = None
        verdict: ReportVerdict | None = None
        if breaches > 0:
            at, verdict = one.breached_at, ReportVerdict.MISSED
        elif one.breaches:
            return None
        elif one.state is TargetState.MET:
            if done is None or not self._period.holds(done):  # nothing is due any more, or an earlier period says so
                return None
            at, verdict = done, ReportVerdict.MET
        within = ceil(one.within_seconds)
        over = ceil(one.elapsed_seconds) - within
        return JudgedTarget(
            kind=one.kind,
            priority=_priority(one),
            within=one.within,
            verdict=verdict,
            decided_at=at,
            # The clock of updates may be in a later round than the one that was missed.
            over_seconds=max(over, 0) if verdict is ReportVerdict.MISSED else 0,
            within_seconds=within,
            breaches=breaches,
            done=one.state in {TargetState.MET, TargetState.MISSED},
        )

    # --- waiting times

    def _waits(self, raw: Sequence[Any], life: _Life, dossier: Dossier | None) -> tuple[IncidentWait, ...]:
        try:
            events = _EVENTS.validate_python(raw)
        except ValidationError:  # the incident counts as unproven
            return ()
        return tuple(
            IncidentWait(*span, wait.party, wait.kind.value if wait.kind else "")
            for wait in waits_of(events, life.closed_at or self._period.until, dossier)
            if (span := _cut((wait.since, wait.until), self._period)) is not None
        )


@dataclass(frozen=True, slots=True)
class _Life:
    """When an incident was open, until the end of the period."""

    spans: list[Span]
    closed_at: datetime | None
    restored_at: datetime | None
    ended_at: datetime | None
    """Restored or closed, whichever came first."""

    @classmethod
    def of(cls, row: Any, events: Sequence[StoredEvent], until: datetime) -> _Life:
        spans: list[Span] = []
        since: datetime | None = row.opened_at
        restored = ended = closed = None
        for kind, at, _, _ in events:
            if kind == REOPENED and ended is not None:
                since, restored, ended, closed = since or at, None, None, None
            elif kind == RESTORED:
                restored, ended = restored or at, ended or at
            elif kind == CLOSED and closed is None:
                ended, closed = ended or at, at
                spans.append((since or at, at))
                since = None
        if since is not None and row.closed_at is not None and since <= row.closed_at < until:  # no event says so
            spans.append((since, row.closed_at))
            closed, since = row.closed_at, None
        if since is not None:
            spans.append((since, until))
        return cls(spans, closed, restored, ended)


def _cut(span: Span, period: ReportPeriod) -> Span | None:
    since, until = max(span[0], period.since), min(span[1], period.until)
    return (since, until) if since < until else None


def _priority(one: ClockedTarget) -> str:
    shown = one.breached_as or one.priority
    return shown.value if shown else ""
