"""`driftvakt incident`: list, open, lead and close incidents, and answer their questions."""

from __future__ import annotations

import typer

from starter.incident.commands import coordination, deciding, ending, opening, showing
from starter.incident.commands.reporting import report

app = typer.Typer(help="List, open, lead and close incidents, and answer their questions.", no_args_is_help=True)

app.command("list")(showing.list_)
app.command("show")(showing.show)
app.command("clock")(showing.clock)
app.command("report")(report)
app.command("open")(opening.open_)
app.command("ack")(coordination.acknowledge)
app.command("handover")(coordination.hand_over)
app.command("note")(coordination.note)
app.command("wait")(coordination.wait)
app.command("resume")(coordination.resume)
app.command("update")(coordination.update)
app.command("reclassify")(coordination.reclassify)
app.command("decide")(deciding.decide)
app.command("cause")(ending.cause)
app.command("close")(ending.close)
app.command("cancel")(ending.cancel)
app.command("reopen")(opening.reopen)
app.command("merge")(opening.merge)
app.command("split")(opening.split)
