"""Overdue drills: restores whose drill in the dossier did not take place in time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Final, NamedTuple

from activities.calendars.occurrences import Occurrences
from activities.records.records import Records
from models.dossier.agreement import ServiceHours
from models.dossier.instructions import Restore
from models.errors import DriftvaktError
from models.operation import OperationEnd
from models.operation_kinds import DRILL
from models.tables import OperationRow

OVERDUE_AFTER: Final = timedelta(days=1)
"""A drill is overdue this long after its time."""

_EARLY: Final = timedelta(days=1)
"""A drill counts for its time if it is at most this early."""

_LOOK_BACK: Final = timedelta(days=400)
_MOST: Final = 1000

_HELD: Final = {None, OperationEnd.DONE.value, OperationEnd.FAILED.value}
"""The ends of a drill that took place or still runs; a refused or missed one did not."""


class DrillState(NamedTuple):
    """A restore that has a drill."""

    application: str
    restore: str
    component: str
    overdue_since: datetime | None
    """The time at which the drill should have taken place; None: it is not overdue."""
    next_at: datetime | None


def drill_states(records: Records, application: str, now: datetime) -> Iterator[DrillState]:
    """Yield the state of an application's drills; nothing if its dossier cannot be read, which other checks report."""
    try:
        dossier = records.current_dossier(application)
    except DriftvaktError:
        return
    drilled = {name: r for name, r in dossier.instructions.restore.items() if r.drill is not None} if dossier else {}
    if dossier is None or not drilled:
        return
    rows = records.operations(application, kind=DRILL.name, limit=_MOST)
    hours = dossier.agreement.working_days(None)
    for name, restore in drilled.items():
        held = [row.opened_at for row in rows if row.name == name and _was_held(row)]
        missed = missed_at(restore, hours, held, now)
        if missed is not None and not _was_wanted(records, application, name, missed):
            missed = None
        yield DrillState(application, name, restore.component, missed, next_at(restore, hours, now))


def missed_at(
    restore: Restore, working_days: ServiceHours | None, held: Sequence[datetime], now: datetime
) -> datetime | None:
    """Return the last time, at least a day ago, at which a drill should have taken place; None if one did."""
    if restore.drill is None:
        return None
    times = Occurrences(restore.drill.frequency, restore.drill.time_zone, working_days)
    past = list(times.between(now - _LOOK_BACK, now - OVERDUE_AFTER))
    return past[-1] if past and not any(at >= past[-1] - _EARLY for at in held) else None


class DueDrill(NamedTuple):
    """A time at which a drill was due."""

    at: datetime
    held_at: datetime | None
    """The first drill that counts for this time; None: there was none before the next time."""

    @property
    def on_time(self) -> bool:
        """Whether the drill was held before it was overdue."""
        return self.held_at is not None and self.held_at <= self.at + OVERDUE_AFTER


def due_drills(
    restore: Restore, working_days: ServiceHours | None, held: Sequence[datetime], since: datetime, until: datetime
) -> list[DueDrill]:
    """Return the times from `since` on and before `until` at which drills were due, each with the drill that was held."""
    if restore.drill is None:
        return []
    occurrences = Occurrences(restore.drill.frequency, restore.drill.time_zone, working_days)
    due = list(occurrences.between(since, until))
    following = [*due[1:], *(occurrences.following(due[-1], 1) if due else [])]
    return [
        DueDrill(at, min((h for h in held if at - _EARLY <= h and (n is None or h < n - _EARLY)), default=None))
        for at, n in zip_longest(due, following)
    ]


def next_at(restore: Restore, working_days: ServiceHours | None, now: datetime) -> datetime | None:
    """Return the time of the next drill."""
    if restore.drill is None:
        return None
    return next(
        iter(Occurrences(restore.drill.frequency, restore.drill.time_zone, working_days).following(now, 1)), None
    )


def took_place(outcome: str | None) -> bool:
    """Return whether a drill with this end took place, or still runs."""
    return outcome in _HELD


def _was_held(row: OperationRow) -> bool:
    return not row.rehearsed and took_place(row.outcome)


def _was_wanted(records: Records, application: str, name: str, at: datetime) -> bool:
    """Return whether a dossier required the drill by then; nobody is late with a later agreement."""
    return any(
        (content.get("instructions", {}).get("restore", {}).get(name) or {}).get("drill")
        for content in records.dossiers_before(application, at)
    )
