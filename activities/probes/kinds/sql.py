"""Probes that query a database for one number: PostgreSQL and SQLite, read-only."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import aclosing, closing
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg
from psycopg.pq import TransactionStatus

from activities.probes.finding import ProbeFinding, failed, no_data, ok
from activities.probes.kinds import carries_out
from activities.probes.numbers import as_number
from activities.probes.tools import ProbeTools
from activities.secrets.references import is_reference, resolve
from models.errors import ProbeError
from models.probes import SqlProbe

_Connection = psycopg.AsyncConnection[tuple[Any, ...]]

KEPT_CONNECTIONS: Final = 16
"""PostgreSQL connections that stay open between probes, one for each database; a customer's database has few to spare."""

_RENEW_AFTER: Final = 60.0
"""Seconds after which a connection is replaced, because an open one would hide that no new one is possible."""

_FORM: Final = "a database is given as env:NAME, file:PATH, postgresql://... or sqlite:///PATH"


@carries_out(SqlProbe, keeps_time=True)
async def carry_out(probe: SqlProbe, tools: ProbeTools) -> ProbeFinding:
    """Query the database of the probe."""
    database = find_database(probe)
    if isinstance(database, Path):
        seconds = probe.timeout.total_seconds()
        return await tools.in_thread(lambda: ask_sqlite(database, probe.query, seconds), probe.timeout)
    return await tools.kept(_postgres).ask(database, probe.query, probe.timeout)


def _postgres(_: ProbeTools) -> PostgresConnections:
    return PostgresConnections()


class PostgresConnections:
    """At most one idle connection for each database, `KEPT_CONNECTIONS` in all; for one event loop."""

    def __init__(self) -> None:
        self._idle: OrderedDict[str, tuple[_Connection, float]] = OrderedDict()
        self._asking: set[asyncio.Task[ProbeFinding]] = set()

    async def ask(self, url: str, query: str, limit: timedelta) -> ProbeFinding:
        """Run the query in a read-only transaction. Raises TimeoutError after `limit`, and no error of psycopg.

        When psycopg is cancelled, it lets the server end the query first, which takes seconds if the server is frozen.
        A task of its own does that, so that the limit is kept.
        """
        asking = asyncio.create_task(self._ask(url, query, limit))
        self._asking.add(asking)
        asking.add_done_callback(self._asking.discard)
        try:
            done, _ = await asyncio.wait({asking}, timeout=limit.total_seconds())
        except asyncio.CancelledError:
            asking.cancel()
            raise
        if not done:
            asking.cancel()
            raise TimeoutError
        return asking.result()

    async def _ask(self, url: str, query: str, limit: timedelta) -> ProbeFinding:
        connection, born = self._idle.pop(url, (None, 0.0))
        try:
            if connection is not None and time.monotonic() - born < _RENEW_AFTER:
                try:
                    return await _query(connection, query, limit)
                except psycopg.OperationalError:
                    if not connection.broken:
                        raise
                    # The server closed the connection. Only a new connection shows whether the server is back.
            if connection is not None:
                await connection.close()
            connection = await psycopg.AsyncConnection.connect(url, autocommit=True, application_name="driftvakt-probe")
            born = time.monotonic()
            return await _query(connection, query, limit)
        except psycopg.Error as error:
            return _refusal(error)
        finally:
            if connection is not None:
                await self._keep(url, connection, born)

    async def _keep(self, url: str, connection: _Connection, born: float) -> None:
        """Keep a connection for the next probe, unless it is broken or was interrupted."""
        if url in self._idle or connection.info.transaction_status is not TransactionStatus.IDLE:
            await connection.close()
            return
        self._idle[url] = (connection, born)
        while len(self._idle) > KEPT_CONNECTIONS:
            _, (oldest, _) = self._idle.popitem(last=False)
            await oldest.close()

    async def close(self) -> None:
        """Cancel the present queries and close the connections."""
        for asking in self._asking:
            asking.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)
        while self._idle:
            _, (connection, _) = self._idle.popitem()
            await connection.close()


def find_database(probe: SqlProbe) -> str | Path:
    """Return a PostgreSQL server's URL or a SQLite file's path. Raises `ProbeError` and `SettingsError` for anything else."""
    url = resolve(probe.database) if is_reference(probe.database) else _without_password(probe.database)
    scheme, _, rest = url.partition("://")
    if scheme.partition("+")[0] in {"postgresql", "postgres"}:
        return _checked(f"postgresql://{rest}")  # SQLAlchemy's postgresql+psycopg:// means the same server
    if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        return Path(unquote(rest[1:]))
    raise ProbeError(_FORM)


def _authorize(action: int, *_: str | None) -> int:
    """Refuse ATTACH, which VACUUM INTO also uses: mode=ro protects only the database's own file."""
    return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH else sqlite3.SQLITE_OK


def ask_sqlite(path: Path, query: str, seconds: float) -> ProbeFinding:
    """Run the query on a database file that is opened for reading. Blocks for at most `seconds`."""
    deadline = time.monotonic() + seconds
    try:
        uri = path.absolute().as_uri() + "?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=seconds, isolation_level=None)) as connection:
            connection.set_authorizer(_authorize)
            connection.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
            return _judge(connection.execute(query).fetchone())
    except sqlite3.OperationalError as error:
        return _sqlite_refusal(error, seconds)
    except (sqlite3.Error, sqlite3.Warning, ValueError):
        return failed("the database cannot answer this query")


async def _query(connection: _Connection, query: str, limit: timedelta) -> ProbeFinding:
    milliseconds = max(1, round(limit.total_seconds() * 1000))
    await connection.execute(f"BEGIN READ ONLY; SET LOCAL statement_timeout = {milliseconds}".encode())
    try:
        return _judge(await _first_row(connection, query))
    finally:
        if connection.info.transaction_status in {TransactionStatus.INTRANS, TransactionStatus.INERROR}:
            await connection.execute("ROLLBACK")


async def _first_row(connection: _Connection, query: str) -> tuple[Any, ...] | None:
    # stream() sends one statement alone (no `; COMMIT; DELETE`), and does not load a large table.
    rows = connection.cursor().stream(query.encode())
    assert isinstance(rows, AsyncGenerator)
    async with aclosing(rows):
        first: tuple[Any, ...] | None = await anext(rows, None)
        if first is not None:
            await anext(rows, None)  # a result of one row ends here, so nothing must be cancelled
        return first


def _judge(row: tuple[Any, ...] | None) -> ProbeFinding:
    if row is None:
        return no_data("the query gives no row")
    if not row or row[0] is None:
        return no_data("the query gives NULL")
    number = as_number(row[0])
    return no_data("the query gives a value that is not a finite number") if number is None else ok("", number)


def _refusal(error: psycopg.Error) -> ProbeFinding:
    """Return the class of an error. The server's text may quote rows, and libpq's text the connection string."""
    if error.sqlstate is None and not isinstance(error, psycopg.OperationalError):
        return no_data("the query cannot give a row")
    if error.sqlstate is None:
        return failed("the database cannot be reached, or refuses the login")
    if isinstance(error, psycopg.errors.QueryCanceled):
        return failed("the database did not answer in time")
    return failed(f"the database refuses: {type(error).__name__} ({error.sqlstate})")


def _sqlite_refusal(error: sqlite3.OperationalError, seconds: float) -> ProbeFinding:
    name = getattr(error, "sqlite_errorname", "") or "SQLITE_ERROR"
    reasons = {
        "SQLITE_CANTOPEN": "the database file cannot be opened",
        "SQLITE_INTERRUPT": f"the database did not answer within {seconds:g} s",
        "SQLITE_BUSY": f"the database was locked for {seconds:g} s",
        "SQLITE_READONLY": "the query would change the database",
    }
    return failed(reasons.get(name, f"the database refuses the query ({name})"))


def _without_password(url: str) -> str:
    try:
        parts = urlsplit(url)
        secret = parts.password or any(key in {"password", "sslpassword"} for key in parse_qs(parts.query))
    except ValueError:
        raise ProbeError(_FORM) from None
    if secret:
        raise ProbeError("the database's URL holds a password; give the URL as env:NAME or file:PATH")
    return url


def _checked(url: str) -> str:
    try:
        psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.Error:  # its text quotes the URL
        raise ProbeError("the database's URL is not valid") from None
    return url
