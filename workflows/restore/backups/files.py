"""The adapter for copies of a directory: tar archives, or directories with a date in their names."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from models.dossier.backups import Files
from models.dossier.instructions import RunStep, Step
from models.restores import Examined, RestorePoint
from workflows.restore.backups.adapter import Place
from workflows.restore.backups.commands import MOST_POINTS, NAMED_IN_ONE_LINE, facts, kilobytes, listed_files
from workflows.restore.backups.directories import EXISTING, DirectoryAdapter

_LIST = """
cd -- "$1" || exit
find . -mindepth 1 -maxdepth 1 \\( -type f -o -type d \\) -name "$2" @named@ \\
  -exec stat -c '%Y %s %n' {} + | sort -n | tail -n "$3"
""".replace("@named@", NAMED_IN_ONE_LINE)

_EXAMINE = (
    EXISTING
    + """
if [ -d "$1" ]; then
  if [ -e "$1/$2/$3" ]; then
    echo "fact marker yes"
  elif [ -z "$(find "$1/$2" -type f | head -c 1)" ]; then
    echo "fact empty yes"
  fi
  echo "fact size $(du -sk -- "$1/$2" | cut -f 1)"
else
  tar -tf "$1" >/dev/null || exit
  echo "fact size $((($(tar -xOf "$1" | wc -c) + 1023) / 1024))"
  # Without the first two options GNU tar reads \\t in a name as a tab; other programs do not know these options.
  literal="--no-unquote --no-wildcards --occurrence=1"
  tar $literal --version >/dev/null 2>&1 || literal=
  if tar -xOf "$1" $literal -- "./$4" >/dev/null 2>&1 || tar -xOf "$1" $literal -- "$4" >/dev/null 2>&1; then
    echo "fact marker yes"
  elif ! tar -tf "$1" | grep -qv '/$'; then
    echo "fact empty yes"
  fi
fi
existing "$5" "$6"
"""
)

_RESTORE = """
rm -rf -- "$3" "$3.part" && mkdir -m 700 -- "$3.part" || exit
if [ -d "$1" ]; then
  cp -a -- "$1/$2" "$3.part/copy" || exit
  mv -T -- "$3.part/copy" "$3" || exit
elif [ "$2" = . ]; then
  # Not by -C: GNU tar reads \\t in its directory as a tab.
  mkdir -- "$3.part/copy" && cd -- "$3.part/copy" && tar -xpf "$1" && cd / && mv -T -- "$3.part/copy" "$3" || exit
else
  cd -- "$3.part" && tar -xpf "$1" && cd / && mv -T -- "$3.part/$2" "$3" || exit
fi
exec rm -rf -- "$3.part"
"""

_DATED = re.compile(r"(20\d\d)-?([01]\d)-?([0-3]\d)(?:[T_-]?([0-2]\d)[:.-]?([0-5]\d)(?:[:.-]?([0-5]\d))?)?")


class FilesAdapter(DirectoryAdapter):
    """Restores one directory from its copies."""

    def __init__(self, source: Files, place: Place) -> None:
        super().__init__(source.path, place)
        self.source = source

    def list_points(self) -> RunStep:
        """Return a command that lists the copies."""
        words = self.words(_LIST, self.source.directory, self.source.pattern, MOST_POINTS)
        return self.place.read_only("List the copies", words)

    def read_points(self, said: str) -> list[RestorePoint]:
        """Return a point for each copy. Its time is the one in its name or its last change, whichever is earlier."""
        points = [
            RestorePoint(id=name, at=min(at, _dated(name) or at), size_bytes=size)
            for at, size, name in listed_files(said)
        ]
        return sorted(points, key=lambda p: (p.at, p.id), reverse=True)

    def examine(self, point: RestorePoint) -> RunStep:
        """Return a command that reads the copy to its end."""
        source = self.source
        marker = source.marker if source.inside == "." else f"{source.inside}/{source.marker}"
        words = self.words(_EXAMINE, self._copy(point), source.inside, source.marker, marker, self.path, self.parent)
        return self.place.read_only(f"Read the copy {point.id} to its end", words)

    def judge(self, said: str) -> Examined:
        """Return a fault when the copy is empty, or when it lacks the marker file."""
        found = facts(said)
        faults = []
        if found.get("empty") == "yes":
            faults.append("it contains no file")
        elif found.get("marker") != "yes":
            faults.append(f"it has no {self.source.marker}, so it is not a copy of this application's {self.path}")
        return self.examined(found, faults, kilobytes(found, "size"))

    def restore_to_staging(self, point: RestorePoint, examined: Examined) -> list[Step]:
        """Return the step that unpacks the copy beside the current directory."""
        words = self.words(_RESTORE, self._copy(point), self.source.inside, self.aside)
        return [self.place.run(f"Restore {point.id} into {self.aside}", words)]

    def _copy(self, point: RestorePoint) -> str:
        return f"{self.source.directory}/{point.id}"


def _dated(name: str) -> datetime | None:
    """Return the time in a name, in UTC; a date without a time means the beginning of the day."""
    found = _DATED.search(name)
    if found is None:
        return None
    try:
        return datetime(*(int(part or 0) for part in found.groups()), tzinfo=UTC)  # type: ignore[arg-type,misc]
    except ValueError:
        return None
