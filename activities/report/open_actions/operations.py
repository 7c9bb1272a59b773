"""Changes, reviews and maintenance runs that are not over at the end of the period."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from activities.report.open_actions.action import OpenAction, owner_of
from activities.report.operations import PeriodOperation
from activities.report.sources import ReportSources
from models.operation_kinds import CHANGE, MAINTENANCE, REVIEW
from models.people import is_program

_DUE: Final = {CHANGE.name: "window_until", REVIEW.name: "due"}
"""Where the data of an operation has the time at which it is due."""


def find(sources: ReportSources) -> Iterator[OpenAction]:
    """The person who asked for the operation owns it; an operation that a program started has no owner yet."""
    for kind in (CHANGE.name, REVIEW.name, MAINTENANCE.name):
        for operation in sources.operations(kind):
            if operation.closed_at is None:
                yield _action(operation, sources)


def _action(operation: PeriodOperation, sources: ReportSources) -> OpenAction:
    due = _moment(operation.data.get(_DUE.get(operation.kind, "")))
    by = operation.opened_by
    return OpenAction(
        key=f"{operation.id} {operation.kind}",
        id=sources.cite_operation(operation),
        do=operation.kind,
        title=sources.text(operation.title),
        owner="" if is_program(by) else owner_of(by, sources.at_the_end, internal=sources.internal),
        since=operation.opened_at,
        due=due,
        overdue=due is not None and due < sources.period.until,
    )


def _moment(written: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(written) if isinstance(written, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
