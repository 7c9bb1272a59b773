"""`driftvakt incident cause`, `close` and `cancel`: the cause of an incident, and its end without proof of recovery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from starter.incident.commands.arguments import Id, Reason, Remark, the_id
from starter.terminal.options import AsJson, By, OfApplication, Yes, be_sure, in_session, print_answer, who_asks

if TYPE_CHECKING:
    from models.incident import IncidentReply
    from starter.terminal.session import CommandSession

_CODES = (
    "application, capacity, change, configuration, data, hardware, human-error, network, platform, security, third-party, "
    "no-fault, duplicate or unknown."
)


def cause(
    id: Id,
    code: Annotated[str, typer.Argument(help=f"Cause: {_CODES}", show_default=False)],
    note: Remark = "",
    by: By = None,
    application: OfApplication = None,
    as_json: AsJson = False,
) -> None:
    """Set the cause of an incident."""
    print_answer(in_session(lambda session: _cause(session, id, application, code, note, by)), as_json)


def close(
    id: Id,
    cause: Annotated[str, typer.Option(help=f"Cause: {_CODES}", show_default=False)],
    reason: Reason,
    by: By = None,
    yes: Yes = False,
    application: OfApplication = None,
    as_json: AsJson = False,
) -> None:
    """Close an incident without proof of recovery; one whose recovery is proven closes by itself."""
    print_answer(in_session(lambda session: _close(session, id, application, cause, reason, by, yes)), as_json)


def cancel(
    id: Id,
    reason: Reason,
    by: By = None,
    yes: Yes = False,
    application: OfApplication = None,
    as_json: AsJson = False,
) -> None:
    """Cancel an incident whose alarms are all cleared.

    Driftvakt stops its commands on hosts, and the timeline lists what remains there.
    """
    print_answer(in_session(lambda session: _cancel(session, id, application, reason, by, yes)), as_json)


async def _cause(
    session: CommandSession, text: str, application: str | None, code: str, note: str, by: str | None
) -> IncidentReply:
    from models.incident import SetCause
    from starter.incident.updates import send_to_incident
    from starter.terminal.messages import build_message

    said = build_message(
        SetCause, {"cause": code, "note": note, "by": who_asks(session.settings, by)}, {"cause": "CODE"}
    )
    return await send_to_incident(session, the_id(session, text, application), "set_cause", said)


async def _close(
    session: CommandSession, text: str, application: str | None, cause: str, reason: str, by: str | None, yes: bool
) -> IncidentReply:
    from models.incident import CloseIncident
    from starter.incident.naming import short
    from starter.incident.reading import running_handle
    from starter.incident.updates import send_to_incident
    from starter.terminal.messages import build_message

    id = the_id(session, text, application)
    said = build_message(CloseIncident, {"cause": cause, "reason": reason, "by": who_asks(session.settings, by)})
    await running_handle(session, id)
    be_sure(f"Close {short(id)} without proof of recovery, cause {said.cause.value}?", yes)
    return await send_to_incident(session, id, "close_incident", said)


async def _cancel(
    session: CommandSession, text: str, application: str | None, reason: str, by: str | None, yes: bool
) -> IncidentReply:
    from models.incident import CancelIncident
    from starter.incident.naming import short
    from starter.incident.reading import running_handle
    from starter.incident.updates import send_to_incident
    from starter.terminal.messages import build_message

    id = the_id(session, text, application)
    said = build_message(CancelIncident, {"reason": reason, "by": who_asks(session.settings, by)})
    await running_handle(session, id)
    be_sure(f"Cancel {short(id)}? Driftvakt does nothing further about its fault.", yes)
    return await send_to_incident(session, id, "cancel_incident", said)
