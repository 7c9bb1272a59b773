"""Finds the open question of an operation, stops an operation, and revokes its lease, by updates to workflows."""

from __future__ import annotations

from models.errors import UserError
from models.lease import ReleaseLease
from models.names import as_typed, watch_id
from models.operation import AbortOperation, OperationReply
from models.watch import WatchReply, WatchStatus
from starter.gate.questions import choose_question
from starter.gate.views import OpenQuestion
from starter.operation.reading import LOST, show_operation, show_prepared
from starter.terminal.messages import build_message
from starter.terminal.session import CommandSession, query_status, send_short_update


async def find_question(session: CommandSession, id: str, name: str | None) -> OpenQuestion:
    """Return the named open question, or the only one. Raise `UserError` with the open questions."""
    view = await show_prepared(session, id)
    return choose_question(id, view.gates, name, f"{view.outcome or view.state}: {view.doing or view.summary}")


async def abort(session: CommandSession, id: str, by: str, reason: str) -> OperationReply:
    """Stop an operation after its current step. Raise `UserError` when the operation refuses."""
    order = build_message(AbortOperation, {"by": by, "reason": reason})
    view = await show_operation(session, id)
    if view.closed_at is not None or view.state == LOST:
        raise UserError(f"{id} does not run any more, so it cannot be stopped; it is {view.outcome or view.state}")
    return await send_short_update(session.client.get_workflow_handle(id), "abort", order, OperationReply, id)


async def revoke(session: CommandSession, application: str, holder: str, by: str) -> WatchReply:
    """Take the lease from an operation that hangs, through the watch. Raise `UserError` when the watch refuses."""
    handle = session.client.get_workflow_handle(watch_id(application))
    status = await query_status(handle, WatchStatus)
    if status is not None and holder not in {lease.holder for lease in status.leases}:
        if holder in {waiting.lease.holder for waiting in status.waiting}:
            raise UserError(f"{holder} waits for the lease and holds none; `driftvakt operation abort` ends it")
        held = ", ".join(lease.holder for lease in status.leases) or "nobody"
        raise UserError(f"{as_typed(holder)} holds no lease of {application}; held by: {held}")
    order = ReleaseLease(application=application, holder=holder, by=by)
    return await send_short_update(handle, "release_lease", order, WatchReply, handle.id)
