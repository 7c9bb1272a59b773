"""The interface of the adapters, one for each kind of backup: list, examine, restore to staging, swap, put back.

A restore first writes into a staging place beside the current data, and is proven there. Only then the two are swapped. The
current data therefore stays unchanged until the backup is proven, and is kept under another name. A drill stops before the swap.
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
"""The longest name in PostgreSQL, in bytes. PostgreSQL cuts longer names without an error, and two could become equal."""


@dataclass(frozen=True)
class Place:
    """The host, the names and the time limit of one restore."""

    host: str
    """The name of the host in the dossier."""
    key: str
    """Makes the names of this restore unique: `20260131_` and 26 characters of a digest."""
    limit: timedelta
    """The timeout of each command."""
    drill: bool = False
    scratch: str | None = None
    """The directory of a drill; without it, the drill restores beside the original."""

    def run(self, title: str, command: Command, check: Command | None = None) -> RunStep:
        """Return a step that runs a command on the host."""
        return RunStep(host=self.host, title=title, command=command, check=check, timeout=self.limit)

    def read_only(self, title: str, command: Command) -> RunStep:
        """Return a step that runs a read-only command on the host."""
        return RunStep(host=self.host, title=title, command=command, read_only=True, timeout=self.limit)

    def named(self, name: str, what: str) -> str:
        """Return a unique name made from the original name, such as `shop_kept_KEY`."""
        return f"{name}_{what}_{self.key}"

    def named_database(self, name: str, what: str) -> str:
        """Return such a name for a database. A long name is cut, and a digest of the whole name keeps it unique."""
        whole = self.named(name, what)
        if len(whole.encode()) <= _LONGEST_DATABASE:
            return whole
        rest = f"_{what}_{short_digest(whole)}"
        return name.encode()[: _LONGEST_DATABASE - len(rest)].decode(errors="ignore") + rest


class Adapter(ABC):
    """Builds the commands for one kind of backup and one place, and reads their output."""

    replaces_files = False
    """Whether the component stops for the swap, when the dossier names no components to stop."""
    must_stop = False
    """Whether the component stops in every case, also when the dossier does not name it."""

    def __init__(self, place: Place) -> None:
        self.place = place

    # --- read-only: list and examine

    @abstractmethod
    def list_points(self) -> RunStep:
        """Return the command that lists the restore points."""

    @abstractmethod
    def read_points(self, said: str) -> list[RestorePoint]:
        """Parse the output of `list_points`; the newest point comes first."""

    def choose(self, points: Sequence[RestorePoint], wanted: str) -> RestorePoint | str:
        """Return the point for `latest`, for an id, or for a time (the newest that is not later), or why there is none."""
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
        """Return the newest point that is not later than a moment, or why there is none."""
        found = next((p for p in points if p.at <= moment), None)
        return found or f"no backup is as old as {moment:%Y-%m-%d %H:%M:%S} UTC; the oldest is {points[-1].id}"

    @abstractmethod
    def examine(self, point: RestorePoint) -> RunStep:
        """Return the command that examines a backup: whether it is readable, not empty, and of this application."""

    @abstractmethod
    def judge(self, said: str) -> Examined:
        """Parse the output of `examine`, which succeeded, into facts and faults."""

    # --- staging

    @abstractmethod
    def restore_to_staging(self, point: RestorePoint, examined: Examined) -> list[Step]:
        """Return the steps that restore into the staging place. A retry starts them from the beginning."""

    def progress(self) -> RunStep | None:
        """Return a fast command that queries the progress of `restore_to_staging`; None: there is none."""
        return None

    def how_far(self, said: str, examined: Examined) -> str:
        """Return the output of `progress` as display text; empty when the output has no figures."""
        return ""

    def environment(self, aside: bool) -> dict[str, str]:
        """Return the variables that name the restored data for verification, in the staging place or in its final place."""
        return {}

    def verify(self, step: RunStep, aside: bool) -> RunStep:
        """Return a verification query of the dossier with the variables of `environment`."""
        return in_environment(step, self.place, self.environment(aside))

    def achieved(self) -> RunStep | None:
        """Return the command that queries the time of the restored data, if it can differ from the restore point."""
        return None

    def settle(self) -> list[Step]:
        """Return the steps after verification in staging, such as the stop of a server, before the swap or the removal."""
        return []

    # --- swap and back

    @abstractmethod
    def swap(self, examined: Examined) -> list[Step]:
        """Return the steps that rename the current data and put the restored data in its place."""

    @abstractmethod
    def saved_to(self, examined: Examined) -> str:
        """Return the place where the previous data is kept; empty: there was no previous data."""

    @abstractmethod
    def put_back(self, examined: Examined) -> list[Step]:
        """Return the steps that put the previous data back, and keep the restored data under another name."""

    @abstractmethod
    def remove(self) -> list[Step]:
        """Return the steps that remove the data in the staging place."""


def in_environment(step: RunStep, place: Place, environment: dict[str, str], user: str | None = None) -> RunStep:
    """Return a command of the dossier that runs with these variables on the host of this restore."""
    words = ["sh", "-c", step.command] if isinstance(step.command, str) else list(step.command)
    command = as_user(user, with_environment(environment, ["sh", "-c", 'cd / && exec "$@"', "verify", *words]))
    return step.model_copy(update={"host": place.host, "component": None, "command": command})


def read_moment(text: str) -> datetime | None:
    """Parse a time with a zone, such as `2026-01-31T02:00:00Z`; None: the text is no such time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
