"""The kinds of backup, and where each is stored. Paths and files are on the host that restores; secrets stay on that
host.
"""

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
"""The name of a database, short enough for the suffix of a database that is kept."""

OsUser = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_-]{0,31}$")]


class PostgresServer(Model):
    """How Driftvakt runs the programs of PostgreSQL on the host, and how these reach the server."""

    run_as: OsUser | None = None
    """The user of the host who runs the programs, usually `postgres`. Changing to that user needs root or `sudo`.
    Default: the user who logs in."""
    programs: HostPath | None = None
    """The directory of the programs, if they are not on the PATH: `/usr/lib/postgresql/15/bin`."""
    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9./_:-]{1,200}$")] | None = None
    """The address, or the directory of the socket; the programs' default if omitted."""
    port: Annotated[int, Field(ge=1, le=65535)] = 5432
    user: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,62}$")] | None = None
    """A database role that may create and rename databases; the programs' default if omitted."""
    passfile: HostPath | None = None
    """A password file of libpq (`.pgpass`) on the host."""


class PostgresqlDump(Model):
    """Dumps of one database, each in one file, made by `pg_dump --format=custom` (or `--format=tar`)."""

    type: Literal["postgresql_dump"]
    directory: HostPath
    """The directory with the dumps."""
    pattern: FilePattern = "*.dump"
    """The files in the directory that are dumps of this database."""
    database: Database
    """The database that is restored."""
    dumped_from: Database | None = None
    """The database name in the dump, if it differs from `database`; a dump of any other database is refused."""
    server: PostgresServer = PostgresServer()
    jobs: Annotated[int, Field(ge=1, le=64)] = 2
    """The number of tables that are restored in parallel; only for dumps in custom format."""


class PostgresqlBase(Model):
    """Base backups of a whole cluster, made by `pg_basebackup`, with the archive of its write-ahead log."""

    type: Literal["postgresql_base"]
    directory: HostPath
    """The directory with the base backups. Each backup is a directory, either plain or with a `base.tar`."""
    pattern: FilePattern = "*"
    wal_archive: HostPath
    """The directory to which `archive_command` copies finished log segments."""
    restore_command: Annotated[str, Field(pattern=r"%f")] | None = None
    """The command that copies the segment `%f` to `%p`; default: a copy from `wal_archive`."""
    data_directory: HostPath
    """The data directory of the cluster that is restored."""
    database: Database = "postgres"
    """The database to which the verification queries connect."""
    system_identifier: Annotated[str, Field(pattern=r"^[0-9]{10,25}$")] | None = None
    """The identifier that `pg_controldata` prints; default: that of the cluster in `data_directory`. A backup of any
    other cluster is refused."""
    server: PostgresServer = PostgresServer()
    settings: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.]{0,62}$")], str] = {}
    """Settings that replaying the log requires: `shared_preload_libraries`."""


class Restic(Model):
    """Snapshots of one path in a restic repository."""

    type: Literal["restic"]
    repository: Annotated[str, Field(min_length=1, max_length=400, pattern=r"^\S([^\n]*\S)?$")]
    """The address without secrets: `/srv/restic`, `sftp:backup@host:/srv/restic`, `s3:s3.example.com/bucket`."""
    password_file: HostPath
    """The password file on the host."""
    environment: HostPath | None = None
    """A file on the host with lines `NAME=VALUE` for the repository, such as S3 keys. A shell reads the file: put
    values with spaces or special characters into single quotes."""
    tags: list[Annotated[str, Field(pattern=r"^[^,\s]{1,100}$")]] = []
    """Tags that every snapshot of this application has; Driftvakt ignores other snapshots."""
    snapshot_host: Annotated[str, Field(pattern=r"^[^\s]{1,255}$")] | None = None
    """The host whose snapshots are used."""
    path: HostPath
    """The path that is restored: the same in the snapshot and on the host."""


class Files(Model):
    """Copies of one directory, with names that sort or contain a date: directories, or archives that `tar` reads."""

    type: Literal["files"]
    directory: HostPath
    """The directory with the copies."""
    pattern: FilePattern = "*"
    """The entries of the directory that are copies."""
    path: HostPath
    """The path that is restored."""
    inside: Annotated[str, Field(pattern=r"^[^/\n][^\n]{0,400}$")] = "."
    """The directory inside a copy that corresponds to `path`: `var/lib/shop`."""
    marker: Annotated[str, Field(pattern=r"^[^/\n][^\n]{0,400}$")]
    """A file that only copies of this application contain, relative to `inside`; a copy without it is refused."""
