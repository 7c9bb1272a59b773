"""`driftvakt clock`: compute service-level clocks from a dossier and a list of events, without any server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from starter.terminal.options import MISUSED, AsJson, echo_json, faults, moment_given, path_given

if TYPE_CHECKING:
    from models.clock import ClockEvent
    from models.dossier.agreement import Priority


def clock(
    dossier: Annotated[Path, typer.Argument(parser=path_given, help="A dossier's file.", show_default=False)],
    events: Annotated[
        str,
        typer.Option(help="File with the list of events, JSON or YAML; - reads standard input.", show_default=False),
    ],
    priority: Annotated[
        str | None, typer.Option(help="Priority of an incident whose events set none, as P2.", show_default=False)
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(help="Moment for which to compute, with its zone: 2026-06-22T08:00:00Z.", show_default="now"),
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option(parser=path_given, help="Also draw the clocks into this SVG file.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compute the targets of an incident and their deadlines, and explain every minute."""
    with faults(MISUSED):
        from activities.clocks import read
        from models.dossier.load import read_dossier
        from models.errors import UserError

        agreed = read_dossier(dossier)
        chosen = _priority(priority)
        happened = _events(events)
        now = moment_given("--at", at)
        reading = read(agreed.agreement, agreed.parties, happened, now, explain=True, priority=chosen)
        if reading.priority is None:
            raise UserError("no event sets a priority; add it to the first event, or give --priority P2")
        zone = agreed.agreement.time_zone_of()
        if picture is not None:
            from activities.documents.clock_picture import svg
            from starter.terminal.writing import write_file

            write_file(svg(reading, zone).encode(), picture)
    if as_json:
        echo_json(reading)
        return
    from zoneinfo import ZoneInfo

    from starter.clock.page import show_clock

    show_clock(reading, zone=ZoneInfo(zone))


def _priority(text: str | None) -> Priority | None:
    from models.dossier.agreement import Priority
    from models.errors import UserError

    if text is None:
        return None
    try:
        return Priority(text.upper())
    except ValueError:
        raise UserError(f"--priority {text!r} is not a priority; use one of {', '.join(Priority)}") from None


def _events(name: str) -> list[ClockEvent]:
    """Read the events. Raise `UserError` with the fault of the first wrong event."""
    from pydantic import TypeAdapter, ValidationError

    from models.clock import ClockEvent
    from models.errors import UserError
    from models.input_files import file_title
    from models.inputs import fault_text

    shown = file_title(name)
    data = _plain(name)
    if isinstance(data, dict) and set(data) == {"events"}:
        data = data["events"]  # The answer of an incident's query for its clock events.
    if not isinstance(data, list):
        raise UserError(
            f"{shown} contains no list of events; write for example `- {{at: 2026-06-19T22:00:00Z, kind: opened}}`"
        )
    try:
        return TypeAdapter(list[ClockEvent]).validate_python(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        number, *place = first["loc"]
        field = ".".join(map(str, place)) or "the entry"
        text = fault_text(first, ClockEvent, field)
        raise UserError(f"{shown}: event {int(number) + 1}: {text}; see docs/service-levels.md") from None


def _plain(name: str) -> object:
    import yaml

    from models.errors import UserError
    from models.input_files import file_title, read_file

    text = read_file(name, "a JSON or YAML file")
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:  # ValueError: a date that no calendar has
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise UserError(f"{file_title(name)}{line}: this is neither JSON nor YAML; fix it there") from None
