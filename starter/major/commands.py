"""`driftvakt major`: several incidents, of several applications or customers, under one lead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.terminal.options import (
    AsJson,
    By,
    Limit,
    Yes,
    at_desk,
    be_sure,
    echo,
    echo_json,
    say_cut,
    stop,
    who_asks,
    who_orders,
)

if TYPE_CHECKING:
    from models.base import Model
    from models.major import MajorTold
    from starter.desk import Desk
    from starter.major.service import MajorLine, MajorView
    from starter.terminal.listed import Listed

app = typer.Typer(help="Lead several incidents as one major incident.", no_args_is_help=True)

MajorId = Annotated[
    str, typer.Argument(metavar="MAJOR", help="As in 2026-03-01.1, or its workflow id.", show_default=False)
]
Incidents = Annotated[
    list[str], typer.Argument(metavar="INCIDENT", help="As in acme.shop.17; several, if you like.", show_default=False)
]
Reason = Annotated[str, typer.Option(help="Why; it stands in the timeline.", show_default=False)]


@app.command("open")
def open_(
    incidents: Incidents,
    title: Annotated[str, typer.Option(help="What is wrong, in a sentence.", show_default=False)],
    lead: Annotated[str | None, typer.Option(help="Who leads it: an e-mail address.", show_default="you")] = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Put incidents under one lead; each goes on by itself, and says who leads it."""
    id = at_desk(lambda desk: _open(desk, incidents, title, lead, by))
    said = f"Opened {id}. Follow it: driftvakt major show {id.removeprefix('major.')}"
    echo_json({"major": id, "message": said}) if as_json else echo(said)


@app.command("list")
def list_(
    open_only: Annotated[
        bool, typer.Option("--open/--all", help="Only those that are open, or closed ones too.")
    ] = True,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """List major incidents; the closed ones as long as Temporal keeps them."""
    found = at_desk(lambda desk: _list(desk, open_only, limit))
    lines = found.lines
    if as_json:
        echo_json([line.model_dump(mode="json") for line in lines])
    elif not lines:
        echo("no major incident is open" if open_only else "there are no major incidents")
    else:
        from starter.major.page import show_list

        show_list(lines)
    say_cut(found)


@app.command()
def show(major: MajorId, as_json: AsJson = False) -> None:
    """Show one: who leads it, how its incidents stand, what happened."""
    view = at_desk(lambda desk: _show(desk, major))
    if as_json:
        echo_json(view)
        return
    from starter.major.page import show_major

    show_major(view)


@app.command()
def add(
    major: MajorId,
    incidents: Incidents,
    note: Annotated[str, typer.Option(help="A note to them.", show_default=False)] = "",
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Take further incidents in."""
    _tell(major, by, as_json, "add_incidents", lambda desk: {"incidents": _ids(desk, incidents), "note": note})


@app.command()
def remove(
    major: MajorId,
    incident: Annotated[str, typer.Argument(metavar="INCIDENT", help="As in acme.shop.17.", show_default=False)],
    reason: Reason,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Take an incident out: it is another matter, and is led on its own again."""
    _tell(major, by, as_json, "remove_incident", lambda desk: {"incident": _ids(desk, [incident])[0], "reason": reason})


@app.command()
def note(
    major: MajorId,
    text: Annotated[str, typer.Argument(help="What to write down.", show_default=False)],
    customer: Annotated[bool, typer.Option("--customer", help="The customers may read it.")] = False,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Add a note to the timelines of all its open incidents; internal unless --customer is given."""
    audience = "customer" if customer else "internal"
    _tell(major, by, as_json, "add_note", lambda desk: {"text": text, "audience": audience})


@app.command()
def update(
    major: MajorId,
    text: Annotated[str, typer.Option(help="What to tell them.", show_default=False)],
    by: By = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Tell the customers of all its open incidents the same; names them, and asks whether you are sure."""
    told = at_desk(lambda desk: _update(desk, major, text, by, yes))
    _say(told, as_json)


@app.command()
def handover(
    major: MajorId,
    to: Annotated[str, typer.Option(help="Who leads it from now on: an e-mail address.", show_default=False)],
    note: Annotated[str, typer.Option(help="What the next one must know.", show_default=False)],
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Hand the lead over."""
    _tell(major, by, as_json, "hand_over", lambda desk: {"to": to, "note": note})


@app.command()
def close(
    major: MajorId,
    reason: Reason,
    force: Annotated[bool, typer.Option("--force", help="Even while incidents of it are open.")] = False,
    by: By = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Close it; what still is open is led on its own again."""
    told = at_desk(lambda desk: _close(desk, major, reason, force, by, yes))
    _say(told, as_json)


def _tell(major: str, by: str | None, as_json: bool, name: str, fields: Callable[[Desk], Mapping[str, Any]]) -> None:
    async def tell(desk: Desk) -> MajorTold:
        from starter.major.service import tell_major

        return await tell_major(desk, major, name, _message(desk, name, fields(desk), by))

    _say(at_desk(tell), as_json)


def _message(desk: Desk, name: str, fields: Mapping[str, Any], by: str | None) -> Model:
    from models import major as messages
    from models.incident import HandOver, Note
    from starter.incident.messages import message

    kinds: dict[str, type[Model]] = {
        "add_incidents": messages.AddIncidents,
        "remove_incident": messages.RemoveIncident,
        "add_note": Note,
        "update_customers": messages.UpdateCustomers,
        "hand_over": HandOver,
        "close_major": messages.CloseMajor,
    }
    spelled = {
        "incidents": "INCIDENT",
        "incident": "INCIDENT",
        "text": "text" if name == "update_customers" else "TEXT",
    }
    return message(kinds[name], {**fields, "by": who_asks(desk.settings, by)}, spelled)


def _say(told: MajorTold, as_json: bool) -> None:
    """Print an answer; where some incident did not take it, that is said, and the command did not go well."""
    if as_json:
        echo_json(told)
    failed = any(not answer.taken for answer in told.answers)
    if failed and not as_json:
        stop(told.message)
    if failed:
        raise typer.Exit(1)
    if not as_json:
        echo(told.message)


def _ids(desk: Desk, incidents: list[str]) -> list[str]:
    from starter.incident.naming import workflow_id

    return [workflow_id(text, None, desk.records.applications) for text in incidents]


async def _open(desk: Desk, incidents: list[str], title: str, lead: str | None, by: str | None) -> str:
    from models.major import MajorOrder
    from starter.incident.messages import message
    from starter.incident.naming import parts
    from starter.incident.reading import running_handle
    from starter.major.service import must_fit, open_major

    ids = list(dict.fromkeys(_ids(desk, incidents)))
    who = who_orders(desk, by, *sorted({parts(id)[0] for id in ids}))
    fields = {"title": title, "lead": who if lead is None else lead, "incidents": ids, "by": who}
    order = message(MajorOrder, fields, {"incidents": "INCIDENT"})
    for id in ids:
        await running_handle(desk, id)
    await must_fit(desk, order)
    return await open_major(desk, order)


async def _list(desk: Desk, open_only: bool, limit: int) -> Listed[MajorLine]:
    from starter.major.service import list_majors

    return await list_majors(desk, closed=not open_only, limit=limit)


async def _show(desk: Desk, major: str) -> MajorView:
    from starter.major.service import show_major

    return await show_major(desk, major)


async def _update(desk: Desk, major: str, text: str, by: str | None, yes: bool) -> MajorTold:
    from starter.major.service import show_major, tell_major

    order = _message(desk, "update_customers", {"text": text}, by)
    if not yes:
        status = (await show_major(desk, major)).status
        customers = sorted({m.id.split(".")[1] for m in status.members if m.runs})
        be_sure(f"Tell {', '.join(customers) or 'nobody'}: {text}?", yes)
    return await tell_major(desk, major, "update_customers", order)


async def _close(desk: Desk, major: str, reason: str, force: bool, by: str | None, yes: bool) -> MajorTold:
    from starter.major.service import running_major, tell_major

    order = _message(desk, "close_major", {"reason": reason, "force": force}, by)
    handle = await running_major(desk, major)
    be_sure(f"Close {handle.id}?", yes)
    return await tell_major(desk, major, "close_major", order)
