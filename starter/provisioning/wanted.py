"""Computes the schedules that a dossier requires; pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from activities.calendars.occurrences import Occurrences
from activities.calendars.timetable import timetable
from models.dossier import Dossier
from models.dossier.frequency import FIRST_YEAR, LAST_YEAR, Pattern, Range, Ranges
from models.names import APPLICATION, CUSTOMER, WORKFLOW_QUEUE
from models.schedules import ScheduledRoutine, ScheduleShape, WantedSchedule, scheduled_reports, scheduled_routines
from workflows.runtime.markdown import summary_line

CATCHES_UP_WITHIN: Final = timedelta(days=30)
"""After a longer outage, Temporal starts no missed runs. A run that starts late detects the delay itself."""

OVERLAP: Final = "allow-all"
"""Temporal starts every run, and the lease decides which one works: nobody would notice a run that Temporal skips."""

_NEXT_RUNS: Final = 3
_WHOLE: Final = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6), (FIRST_YEAR, LAST_YEAR))
"""The range that `*` means, for each field of a pattern."""


def wanted_schedules(dossier: Dossier, now: datetime) -> list[WantedSchedule]:
    """Return the schedules of a dossier, computed at the moment `now`."""
    return [wanted_schedule(routine, now) for routine in [*scheduled_routines(dossier), *scheduled_reports(dossier)]]


def wanted_schedule(routine: ScheduledRoutine, now: datetime) -> WantedSchedule:
    """Return the schedule of one routine."""
    occurrences = Occurrences(routine.frequency, routine.time_zone, routine.working_days)
    times = timetable(occurrences, now)
    local = ZoneInfo(routine.time_zone)
    return WantedSchedule(
        routine=routine,
        shape=ScheduleShape(
            says=routine.when,
            times=sorted(pattern_text(pattern) for pattern in times.patterns),
            workflow=routine.kind,
            workflow_id=routine.id,
            task_queue=WORKFLOW_QUEUE,
            order={**routine.order, "exact_until": times.exact_until.isoformat()},
            summary=summary_line(f"{routine.title} ({routine.application})"),
            search_attributes={APPLICATION: routine.application, CUSTOMER: routine.customer},
            overlap=OVERLAP,
            catches_up_within=CATCHES_UP_WITHIN,
        ),
        next_runs=[at.astimezone(local) for at in occurrences.following(now, _NEXT_RUNS)],
        exact_until=times.exact_until,
    )


def pattern_text(pattern: Pattern) -> str:
    """Return a pattern as `MINUTE HOUR DAY MONTH WEEKDAY YEAR`, such as `0 2 * 1-2,11-12 * 2026-2027`."""
    return " ".join(
        "*" if ranges == (Range(*whole),) else _text(ranges) for ranges, whole in zip(pattern, _WHOLE, strict=True)
    )


def _text(ranges: Ranges) -> str:
    return ",".join(
        str(r.first) if r.first == r.last else f"{r.first}-{r.last}" + (f"/{r.step}" if r.step > 1 else "")
        for r in ranges
    )


def read_pattern(text: str) -> Pattern:
    """Return the pattern of a text; the inverse of `pattern_text`."""
    fields = zip(text.split(), _WHOLE, strict=True)
    return Pattern(*((Range(*whole),) if field == "*" else _ranges(field) for field, whole in fields))


def _ranges(text: str) -> Ranges:
    found = []
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        found.append(Range(int(first), int(last or first), int(step or 1)))
    return tuple(found)
