"""Backups: what they are made with and where they lie. Everything here is on the host that restores; secrets stay there."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from models.base import Model

CREDENTIALS_IN_ADDRESS = r"://[^/@\s]*:[^/@\s]+@"
"""A password inside the address of a repository."""


def _no_detours(path: str) -> str:
    if path == "/" or {"..", "."} & set(path.split("/")) or "//" in path:
        raise ValueError("this path must be absolute, below / and without `..`")
    return path.rstrip("/")


HostPath = Annotated[str, Field(pattern=r"^/[^\n]{1,400}$"), AfterValidator(_no_detours)]
"""An absolute path on the host, without `..`."""

FilePattern = Annotated[str, Field(pattern=r"^[^/\n]{1,200}$")]
"""A name with shell wildcards: `shop-*.dump`."""

Database = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,37}$")]
"""A database's name; short enough for what is appended where one is kept."""

OsUser = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_-]{0,31}$")]


class PostgresServer(Model):
    """How the programs of PostgreSQL are run on the host, and how they reach the server."""

    run_as: OsUser | None = None
    """The user of the host who runs them, `postgres` for most; needs root or `sudo`. None: whoever logs in."""
    programs: HostPath | None = None
    """Directory of the programs where it is not on the PATH: `/usr/lib/postgresql/15/bin`."""
    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9./_:-]{1,200}$")] | None = None
    """Address, or directory of the socket; the programs' default unless given."""
    port: Annotated[int, Field(ge=1, le=65535)] = 5432
    user: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,62}$")] | None = None
    """Role in the database, allowed to make and rename databases; the programs' default unless given."""
    passfile: HostPath | None = None
    """A password file of libpq (`.pgpass`) on the host, which its password is read from."""


class PostgresqlDump(Model):
    """Dumps of one database, made by `pg_dump --format=custom` (or `--format=tar`), a file each."""

    type: Literal["postgresql_dump"]
    directory: HostPath
    """Where the dumps lie."""
    pattern: FilePattern = "*.dump"
    """Which files there are dumps of this database."""
    database: Database
    """What is restored."""
    dumped_from: Database | None = None
    """The name in the dump, if it is another; a dump of any other database is refused."""
    server: PostgresServer = PostgresServer()
    jobs: Annotated[int, Field(ge=1, le=64)] = 2
    """How many tables at the same time; dumps in custom format only."""


class PostgresqlBase(Model):
    """Base backups of a whole cluster, made by `pg_basebackup`, with the archive of its write-ahead log."""

    type: Literal["postgresql_base"]
    directory: HostPath
    """Where the base backups lie, a directory each: plain, or with `base.tar` in it."""
    pattern: FilePattern = "*"
    wal_archive: HostPath
    """Where `archive_command` puts finished log segments."""
    restore_command: Annotated[str, Field(pattern=r"%f")] | None = None
    """What fetches a segment, `%f` to `%p`; a copy from `wal_archive` unless given."""
    data_directory: HostPath
    """The cluster that is restored."""
    database: Database = "postgres"
    """Where verification is connected to."""
    system_identifier: Annotated[str, Field(pattern=r"^[0-9]{10,25}$")] | None = None
    """What `pg_controldata` says; that of the cluster in `data_directory` unless given. A backup of any other is refused."""
    server: PostgresServer = PostgresServer()
    settings: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.]{0,62}$")], str] = {}
    """Settings without which its log cannot be replayed: `shared_preload_libraries`."""


class Restic(Model):
    """Snapshots of one path in a restic repository."""

    type: Literal["restic"]
    repository: Annotated[str, Field(min_length=1, max_length=400, pattern=r"^\S([^\n]*\S)?$")]
    """Address without secrets: `/srv/restic`, `sftp:backup@host:/srv/restic`, `s3:s3.example.com/bucket`."""
    password_file: HostPath
    """On the host."""
    environment: HostPath | None = None
    """A file on the host with lines `NAME=VALUE` that the repository needs, as for S3's keys. A shell reads it: put a value with
    spaces or other special characters into single quotes."""
    tags: list[Annotated[str, Field(pattern=r"^[^,\s]{1,100}$")]] = []
    """That every snapshot of this application has; others are not taken."""
    snapshot_host: Annotated[str, Field(pattern=r"^[^\s]{1,255}$")] | None = None
    """The host that its snapshots are of."""
    path: HostPath
    """What is restored: the path in the snapshot, and on the host."""


class Files(Model):
    """Copies of one directory: archives that `tar` reads, or directories, named or dated one after the other."""

    type: Literal["files"]
    directory: HostPath
    """Where the copies lie."""
    pattern: FilePattern = "*"
    """Which entries there are copies of it."""
    path: HostPath
    """What is restored."""
    inside: Annotated[str, Field(pattern=r"^[^/\n][^\n]{0,400}$")] = "."
    """Where in a copy it begins: `var/lib/shop`."""
    marker: Annotated[str, Field(pattern=r"^[^/\n][^\n]{0,400}$")]
    """A file that only this application's copies have, relative to where it begins; a copy without it is refused."""
