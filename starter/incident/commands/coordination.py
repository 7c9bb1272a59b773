"""`driftvakt incident ack`, `handover`, `note`, `wait`, `resume`, `update` and `reclassify`: updates from the lead."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.incident.commands.arguments import Id, Impact, Reason, Remark, print_message, the_id
from starter.terminal.options import AsJson, By, OfApplication, Yes, be_sure, echo, faults, in_session, who_asks

if TYPE_CHECKING:
    from models.base import Model
    from models.incident import IncidentReply
    from starter.terminal.session import CommandSession


def acknowledge(
    id: Id, note: Remark = "", by: By = None, application: OfApplication = None, as_json: AsJson = False
) -> None:
    """Acknowledge an incident: you lead it from now on, and the escalation policy calls nobody else."""
    from models.incident import Acknowledge

    _send(id, application, by, as_json, "acknowledge", Acknowledge, {"note": note})


def hand_over(
    id: Id,
    to: Annotated[str, typer.Option(help="E-mail address of the next lead.", show_default=False)],
    note: Annotated[str, typer.Option(help="Facts that the next lead must know.", show_default=False)],
    by: By = None,
    application: OfApplication = None,
    as_json: AsJson = False,
) -> None:
    """Hand the lead over, as at the change of shifts; the next lead gets a notice."""
    from models.incident import HandOver

    _send(id, application, by, as_json, "hand_over", HandOver, {"to": to, "note": note})


def note(
    id: Id,
    text: Annotated[str, typer.Argument(help="Text of the note.", show_default=False)],
    customer: Annotated[
        bool, typer.Option("--customer", help="Show it to the customer, too: the next draft has it.")
    ] = False,
    by: By = None,
    application: OfApplication = None,
    as_json: AsJson = False,
) -> None:
    """Add a note to the timeline of an open incident; internal unless --customer is given."""
    from models.incident import Note, NoteFor

    audience = NoteFor.CUSTOMER if customer else NoteFor.INTERNAL
    _send(id, application, by, as_json, "add_note", Note, {"text": text, "audience": audience}, {"text": "TEXT"})


def wait(
    id: Id,
    party: Annotated[
        str,
        typer.Option(
            "--party",
            "--for",
            metavar="PARTY",
            help="Party to wait for, by its name in the dossier.",
            show_default=False,
        ),
    ],
    note: Annotated[str, typer.Option(help="Reason for the wait; the party reads it.", show_default=False)],
    reference: Annotated[
        str, typer.Option(metavar="TICKET", help="Ticket number of the party.", show_default=False)
    ] = "",
    already_informed: Annotated[
        bool,
        typer.Option("--already-informed", help="They know already, by telephone for example: only a note is written."),
    ] = False,
    by: By = None,
    application: OfApplication = None,
    as_json: AsJson = False,
) -> None:
    """Record that the incident waits for a party. The party gets a notice; once it is delivered, the agreed clocks pause."""
    from models.incident import Waiting

    fields = {"party": party, "note": note, "reference": reference, "already_informed": already_informed}
    _send(id, application, by, as_json, "wait_for", Waiting, fields)


def resume(
    id: Id, note: Remark = "", by: By = None, application: OfApplication = None, as_json: AsJson = False
) -> None:
    """Record that the party has answered: the clocks run again."""
    from models.incident import Resume

    _send(id, application, by, as_json, "resume", Resume, {"note": note})


def reclassify(
    id: Id,
    reason: Reason,
    priority: Annotated[
        str | None, typer.Option(help="P1 to P5, instead of impact and urgency.", show_default=False)
    ] = None,
    impact: Impact = None,
    urgency: Annotated[str | None, typer.Option(help="Urgency: high, medium or low.", show_default=False)] = None,
    by: By = None,
    application: OfApplication = None,
    as_json: AsJson = False,
) -> None:
    """Change the priority. Completed targets keep their result."""
    from models.errors import UserError
    from models.incident import Reclassify

    with faults():
        if (impact is None) != (urgency is None) or (priority is None) == (impact is None):
            raise UserError("give either --priority, or --impact and --urgency together")
    fields = {"reason": reason, "priority": priority and priority.upper(), "impact": impact, "urgency": urgency}
    _send(id, application, by, as_json, "reclassify", Reclassify, fields)


def update(
    id: Id,
    text: Annotated[str, typer.Option(help="The text of the update.", show_default="the draft, which is shown")] = "",
    edit: Annotated[bool, typer.Option("--edit", help="Change the text in your editor first.")] = False,
    already_informed: Annotated[
        bool,
        typer.Option("--already-informed", help="They know already, by telephone for example: only a note is written."),
    ] = False,
    by: By = None,
    yes: Yes = False,
    application: OfApplication = None,
    as_json: AsJson = False,
) -> None:
    """Send the customer an update; shows the text, and asks whether to send it."""
    fields = {"text": text, "already_informed": already_informed}
    answer = in_session(lambda session: _update(session, id, application, fields, edit, by, yes))
    print_message(answer, answer.message, as_json)


def _send(
    text: str,
    application: str | None,
    by: str | None,
    as_json: bool,
    name: str,
    kind: type[Model],
    fields: Mapping[str, Any],
    spelled: Mapping[str, str] | None = None,
) -> None:
    """Send an update to an incident, and print the answer."""

    async def send(session: CommandSession) -> IncidentReply:
        from starter.incident.updates import send_to_incident
        from starter.terminal.messages import build_message

        said = build_message(kind, {**fields, "by": who_asks(session.settings, by)}, spelled)
        return await send_to_incident(session, the_id(session, text, application), name, said)

    answer = in_session(send)
    print_message(answer, answer.message, as_json)


async def _update(
    session: CommandSession,
    text: str,
    application: str | None,
    fields: Mapping[str, Any],
    edit: bool,
    by: str | None,
    yes: bool,
) -> IncidentReply:
    from models.incident import CustomerUpdate
    from starter.incident.naming import parts, short
    from starter.incident.reading import running_handle
    from starter.incident.updates import draft_of, send_to_incident
    from starter.terminal.messages import build_message

    id = the_id(session, text, application)
    who = who_asks(session.settings, by)
    words = fields["text"].strip() or await draft_of(session, id)
    words = _edited(words) if edit else words
    # Send the text that the person has read, even if the draft has changed meanwhile.
    update = build_message(CustomerUpdate, {**fields, "by": who, "text": words})
    if not yes:
        await running_handle(session, id)
        echo(words, err=True)
        customer = parts(id)[0].partition(".")[0]
        action = "Record that {} got this update" if update.already_informed else "Send this update to {}"
        be_sure(f"\n{action.format(customer)}, about {short(id)}, as {who}?", yes)
    return await send_to_incident(session, id, "update_customer", update)


def _edited(words: str) -> str:
    """Open a text in the person's editor and return the result; the same text if it was not saved."""
    import click

    from models.errors import UserError

    if not sys.stdin.isatty():
        raise UserError("an editor needs a terminal; give --text")
    changed = click.edit(words)
    if changed is not None and not changed.strip():
        raise UserError("the text is empty, so no update was sent")
    return words if changed is None else changed.strip()
