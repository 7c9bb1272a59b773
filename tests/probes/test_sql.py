from __future__ import annotations

import asyncio
import sqlite3
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from activities.probes.runner import ProbeRunner
from models.probes import Seen, SqlProbe
from tests.postgres import Postgres
from tests.probes.conftest import target
from tests.probes.servers import serving

CANARY = "canary-0b1d"
SHORT = timedelta(milliseconds=300)
RUNNING = "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)' AND state = 'active'"
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


@pytest.fixture
def shop(tmp_path: Path) -> str:
    path = tmp_path / "a shop.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(
            f"CREATE TABLE orders (id INTEGER, note TEXT); INSERT INTO orders VALUES (7, '{CANARY}')"
        )
    connection.close()
    return f"sqlite:///{path}"


CASES = [
    ("SELECT count(*) FROM orders", Seen.OK, 1),
    ("SELECT id, note FROM orders", Seen.OK, 7),
    ("SELECT '2.5'", Seen.OK, 2.5),
    ("SELECT NULL", Seen.NO_DATA, None),
    ("SELECT id FROM orders WHERE id = 0", Seen.NO_DATA, None),
    ("SELECT note FROM orders", Seen.NO_DATA, None),
    ("SELECT nothing FROM nowhere", Seen.FAILED, None),
    ("SELEKT", Seen.FAILED, None),
    ("DELETE FROM orders", Seen.FAILED, None),
    ("SELECT 1; DELETE FROM orders", Seen.FAILED, None),
    ("COMMIT; DELETE FROM orders", Seen.FAILED, None),
]


@pytest.mark.parametrize(("query", "seen", "value"), CASES)
async def test_sqlite_gives_the_first_column_of_the_first_row(
    see, shop: str, query: str, seen: Seen, value: float
) -> None:
    sample = await see(SqlProbe(database=shop, query=query))

    assert (sample.seen, sample.value) == (seen, value), sample
    assert CANARY not in sample.detail
    assert (await see(SqlProbe(database=shop, query="SELECT count(*) FROM orders"))).value == 1


async def test_an_endless_query_ends_by_its_timeout(see, shop: str) -> None:
    sample = await see(SqlProbe(database=shop, query=ENDLESS, timeout=SHORT))

    assert (sample.seen, sample.detail) == (Seen.FAILED, "the database did not answer within 0.3 s")


async def test_a_missing_file_is_failed_and_not_made(see, tmp_path: Path) -> None:
    sample = await see(SqlProbe(database=f"sqlite:///{tmp_path / 'none.db'}", query="SELECT 1"))

    assert (sample.seen, sample.detail) == (Seen.FAILED, "the database file cannot be opened")
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize("query", ["ATTACH 'FILE' AS o", "VACUUM INTO 'FILE'"])
async def test_no_other_file_is_opened_or_written(see, shop: str, tmp_path: Path, query: str) -> None:
    sample = await see(SqlProbe(database=shop, query=query.replace("FILE", str(tmp_path / "other.db"))))

    assert sample.seen is Seen.FAILED
    assert not (tmp_path / "other.db").exists()


@pytest.mark.parametrize(
    "database",
    [
        "",
        "shop.db",
        "mysql://x",
        "sqlite://",
        "sqlite:///",
        "sqlite:///a\0b",
        "env:DRIFT_NOT_SET",
        "file:/none",
        f"postgresql://u:{CANARY}@h/d",
        f"postgresql://h/d?password={CANARY}",
        "postgresql://[h",
    ],
)
async def test_a_database_that_is_none_is_no_data(see, database: str) -> None:
    sample = await see(SqlProbe(database=database, query="SELECT 1"))

    assert sample.seen is (Seen.FAILED if "\0" in database else Seen.NO_DATA), sample
    assert CANARY not in sample.detail
    assert "the probe itself failed" not in sample.detail


@pytest.mark.parametrize(
    "url", [f"postgresql://u:{CANARY}@127.0.0.1:PORT/d", f"postgresql://u:{CANARY}%@127.0.0.1:PORT/d", f"{CANARY}"]
)
async def test_the_password_shows_in_no_sample(
    see, url: str, closed_port: int, monkeypatch: pytest.MonkeyPatch, caplog
) -> None:
    monkeypatch.setenv("DRIFT_TEST", url.replace("PORT", str(closed_port)))

    sample = await see(SqlProbe(database="env:DRIFT_TEST", query="SELECT 1"))

    assert sample.seen is not Seen.OK
    assert CANARY not in sample.model_dump_json() + caplog.text


async def test_a_database_that_never_answers_is_failed_by_its_timeout(see) -> None:
    async def silent(reader, writer) -> None:
        await reader.read()

    async with serving(silent) as server:
        sample = await see(
            SqlProbe(database=f"postgresql://u@127.0.0.1:{server.port}/d", query="SELECT 1", timeout=SHORT)
        )

    assert (sample.seen, sample.detail) == (Seen.FAILED, "no answer within 300ms")


@pytest.fixture(scope="module")
def orders(postgres: Postgres) -> str:
    url = postgres.make_database()
    with psycopg.connect(url) as connection:
        connection.execute(f"CREATE TABLE orders AS SELECT 7 AS id, '{CANARY}'::text AS note")
    return url


@pytest.mark.needs("postgresql")
@pytest.mark.parametrize(
    ("query", "seen", "value"),
    [
        *CASES,
        ("SELECT true", Seen.OK, 1),
        ("SELECT 1.5::numeric", Seen.OK, 1.5),
        ("SELECT interval '2 minutes'", Seen.OK, 120),
        ("SELECT generate_series(5, 3000000)", Seen.OK, 5),
        ("SELECT '100%'", Seen.NO_DATA, None),
        ("SELECT note::int FROM orders", Seen.FAILED, None),
        ("COMMIT", Seen.NO_DATA, None),
        ("SELECT", Seen.NO_DATA, None),
        ("", Seen.NO_DATA, None),
    ],
)
async def test_postgresql_gives_the_first_column_of_the_first_row(
    see, orders: str, monkeypatch: pytest.MonkeyPatch, query: str, seen: Seen, value: float
) -> None:
    monkeypatch.setenv("DRIFT_TEST", orders)

    sample = await see(SqlProbe(database="env:DRIFT_TEST", query=query))

    assert (sample.seen, sample.value) == (seen, value), sample
    assert CANARY not in sample.detail
    assert "the probe itself failed" not in sample.detail
    assert (await see(SqlProbe(database="env:DRIFT_TEST", query="SELECT count(*) FROM orders"))).value == 1


@pytest.mark.needs("postgresql")
async def test_postgresql_is_asked_over_one_kept_connection_that_is_renewed_when_it_broke(
    checks: ProbeRunner, orders: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRIFT_TEST", orders)
    mine = target(SqlProbe(database="env:DRIFT_TEST", query="SELECT pg_backend_pid()"))

    [first], [second] = await checks.probe_all([mine]), await checks.probe_all([mine])
    with psycopg.connect(orders) as connection:
        connection.execute("SELECT pg_terminate_backend(%s)", [int(first.value or 0)])
    [third] = await checks.probe_all([mine])

    assert first.value == second.value
    assert third.seen is Seen.OK
    assert third.value != first.value


@pytest.mark.needs("postgresql")
async def test_a_slow_query_ends_by_its_timeout_and_leaves_nothing_running(
    see, orders: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRIFT_TEST", orders)

    sample = await see(SqlProbe(database="env:DRIFT_TEST", query="SELECT pg_sleep(600)", timeout=SHORT))

    assert sample.seen is Seen.FAILED
    with psycopg.connect(orders, autocommit=True) as connection:
        async with asyncio.timeout(90):
            while connection.execute(RUNNING).fetchone() != (0,):
                await asyncio.sleep(0.02)


@pytest.mark.needs("postgresql")
async def test_the_timeout_holds_where_a_database_freezes_in_the_middle(
    see, checks: ProbeRunner, orders: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen, thawed = asyncio.Event(), asyncio.Event()
    port = int(orders.rpartition(":")[2].partition("/")[0])

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port)

        async def copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while (data := await source.read(65536)) and (thawed.is_set() or not frozen.is_set()):
                sink.write(data)
            if frozen.is_set() and not thawed.is_set():
                await thawed.wait()
            sink.close()

        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(copy(reader, up_writer))
                group.create_task(copy(up_reader, writer))
        finally:
            up_writer.transport.abort()

    async with serving(forward) as proxy:
        monkeypatch.setenv("DRIFT_TEST", orders.replace(f":{port}/", f":{proxy.port}/"))
        before = await see(SqlProbe(database="env:DRIFT_TEST", query="SELECT 1"))
        frozen.set()
        during = await see(SqlProbe(database="env:DRIFT_TEST", query="SELECT 1", timeout=SHORT))
        thawed.set()
        await checks.close()

    assert (before.seen, during.seen) == (Seen.OK, Seen.FAILED)
    assert during.latency_ms < 3000


@pytest.mark.needs("postgresql")
async def test_a_wrong_password_and_a_missing_database_are_failed(
    see, orders: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for url in (orders.replace(":a-password", f":{CANARY}"), orders.rpartition("/")[0] + "/none"):
        monkeypatch.setenv("DRIFT_TEST", url)
        sample = await see(SqlProbe(database="env:DRIFT_TEST", query="SELECT 1"))
        assert (sample.seen, CANARY in sample.detail) == (Seen.FAILED, False)
