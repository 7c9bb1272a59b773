"""Telling operations what people decide, and stopping them."""

from __future__ import annotations

from typing import Any

from models.base import Model
from models.errors import UserError
from models.gates import Decision, DecisionReceipt
from models.lease import ReleaseLease
from models.names import watch_id
from models.operation import AbortOperation, OperationTold
from models.watch import WatchTold
from starter.desk import Desk, told
from starter.incidents.views import OpenGate
from starter.operations.reading import show_operation


async def find_gate(desk: Desk, id: str, name: str | None) -> OpenGate:
    """The open question of that name, or the only one; `UserError` names those that there are."""
    view = await show_operation(desk, id)
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
    answer: OperationTold = await _tell(desk, id, "abort", AbortOperation(by=by, reason=reason), OperationTold)
    return answer


async def take_back(desk: Desk, application: str, holder: str, by: str) -> WatchTold:
    """Have the watch take a lease back from an operation that hangs; `UserError` is its refusal."""
    order = ReleaseLease(application=application, holder=holder, by=by)
    answer: WatchTold = await _tell(desk, watch_id(application), "release_lease", order, WatchTold)
    return answer


async def _tell(desk: Desk, id: str, update: str, message: Model, kind: type[Model]) -> Any:
    async with told(id):
        return await desk.client.get_workflow_handle(id).execute_update(update, message, result_type=kind)
