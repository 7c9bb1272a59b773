"""Snapshots in a restic repository."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

from models.dossier.backups import Restic
from models.dossier.instructions import RunStep, Step
from models.restores import Examined, RestorePoint
from workflows.restoring.adapter import Place
from workflows.restoring.commands import MOST_POINTS, facts
from workflows.restoring.directories import EXISTING, DirectoryAdapter

_OPEN = """
if [ -n "$1" ]; then set -a; . "$1" || exit; set +a; fi
RESTIC_REPOSITORY=$2 RESTIC_PASSWORD_FILE=$3 TZ=UTC LC_ALL=C
export RESTIC_REPOSITORY RESTIC_PASSWORD_FILE TZ LC_ALL
shift 3
"""

_LOOK = """
most=$1
shift
all=$(restic --no-lock snapshots --compact "$@") || exit
printf '%s\\n' "$all" | tail -n "$most"
"""

_EXAMINE = (
    EXISTING
    + """
restic --no-lock stats --mode restore-size --json "$1" || exit
restic --no-lock ls "$1" "$2" >/dev/null || exit
existing "$2" "$3"
"""
)

_BRING = """
rm -rf -- "$3" "$3.part" && mkdir -m 700 -- "$3.part" || exit
restic restore "$1" --target "$3.part" --include "$2" --verify || exit
mv -T -- "$3.part$2" "$3" && exec rm -rf -- "$3.part"
"""

_SNAPSHOT = re.compile(r"^([0-9a-f]{8,64}) +(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)", re.MULTILINE)


class ResticAdapter(DirectoryAdapter):
    """Snapshots of one path."""

    def __init__(self, source: Restic, place: Place) -> None:
        super().__init__(source.path, place)
        self.source = source

    def look(self) -> RunStep:
        """List the snapshots of this path, with all tags."""
        source = self.source
        filters = ["--path", source.path]
        if source.tags:
            filters += ["--tag", ",".join(source.tags)]
        if source.snapshot_host:
            filters += ["--host", source.snapshot_host]
        return self.place.look("Look for snapshots", self._restic(_LOOK, MOST_POINTS, *filters))

    def read_points(self, said: str) -> list[RestorePoint]:
        """A snapshot each."""
        points = [
            RestorePoint(id=name, at=datetime.fromisoformat(at).replace(tzinfo=UTC))
            for name, at in _SNAPSHOT.findall(said)
        ]
        return sorted(points, key=lambda p: (p.at, p.id), reverse=True)

    def examine(self, point: RestorePoint) -> RunStep:
        """Read all that the snapshot says of its files; what is in them is proven when it is restored aside."""
        words = self._restic(_EXAMINE, point.id, self.path, self.parent)
        return self.place.look(f"Read the snapshot {point.id}", words)

    def judge(self, said: str) -> Examined:
        """Not empty."""
        found = facts(said)
        sizes = _sizes(said)
        faults = [] if sizes and sizes[0] else ["it holds no file"]
        return self.examined(found, faults, sizes[1] if sizes else None)

    def bring(self, point: RestorePoint, examined: Examined) -> list[Step]:
        """Restore beside the path that exists, and compare every file with the snapshot."""
        words = self._restic(_BRING, point.id, self.path, self.aside)
        return [self.place.run(f"Restore the snapshot {point.id} into {self.aside}", words)]

    def _restic(self, text: str, *arguments: str) -> list[str]:
        source = self.source
        opened = (source.environment or "", source.repository, source.password_file)
        return self.words(_OPEN.strip() + "\n" + text.strip(), *opened, *arguments)


def _sizes(said: str) -> tuple[int, int] | None:
    """Files and bytes, from restic's JSON."""
    for line in said.splitlines():
        if line.startswith("{"):
            try:
                data = json.loads(line)
                return int(data["total_file_count"]), int(data["total_size"])
            except (ValueError, KeyError, TypeError):
                continue
    return None
