"""`driftvakt problem`: find and remove the causes of incidents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from starter.terminal.options import AsJson, echo_json, faults, one_line

if TYPE_CHECKING:
    from models.cause_ranking import IncidentMeasurements

app = typer.Typer(help="Problems: the causes of incidents.", no_args_is_help=True)


@app.callback()
def problem() -> None:
    """Problems: the causes of incidents."""


@app.command()
def rank(
    file: Annotated[
        str,
        typer.Argument(
            help="JSON file with the measurements of one incident; - reads standard input.", show_default=False
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Rank the components in which an incident may have begun, with the evidence for and against each."""
    with faults(2):
        from activities.causes.ranking import rank as ranked

        ranking = ranked(_measurements(file))
    if as_json:
        echo_json(ranking)
        return
    from starter.problem.page import show_ranking

    show_ranking(ranking)


def _measurements(name: str) -> IncidentMeasurements:
    """Read a file of measurements. Raise `UserError` with its first faults."""
    import json
    import sys
    from pathlib import Path

    from models.cause_ranking import IncidentMeasurements
    from models.errors import UserError
    from models.inputs import Unreadable, read_input
    from models.names import as_typed

    shown = "standard input" if name == "-" else one_line(as_typed(name))
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UserError(f"{shown} is no text in UTF-8; give a JSON file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"{shown} cannot be read: {reason.lower()}; check its name and its permissions") from None
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(f"{shown}, line {error.lineno}: this is no JSON ({error.msg.lower()}); fix it there") from None
    except RecursionError:
        raise UserError(f"{shown} is nested too deeply; see docs/problems.md for its fields") from None
    found = read_input(IncidentMeasurements, data)
    if isinstance(found, Unreadable):
        raise UserError(f"{shown}: {found.why}")
    measurements: IncidentMeasurements = found
    return measurements
