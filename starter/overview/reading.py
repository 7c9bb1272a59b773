"""Reads the current work from Temporal, or from the records while Temporal is unavailable."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import ConfigDict
from temporalio.client import Client, WorkflowExecution, WorkflowQueryFailedError
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError

from activities.notices.store import undelivered_since
from activities.records import Records
from activities.records.halts import Halts
from models.base import Model
from models.errors import NotFoundError, TemporalUnavailableError
from models.gates import GateState
from models.names import AWAITS_DECISION_BY, CUSTOMER, as_typed
from models.operation_kinds import operation_kinds
from models.settings import Settings
from starter.connection.links import workflow_url
from starter.incident.naming import short
from starter.incident.reading import list_incidents, recorded_line
from starter.major.service import list_majors
from starter.operation.reading import list_operations, recorded_operation_line
from starter.overview.views import Digest, Overview, WaitingQuestion
from starter.terminal.session import ANSWER_WITHIN, CommandSession, open_session, query_status
from starter.watch.service import list_watches


class WhatItDoes(Model):
    """The current step from a workflow's status; the other fields are ignored."""

    model_config = ConfigDict(extra="ignore")

    doing: str = ""


_MOST: Final = 1000
"""The limit for each kind of work in the overview."""

_AT_ONCE: Final = 16
"""The number of workflows that are queried at the same time."""

_AWAITS = SearchAttributeKey.for_keyword_list(AWAITS_DECISION_BY)


async def overview(settings: Settings, records: Records, customer: str | None, span: timedelta) -> Overview:
    """Return the current work, and the work that ended within `span`. Raise `NotFoundError` when there is no such customer.

    While Temporal is unavailable, the overview comes from the records, and its `warning` has the reason.
    """
    applications = [name for name in records.applications() if _of(name, customer)]
    if customer is not None and not applications:
        known = sorted({name.partition(".")[0] for name in records.applications()})
        raise NotFoundError(
            f"no dossier of the customer {as_typed(customer)} is published; there are {', '.join(known) or 'none'}"
        )
    now = datetime.now(UTC)
    seen = Overview(
        at=now,
        customer=customer,
        halts=[h for h in Halts(records).active() if customer is None or h.customer in {"", customer}],
        digest=_digest(records, customer, now - span),
    )
    try:
        async with open_session(settings) as opened:
            return await _with_what_runs(opened, seen, customer)
    except TemporalUnavailableError as error:
        incidents = [recorded_line(i, i.state) for i in records.incidents(open_only=True, limit=_MOST)]
        operations = [recorded_operation_line(o, o.state) for o in records.operations(open_only=True, limit=_MOST)]
        return seen.model_copy(
            update={
                "warning": f"{error}; this is from the records",
                "incidents": [line for line in incidents if _of(line.application, customer)],
                "operations": [line for line in operations if _of(line.application, customer)],
            }
        )


async def _with_what_runs(opened: CommandSession, seen: Overview, customer: str | None) -> Overview:
    incidents, operations, majors, watches, questions = await asyncio.gather(
        list_incidents(opened, None, closed=False, limit=_MOST),
        list_operations(opened, None, None, closed=False, limit=_MOST),
        list_majors(opened, closed=False, limit=_MOST),
        list_watches(opened),
        _questions(opened, customer),
    )
    return seen.model_copy(
        update={
            "incidents": [line for line in incidents.lines if _of(line.application, customer)],
            "operations": [line for line in operations.lines if _of(line.application, customer)],
            # A major incident may concern several customers.
            "majors": majors.lines if customer is None else [],
            "watches": [line for line in watches if _of(line.application, customer)],
            "questions": questions,
        }
    )


async def _questions(opened: CommandSession, customer: str | None) -> list[WaitingQuestion]:
    query = f"{AWAITS_DECISION_BY} IS NOT NULL AND ExecutionStatus = 'Running'"
    if customer is not None:  # runbooks ask questions, too, and are in none of the lists
        query += f" AND {CUSTOMER} = '{customer}'"
    waiting = [execution async for execution in opened.client.list_workflows(query, limit=_MOST)]
    turns = asyncio.Semaphore(_AT_ONCE)

    async def asked(execution: WorkflowExecution) -> list[WaitingQuestion]:
        async with turns:
            gates = await _gates(opened.client, execution.id)
        who = list(execution.typed_search_attributes.get(_AWAITS) or [])
        command = _shown_by(execution, opened.settings)
        if gates is None:
            return [WaitingQuestion(id=execution.id, who=who, command=command)]
        if not gates:  # it is unassigned, or something blocks it
            status = await query_status(opened.client.get_workflow_handle(execution.id), WhatItDoes)
            question = f"Acknowledge it, or see what blocks it. {status.doing}" if status else ""
            return [WaitingQuestion(id=execution.id, question=question, who=who, command=command)]
        return [
            WaitingQuestion(
                id=execution.id,
                gate=gate.id,
                question=gate.question.text,
                who=_who(gate),
                deadline=gate.deadline,
                on_silence=gate.question.on_silence.value,
                command=command,
            )
            for gate in gates
        ]

    found = [one for several in await asyncio.gather(*map(asked, waiting)) for one in several]
    return sorted(found, key=lambda one: (one.deadline is None, one.deadline or datetime.max.replace(tzinfo=UTC)))


def _who(gate: GateState) -> list[str]:
    """Return the roles and people who may answer a question."""
    deciders = gate.question.deciders
    return [str(deciders)] if deciders.anybody else [*gate.question.roles, *gate.able(datetime.now(UTC))]


async def _gates(client: Client, id: str) -> list[GateState] | None:
    """Return the open questions of a workflow; None when no worker answers the query."""
    handle = client.get_workflow_handle(id)
    try:
        found: list[GateState] = await handle.query("gates", result_type=list[GateState], rpc_timeout=ANSWER_WITHIN)
    except (WorkflowQueryFailedError, RPCError):
        return None
    return found


def _shown_by(execution: WorkflowExecution, settings: Settings) -> str:
    """Return the command or the address that shows a question and the way to answer it."""
    if execution.workflow_type == "incident":
        return f"driftvakt incident show {short(execution.id)}"
    if execution.workflow_type in operation_kinds():
        return f"driftvakt operation show {execution.id}"
    return workflow_url(execution.id, settings)


def _digest(records: Records, customer: str | None, since: datetime) -> Digest:
    incidents = records.incidents(closed_since=since, limit=_MOST)
    operations = records.operations(closed_since=since, limit=_MOST)
    undelivered = undelivered_since(records.database, since, _MOST)
    return Digest(
        since=since,
        incidents=[recorded_line(i, i.state) for i in incidents if _of(i.application, customer)],
        operations=[
            recorded_operation_line(o, o.state) for o in operations if not o.rehearsed and _of(o.application, customer)
        ],
        undelivered=[one for one in undelivered if _of(one.application, customer)],
    )


def _of(application: str, customer: str | None) -> bool:
    return customer is None or application.partition(".")[0] == customer
