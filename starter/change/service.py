"""Changes at the desk: submitted from a file or by a routine's name, each under the next number of its application."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from activities.change.activities import next_number
from activities.records import Records
from activities.records.people import identify
from models.base import Model
from models.change import ChangeFile, NumberChange
from models.change_file import LoadedChange, check_change, load_change
from models.dossier.faults import Fault, Weight
from models.errors import DossierError, NotFoundError, UserError
from models.names import operation_id
from models.operation import OperationKind
from starter.applications import require_application
from starter.desk import Desk, made
from starter.incident.views import OpenQuestion
from starter.operation.reading import list_operations, show_operation, show_prepared
from starter.operation.views import OperationLine, OperationView
from starter.terminal.listed import Listed

APPROVALS = {"approve", "refuse"}


class ChangeView(Model):
    """All that is known of a change."""

    operation: OperationView
    change: dict[str, Any]
    """Kind, risk and why, blast radius, the plan with its digest, and how it failed where it did."""
    follows: list[OperationLine]
    """Its review, and the approval of an emergency afterwards."""


def read_change(desk: Desk, path: Path) -> tuple[ChangeFile, list[Fault]]:
    """Read a file and hold it against the dossier that holds now; its gaps are told, `DossierError` names all that is wrong."""
    loaded = load_change(path)
    change = _sound(loaded, loaded.faults)
    require_application(desk.settings, desk.records, change.application)
    dossier = desk.records.current_dossier(change.application)
    if dossier is None:
        raise NotFoundError(f"no dossier of {change.application} is published; publish one first")
    faults = check_change(loaded, dossier)
    _sound(loaded, faults)
    return change, faults


def _sound(loaded: LoadedChange, faults: list[Fault]) -> ChangeFile:
    errors = [fault for fault in faults if fault.severity is Weight.ERROR]
    if errors or loaded.change is None:
        raise DossierError("\n".join(map(str, errors)))
    return loaded.change


def of_routine(
    desk: Desk,
    application: str | None,
    routine: str | None,
    since: datetime | None,
    until: datetime | None,
    **fields: Any,
) -> ChangeFile:
    """The same for a routine of the dossier, without a file; `UserError` says what is missing or unknown."""
    if application is None or routine is None:
        raise UserError("name a change's file, or a routine of the dossier by --application and --routine")
    require_application(desk.settings, desk.records, application)
    dossier = desk.records.current_dossier(application)
    known = dossier.instructions.changes if dossier else {}
    if routine not in known:
        names = ", ".join(known) or "none"
        raise NotFoundError(f"{application} has no routine {routine!r} for changes; it has {names}")
    if (since is None) != (until is None):
        raise UserError("a window has two ends; give --not-before and --window-until")
    window = None if since is None or until is None else {"since": since, "until": until}
    return made(ChangeFile, application=application, routine=routine, window=window, **fields)


async def next_key(records: Records, application: str) -> str:
    """The number under which the next change of an application is started."""
    request = NumberChange(key=f"change/{secrets.token_hex(16)}", application=application)
    return str(await asyncio.to_thread(next_number, records, request))


async def list_changes(desk: Desk, application: str | None, *, closed: bool, limit: int) -> Listed[OperationLine]:
    """Changes that run, and if wanted those that have ended."""
    if application is not None:
        require_application(desk.settings, desk.records, application)
    return await list_operations(desk, application, OperationKind.CHANGE.value, closed=closed, limit=limit)


async def show_change(desk: Desk, id: str) -> ChangeView:
    """One change; `NotFoundError` where there is none."""
    view = await show_operation(desk, require_change(id))
    try:
        data = desk.records.operation(id).data
    except NotFoundError:  # it has only just been started
        data = {}
    followed = desk.records.operations(view.application, kind=OperationKind.REVIEW.value, name=id)
    lines = [
        OperationLine(
            id=row.id,
            kind=row.kind,
            application=row.application,
            title=row.title,
            state=row.state,
            opened_at=row.opened_at,
            opened_by=row.opened_by,
            closed_at=row.closed_at,
            outcome=row.outcome,
        )
        for row in followed
    ]
    return ChangeView(operation=view, change=data, follows=lines)


def require_change(id: str) -> str:
    """Raise `UserError` unless it is the id of a change."""
    if not id.startswith(f"{OperationKind.CHANGE.value}."):
        raise UserError(f"{id!r} is no change; write its whole id, as in change.acme.shop.4")
    return id


async def awaiting(desk: Desk, id: str, by: str, gate: str | None) -> tuple[str, str, str]:
    """The workflow and its open question by which somebody approves a change, and the one name of who that is.

    The question comes before the change; in an emergency, it comes afterwards. `UserError` refuses a person who is not asked.
    """
    number = require_change(id).removeprefix(f"{OperationKind.CHANGE.value}.")
    afterwards = operation_id(OperationKind.REVIEW.value, *number.rsplit(".", 1)) + ".approval"
    view = await show_prepared(desk, id)
    who = await asyncio.to_thread(identify, desk.records, by, [view.application])
    asked = [(id, open_gate) for open_gate in view.gates]
    if not asked:
        with suppress(NotFoundError):  # no emergency, or it is approved already and forgotten
            asked = [(afterwards, open_gate) for open_gate in (await show_prepared(desk, afterwards)).gates]
    approvals = [(workflow, open_gate) for workflow, open_gate in asked if _is_approval(open_gate)]
    if not approvals:
        raise UserError(
            f"{id} asks for no approval now; it is {view.outcome or view.state}: {view.doing or view.summary}"
        )
    if gate is not None:
        found = [(workflow, g.id) for workflow, g in approvals if g.id == gate]
        if not found:
            raise UserError(f"{id} asks for no approval {gate!r}; open: {', '.join(g.id for _, g in approvals)}")
        return *found[0], who
    theirs = [(workflow, g.id) for workflow, g in approvals if who in g.deciders]
    if not theirs:
        may = ", ".join(sorted({d for _, g in approvals for d in g.deciders}))
        raise UserError(f"{who} is not asked to approve {id}; {may} may. Say who you are with --by")
    return *theirs[0], who


def _is_approval(gate: OpenQuestion) -> bool:
    return {option.name for option in gate.options} == APPROVALS
