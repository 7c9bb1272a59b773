"""Functions for major incidents: open one, list and show them, and send updates."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from temporalio.client import WorkflowExecution, WorkflowExecutionStatus, WorkflowFailureError, WorkflowHandle
from temporalio.common import SearchAttributeKey, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.temporal.workflows import Workflows
from models.base import Model
from models.errors import NotFoundError, UserError
from models.major import MajorOrder, MajorOutcome, MajorReply, MajorState, MajorStatus, QueryIncidents
from models.names import PRIORITY, WORKFLOW_QUEUE, major_id
from starter.connection.links import workflow_url
from starter.terminal.listed import Listed
from starter.terminal.session import CommandSession, list_workflows, query_status, send_update
from workflows.major.joining import why_not, why_not_led_by
from workflows.runtime.markdown import summary_line

_PRIORITY = SearchAttributeKey.for_keyword(PRIORITY)
_NAME = re.compile(r"\d{4}-\d\d-\d\d\.\d+")
_MOST_A_DAY: Final = 1000


class MajorLine(Model):
    """A major incident in a list."""

    id: str
    title: str
    state: str
    priority: str | None = None
    lead: str | None = None
    """None while no worker answers."""
    incidents: int | None = None
    """The number of its open incidents."""
    opened_at: datetime
    closed_at: datetime | None = None


class MajorView(Model):
    """One major incident with all details."""

    status: MajorStatus
    closed_at: datetime | None = None
    reason: str = ""
    """The reason for its closure."""
    url: str
    """The address of its page in the Temporal UI."""


def major_name(text: str) -> str:
    """Return the workflow id of `2026-03-01.1` or `major.2026-03-01.1`.

    Any other text is returned unchanged, because a major incident started in the UI may have any id.
    """
    return f"major.{text}" if _NAME.fullmatch(text) else text


async def must_fit(session: CommandSession, order: MajorOrder) -> None:
    """Raise `UserError`, before the start, for incidents or a lead that the major incident would refuse."""
    query = QueryIncidents(ids=order.incidents)
    seen = (await Workflows(session.client, session.records.applications).query_incidents(query)).incidents
    refusals = [*filter(None, map(why_not, seen))] or [*filter(None, [why_not_led_by(order.lead, seen)])]
    if refusals:
        raise UserError("; ".join(refusals))


async def open_major(session: CommandSession, order: MajorOrder) -> str:
    """Start a major incident with the next free number of the day, and return its workflow id."""
    day = datetime.now(UTC).date()
    for number in range(1, _MOST_A_DAY):
        try:
            handle = await session.client.start_workflow(
                "major",
                order,
                id=major_id(day, number),
                task_queue=WORKFLOW_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                static_summary=summary_line(order.title),
                static_details="*Current Details* show its lead, its incidents and the updates that it takes; press R to "
                "refresh.",
            )
        except WorkflowAlreadyStartedError:
            continue
        return handle.id
    raise UserError(f"there are {_MOST_A_DAY} major incidents today already")


async def list_majors(session: CommandSession, *, closed: bool, limit: int) -> Listed[MajorLine]:
    """Return the open ones, the most urgent first; with `closed` also the ended ones, as long as Temporal keeps them."""
    which = "!= 'ContinuedAsNew'" if closed else "= 'Running'"
    query = f"WorkflowType = 'major' AND ExecutionStatus {which}"
    found = await list_workflows(session, query, limit)
    lines = await asyncio.gather(*(_line(session, execution) for execution in found.lines))
    order: Callable[[MajorLine], Any] = lambda x: (x.closed_at is not None, x.priority or "P9", x.opened_at)  # noqa: E731
    return Listed(sorted(lines, key=order), found.total)


async def show_major(session: CommandSession, text: str) -> MajorView:
    """Return one major incident. Raise `UserError` when it cannot be shown."""
    handle, runs = await _found(session, text)
    url = workflow_url(handle.id, session.settings)
    if not runs:
        outcome = await _outcome(handle)
        if outcome is None:
            raise UserError(
                f"{handle.id} has ended without a result: it was cancelled or terminated; its history is at {url}"
            )
        return _ended(outcome, url)
    status = await query_status(handle, MajorStatus)
    if status is None:
        raise UserError(f"no worker answers for {handle.id}; `driftvakt doctor` says why")
    return MajorView(status=status, url=url)


async def send_to_major(session: CommandSession, text: str, name: str, message: Model) -> MajorReply:
    """Send an update to a major incident. Raise `UserError` when it refuses."""
    handle = await running_major(session, text)
    return await send_update(handle, name, message, MajorReply, handle.id)


async def running_major(session: CommandSession, text: str) -> WorkflowHandle[Any, Any]:
    """Return a handle for updates of a major incident. Raise `UserError` when it does not run."""
    handle, runs = await _found(session, text)
    if runs:
        return handle
    outcome = await _outcome(handle)
    how = f"was closed by {outcome.closed_by}: {outcome.reason}" if outcome else "no longer runs"
    raise NotFoundError(f"{handle.id} {how}; it accepts no further updates")


async def _found(session: CommandSession, text: str) -> tuple[WorkflowHandle[Any, Any], bool]:
    id = major_name(text)
    try:
        described = await session.client.get_workflow_handle(id).describe()
    except RPCError as error:
        if error.status in {RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT}:
            raise NotFoundError(
                f"there is no major incident {text!r}; `driftvakt major list` lists all open ones"
            ) from None
        raise
    if described.workflow_type != "major":
        raise UserError(f"{text} is not a major incident but a workflow of type {described.workflow_type}")
    return session.client.get_workflow_handle(id), described.status is WorkflowExecutionStatus.RUNNING


async def _outcome(handle: WorkflowHandle[Any, Any]) -> MajorOutcome | None:
    try:
        outcome = await handle.result()
    except WorkflowFailureError:
        return None
    return MajorOutcome.model_validate(outcome)


def _ended(outcome: MajorOutcome, url: str) -> MajorView:
    status = MajorStatus(
        id=outcome.id,
        title=outcome.title,
        state=MajorState.CLOSED,
        priority=min((m.priority for m in outcome.members if m.priority), default=None),
        lead=outcome.lead,
        opened_at=outcome.opened_at,
        members=outcome.members,
        seen_at=outcome.closed_at,
        timeline=outcome.timeline,
    )
    return MajorView(
        status=status, closed_at=outcome.closed_at, reason=f"{outcome.closed_by}: {outcome.reason}", url=url
    )


async def _line(session: CommandSession, execution: WorkflowExecution) -> MajorLine:
    line = MajorLine(
        id=execution.id,
        title="",
        state=MajorState.LED.value if execution.close_time is None else MajorState.CLOSED.value,
        priority=execution.typed_search_attributes.get(_PRIORITY),
        opened_at=execution.start_time,
        closed_at=execution.close_time,
    )
    handle = session.client.get_workflow_handle(execution.id)
    if execution.close_time is None:
        status = await query_status(handle, MajorStatus)
    else:
        outcome = await _outcome(handle)
        status = _ended(outcome, "").status if outcome else None
    if status is None:
        return line
    still = sum(1 for member in status.members if member.runs)
    return line.model_copy(
        update={"title": status.title, "lead": status.lead, "incidents": still, "opened_at": status.opened_at}
    )
