"""`driftvakt problem`: find and remove the causes of incidents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from starter.terminal.options import Application, AsJson, echo_json, faults, moment_given

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


@app.command()
def recurrence(
    application: Application,
    at: Annotated[
        str | None,
        typer.Option(help="Moment until which to look, with its zone: 2026-06-22T08:00:00Z.", show_default="now"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find faults that came back in the records, and say whose cause has to be found by the agreement."""
    with faults(2):
        from activities.causes.recurrence import recurring
        from activities.problem.past_incidents import past_incidents
        from models.dossier.problems import ProblemTerms
        from models.settings import load_settings
        from starter.terminal.applications import require_application
        from starter.terminal.session import open_records

        until, settings = moment_given("--at", at), load_settings()
        with open_records(settings) as records:
            require_application(settings, records, application)
            dossier = records.current_dossier(application)
            terms = (dossier.agreement.problems if dossier else None) or ProblemTerms()
            zone = dossier.agreement.time_zone_of() if dossier else "UTC"
            lately = past_incidents(records, application, until - terms.recurrence.within, until)
        reading = recurring(application, lately, terms, until, zone)
    if as_json:
        echo_json(reading)
        return
    from starter.problem.page import show_recurrence

    show_recurrence(reading)


def _measurements(name: str) -> IncidentMeasurements:
    """Read a file of measurements. Raise `UserError` with its first faults."""
    import json

    from models.cause_ranking import IncidentMeasurements
    from models.errors import UserError
    from models.input_files import file_title, read_file
    from models.inputs import Unreadable, read_input

    shown, text = file_title(name), read_file(name, "a JSON file")
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(f"{shown}, line {error.lineno}: this is no JSON ({error.msg.lower()}); fix it there") from None
    except (RecursionError, ValueError):  # nested thousands deep, or a number of thousands of digits
        raise UserError(f"{shown} holds values that no measurement has; see docs/problems.md for its fields") from None
    found = read_input(IncidentMeasurements, data)
    if isinstance(found, Unreadable):
        raise UserError(f"{shown}: {found.why}")
    measurements: IncidentMeasurements = found
    return measurements
