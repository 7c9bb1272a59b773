"""`driftvakt major`: coordinate several incidents, of several applications or customers, under one lead."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.terminal.options import (
    AsJson,
    By,
    Limit,
    Yes,
    be_sure,
    echo,
    echo_json,
    in_session,
    print_list,
    stop,
    who_asks,
    who_orders,
)

if TYPE_CHECKING:
    from models.base import Model
    from models.major import MajorReply
    from starter.major.service import MajorLine, MajorView
    from starter.terminal.listed import Listed
    from starter.terminal.session import CommandSession

app = typer.Typer(help="Lead several incidents as one major incident.", no_args_is_help=True)

MajorId = Annotated[
    str, typer.Argument(metavar="MAJOR", help="As in 2026-03-01.1, or its workflow id.", show_default=False)
]
Incidents = Annotated[
    list[str], typer.Argument(metavar="INCIDENT", help="As in acme.shop.17; one or more.", show_default=False)
]
Reason = Annotated[str, typer.Option(help="Reason; the timeline shows it.", show_default=False)]


@app.command("open")
def open_(
    incidents: Incidents,
    title: Annotated[str, typer.Option(help="The fault, in one sentence.", show_default=False)],
    lead: Annotated[str | None, typer.Option(help="E-mail address of the lead.", show_default="you")] = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Open a major incident: one lead for several incidents, each of which continues."""
    id = in_session(lambda session: _open(session, incidents, title, lead, by))
    said = f"Opened {id}. Follow it: driftvakt major show {id.removeprefix('major.')}"
    echo_json({"major": id, "message": said}) if as_json else echo(said)


@app.command("list")
def list_(
    open_only: Annotated[bool, typer.Option("--open/--all", help="Only the open ones, or all.")] = True,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """List major incidents; the closed ones as long as Temporal keeps them."""

    def show(lines: Sequence[MajorLine]) -> None:
        from starter.major.page import show_list

        show_list(lines)

    found = in_session(lambda session: _list(session, open_only, limit))
    print_list(found, as_json, "no major incident is open" if open_only else "there are no major incidents", show)


@app.command()
def show(major: MajorId, as_json: AsJson = False) -> None:
    """Show a major incident: lead, incidents, timeline."""
    view = in_session(lambda session: _show(session, major))
    if as_json:
        echo_json(view)
        return
    from starter.major.page import show_major

    show_major(view)


@app.command()
def add(
    major: MajorId,
    incidents: Incidents,
    note: Annotated[str, typer.Option(help="Note to these incidents.", show_default=False)] = "",
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Add further incidents."""
    _send(major, by, as_json, "add_incidents", lambda session: {"incidents": _ids(session, incidents), "note": note})


@app.command()
def remove(
    major: MajorId,
    incident: Annotated[str, typer.Argument(metavar="INCIDENT", help="As in acme.shop.17.", show_default=False)],
    reason: Reason,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Remove an incident from the major incident; it gets a lead of its own again."""
    _send(
        major,
        by,
        as_json,
        "remove_incident",
        lambda session: {"incident": _ids(session, [incident])[0], "reason": reason},
    )


@app.command()
def note(
    major: MajorId,
    text: Annotated[str, typer.Argument(help="Text of the note.", show_default=False)],
    customer: Annotated[bool, typer.Option("--customer", help="Show it to the customers, too.")] = False,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Add a note to the timelines of all its open incidents; internal unless --customer is given."""
    audience = "customer" if customer else "internal"
    _send(major, by, as_json, "add_note", lambda session: {"text": text, "audience": audience})


@app.command()
def update(
    major: MajorId,
    text: Annotated[str, typer.Option(help="The text of the update.", show_default=False)],
    by: By = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Send one update to the customers of all its open incidents; names them, and asks whether you are sure."""
    answer = in_session(lambda session: _update(session, major, text, by, yes))
    _print_answer(answer, as_json)


@app.command()
def handover(
    major: MajorId,
    to: Annotated[str, typer.Option(help="E-mail address of the next lead.", show_default=False)],
    note: Annotated[str, typer.Option(help="Facts that the next lead must know.", show_default=False)],
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Hand the lead over."""
    _send(major, by, as_json, "hand_over", lambda session: {"to": to, "note": note})


@app.command()
def close(
    major: MajorId,
    reason: Reason,
    force: Annotated[bool, typer.Option("--force", help="Close it even if some of its incidents are open.")] = False,
    by: By = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Close a major incident; its open incidents get leads of their own again."""
    answer = in_session(lambda session: _close(session, major, reason, force, by, yes))
    _print_answer(answer, as_json)


def _send(
    major: str, by: str | None, as_json: bool, name: str, fields: Callable[[CommandSession], Mapping[str, Any]]
) -> None:
    async def send(session: CommandSession) -> MajorReply:
        from starter.major.service import send_to_major

        return await send_to_major(session, major, name, _message(session, name, fields(session), by))

    _print_answer(in_session(send), as_json)


def _message(session: CommandSession, name: str, fields: Mapping[str, Any], by: str | None) -> Model:
    from models import major as messages
    from models.incident import HandOver, Note
    from starter.terminal.messages import build_message

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
    return build_message(kinds[name], {**fields, "by": who_asks(session.settings, by)}, spelled)


def _print_answer(answer: MajorReply, as_json: bool) -> None:
    """Print an answer. Exit with 1 if an incident refused the update."""
    if as_json:
        echo_json(answer)
    failed = any(not answer.taken for answer in answer.answers)
    if failed and not as_json:
        stop(answer.message)
    if failed:
        raise typer.Exit(1)
    if not as_json:
        echo(answer.message)


def _ids(session: CommandSession, incidents: list[str]) -> list[str]:
    from starter.incident.naming import workflow_id

    return [workflow_id(text, None, session.records.applications) for text in incidents]


async def _open(session: CommandSession, incidents: list[str], title: str, lead: str | None, by: str | None) -> str:
    from models.major import MajorOrder
    from starter.incident.naming import parts
    from starter.incident.reading import running_handle
    from starter.major.service import must_fit, open_major
    from starter.terminal.messages import build_message

    ids = list(dict.fromkeys(_ids(session, incidents)))
    who = who_orders(session, by, *sorted({parts(id)[0] for id in ids}))
    fields = {"title": title, "lead": who if lead is None else lead, "incidents": ids, "by": who}
    order = build_message(MajorOrder, fields, {"incidents": "INCIDENT"})
    for id in ids:
        await running_handle(session, id)
    await must_fit(session, order)
    return await open_major(session, order)


async def _list(session: CommandSession, open_only: bool, limit: int) -> Listed[MajorLine]:
    from starter.major.service import list_majors

    return await list_majors(session, closed=not open_only, limit=limit)


async def _show(session: CommandSession, major: str) -> MajorView:
    from starter.major.service import show_major

    return await show_major(session, major)


async def _update(session: CommandSession, major: str, text: str, by: str | None, yes: bool) -> MajorReply:
    from starter.major.service import send_to_major, show_major

    order = _message(session, "update_customers", {"text": text}, by)
    if not yes:
        status = (await show_major(session, major)).status
        customers = sorted({m.id.split(".")[1] for m in status.members if m.runs})
        be_sure(f"Send this update to {', '.join(customers) or 'nobody'}: {text}?", yes)
    return await send_to_major(session, major, "update_customers", order)


async def _close(
    session: CommandSession, major: str, reason: str, force: bool, by: str | None, yes: bool
) -> MajorReply:
    from starter.major.service import running_major, send_to_major

    order = _message(session, "close_major", {"reason": reason, "force": force}, by)
    handle = await running_major(session, major)
    be_sure(f"Close {handle.id}?", yes)
    return await send_to_major(session, major, "close_major", order)
