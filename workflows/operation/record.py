"""The record of an operation, and the proof that it gives for its instruction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from temporalio import workflow

from models.jobs import Outcome
from models.operation import OperationEnd, OperationOrder, OperationOutcome, OperationState
from models.proof import ProofRecord, use_of
from models.records import OperationRecord, TimelineEntry
from workflows.runtime.outcomes import worst
from workflows.steps.proof import proof_by_this_run

_WELL = {
    OperationEnd.DONE: True,
    OperationEnd.NOTHING_TO_DO: True,
    OperationEnd.REHEARSED: True,
    OperationEnd.FAILED: False,
    OperationEnd.UNDONE: False,
}
"""Whether the instruction succeeded; the other ends prove nothing."""


def operation_record(
    order: OperationOrder,
    outcome: OperationOutcome | None,
    *,
    kind: str,
    name: str,
    title: str,
    state: OperationState,
    dossier: str,
    data: dict[str, Any],
    timeline: Sequence[TimelineEntry],
) -> OperationRecord:
    """The record of an operation, with the new lines of its timeline."""
    return OperationRecord(
        id=workflow.info().workflow_id,
        kind=kind,
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
    """The proof that an ended operation gives for its instruction; None without a proof, or without an instruction."""
    well = _WELL.get(outcome.end)
    if not instruction or well is None:
        return None
    if order.rehearse:
        well = worst([report.outcome for report in outcome.steps if report.host is not None]) is Outcome.OK
    use = use_of(well, rehearsed=order.rehearse)
    return proof_by_this_run(order.application, instruction, use, dossier, at=outcome.closed_at)
