"""The common part of adapters for directories: the restored directory is made beside the current one, then they are swapped."""

from __future__ import annotations

from posixpath import basename, dirname

from models.dossier.instructions import RunStep, Step
from models.restores import Examined
from workflows.restore.backups.adapter import Adapter, Place
from workflows.restore.backups.commands import as_user, facts, kilobytes, no_room, script, size_text

EXISTING = """
existing() {
  if [ -e "$1" ]; then
    echo "fact exists $(du -sk -- "$1" | cut -f 1)"
    [ "$(stat -c %d -- "$1")" = "$(stat -c %d -- "$1/..")" ] || echo "fact mounted yes"
  fi
  if [ -d "$2" ] && [ -w "$2" ] && [ -x "$2" ]; then echo "fact writable yes"; fi
  stat -f -c '%a %S' -- "$2" | awk '{printf "fact free %.0f\\n", $1 * $2 / 1024}'
}
"""
"""A shell function that prints facts: the size of `$1`, whether `$2` is writable, and the free space in it."""

_LONGEST_NAME = 255
"""The longest name of a file, in bytes."""

_PROGRESS = """
for found in "$1" "$1.part"; do [ ! -e "$found" ] || du -sk -- "$found"; done |
  awk '{s += $1} END {print "fact done", s + 0}'
"""

_SWAP = """
if [ -e "$1" ] && [ -e "$3" ]; then mv -T -- "$1" "$2" || exit; fi
exec mv -T -- "$3" "$1"
"""

_PUT_BACK = """
if [ -e "$1" ]; then mv -T -- "$1" "$3" || exit; fi
exec mv -T -- "$2" "$1"
"""


class DirectoryAdapter(Adapter):
    """Base class of the adapters that restore a directory."""

    replaces_files = True

    def __init__(self, path: str, place: Place, user: str | None = None) -> None:
        super().__init__(place)
        self.path = path
        self._user = user
        parent = (place.scratch if place.drill else None) or dirname(path)
        self.parent = parent
        self.aside = f"{parent}/{place.named(basename(path), 'drill' if place.drill else 'new')}"
        self.kept = place.named(path, "kept")

    def words(self, text: str, *arguments: str) -> list[str]:
        """Return a command that runs a shell script as the owner of the files."""
        return as_user(self._user, script("cd / || exit\n" + text.strip(), *arguments))

    def examined(self, found: dict[str, str], faults: list[str], needs: int | None) -> Examined:
        """Return the result of an examination, with the faults of the current directory added."""
        if found.get("mounted") == "yes" and not self.place.drill:
            what = f"{self.path} is a mount point, which cannot be renamed; restore it by steps of your own"
            faults = [*faults, what]
        if found.get("writable") != "yes":
            who = f"the user {self._user}" if self._user else "the user who logs in"
            faults = [
                *faults,
                f"{who} cannot make a directory in {self.parent}; make it, or change who may write there",
            ]
        if len(basename(self.place.named(self.path, "drill")).encode()) > _LONGEST_NAME:
            faults = [*faults, f"the name of {self.path} is too long to keep the directory under a name of its own"]
        return Examined(
            faults=[*faults, *no_room(needs, kilobytes(found, "free"), self.parent)],
            needs_bytes=needs,
            exists_bytes=kilobytes(found, "exists"),
            facts=found,
        )

    def progress(self) -> RunStep | None:
        """Return a command that prints how much has been written."""
        return self.place.read_only("Query the progress", self.words(_PROGRESS, self.aside))

    def how_far(self, said: str, examined: Examined) -> str:
        """Return how much has been written, and of how much."""
        done = kilobytes(facts(said), "done")
        if done is None:
            return ""
        if not examined.needs_bytes:
            return f"{size_text(done)} are written"
        share = min(99, 100 * done // examined.needs_bytes)
        return f"{size_text(done)} of {size_text(examined.needs_bytes)} are written ({share} %)"

    def environment(self, aside: bool) -> dict[str, str]:
        """Return the variable that names the directory."""
        return {"RESTORED_TO": self.aside if aside else self.path}

    def swap(self, examined: Examined) -> list[Step]:
        """Return the step that renames the current directory, and then the restored one."""
        words = self.words(_SWAP, self.path, self.kept, self.aside)
        done = self.words('test ! -e "$1" && test -e "$2"', self.aside, self.path)
        kept = f"Keep {self.path} as {self.kept} and put" if examined.exists_bytes is not None else "Put"
        return [self.place.run(f"{kept} the restored one in its place", words, done)]

    def saved_to(self, examined: Examined) -> str:
        """Return the new name of the previous directory; empty when there was none."""
        return "" if examined.exists_bytes is None else self.kept

    def put_back(self, examined: Examined) -> list[Step]:
        """Return the step that swaps the names again."""
        bad = self.place.named(self.path, "bad")
        words = self.words(_PUT_BACK, self.path, self.kept, bad)
        done = self.words('test ! -e "$1"', self.kept)
        return [self.place.run(f"Put the previous {self.path} back; the restored one is kept as {bad}", words, done)]

    def remove(self) -> list[Step]:
        """Return the step that removes the directory in the staging place."""
        words = self.words('exec rm -rf -- "$1" "$1.part"', self.aside)
        return [self.place.run(f"Remove {self.aside}", words)]
