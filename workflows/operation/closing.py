"""The end of an operation: it releases its lease and records how it ended."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from temporalio import workflow

from models.operation import OperationEnd, OperationOutcome, OperationState
from models.records import EntryKind
from models.runbooks import steps_that_fit
from models.sizes import CARRIED
from workflows.operation.context import OperationContext
from workflows.operation.health import unhealthy_at_the_end


async def close(
    operation: OperationContext,
    end: OperationEnd,
    summary: str,
    *,
    meant_to_be_down: Collection[str],
    of_components: Mapping[str, Any],
) -> OperationOutcome:
    """Check health, release the lease, record the end, and answer all open updates.

    The watch raises alarms of the components that are not healthy, except those that are `meant_to_be_down`. `of_components`
    are further fields of `ReleaseLease`.
    """
    failing = await unhealthy_at_the_end(operation, meant_to_be_down) if operation.acted else {}
    operation.withdraw()
    said = await operation.give_lease_back(failing=failing, **of_components)
    if said:
        operation.lease_says = said
    operation.enter(OperationState.CLOSED, summary)
    operation.log(EntryKind.STATE, f"Closed: {end.value.replace('-', ' ')}. {summary}")
    outcome = operation.outcome = OperationOutcome(
        id=workflow.info().workflow_id,
        kind=operation.kind.name,
        end=end,
        summary=summary,
        steps=steps_that_fit(operation.reports, CARRIED),
        opened_at=workflow.info().workflow_start_time,
        closed_at=workflow.now(),
        data=operation.data,
    )
    operation.refresh_page()
    await operation.all_notified()
    await workflow.wait_condition(workflow.all_handlers_finished)
    if operation.begun and not operation.id_used:
        await operation.record()
    await workflow.wait_condition(workflow.all_handlers_finished)  # updates that came meanwhile get their answers
    return outcome


async def cancelled(operation: OperationContext) -> str:
    """Log the cancellation, notify operators of an unfinished step, and return the logged text. No step is rolled back."""
    reason = workflow.cancellation_reason()
    said = (
        f"Cancelled in Temporal by an unknown person{because(reason or '')}. Current step: {operation.doing}. "
        f"{operation.left_behind()}"
    )
    operation.log(EntryKind.STATE, said)
    if operation.begun and operation.acted and not operation.steps.rehearse:
        await operation.notify_operators(f"{operation.title}: {said}")
    return said


def because(reason: str) -> str:
    """A reason as the end of a sentence; empty without a reason."""
    return f": {reason}" if reason else ""
