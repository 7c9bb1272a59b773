"""When each source of alarms was last heard of, in the records."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select
from sqlmodel import col

from activities.records.database import Database
from models.tables import SourceSign

_EVERY: Final = 3.0
"""Seconds between two notes of one source."""


def monitor_sign(site: str) -> str:
    """The name under which the embedded monitor of a site shows that it lives."""
    return f"monitor.{site}"


def upsert_sign(database: Database) -> Any:
    """The statement that notes a sign; a later one wins."""
    statement = database.insert(SourceSign)
    return statement.on_conflict_do_update(
        index_elements=["source"], set_={"at": statement.excluded.at}, where=col(SourceSign.at) < statement.excluded.at
    )


class Signs:
    """Notes and tells signs of life; blocking; a `StoreError` when the database does not take or give them."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._noted: dict[str, float] = {}
        self._lock = threading.Lock()

    def due(self, source: str) -> bool:
        """Whether a sign of this source is worth a write now: one every few seconds is enough."""
        return self._clock() - self._noted.get(source, -_EVERY) >= _EVERY

    def note(self, source: str, at: datetime) -> None:
        """Note that a source was heard of."""
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
        connection.execute(upsert_sign(self._database), [{"source": source, "at": at}])

    def all(self) -> dict[str, datetime]:
        """Source to when it was last heard of."""
        with self._database.reading() as session:
            rows = session.execute(select(col(SourceSign.source), col(SourceSign.at))).all()
        return {row.source: row.at for row in rows}
