"""Reading what restores and drills have achieved from the records, and which drills are overdue."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from activities.records import Records
from activities.restore.drills import standing_drills
from models.base import Duration, Model, in_our_time
from models.dossier.instructions import Restore
from models.errors import NotFoundError, UserError
from models.operation import OperationEnd, OperationKind
from models.restores import RestoreProof
from models.tables import OperationRow
from starter.applications import require_application
from starter.desk import Desk


class ProofLine(Model):
    """A restore or a drill that was held."""

    id: str
    kind: str
    restore: str
    at: datetime
    end: str
    """How it ended; `under-way` while it has not."""
    summary: str
    proof: RestoreProof | None = None
    """None: it did not get that far."""


class DrillLine(Model):
    """A restore that is drilled, and how that stands."""

    application: str
    restore: str
    title: str
    frequency: str
    """Empty: it is never drilled."""
    agreed_point: Duration
    agreed_time: Duration
    last: ProofLine | None = None
    proven_at: datetime | None = None
    """When a drill last achieved all that was agreed."""
    due_at: datetime | None = None
    """When the next one is to be held."""
    overdue: bool = False


_LIKE_A_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ].*)?")


def require_point(text: str) -> None:
    """Raise `UserError` where this can be no restore point: it is empty, or looks like a time and is none that can be meant."""
    if not text.strip():
        raise UserError(
            "--point: it must not be empty; write latest, the id of a restore point, or a time with its zone"
        )
    if not _LIKE_A_TIME.fullmatch(text):
        return
    try:
        in_our_time(datetime.fromisoformat(text))
    except ValueError:
        raise UserError(
            f"--point: {text!r} is no time that can be meant; write one from 1990 to 2199, as in 2026-01-31T02:00:00Z"
        ) from None


def require_restore(desk: Desk, application: str, name: str) -> Restore:
    """A restore instruction of an application that is published; `NotFoundError` names those there are."""
    require_application(desk.settings, desk.records, application)
    return restore_of(desk.records, application, name)


def restore_of(records: Records, application: str, name: str) -> Restore:
    """A restore instruction of the dossier that holds now; `NotFoundError` names those there are."""
    dossier = records.current_dossier(application)
    restores = dossier.instructions.restore if dossier else {}
    if name not in restores:
        known = ", ".join(restores) or "none"
        raise NotFoundError(f"{application} has no restore {name!r}; it has {known}")
    return restores[name]


def held(
    records: Records, application: str, name: str, kind: OperationKind, limit: int | None = None
) -> list[ProofLine]:
    """Restores or drills of one instruction, the latest first; rehearsals prove nothing."""
    rows = records.operations(application, kind=kind.value, name=name, limit=limit)
    return [_line(row) for row in rows if not row.rehearsed]


def drills(records: Records, applications: Sequence[str], now: datetime) -> list[DrillLine]:
    """Every restore of these applications, and how its drills stand."""
    return [line for name in applications for line in _drills(records, name, now)]


def _drills(records: Records, application: str, now: datetime) -> Iterator[DrillLine]:
    dossier = records.current_dossier(application)
    if dossier is None:
        return
    standings = {standing.restore: standing for standing in standing_drills(records, application, now)}
    for name, restore in dossier.instructions.restore.items():
        lines = held(records, application, name, OperationKind.DRILL)
        ended = [line for line in lines if line.end != "under-way"]
        proven = next((line.at for line in ended if line.end == OperationEnd.DONE.value), None)
        standing = standings.get(name)
        yield DrillLine(
            application=application,
            restore=name,
            title=restore.title,
            frequency=restore.drill.frequency if restore.drill else "",
            agreed_point=restore.restore_point,
            agreed_time=restore.restore_time,
            last=lines[0] if lines else None,
            proven_at=proven,
            due_at=standing.next_at if standing else None,
            overdue=bool(standing and standing.overdue_since),
        )


def _line(row: OperationRow) -> ProofLine:
    return ProofLine(
        id=row.id,
        kind=row.kind,
        restore=row.name,
        at=row.opened_at.astimezone(UTC),
        end=row.outcome or "under-way",
        summary=row.summary,
        proof=_proof(row.data),
    )


def _proof(data: dict[str, Any]) -> RestoreProof | None:
    try:
        return RestoreProof.model_validate(data["proof"]) if "proof" in data else None
    except ValidationError:
        return None
