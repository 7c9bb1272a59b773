"""Samples, dossiers and the history of a small shop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlmodel import SQLModel

from activities.history.keeping import HistoryKeeper
from activities.history.store import HistoryStore
from activities.monitor.source import RecordedDossiers
from activities.monitor.store import MonitorStore, SampleValues
from activities.records.database import Database
from models.dossier.dossier import Dossier
from models.history import PointSpan
from models.history_tables import HistoryMark, HistoryProgress, PointDayRow, PointHourRow, PointSpanRow
from models.tables import DossierUse, DossierVersion, SampleRow
from tests.monitor.dossiers import dossier, point

PAGE, DISK = "acme.shop.page", "acme.shop.disk"
FIRST = datetime(2026, 3, 1, tzinfo=UTC)
EVERY = timedelta(minutes=10)
MORNING = FIRST + timedelta(days=3, hours=6)
TABLES: Sequence[type[SQLModel]] = (PointSpanRow, PointHourRow, PointDayRow, HistoryMark)


def shop(**points: dict[str, Any]) -> Dossier:
    """A dossier; its points are probed every ten minutes, and a failed sample fires at once."""
    written = points or {"page": {}}
    return dossier({name: point(**{"every": "10m", **changes}) for name, changes in written.items()})


def in_force(database: Database, one: Dossier, at: datetime = FIRST - timedelta(days=1), **spoilt: Any) -> None:
    """Publish a dossier at this moment."""
    with database.writing() as session:
        session.merge(
            DossierVersion(
                digest=one.digest,
                application=one.id,
                content=one.model_dump(mode="json") | spoilt,
                published_at=at,
                published_by="ann",
            )
        )
        session.flush()
        session.add(DossierUse(application=one.id, at=at, digest=one.digest, by="ann"))


def row(at: datetime, seen: str = "ok", name: str = PAGE, latency: float | None = 20.0) -> SampleValues:
    return SampleValues(point=name, at=at, seen=seen, value=None, latency_ms=latency)


def rows(since: datetime, until: datetime, failed: Iterable[int] = (), name: str = PAGE) -> list[SampleValues]:
    """A sample every ten minutes; those with these numbers failed."""
    count, bad = (until - since) // EVERY, set(failed)
    return [row(since + n * EVERY, "failed" if n in bad else "ok", name) for n in range(count)]


def stored(database: Database, samples: Sequence[SampleValues]) -> None:
    """Store samples as the monitor does."""
    MonitorStore(database).add_samples(samples)


def slipped_in(database: Database, samples: Sequence[SampleValues]) -> None:
    """Store samples without a mark, as before the history was there."""
    with database.connection() as connection:
        connection.execute(insert(SampleRow), list(samples))


def keeper(database: Database, samples_kept: int = 30, history_kept: int = 762) -> HistoryKeeper:
    return HistoryKeeper(
        database,
        RecordedDossiers(database).dossier,
        samples_kept=timedelta(days=samples_kept),
        history_kept=timedelta(days=history_kept),
    )


def fold(database: Database, now: datetime, **kept: int) -> int:
    """Do all that is due; return how many days of points were folded."""
    return sum(keeper(database, **kept).steps(now))


def history(database: Database, now: datetime) -> HistoryStore:
    return HistoryStore(database, RecordedDossiers(database).dossier, lambda: now)


def short(spans: Iterable[PointSpan]) -> list[tuple[str, str, str]]:
    """State, since and until as `dd HH:MM`."""
    return [(span.state.value, f"{span.since:%d %H:%M}", f"{span.until:%d %H:%M}") for span in spans]


def content(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of the history, without the moments of the folds."""
    found = {}
    with database.reading() as session:
        for table in TABLES:
            columns = [c for c in table.__table__.c if c.name != "folded_at"]  # type: ignore[attr-defined]
            key = table.__table__.primary_key.columns  # type: ignore[attr-defined]
            found[str(table.__tablename__)] = [tuple(r) for r in session.execute(select(*columns).order_by(*key))]
    return found


def progress(database: Database) -> HistoryProgress:
    with database.reading() as session:
        return session.get_one(HistoryProgress, 1)
