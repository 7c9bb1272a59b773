"""The requirements of maintenance and freezes: run times inside their windows, and defined working days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from models.base import format_duration
from models.dossier.agreement import ServiceHours, Undertaking, minutes_of
from models.dossier.dossier import Dossier
from models.dossier.faults import Place
from models.dossier.frequency import Pattern, numbers, read_frequency
from models.dossier.routines import MaintenanceRoutine, Weekday, at_longest
from models.dossier.rules.registry import RuleFinding, error, gap


@error("freeze-backwards")
def freezes_go_forward(dossier: Dossier) -> Iterator[RuleFinding]:
    """A freeze ends after it begins."""
    for number, freeze in enumerate(dossier.agreement.freezes):
        # A day alone stands for its first moment in the one, and for its last in the other.
        if freeze.since >= (freeze.until if " " in freeze.until else f"{freeze.until} 24:00"):
            what = f"the freeze {freeze.reason!r} ends at {freeze.until}, before it begins at {freeze.since}"
            yield RuleFinding(
                ("agreement", "freezes", number, "until"), what, "write the later of the two under `until`"
            )


@error("working-days-unclear")
def working_days_are_known(dossier: Dossier) -> Iterator[RuleFinding]:
    """If maintenance counts working days, it is clear which service hours define them."""
    own = [name for name, hours in dossier.agreement.service_hours.items() if isinstance(hours, ServiceHours)]
    for name, routine in dossier.routines.maintenance.items():
        if read_frequency(routine.frequency).working_day is None:
            continue
        if dossier.agreement.working_days(routine.working_days) is None:
            place: Place = ("routines", "maintenance", name)
            if routine.working_days is not None:
                what = f"the service hours {routine.working_days}, which define the working days for {name}, are 24x7"
                place = (*place, "working_days")
            else:
                what = f"{name} counts working days, and {len(own) or 'no'} service hours could define them"
            fix = (
                f"name one of them: `working_days: {own[0]}`"
                if own
                else "add service hours with weekdays, and name them"
            )
            yield RuleFinding(place, what, fix)


@error("outside-window")
def maintenance_begins_in_its_window(dossier: Dossier) -> Iterator[RuleFinding]:
    """Maintenance begins while its window is open."""
    for name, routine in dossier.routines.maintenance.items():
        for weekday, minute in _beginnings(routine):
            if not routine.window.holds(weekday, minute):
                when = f"on {list(Weekday)[weekday].value}s " if routine.window.weekdays else ""
                what = f"{name} begins {when}at {minute // 60:02}:{minute % 60:02}, when its window is closed"
                fix = "move the frequency into the window, or open the window then"
                yield RuleFinding(("routines", "maintenance", name, "frequency"), what, fix)
                break


@gap("window-too-short", Undertaking.MAINTENANCE)
def windows_are_long_enough(dossier: Dossier) -> Iterator[RuleFinding]:
    """The steps of maintenance on one host fit into the rest of the window, even if all take their longest time."""
    for name, routine in dossier.routines.maintenance.items():
        longest = at_longest(routine.steps)
        since, until = minutes_of(routine.window.hours)
        inside = [m if m >= since else m + 1440 for _, m in _beginnings(routine)]
        left = timedelta(minutes=min((until - m for m in inside if m < until), default=until - since))
        if longest > left:
            what = (
                f"the steps of {name} may take {format_duration(longest)} on one host, and {format_duration(left)} are left "
                "of its window when it begins"
            )
            yield RuleFinding(
                ("routines", "maintenance", name, "window"), what, "widen the window, or shorten the timeouts"
            )


def _beginnings(routine: MaintenanceRoutine) -> Iterator[tuple[int, int]]:
    """Yield the weekdays (0 is Monday) and minutes of the day at which a routine may begin. A working day may be any
    open weekday.
    """
    patterns, working = read_frequency(routine.frequency)
    if working is not None:
        open_on = routine.window.weekdays or list(Weekday)
        yield from ((list(Weekday).index(day), working.minute) for day in open_on)
    for pattern in patterns:
        yield from ((day, minute) for day in _weekdays(pattern) for minute in pattern.minutes_of_day())


def _weekdays(pattern: Pattern) -> list[int]:
    return sorted((number - 1) % 7 for number in numbers(pattern.weekdays))
