"""Restores and drills: their orders, the restore points, and the proof."""

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
    """An order to restore from a backup."""

    restore: Annotated[Identifier, Field(examples=["database"])]
    """The restore instruction of the dossier."""
    point: Wanted = ""
    """`latest`, the id of a restore point, or a time with its zone; if it is empty, the workflow asks."""
    points_only: bool = False
    """Only list the restore points, and change nothing."""


class DrillOrder(OperationOrder):
    """An order to test a restore in a scratch place."""

    restore: Annotated[Identifier, Field(examples=["database"])]
    """The restore instruction of the dossier."""
    point: Wanted = LATEST
    """`latest`, the id of a restore point, or a time with its zone."""
    exact_until: Moment | None = None
    """Until this time its schedule starts it at the times of the dossier. After that it starts more often until the
    schedules are applied again; an extra drill does no harm."""


class RestorePoint(Model):
    """A state of the data that can be restored."""

    id: str
    """The id for choosing it: a file's name, a snapshot's id."""
    at: datetime
    """The time of the data; later data is lost."""
    size_bytes: int | None = None
    """The size of the backup."""
    note: str = ""
    """Further information for people."""
    base: str = ""
    """The backup from which it starts, if that is another one."""
    target: datetime | None = None
    """The moment to which the log is replayed."""
    to_the_end: bool = False
    """Whether the log is replayed to its end."""

    def age(self, now: datetime) -> timedelta:
        """Return the age of the data, which a restore would lose."""
        return max(now - self.at, timedelta(0))


class Examined(Model):
    """The result of examining a backup before anything is changed."""

    faults: list[str] = []
    """The reasons why it must not be restored; empty: it may."""
    at: datetime | None = None
    """The time of the data, if the backup contains it."""
    needs_bytes: int | None = None
    """The space that the restored data needs, if it is known."""
    exists_bytes: int | None = None
    """The size of the current data; None: there is none."""
    facts: dict[str, str] = {}
    """Values for the adapter that examined the backup."""


class RestoreProof(Model):
    """The result of a restore or a drill, compared with the agreement; kept in the records."""

    restore: Identifier
    """The instruction in the dossier."""
    point: str
    """The id of the restore point."""
    point_at: datetime
    """The time of the data."""
    asked_at: datetime
    """The time from which the age of the data counts."""
    size_bytes: int | None = None
    lost: Duration
    """The achieved restore point: the time whose data was lost, or would have been."""
    agreed_point: Duration
    took: Duration | None = None
    """The achieved restore time, without waiting for people; None: the restore did not finish."""
    agreed_time: Duration
    verified: bool = False
    saved_to: str = ""
    """The place where the previous data is kept."""
    faults: list[str] = []
    """The terms that were not met."""

    @property
    def as_agreed(self) -> bool:
        """Whether all terms were met."""
        return self.verified and not self.faults
