"""Reading operations: those that run from Temporal, those that have ended from the records."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Final

from temporalio.client import WorkflowExecution, WorkflowExecutionStatus
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError, RPCStatusCode

from models.errors import NotFoundError
from models.names import APPLICATION, AWAITS_DECISION_BY, STATE, TITLE, as_typed
from models.operation import OperationKind, OperationState, OperationStatus
from models.records import EntryKind, TimelineEntry
from models.runbooks import StepReport
from models.tables import OperationEntry, OperationRow
from starter.desk import Desk, ask
from starter.incident.views import asked_by
from starter.operation.views import OperationLine, OperationView
from starter.runbook.catalogue import workflow_url
from starter.terminal.listed import Listed

_STATE = SearchAttributeKey.for_keyword(STATE)
_APPLICATION = SearchAttributeKey.for_keyword(APPLICATION)
_TITLE = SearchAttributeKey.for_keyword(TITLE)
_AWAITS = SearchAttributeKey.for_keyword_list(AWAITS_DECISION_BY)

WORKFLOWS = [k.value for k in OperationKind if k not in {OperationKind.RUNBOOK, OperationKind.REMEDY}]
"""Kinds of operation that are workflows of their own."""

PREPARES_WITHIN: Final = timedelta(seconds=30)
"""How long an answer waits for its question, where the operation has only just begun."""

_LOOK_AGAIN: Final = 0.3

LOST = "lost"
"""The state of an operation whose workflow is gone though it was never closed: terminated, or failed."""


async def list_operations(
    desk: Desk, application: str | None, kind: str | None, *, closed: bool, limit: int
) -> Listed[OperationLine]:
    """Those that run, the latest first; then, if wanted, those that have ended."""
    kinds = ", ".join(f"'{k}'" for k in ([kind] if kind else WORKFLOWS))
    query = f"WorkflowType IN ({kinds}) AND ExecutionStatus = 'Running'"
    if application is not None:
        query += f" AND {APPLICATION} = '{application}'"
    running = [execution async for execution in desk.client.list_workflows(query, limit=limit)]
    known = {o.id: o for o in desk.records.operations(application, kind=kind, open_only=True, limit=limit)}
    opened = [_line(execution, known.get(execution.id)) for execution in running]
    ids = {line.id for line in opened}
    lost = [recorded_operation_line(o, LOST) for o in known.values() if o.id not in ids and not await _runs(desk, o.id)]
    total = len(running) if len(running) < limit else (await desk.client.count_workflows(query)).count
    # Those whose workflow is gone are known to the records alone.
    total = max(
        total, desk.records.count_operations(application, kind=kind, open_only=True) if len(known) == limit else 0
    )
    lines = [*opened, *lost]
    if closed:
        ended = desk.records.operations(application, kind=kind, closed_only=True, limit=limit)
        lines += [recorded_operation_line(o, o.state) for o in ended if o.id not in ids]
        total += desk.records.count_operations(application, kind=kind, closed_only=True)
    return Listed(lines, max(total, len(lines)))


async def show_operation(desk: Desk, id: str) -> OperationView:
    """One operation; `NotFoundError` when neither Temporal nor the records know it."""
    url = workflow_url(id, desk.settings)
    if await _runs(desk, id):
        status = await ask(desk.client.get_workflow_handle(id), OperationStatus)
        if status is not None:
            return OperationView(
                id=id,
                kind=status.kind.value,
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
                timeline=[*_earlier(desk, status), *status.timeline],
                source="workflow",
                url=url,
            )
        return recorded_operation(desk, id, "no worker answers for it; `driftvakt doctor` says why")
    return recorded_operation(desk, id, "its workflow no longer runs, though it was never closed", lost=True)


async def show_prepared(desk: Desk, id: str) -> OperationView:
    """One operation, which is given a moment to prepare what it asks: people answer right after they started it."""
    deadline = time.monotonic() + PREPARES_WITHIN.total_seconds()
    while True:
        view = await show_operation(desk, id)
        prepares = view.source == "workflow" and view.state == OperationState.PREPARING.value and not view.gates
        if not prepares or time.monotonic() > deadline:
            return view
        await asyncio.sleep(_LOOK_AGAIN)


def recorded_operation(desk: Desk, id: str, doing: str, *, lost: bool = False) -> OperationView:
    """An operation as the records have it."""
    try:
        found = desk.records.operation(id)
    except NotFoundError:
        raise NotFoundError(
            f"there is no operation {as_typed(id)}; `driftvakt operation list --all` names them"
        ) from None
    entries = desk.records.operation_timeline(id)
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
        url=workflow_url(id, desk.settings),
    )


def _earlier(desk: Desk, status: OperationStatus) -> list[TimelineEntry]:
    """The lines that the workflow itself no longer keeps; an operation has one run."""
    first = status.timeline[0].sequence if status.timeline else 0
    return [_line_of(e) for e in desk.records.operation_timeline(status.id) if e.sequence < first] if first else []


def _line_of(entry: OperationEntry) -> TimelineEntry:
    return TimelineEntry(
        sequence=entry.sequence, at=entry.at, kind=EntryKind(entry.kind), text=entry.text, data=entry.data
    )


async def _runs(desk: Desk, id: str) -> bool:
    """Whether it runs; what is no operation, an incident say, does not."""
    try:
        described = await desk.client.get_workflow_handle(id).describe()
    except RPCError as error:
        if error.status in {RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT}:  # no id at all, or far too long
            return False
        raise
    return described.workflow_type in WORKFLOWS and described.status is WorkflowExecutionStatus.RUNNING


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
    """An operation of the records in a list."""
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
