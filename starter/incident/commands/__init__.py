"""`driftvakt incident`: see incidents, open them, lead them, and tell them what people decide."""

from __future__ import annotations

import typer

from starter.incident.commands import deciding, ending, leading, opening, seeing
from starter.incident.commands.reporting import report

app = typer.Typer(help="See incidents, open them, lead them, and decide.", no_args_is_help=True)

app.command("list")(seeing.list_)
app.command("show")(seeing.show)
app.command("clock")(seeing.clock)
app.command("report")(report)
app.command("open")(opening.open_)
app.command("ack")(leading.acknowledge)
app.command("handover")(leading.hand_over)
app.command("note")(leading.note)
app.command("wait")(leading.wait)
app.command("resume")(leading.resume)
app.command("update")(leading.update)
app.command("reclassify")(leading.reclassify)
app.command("decide")(deciding.decide)
app.command("cause")(ending.cause)
app.command("close")(ending.close)
app.command("cancel")(ending.cancel)
app.command("reopen")(opening.reopen)
app.command("merge")(opening.merge)
app.command("split")(opening.split)
