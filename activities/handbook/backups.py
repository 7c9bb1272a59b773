"""How each kind of backup is restored by hand: the commands that do what Driftvakt does, without its checks."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Final

from activities.documents.translation import Words
from activities.handbook.layout import HandbookLayout
from models.dossier.backups import Files, PostgresqlBase, PostgresqlDump, PostgresServer, Restic
from models.dossier.instructions import OwnBackup, Restore

BACKUPS: Final[Words] = {
    "source.postgresql_dump": ("dumps of the database {0} in {1}", "dumpar av databasen {0} i {1}"),
    "source.postgresql_base": (
        "base backups of a cluster in {0}, with the log in {1}",
        "baskopior av ett kluster i {0}, med loggen i {1}",
    ),
    "source.restic": ("snapshots of {0} in the repository {1}", "ögonblickskopior av {0} i förrådet {1}"),
    "source.files": ("copies of {0} in {1}", "kopior av {0} i {1}"),
    "source.other": ("{0}", "{0}"),
    "short.postgresql_dump": ("dumps of the database", "dumpar av databasen"),
    "short.postgresql_base": (
        "base backups of the database cluster, with its log",
        "baskopior av databasklustret, med dess logg",
    ),
    "short.restic": ("snapshots in a repository", "ögonblickskopior i ett förråd"),
    "short.files": ("copies of the files", "kopior av filerna"),
    "short.other": ("a backup of its own kind", "en kopia av eget slag"),
    "hand.list": ("List the restore points", "Lista återläsningspunkterna"),
    "hand.list_own": ("List the restore points: time, size and id", "Lista återläsningspunkterna: tid, storlek och id"),
    "hand.examine": ("Examine the restore point", "Granska återläsningspunkten"),
    "hand.beside": ("Restore beside the current data", "Läs tillbaka bredvid nuvarande data"),
    "hand.prepare": (
        "Replay the log up to the wanted time, in a server of its own",
        "Spela upp loggen till önskad tid, i en egen server",
    ),
    "hand.exchange": (
        "Keep the current data, and put the restored data in its place",
        "Behåll nuvarande data, och lägg det återlästa i dess ställe",
    ),
}


_PORT: Final = 54329
_SOCKET: Final = "/tmp"  # noqa: S108  # a person types it; the server that uses it runs for minutes
"""Where a restored cluster listens while it is proven by hand."""


def source_text(layout: HandbookLayout, restore: Restore) -> str:
    """Return what the backup is and where it is; for customers only what it is."""
    source = restore.source
    say, kind = layout.say, source.type
    if layout.customer:
        return say(f"short.{kind}")
    match source:
        case PostgresqlDump():
            return say(f"source.{kind}", source.database, f"{source.directory}/{source.pattern}")
        case PostgresqlBase():
            return say(f"source.{kind}", f"{source.directory}/{source.pattern}", source.wal_archive)
        case Restic():
            return say(f"source.{kind}", source.path, source.repository)
        case Files():
            return say(f"source.{kind}", source.path, f"{source.directory}/{source.pattern}")
        case OwnBackup():
            return say(f"source.{kind}", source.location)


def list_and_restore(layout: HandbookLayout, restore: Restore) -> list[tuple[str, str, str]]:
    """Return the texts and commands that list the backups and restore one beside the current data."""
    return [(layout.say(f"hand.{key}"), command, "") for key, command in _before(restore)]


def exchange(layout: HandbookLayout, restore: Restore) -> list[tuple[str, str, str]]:
    """Return the texts, commands and undos that put proven data in the place of the current data; none for own kinds."""
    done, undone = _exchange(restore, undo=False), _exchange(restore, undo=True)
    return [(layout.say("hand.exchange"), done, undone)] if done else []


def proving_shell(restore: Restore) -> str:
    """Return the shell in which a person proves the restore by hand, with its user and variables; empty for own kinds."""
    source = restore.source
    match source:
        case PostgresqlDump():
            found, user = [f"PGDATABASE={source.database}_new"], source.server.run_as
        case PostgresqlBase():
            found, user = (
                [f"PGHOST={_SOCKET}", f"PGPORT={_PORT}", f"PGDATABASE={source.database}"],
                source.server.run_as,
            )
        case Restic():
            found, user = [f"RESTORED_TO=DIRECTORY{source.path}"], None
        case Files():
            found, user = [f"RESTORED_TO={source.path}.new"], None
        case OwnBackup():
            found, user = [], None
    return shlex.join([*(["sudo", "-u", user] if user else []), "env", *found, "sh"]) if found else ""


def stops_itself(restore: Restore) -> bool:
    """Return whether the restored component itself stops before its data is exchanged."""
    return isinstance(restore.source, PostgresqlBase | Restic | Files)


def _before(restore: Restore) -> Iterator[tuple[str, str]]:
    source = restore.source
    match source:
        case PostgresqlDump():
            dump, aside = f"{_quoted(source.directory)}/DUMP", f"{source.database}_new"
            yield "list", f"ls -lt {_quoted(source.directory)}/{source.pattern}"
            yield (
                "beside",
                f"{_as(source.server, 'createdb')} --template=template0 {aside}\n"
                f"{_as(source.server, 'pg_restore')} --exit-on-error --jobs={source.jobs} --dbname={aside} {dump}",
            )
        case PostgresqlBase():
            aside = f"{_quoted(source.data_directory)}.new"
            yield "list", f"ls -ldt {_quoted(source.directory)}/{source.pattern}"
            yield (
                "beside",
                f"cp -a {_quoted(source.directory)}/BACKUP {aside}\n"
                f"# if the backup is a base.tar: mkdir -m 700 {aside} && tar -xf BACKUP/base.tar -C {aside}",
            )
            command = source.restore_command or f"cp {source.wal_archive}/%f %p"
            settings = {"restore_command": command, "recovery_target_time": "TIME", "recovery_target_action": "promote"}
            lines = [f"{name} = {_sql(value)}" for name, value in (settings | source.settings).items()]
            control = f"{_as(source.server, 'pg_ctl', connects=False)} -D {aside}"
            yield (
                "prepare",
                "\n".join(
                    [
                        f"printf '%s\\n' {shlex.join(lines)} >> {aside}/postgresql.auto.conf",
                        f"touch {aside}/recovery.signal",
                        f"{control} -o '-p {_PORT} -k {_SOCKET}' -w start",
                    ]
                ),
            )
        case Restic():
            restic = f"restic --repo {_quoted(source.repository)} --password-file {_quoted(source.password_file)}"
            tags = f" --tag {_quoted(','.join(source.tags))}" if source.tags else ""
            yield "list", f"{restic} snapshots --path {_quoted(source.path)}{tags}"
            yield "beside", f"{restic} restore SNAPSHOT --include {_quoted(source.path)} --target DIRECTORY"
        case Files():
            yield "list", f"ls -1dt {_quoted(source.directory)}/{source.pattern}"
            inside = "" if source.inside == "." else f"/{_quoted(source.inside)}"
            yield "beside", f"cp -a {_quoted(source.directory)}/COPY{inside} {_quoted(source.path)}.new"
        case OwnBackup():
            points = source.points if isinstance(source.points, str) else shlex.join(source.points)
            yield "list_own", points
            if source.examine is not None:
                yield "examine", source.examine if isinstance(source.examine, str) else shlex.join(source.examine)


def _exchange(restore: Restore, *, undo: bool) -> str:
    source = restore.source
    match source:
        case PostgresqlDump():
            now, sql = source.database, 'alter database "{0}" rename to "{1}"'
            psql = f"{_as(source.server, 'psql')} -v ON_ERROR_STOP=1 -d postgres"
            renames = [sql.format(*pair) for pair in _renames(now, f"{now}_new", f"{now}_kept", undo=undo)]
            return psql + "".join(f" \\\n  -c {_quoted(rename)}" for rename in renames)
        case PostgresqlBase(data_directory=path):
            stop = f"{_as(source.server, 'pg_ctl', connects=False)} -D {_quoted(path)}.new stop"
            moves = _moves(path, f"{path}.new", undo=undo)
            return moves if undo else f"{stop}\n{moves}"
        case Restic(path=path):
            return _moves(path, f"DIRECTORY{path}", undo=undo)
        case Files(path=path):
            return _moves(path, f"{path}.new", undo=undo)
        case OwnBackup():
            return ""


def _renames(now: str, new: str, kept: str, *, undo: bool) -> list[tuple[str, str]]:
    """Return which name becomes which: the current data is kept, and the new data takes its place, or back again."""
    return [(now, new), (kept, now)] if undo else [(now, kept), (new, now)]


def _moves(now: str, new: str, *, undo: bool) -> str:
    pairs = _renames(now, new, f"{now}.kept", undo=undo)
    return " &&\n".join(f"mv {_quoted(source)} {_quoted(target)}" for source, target in pairs)


def _quoted(text: str) -> str:
    return shlex.quote(text)


def _sql(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _as(server: PostgresServer, program: str, *, connects: bool = True) -> str:
    """Return a program of PostgreSQL as it runs on the host; with the options by which it finds the server if it connects."""
    words = [f"{server.programs}/{program}" if server.programs else program]
    passfile = [f"PGPASSFILE={server.passfile}"] if server.passfile and connects else []
    if connects:
        words += ["--host", server.host] if server.host else []
        words += ["--port", str(server.port)] if server.port != 5432 else []
        words += ["--username", server.user] if server.user else []
    prefix = ["sudo", "-u", server.run_as] if server.run_as else []
    return shlex.join([*prefix, *(["env"] if passfile else []), *passfile, *words])
