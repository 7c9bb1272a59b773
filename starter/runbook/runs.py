"""Past runs of runbooks, as long as Temporal keeps them."""

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
from starter.desk import Desk
from starter.runbook.catalogue import workflow_url
from starter.terminal.listed import Listed
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
    """`ok`, `failed` or `unknown`; `running`; or how its workflow ended otherwise."""
    rehearsed: bool = False
    by: str = ""
    """Who asked for it, under their one name where the dossier knows them; empty where its history is gone."""
    summary: str = ""
    url: str


async def list_runs(desk: Desk, name: str | None, application: str | None, limit: int) -> Listed[RunbookRun]:
    """The runs of one runbook, or of all, the latest first."""
    names = [find_runbook(name).name] if name is not None else list(find_runbooks())
    query = f"WorkflowType IN ({', '.join(repr(f'runbook.{one}') for one in names)})"
    if application is not None:
        query += f" AND {APPLICATION} = '{application}'"
    found = [execution async for execution in desk.client.list_workflows(query, limit=limit)]
    total = len(found) if len(found) < limit else (await desk.client.count_workflows(query)).count
    runs = await asyncio.gather(*(_run(desk, execution) for execution in found))
    return Listed(list(runs), total)


async def _run(desk: Desk, execution: WorkflowExecution) -> RunbookRun:
    order = await _order(desk.client, execution)
    report = await _report(desk.client, execution)
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
        by=await asyncio.to_thread(_one_name, desk.records, str(order.get("requested_by", "")), application),
        summary=report.summary if report else "",
        url=workflow_url(execution.id, desk.settings),
    )


def _one_name(records: Records, typed: str, application: str) -> str:
    """Resolve the name of a person that was typed into the Temporal UI or a command; a stranger's name stays as typed."""
    try:
        return identify(records, typed, [application])
    except UserError:
        return summary_line(typed)


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
