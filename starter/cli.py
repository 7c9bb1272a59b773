"""The command `driftvakt`. Everything heavy is imported inside the commands, so that help comes at once."""

from __future__ import annotations

import sys

import typer

from starter.commands import (
    alarm,
    change,
    clock,
    demo,
    doctor,
    dossier,
    drill,
    halt,
    incident,
    maintenance,
    major,
    notice,
    operation,
    restore,
    routine,
    run,
    runbook,
    schedules,
    status,
    watch,
)
from starter.commands.output import any_terminal, echo

app = typer.Typer(
    name="driftvakt",
    help="Application operations as durable workflows: from a real alarm to a proven recovery.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("up")(run.up)
app.command("worker")(run.worker)
app.command("intake")(run.intake)
app.command("demo")(demo.demo)
app.command("status")(status.status)
app.command("doctor")(doctor.doctor)
app.command("clock")(clock.clock)
app.command("plan")(schedules.plan)
app.command("apply")(schedules.apply)
app.add_typer(dossier.app, name="dossier")
app.add_typer(incident.app, name="incident")
app.add_typer(major.app, name="major")
app.add_typer(operation.app, name="operation")
app.add_typer(change.app, name="change")
app.add_typer(restore.app, name="restore")
app.add_typer(drill.app, name="drill")
app.add_typer(halt.app, name="halt")
app.add_typer(maintenance.app, name="maintenance")
app.add_typer(watch.app, name="watch")
app.add_typer(notice.app, name="notice")
app.add_typer(routine.app, name="routine")
app.add_typer(runbook.app, name="runbook")
app.add_typer(alarm.app, name="alarm")


def main() -> None:
    """Run the command; a fault of the user's ends in one sentence and exit status 1, never in a traceback."""
    from models.errors import DriftvaktError
    from starter.private import keep_private

    keep_private()
    with any_terminal():
        try:
            app()
        except DriftvaktError as error:
            echo(f"driftvakt: {error}", err=True)
            sys.exit(1)
        except KeyboardInterrupt:
            sys.exit(130)


if __name__ == "__main__":
    main()
