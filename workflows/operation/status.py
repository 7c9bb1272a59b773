"""The status of an operation, for people: the answer of its query `status`, and the data of its page."""

from __future__ import annotations

from temporalio import workflow

from models.operation import OperationStatus
from models.runbooks import steps_that_fit
from models.sizes import ANSWER
from workflows.operation.context import OperationContext
from workflows.operation.page import ShownOperation


def operation_status(operation: OperationContext) -> OperationStatus:
    """Return its status, with as many steps and lines as fit into an answer."""
    order, journal = operation.order, operation.journal
    return OperationStatus(
        id=workflow.info().workflow_id,
        kind=operation.kind.name,
        application=order.application if order else "",
        title=operation.title,
        state=operation.state,
        doing=operation.doing,
        by=order.by if order else "",
        rehearsed=bool(order and order.rehearse),
        opened_at=workflow.info().workflow_start_time,
        components=operation.components.names if operation.components else [],
        lease=operation.lease_says,
        gates=operation.open_gates,
        steps=steps_that_fit(operation.reports, ANSWER // 2),
        timeline=journal.timeline.shown(ANSWER // 2),
        progress=journal.progress,
    )


def operation_view(operation: OperationContext) -> ShownOperation:
    """Return the data of its page."""
    return ShownOperation(
        order=operation.order,
        title=operation.title,
        state=operation.state,
        doing=operation.doing,
        progress=operation.journal.progress,
        lease=operation.lease_says,
        asks=bool(operation.open_gates),
        gates=operation.gates_markdown(),
        aborting=operation.aborting,
        may_stop=_somebody_who_may_stop(operation),
        reports=operation.reports,
        timeline=operation.journal.timeline.lines,
        outcome=operation.outcome,
        id_used=operation.id_used,
        more=operation.more_on_page(),
    )


def _somebody_who_may_stop(operation: OperationContext) -> str:
    """The name that the page offers to paste; empty until the dossier is loaded, or if nobody may stop it."""
    if not operation.begun:
        return ""
    return next(iter(operation.may_stop()), "")
