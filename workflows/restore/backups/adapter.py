"""What every adapter answers: how its backups are found, looked into, brought back aside, put in place and taken back.

A restore is brought back aside first, next to what exists, and proven there; only then do the two change places. So what exists
is untouched until the backup has proven itself, and is kept under another name afterwards. A drill is the first half.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.dossier.instructions import Command, RunStep, Step
from models.restores import LATEST, Examined, RestorePoint
from workflows.restore.backups.commands import as_user, with_environment
from workflows.runtime.keys import short_digest

_LONGEST_DATABASE = 63
"""Bytes of a name that PostgreSQL keeps; it cuts a longer one without an error, so that two names could become one."""


@dataclass(frozen=True)
class Place:
    """Where and under which names something is restored."""

    host: str
    """By its name in the dossier."""
    key: str
    """Tells this restore's names from all others: `20260131_` and 26 characters of a digest."""
    limit: timedelta
    """How long any one command may take."""
    drill: bool = False
    scratch: str | None = None
    """A drill's directory; beside what is restored unless given."""

    def run(self, title: str, command: Command, check: Command | None = None) -> RunStep:
        """A step on this host."""
        return RunStep(host=self.host, title=title, command=command, check=check, timeout=self.limit)

    def look(self, title: str, command: Command) -> RunStep:
        """A step that changes nothing."""
        return RunStep(host=self.host, title=title, command=command, read_only=True, timeout=self.limit)

    def named(self, name: str, what: str) -> str:
        """A name for something of this restore beside the name of what is restored: `shop_kept_KEY`."""
        return f"{name}_{what}_{self.key}"

    def named_database(self, name: str, what: str) -> str:
        """The same for a database. A name that is too long keeps its beginning; the digest of all of it makes it unique."""
        whole = self.named(name, what)
        if len(whole.encode()) <= _LONGEST_DATABASE:
            return whole
        rest = f"_{what}_{short_digest(whole)}"
        return name.encode()[: _LONGEST_DATABASE - len(rest)].decode(errors="ignore") + rest


class Adapter(ABC):
    """One kind of backup, for one place."""

    replaces_files = False
    """Whether the component itself is stopped while the two change places, unless the dossier says what is stopped."""
    must_stop = False
    """Whether it is stopped whatever the dossier says."""

    def __init__(self, place: Place) -> None:
        self.place = place

    # --- before anything is touched

    @abstractmethod
    def look(self) -> RunStep:
        """List restore points."""

    @abstractmethod
    def read_points(self, said: str) -> list[RestorePoint]:
        """Read what `look` printed, the newest first."""

    def choose(self, points: Sequence[RestorePoint], wanted: str) -> RestorePoint | str:
        """The point that is wanted: `latest`, an id, or the newest that is not after a time; or why there is none."""
        if not points:
            return "there is no backup"
        if wanted == LATEST:
            return points[0]
        for point in points:
            if point.id == wanted:
                return point
        moment = read_moment(wanted)
        if moment is None:
            return f"there is no restore point {wanted!r}; the newest is {points[0].id}"
        return self.at_moment(points, moment)

    def at_moment(self, points: Sequence[RestorePoint], moment: datetime) -> RestorePoint | str:
        """The point for a moment."""
        found = next((p for p in points if p.at <= moment), None)
        return found or f"no backup is as old as {moment:%Y-%m-%d %H:%M:%S} UTC; the oldest is {points[-1].id}"

    @abstractmethod
    def examine(self, point: RestorePoint) -> RunStep:
        """Look into a backup: readable, not empty, of this application."""

    @abstractmethod
    def judge(self, said: str) -> Examined:
        """Read what `examine` printed, where it ended well."""

    # --- aside

    @abstractmethod
    def bring(self, point: RestorePoint, examined: Examined) -> list[Step]:
        """Restore aside; may be done again from its beginning."""

    def progress(self) -> RunStep | None:
        """A cheap look at how far `bring` has come."""
        return None

    def how_far(self, said: str, examined: Examined) -> str:
        """Read what `progress` printed; empty when it says nothing."""
        return ""

    def environment(self, aside: bool) -> dict[str, str]:
        """Where verification looks."""
        return {}

    def verify(self, step: RunStep, aside: bool) -> RunStep:
        """A query of the dossier, told where to look."""
        return in_environment(step, self.place, self.environment(aside))

    def achieved(self) -> RunStep | None:
        """Ask what was restored how far it came, where that can differ from the point."""
        return None

    def settle(self) -> list[Step]:
        """Bring what was restored aside to rest, so that it can be put in place or removed."""
        return []

    # --- in place, and back

    @abstractmethod
    def swap(self, examined: Examined) -> list[Step]:
        """Keep what exists under another name, and put what was restored in its place."""

    @abstractmethod
    def kept_at(self, examined: Examined) -> str:
        """Where what existed is kept; empty: nothing existed."""

    @abstractmethod
    def put_back(self, examined: Examined) -> list[Step]:
        """Put what was kept in its place again; what was restored is kept under another name."""

    @abstractmethod
    def remove(self) -> list[Step]:
        """Remove what was restored aside."""


def in_environment(step: RunStep, place: Place, environment: dict[str, str], user: str | None = None) -> RunStep:
    """A command of the dossier with variables set, on the host of this restore."""
    words = ["sh", "-c", step.command] if isinstance(step.command, str) else list(step.command)
    command = as_user(user, with_environment(environment, ["sh", "-c", 'cd / && exec "$@"', "verify", *words]))
    return step.model_copy(update={"host": place.host, "component": None, "command": command})


def read_moment(text: str) -> datetime | None:
    """Read a time with its zone: `2026-01-31T02:00:00Z`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
