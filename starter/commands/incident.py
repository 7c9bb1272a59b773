"""`driftvakt incident`: see incidents, open them, and tell them what people decide."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from starter.commands.output import Application, AsJson, By, Yes, at_desk, be_sure, echo_json, faults, who_asks

if TYPE_CHECKING:
    from models.gates import DecisionReceipt
    from models.settings import Settings
    from models.watch import OpenReceipt
    from starter.desk import Desk
    from starter.incidents.views import IncidentLine, IncidentView

app = typer.Typer(help="See incidents, open them, and decide.", no_args_is_help=True)

Id = Annotated[
    str, typer.Argument(metavar="ID", help="As in acme.shop.17, or 17 with --application.", show_default=False)
]
OfApplication = Annotated[
    str | None, typer.Option("--application", "-a", help="CUSTOMER.APPLICATION, as in acme.shop.", show_default=False)
]


@app.command("list")
def list_(
    open_only: Annotated[
        bool, typer.Option("--open/--all", help="Only those that are open, or closed ones too.")
    ] = True,
    application: OfApplication = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many of each.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List incidents: the open ones, the most urgent first; with --all the closed ones too, the latest first."""
    lines = at_desk(lambda desk: _list(desk, application, open_only, limit))
    if as_json:
        typer.echo(json.dumps([line.model_dump(mode="json") for line in lines], indent=2, ensure_ascii=False))
    elif not lines:
        typer.echo("no incident is open" if open_only else "there are no incidents")
    else:
        from starter.incident_page import show_lines

        show_lines(lines)


@app.command()
def show(id: Id, application: OfApplication = None, as_json: AsJson = False) -> None:
    """Show one: what stands, what it asks and how to answer, what happened and which commands ran."""
    with faults():
        from models.settings import load_settings

        view = _view(load_settings(), id, application)
    if as_json:
        echo_json(view)
        return
    from starter.incident_page import show_incident

    show_incident(view)


@app.command("open")
def open_(
    application: Application,
    title: Annotated[str, typer.Option(help="What is wrong, in a sentence.", show_default=False)],
    component: Annotated[
        str | None, typer.Option(help="What is broken; the application as a whole unless given.", show_default=False)
    ] = None,
    severity: Annotated[str, typer.Option(help="critical, warning or info.")] = "critical",
    note: Annotated[str, typer.Option(help="More of it.", show_default=False)] = "",
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Open an incident for something that no alarm has told; it joins the open one that it belongs to."""
    fields = {"title": title, "component": component, "severity": severity, "note": note}
    receipt = at_desk(lambda desk: _open(desk, application, fields, by))
    if as_json:
        echo_json(receipt)
    else:
        typer.echo(f"{receipt.message} Follow it: driftvakt incident show {receipt.incident.removeprefix('inc.')}")


@app.command()
def decide(
    id: Id,
    option: Annotated[str, typer.Argument(help="The answer, as `incident show` names it.", show_default=False)],
    gate: Annotated[
        str | None, typer.Option(help="Which question: g1; the open one unless given.", show_default=False)
    ] = None,
    by: By = None,
    note: Annotated[str, typer.Option(help="Why; some answers need it.", show_default=False)] = "",
    plan: Annotated[
        str | None,
        typer.Option(help="First eight or more digits of the plan that you read.", show_default="those that are shown"),
    ] = None,
    yes: Yes = False,
    application: OfApplication = None,
    as_json: AsJson = False,
) -> None:
    """Answer an open question; shows the question and its plan, and asks whether you are sure.

    Without a terminal, give --plan (what `incident show` prints) or --yes.
    """
    receipt = at_desk(lambda desk: _decide(desk, id, application, option, gate, by, note, plan, yes))
    if as_json:
        echo_json(receipt)
    else:
        typer.echo(receipt.message)


@app.command()
def note(
    id: Id,
    text: Annotated[str, typer.Argument(help="What to write down.", show_default=False)],
    by: By = None,
    application: OfApplication = None,
    as_json: AsJson = False,
) -> None:
    """Add a note to the timeline of an open incident."""
    said = at_desk(lambda desk: _note(desk, id, application, text, by))
    typer.echo(json.dumps({"message": said}) if as_json else said)


@app.command()
def cancel(id: Id, yes: Yes = False, application: OfApplication = None, as_json: AsJson = False) -> None:
    """Give an open incident up: nothing further is done, and it notes what it leaves behind."""
    name = at_desk(lambda desk: _cancel(desk, id, application, yes))
    said = f"{name} was asked to end; `driftvakt incident show {name}` says what it leaves behind"
    typer.echo(json.dumps({"incident": f"inc.{name}", "message": said}) if as_json else said)


def _view(settings: Settings, text: str, application: str | None) -> IncidentView:
    """From Temporal; while it is away, from the records, which says so."""
    from models.errors import TemporalUnavailableError
    from starter.desk import desk, reading_records
    from starter.incidents.naming import workflow_id
    from starter.incidents.reading import recorded_incident, show_incident

    async def ask(id: str) -> IncidentView:
        async with desk(settings) as opened:
            return await show_incident(opened, id)

    with reading_records(settings) as records:
        id = workflow_id(text, application, records.applications)
        try:
            return asyncio.run(ask(id))
        except TemporalUnavailableError as error:
            view = recorded_incident(records, settings, id, lost=False)
            typer.echo(f"{error}; this is what the records have", err=True)
            return view


async def _list(desk: Desk, application: str | None, open_only: bool, limit: int) -> list[IncidentLine]:
    from starter.applications import require_application
    from starter.incidents.reading import list_incidents

    if application is not None:
        require_application(desk.settings, desk.records, application)
    return await list_incidents(desk, application, closed=not open_only, limit=limit)


async def _open(desk: Desk, application: str, fields: dict[str, str | None], by: str | None) -> OpenReceipt:
    from models.watch import OpenByHand
    from starter.desk import made
    from starter.incidents.telling import open_incident

    return await open_incident(desk, application, made(OpenByHand, **fields, by=who_asks(desk.settings, by)))


async def _decide(
    desk: Desk,
    text: str,
    application: str | None,
    option: str,
    gate: str | None,
    by: str | None,
    note: str,
    plan: str | None,
    yes: bool,
) -> DecisionReceipt:
    from models.gates import Decision
    from starter.desk import made
    from starter.incident_page import show_gate
    from starter.incidents import telling

    id = _id(desk, text, application)
    found = await telling.find_gate(desk, id, gate)
    chosen = telling.find_option(found, option, note)
    who = who_asks(desk.settings, by)
    if not yes:
        show_gate(found)
    if plan is None or sys.stdin.isatty():
        be_sure(f"Answer {found.id} with {chosen.name!r} as {who}?", yes)
    fields = {"gate": found.id, "option": chosen.name, "by": who, "plan": plan or found.digest, "note": note}
    return await telling.decide(desk, id, made(Decision, **fields))


async def _note(desk: Desk, text: str, application: str | None, note: str, by: str | None) -> str:
    from starter.incidents.telling import add_note

    who = who_asks(desk.settings, by)
    return await add_note(desk, _id(desk, text, application), note, who)


async def _cancel(desk: Desk, text: str, application: str | None, yes: bool) -> str:
    from starter.incidents.naming import short
    from starter.incidents.reading import running_handle
    from starter.incidents.telling import cancel

    id = _id(desk, text, application)
    await running_handle(desk, id)
    be_sure(f"Give {short(id)} up? Nothing further is done about it.", yes)
    await cancel(desk, id)
    return short(id)


def _id(desk: Desk, text: str, application: str | None) -> str:
    from starter.incidents.naming import workflow_id

    return workflow_id(text, application, desk.records.applications)
