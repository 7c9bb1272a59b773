"""`driftvakt alarm`: raise and clear alarms by hand, straight to the watch; whoever reaches Temporal may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.commands.output import Application, AsJson, By, echo, echo_json, faults, who_asks

if TYPE_CHECKING:
    from models.alarms import Alarm
    from models.settings import Settings
    from starter.intake.delivery import Receipt

app = typer.Typer(help="Raise and clear alarms by hand.", no_args_is_help=True)


@app.command("raise")
def raise_alarm(
    application: Application,
    component: Annotated[
        str | None, typer.Option(help="What is broken; the application as a whole unless given.")
    ] = None,
    severity: Annotated[str, typer.Option(help="critical, warning or info.")] = "critical",
    title: Annotated[str, typer.Option(help="What is wrong, in a sentence.")] = "Raised by hand",
    detail: Annotated[str, typer.Option(help="More of it.")] = "",
    fingerprint: Annotated[
        str | None, typer.Option(help="Names the fault, to clear it by.", show_default="made from the above")
    ] = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Raise an alarm: opens an incident, or joins the one that it belongs to."""
    values = {"component": component, "severity": severity, "title": title, "detail": detail}
    _send({"application": application, "fingerprint": fingerprint, **values}, by, as_json)


@app.command("clear")
def clear_alarm(
    application: Application,
    fingerprint: Annotated[
        str,
        typer.Option(help="Names the fault: `SOURCE/NAME`, as `driftvakt watch show` lists it.", show_default=False),
    ],
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Clear an alarm of any source: its incident is told."""
    values = {"application": application, "fingerprint": fingerprint, "state": "cleared", "title": "Cleared by hand"}
    _send(values, by, as_json)


def _send(values: dict[str, Any], by: str | None, as_json: bool) -> None:
    import asyncio

    with faults():
        from models.settings import load_settings

        settings = load_settings()
        receipt = asyncio.run(_deliver(settings, _alarm(settings, values, by)))
    if as_json:
        echo_json(receipt.model_dump(mode="json", exclude_none=True))
    else:
        echo(f"{receipt.disposition}: {receipt.reason}")
        echo(f"incident {receipt.incident or 'none'}, fingerprint {receipt.fingerprint}")


def _alarm(settings: Settings, values: dict[str, Any], by: str | None) -> Alarm:
    """Check what was given; `UserError` says what does not fit."""
    from datetime import UTC, datetime

    from models.errors import UserError
    from starter.applications import require_application
    from starter.desk import reading_records
    from starter.intake.decoding import NotUnderstoodError
    from starter.intake.own_json import by_person

    given = {name: value for name, value in values.items() if value is not None}
    try:
        alarm = by_person(given, who_asks(settings, by), datetime.now(UTC))
    except NotUnderstoodError as error:
        raise UserError(str(error)) from None
    with reading_records(settings) as records:
        require_application(settings, records, alarm.application)
    return alarm


async def _deliver(settings: Settings, alarm: Alarm) -> Receipt:
    from activities.alarms import WatchReporter
    from starter.intake.delivery import hand_over
    from starter.temporal import connected

    async with connected(settings) as client:
        return (await hand_over(WatchReporter(client), [alarm]))[0]
