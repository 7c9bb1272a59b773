"""Restores and drills: what each is started with, the restore points found, and what came of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from models.base import Duration, Identifier, Model, Moment
from models.operation import OperationOrder

LATEST = "latest"

Wanted = Annotated[str, Field(max_length=300)]
"""`latest`, the id of a restore point, or a time with its zone: `2026-01-31T02:00:00Z`."""


class RestoreOrder(OperationOrder):
    """Restore from backup."""

    restore: Annotated[Identifier, Field(examples=["database"])]
    """Restore instruction of the dossier."""
    point: Wanted = ""
    """`latest`, the id of a restore point, or a time with its zone; asked for unless given."""
    points_only: bool = False
    """Say which restore points there are, and change nothing."""


class DrillOrder(OperationOrder):
    """Practise a restore, into a scratch place."""

    restore: Annotated[Identifier, Field(examples=["database"])]
    """Restore instruction of the dossier."""
    point: Wanted = LATEST
    """`latest`, the id of a restore point, or a time with its zone."""
    exact_until: Moment | None = None
    """Until when its schedule keeps to the times of the dossier. After that it wakes up more often until it is applied anew: a
    drill too many proves as much as any other."""


class RestorePoint(Model):
    """A state of the data that can be restored."""

    id: str
    """By which it is chosen: a file's name, a snapshot's id."""
    at: datetime
    """The data is as it was then; what came later is lost."""
    size_bytes: int | None = None
    """Of the backup."""
    note: str = ""
    """What else people should know."""
    base: str = ""
    """The backup it begins from, where that is another."""
    target: datetime | None = None
    """The moment to which the log is replayed."""
    to_the_end: bool = False
    """Whether the log is replayed to its end."""

    def age(self, now: datetime) -> timedelta:
        """How much would be lost."""
        return max(now - self.at, timedelta(0))


class Examined(Model):
    """What a look into a backup found, before anything is touched."""

    faults: list[str] = []
    """Why it must not be restored; none: it may."""
    at: datetime | None = None
    """When the data is of, where the backup itself says so."""
    needs_bytes: int | None = None
    """Room that the restored data takes, as far as is known."""
    exists_bytes: int | None = None
    """Size of what is there now; None: nothing is."""
    facts: dict[str, str] = {}
    """For the adapter that looked."""


class RestoreProof(Model):
    """What a restore or a drill has achieved, beside what was agreed; kept in the records."""

    restore: Identifier
    """Instruction in the dossier."""
    point: str
    """Id of the restore point."""
    point_at: datetime
    """The data is as it was then."""
    asked_at: datetime
    """From when its age counts."""
    size_bytes: int | None = None
    lost: Duration
    """Achieved restore point: how much was lost, or would have been."""
    agreed_point: Duration
    took: Duration | None = None
    """Achieved restore time, without waiting for people; None: it did not get that far."""
    agreed_time: Duration
    verified: bool = False
    kept_at: str = ""
    """Where what existed before is kept."""
    faults: list[str] = []
    """What was not as agreed."""

    @property
    def as_agreed(self) -> bool:
        """Whether all that was promised was achieved."""
        return self.verified and not self.faults
