"""What is recorded of an operation, and what it proves of the instruction that it was the use of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from temporalio import workflow

from models.jobs import Outcome
from models.operation import OperationEnd, OperationKind, OperationOrder, OperationOutcome, OperationState
from models.proof import ProofRecord, use_of
from models.records import OperationRecord, TimelineEntry
from workflows.runtime.outcomes import worst

_WELL = {
    OperationEnd.DONE: True,
    OperationEnd.NOTHING_TO_DO: True,
    OperationEnd.REHEARSED: True,
    OperationEnd.FAILED: False,
    OperationEnd.UNDONE: False,
}
"""Whether an end says that the instruction went well; the others say nothing of it."""


def operation_record(
    order: OperationOrder,
    outcome: OperationOutcome | None,
    *,
    kind: OperationKind,
    name: str,
    title: str,
    state: OperationState,
    dossier: str,
    data: dict[str, Any],
    timeline: Sequence[TimelineEntry],
) -> OperationRecord:
    """What the records hold of the running operation from now on, with what is new of its timeline."""
    return OperationRecord(
        id=workflow.info().workflow_id,
        kind=kind.value,
        application=order.application,
        name=name,
        title=title,
        state=state.value,
        dossier=dossier,
        opened_at=workflow.info().workflow_start_time,
        opened_by=order.by,
        rehearsed=order.rehearse,
        closed_at=outcome.closed_at if outcome else None,
        outcome=outcome.end.value if outcome else None,
        summary=outcome.summary if outcome else "",
        data=data,
        run=workflow.info().run_id,
        first_run=workflow.info().first_execution_run_id,
        timeline=list(timeline),
    )


def proof_record(
    order: OperationOrder, outcome: OperationOutcome, instruction: str, dossier: str
) -> ProofRecord | None:
    """What an ended operation proves of an instruction; None: nothing, or it was the use of none (an empty name)."""
    well = _WELL.get(outcome.end)
    if not instruction or well is None:
        return None
    if order.rehearse:
        well = worst([report.outcome for report in outcome.steps if report.host is not None]) is Outcome.OK
    info = workflow.info()
    return ProofRecord(
        application=order.application,
        instruction=instruction,
        use=use_of(well, rehearsed=order.rehearse),
        operation=info.workflow_id,
        run=info.run_id,
        dossier=dossier,
        at=outcome.closed_at,
    )
