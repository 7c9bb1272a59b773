"""`driftvakt notice`: test whether people can be reached, and list the notices that were sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from starter.terminal.options import WENT_WRONG, AsJson, OfApplication, echo, echo_json, echo_line, faults

if TYPE_CHECKING:
    from models.notices import Delivery, SentNotice

app = typer.Typer(help="Test whether people can be reached, and list the notices that were sent.", no_args_is_help=True)


def _channel(given: str) -> str:
    from models.channels import CHANNELS

    if given not in CHANNELS.names():
        raise typer.BadParameter(f"{given!r} is not a channel; use one of: {', '.join(CHANNELS.names())}")
    return given


@app.command("test")
def try_(
    contact: Annotated[
        str, typer.Argument(help="A contact's name or e-mail address in a dossier.", show_default=False)
    ],
    application: OfApplication = None,
    channel: Annotated[
        str | None,
        typer.Option(parser=_channel, metavar="CHANNEL", help="By this channel.", show_default="the best they have"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Send a test message to a contact from this machine, and print the result; exit 1 unless it was sent."""
    with faults():
        from models.settings import load_settings
        from starter.notice.service import send_test
        from starter.terminal.session import open_records

        settings = load_settings()
        with open_records(settings) as records:
            receipt = send_test(records, settings, contact, application, channel)
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
    application: OfApplication = None,
    as_json: AsJson = False,
) -> None:
    """List the notices of an incident: the recipients, and the result of each delivery."""
    with faults():
        from models.settings import load_settings
        from starter.notice.service import list_notices
        from starter.terminal.session import open_records

        with open_records(load_settings()) as records:
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
    under_way = "" if notice.finished else " (in progress)"
    echo_line(f"{when}  {notice.occasion.value}{under_way}  {notice.subject}")
    for delivery in notice.deliveries:
        echo_line(f"  {_line(delivery)}")
    if not notice.deliveries:
        echo("  to nobody")


def _line(delivery: Delivery) -> str:
    how = f"{delivery.to} by {delivery.channel}: {delivery.state.value}"
    return f"{how} ({delivery.detail})" if delivery.detail else how
