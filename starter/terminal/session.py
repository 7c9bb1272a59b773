"""The session of one command: Temporal, the records and the settings. It translates Temporal's errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeVar

from temporalio.client import (
    Client,
    WorkflowExecution,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
    WorkflowUpdateStage,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.records import Records
from models.base import Model
from models.errors import NotFoundError, SettingsError, TemporalUnavailableError, UserError
from models.settings import Settings
from starter.connection.temporal import connected
from starter.terminal.listed import Listed

ANSWER_WITHIN: Final = timedelta(seconds=5)
"""Timeout of a query; without a worker no workflow answers."""

TAKEN_WITHIN: Final = timedelta(seconds=20)
"""Timeout until a workflow accepts an update."""

ANSWERED_WITHIN: Final = timedelta(minutes=3)
"""Timeout of the answer to an accepted update: the workflow may send notices first, through slow channels."""

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class CommandSession:
    """The connection to Temporal, the records and the settings of one installation."""

    client: Client
    records: Records
    settings: Settings


@asynccontextmanager
async def open_session(settings: Settings) -> AsyncIterator[CommandSession]:
    """Open a session for the block. Raise `TemporalUnavailableError` when Temporal does not answer, also during the block."""
    with open_records(settings) as records:
        async with connected(settings) as client:
            try:
                yield CommandSession(client, records, settings)
            except RPCError as error:
                raise TemporalUnavailableError(f"Temporal did not answer: {error.message}") from None


@contextmanager
def open_records(settings: Settings) -> Iterator[Records]:
    """Open the records for the block. Raise `SettingsError` when the home directory does not exist; commands never create it."""
    if settings.database_url is None and not settings.home.is_dir():
        raise SettingsError(
            f"there is no home at {settings.home}; create it with `driftvakt up`, or set DRIFTVAKT_HOME to an existing one"
        )
    records = Records(settings.records_url)
    try:
        yield records
    finally:
        records.close()


async def list_workflows(session: CommandSession, query: str, limit: int) -> Listed[WorkflowExecution]:
    """Return the first `limit` workflows that Temporal finds for a query, and the number of all of them."""
    found = [execution async for execution in session.client.list_workflows(query, limit=limit)]
    return Listed(found, len(found) if len(found) < limit else (await session.client.count_workflows(query)).count)


async def query_status(handle: WorkflowHandle[Any, Any], result_type: type[M]) -> M | None:
    """Return the status of a workflow; None when no worker answers or the workflow hangs.

    Raise `NotFoundError` when there is no such workflow.
    """
    try:
        answer: M = await handle.query("status", result_type=result_type, rpc_timeout=ANSWER_WITHIN)
    except WorkflowQueryFailedError:
        return None
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise NotFoundError(f"no workflow {handle.id} was ever started here") from None
        return None
    return answer


async def send_update(
    handle: WorkflowHandle[Any, Any], name: str, message: Model, result_type: type[M], what: str
) -> M:
    """Send an update, and return the answer. The wait is long, because the workflow may first send notices."""
    async with sending(what):
        taken = await handle.start_update(
            name, message, wait_for_stage=WorkflowUpdateStage.ACCEPTED, result_type=result_type
        )
    so_far = "has accepted it and is still working on it; check the result before you send it again"
    async with sending(what, ANSWERED_WITHIN, so_far):
        answer: M = await taken.result()
    return answer


async def send_short_update(
    handle: WorkflowHandle[Any, Any], name: str, message: Model, result_type: type[M], what: str
) -> M:
    """Send an update that the workflow answers at once, and return the answer."""
    async with sending(what):
        answer: M = await handle.execute_update(name, message, result_type=result_type)
    return answer


@asynccontextmanager
async def sending(what: str, within: timedelta | None = None, so_far: str = "") -> AsyncIterator[None]:
    """Run a block that sends an update, and translate its errors.

    Raise `UserError` when the workflow refuses or does not answer in time, `NotFoundError` when it has ended, and
    `TemporalUnavailableError` for any other error of Temporal. `what` is the workflow's name in these messages.
    """
    within = within or TAKEN_WITHIN
    silent = (
        f"did not answer within {within.total_seconds():g} s and may still accept it; `driftvakt doctor` says "
        "whether a worker runs; check the result before you send it again"
    )
    late = UserError(f"{what} {so_far or silent}")
    try:
        async with asyncio.timeout(within.total_seconds()):
            yield
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
        raise late from None
    except WorkflowUpdateFailedError as error:
        cause = error.cause
        raise UserError(cause.message if isinstance(cause, ApplicationError) else str(cause)) from None
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise NotFoundError(f"{what} has ended in the meantime") from None
        raise TemporalUnavailableError(f"Temporal did not accept it: {error.message}") from None
