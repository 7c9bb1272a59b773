"""`driftvakt incident ack`, `handover`, `note`, `wait`, `resume`, `update`, `reclassify`: what whoever leads one says to it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.incident.commands.arguments import Id, Impact, OfApplication, Reason, Remark, say, the_id
from starter.terminal.options import AsJson, By, Yes, at_desk, be_sure, echo, faults, who_asks

if TYPE_CHECKING:
    from models.base import Model
    from models.incident import Told
    from starter.desk import Desk


def acknowledge(
    id: Id, note: Remark = "", by: By = None, application: OfApplication = None, as_json: AsJson = False
) -> None:
    """Take an incident up: you lead it from now on, and nobody further is alerted."""
    from models.incident import Acknowledge

    _tell(id, application, by, as_json, "acknowledge", Acknowledge, {"note": note})


def hand_over(
    id: Id,
    to: Annotated[str, typer.Option(help="Who leads it from now on: an e-mail address.", show_default=False)],
    note: Annotated[str, typer.Option(help="What the next one must know.", show_default=False)],
    by: By = None,
    application: OfApplication = None,
    as_json: AsJson = False,
) -> None:
    """Hand the lead over, as at the change of shifts; the next one is written to."""
    from models.incident import HandOver

    _tell(id, application, by, as_json, "hand_over", HandOver, {"to": to, "note": note})


def note(
    id: Id,
    text: Annotated[str, typer.Argument(help="What to write down.", show_default=False)],
    customer: Annotated[
        bool, typer.Option("--customer", help="The customer may read it: it goes into the next draft.")
    ] = False,
    by: By = None,
    application: OfApplication = None,
    as_json: AsJson = False,
) -> None:
    """Add a note to the timeline of an open incident; internal unless --customer is given."""
    from models.incident import Note, NoteFor

    audience = NoteFor.CUSTOMER if customer else NoteFor.INTERNAL
    _tell(id, application, by, as_json, "add_note", Note, {"text": text, "audience": audience}, {"text": "TEXT"})


def wait(
    id: Id,
    party: Annotated[
        str,
        typer.Option(
            "--party", "--for", metavar="PARTY", help="Who is waited for, as in the dossier.", show_default=False
        ),
    ],
    note: Annotated[str, typer.Option(help="What for.", show_default=False)],
    reference: Annotated[str, typer.Option(metavar="TICKET", help="Their ticket.", show_default=False)] = "",
    already_told: Annotated[
        bool, typer.Option("--already-told", help="They were told by telephone, say: it is noted, and nothing is sent.")
    ] = False,
    by: By = None,
    application: OfApplication = None,
    as_json: AsJson = False,
) -> None:
    """Say that it is somebody else's turn. The party is written to; once it is reached, the clocks that are agreed pause."""
    from models.incident import Waiting

    fields = {"party": party, "note": note, "reference": reference, "already_told": already_told}
    _tell(id, application, by, as_json, "wait_for", Waiting, fields)


def resume(
    id: Id, note: Remark = "", by: By = None, application: OfApplication = None, as_json: AsJson = False
) -> None:
    """Say that they have answered: it is our turn again, and the clocks run on."""
    from models.incident import Resume

    _tell(id, application, by, as_json, "resume", Resume, {"note": note})


def reclassify(
    id: Id,
    reason: Reason,
    priority: Annotated[
        str | None, typer.Option(help="P1 to P5, instead of impact and urgency.", show_default=False)
    ] = None,
    impact: Impact = None,
    urgency: Annotated[str | None, typer.Option(help="How pressing: high, medium or low.", show_default=False)] = None,
    by: By = None,
    application: OfApplication = None,
    as_json: AsJson = False,
) -> None:
    """Change the priority; what is done stays judged under the one that held then."""
    from models.errors import UserError
    from models.incident import Reclassify

    with faults():
        if (impact is None) != (urgency is None) or (priority is None) == (impact is None):
            raise UserError("give either --priority, or --impact and --urgency together")
    fields = {"reason": reason, "priority": priority and priority.upper(), "impact": impact, "urgency": urgency}
    _tell(id, application, by, as_json, "reclassify", Reclassify, fields)


def update(
    id: Id,
    text: Annotated[str, typer.Option(help="What to tell them.", show_default="the draft, which is shown")] = "",
    edit: Annotated[bool, typer.Option("--edit", help="Change the text in your editor first.")] = False,
    already_told: Annotated[
        bool, typer.Option("--already-told", help="They were told by telephone, say: it is noted, and nothing is sent.")
    ] = False,
    by: By = None,
    yes: Yes = False,
    application: OfApplication = None,
    as_json: AsJson = False,
) -> None:
    """Tell the customer how it stands; shows the text, and asks whether to send it."""
    fields = {"text": text, "already_told": already_told}
    told = at_desk(lambda desk: _update(desk, id, application, fields, edit, by, yes))
    say(told, told.message, as_json)


def _tell(
    text: str,
    application: str | None,
    by: str | None,
    as_json: bool,
    name: str,
    kind: type[Model],
    fields: Mapping[str, Any],
    spelled: Mapping[str, str] | None = None,
) -> None:
    """Tell an incident something, and print its answer."""

    async def tell(desk: Desk) -> Told:
        from starter.incident.messages import message
        from starter.incident.telling import tell_incident

        said = message(kind, {**fields, "by": who_asks(desk.settings, by)}, spelled)
        return await tell_incident(desk, the_id(desk, text, application), name, said)

    told = at_desk(tell)
    say(told, told.message, as_json)


async def _update(
    desk: Desk, text: str, application: str | None, fields: Mapping[str, Any], edit: bool, by: str | None, yes: bool
) -> Told:
    from models.incident import CustomerUpdate
    from starter.incident.messages import message
    from starter.incident.naming import parts, short
    from starter.incident.reading import running_handle
    from starter.incident.telling import draft_of, tell_incident

    id = the_id(desk, text, application)
    who = who_asks(desk.settings, by)
    words = fields["text"].strip() or await draft_of(desk, id)
    words = _edited(words) if edit else words
    # What was read is what is sent, whatever the draft has become meanwhile.
    update = message(CustomerUpdate, {**fields, "by": who, "text": words})
    if not yes:
        await running_handle(desk, id)
        echo(words, err=True)
        customer = parts(id)[0].partition(".")[0]
        tell = "Note that {} was told" if update.already_told else "Tell {}"
        be_sure(f"\n{tell.format(customer)} this about {short(id)}, as {who}?", yes)
    return await tell_incident(desk, id, "update_customer", update)


def _edited(words: str) -> str:
    """The text as somebody changed it in their editor; left as it was where they did not save it."""
    import click

    from models.errors import UserError

    if not sys.stdin.isatty():
        raise UserError("there is no terminal to edit on; give --text")
    changed = click.edit(words)
    if changed is not None and not changed.strip():
        raise UserError("the text is empty, so nobody was told anything")
    return words if changed is None else changed.strip()
