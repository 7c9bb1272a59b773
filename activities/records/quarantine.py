"""Alarm bodies that the intake could not read, kept for the people who repair their sender."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import case, func
from sqlmodel import col, select

from activities.records.database import Database
from activities.records.text import storable
from models.tables import Quarantined


class Quarantine:
    """The unreadable bodies in the records. Every method blocks, and raises what `Records` raises."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, source: str, body: bytes, reason: str) -> str:
        """Store an unreadable body and return its id; a repeated body increases its count."""
        return self.add_all(source, [(body, reason)])[0]

    def add_all(self, source: str, bodies: Sequence[tuple[bytes, str]]) -> list[str]:
        """Store all these bodies with their reasons, or none; return an id for each."""
        now = datetime.now(UTC)
        rows: dict[str, dict[str, Any]] = {}
        ids = [_id(source, body) for body, _ in bodies]
        for id, (body, reason) in zip(ids, bodies, strict=True):
            fresh = {
                "id": id,
                "received_at": now,
                "source": storable(source),
                "body": body,
                "reason": storable(reason),
                "times": 0,
            }
            rows.setdefault(id, fresh)["times"] += 1
        statement = self._database.insert(Quarantined)
        again = statement.on_conflict_do_update(
            index_elements=["id"],
            set_={
                "times": col(Quarantined.times) + statement.excluded.times,
                "received_at": case(
                    (col(Quarantined.received_at) < statement.excluded.received_at, statement.excluded.received_at),
                    else_=col(Quarantined.received_at),
                ),
            },
        )
        with self._database.writing() as session:
            # In one order everywhere, as with tokens.
            session.execute(again, [rows[id] for id in sorted(rows)])
        return ids

    def latest(self, source: str | None = None, limit: int = 100, *, beginning: str | None = None) -> list[Quarantined]:
        """Return unreadable bodies, the latest first; of one source, or by the beginning of the id."""
        query = select(Quarantined)
        if source is not None:
            query = query.where(Quarantined.source == source)
        if beginning is not None:
            query = query.where(col(Quarantined.id).startswith(beginning, autoescape=True))
        with self._database.reading() as session:
            return list(session.exec(query.order_by(col(Quarantined.received_at).desc()).limit(limit)).all())

    def count(self, source: str | None = None) -> int:
        """Return the number of unreadable bodies."""
        query = select(func.count()).select_from(Quarantined)
        if source is not None:
            query = query.where(Quarantined.source == source)
        with self._database.reading() as session:
            return int(session.exec(query).one())


def _id(source: str, body: bytes) -> str:
    return hashlib.sha256(source.encode("utf-8", "replace") + b"\0" + body).hexdigest()
