"""The records database of the monitor's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import SQLModel

from activities.records.database import Database
from models import history_tables, tables
from tests.postgres import Postgres


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """SQLite with the tables as they are now."""
    yield from _with_tables(f"sqlite:///{tmp_path / 'records.db'}")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Each kind of database in turn."""
    if request.param == "sqlite":
        yield from _with_tables(f"sqlite:///{tmp_path / 'records.db'}")
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        yield from _with_tables(postgres.make_database())


def _with_tables(url: str) -> Iterator[Database]:
    database = Database(url, make=True)
    assert (tables.SampleRow.__tablename__, history_tables.HistoryMark.__tablename__) == ("sample", "historymark")
    SQLModel.metadata.create_all(database.engine)
    yield database
    database.close()
