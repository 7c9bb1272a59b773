"""Past runs of runbooks, as long as Temporal keeps them."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError

from models.base import Model
from models.names import APPLICATION
from models.runbooks import RunbookReport
from models.settings import Settings
from runbooks import find_runbook, find_runbooks
from starter.listed import Listed
from starter.runbooks import workflow_url

_APPLICATION = SearchAttributeKey.for_keyword(APPLICATION)


class RunbookRun(Model):
    """One run of a runbook."""

    id: str
    runbook: str
    application: str
    started_at: datetime
    ended_at: datetime | None = None
    outcome: str
    """`ok`, `failed` or `unknown`; `running`; or how its workflow ended otherwise."""
    rehearsed: bool = False
    by: str = ""
    """Who asked for it; empty where its history is gone."""
    summary: str = ""
    url: str


async def list_runs(
    client: Client, settings: Settings, name: str | None, application: str | None, limit: int
) -> Listed[RunbookRun]:
    """The runs of one runbook, or of all, the latest first."""
    names = [find_runbook(name).name] if name else list(find_runbooks())
    query = f"WorkflowType IN ({', '.join(repr(f'runbook.{one}') for one in names)})"
    if application is not None:
        query += f" AND {APPLICATION} = '{application}'"
    found = [execution async for execution in client.list_workflows(query, limit=limit)]
    total = len(found) if len(found) < limit else (await client.count_workflows(query)).count
    runs = await asyncio.gather(*(_run(client, settings, execution) for execution in found))
    return Listed(list(runs), total)


async def _run(client: Client, settings: Settings, execution: WorkflowExecution) -> RunbookRun:
    order = await _order(client, execution)
    report = await _report(client, execution)
    status = execution.status.name.lower().replace("_", " ") if execution.status else "unknown"
    return RunbookRun(
        id=execution.id,
        runbook=execution.workflow_type.removeprefix("runbook."),
        application=execution.typed_search_attributes.get(_APPLICATION) or str(order.get("application", "")),
        started_at=execution.start_time,
        ended_at=execution.close_time,
        outcome=report.outcome.value if report else status,
        rehearsed=report.rehearsed if report else bool(order.get("rehearse")),
        by=str(order.get("requested_by", "")),
        summary=report.summary if report else "",
        url=workflow_url(execution.id, settings),
    )


async def _order(client: Client, execution: WorkflowExecution) -> dict[str, Any]:
    """What was asked for: the input stands in the first event of the history."""
    handle = client.get_workflow_handle(execution.id, run_id=execution.run_id)
    try:
        async for event in handle.fetch_history_events(page_size=1):
            payloads = event.workflow_execution_started_event_attributes.input.payloads
            [order] = await client.data_converter.decode(payloads, [dict])
            return dict(order)
    except (RPCError, ValueError):
        pass  # the history is gone, or it was started with something else
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
