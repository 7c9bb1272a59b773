"""`driftvakt incident open`, `reopen`, `merge` and `split`: people change which incidents exist."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.incident.commands.arguments import Id, Impact, Reason, print_message, the_id
from starter.terminal.options import (
    Application,
    AsJson,
    By,
    OfApplication,
    Yes,
    be_sure,
    in_session,
    print_answer,
    who_asks,
)

if TYPE_CHECKING:
    from models.watch import OpenReceipt, WatchReply
    from starter.terminal.session import CommandSession


def open_(
    application: Application,
    title: Annotated[str, typer.Option(help="The fault, in one sentence.", show_default=False)],
    component: Annotated[
        str | None, typer.Option(help="Failed component.", show_default="the whole application")
    ] = None,
    severity: Annotated[str, typer.Option(help="critical, warning or info.")] = "critical",
    impact: Impact = None,
    note: Annotated[str, typer.Option(help="Details.", show_default=False)] = "",
    separate: Annotated[
        bool, typer.Option("--separate", help="Open a new incident, even if the fault seems to belong to an open one.")
    ] = False,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Open an incident for a fault without an alarm; it joins the open incident that it belongs to."""
    fields = {
        "title": title,
        "component": component,
        "severity": severity,
        "impact": impact,
        "note": note,
        "separate": separate,
    }
    receipt = in_session(lambda session: _open(session, application, fields, by))
    follow = f"Follow it: driftvakt incident show {receipt.incident.removeprefix('inc.')}"
    print_message(receipt, f"{receipt.message} {follow}", as_json)


def reopen(id: Id, reason: Reason, by: By = None, application: OfApplication = None, as_json: AsJson = False) -> None:
    """Reopen an incident that was closed too early; its restore clock continues."""
    print_answer(in_session(lambda session: _reopen(session, id, application, reason, by)), as_json)


def merge(
    id: Id,
    into: Annotated[str, typer.Option(help="The incident that takes over the alarms.", show_default=False)],
    reason: Reason,
    by: By = None,
    yes: Yes = False,
    application: OfApplication = None,
    as_json: AsJson = False,
) -> None:
    """Merge an incident into another of its application: it ends, and the other takes over its alarms."""
    print_answer(in_session(lambda session: _merge(session, id, into, application, reason, by, yes)), as_json)


def split(
    id: Id,
    reason: Reason,
    component: Annotated[
        list[str] | None,
        typer.Option(help="Move the alarms of this component; repeat it for several.", show_default=False),
    ] = None,
    alarm: Annotated[
        list[str] | None,
        typer.Option(
            "--fingerprint",
            "--alarm",
            metavar="FINGERPRINT",
            help="Move this alarm; repeat it for several.",
            show_default=False,
        ),
    ] = None,
    title: Annotated[
        str, typer.Option(help="The fault of the new incident, in one sentence.", show_default="the first alarm's")
    ] = "",
    by: By = None,
    application: OfApplication = None,
    as_json: AsJson = False,
) -> None:
    """Split an incident: open a new one for some of its alarms."""
    fields = {"components": component or [], "fingerprints": alarm or [], "title": title, "reason": reason}
    print_answer(in_session(lambda session: _split(session, id, application, fields, by)), as_json)


async def _open(session: CommandSession, application: str, fields: Mapping[str, Any], by: str | None) -> OpenReceipt:
    from models.watch import OpenByHand
    from starter.incident.updates import open_incident
    from starter.terminal.messages import build_message

    return await open_incident(
        session, application, build_message(OpenByHand, {**fields, "by": who_asks(session.settings, by)})
    )


async def _reopen(
    session: CommandSession, text: str, application: str | None, reason: str, by: str | None
) -> WatchReply:
    from models.watch import ReopenIncident
    from starter.incident.updates import send_to_watch
    from starter.terminal.messages import build_message

    id = the_id(session, text, application)
    order = build_message(ReopenIncident, {"incident": id, "by": who_asks(session.settings, by), "reason": reason})
    return await send_to_watch(session, id, "reopen_incident", order)


async def _merge(
    session: CommandSession, text: str, into: str, application: str | None, reason: str, by: str | None, yes: bool
) -> WatchReply:
    from models.watch import MergeIncidents
    from starter.incident.naming import parts, short
    from starter.incident.updates import same_application, send_to_watch
    from starter.terminal.messages import build_message

    id = the_id(session, text, application)
    # A bare number means an incident of the same application.
    other = the_id(session, into, application or (parts(id)[0] if into.isdigit() else None))
    same_application(id, other)
    order = build_message(
        MergeIncidents, {"incident": id, "into": other, "by": who_asks(session.settings, by), "reason": reason}
    )
    be_sure(f"Merge {short(id)} into {short(other)}?", yes)
    return await send_to_watch(session, id, "merge_incidents", order)


async def _split(
    session: CommandSession, text: str, application: str | None, fields: Mapping[str, Any], by: str | None
) -> WatchReply:
    from models.errors import UserError
    from models.watch import SplitIncident
    from starter.incident.updates import send_to_watch
    from starter.terminal.messages import build_message

    id = the_id(session, text, application)
    if not fields["components"] and not fields["fingerprints"]:
        raise UserError("say which alarms to move: --component NAME or --fingerprint FINGERPRINT")
    spelled = {"components": "component", "fingerprints": "fingerprint"}
    order = build_message(SplitIncident, {"incident": id, "by": who_asks(session.settings, by), **fields}, spelled)
    return await send_to_watch(session, id, "split_incident", order)
