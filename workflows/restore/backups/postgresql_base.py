"""The adapter for a whole PostgreSQL cluster: a base backup, and the archived log that a separate server replays to a moment."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from models.dossier.backups import PostgresqlBase
from models.dossier.instructions import RunStep, Step
from models.restores import Examined, RestorePoint
from workflows.restore.backups.adapter import Place, in_environment
from workflows.restore.backups.commands import (
    MOST_POINTS,
    NAMED_IN_ONE_LINE,
    facts,
    from_epoch,
    kilobytes,
    number,
    postgres,
    postgres_environment,
)
from workflows.restore.backups.directories import EXISTING, DirectoryAdapter

LOG_END = "log-end"
"""The id of the restore point at the end of the archived log."""

_LONGEST_SOCKET = 90
"""The longest path of a socket's directory, in bytes. The kernel's limit is 107, with the name of the socket."""

_NOT_FOR_A_SERVER = frozenset(',"$`\\')
"""Characters that the path must not have: libpq splits at a comma, and pg_ctl passes the others to a shell in quotes."""

_LIST = """
cd -- "$1" || exit
find . -mindepth 2 -maxdepth 2 -path "./$2/backup_manifest" @named@ -exec stat -c '%Y %n' {} + |
  sort -n | tail -n "$4" |
  while read -r at manifest; do
    base=${manifest%/backup_manifest}
    echo "$at $(du -sk -- "$base" | cut -f 1) $base"
  done
cd -- "$3" || exit
find . -mindepth 1 -maxdepth 1 -type f -exec stat -c 'log %Y %n' {} + |
  grep -E ' [.]/[0-9A-F]{24}([.](gz|zst|lz4|xz|bz2))?$' | sort -n -k 2 | tail -n 1
""".replace("@named@", NAMED_IN_ONE_LINE.replace("-name", "-path"))

_EXAMINE = (
    EXISTING
    + """
held= inside=
control() { pg_controldata -D "$1" | sed -n 's/^Database system identifier: */fact '"$2"' /p'; }
if [ -e "$1/PG_VERSION" ]; then
  pg_verifybackup --no-parse-wal --quiet "$1" || exit
  control "$1" system
  read -r version <"$1/PG_VERSION"
  set -- "$@" "$(cat "$1/backup_label")"
  [ -z "$(ls -A "$1/pg_tblspc")" ] || echo "fact tablespaces yes"
  held=$1/pg_wal
else
  scratch=$(mktemp -d) || exit
  trap 'rm -rf "$scratch"' EXIT
  for part in "$1"/*.tar "$1"/*.tar.*; do
    [ ! -e "$part" ] || tar -tf "$part" >/dev/null || exit
    case ${part##*/} in [0-9]*) echo "fact tablespaces yes";; esac
  done
  (cd -- "$scratch" && tar -xf "$1"/base.tar* global/pg_control PG_VERSION backup_label) || exit
  control "$scratch" system
  read -r version <"$scratch/PG_VERSION"
  set -- "$@" "$(cat "$scratch/backup_label")"
  inside=$(tar -tf "$1"/pg_wal.tar* 2>/dev/null)
fi
echo "fact version $version"
echo "fact server $(postgres --version | sed 's/[^0-9]*\\([0-9]*\\).*/\\1/')"
echo "fact size $(du -sk "$1" | cut -f 1)"
[ ! -e "$2/global/pg_control" ] || control "$2" here
first=$(printf '%s\\n' "$5" | sed -n 's/^START WAL LOCATION: .* (file \\([0-9A-F]*\\))$/\\1/p')
echo "fact first $first"
if [ -n "$first" ] && [ -n "$4" ]; then
  for log in "$4/$first" "$4/$first".* "$held/$first"; do [ ! -e "$log" ] || echo "fact log yes"; done
  if printf '%s\\n' "$inside" | grep -q "^$first"; then echo "fact log yes"; fi
  if [ -w "$4" ]; then echo "fact archive_writable yes"; fi
fi
existing "$2" "$3"
"""
)

_RESTORE = """
if [ -e "$2/postmaster.pid" ]; then pg_ctl -D "$2" -s -w -m immediate stop; fi
rm -rf -- "$2" "$2.run" && mkdir -m 700 -- "$2" "$2.run" || exit
if [ -e "$1/PG_VERSION" ]; then
  cp -a -- "$1/." "$2" || exit
else
  (cd -- "$2" && tar -xf "$1"/base.tar*) || exit
  for log in "$1"/pg_wal.tar*; do
    [ ! -e "$log" ] || (mkdir -p -- "$2/pg_wal" && cd -- "$2/pg_wal" && tar -xf "$log") || exit
  done
  pg_verifybackup --no-parse-wal --quiet -m "$1/backup_manifest" "$2" || exit
fi
chmod 700 "$2"
rm -f -- "$2/postmaster.pid" "$2/standby.signal"
: >"$2/recovery.signal"
: >"$2.run/conf"
echo 'local all all trust' >"$2.run/hba"
: >"$2.run/ident"
# It counts as started when it begins to replay; it is done when it writes that it is ready.
pg_ctl -D "$2" -s -w -t "$3" -l "$2.run/log" -o "$4" start
until grep -q '^ready' "$2/postmaster.pid" 2>/dev/null; do
  if ! pg_ctl -D "$2" status >/dev/null 2>&1; then
    tail -n 20 "$2.run/log" >&2
    exit 1
  fi
  sleep 0.2
done
"""

_PROGRESS = """
du -sk -- "$1" | awk '{print "fact done", $1}'
[ ! -e "$1.run/log" ] || echo "fact segments $(grep -c 'restored log file' "$1.run/log")"
"""

_ACHIEVED = """
echo "fact achieved $(psql -XAt -v ON_ERROR_STOP=1 -d postgres -c \\
  "select floor(extract(epoch from pg_last_xact_replay_timestamp()))")"
"""

_SETTLE = """
if [ -e "$1/postmaster.pid" ]; then pg_ctl -D "$1" -s -w -t "$2" -m fast stop || exit; fi
exec rm -rf -- "$1.run"
"""

_HISTORY = """
for line in "$1"/pg_wal/*.history; do
  [ ! -e "$line" ] || [ -e "$2/${line##*/}" ] || cp -- "$line" "$2/" || exit
done
"""

_SWAP = """
if [ -e "$1/postmaster.pid" ] && pg_ctl -D "$1" status >/dev/null; then echo "the server in $1 still runs" >&2; exit 1; fi
if [ -e "$1" ] && [ -e "$3" ]; then mv -T -- "$1" "$2" || exit; fi
exec mv -T -- "$3" "$1"
"""

_BASE = re.compile(r"^(\d{1,12}) (\d{1,15}) \./(.+)$", re.MULTILINE)
_LOG = re.compile(r"^log (\d{1,12}) ", re.MULTILINE)


def _literally(text: str) -> str:
    """Return a text with escapes, so that `restore_command` takes it literally."""
    return text.replace("%", "%%")


class BaseAdapter(DirectoryAdapter):
    """Restores a cluster from a base backup and the archived log."""

    must_stop = True

    def __init__(self, source: PostgresqlBase, place: Place) -> None:
        super().__init__(source.data_directory, place, source.server.run_as)
        self.source = source
        self.run_directory = f"{self.aside}.run"

    def list_points(self) -> RunStep:
        """Return a command that lists the finished base backups, and the end of the archived log."""
        source = self.source
        words = postgres(source.server, _LIST, source.directory, source.pattern, source.wal_archive, MOST_POINTS)
        return self.place.read_only("List the base backups and the end of the log", words)

    def read_points(self, said: str) -> list[RestorePoint]:
        """Return a point for each base backup, and one for the end of the log if the log is newer than all of them."""
        points = [
            RestorePoint(id=name, at=from_epoch(at), size_bytes=int(size) * 1024, note="the end of this base backup")
            for at, size, name in _BASE.findall(said)
        ]
        points.sort(key=lambda p: (p.at, p.id), reverse=True)
        log = _LOG.search(said)
        if log and points and (end := from_epoch(log.group(1))) > points[0].at:
            note = f"{points[0].id} with the log to its end; any moment since {points[-1].at:%Y-%m-%d %H:%M:%S} UTC can be chosen"
            further = {"id": LOG_END, "base": points[0].id, "at": end, "note": note, "to_the_end": True}
            points.insert(0, points[0].model_copy(update=further))
        return points

    def at_moment(self, points: Sequence[RestorePoint], moment: datetime) -> RestorePoint | str:
        """Return the newest base backup that was finished before the moment, with the log up to the moment."""
        bases = [p for p in points if not p.to_the_end]
        base = next((p for p in bases if p.at <= moment), None)
        if base is None:
            return super().at_moment(bases, moment)
        if moment >= points[0].at + timedelta(seconds=1):  # the times of the archive's files have whole seconds
            return f"the log ends at {points[0].at:%Y-%m-%d %H:%M:%S} UTC, before that moment; take `latest`"
        note = f"{base.id} with the log up to this moment"
        return base.model_copy(update={"at": moment, "target": moment, "note": note})

    def examine(self, point: RestorePoint) -> RunStep:
        """Return a command that compares every file with the backup's manifest, and checks that its log exists."""
        source = self.source
        archive = "" if source.restore_command else source.wal_archive
        words = postgres(source.server, _EXAMINE, self._base(point), source.data_directory, self.parent, archive)
        return self.place.read_only(f"Verify the base backup for {point.id}", words)

    def judge(self, said: str) -> Examined:
        """Return a fault for a backup of another cluster or version, without its log, or with an unfit path."""
        found = facts(said)
        source = self.source
        faults = []
        wanted = source.system_identifier or found.get("here")
        if wanted is not None and found.get("system") != wanted:
            faults.append(f"it is a backup of the cluster {found.get('system', '-')}, not of {wanted}")
        if wanted is None:
            faults.append("nothing says of which cluster it should be; give `system_identifier`")
        if found.get("version") != found.get("server"):
            faults.append(
                f"it is of PostgreSQL {found.get('version', '-')}, and the host's programs are of {found.get('server', '-')}"
            )
        if found.get("tablespaces") == "yes":
            faults.append("it has tablespaces, which need steps of your own")
        if source.restore_command is None and found.get("log") != "yes":
            faults.append(f"its first segment of the log, {found.get('first', '-')}, is not in {source.wal_archive}")
        elif source.restore_command is None and found.get("archive_writable") != "yes":
            who = source.server.run_as or "the user who logs in"
            faults.append(
                f"{who} cannot write into {source.wal_archive}, and the restore must add the new timeline there"
            )
        if len(self.run_directory.encode()) > _LONGEST_SOCKET:
            faults.append(f"the path {self.run_directory} is too long for a socket; give a shorter `scratch`")
        if unfit := sorted(set(self.run_directory) & _NOT_FOR_A_SERVER):
            faults.append(f"pg_ctl or libpq cannot use the path {self.run_directory}: it contains {' '.join(unfit)}")
        return self.examined(found, faults, kilobytes(found, "size"))

    def restore_to_staging(self, point: RestorePoint, examined: Examined) -> list[Step]:
        """Return the step that copies the base backup and replays the log in a server without network access."""
        seconds = str(int(self.place.limit.total_seconds()))
        words = postgres(self.source.server, _RESTORE, self._base(point), self.aside, seconds, self._options(point))
        upto = "its end" if point.to_the_end else f"{point.at:%Y-%m-%d %H:%M:%S} UTC" if point.target else "its own end"
        return [self.place.run(f"Copy the base backup into {self.aside} and replay the log to {upto}", words)]

    def progress(self) -> RunStep:
        """Return a command that prints how much is copied, and how many segments of the log are replayed."""
        return self.place.read_only("Query the progress", postgres(self.source.server, _PROGRESS, self.aside))

    def how_far(self, said: str, examined: Examined) -> str:
        """Return the bytes that are copied, and the number of segments of the log."""
        copied = super().how_far(said, examined)
        segments = number(facts(said), "segments")
        return f"{copied}; {segments} segments of the log fetched" if segments else copied

    def environment(self, aside: bool) -> dict[str, str]:
        """Return the variables for psql; the server in the staging place is reached only by its socket."""
        given = postgres_environment(self.source.server)
        if aside:
            given = {k: v for k, v in given.items() if k != "PGPASSFILE"} | {"PGHOST": self.run_directory}
        return given | super().environment(aside) | {"PGDATABASE": self.source.database}

    def verify(self, step: RunStep, aside: bool) -> RunStep:
        """Return the query, run as the user of the server."""
        return in_environment(step, self.place, self.environment(aside), self.source.server.run_as)

    def achieved(self) -> RunStep:
        """Return a command that queries the time of the last replayed transaction."""
        words = postgres(self.source.server, _ACHIEVED, environment={"PGHOST": self.run_directory})
        return self.place.read_only("Query the last replayed transaction", words)

    def settle(self) -> list[Step]:
        """Return the step that stops the server in the staging place."""
        words = postgres(self.source.server, _SETTLE, self.aside, str(int(self.place.limit.total_seconds())))
        return [self.place.run("Stop the server that replayed the log", words, ["test", "!", "-e", self.run_directory])]

    def swap(self, examined: Examined) -> list[Step]:
        """Return the steps that archive the new timeline, which later restores need, and rename both directories."""
        server = self.source.server
        archived = (
            []
            if self.source.restore_command
            else [
                self.place.run(
                    "Copy the history of the new timeline into the archive",
                    postgres(server, _HISTORY, self.aside, self.source.wal_archive),
                    self.words('test ! -e "$1"', self.aside),
                )
            ]
        )
        done = self.words('test ! -e "$1" && test -e "$2"', self.aside, self.path)
        kept = f"Keep {self.path} as {self.kept} and put" if examined.exists_bytes is not None else "Put"
        words = postgres(server, _SWAP, self.path, self.kept, self.aside)
        return [*archived, self.place.run(f"{kept} the restored cluster in its place", words, done)]

    def remove(self) -> list[Step]:
        """Return the step that stops and removes the cluster in the staging place."""
        text = _SETTLE.replace('exec rm -rf -- "$1.run"', 'exec rm -rf -- "$1" "$1.run"')
        words = postgres(self.source.server, text, self.aside, str(int(self.place.limit.total_seconds())))
        return [self.place.run(f"Remove {self.aside}", words)]

    def _base(self, point: RestorePoint) -> str:
        return f"{self.source.directory}/{point.base or point.id}"

    def _options(self, point: RestorePoint) -> str:
        """Return the settings for the server's command line, where they override the files of the backup."""
        run, source = self.run_directory, self.source
        settings = {
            "config_file": f"{run}/conf",
            "hba_file": f"{run}/hba",
            "ident_file": f"{run}/ident",
            "data_directory": self.aside,
            "external_pid_file": "",
            "listen_addresses": "",
            "unix_socket_directories": '"' + run.replace('"', '""') + '"',
            "port": str(source.server.port),
            "ssl": "off",
            "logging_collector": "off",
            "archive_mode": "off",
            "hot_standby": "off",
            "primary_conninfo": "",
            "restore_command": source.restore_command or f"cp {_literally(shlex.quote(source.wal_archive))}/%f %p",
            "recovery_target_timeline": "latest",
            "recovery_target_action": "promote",
        }
        if point.target is not None:
            settings["recovery_target_time"] = f"{point.target.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}+00"
        elif not point.to_the_end:
            settings["recovery_target"] = "immediate"
        settings |= source.settings
        return shlex.join(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
