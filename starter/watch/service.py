"""Functions for watches: list and show them, start and end silences, and suggest alarms for a wrong fingerprint."""

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
from models.watch import LONGEST_SILENCE, LiftSilence, SilenceOrder, WatchReply, WatchStatus
from starter.terminal.applications import require_application
from starter.terminal.messages import build_message
from starter.terminal.session import CommandSession, query_status, send_short_update
from workflows.runtime.markdown import summary_line

_NEAREST: Final = 3


class WatchLine(Model):
    """A watch in a list."""

    application: str
    since: datetime | None
    """The start of the current run; None when no watch runs for this published application."""
    answers: bool
    """Whether a worker answers for the watch; if not, the counts are unknown."""
    alarms: int | None = None
    """The number of active alarms."""
    incidents: int | None = None
    """The number of open incidents."""


class WatchView(WatchStatus):
    """The state of a watch, with the halts that block all new work on its application."""

    halts: list[Halt] = []
    """The active halts that cover the application."""


async def list_watches(session: CommandSession) -> list[WatchLine]:
    """Return the running watches and the published applications without a watch, sorted by application."""
    query = "WorkflowType = 'watch' AND ExecutionStatus = 'Running'"
    running = {e.id: e async for e in session.client.list_workflows(query)}
    lines = await asyncio.gather(*(_line(session, id, e.start_time) for id, e in running.items()))
    missing = [name for name in session.records.applications() if watch_id(name) not in running]
    without = [WatchLine(application=name, since=None, answers=False) for name in missing]
    return sorted([*lines, *without], key=lambda line: line.application)


async def show_watch(session: CommandSession, application: str) -> WatchView:
    """Return the state of a watch, and the halts of its application. Raise `UserError` when no watch runs or answers."""
    require_application(session.settings, session.records, application)
    try:
        status = await query_status(session.client.get_workflow_handle(watch_id(application)), WatchView)
    except NotFoundError:
        raise NotFoundError(
            f"no watch runs for {application}; `driftvakt dossier publish` of its dossier starts it, and so does its first alarm"
        ) from None
    if status is None:
        raise UserError(f"no worker answers for the watch of {application}; `driftvakt doctor` says why")
    halts = await asyncio.to_thread(Halts(session.records).active)
    return status.model_copy(update={"halts": [halt for halt in halts if halt.concerns(application)]})


async def silence(
    session: CommandSession, application: str, span: str, reason: str, by: str, components: list[str], points: list[str]
) -> WatchReply:
    """Silence alarms for a duration from now. Raise `UserError` when the duration is wrong or the watch refuses."""
    try:
        length = parse_duration(span)
    except ValueError as error:
        raise UserError(f"--for: {error}") from None
    if length > LONGEST_SILENCE:
        raise UserError(f"a silence lasts {LONGEST_SILENCE.days} days at most; --for {span} is longer")
    until = datetime.now(UTC) + length
    scope = {"components": components or None, "measuring_points": points or None}
    order = build_message(SilenceOrder, {"by": by, "reason": reason, "until": until, **scope})
    return await _send(session, application, "silence", order)


async def lift(session: CommandSession, application: str, id: str, by: str) -> WatchReply:
    """End a silence. Raise `UserError` when the watch refuses."""
    return await _send(session, application, "lift_silence", build_message(LiftSilence, {"id": id, "by": by}))


async def no_such_alarm(client: Client, application: str, fingerprint: str) -> str:
    """Return a sentence about a fingerprint that no open alarm has, with similar fingerprints or some of the open ones."""
    status = await query_status(client.get_workflow_handle(watch_id(application)), WatchStatus)
    titles = {open_alarm.alarm.fingerprint: open_alarm.alarm.title for open_alarm in status.alarms} if status else {}
    near = get_close_matches(fingerprint, titles, n=_NEAREST) or list(titles)[:_NEAREST]
    firing = "; ".join(f"{name} ({summary_line(titles[name], 80)})" for name in near)
    meant = f"you may mean {firing}" if near else "none is active"
    return (
        f"{application} has no active alarm with the fingerprint {fingerprint!r}; {meant}; "
        f"`driftvakt watch show {application}` lists all"
    )


async def _send(
    session: CommandSession, application: str, update: str, order: SilenceOrder | LiftSilence
) -> WatchReply:
    require_application(session.settings, session.records, application)
    handle = session.client.get_workflow_handle(watch_id(application))
    return await send_short_update(handle, update, order, WatchReply, f"the watch of {application}")


async def _line(session: CommandSession, id: str, since: datetime) -> WatchLine:
    status = await query_status(session.client.get_workflow_handle(id), WatchStatus)
    application = id.removeprefix("watch.")
    if status is None:
        return WatchLine(application=application, since=since, answers=False)
    return WatchLine(application=application, since=since, answers=True, alarms=status.firing, incidents=status.open)
