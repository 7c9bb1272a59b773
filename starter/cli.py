"""The command `driftvakt`. Commands import large modules only when they run, so that `--help` is fast."""

from __future__ import annotations

import sys

import typer

from starter.alarm import commands as alarm
from starter.availability import commands as availability
from starter.capacity import commands as capacity
from starter.change import commands as change
from starter.clock import commands as clock
from starter.demo import commands as demo
from starter.doctor import commands as doctor
from starter.dossier import commands as dossier
from starter.halt import commands as halt
from starter.handbook import commands as handbook
from starter.history import commands as history
from starter.incident import commands as incident
from starter.installation import commands as run
from starter.maintenance import commands as maintenance
from starter.major import commands as major
from starter.notice import commands as notice
from starter.operation import commands as operation
from starter.overview import commands as status
from starter.problem import commands as problem
from starter.provisioning import commands as schedules
from starter.report import commands as report
from starter.restore import commands as restore
from starter.restore import drill_commands as drill
from starter.routine import commands as routine
from starter.runbook import commands as runbook
from starter.terminal.options import any_terminal, echo
from starter.watch import commands as watch

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
app.command("availability")(availability.availability)
app.command("history")(history.history)
app.command("handbook")(handbook.handbook)
app.command("plan")(schedules.plan)
app.command("apply")(schedules.apply)
app.add_typer(dossier.app, name="dossier")
app.add_typer(incident.app, name="incident")
app.add_typer(major.app, name="major")
app.add_typer(operation.app, name="operation")
app.add_typer(problem.app, name="problem")
app.add_typer(capacity.app, name="capacity")
app.add_typer(change.app, name="change")
app.add_typer(restore.app, name="restore")
app.add_typer(drill.app, name="drill")
app.add_typer(halt.app, name="halt")
app.add_typer(maintenance.app, name="maintenance")
app.add_typer(watch.app, name="watch")
app.add_typer(notice.app, name="notice")
app.add_typer(routine.app, name="routine")
app.add_typer(report.app, name="report")
app.add_typer(runbook.app, name="runbook")
app.add_typer(alarm.app, name="alarm")


def main() -> None:
    """Run the command. An error that a person can fix is one sentence and exit code 1, without a traceback."""
    from models.errors import DriftvaktError
    from starter.installation.private import keep_private

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
