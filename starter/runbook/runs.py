"""Reads the runs of runbooks from Temporal, which keeps them for its retention period."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError

from activities.records import Records
from activities.records.people import identify
from models.base import Model
from models.errors import UserError
from models.names import APPLICATION
from models.runbooks import RunbookReport
from runbooks import find_runbook, find_runbooks
from starter.connection.links import workflow_url
from starter.terminal.listed import Listed
from starter.terminal.session import CommandSession, list_workflows
from workflows.runtime.markdown import summary_line

_APPLICATION = SearchAttributeKey.for_keyword(APPLICATION)


class RunbookRun(Model):
    """One run of a runbook."""

    id: str
    runbook: str
    application: str
    started_at: datetime
    ended_at: datetime | None = None
    outcome: str
    """`ok`, `failed` or `unknown` from the report; without a report, the workflow's status, such as `running`."""
    rehearsed: bool = False
    by: str = ""
    """The person who requested it, by their name in the dossier if they are in it; empty if the history is gone."""
    summary: str = ""
    url: str


async def list_runs(
    session: CommandSession, name: str | None, application: str | None, limit: int
) -> Listed[RunbookRun]:
    """Return the runs of one runbook, or of all, the latest first."""
    names = [find_runbook(name).name] if name is not None else list(find_runbooks())
    query = f"WorkflowType IN ({', '.join(repr(f'runbook.{one}') for one in names)})"
    if application is not None:
        query += f" AND {APPLICATION} = '{application}'"
    found = await list_workflows(session, query, limit)
    runs = await asyncio.gather(*(_run(session, execution) for execution in found.lines))
    return Listed(list(runs), found.total)


async def _run(session: CommandSession, execution: WorkflowExecution) -> RunbookRun:
    order = await _order(session.client, execution)
    report = await _report(session.client, execution)
    application = execution.typed_search_attributes.get(_APPLICATION) or str(order.get("application", ""))
    status = execution.status.name.lower().replace("_", " ") if execution.status else "unknown"
    return RunbookRun(
        id=execution.id,
        runbook=execution.workflow_type.removeprefix("runbook."),
        application=application,
        started_at=execution.start_time,
        ended_at=execution.close_time,
        outcome=report.outcome.value if report else status,
        rehearsed=report.rehearsed if report else bool(order.get("rehearse")),
        by=await asyncio.to_thread(_one_name, session.records, str(order.get("requested_by", "")), application),
        summary=report.summary if report else "",
        url=workflow_url(execution.id, session.settings),
    )


def _one_name(records: Records, typed: str, application: str) -> str:
    """Return the name in the dossier of the person whose name was typed; the typed text if they are not in the dossier."""
    try:
        return identify(records, typed, [application])
    except UserError:
        return summary_line(typed)


async def _order(client: Client, execution: WorkflowExecution) -> dict[str, Any]:
    """Return the input of a run, from the first event of its history; empty if there is none."""
    handle = client.get_workflow_handle(execution.id, run_id=execution.run_id)
    try:
        async for event in handle.fetch_history_events(page_size=1):
            payloads = event.workflow_execution_started_event_attributes.input.payloads
            [order] = await client.data_converter.decode(payloads, [dict])
            return dict(order)
    except (RPCError, ValueError):
        pass  # the history is gone, or the input is not an object
    return {}


async def _report(client: Client, execution: WorkflowExecution) -> RunbookReport | None:
    if execution.status is not WorkflowExecutionStatus.COMPLETED:
        return None
    handle = client.get_workflow_handle(execution.id, run_id=execution.run_id, result_type=RunbookReport)
    try:
        report: RunbookReport = await handle.result(follow_runs=False)
        return report
    except (RPCError, ValueError):
        return None
