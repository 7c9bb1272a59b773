"""Functions for changes: submit one from a file or by a routine's name, list them, and find one with its questions."""

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
from models.operation_kinds import CHANGE, REVIEW
from starter.gate.views import OpenQuestion
from starter.operation.reading import list_operations, recorded_operation_line, show_operation, show_prepared
from starter.operation.views import OperationLine, OperationView
from starter.terminal.applications import require_application
from starter.terminal.listed import Listed
from starter.terminal.messages import build_message
from starter.terminal.session import CommandSession

APPROVALS = {"approve", "refuse"}


class ChangeView(Model):
    """A change with its plan, its state and its reviews."""

    operation: OperationView
    change: dict[str, Any]
    """The kind, the risk with its reasons, the blast radius, the plan with its digest, and the fault of a failed change."""
    follows: list[OperationLine]
    """The review, and the late approval of an emergency change."""


def load_sound_change(path: Path) -> LoadedChange:
    """Load a change from a file, without the dossier. Raise `DossierError` with every error."""
    loaded = load_change(path)
    _sound(loaded, loaded.faults)
    return loaded


def read_change(session: CommandSession, loaded: LoadedChange) -> tuple[ChangeFile, list[Fault]]:
    """Return the change of a file, and its gaps against the current dossier. Raise `DossierError` with every error."""
    change = _sound(loaded, loaded.faults)
    require_application(session.settings, session.records, change.application)
    dossier = session.records.current_dossier(change.application)
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
    session: CommandSession,
    application: str | None,
    routine: str | None,
    since: datetime | None,
    until: datetime | None,
    **fields: Any,
) -> ChangeFile:
    """Return an order for a routine of the dossier. Raise `UserError` when an option is missing or unknown."""
    if application is None or routine is None:
        raise UserError("name a change's file, or a routine of the dossier by --application and --routine")
    require_application(session.settings, session.records, application)
    dossier = session.records.current_dossier(application)
    known = dossier.instructions.changes if dossier else {}
    if routine not in known:
        names = ", ".join(known) or "none"
        raise NotFoundError(f"{application} has no routine {routine!r} for changes; it has {names}")
    if (since is None) != (until is None):
        raise UserError("a window needs a start and an end; give --not-before and --window-until")
    window = None if since is None or until is None else {"since": since, "until": until}
    return build_message(ChangeFile, {"application": application, "routine": routine, "window": window, **fields})


async def next_key(records: Records, application: str) -> str:
    """Return the number of the application's next change."""
    request = NumberChange(key=f"change/{secrets.token_hex(16)}", application=application)
    return str(await asyncio.to_thread(next_number, records, request))


async def list_changes(
    session: CommandSession, application: str | None, *, closed: bool, limit: int
) -> Listed[OperationLine]:
    """Return the running changes, and on request also those that have ended."""
    require_application(session.settings, session.records, application)
    return await list_operations(session, application, CHANGE.name, closed=closed, limit=limit)


async def show_change(session: CommandSession, id: str) -> ChangeView:
    """Return one change. Raise `NotFoundError` when there is no such change."""
    view = await show_operation(session, require_change(id))
    try:
        data = session.records.operation(id).data
    except NotFoundError:  # the change has just started and is not in the records yet
        data = {}
    followed = session.records.operations(view.application, kind=REVIEW.name, name=id)
    return ChangeView(
        operation=view, change=data, follows=[recorded_operation_line(row, row.state) for row in followed]
    )


def require_change(id: str) -> str:
    """Raise `UserError` unless it is the id of a change."""
    if not id.startswith(f"{CHANGE.name}."):
        raise UserError(f"{id!r} is not the id of a change; write the whole id, as in change.acme.shop.4")
    return id


async def awaiting(session: CommandSession, id: str, by: str, gate: str | None) -> tuple[str, str, str]:
    """Return the workflow and the open question by which a person can approve a change, and the person's name.

    The question comes before the change; for an emergency change, it comes afterwards, from a workflow of its own. Raise
    `UserError` when the question is not for this person.
    """
    number = require_change(id).removeprefix(f"{CHANGE.name}.")
    afterwards = operation_id(REVIEW.name, *number.rsplit(".", 1)) + ".approval"
    view = await show_prepared(session, id)
    who = await asyncio.to_thread(identify, session.records, by, [view.application])
    asked = [(id, open_gate) for open_gate in view.gates]
    if not asked:
        with suppress(NotFoundError):  # no emergency change, or Temporal no longer keeps its approval
            asked = [(afterwards, open_gate) for open_gate in (await show_prepared(session, afterwards)).gates]
    approvals = [(workflow, open_gate) for workflow, open_gate in asked if _is_approval(open_gate)]
    if not approvals:
        raise UserError(
            f"{id} waits for no approval now; it is {view.outcome or view.state}: {view.doing or view.summary}"
        )
    if gate is not None:
        found = [(workflow, g.id) for workflow, g in approvals if g.id == gate]
        if not found:
            raise UserError(f"{id} has no open approval {gate!r}; open: {', '.join(g.id for _, g in approvals)}")
        return *found[0], who
    theirs = [(workflow, g.id) for workflow, g in approvals if who in g.deciders]
    if not theirs:
        may = ", ".join(sorted({d for _, g in approvals for d in g.deciders}))
        raise UserError(f"{who} may not approve {id}; {may} may. Give your address with --by")
    return *theirs[0], who


def _is_approval(gate: OpenQuestion) -> bool:
    return {option.name for option in gate.options} == APPROVALS
