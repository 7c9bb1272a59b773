"""Reads operations: running ones from Temporal, ended ones from the records."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Final

from temporalio.client import WorkflowExecution, WorkflowExecutionStatus
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError, RPCStatusCode

from models.names import APPLICATION, AWAITS_DECISION_BY, STATE, TITLE
from models.operation import OperationState, OperationStatus
from models.operation_kinds import operation_kinds
from models.records import EntryKind, TimelineEntry
from models.runbooks import StepReport
from models.tables import OperationEntry, OperationRow
from starter.connection.links import workflow_url
from starter.gate.views import asked_by
from starter.operation.views import OperationLine, OperationView
from starter.terminal.listed import Listed
from starter.terminal.session import CommandSession, list_workflows, query_status

_STATE = SearchAttributeKey.for_keyword(STATE)
_APPLICATION = SearchAttributeKey.for_keyword(APPLICATION)
_TITLE = SearchAttributeKey.for_keyword(TITLE)
_AWAITS = SearchAttributeKey.for_keyword_list(AWAITS_DECISION_BY)

PREPARES_WITHIN: Final = timedelta(seconds=30)
"""The time for which an answer waits for its question when the operation has only just begun."""

_BEFORE_A_QUESTION: Final = {OperationState.PREPARING.value, OperationState.DECIDING.value}

_QUERY_AGAIN: Final = 0.3

LOST = "lost"
"""The state of an operation whose workflow failed or was terminated before the operation was closed."""


async def list_operations(
    session: CommandSession, application: str | None, kind: str | None, *, closed: bool, limit: int
) -> Listed[OperationLine]:
    """Return the running operations, the latest first, and on request those that have ended."""
    kinds = ", ".join(f"'{k}'" for k in ([kind] if kind else operation_kinds()))
    query = f"WorkflowType IN ({kinds}) AND ExecutionStatus = 'Running'"
    if application is not None:
        query += f" AND {APPLICATION} = '{application}'"
    running = await list_workflows(session, query, limit)
    known = {o.id: o for o in session.records.operations(application, kind=kind, open_only=True, limit=limit)}
    opened = [_line(execution, known.get(execution.id)) for execution in running.lines]
    ids = {line.id for line in opened}
    lost = [
        recorded_operation_line(o, LOST) for o in known.values() if o.id not in ids and not await _runs(session, o.id)
    ]
    # Only the records know the operations whose workflow is gone.
    total = max(
        running.total,
        session.records.count_operations(application, kind=kind, open_only=True) if len(known) == limit else 0,
    )
    lines = [*opened, *lost]
    if closed:
        ended = session.records.operations(application, kind=kind, closed_only=True, limit=limit)
        lines += [recorded_operation_line(o, o.state) for o in ended if o.id not in ids]
        total += session.records.count_operations(application, kind=kind, closed_only=True)
    return Listed(lines, max(total, len(lines)))


async def show_operation(session: CommandSession, id: str) -> OperationView:
    """Return one operation. Raise `NotFoundError` when neither Temporal nor the records know it."""
    url = workflow_url(id, session.settings)
    if await _runs(session, id):
        status = await query_status(session.client.get_workflow_handle(id), OperationStatus)
        if status is not None:
            return OperationView(
                id=id,
                kind=status.kind,
                application=status.application,
                title=status.title,
                state=status.state.value,
                doing=status.doing,
                lease=status.lease,
                progress=status.progress,
                opened_at=status.opened_at,
                opened_by=status.by,
                rehearsed=status.rehearsed,
                gates=[asked_by("operation", id, gate) for gate in status.gates],
                steps=status.steps,
                timeline=[*_earlier(session, status), *status.timeline],
                source="workflow",
                url=url,
            )
        return recorded_operation(session, id, "no worker answers for it; `driftvakt doctor` says why")
    return recorded_operation(session, id, "its workflow no longer runs, though it was never closed", lost=True)


async def show_prepared(session: CommandSession, id: str) -> OperationView:
    """Return one operation. If it still prepares its question, wait for that: people may answer right after the start."""
    deadline = time.monotonic() + PREPARES_WITHIN.total_seconds()
    while True:
        view = await show_operation(session, id)
        # An operation enters the state of a question, also in the records, before it opens the question.
        prepares = view.source == "workflow" and view.state in _BEFORE_A_QUESTION and not view.gates
        if not prepares or time.monotonic() > deadline:
            return view
        await asyncio.sleep(_QUERY_AGAIN)


def recorded_operation(session: CommandSession, id: str, doing: str, *, lost: bool = False) -> OperationView:
    """Return an operation from the records; `doing` explains why Temporal did not answer for it."""
    found = session.records.operation(id)
    entries = session.records.operation_timeline(id)
    ended = found.closed_at is not None
    return OperationView(
        id=id,
        kind=found.kind,
        application=found.application,
        title=found.title,
        state=LOST if lost and not ended else found.state,
        doing="" if ended else doing,
        opened_at=found.opened_at,
        opened_by=found.opened_by,
        rehearsed=found.rehearsed,
        closed_at=found.closed_at,
        outcome=found.outcome,
        summary=found.summary,
        steps=[StepReport.model_validate(e.data) for e in entries if e.kind == EntryKind.ACTION.value and e.data],
        data=found.data,
        timeline=[_line_of(entry) for entry in entries],
        source="records",
        url=workflow_url(id, session.settings),
    )


def _earlier(session: CommandSession, status: OperationStatus) -> list[TimelineEntry]:
    """Return the timeline's earlier entries, which only the records still have. An operation has only one run."""
    first = status.timeline[0].sequence if status.timeline else 0
    return [_line_of(e) for e in session.records.operation_timeline(status.id) if e.sequence < first] if first else []


def _line_of(entry: OperationEntry) -> TimelineEntry:
    return TimelineEntry(
        sequence=entry.sequence, at=entry.at, kind=EntryKind(entry.kind), text=entry.text, data=entry.data
    )


async def _runs(session: CommandSession, id: str) -> bool:
    """Return whether an operation runs; False for a workflow of another kind, such as an incident."""
    try:
        described = await session.client.get_workflow_handle(id).describe()
    except RPCError as error:
        if error.status in {RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT}:  # no such id, or an invalid one
            return False
        raise
    return described.workflow_type in operation_kinds() and described.status is WorkflowExecutionStatus.RUNNING


def _line(execution: WorkflowExecution, known: OperationRow | None) -> OperationLine:
    attributes = execution.typed_search_attributes
    return OperationLine(
        id=execution.id,
        kind=execution.workflow_type,
        application=attributes.get(_APPLICATION) or "",
        title=known.title if known else attributes.get(_TITLE) or execution.id,
        state=attributes.get(_STATE) or "preparing",
        waits_for=list(attributes.get(_AWAITS) or []),
        opened_at=execution.start_time,
        opened_by=known.opened_by if known else "",
    )


def recorded_operation_line(row: OperationRow, state: str) -> OperationLine:
    """Return the list entry of an operation in the records."""
    return OperationLine(
        id=row.id,
        kind=row.kind,
        application=row.application,
        title=row.title,
        state=state,
        opened_at=row.opened_at,
        opened_by=row.opened_by,
        closed_at=row.closed_at,
        outcome=row.outcome,
    )
