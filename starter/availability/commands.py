"""`driftvakt availability`: compute the availability of an application, from the records or from files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from starter.terminal.options import MISUSED, AsJson, echo, echo_json, faults, path_given, print_or_write

if TYPE_CHECKING:
    from activities.availability import AskedTime, DossierInUse
    from models.availability import AvailabilityEvents


def availability(
    since: Annotated[
        str,
        typer.Option(
            "--from", help="First month, day or moment: 2026-05, 2026-05-14, 2026-05-14T08:30:00Z.", show_default=False
        ),
    ],
    application: Annotated[
        str | None,
        typer.Argument(help="CUSTOMER.APPLICATION, as in acme.shop; its records are used.", show_default=False),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="Last month, day or moment.", show_default="the end of --from")
    ] = None,
    dossier: Annotated[
        list[Path] | None,
        typer.Option(
            parser=path_given, help="Dossier file, for use with --events instead of the records.", show_default=False
        ),
    ] = None,
    events: Annotated[
        str | None,
        typer.Option(help="File with the recorded events, JSON; - reads standard input.", show_default=False),
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option(parser=path_given, help="Also write the events of the records to this file.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compute which availability targets were kept, with the class of every second and the evidence of each outage."""
    with faults(MISUSED):
        from activities.availability import AskedTime, read
        from activities.availability.events_file import events_text

        _require_one_source(application, dossier, events, export)
        asked = AskedTime(since, until)
        in_use, recorded = _given(dossier or [], events) if events is not None else _recorded(application or "", asked)
        reading = read(in_use, recorded, asked)
        if export is not None:
            print_or_write(events_text(recorded), export)
    if as_json:
        echo_json(reading)
        return
    from starter.availability.page import show_availability

    show_availability(reading)


def _require_one_source(
    application: str | None, dossier: list[Path] | None, events: str | None, export: Path | None
) -> None:
    from models.errors import UserError

    if application is None and events is None and not dossier:
        raise UserError("name an application, as in acme.shop, or give --dossier and --events")
    if application is not None and (events is not None or dossier):
        raise UserError("give either an application or --dossier with --events, because both name the events to use")
    if events is None and dossier:
        raise UserError("--dossier needs --events; to use the records, name the application alone")
    if events is not None and not dossier:
        raise UserError("--events needs --dossier, which says what was agreed")
    if export is not None and events is not None:
        raise UserError("--export writes the events of the records; with --events there is nothing to export")


def _given(dossiers: list[Path], events: str) -> tuple[list[DossierInUse], AvailabilityEvents]:
    from activities.availability import versions_of
    from activities.availability.events_file import check_events, read_events
    from models.dossier.load import read_dossier
    from models.input_files import file_title

    read = [read_dossier(path) for path in dossiers]
    found = read_events(events)
    check_events(found, read, file_title(events))
    return versions_of(found, read), found


def _recorded(application: str, asked: AskedTime) -> tuple[list[DossierInUse], AvailabilityEvents]:
    from datetime import UTC, datetime

    from activities.availability.gathering import gather
    from activities.history.store import HistoryStore
    from models.settings import load_settings
    from starter.terminal.applications import require_application
    from starter.terminal.session import open_records

    settings = load_settings()
    with open_records(settings) as records:
        require_application(settings, records, application)
        history = HistoryStore(records.database, records.dossier)
        found = gather(records, history, application, asked, datetime.now(UTC))
    for day in found.unfolded:
        echo(f"{day.point} has no data on {day.day} (UTC): {day.why}", err=True)
    return found.in_use, found.events
