"""Telling incidents, and the watches that keep them, what people say and decide."""

from __future__ import annotations

from typing import Any

from temporalio.client import WithStartWorkflowOperation, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy

from models.base import Model
from models.errors import UserError
from models.gates import Decision, DecisionReceipt, GateOption
from models.incident import IncidentStatus, Told
from models.names import WORKFLOW_QUEUE, watch_id
from models.watch import (
    MergeIncidents,
    OpenByHand,
    OpenReceipt,
    ReopenIncident,
    SplitIncident,
    WatchOrder,
    WatchTold,
)
from starter.applications import require_application
from starter.desk import Desk, ask, tell, told
from starter.incident.naming import parts, short
from starter.incident.reading import running_handle
from starter.incident.views import OpenQuestion, open_gate
from workflows.runtime.markdown import summary_line


async def open_incident(desk: Desk, application: str, order: OpenByHand) -> OpenReceipt:
    """Open an incident by hand, starting the watch where there is none; it may join one that is open."""
    require_application(desk.settings, desk.records, application)
    async with told(f"the watch of {application}"):
        receipt: OpenReceipt = await desk.client.execute_update_with_start_workflow(
            "open_incident", order, start_workflow_operation=_with_watch(application), result_type=OpenReceipt
        )
    return receipt


async def tell_watch(
    desk: Desk, id: str, name: str, order: MergeIncidents | SplitIncident | ReopenIncident
) -> WatchTold:
    """Tell the watch of an incident what becomes of it; `UserError` is the watch's refusal."""
    application, _ = parts(id)
    require_application(desk.settings, desk.records, application)
    async with told(f"the watch of {application}"):
        answer: WatchTold = await desk.client.execute_update_with_start_workflow(
            name, order, start_workflow_operation=_with_watch(application), result_type=WatchTold
        )
    return answer


async def tell_incident(desk: Desk, id: str, name: str, message: Model) -> Told:
    """Tell an incident something; `UserError` is its refusal, or says why it can be told nothing."""
    return await tell(await running_handle(desk, id), name, message, Told, short(id))


async def draft_of(desk: Desk, id: str) -> str:
    """What the customer would be told now."""
    status = await _status(desk, id, "so what the customer would be told is not known")
    if not status.draft.strip():
        raise UserError(f"{short(id)} has no draft of an update; say what to tell the customer with --text")
    return status.draft.strip()


def same_application(id: str, other: str) -> None:
    """`UserError` where two incidents are of two applications."""
    (application, _), (theirs, _) = parts(id), parts(other)
    if theirs != application:
        raise UserError(
            f"{short(id)} and {short(other)} are of two applications ({application}, {theirs}), so neither can take the other "
            "over; lead them together with `driftvakt major open`"
        )


async def find_gate(desk: Desk, id: str, name: str | None) -> OpenQuestion:
    """The open question of that name, or the only one; `UserError` names those that there are."""
    status = await _status(desk, id, "so it cannot take a decision")
    gates = {gate.id: open_gate(id, gate) for gate in status.gates}
    if not gates:
        raise UserError(f"{short(id)} asks nothing now; it is {status.state.value}: {status.doing}")
    if name is None and len(gates) > 1:
        raise UserError(f"{short(id)} asks several questions; say which with --gate: {', '.join(gates)}")
    if name is not None and name not in gates:
        raise UserError(f"{short(id)} has no open question {name!r}; it has {', '.join(gates)}")
    return gates[name] if name is not None else next(iter(gates.values()))


def find_option(gate: OpenQuestion, name: str, note: str) -> GateOption:
    """The option of that name; `UserError` names the right ones, or says that it needs a reason."""
    for option in gate.options:
        if option.name == name:
            if option.needs_reason and not note.strip():
                raise UserError(f"{name} needs a reason; say why with --note")
            return option
    raise UserError(f"gate {gate.id} has no option {name!r}; choose one of {', '.join(o.name for o in gate.options)}")


async def decide(desk: Desk, id: str, decision: Decision) -> DecisionReceipt:
    """Answer a question; `UserError` is the workflow's refusal."""
    async with told(short(id)):
        receipt: DecisionReceipt = await _handle(desk, id).execute_update(
            "decide", decision, result_type=DecisionReceipt
        )
    return receipt


async def _status(desk: Desk, id: str, so: str) -> IncidentStatus:
    status = await ask(await running_handle(desk, id), IncidentStatus)
    if status is None:
        raise UserError(f"no worker answers for {short(id)}, {so}; `driftvakt doctor` says why")
    return status


def _with_watch(application: str) -> WithStartWorkflowOperation[Any, Any]:
    return WithStartWorkflowOperation(
        "watch",
        WatchOrder(application=application),
        id=watch_id(application),
        task_queue=WORKFLOW_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=summary_line(f"Watch of {application}"),
    )


def _handle(desk: Desk, id: str) -> WorkflowHandle[Any, Any]:
    return desk.client.get_workflow_handle(id)
