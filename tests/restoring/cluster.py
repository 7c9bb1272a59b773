"""A PostgreSQL cluster that tests may break: its own directory, socket and log archive, owned by whom the server runs as."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from models.dossier.backups import PostgresServer
from tests.ports import free_port
from tests.postgres import find_postgres


def server_user() -> str | None:
    """Whom the server runs as: root may not."""
    return "postgres" if os.geteuid() == 0 else None


class Cluster:
    """A running cluster whose log is archived; `with Cluster() as cluster:`."""

    def __init__(self) -> None:
        server = find_postgres()
        assert server is not None, "postgres is missing; install postgresql"
        self.programs = server.parent
        self.user = server_user()
        self.root = Path(tempfile.mkdtemp(prefix="dv-pg-", dir="/tmp"))
        self.data = self.root / "data"
        self.dumps = self.root / "dumps"
        self.bases = self.root / "bases"
        self.archive = self.root / "wal"
        self.port = free_port()
        for directory in (self.dumps, self.bases, self.archive):
            directory.mkdir()
        self.hand_over()

    def hand_over(self) -> None:
        """Give everything to the server's user."""
        if self.user is not None:
            subprocess.run(["chown", "-R", self.user, str(self.root)], check=True)

    @property
    def server(self) -> PostgresServer:
        """As a dossier would have it."""
        return PostgresServer(
            run_as=self.user, programs=str(self.programs), host=str(self.root), port=self.port, user="owner"
        )

    def run(self, program: str, *arguments: str, stdin: str = "", check: bool = True, limit: float = 300) -> str:
        """Run one of PostgreSQL's programs as the server's user."""
        done = subprocess.run(
            [str(self.programs / program), *arguments],
            user=self.user,
            group=None if self.user is None else pwd.getpwnam(self.user).pw_gid,
            extra_groups=None if self.user is None else [],
            cwd=self.root,
            env={"PGHOST": str(self.root), "PGPORT": str(self.port), "PGUSER": "owner", "PATH": os.environ["PATH"]},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=limit,
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout.strip()

    def sql(self, text: str, database: str = "postgres") -> str:
        """Run SQL; each statement stands for itself."""
        return self.run("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database, stdin=text)

    def make(self) -> None:
        """Make it and start it."""
        self.run(
            "initdb",
            "-D",
            str(self.data),
            "--username=owner",
            "--auth=trust",
            "--no-sync",
            "--wal-segsize=1",
            "--locale=C",
            "-E",
            "UTF8",
        )
        with (self.data / "postgresql.conf").open("a") as conf:
            conf.write(
                f"listen_addresses = ''\nunix_socket_directories = '{self.root}'\nport = {self.port}\n"
                "fsync = off\nfull_page_writes = off\nshared_buffers = 32MB\nautovacuum = off\n"
                "min_wal_size = 2MB\nmax_wal_size = 64MB\n"
                f"archive_mode = on\narchive_command = 'cp %p {self.archive}/%f'\n"
            )
        self.start()

    def start(self) -> None:
        """Start it."""
        self.run("pg_ctl", "-D", str(self.data), "-s", "-w", "-l", str(self.root / "log"), "start")

    def stop(self) -> None:
        """Stop it."""
        self.run("pg_ctl", "-D", str(self.data), "-s", "-w", "-m", "fast", "stop")

    def fill(self, database: str, megabytes: int) -> None:
        """Fill a table with pictures of 4 kB each, which are not compressed."""
        self.sql(
            "create table pictures (n int, text text); alter table pictures alter column text set storage external;"
            f"insert into pictures select n, repeat(md5(n::text), 125) from generate_series(1, {megabytes * 250}) n",
            database,
        )

    def load_slowly_elsewhere(self, database: str) -> None:
        """Have every hundredth picture take its time, in whichever database they are loaded into but this one."""
        self.sql(
            "create function slowly(n int) returns boolean language plpgsql immutable as $$ begin "
            f"if n % 100 = 0 and current_database() <> '{database}' then perform pg_sleep(0.12); end if; "
            "return true; end $$; alter table pictures add check (public.slowly(n))",
            database,
        )

    def dump(self, database: str, name: str) -> Path:
        """Dump a database in custom format."""
        file = self.dumps / name
        self.run("pg_dump", "--format=custom", f"--file={file}", database)
        return file

    def base(self, name: str, *options: str) -> Path:
        """Make a base backup."""
        directory = self.bases / name
        self.run("pg_basebackup", "-D", str(directory), "--checkpoint=fast", "--no-sync", *options)
        return directory

    def switch(self) -> None:
        """Finish the segment of the log and wait until it is archived."""
        segment = self.sql("select pg_walfile_name(pg_current_wal_lsn()); select pg_switch_wal();").split()[0]
        end = time.monotonic() + 20
        while (
            not (self.archive / segment).exists()
            or self.sql("select last_archived_wal from pg_stat_archiver") < segment
        ):
            assert time.monotonic() < end, "the log was not archived"
            time.sleep(0.05)

    def databases(self) -> set[str]:
        """Their names."""
        return set(self.sql("select datname from pg_database where not datistemplate").split()) - {"postgres"}

    def __enter__(self) -> Cluster:
        self.make()
        return self

    def __exit__(self, *_: object) -> None:
        for pid in self.root.glob("*/postmaster.pid"):
            self.run("pg_ctl", "-D", str(pid.parent), "-s", "-m", "immediate", "stop", check=False)
        shutil.rmtree(self.root, ignore_errors=True)
