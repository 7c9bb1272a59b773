"""`driftvakt incident cause`, `close` and `cancel`: what it came from, and how it ends without proof."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from starter.incident.commands.arguments import Id, OfApplication, Reason, Remark, say, the_id
from starter.terminal.options import AsJson, By, Yes, at_desk, be_sure, who_asks

if TYPE_CHECKING:
    from models.incident import Told
    from starter.desk import Desk

_CODES = (
    "application, capacity, change, configuration, data, hardware, human-error, network, platform, security, third-party, "
    "no-fault, duplicate or unknown."
)


def cause(
    id: Id,
    code: Annotated[str, typer.Argument(help=f"What it came from: {_CODES}", show_default=False)],
    note: Remark = "",
    by: By = None,
    application: OfApplication = None,
    as_json: AsJson = False,
) -> None:
    """Say what an incident came from."""
    told = at_desk(lambda desk: _cause(desk, id, application, code, note, by))
    say(told, told.message, as_json)


def close(
    id: Id,
    cause: Annotated[str, typer.Option(help=f"What it came from: {_CODES}", show_default=False)],
    reason: Reason,
    by: By = None,
    yes: Yes = False,
    application: OfApplication = None,
    as_json: AsJson = False,
) -> None:
    """Close an incident without proof of recovery; one whose recovery is proven closes by itself."""
    told = at_desk(lambda desk: _close(desk, id, application, cause, reason, by, yes))
    say(told, told.message, as_json)


def cancel(
    id: Id,
    reason: Reason,
    by: By = None,
    yes: Yes = False,
    application: OfApplication = None,
    as_json: AsJson = False,
) -> None:
    """Give an incident up whose alarms are all cleared: what runs on a host is stopped, and it notes what it leaves behind."""
    told = at_desk(lambda desk: _cancel(desk, id, application, reason, by, yes))
    say(told, told.message, as_json)


async def _cause(desk: Desk, text: str, application: str | None, code: str, note: str, by: str | None) -> Told:
    from models.incident import SetCause
    from starter.incident.messages import message
    from starter.incident.telling import tell_incident

    said = message(SetCause, {"cause": code, "note": note, "by": who_asks(desk.settings, by)}, {"cause": "CODE"})
    return await tell_incident(desk, the_id(desk, text, application), "set_cause", said)


async def _close(
    desk: Desk, text: str, application: str | None, cause: str, reason: str, by: str | None, yes: bool
) -> Told:
    from models.incident import CloseIncident
    from starter.incident.messages import message
    from starter.incident.naming import short
    from starter.incident.reading import running_handle
    from starter.incident.telling import tell_incident

    id = the_id(desk, text, application)
    said = message(CloseIncident, {"cause": cause, "reason": reason, "by": who_asks(desk.settings, by)})
    await running_handle(desk, id)
    be_sure(f"Close {short(id)} without proof of recovery, cause {said.cause.value}?", yes)
    return await tell_incident(desk, id, "close_incident", said)


async def _cancel(desk: Desk, text: str, application: str | None, reason: str, by: str | None, yes: bool) -> Told:
    from models.incident import CancelIncident
    from starter.incident.messages import message
    from starter.incident.naming import short
    from starter.incident.reading import running_handle
    from starter.incident.telling import tell_incident

    id = the_id(desk, text, application)
    said = message(CancelIncident, {"reason": reason, "by": who_asks(desk.settings, by)})
    await running_handle(desk, id)
    be_sure(f"Give {short(id)} up? Nothing further is done about it.", yes)
    return await tell_incident(desk, id, "cancel_incident", said)
