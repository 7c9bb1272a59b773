"""What an operator's command works with: Temporal, the records, the settings; and Temporal's errors in our own words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeVar

from temporalio.client import (
    Client,
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
from starter.incident.messages import message
from starter.installation.temporal import connected

ANSWER_WITHIN: Final = timedelta(seconds=5)
"""How long a workflow is given to say how it stands; without a worker none answers."""

TAKEN_WITHIN: Final = timedelta(seconds=20)
"""How long a workflow is given to take what it is told."""

ANSWERED_WITHIN: Final = timedelta(minutes=3)
"""How long it is then given to answer: it may write to people first, through channels that do not answer at once."""

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Desk:
    """Temporal and the records of one installation."""

    client: Client
    records: Records
    settings: Settings


@asynccontextmanager
async def desk(settings: Settings) -> AsyncIterator[Desk]:
    """A desk for one command; `TemporalUnavailableError` when Temporal does not answer, or no longer."""
    with reading_records(settings) as records:
        async with connected(settings) as client:
            try:
                yield Desk(client, records, settings)
            except RPCError as error:
                raise TemporalUnavailableError(f"Temporal did not answer: {error.message}") from None


@contextmanager
def reading_records(settings: Settings) -> Iterator[Records]:
    """The records, for as long as the block; a home that is not there is not made, and said."""
    if settings.database_url is None and not settings.home.is_dir():
        raise SettingsError(
            f"there is no home at {settings.home}; `driftvakt up` makes it, or set DRIFTVAKT_HOME to the one that is there"
        )
    records = Records(settings.records_url)
    try:
        yield records
    finally:
        records.close()


async def ask(handle: WorkflowHandle[Any, Any], result_type: type[M]) -> M | None:
    """What a workflow says of its status; None when nobody answers for it (no worker, or it is stuck)."""
    try:
        answer: M = await handle.query("status", result_type=result_type, rpc_timeout=ANSWER_WITHIN)
    except WorkflowQueryFailedError:
        return None
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise NotFoundError(f"no workflow {handle.id} was ever started here") from None
        return None
    return answer


async def tell(handle: WorkflowHandle[Any, Any], name: str, message: Model, result_type: type[M], what: str) -> M:
    """Tell a workflow something, and wait for its answer however long it writes to people first."""
    async with told(what):
        taken = await handle.start_update(
            name, message, wait_for_stage=WorkflowUpdateStage.ACCEPTED, result_type=result_type
        )
    so_far = "has taken it and is still at it; look what came of it before you say it again"
    async with told(what, ANSWERED_WITHIN, so_far):
        answer: M = await taken.result()
    return answer


@asynccontextmanager
async def told(what: str, within: timedelta | None = None, so_far: str = "") -> AsyncIterator[None]:
    """Tell a workflow something in this block; its refusal, and its silence, become a `UserError`."""
    within = within or TAKEN_WITHIN
    silent = (
        f"did not answer within {within.total_seconds():g} s and may still take it; `driftvakt doctor` says "
        "whether a worker runs; look before you say it again"
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
            raise NotFoundError(f"{what} has ended meanwhile") from None
        raise TemporalUnavailableError(f"Temporal did not take it: {error.message}") from None


def made(kind: type[M], /, **values: Any) -> M:
    """A message of what somebody typed in options of its fields' names; `UserError` says which does not fit."""
    return message(kind, values)
