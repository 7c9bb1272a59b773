"""Reads the samples of points from the records: the hot path of the fold."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, bindparam, func, select, type_coerce
from sqlmodel import SQLModel, col

from activities.history.samples import NO_SAMPLES, SampleColumns
from activities.records.database import Database
from models.errors import StoreUnavailableError
from models.tables import SampleRow, UtcDateTime


class SampleReader:
    """Reads samples as columns, with as little work for each row as possible."""

    def __init__(self, database: Database) -> None:
        self._is_sqlite = database.is_sqlite
        at: Any = col(SampleRow.at)
        shown = type_coerce(at, String) + "+00:00" if self._is_sqlite else at
        self._query = (
            select(shown, col(SampleRow.seen), col(SampleRow.value), col(SampleRow.latency_ms))
            .where(
                col(SampleRow.point) == bindparam("point"),
                at >= bindparam("since", type_=UtcDateTime),
                at < bindparam("until", type_=UtcDateTime),
            )
            .order_by(at)
        )

    def read(self, connection: Connection, point: str, since: datetime, until: datetime) -> SampleColumns:
        """Return the samples of a point in [since, until), in the order of their time."""
        result = connection.execute(self._query, {"point": point, "since": since, "until": until})
        # The driver's own rows: SQLAlchemy's would take twice the time of the whole fold.
        cursor = result.cursor
        assert cursor is not None, "a query has rows"
        try:
            rows = cursor.fetchall()
        except connection.dialect.loaded_dbapi.Error as error:
            raise StoreUnavailableError(f"the records database does not answer: {str(error)[:300]}") from error
        finally:
            result.close()
        if not rows:
            return NO_SAMPLES
        at, seen, value, latency = zip(*rows, strict=True)
        if self._is_sqlite:
            at = tuple(map(datetime.fromisoformat, at))
        return SampleColumns(at, seen, value, latency)


def known_points(connection: Connection, table: type[SQLModel]) -> list[str]:
    """Return the points in a table whose index begins with the point, sorted; it reads one row of each point."""
    point: Any = table.__table__.c.point  # type: ignore[attr-defined]  # SQLModel does not declare it
    first = select(func.min(point).label("point")).cte("points", recursive=True)
    following = select(func.min(point)).where(point > first.c.point).scalar_subquery()
    points = first.union_all(select(following).where(first.c.point.is_not(None)))
    return list(connection.execute(select(points.c.point).where(points.c.point.is_not(None))).scalars())


def oldest_sample(connection: Connection, points: list[str]) -> datetime | None:
    """Return the time of the oldest sample of these points; None without one."""
    oldest = select(func.min(col(SampleRow.at))).where(col(SampleRow.point) == bindparam("point"))
    found = [connection.execute(oldest, {"point": point}).scalar() for point in points]
    return min((moment for moment in found if moment is not None), default=None)
