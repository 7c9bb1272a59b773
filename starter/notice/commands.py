"""`driftvakt notice`: try whether people can be reached, and see what was sent to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from models.channels import Channel
from starter.terminal.options import WENT_WRONG, AsJson, echo, echo_json, echo_line, faults

if TYPE_CHECKING:
    from models.notices import Delivery, SentNotice

app = typer.Typer(help="Try whether people can be reached, and see what was sent to whom.", no_args_is_help=True)

Of = Annotated[
    str | None,
    typer.Option("--application", "-a", help="CUSTOMER.APPLICATION, as in acme.shop.", show_default=False),
]


@app.command("test")
def try_(
    contact: Annotated[
        str, typer.Argument(help="A contact's name or e-mail address in a dossier.", show_default=False)
    ],
    application: Of = None,
    channel: Annotated[Channel | None, typer.Option(help="By this channel.", show_default="the best they have")] = None,
    as_json: AsJson = False,
) -> None:
    """Write a test message to a contact, from this machine, and say what became of it; exit 1 unless it was sent."""
    with faults():
        from models.settings import load_settings
        from starter.desk import reading_records
        from starter.notice.service import send_test

        settings = load_settings()
        with reading_records(settings) as records:
            receipt = send_test(records, settings, contact, application, channel.value if channel else None)
    if as_json:
        echo_json(receipt)
    else:
        for delivery in receipt.deliveries:
            echo_line(_line(delivery))
        for note in receipt.notes:
            echo_line(note)
    if not receipt.reached:
        raise typer.Exit(WENT_WRONG)


@app.command("list")
def list_(
    id: Annotated[
        str, typer.Argument(help="As in acme.shop.17, or 17 with --application.", metavar="ID", show_default=False)
    ],
    application: Of = None,
    as_json: AsJson = False,
) -> None:
    """List the notices of an incident: what was sent to whom, and what became of it."""
    with faults():
        from models.settings import load_settings
        from starter.desk import reading_records
        from starter.notice.service import list_notices

        with reading_records(load_settings()) as records:
            notices = list_notices(records, id, application)
    if as_json:
        echo_json([notice.model_dump(mode="json") for notice in notices])
        return
    if not notices:
        echo("no notice of this incident was sent")
    for notice in notices:
        _show(notice)


def _show(notice: SentNotice) -> None:
    when = notice.at.strftime("%Y-%m-%d %H:%M:%S UTC")
    under_way = "" if notice.finished else " (under way)"
    echo_line(f"{when}  {notice.occasion.value}{under_way}  {notice.subject}")
    for delivery in notice.deliveries:
        echo_line(f"  {_line(delivery)}")
    if not notice.deliveries:
        echo("  to nobody")


def _line(delivery: Delivery) -> str:
    how = f"{delivery.to} by {delivery.channel.value}: {delivery.state.value}"
    return f"{how} ({delivery.detail})" if delivery.detail else how
