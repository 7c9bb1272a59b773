"""Check an order of an extended routine: the requester, the inputs and the earliest time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from temporalio import activity

from activities.calendars.zones import month_begins, zone
from activities.records import Records
from models.dossier import Dossier
from models.dossier.inputs import filled, read_inputs
from models.dossier.routines import ExtendedRoutine
from models.errors import NotFoundError
from models.operation_kinds import ROUTINE
from models.routine import CheckedOrder, CheckOrder, counts

_MOST = 1000


class RoutineActivities:
    """Checks orders; blocking, for the worker's thread pool."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def activities(self) -> list[Callable[..., Any]]:
        """Return all activities, for the worker."""
        return [self.check_order]

    @activity.defn
    def check_order(self, request: CheckOrder) -> CheckedOrder:
        """Check an order; the answer contains all faults at once."""
        dossier = self._records.dossier(request.dossier)
        routine = dossier.routines.extended.get(request.routine)
        if routine is None:
            known = ", ".join(dossier.routines.extended) or "none"
            return CheckedOrder(faults=[f"{dossier.id} has no extended routine {request.routine!r}; it has {known}"])
        values, faults = read_inputs(routine, request.inputs)
        may = dossier.people(routine.ordered_by)
        if request.by not in may:
            faults.insert(0, f"{request.by} may not order {request.routine}; {', '.join(may) or 'nobody'} may")
        earliest = request.ordered_at + routine.lead_time if routine.lead_time else None
        if request.at is not None and earliest is not None and request.at < earliest:
            faults.append(
                f"it must be ordered {_span(routine)} before; the earliest is now {earliest:%Y-%m-%d %H:%M} UTC"
            )
        if faults:
            return CheckedOrder(title=routine.title, faults=faults)
        return CheckedOrder(
            title=routine.title,
            values=values,
            steps=[filled(step, values) for step in routine.steps],
            not_before=request.at or earliest,
            approval=routine.approval,
            deciders=dossier.people(list(routine.approval.roles)) if routine.approval else [],
            beyond="" if request.rehearse else self._beyond(dossier, routine, request),
            operators=dossier.people(["operator"]),
            receipt_to=[name for name, c in dossier.contacts.items() if request.by in {name, c.email}],
        )

    def ordered(self, dossier: Dossier, routine: str, moment: datetime, but: str = "") -> int:
        """Return how many orders of a routine count against its entitlement in a month of the agreement, before a moment."""
        rows = self._records.operations(dossier.id, kind=ROUTINE.name, name=routine, limit=_MOST)
        begin = month_begins(moment, dossier.agreement.time_zone_of())
        return sum(
            begin <= row.opened_at <= moment and row.id != but and not row.rehearsed and counts(row.outcome, row.data)
            for row in rows
        )

    def _beyond(self, dossier: Dossier, routine: ExtendedRoutine, request: CheckOrder) -> str:
        if routine.per_month is None:
            return ""
        before = self.ordered(dossier, request.routine, request.ordered_at, request.operation)
        if before < routine.per_month:
            return ""
        month = request.ordered_at.astimezone(zone(dossier.agreement.time_zone_of()))
        return f"{routine.per_month} a month are agreed, and this is number {before + 1} of {month:%Y-%m}"


def find_routine(dossier: Dossier, name: str) -> ExtendedRoutine:
    """Return a routine of the dossier; `NotFoundError` names the existing ones."""
    try:
        return dossier.routines.extended[name]
    except KeyError:
        known = ", ".join(dossier.routines.extended) or "none"
        raise NotFoundError(f"{dossier.id} has no extended routine {name!r}; it has {known}") from None


def _span(routine: ExtendedRoutine) -> str:
    dumped = routine.model_dump(mode="json", include={"lead_time"})
    return str(dumped["lead_time"])
