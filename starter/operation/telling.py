"""Telling operations what people decide, and stopping them."""

from __future__ import annotations

from typing import Any

from models.base import Model
from models.errors import UserError
from models.gates import Decision, DecisionReceipt
from models.lease import ReleaseLease
from models.names import as_typed, watch_id
from models.operation import AbortOperation, OperationTold
from models.watch import WatchStatus, WatchTold
from starter.desk import Desk, ask, made, told
from starter.incident.views import OpenQuestion
from starter.operation.reading import LOST, show_operation, show_prepared


async def find_gate(desk: Desk, id: str, name: str | None) -> OpenQuestion:
    """The open question of that name, or the only one; `UserError` names those that there are."""
    view = await show_prepared(desk, id)
    gates = {gate.id: gate for gate in view.gates}
    if not gates:
        raise UserError(f"{id} asks nothing now; it is {view.outcome or view.state}: {view.doing or view.summary}")
    if name is None and len(gates) > 1:
        raise UserError(f"{id} asks several questions; say which with --gate: {', '.join(gates)}")
    if name is not None and name not in gates:
        raise UserError(f"{id} has no open question {name!r}; it has {', '.join(gates)}")
    return gates[name] if name is not None else next(iter(gates.values()))


async def decide(desk: Desk, id: str, decision: Decision) -> DecisionReceipt:
    """Answer a question; `UserError` is the workflow's refusal."""
    receipt: DecisionReceipt = await _tell(desk, id, "decide", decision, DecisionReceipt)
    return receipt


async def abort(desk: Desk, id: str, by: str, reason: str) -> OperationTold:
    """Stop an operation after what is running now; `UserError` is its refusal."""
    order = made(AbortOperation, by=by, reason=reason)
    view = await show_operation(desk, id)
    if view.closed_at is not None or view.state == LOST:
        raise UserError(f"{id} runs no more, so there is nothing to stop; it is {view.outcome or view.state}")
    answer: OperationTold = await _tell(desk, id, "abort", order, OperationTold)
    return answer


async def take_back(desk: Desk, application: str, holder: str, by: str) -> WatchTold:
    """Have the watch take a lease back from an operation that hangs; `UserError` is its refusal."""
    status = await ask(desk.client.get_workflow_handle(watch_id(application)), WatchStatus)
    if status is not None and holder not in {lease.holder for lease in status.leases}:
        if holder in {waiting.lease.holder for waiting in status.waiting}:
            raise UserError(f"{holder} waits for the lease and holds none; `driftvakt operation abort` ends it")
        held = ", ".join(lease.holder for lease in status.leases) or "nobody"
        raise UserError(f"{as_typed(holder)} holds no lease of {application}; held by: {held}")
    order = ReleaseLease(application=application, holder=holder, by=by)
    answer: WatchTold = await _tell(desk, watch_id(application), "release_lease", order, WatchTold)
    return answer


async def _tell(desk: Desk, id: str, update: str, message: Model, kind: type[Model]) -> Any:
    async with told(id):
        return await desk.client.get_workflow_handle(id).execute_update(update, message, result_type=kind)
