"""`driftvakt alarm`: raise and clear alarms by hand, directly at the watch. Everybody with access to Temporal may use it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.terminal.options import (
    Application,
    AsJson,
    By,
    Limit,
    echo,
    echo_json,
    echo_line,
    faults,
    print_list,
    stop,
    who_asks,
)

if TYPE_CHECKING:
    from models.alarms import Alarm
    from models.settings import Settings
    from starter.alarm.quarantine import QuarantinedBody
    from starter.intake.delivery import Receipt

app = typer.Typer(help="Raise and clear alarms by hand.", no_args_is_help=True)


@app.command("raise")
def raise_alarm(
    application: Application,
    component: Annotated[
        str | None, typer.Option(help="Failed component.", show_default="the whole application")
    ] = None,
    severity: Annotated[str, typer.Option(help="critical, warning or info.")] = "critical",
    title: Annotated[str, typer.Option(help="The fault, in one sentence.")] = "Raised by hand",
    detail: Annotated[str, typer.Option(help="Further details.")] = "",
    fingerprint: Annotated[
        str | None,
        typer.Option(help="Identifies the fault, for `alarm clear`.", show_default="computed from component and title"),
    ] = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Raise an alarm; it opens an incident, or joins the open incident that it belongs to."""
    values = {"component": component, "severity": severity, "title": title, "detail": detail}
    _send({"application": application, "fingerprint": fingerprint, **values}, by, as_json)


@app.command("clear")
def clear_alarm(
    application: Application,
    fingerprint: Annotated[
        str,
        typer.Option(help="Identifies the fault: SOURCE/NAME, as `driftvakt watch show` lists it.", show_default=False),
    ],
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Clear an alarm of any source; exit 1 if no active alarm has that fingerprint."""
    values = {"application": application, "fingerprint": fingerprint, "state": "cleared", "title": "Cleared by hand"}
    _send(values, by, as_json)


quarantine = typer.Typer(help="List and show the messages that the intake could not read.", no_args_is_help=True)
app.add_typer(quarantine, name="quarantine")


@quarantine.command("list")
def list_quarantine(
    source: Annotated[str | None, typer.Option(help="Of this source only.", show_default=False)] = None,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """List the messages that the intake could not read, the latest first, with the reasons."""
    with faults():
        from models.settings import load_settings
        from starter.alarm.quarantine import list_quarantined
        from starter.terminal.session import open_records

        with open_records(load_settings()) as records:
            found = list_quarantined(records, source, limit)

    def show(lines: Sequence[QuarantinedBody]) -> None:
        from starter.alarm.quarantine import show_list

        show_list(lines)

    print_list(found, as_json, "the quarantine is empty", show)


@quarantine.command("show")
def show_quarantined(
    id: Annotated[str, typer.Argument(help="Its id, or the first eight or more digits of it.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Show one body as it was sent, and why the intake could not read it."""
    with faults():
        from models.settings import load_settings
        from starter.alarm.quarantine import find_quarantined
        from starter.terminal.session import open_records

        with open_records(load_settings()) as records:
            found = find_quarantined(records, id)
    if as_json:
        echo_json(found)
        return
    echo(found.id)
    from models.base import counted

    echo_line(
        f"from {found.source}, {found.received_at:%Y-%m-%d %H:%M:%S} UTC, received {counted(found.times, 'time')}"
    )
    echo_line(found.reason)
    echo(f"\n{found.body}")


def _send(values: dict[str, Any], by: str | None, as_json: bool) -> None:
    import asyncio

    with faults():
        from models.settings import load_settings

        settings = load_settings()
        receipt, unknown = asyncio.run(_deliver(settings, _alarm(settings, values, by)))
    if as_json:
        echo_json(receipt.model_dump(mode="json", exclude_none=True))
    elif not unknown:
        echo_line(f"{receipt.disposition}: {receipt.reason}")
        echo_line(f"incident {receipt.incident or 'none'}, fingerprint {receipt.fingerprint}")
    if unknown:
        stop(unknown)


def _alarm(settings: Settings, values: dict[str, Any], by: str | None) -> Alarm:
    """Build the alarm from the options. Raise `UserError` for a wrong value, and `NotFoundError` for an unknown name."""
    from datetime import UTC, datetime

    from activities.records.people import identify
    from starter.intake.own_json import by_person
    from starter.terminal.applications import require_application, require_components
    from starter.terminal.session import open_records

    given = {name: value for name, value in values.items() if value is not None}
    who = who_asks(settings, by)
    with open_records(settings) as records:
        require_application(settings, records, str(given["application"]))
        who = identify(records, who, [str(given["application"])])
        if values.get("component") is not None:
            require_components(records, str(given["application"]), [str(given["component"])])
    return by_person(given, who, datetime.now(UTC))


async def _deliver(settings: Settings, alarm: Alarm) -> tuple[Receipt, str]:
    """Return the text of the watch's receipt; for an unknown fingerprint it suggests similar open alarms."""
    from activities.alarms.reporter import WatchReporter
    from models.alarms import AlarmState, Disposition
    from starter.connection.temporal import connected
    from starter.intake.delivery import hand_over
    from starter.watch.service import no_such_alarm

    async with connected(settings) as client:
        receipt = (await hand_over(WatchReporter(client), [alarm]))[0]
        unknown = alarm.state is AlarmState.CLEARED and receipt.disposition == Disposition.NOTED
        return receipt, await no_such_alarm(client, alarm.application, alarm.fingerprint) if unknown else ""
