"""Sends updates to incidents and to their watches."""

from __future__ import annotations

from activities.temporal.watches import update_watch
from models.base import Model
from models.errors import UserError
from models.incident import IncidentReply, IncidentStatus
from models.watch import (
    MergeIncidents,
    OpenByHand,
    OpenReceipt,
    ReopenIncident,
    SplitIncident,
    WatchReply,
)
from starter.gate.questions import choose_question
from starter.gate.views import OpenQuestion
from starter.incident.naming import parts, short
from starter.incident.reading import running_handle
from starter.incident.views import open_gate
from starter.terminal.applications import require_application
from starter.terminal.session import CommandSession, query_status, send_update, sending


async def open_incident(session: CommandSession, application: str, order: OpenByHand) -> OpenReceipt:
    """Open an incident by hand; it may join an open one. Start the application's watch if it does not run."""
    require_application(session.settings, session.records, application)
    async with sending(f"the watch of {application}"):
        return await update_watch(session.client, application, "open_incident", order, OpenReceipt)


async def send_to_watch(
    session: CommandSession, id: str, name: str, order: MergeIncidents | SplitIncident | ReopenIncident
) -> WatchReply:
    """Send an update about an incident to its watch. Raise `UserError` when the watch refuses."""
    application, _ = parts(id)
    require_application(session.settings, session.records, application)
    async with sending(f"the watch of {application}"):
        return await update_watch(session.client, application, name, order, WatchReply)


async def send_to_incident(session: CommandSession, id: str, name: str, message: Model) -> IncidentReply:
    """Send an update to an incident. Raise `UserError` when the incident refuses, has ended or does not answer."""
    return await send_update(await running_handle(session, id), name, message, IncidentReply, short(id))


async def draft_of(session: CommandSession, id: str) -> str:
    """Return the draft of the next customer update. Raise `UserError` when there is none."""
    status = await _status(session, id, "so the draft of the update is unknown")
    if not status.draft.strip():
        raise UserError(f"{short(id)} has no draft of an update; write the update with --text")
    return status.draft.strip()


def same_application(id: str, other: str) -> None:
    """Raise `UserError` when the two incidents belong to different applications."""
    (application, _), (theirs, _) = parts(id), parts(other)
    if theirs != application:
        raise UserError(
            f"{short(id)} and {short(other)} belong to two applications ({application}, {theirs}) and cannot be merged; "
            "lead them together with `driftvakt major open`"
        )


async def find_question(session: CommandSession, id: str, name: str | None) -> OpenQuestion:
    """Return the named open question, or the only one. Raise `UserError` with the open questions."""
    status = await _status(session, id, "so it cannot accept a decision")
    questions = [open_gate(id, gate) for gate in status.gates]
    return choose_question(short(id), questions, name, f"{status.state.value}: {status.doing}")


async def _status(session: CommandSession, id: str, so: str) -> IncidentStatus:
    status = await query_status(await running_handle(session, id), IncidentStatus)
    if status is None:
        raise UserError(f"no worker answers for {short(id)}, {so}; `driftvakt doctor` says why")
    return status
