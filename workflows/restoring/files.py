"""Plain files: archives that tar reads, or directories by date."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from models.dossier.backups import Files
from models.dossier.instructions import RunStep, Step
from models.restores import Examined, RestorePoint
from workflows.restoring.adapter import Place
from workflows.restoring.commands import MOST_POINTS, facts, kilobytes, listed_files, number
from workflows.restoring.directories import EXISTING, DirectoryAdapter

_LOOK = """
cd -- "$1" || exit
find . -mindepth 1 -maxdepth 1 \\( -type f -o -type d \\) -name "$2" -exec stat -c '%Y %s %n' {} + | sort -n | tail -n "$3"
"""

_EXAMINE = (
    EXISTING
    + """
if [ -d "$1" ]; then
  echo "fact files $(find "$1/$2" -type f | wc -l)"
  echo "fact size $(du -sk -- "$1/$2" | cut -f 1)"
  [ ! -e "$1/$2/$3" ] || echo "fact marker yes"
else
  names=$(mktemp) || exit
  trap 'rm -f "$names"' EXIT
  tar -tvf "$1" >"$names" || exit
  awk '/^-/ {n++; s += $3} END {print "fact files", n + 0; print "fact size", int((s + 1023) / 1024)}' "$names"
  tar -tf "$1" | sed 's,^\\./,,' | grep -qxF -- "$4" && echo "fact marker yes"
fi
existing "$5" "$6"
"""
)

_BRING = """
rm -rf -- "$3" "$3.part" && mkdir -m 700 -- "$3.part" || exit
if [ -d "$1" ]; then
  cp -a -- "$1/$2" "$3.part/copy" || exit
  mv -T -- "$3.part/copy" "$3" || exit
elif [ "$2" = . ]; then
  mkdir -- "$3.part/copy" && tar -xpf "$1" -C "$3.part/copy" && mv -T -- "$3.part/copy" "$3" || exit
else
  tar -xpf "$1" -C "$3.part" && mv -T -- "$3.part/$2" "$3" || exit
fi
exec rm -rf -- "$3.part"
"""

_DATED = re.compile(r"(20\d\d)-?([01]\d)-?([0-3]\d)(?:[T_-]?([0-2]\d)[:.-]?([0-5]\d)(?:[:.-]?([0-5]\d))?)?")


class FilesAdapter(DirectoryAdapter):
    """Copies of one directory."""

    def __init__(self, source: Files, place: Place) -> None:
        super().__init__(source.path, place)
        self.source = source

    def look(self) -> RunStep:
        """List the copies."""
        words = self.words(_LOOK, self.source.directory, self.source.pattern, MOST_POINTS)
        return self.place.look("Look for copies", words)

    def read_points(self, said: str) -> list[RestorePoint]:
        """An entry each: as old as its name says, or as its last change where that is older."""
        points = [
            RestorePoint(id=name, at=min(at, _dated(name) or at), size_bytes=size)
            for at, size, name in listed_files(said)
        ]
        return sorted(points, key=lambda p: (p.at, p.id), reverse=True)

    def examine(self, point: RestorePoint) -> RunStep:
        """Read the copy's list of contents to its end."""
        source = self.source
        marker = source.marker if source.inside == "." else f"{source.inside}/{source.marker}"
        words = self.words(_EXAMINE, self._copy(point), source.inside, source.marker, marker, self.path, self.parent)
        return self.place.look(f"Read the copy {point.id} to its end", words)

    def judge(self, said: str) -> Examined:
        """Not empty, and with the marker in it."""
        found = facts(said)
        faults = []
        if not number(found, "files"):
            faults.append("it holds no file")
        elif found.get("marker") != "yes":
            faults.append(f"it has no {self.source.marker}, so it is not a copy of this application's {self.path}")
        return self.examined(found, faults, kilobytes(found, "size"))

    def bring(self, point: RestorePoint, examined: Examined) -> list[Step]:
        """Unpack beside the directory that exists."""
        words = self.words(_BRING, self._copy(point), self.source.inside, self.aside)
        return [self.place.run(f"Restore {point.id} into {self.aside}", words)]

    def _copy(self, point: RestorePoint) -> str:
        return f"{self.source.directory}/{point.id}"


def _dated(name: str) -> datetime | None:
    """The time in a name, in UTC; a day alone is its first moment."""
    found = _DATED.search(name)
    if found is None:
        return None
    try:
        return datetime(*(int(part or 0) for part in found.groups()), tzinfo=UTC)  # type: ignore[arg-type,misc]
    except ValueError:
        return None
