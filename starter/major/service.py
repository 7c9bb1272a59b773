"""Major incidents, as the commands see and tell them."""

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
from models.major import LookAtIncidents, MajorOrder, MajorOutcome, MajorState, MajorStatus, MajorTold
from models.names import PRIORITY, WORKFLOW_QUEUE, major_id
from starter.desk import Desk, ask, tell
from starter.runbook.catalogue import workflow_url
from starter.terminal.listed import Listed
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
    """None: no worker answers for it."""
    incidents: int | None = None
    """Open ones."""
    opened_at: datetime
    closed_at: datetime | None = None


class MajorView(Model):
    """All that is known of a major incident."""

    status: MajorStatus
    closed_at: datetime | None = None
    reason: str = ""
    """Why it was closed."""
    url: str
    """Its page in the Temporal UI."""


def major_name(text: str) -> str:
    """The workflow id of `2026-03-01.1` or `major.2026-03-01.1`; whatever else stands for itself: the UI takes any id."""
    return f"major.{text}" if _NAME.fullmatch(text) else text


async def must_fit(desk: Desk, order: MajorOrder) -> None:
    """Refuse what the major incident would refuse, before it is opened: its incidents, and who is to lead them."""
    looking = LookAtIncidents(ids=order.incidents)
    seen = (await Workflows(desk.client, desk.records.applications).look_at_incidents(looking)).incidents
    refusals = [*filter(None, map(why_not, seen))] or [*filter(None, [why_not_led_by(order.lead, seen)])]
    if refusals:
        raise UserError("; ".join(refusals))


async def open_major(desk: Desk, order: MajorOrder) -> str:
    """Start one under the next free number of the day; the workflow id."""
    day = datetime.now(UTC).date()
    for number in range(1, _MOST_A_DAY):
        try:
            handle = await desk.client.start_workflow(
                "major",
                order,
                id=major_id(day, number),
                task_queue=WORKFLOW_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                static_summary=summary_line(order.title),
                static_details="*Current Details* say who leads it, how its incidents stand and what to press; press R to see "
                "them anew.",
            )
        except WorkflowAlreadyStartedError:
            continue
        return handle.id
    raise UserError(f"there are {_MOST_A_DAY} major incidents of today already")


async def list_majors(desk: Desk, *, closed: bool, limit: int) -> Listed[MajorLine]:
    """The open ones, with the most urgent first; then, if wanted, those that have ended, as long as Temporal keeps them."""
    which = "!= 'ContinuedAsNew'" if closed else "= 'Running'"
    query = f"WorkflowType = 'major' AND ExecutionStatus {which}"
    found = [execution async for execution in desk.client.list_workflows(query, limit=limit)]
    total = len(found) if len(found) < limit else (await desk.client.count_workflows(query)).count
    lines = await asyncio.gather(*(_line(desk, execution) for execution in found))
    order: Callable[[MajorLine], Any] = lambda x: (x.closed_at is not None, x.priority or "P9", x.opened_at)  # noqa: E731
    return Listed(sorted(lines, key=order), total)


async def show_major(desk: Desk, text: str) -> MajorView:
    """One of them; `UserError` says why nothing can be shown."""
    handle, runs = await _found(desk, text)
    url = workflow_url(handle.id, desk.settings)
    if not runs:
        outcome = await _outcome(handle)
        if outcome is None:
            raise UserError(
                f"{handle.id} has ended without a word: it was cancelled or terminated; its history is at {url}"
            )
        return _ended(outcome, url)
    status = await ask(handle, MajorStatus)
    if status is None:
        raise UserError(f"no worker answers for {handle.id}; `driftvakt doctor` says why")
    return MajorView(status=status, url=url)


async def tell_major(desk: Desk, text: str, name: str, message: Model) -> MajorTold:
    """Tell one something; `UserError` is its refusal."""
    handle = await running_major(desk, text)
    return await tell(handle, name, message, MajorTold, handle.id)


async def running_major(desk: Desk, text: str) -> WorkflowHandle[Any, Any]:
    """One that can still be told something; `UserError` says why there is none."""
    handle, runs = await _found(desk, text)
    if runs:
        return handle
    outcome = await _outcome(handle)
    how = f"was closed by {outcome.closed_by}: {outcome.reason}" if outcome else "no longer runs"
    raise NotFoundError(f"{handle.id} {how}; it cannot be told anything")


async def _found(desk: Desk, text: str) -> tuple[WorkflowHandle[Any, Any], bool]:
    id = major_name(text)
    try:
        described = await desk.client.get_workflow_handle(id).describe()
    except RPCError as error:
        if error.status in {RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT}:
            raise NotFoundError(f"there is no major incident {text!r}; `driftvakt major list` names them") from None
        raise
    if described.workflow_type != "major":
        raise UserError(f"{text} is no major incident but one {described.workflow_type}")
    return desk.client.get_workflow_handle(id), described.status is WorkflowExecutionStatus.RUNNING


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


async def _line(desk: Desk, execution: WorkflowExecution) -> MajorLine:
    line = MajorLine(
        id=execution.id,
        title="",
        state=MajorState.LED.value if execution.close_time is None else MajorState.CLOSED.value,
        priority=execution.typed_search_attributes.get(_PRIORITY),
        opened_at=execution.start_time,
        closed_at=execution.close_time,
    )
    handle = desk.client.get_workflow_handle(execution.id)
    if execution.close_time is None:
        status = await ask(handle, MajorStatus)
    else:
        outcome = await _outcome(handle)
        status = _ended(outcome, "").status if outcome else None
    if status is None:
        return line
    still = sum(1 for member in status.members if member.runs)
    return line.model_copy(
        update={"title": status.title, "lead": status.lead, "incidents": still, "opened_at": status.opened_at}
    )
