"""`driftvakt incident open`, `reopen`, `merge` and `split`: which incidents there are is for people to say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.incident.commands.arguments import Id, Impact, OfApplication, Reason, say, the_id
from starter.terminal.options import Application, AsJson, By, Yes, at_desk, be_sure, who_asks

if TYPE_CHECKING:
    from models.watch import OpenReceipt, WatchTold
    from starter.desk import Desk


def open_(
    application: Application,
    title: Annotated[str, typer.Option(help="What is wrong, in a sentence.", show_default=False)],
    component: Annotated[
        str | None, typer.Option(help="What is broken; the application as a whole unless given.", show_default=False)
    ] = None,
    severity: Annotated[str, typer.Option(help="critical, warning or info.")] = "critical",
    impact: Impact = None,
    note: Annotated[str, typer.Option(help="More of it.", show_default=False)] = "",
    separate: Annotated[
        bool, typer.Option("--separate", help="One of its own, even where it seems to belong to an open one.")
    ] = False,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Open an incident for something that no alarm has told; it joins the open one that it belongs to."""
    fields = {
        "title": title,
        "component": component,
        "severity": severity,
        "impact": impact,
        "note": note,
        "separate": separate,
    }
    receipt = at_desk(lambda desk: _open(desk, application, fields, by))
    follow = f"Follow it: driftvakt incident show {receipt.incident.removeprefix('inc.')}"
    say(receipt, f"{receipt.message} {follow}", as_json)


def reopen(id: Id, reason: Reason, by: By = None, application: OfApplication = None, as_json: AsJson = False) -> None:
    """Open an incident again that was closed too early; its clock of restoring goes on."""
    told = at_desk(lambda desk: _reopen(desk, id, application, reason, by))
    say(told, told.message, as_json)


def merge(
    id: Id,
    into: Annotated[str, typer.Option(help="The incident that takes over.", show_default=False)],
    reason: Reason,
    by: By = None,
    yes: Yes = False,
    application: OfApplication = None,
    as_json: AsJson = False,
) -> None:
    """Say that an incident is the same matter as another of its application: it ends, the other takes its alarms over."""
    told = at_desk(lambda desk: _merge(desk, id, into, application, reason, by, yes))
    say(told, told.message, as_json)


def split(
    id: Id,
    reason: Reason,
    component: Annotated[
        list[str] | None, typer.Option(help="Its alarms are another matter; repeat it for several.", show_default=False)
    ] = None,
    alarm: Annotated[
        list[str] | None,
        typer.Option(
            "--fingerprint",
            "--alarm",
            metavar="FINGERPRINT",
            help="This alarm is another matter; repeat it for several.",
            show_default=False,
        ),
    ] = None,
    title: Annotated[
        str, typer.Option(help="What is wrong there, in a sentence.", show_default="the first alarm's")
    ] = "",
    by: By = None,
    application: OfApplication = None,
    as_json: AsJson = False,
) -> None:
    """Open a new incident for some alarms of an incident: they are another matter."""
    fields = {"components": component or [], "fingerprints": alarm or [], "title": title, "reason": reason}
    told = at_desk(lambda desk: _split(desk, id, application, fields, by))
    say(told, told.message, as_json)


async def _open(desk: Desk, application: str, fields: Mapping[str, Any], by: str | None) -> OpenReceipt:
    from models.watch import OpenByHand
    from starter.incident.messages import message
    from starter.incident.telling import open_incident

    return await open_incident(desk, application, message(OpenByHand, {**fields, "by": who_asks(desk.settings, by)}))


async def _reopen(desk: Desk, text: str, application: str | None, reason: str, by: str | None) -> WatchTold:
    from models.watch import ReopenIncident
    from starter.incident.messages import message
    from starter.incident.telling import tell_watch

    id = the_id(desk, text, application)
    order = message(ReopenIncident, {"incident": id, "by": who_asks(desk.settings, by), "reason": reason})
    return await tell_watch(desk, id, "reopen_incident", order)


async def _merge(
    desk: Desk, text: str, into: str, application: str | None, reason: str, by: str | None, yes: bool
) -> WatchTold:
    from models.watch import MergeIncidents
    from starter.incident.messages import message
    from starter.incident.naming import parts, short
    from starter.incident.telling import same_application, tell_watch

    id = the_id(desk, text, application)
    # A bare number is one of the same application.
    other = the_id(desk, into, application or (parts(id)[0] if into.isdigit() else None))
    same_application(id, other)
    order = message(
        MergeIncidents, {"incident": id, "into": other, "by": who_asks(desk.settings, by), "reason": reason}
    )
    be_sure(f"End {short(id)} as the same matter as {short(other)}?", yes)
    return await tell_watch(desk, id, "merge_incidents", order)


async def _split(
    desk: Desk, text: str, application: str | None, fields: Mapping[str, Any], by: str | None
) -> WatchTold:
    from models.errors import UserError
    from models.watch import SplitIncident
    from starter.incident.messages import message
    from starter.incident.telling import tell_watch

    id = the_id(desk, text, application)
    if not fields["components"] and not fields["fingerprints"]:
        raise UserError("say which alarms are another matter: --component NAME or --fingerprint FINGERPRINT")
    spelled = {"components": "component", "fingerprints": "fingerprint"}
    order = message(SplitIncident, {"incident": id, "by": who_asks(desk.settings, by), **fields}, spelled)
    return await tell_watch(desk, id, "split_incident", order)
