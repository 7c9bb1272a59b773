"""Which drills are overdue: restores that the dossier wants practised, and that nobody has practised in time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from activities.calendars.occurrences import Occurrences
from activities.records.records import Records
from models.dossier.agreement import ServiceHours
from models.dossier.instructions import Restore
from models.errors import DriftvaktError
from models.operation import OperationEnd, OperationKind
from models.tables import OperationRow

OVERDUE_AFTER: Final = timedelta(days=1)
"""So long after its time a drill that has not been held is overdue."""

_EARLY: Final = timedelta(days=1)
"""So long before its time a drill counts for it."""

_LOOK_BACK: Final = timedelta(days=400)
_MOST: Final = 1000

_HELD: Final = {None, OperationEnd.DONE.value, OperationEnd.FAILED.value}
"""Ends of a drill that was held, or is being held; what was refused or missed was not."""


class DrillStanding(NamedTuple):
    """A restore that is to be drilled."""

    application: str
    restore: str
    component: str
    overdue_since: datetime | None
    """When it should have been held and was not; None: all is well."""
    next_at: datetime | None


def standing_drills(records: Records, application: str, now: datetime) -> Iterator[DrillStanding]:
    """How the drills of an application stand; nothing where its dossier cannot be read, of which others tell."""
    try:
        dossier = records.current_dossier(application)
    except DriftvaktError:
        return
    drilled = {name: r for name, r in dossier.instructions.restore.items() if r.drill is not None} if dossier else {}
    if dossier is None or not drilled:
        return
    rows = records.operations(application, kind=OperationKind.DRILL.value, limit=_MOST)
    hours = dossier.agreement.working_days(None)
    for name, restore in drilled.items():
        held = [row.opened_at for row in rows if row.name == name and _was_held(row)]
        missed = missed_at(restore, hours, held, now)
        if missed is not None and not _was_wanted(records, application, name, missed):
            missed = None
        yield DrillStanding(application, name, restore.component, missed, next_at(restore, hours, now))


def missed_at(
    restore: Restore, working_days: ServiceHours | None, held: Sequence[datetime], now: datetime
) -> datetime | None:
    """The last time at which a drill should have been held a day ago or earlier, if none was."""
    if restore.drill is None:
        return None
    times = Occurrences(restore.drill.frequency, restore.drill.time_zone, working_days)
    past = list(times.between(now - _LOOK_BACK, now - OVERDUE_AFTER))
    return past[-1] if past and not any(at >= past[-1] - _EARLY for at in held) else None


def next_at(restore: Restore, working_days: ServiceHours | None, now: datetime) -> datetime | None:
    """When the next one is to be held."""
    if restore.drill is None:
        return None
    return next(
        iter(Occurrences(restore.drill.frequency, restore.drill.time_zone, working_days).following(now, 1)), None
    )


def _was_held(row: OperationRow) -> bool:
    return not row.rehearsed and row.outcome in _HELD


def _was_wanted(records: Records, application: str, name: str, at: datetime) -> bool:
    """Whether a dossier wanted it by then: nobody is behind with what was agreed afterwards."""
    return any(
        (content.get("instructions", {}).get("restore", {}).get(name) or {}).get("drill")
        for content in records.dossiers_before(application, at)
    )
