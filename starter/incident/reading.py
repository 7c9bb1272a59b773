"""Reading incidents: those that run from Temporal, those that have ended from the records."""

from __future__ import annotations

import asyncio
from typing import Any

from temporalio.client import WorkflowExecution, WorkflowExecutionDescription, WorkflowExecutionStatus, WorkflowHandle
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError, RPCStatusCode

from activities.records import Records
from models.errors import NotFoundError
from models.incident import IncidentStatus
from models.names import APPLICATION, AWAITS_DECISION_BY, DEADLINE, LEAD, PRIORITY, STATE, TITLE
from models.records import TimelineEntry
from models.settings import Settings
from models.tables import IncidentRow
from starter.desk import Desk, ask
from starter.incident.naming import parts, short
from starter.incident.views import IncidentLine, IncidentView, open_gate
from starter.runbook.catalogue import workflow_url
from starter.terminal.listed import Listed

_STATE = SearchAttributeKey.for_keyword(STATE)
_PRIORITY = SearchAttributeKey.for_keyword(PRIORITY)
_AWAITS = SearchAttributeKey.for_keyword_list(AWAITS_DECISION_BY)
_TITLE = SearchAttributeKey.for_keyword(TITLE)
_LEAD = SearchAttributeKey.for_keyword(LEAD)
_DEADLINE = SearchAttributeKey.for_datetime(DEADLINE)

LOST = "lost"
"""The state of an incident whose workflow is gone though it was never closed: terminated, or failed."""


async def list_incidents(desk: Desk, application: str | None, *, closed: bool, limit: int) -> Listed[IncidentLine]:
    """The open ones, with the most urgent first; then, if wanted, those that have ended, the latest first."""
    query = "WorkflowType = 'incident' AND ExecutionStatus = 'Running'"
    if application is not None:
        query += f" AND {APPLICATION} = '{application}'"
    running = [execution async for execution in desk.client.list_workflows(query, limit=limit)]
    known = {i.id: i for i in desk.records.incidents(application, open_only=True, limit=limit)}
    opened = await asyncio.gather(*(_line(desk, execution, known.get(execution.id)) for execution in running))
    open_ids = {line.id for line in opened}
    lost = [recorded_line(i, LOST) for i in known.values() if i.id not in open_ids and not await is_running(desk, i.id)]
    total = len(running) if len(running) < limit else (await desk.client.count_workflows(query)).count
    # Those whose workflow is gone are known to the records alone.
    total = max(total, desk.records.count_incidents(application, open_only=True) if len(known) == limit else 0)
    lines = [*sorted(opened, key=lambda line: (line.priority or "P9", line.opened_at)), *lost]
    if closed:
        ended = desk.records.incidents(application, closed_only=True, limit=limit)
        lines += [recorded_line(i, i.state) for i in ended if i.id not in open_ids]
        total += desk.records.count_incidents(application, closed_only=True)
    return Listed(lines, max(total, len(lines)))


async def show_incident(desk: Desk, id: str) -> IncidentView:
    """One incident; `NotFoundError` when neither Temporal nor the records know it."""
    described = await describe(desk, id)
    if described is None or described.status is not WorkflowExecutionStatus.RUNNING:
        return recorded_incident(desk.records, desk.settings, id, lost=True)
    status = await ask(desk.client.get_workflow_handle(id), IncidentStatus)
    return _told(desk, described, status) if status is not None else await _untold(desk, described)


def recorded_incident(records: Records, settings: Settings, id: str, *, lost: bool) -> IncidentView:
    """An incident as the records have it; `lost` where its workflow is known not to run."""
    try:
        found = records.incident(id)
    except NotFoundError:
        raise NotFoundError(f"there is no incident {short(id)}; `driftvakt incident list --all` names them") from None
    ended = found.closed_at is not None
    gone = (
        "Its workflow no longer runs, though it was never closed: somebody terminated it, or it failed." if lost else ""
    )
    return IncidentView(
        id=id,
        application=found.application,
        number=found.number,
        title=found.title,
        state=LOST if lost and not ended else found.state,
        priority=found.priority,
        components=found.components,
        doing="" if ended else gone,
        opened_at=found.opened_at,
        closed_at=found.closed_at,
        outcome=found.outcome,
        summary=found.summary,
        lead=found.lead,
        cause=found.cause,
        timeline=_timeline(records, id),
        source="records",
        url=workflow_url(id, settings),
    )


async def is_running(desk: Desk, id: str) -> bool:
    """Whether the workflow of that id runs."""
    described = await describe(desk, id)
    return described is not None and described.status is WorkflowExecutionStatus.RUNNING


async def running_handle(desk: Desk, id: str) -> WorkflowHandle[Any, Any]:
    """A handle of an incident that can still be told something; `NotFoundError` says why there is none."""
    described = await describe(desk, id)
    if described is not None and described.status is WorkflowExecutionStatus.RUNNING:
        return desk.client.get_workflow_handle(id)
    ended = recorded_incident(desk.records, desk.settings, id, lost=True)
    how = (
        f"was closed at {ended.closed_at:%Y-%m-%d %H:%M} UTC ({ended.outcome})" if ended.closed_at else "no longer runs"
    )
    raise NotFoundError(f"incident {short(id)} {how}, so it cannot be told anything")


async def describe(desk: Desk, id: str) -> WorkflowExecutionDescription | None:
    """The workflow of that id as Temporal describes it; None where there never was one."""
    try:
        return await desk.client.get_workflow_handle(id).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise


async def _line(desk: Desk, execution: WorkflowExecution, known: IncidentRow | None) -> IncidentLine:
    application, number = parts(execution.id)
    attributes = execution.typed_search_attributes
    return IncidentLine(
        id=execution.id,
        application=application,
        number=number,
        # The records have it a moment later.
        title=known.title if known else attributes.get(_TITLE) or await _title(desk, execution.id),
        state=attributes.get(_STATE) or "unknown",
        priority=attributes.get(_PRIORITY),
        waits_for=list(attributes.get(_AWAITS) or []),
        lead=attributes.get(_LEAD) or (known.lead if known else None),
        deadline=attributes.get(_DEADLINE),
        opened_at=known.opened_at if known else execution.start_time,
    )


async def _title(desk: Desk, id: str) -> str:
    described = await describe(desk, id)
    return (await described.static_summary() if described else None) or ""


def recorded_line(found: IncidentRow, state: str) -> IncidentLine:
    """An incident of the records in a list."""
    return IncidentLine(
        id=found.id,
        application=found.application,
        number=found.number,
        title=found.title,
        state=state,
        priority=found.priority,
        lead=found.lead,
        opened_at=found.opened_at,
        closed_at=found.closed_at,
        outcome=found.outcome,
    )


def _told(desk: Desk, described: WorkflowExecutionDescription, status: IncidentStatus) -> IncidentView:
    application, number = parts(status.id)
    return IncidentView(
        id=status.id,
        application=application,
        number=number,
        title=status.title,
        state=status.state.value,
        priority=status.priority,
        components=status.components,
        doing=status.doing,
        opened_at=status.opened_at or described.start_time,
        alarms=status.alarms,
        further_alarms=status.further_alarms,
        lead=status.lead,
        clock=status.clock,
        waiting=status.waiting,
        draft=status.draft,
        cause=status.cause,
        major=status.major,
        gates=[open_gate(status.id, gate) for gate in status.gates],
        timeline=[*_earlier(desk.records, status, described.run_id), *status.timeline],
        source="workflow",
        url=workflow_url(status.id, desk.settings),
    )


async def _untold(desk: Desk, described: WorkflowExecutionDescription) -> IncidentView:
    """It runs, but no worker answers for it."""
    application, number = parts(described.id)
    attributes = described.typed_search_attributes
    return IncidentView(
        id=described.id,
        application=application,
        number=number,
        title=await described.static_summary() or "",
        state=attributes.get(_STATE) or "unknown",
        priority=attributes.get(_PRIORITY),
        components=[],
        doing="No worker answers for it, so what it does now is not known; `driftvakt doctor` says why.",
        opened_at=described.start_time,
        lead=attributes.get(_LEAD),
        timeline=_timeline(desk.records, described.id),
        source="visibility",
        url=workflow_url(described.id, desk.settings),
    )


def _earlier(records: Records, status: IncidentStatus, run: str) -> list[TimelineEntry]:
    """The lines that the workflow itself no longer keeps."""
    first = status.timeline[0].sequence if status.timeline else 0
    if not first:
        return []
    known = [entry for entry in records.timeline(status.id) if entry.run == run and entry.sequence < first]
    return [TimelineEntry.model_validate(entry.model_dump(exclude={"incident", "run"})) for entry in known]


def _timeline(records: Records, id: str) -> list[TimelineEntry]:
    return [
        TimelineEntry.model_validate(entry.model_dump(exclude={"incident", "run"})) for entry in records.timeline(id)
    ]
