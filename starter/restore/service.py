"""Reads the results of restores and drills from the records, and finds the drills that are overdue."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from activities.records import Records
from activities.restore.drills import drill_states
from models.base import Duration, Model, in_our_time
from models.dossier.instructions import Restore
from models.errors import NotFoundError, UserError
from models.operation import OperationEnd
from models.operation_kinds import DRILL, OperationKind
from models.restores import RestoreProof
from models.tables import OperationRow
from starter.terminal.applications import require_application
from starter.terminal.session import CommandSession


class ProofLine(Model):
    """A restore or a drill that was started."""

    id: str
    kind: str
    restore: str
    at: datetime
    end: str
    """The outcome; `under-way` before the end."""
    summary: str
    proof: RestoreProof | None = None
    """None: it ended before the proof."""


class DrillLine(Model):
    """A restore instruction, and the state of its drills."""

    application: str
    restore: str
    title: str
    frequency: str
    """Empty: the dossier has no drill for this restore."""
    agreed_point: Duration
    agreed_time: Duration
    last: ProofLine | None = None
    proven_at: datetime | None = None
    """The time of the last drill that achieved everything that was agreed."""
    due_at: datetime | None = None
    """The time of the next drill."""
    overdue: bool = False


_LIKE_A_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ].*)?")


def require_point(text: str) -> None:
    """Raise `UserError` when this cannot be a restore point: it is empty, or an invalid or impossible time."""
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
            f"--point: {text!r} is outside the supported years; write a time from 1990 to 2199, as in 2026-01-31T02:00:00Z"
        ) from None


def require_restore(session: CommandSession, application: str, name: str) -> Restore:
    """Return a restore instruction of a published application. Raise `NotFoundError` with the known names."""
    require_application(session.settings, session.records, application)
    return restore_of(session.records, application, name)


def restore_of(records: Records, application: str, name: str) -> Restore:
    """Return a restore instruction of the current dossier. Raise `NotFoundError` with the known names."""
    dossier = records.current_dossier(application)
    restores = dossier.instructions.restore if dossier else {}
    if name not in restores:
        known = ", ".join(restores) or "none"
        raise NotFoundError(f"{application} has no restore {name!r}; it has {known}")
    return restores[name]


def held(
    records: Records, application: str, name: str, kind: OperationKind[Any], limit: int | None = None
) -> list[ProofLine]:
    """Return the restores or drills of one instruction, the latest first, without rehearsals, which prove nothing."""
    rows = records.operations(application, kind=kind.name, name=name, limit=limit)
    return [_line(row) for row in rows if not row.rehearsed]


def drills(records: Records, applications: Sequence[str], now: datetime) -> list[DrillLine]:
    """Return every restore instruction of these applications, with the state of its drills."""
    return [line for name in applications for line in _drills(records, name, now)]


def _drills(records: Records, application: str, now: datetime) -> Iterator[DrillLine]:
    dossier = records.current_dossier(application)
    if dossier is None:
        return
    drills = {drill.restore: drill for drill in drill_states(records, application, now)}
    for name, restore in dossier.instructions.restore.items():
        lines = held(records, application, name, DRILL)
        ended = [line for line in lines if line.end != "under-way"]
        proven = next((line.at for line in ended if line.end == OperationEnd.DONE.value), None)
        drill = drills.get(name)
        yield DrillLine(
            application=application,
            restore=name,
            title=restore.title,
            frequency=restore.drill.frequency if restore.drill else "",
            agreed_point=restore.restore_point,
            agreed_time=restore.restore_time,
            last=lines[0] if lines else None,
            proven_at=proven,
            due_at=drill.next_at if drill else None,
            overdue=bool(drill and drill.overdue_since),
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
