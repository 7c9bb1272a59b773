"""The last heartbeat of each source of alarms, in the records."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select
from sqlmodel import col

from activities.records.database import Database
from models.tables import SourceHeartbeat

_EVERY: Final = 3.0
"""The least seconds between two writes for one source."""


def monitor_heartbeat(site: str) -> str:
    """Return the name under which the embedded monitor of a site sends its heartbeats."""
    return f"monitor.{site}"


def upsert_heartbeat(database: Database) -> Any:
    """Return the statement that stores a heartbeat, unless a later one is stored."""
    statement = database.insert(SourceHeartbeat)
    return statement.on_conflict_do_update(
        index_elements=["source"],
        set_={"at": statement.excluded.at},
        where=col(SourceHeartbeat.at) < statement.excluded.at,
    )


class SourceHeartbeats:
    """Stores and returns heartbeats. Blocking; raises a `StoreError` if the database fails."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._noted: dict[str, float] = {}
        self._lock = threading.Lock()

    def due(self, source: str) -> bool:
        """Return whether a heartbeat of this source should be written now: one every few seconds is enough."""
        return self._clock() - self._noted.get(source, -_EVERY) >= _EVERY

    def note(self, source: str, at: datetime) -> None:
        """Store a heartbeat of a source."""
        with self._lock:
            if not self.due(source):
                return
            self._noted[source] = self._clock()
        try:
            with self._database.connection() as connection:
                self._write(connection, source, at)
        except Exception:
            with self._lock:
                self._noted.pop(source, None)
            raise

    def _write(self, connection: Connection, source: str, at: datetime) -> None:
        connection.execute(upsert_heartbeat(self._database), [{"source": source, "at": at}])

    def all(self) -> dict[str, datetime]:
        """Return the last heartbeat of each source."""
        with self._database.reading() as session:
            rows = session.execute(select(col(SourceHeartbeat.source), col(SourceHeartbeat.at))).all()
        return {row.source: row.at for row in rows}
