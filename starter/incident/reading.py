"""Reads incidents: running ones from Temporal, ended ones from the records."""

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
from starter.connection.links import workflow_url
from starter.incident.naming import parts, short
from starter.incident.views import IncidentLine, IncidentView, open_gate
from starter.terminal.listed import Listed
from starter.terminal.session import CommandSession, list_workflows, query_status

_STATE = SearchAttributeKey.for_keyword(STATE)
_PRIORITY = SearchAttributeKey.for_keyword(PRIORITY)
_AWAITS = SearchAttributeKey.for_keyword_list(AWAITS_DECISION_BY)
_TITLE = SearchAttributeKey.for_keyword(TITLE)
_LEAD = SearchAttributeKey.for_keyword(LEAD)
_DEADLINE = SearchAttributeKey.for_datetime(DEADLINE)

LOST = "lost"
"""The state of an incident whose workflow failed or was terminated before the incident was closed."""


async def list_incidents(
    session: CommandSession, application: str | None, *, closed: bool, limit: int
) -> Listed[IncidentLine]:
    """Return the open incidents, the most urgent first; with `closed` also the ended ones, the latest first."""
    query = "WorkflowType = 'incident' AND ExecutionStatus = 'Running'"
    if application is not None:
        query += f" AND {APPLICATION} = '{application}'"
    running = await list_workflows(session, query, limit)
    known = {i.id: i for i in session.records.incidents(application, open_only=True, limit=limit)}
    opened = await asyncio.gather(*(_line(session, execution, known.get(execution.id)) for execution in running.lines))
    open_ids = {line.id for line in opened}
    lost = [
        recorded_line(i, LOST) for i in known.values() if i.id not in open_ids and not await is_running(session, i.id)
    ]
    # Only the records know the incidents whose workflow is gone.
    total = max(
        running.total, session.records.count_incidents(application, open_only=True) if len(known) == limit else 0
    )
    lines = [*sorted(opened, key=lambda line: (line.priority or "P9", line.opened_at)), *lost]
    if closed:
        ended = session.records.incidents(application, closed_only=True, limit=limit)
        lines += [recorded_line(i, i.state) for i in ended if i.id not in open_ids]
        total += session.records.count_incidents(application, closed_only=True)
    return Listed(lines, max(total, len(lines)))


async def show_incident(session: CommandSession, id: str) -> IncidentView:
    """Return one incident. Raise `NotFoundError` when neither Temporal nor the records know it."""
    described = await describe(session, id)
    if described is None or described.status is not WorkflowExecutionStatus.RUNNING:
        return recorded_incident(session.records, session.settings, id, lost=True)
    status = await query_status(session.client.get_workflow_handle(id), IncidentStatus)
    return _answered(session, described, status) if status is not None else await _unanswered(session, described)


def recorded_incident(records: Records, settings: Settings, id: str, *, lost: bool) -> IncidentView:
    """Return an incident from the records; `lost` means that its workflow does not run."""
    found = records.incident(id)
    ended = found.closed_at is not None
    gone = (
        "Its workflow no longer runs, but the incident was not closed: the workflow was terminated, or it failed."
        if lost
        else ""
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


async def is_running(session: CommandSession, id: str) -> bool:
    """Return whether the workflow with this id runs."""
    described = await describe(session, id)
    return described is not None and described.status is WorkflowExecutionStatus.RUNNING


async def running_handle(session: CommandSession, id: str) -> WorkflowHandle[Any, Any]:
    """Return a handle for updates of an incident. Raise `NotFoundError` when the incident does not run."""
    described = await describe(session, id)
    if described is not None and described.status is WorkflowExecutionStatus.RUNNING:
        return session.client.get_workflow_handle(id)
    ended = recorded_incident(session.records, session.settings, id, lost=True)
    how = (
        f"was closed at {ended.closed_at:%Y-%m-%d %H:%M} UTC ({ended.outcome})" if ended.closed_at else "no longer runs"
    )
    raise NotFoundError(f"incident {short(id)} {how}, so it accepts no further updates")


async def describe(session: CommandSession, id: str) -> WorkflowExecutionDescription | None:
    """Return Temporal's description of a workflow; None when Temporal knows no workflow with this id."""
    try:
        return await session.client.get_workflow_handle(id).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise


async def _line(session: CommandSession, execution: WorkflowExecution, known: IncidentRow | None) -> IncidentLine:
    application, number = parts(execution.id)
    attributes = execution.typed_search_attributes
    return IncidentLine(
        id=execution.id,
        application=application,
        number=number,
        # The records get the incident a moment later.
        title=known.title if known else attributes.get(_TITLE) or await _title(session, execution.id),
        state=attributes.get(_STATE) or "unknown",
        priority=attributes.get(_PRIORITY),
        waits_for=list(attributes.get(_AWAITS) or []),
        lead=attributes.get(_LEAD) or (known.lead if known else None),
        deadline=attributes.get(_DEADLINE),
        opened_at=known.opened_at if known else execution.start_time,
    )


async def _title(session: CommandSession, id: str) -> str:
    described = await describe(session, id)
    return (await described.static_summary() if described else None) or ""


def recorded_line(found: IncidentRow, state: str) -> IncidentLine:
    """Return the list entry of an incident in the records."""
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


def _answered(session: CommandSession, described: WorkflowExecutionDescription, status: IncidentStatus) -> IncidentView:
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
        timeline=[*_earlier(session.records, status, described.run_id), *status.timeline],
        source="workflow",
        url=workflow_url(status.id, session.settings),
    )


async def _unanswered(session: CommandSession, described: WorkflowExecutionDescription) -> IncidentView:
    """Return the view of a running incident while no worker answers."""
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
        doing="No worker answers, so the current step is unknown; `driftvakt doctor` says why.",
        opened_at=described.start_time,
        lead=attributes.get(_LEAD),
        timeline=_timeline(session.records, described.id),
        source="visibility",
        url=workflow_url(described.id, session.settings),
    )


def _earlier(records: Records, status: IncidentStatus, run: str) -> list[TimelineEntry]:
    """Return the timeline's earlier entries, which only the records still have."""
    first = status.timeline[0].sequence if status.timeline else 0
    if not first:
        return []
    known = [entry for entry in records.timeline(status.id) if entry.run == run and entry.sequence < first]
    return [TimelineEntry.model_validate(entry.model_dump(exclude={"incident", "run"})) for entry in known]


def _timeline(records: Records, id: str) -> list[TimelineEntry]:
    return [
        TimelineEntry.model_validate(entry.model_dump(exclude={"incident", "run"})) for entry in records.timeline(id)
    ]
