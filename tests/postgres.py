"""A private PostgreSQL cluster for the tests: in a directory of its own, on a free port of loopback, ended with them.

Use it by the fixture `postgres` (session-wide), made available with `from tests.postgres import postgres` in a conftest,
on tests marked `needs("postgresql")`; `postgres.make_database()` gives the URL of a new, empty database.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.ports import free_port


def find_postgres(program: str = "postgres") -> Path | None:
    """Where a program of PostgreSQL's server lies: Debian keeps them off PATH; the newest version wins."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda p: int(p.parts[4].split(".")[0]))
    found = shutil.which(program)
    return versions[-1] if versions else Path(found) if found else None


class Postgres:
    """A running cluster; its superuser logs in with a password."""

    def __init__(self, port: int, password: str) -> None:
        self.port = port
        self._password = password
        self._numbers = itertools.count(1)

    def url(self, database: str) -> str:
        """The URL of a database, with its password."""
        return f"postgresql://tester:{self._password}@127.0.0.1:{self.port}/{database}"

    def make_database(self) -> str:
        """Make an empty database and give its URL."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 STRATEGY file_copy".encode())
        return self.url(name)


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Make a cluster, run it, and remove it."""
    initdb, server = find_postgres("initdb"), find_postgres("postgres")
    assert initdb is not None, "initdb is missing; install postgresql"
    assert server is not None, "postgres is missing; install postgresql"
    user = _unprivileged()
    # Not pytest's tmp_path: its parents are closed to the user that the server has to run as.
    home = Path(tempfile.mkdtemp(prefix="driftvakt-pg-", dir="/tmp"))
    password = "a-password-for-tests"
    try:
        (home / "password").write_text(password)
        if user is not None:
            shutil.chown(home, user)
            shutil.chown(home / "password", user)
        _initialise(initdb, home, user)
        with _serving(server, home, user) as port:
            yield Postgres(port, password)
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One cluster for each process that runs tests."""
    with running_postgres() as cluster:
        yield cluster


def _unprivileged() -> str | None:
    """The user to run as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise AssertionError("root may not run PostgreSQL, and there is neither a user postgres nor nobody")


def _initialise(initdb: Path, home: Path, user: str | None) -> None:
    arguments = ["--username=tester", f"--pwfile={home}/password", "--auth=scram-sha-256", "--no-sync"]
    made = subprocess.run(
        [initdb, "-D", home / "data", *arguments, "--encoding=UTF8", "--locale=C"],
        user=user,
        group=_group(user),
        extra_groups=None if user is None else [],
        cwd=home,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert made.returncode == 0, made.stderr


@contextmanager
def _serving(server: Path, home: Path, user: str | None) -> Iterator[int]:
    with (home / "log").open("wb") as log:
        port = free_port()
        settings = ["fsync=off", "full_page_writes=off", "max_connections=50", "shared_buffers=16MB", "autovacuum=off"]
        process = subprocess.Popen(
            [str(server), "-D", str(home / "data"), "-h", "127.0.0.1", "-p", str(port), "-k", str(home)]
            + [part for s in settings for part in ("-c", s)],
            user=user,
            group=_group(user),
            extra_groups=None if user is None else [],
            cwd=home,
            stdout=log,
            stderr=log,
        )
        try:
            _await_ready(process, home, port)
            yield port
        finally:
            process.send_signal(signal.SIGINT)  # fast shutdown: connections left open are ended
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGQUIT)  # immediate: ends the children, too
                process.wait(10)


def _await_ready(process: subprocess.Popen[bytes], home: Path, port: int) -> None:
    ready = find_postgres("pg_isready")
    assert ready is not None, "pg_isready is missing; install postgresql"
    for _ in range(120):
        assert process.poll() is None, (home / "log").read_text()
        if subprocess.run([ready, "-h", "127.0.0.1", "-p", str(port), "-t", "1"], capture_output=True).returncode == 0:
            return
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError((home / "log").read_text())


def _group(user: str | None) -> int | None:
    return None if user is None else pwd.getpwnam(user).pw_gid
