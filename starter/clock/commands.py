"""`driftvakt clock`: compute service-level clocks from a dossier and a list of events, without any server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from starter.terminal.options import AsJson, echo_json, faults, one_line, path_given, require_our_time

if TYPE_CHECKING:
    from datetime import datetime

    from models.clock import ClockEvent
    from models.dossier.agreement import Agreement, Priority

MISUSED = 2
"""Exit code: nothing was computed, because something that was given is wrong."""


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
        str | None, typer.Option(help="As of when, with its zone: 2026-06-22T08:00:00Z.", show_default="now")
    ] = None,
    picture: Annotated[Path | None, typer.Option(help="Also draw it into this SVG file.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Compute what was promised for an incident and when its time runs out, every minute explained."""
    with faults(MISUSED):
        from activities.clocks import read
        from models.dossier.load import read_dossier
        from models.errors import UserError

        agreed = read_dossier(dossier)
        chosen = _priority(priority)
        happened = _events(events)
        now = _moment(at)
        reading = read(agreed.agreement, agreed.parties, happened, now, explain=True, priority=chosen)
        if reading.priority is None:
            raise UserError("no event sets a priority; add it to the first event, or give --priority P2")
        zone = _time_zone(agreed.agreement)
        if picture is not None:
            from activities.documents.clock_picture import svg

            try:
                picture.write_text(svg(reading, zone), encoding="utf-8")
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or str(error)
                raise UserError(
                    f"{picture}: cannot be written: {reason}; name a file in a directory that is there"
                ) from None
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
        raise UserError(f"--priority {text!r} is none; use one of {', '.join(Priority)}") from None


def _moment(text: str | None) -> datetime:
    from datetime import UTC, datetime

    from models.errors import UserError

    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(f"--at {text!r} is no time; write it as 2026-06-22T08:00:00Z or with +02:00") from None
    if moment.tzinfo is None:
        raise UserError(f"--at {text!r} has no time zone; write it as {text}Z or with +02:00")
    require_our_time("--at", moment)
    return moment


def _events(name: str) -> list[ClockEvent]:
    """Read the events; `UserError` names what is wrong with the first that is wrong."""
    from pydantic import TypeAdapter, ValidationError

    from models.clock import ClockEvent
    from models.errors import UserError
    from models.names import as_typed

    shown = "standard input" if name == "-" else one_line(as_typed(name))
    data = _plain(name, shown)
    if isinstance(data, dict) and set(data) == {"events"}:
        data = data["events"]  # what the query of an incident's clock events answers
    if not isinstance(data, list):
        raise UserError(
            f"{shown} holds no list of events; write for example `- {{at: 2026-06-19T22:00:00Z, kind: opened}}`"
        )
    try:
        return TypeAdapter(list[ClockEvent]).validate_python(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        number, *place = first["loc"]
        field = ".".join(map(str, place)) or "the entry"
        text = first["msg"].removeprefix("Value error, ")
        mend = "write it as 2026-06-19T22:00:00Z" if field == "at" else "see docs/service-levels.md"
        raise UserError(f"{shown}: event {int(number) + 1}: {field}: {text[:1].lower()}{text[1:]}; {mend}") from None


def _plain(name: str, shown: str) -> object:
    import sys

    import yaml

    from models.errors import UserError

    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
        return yaml.safe_load(text)
    except UnicodeDecodeError:
        raise UserError(f"{shown} is no text in UTF-8; give a JSON or YAML file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"{shown} cannot be read: {reason.lower()}; check its name and its permissions") from None
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise UserError(f"{shown}{line}: this is neither JSON nor YAML; mend it there") from None


def _time_zone(agreement: Agreement) -> str:
    """Where the times that are shown belong: the first service hours that have a zone."""
    zones = [hours.time_zone for hours in agreement.service_hours.values() if not isinstance(hours, str)]
    return zones[0] if zones else "UTC"
