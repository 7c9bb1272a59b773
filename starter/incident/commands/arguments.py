"""What the commands about incidents share: how one is named, and how an answer is printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from starter.terminal.options import echo, echo_json

if TYPE_CHECKING:
    from pydantic import BaseModel

    from starter.desk import Desk

Id = Annotated[
    str, typer.Argument(metavar="ID", help="As in acme.shop.17, or 17 with --application.", show_default=False)
]
OfApplication = Annotated[
    str | None, typer.Option("--application", "-a", help="CUSTOMER.APPLICATION, as in acme.shop.", show_default=False)
]
Reason = Annotated[str, typer.Option(help="Why; it stands in the timeline.", show_default=False)]
Remark = Annotated[str, typer.Option("--note", help="More of it, for the timeline.", show_default=False)]
Impact = Annotated[str | None, typer.Option(help="How much is lost: high, medium or low.", show_default=False)]


def the_id(desk: Desk, text: str, application: str | None) -> str:
    """The workflow id of the incident that was named."""
    from starter.incident.naming import workflow_id

    return workflow_id(text, application, desk.records.applications)


def say(answer: BaseModel, message: str, as_json: bool) -> None:
    """Print an answer, to people or to programs."""
    if as_json:
        echo_json(answer)
    else:
        echo(message)
