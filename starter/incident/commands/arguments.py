"""Arguments and options of the commands for incidents; also prints their answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from starter.terminal.options import echo, echo_json

if TYPE_CHECKING:
    from pydantic import BaseModel

    from starter.terminal.session import CommandSession

Id = Annotated[
    str, typer.Argument(metavar="ID", help="As in acme.shop.17, or 17 with --application.", show_default=False)
]
Reason = Annotated[str, typer.Option(help="Reason; the timeline shows it.", show_default=False)]
Remark = Annotated[str, typer.Option("--note", help="Details for the timeline.", show_default=False)]
Impact = Annotated[str | None, typer.Option(help="Impact: high, medium or low.", show_default=False)]


def the_id(session: CommandSession, text: str, application: str | None) -> str:
    """Return the workflow id of a short name."""
    from starter.incident.naming import workflow_id

    return workflow_id(text, application, session.records.applications)


def print_message(answer: BaseModel, message: str, as_json: bool) -> None:
    """Print an answer: `message` for people, or all of it as JSON."""
    if as_json:
        echo_json(answer)
    else:
        echo(message)
