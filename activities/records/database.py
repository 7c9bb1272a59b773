"""The records database: one engine, transactions without lost updates, and errors in Driftvakt's own words."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, Final

from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    PendingRollbackError,
    StatementError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel import Session, SQLModel, create_engine

from models.errors import SettingsError, StoreError, StoreUnavailableError

_PATIENCE_S: Final = 10
"""Seconds to wait for a lock or a connection: half of the timeout of one attempt."""

_POSTGRESQL: Final = {
    "connect_timeout": 5,
    "options": f"-c statement_timeout={_PATIENCE_S}s -c lock_timeout={_PATIENCE_S}s -c timezone=UTC",
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    # Dead peers show even while we wait for an answer.
    "tcp_user_timeout": 15_000,
}

_PASSING_STATES: Final = ("08", "25006", "40", "53", "55", "57", "58")
"""Prefixes of SQLSTATEs that a retry may solve: connection, read-only after a failover, conflict, resources, locks."""

_SQLITE_FIXES: Final = {
    sqlite3.SQLITE_NOTADB: "restore this file from a backup, or move it away: `driftvakt up` then creates a new one",
    sqlite3.SQLITE_CORRUPT: "restore this file from a backup",
    sqlite3.SQLITE_CANTOPEN: "it must be a file that you may read and write, in a directory that you may write",
    sqlite3.SQLITE_READONLY: "it must be a file that you may write, in a directory that you may write",
    sqlite3.SQLITE_FULL: "the disk is full: free some space",
    sqlite3.SQLITE_BUSY: "another process has locked this file: end that process, or try again later",
    sqlite3.SQLITE_LOCKED: "another process has locked this file: end that process, or try again later",
    sqlite3.SQLITE_IOERR: "the disk cannot be read or written: check the disk",
}
"""The fix for each primary error code of SQLite."""

_BEGIN: Final = "driftvakt_begin"

_MAKING: Final = Lock()
"""Prevents that a thread connects to a file while another one creates it."""


class Database:
    """Transactions on SQLite or PostgreSQL. Library errors become `StoreUnavailableError` (a retry may help) or
    `StoreError`.
    """

    def __init__(self, url: str, *, make: bool = False) -> None:
        """`url` is `sqlite:///PATH` or `postgresql://...`; nothing is connected yet. Raise `SettingsError` for other
        URLs.

        A file is created only with `make`, so that reading missing records is an error.
        """
        parsed = _parse(url)
        self.name = _name(parsed)
        """Where it is, without user and password, for messages."""
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.engine: Engine = _sqlite_engine(parsed, make) if self.is_sqlite else _postgresql_engine(parsed)
        """Its transactions may write: on SQLite they begin with `BEGIN IMMEDIATE`."""
        self._reading = self.engine.execution_options(**{_BEGIN: "BEGIN"})

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a read-only transaction; its results can be used after it."""
        with translated(self.name), Session(self._reading, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a transaction that writes: committed at the end, rolled back by any exception.

        On SQLite it holds the write lock from its first statement, so that nothing changes between its reads and
        writes.
        """
        with translated(self.name), Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Open a writing transaction below the mapper: for migrations and bulk inserts."""
        with translated(self.name), self.engine.begin() as connection:
            yield connection

    def insert(self, table: type[SQLModel]) -> Any:
        """Return an INSERT with support for ON CONFLICT in the dialect of this database."""
        # Into the bare table: through the mapper, rows with and without a NULL would go in separate statements.
        bare = table.metadata.tables[str(table.__tablename__)]
        # The two constructs have the same methods but no common type.
        return sqlite.insert(bare) if self.is_sqlite else postgresql.insert(bare)

    def close(self) -> None:
        """Close the open connections."""
        self.engine.dispose()


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Translate the library's errors of the database `name`; the texts contain neither SQL nor values."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeoutError, PendingRollbackError) as error:
        _without_tables(error)
        raise StoreUnavailableError(f"the records {name} do not answer: {_reason(error)}; {_fix(error)}") from error
    except DBAPIError as error:
        _without_tables(error)
        state = getattr(error.orig, "sqlstate", None) or ""
        if error.connection_invalidated or state.startswith(_PASSING_STATES):
            raise StoreUnavailableError(f"the records {name} do not answer: {_reason(error)}; {_fix(error)}") from error
        raise StoreError(f"the records {name} cannot be used: {_reason(error)}; {_fix(error)}") from error
    except StatementError as error:  # a value that the tables do not take
        raise StoreError(f"this cannot be stored: {error.orig}") from error


def _without_tables(error: Exception) -> None:
    # Passes by itself: another process may be about to make them.
    missing = getattr(getattr(error, "orig", None), "sqlstate", None) == "42P01" or "no such table" in _reason(error)
    if missing:
        raise StoreUnavailableError("the records have no tables yet; `driftvakt up` creates them") from error


def _reason(error: Exception) -> str:
    # The library's own text would repeat the statement and its values.
    text = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    return (text.strip().splitlines() or [type(error).__name__])[0][:300]


def _fix(error: Exception) -> str:
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", None)
    if code is None:
        return "check that the database runs, and that the setting database_url names it"
    return _SQLITE_FIXES.get(code & 0xFF, "`driftvakt doctor` examines them")


def _name(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return f"in {url.database}"
    return f"at {url.host or 'localhost'}:{url.port or 5432}/{url.database or ''}"


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # The text is not repeated: it may hold a password.
        raise SettingsError(
            "database_url is not a URL; write sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME"
        ) from None
    backend = parsed.drivername.partition("+")[0]
    if backend == "sqlite" and parsed.database not in {None, "", ":memory:"}:
        return parsed.set(drivername="sqlite")
    if backend in {"postgresql", "postgres"}:
        return parsed.set(drivername="postgresql+psycopg")
    raise SettingsError(f"database_url names {backend!r}; the records are kept in sqlite:///PATH or postgresql://...")


def _sqlite_engine(url: URL, make: bool) -> Engine:
    assert url.database is not None
    if make:
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(
                f"the directory of the records {url.database} cannot be created: {error.strerror}"
            ) from None
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": _PATIENCE_S}, pool_timeout=_PATIENCE_S)
    event.listen(engine, "do_connect", partial(_made_private if make else _is_there, url.database))
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _made_private(file: str, *_given: Any) -> None:
    # SQLite gives the files beside it the rights of this one. Where it cannot be made, the connection that follows says why.
    # A file that is there is never opened here: closing it would drop the locks that SQLite holds on it in this process.
    with _MAKING, suppress(OSError):
        os.close(os.open(file, os.O_RDONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _is_there(file: str, *_given: Any) -> None:
    if not Path(file).exists():
        raise StoreUnavailableError(
            f"there are no records at {file}; `driftvakt up` creates them, or set DRIFTVAKT_HOME to the home that has them"
        )


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transactions begin too late (at the first write) and would lose updates.
    connection.isolation_level = None
    _journal_ahead(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _journal_ahead(connection: Any) -> None:
    # A new file is changed over under a lock for which SQLite does not wait: of several that open it at once, one does it.
    patience = time.monotonic() + _PATIENCE_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > patience:
                raise
            time.sleep(0.02)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN IMMEDIATE"))


def _postgresql_engine(url: URL) -> Engine:
    try:
        return create_engine(
            url, hide_parameters=True, connect_args=_POSTGRESQL, pool_pre_ping=True, pool_timeout=_PATIENCE_S
        )
    except (ArgumentError, NoSuchModuleError) as error:
        raise SettingsError(f"database_url cannot be used: {error}") from None
