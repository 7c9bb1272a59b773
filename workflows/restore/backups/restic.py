"""The adapter for snapshots in a restic repository."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from models.dossier.backups import Restic
from models.dossier.instructions import RunStep, Step
from models.restores import Examined, RestorePoint
from workflows.restore.backups.adapter import Place
from workflows.restore.backups.commands import MOST_POINTS, facts, kilobytes, number
from workflows.restore.backups.directories import EXISTING, DirectoryAdapter

_OPEN = """
if [ -n "$1" ]; then set -a; . "$1" || exit; set +a; fi
RESTIC_REPOSITORY=$2 RESTIC_PASSWORD_FILE=$3 TZ=UTC LC_ALL=C
export RESTIC_REPOSITORY RESTIC_PASSWORD_FILE TZ LC_ALL
shift 3
"""

_LIST = """
most=$1
shift
all=$(restic --no-lock snapshots --json "$@") || exit
# A quotation mark inside a text stands as \\" in JSON, so only the fields themselves look like this.
printf '%s\\n' "$all" | grep -oE '"(time|short_id)":"[^"]*"' |
  awk -F '"' '$2 == "time" {at = $4} $2 == "short_id" {print "snapshot", at, $4}' | tail -n "$most"
"""

_EXAMINE = (
    EXISTING
    + """
{ restic --no-lock ls --json "$1" "$2" || echo failed; } | awk '
  /"type":"file"/ {files++}
  match($0, /"size":[0-9]+/) {size += substr($0, RSTART + 7, RLENGTH - 7)}
  $0 == "failed" {exit failed = 1}
  END {if (!failed) printf "fact files %d\\nfact size %.0f\\n", files, size / 1024; exit failed}
' || exit
existing "$2" "$3"
"""
)

_RESTORE = """
rm -rf -- "$3" "$3.part" && mkdir -m 700 -- "$3.part" || exit
restic restore "$1" --target "$3.part" --include "$4" --verify || exit
mv -T -- "$3.part$2" "$3" && exec rm -rf -- "$3.part"
"""

_SNAPSHOT = re.compile(r"^snapshot (\S+) ([0-9a-f]{8,64})$", re.MULTILINE)


class ResticAdapter(DirectoryAdapter):
    """Restores one path from its snapshots."""

    def __init__(self, source: Restic, place: Place) -> None:
        super().__init__(source.path, place)
        self.source = source

    def list_points(self) -> RunStep:
        """Return a command that lists the snapshots of the path that have all the tags."""
        source = self.source
        filters = ["--path", source.path]
        if source.tags:
            filters += ["--tag", ",".join(source.tags)]
        if source.snapshot_host:
            filters += ["--host", source.snapshot_host]
        return self.place.read_only("List the snapshots", self._restic(_LIST, MOST_POINTS, *filters))

    def read_points(self, said: str) -> list[RestorePoint]:
        """Return a point for each snapshot."""
        points = [
            RestorePoint(id=name, at=datetime.fromisoformat(at).astimezone(UTC).replace(microsecond=0))
            for at, name in _SNAPSHOT.findall(said)
        ]
        return sorted(points, key=lambda p: (p.at, p.id), reverse=True)

    def examine(self, point: RestorePoint) -> RunStep:
        """Return a command that reads the snapshot's list of files; the restore to staging verifies their contents."""
        words = self._restic(_EXAMINE, point.id, self.path, self.parent)
        return self.place.read_only(f"Read the snapshot {point.id}", words)

    def judge(self, said: str) -> Examined:
        """Return a fault when the snapshot contains no file of the path."""
        found = facts(said)
        faults = (
            []
            if number(found, "files")
            else [f"it contains no file of {self.path}; back up exactly this path with restic"]
        )
        return self.examined(found, faults, kilobytes(found, "size"))

    def restore_to_staging(self, point: RestorePoint, examined: Examined) -> list[Step]:
        """Return the step that restores beside the current path, and compares each file with the snapshot."""
        words = self._restic(_RESTORE, point.id, self.path, self.aside, literally(self.path))
        return [self.place.run(f"Restore the snapshot {point.id} into {self.aside}", words)]

    def _restic(self, text: str, *arguments: str) -> list[str]:
        source = self.source
        opened = (source.environment or "", source.repository, source.password_file)
        return self.words(_OPEN.strip() + "\n" + text.strip(), *opened, *arguments)


def literally(path: str) -> str:
    """Return a path with escapes, so that restic's patterns match it literally."""
    return re.sub(r"[\\*?\[\]]", r"\\\g<0>", path)
