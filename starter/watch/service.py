"""The watches of applications, as the commands see them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Final

from temporalio.client import Client

from activities.records.halts import Halts
from models.base import Model, parse_duration
from models.errors import NotFoundError, UserError
from models.halts import Halt
from models.names import watch_id
from models.watch import LONGEST_SILENCE, LiftSilence, SilenceOrder, WatchStatus, WatchTold
from starter.applications import require_application
from starter.desk import Desk, ask, made, told
from workflows.runtime.markdown import summary_line

_NEAREST: Final = 3


class WatchLine(Model):
    """A watch in a list."""

    application: str
    since: datetime | None
    """When its present run began; None when no watch runs for this published application."""
    answers: bool
    """Whether a worker answers for it; without one the counts are not known."""
    alarms: int | None = None
    """That fire."""
    incidents: int | None = None
    """That are open."""


class WatchView(WatchStatus):
    """What a watch sees, and what keeps everybody from acting on it."""

    halts: list[Halt] = []
    """That hold for its application."""


async def list_watches(desk: Desk) -> list[WatchLine]:
    """The watches that run, and the published applications that none runs for; sorted by application."""
    query = "WorkflowType = 'watch' AND ExecutionStatus = 'Running'"
    running = {e.id: e async for e in desk.client.list_workflows(query)}
    lines = await asyncio.gather(*(_line(desk, id, e.start_time) for id, e in running.items()))
    missing = [name for name in desk.records.applications() if watch_id(name) not in running]
    without = [WatchLine(application=name, since=None, answers=False) for name in missing]
    return sorted([*lines, *without], key=lambda line: line.application)


async def show_watch(desk: Desk, application: str) -> WatchView:
    """What a watch sees, and halts of its application; `UserError` says why nothing can be shown."""
    require_application(desk.settings, desk.records, application)
    try:
        status = await ask(desk.client.get_workflow_handle(watch_id(application)), WatchView)
    except NotFoundError:
        raise NotFoundError(
            f"no watch runs for {application}; `driftvakt dossier publish` of its dossier starts it, and so does its first alarm"
        ) from None
    if status is None:
        raise UserError(f"no worker answers for the watch of {application}; `driftvakt doctor` says why")
    standing = await asyncio.to_thread(Halts(desk.records).standing)
    return status.model_copy(update={"halts": [halt for halt in standing if halt.concerns(application)]})


async def silence(
    desk: Desk, application: str, span: str, reason: str, by: str, components: list[str], points: list[str]
) -> WatchTold:
    """Have a watch silence alarms for a span from now; `UserError` is its refusal, or says that the span is none."""
    try:
        length = parse_duration(span)
    except ValueError as error:
        raise UserError(f"--for: {error}") from None
    if length > LONGEST_SILENCE:
        raise UserError(f"a silence lasts {LONGEST_SILENCE.days} days at most; --for {span} is longer")
    until = datetime.now(UTC) + length
    order = made(SilenceOrder, by=by, reason=reason, until=until, components=components, measuring_points=points)
    return await _tell(desk, application, "silence", order)


async def lift(desk: Desk, application: str, id: str, by: str) -> WatchTold:
    """Have a watch end a silence; `UserError` is its refusal."""
    return await _tell(desk, application, "lift_silence", made(LiftSilence, id=id, by=by))


async def no_such_alarm(client: Client, application: str, fingerprint: str) -> str:
    """What to say of a fingerprint that no open alarm has: the ones that are like it, or those that fire."""
    status = await ask(client.get_workflow_handle(watch_id(application)), WatchStatus)
    titles = {held.alarm.fingerprint: held.alarm.title for held in status.alarms} if status else {}
    near = get_close_matches(fingerprint, titles, n=_NEAREST) or list(titles)[:_NEAREST]
    firing = "; ".join(f"{name} ({summary_line(titles[name], 80)})" for name in near)
    meant = f"you may mean {firing}" if near else "none is listed as open"
    return f"no open alarm of {application} is called {fingerprint!r}; {meant}; `driftvakt watch show {application}` lists all"


async def _tell(desk: Desk, application: str, update: str, order: SilenceOrder | LiftSilence) -> WatchTold:
    require_application(desk.settings, desk.records, application)
    handle = desk.client.get_workflow_handle(watch_id(application))
    async with told(f"the watch of {application}"):
        answer: WatchTold = await handle.execute_update(update, order, result_type=WatchTold)
    return answer


async def _line(desk: Desk, id: str, since: datetime) -> WatchLine:
    status = await ask(desk.client.get_workflow_handle(id), WatchStatus)
    application = id.removeprefix("watch.")
    if status is None:
        return WatchLine(application=application, since=since, answers=False)
    return WatchLine(application=application, since=since, answers=True, alarms=status.firing, incidents=status.open)
