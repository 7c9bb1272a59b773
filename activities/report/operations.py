"""The operations of a period, as the records have them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import or_, select
from sqlmodel import col

from activities.records import Records
from models.report import ReportPeriod
from models.tables import OperationRow

_AT_ONCE: Final = 500

_COLUMNS: Final = (
    *("id", "kind", "name", "title", "opened_at", "opened_by", "closed_at", "outcome", "summary", "data", "dossier"),
    "state",
)


@dataclass(frozen=True, slots=True)
class PeriodOperation:
    """An operation that was carried out, not a rehearsal. Its end is that of the period or earlier."""

    id: str
    kind: str
    name: str
    title: str
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    """None: not over at the end of the period."""
    outcome: str
    """Empty if it is not over."""
    summary: str
    data: dict[str, Any]
    dossier: str


def operations_of(
    records: Records, application: str, kind: str, period: ReportPeriod, since: datetime | None = None
) -> list[PeriodOperation]:
    """Return the operations of a kind that were under way during the period, in the order in which they began.

    `since` extends the search before the beginning of the period.
    """
    row = OperationRow
    columns = [col(getattr(row, name)) for name in _COLUMNS]
    query = select(*columns).where(
        col(row.application) == application,
        col(row.kind) == kind,
        col(row.rehearsed).is_(False),
        col(row.opened_at) < period.until,
        or_(col(row.closed_at).is_(None), col(row.closed_at) >= (since or period.since)),
    )
    query = query.order_by(col(row.opened_at), col(row.id)).execution_options(yield_per=_AT_ONCE)
    with records.database.reading() as session:
        return [_operation(found, period) for found in session.execute(query)]


def _operation(row: Any, period: ReportPeriod) -> PeriodOperation:
    over = row.closed_at is not None and row.closed_at < period.until
    return PeriodOperation(
        id=row.id,
        kind=row.kind,
        name=row.name,
        title=row.title,
        opened_at=row.opened_at,
        opened_by=row.opened_by,
        closed_at=row.closed_at if over else None,
        outcome=(row.outcome or "") if over else "",
        summary=row.summary if over else "",
        data=row.data if isinstance(row.data, dict) else {},
        dossier=row.dossier,
    )
