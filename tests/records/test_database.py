"""Transactions and migrations: no lost update by several processes, and errors in our own words."""

from __future__ import annotations

import multiprocessing
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlmodel import SQLModel

from activities.records import Records, upgrade
from activities.records.database import Database, translated
from models.errors import SettingsError, StoreError, StoreUnavailableError
from models.records import TakeTokens

PROCESSES = 6
ROUNDS = 40


class Six:
    """Six processes of their own, which share no connection with this one."""

    def __init__(self) -> None:
        # Not forked from this process, which has threads, but from one that has only loaded what they need, once for all.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__])
        # Inherited by the processes, because a barrier cannot be sent to them later.
        self.pool = context.Pool(PROCESSES, _remember, (context.Barrier(PROCESSES),))

    def together(self, work: Callable[..., object], *arguments: object) -> list[Any]:
        """Do the same in all of them, begun at the same moment."""
        return self.pool.starmap(_at_once, [(work, n, *arguments) for n in range(PROCESSES)], chunksize=1)


@pytest.fixture(scope="module")
def six() -> Iterator[Six]:
    made = Six()
    yield made
    made.pool.close()
    made.pool.join()


_starting: list[Any] = []


def _remember(barrier: object) -> None:
    _starting.append(barrier)


def _at_once(work: Callable[..., object], *arguments: object) -> object:
    _starting[0].wait(60)
    return work(*arguments)


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database(url, make=True)
    yield database
    database.close()


def start_up(number: int, url: str) -> None:
    upgrade(url)


def count_up(number: int, url: str) -> None:
    with opened(url) as database:
        for _ in range(ROUNDS):
            with database.writing() as session:
                lock = "" if database.is_sqlite else " FOR UPDATE"
                seen = session.execute(text(f"SELECT token FROM fencingtoken WHERE component = 'c'{lock}")).scalar_one()
                session.execute(text("UPDATE fencingtoken SET token = :t WHERE component = 'c'"), {"t": seen + 1})


def taken(records: Records, order: TakeTokens) -> int:
    """Take tokens as the activity does: an attempt that finds the database busy is followed by another one."""
    for _ in range(20):
        try:
            return records.take_tokens(order).tokens["c"]
        except StoreUnavailableError:
            continue
    raise AssertionError(f"the records never answered {order.key}")


def take(number: int, url: str) -> list[int]:
    with closing(Records(url)) as records:
        return [taken(records, TakeTokens(key=f"{number}/{n}", components=["c", "b", "a"])) for n in range(ROUNDS)]


def take_one(number: int, url: str) -> list[int]:
    with closing(Records(url)) as records:
        return [taken(records, TakeTokens(key=f"shared/{n}", components=["c"])) for n in range(ROUNDS)]


def test_several_processes_may_bring_the_records_up_at_once(six: Six, empty_url: str) -> None:
    six.together(start_up, empty_url)
    with closing(Records(empty_url)) as records:
        records.ping()


def test_six_processes_lose_no_update(six: Six, url: str) -> None:
    with opened(url) as database, database.writing() as session:
        session.execute(text("INSERT INTO fencingtoken (component, token) VALUES ('c', 0)"))
    six.together(count_up, url)
    with opened(url) as database, database.reading() as session:
        assert session.execute(text("SELECT token FROM fencingtoken")).scalar_one() == PROCESSES * ROUNDS


def test_six_processes_get_different_tokens_each_higher_than_its_last(six: Six, url: str) -> None:
    taken = six.together(take, url)
    for tokens in taken:
        assert tokens == sorted(tokens)
    assert len({t for tokens in taken for t in tokens}) == PROCESSES * ROUNDS


def test_six_processes_with_one_key_get_one_token(six: Six, url: str) -> None:
    taken = six.together(take_one, url)
    assert all(tokens == taken[0] for tokens in taken)


def test_the_migrations_make_the_tables_that_the_models_say(url: str) -> None:
    with opened(url) as database, database.connection() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []


def test_records_of_a_newer_version_are_left_alone(url: str) -> None:
    with opened(url) as database, database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="9999"):
        upgrade(url)


def test_sqlite_is_durable_and_journals_ahead(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path}/r.db") as database, database.reading() as session:
        values = {
            p: session.execute(text(f"PRAGMA {p}")).scalar() for p in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert values == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_server_that_is_not_there_is_unavailable_and_its_password_unsaid() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"postgresql://user:sesame-canary@127.0.0.1:{taken.getsockname()[1]}/x"
        with pytest.raises(StoreUnavailableError) as refused:
            Records(url).ping()
    assert "sesame-canary" not in str(refused.value)
    assert "the records at 127.0.0.1:" in str(refused.value)
    assert "the setting database_url" in str(refused.value)


def test_records_without_tables_are_an_error_of_ours(empty_url: str) -> None:
    with closing(Records(empty_url)) as records, pytest.raises(StoreUnavailableError, match="driftvakt up"):
        records.ping()


def test_a_file_that_is_no_database_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "r.db").write_bytes(b"this is no database" * 100)
    with closing(Records(f"sqlite:///{tmp_path}/r.db")) as records, pytest.raises(StoreError) as refused:
        records.ping()
    assert f"the records in {tmp_path}/r.db cannot be used: file is not a database; restore" in str(refused.value)


def test_a_directory_in_place_of_the_file_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "r.db").mkdir()
    with closing(Records(f"sqlite:///{tmp_path}/r.db")) as records, pytest.raises(StoreUnavailableError) as refused:
        records.ping()
    assert f"the records in {tmp_path}/r.db do not answer" in str(refused.value)
    assert "it must be a file that you may read and write" in str(refused.value)


def test_a_full_disk_is_unavailable_and_what_was_kept_stays(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/r.db"
    upgrade(url)
    records = Records(url)
    kept = records.quarantine.add("am", b"kept", "for the test")
    with translated(records.database.name), records.database.engine.connect() as connection:
        # Stands for a full disk: SQLite gives the same error when its file may not grow.
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreUnavailableError, match="full"):
        records.quarantine.add("am", b"x" * 1_000_000, "for the test")
    assert [row.id for row in records.quarantine.latest()] == [kept]
    records.close()


def test_a_writer_that_holds_on_makes_others_unavailable_and_not_wrong(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/r.db"
    upgrade(url)
    hasty = Records(url)
    with hasty.database.reading() as session:
        session.execute(text("PRAGMA busy_timeout = 50"))
    with opened(url) as database, database.writing() as session:
        session.execute(text("SELECT 1"))
        with pytest.raises(StoreUnavailableError, match="locked"):
            hasty.quarantine.add("am", b"x", "for the test")
    hasty.quarantine.add("am", b"x", "for the test")
    hasty.close()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://u:sesame-canary@h/d", "sqlite://", "sqlite:///:memory:"])
def test_another_database_is_refused_in_a_sentence(url: str) -> None:
    with pytest.raises(SettingsError, match="sqlite:///PATH") as refused:
        Records(url)
    assert "sesame-canary" not in str(refused.value)


def test_migrations_run_wherever_the_process_stands(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    program = (
        "import sys; sys.path.insert(0, sys.argv[2]); from activities.records import upgrade; upgrade(sys.argv[1])"
    )
    subprocess.run(
        [sys.executable, "-c", program, f"sqlite:///{tmp_path}/r.db", str(root)], cwd=tmp_path, check=True, timeout=60
    )
    with closing(Records(f"sqlite:///{tmp_path}/r.db")) as records:
        records.ping()
