"""`driftvakt runbook`: list, show, rehearse, run and write runbooks."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.terminal.options import (
    WENT_WRONG,
    AsJson,
    By,
    Limit,
    at_desk,
    echo,
    echo_json,
    faults,
    say_cut,
    stop,
    who_asks,
)

if TYPE_CHECKING:
    from models.gates import GateState
    from models.runbooks import RunbookInput, RunbookReport
    from models.settings import Settings
    from runbooks import RunbookClass
    from starter.desk import Desk
    from starter.runbook.runs import RunbookRun
    from starter.terminal.listed import Listed

app = typer.Typer(help="List, show, rehearse, run and write runbooks.", no_args_is_help=True)

NOT_STARTED = 2
"""Exit code when nothing was started or written; 1 says that what was started did not end well."""

Name = Annotated[str, typer.Argument(help="Name of the runbook, as `list` shows it.", show_default=False)]
Application = Annotated[
    str, typer.Option("--application", "-a", help="Customer and application, as in acme.shop.", show_default=False)
]
Inputs = Annotated[
    list[str] | None,
    typer.Option(
        "--input", "-i", help="An input as KEY=VALUE; repeat it for several, or for a list.", show_default=False
    ),
]
InputJson = Annotated[str | None, typer.Option(help="Inputs as one JSON object.", show_default=False)]
Reason = Annotated[str, typer.Option(help="Why; it shows in the Temporal UI.", show_default=False)]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Start it and return at once.")]
Rehearse = Annotated[bool, typer.Option("--rehearse", help="Say what would be done, and change nothing.")]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the runbooks that there are."""
    with faults(NOT_STARTED):
        from models.settings import load_settings
        from runbooks import find_runbooks
        from starter.runbook.catalogue import describe

        settings = load_settings()
        entries = [describe(runbook, settings) for runbook in find_runbooks().values()]
    if as_json:
        echo_json([entry.model_dump(mode="json") for entry in entries])
        return
    from starter.runbook.page import show_list

    show_list(entries)


@app.command()
def show(name: Name, as_json: AsJson = False) -> None:
    """Show what a runbook does, what it takes, and how to start it in the Temporal UI."""
    with faults(NOT_STARTED):
        from models.settings import load_settings
        from runbooks import find_runbook
        from starter.runbook.catalogue import describe

        entry = describe(find_runbook(name), load_settings())
    if as_json:
        echo_json(entry)
        return
    from starter.runbook.page import show_entry

    show_entry(entry)


@app.command()
def runs(
    name: Annotated[
        str | None, typer.Argument(help="Name of the runbook; all of them unless given.", show_default=False)
    ] = None,
    application: Annotated[
        str | None, typer.Option("--application", "-a", help="Of this application only.", show_default=False)
    ] = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """List past runs, the latest first: how each ended, who asked for it, when; as long as Temporal keeps them."""

    async def look(desk: Desk) -> Listed[RunbookRun]:
        from starter.applications import require_application
        from starter.runbook.runs import list_runs

        if application is not None:
            require_application(desk.settings, desk.records, application)
        return await list_runs(desk, name, application, limit)

    found = at_desk(look)
    if as_json:
        echo_json([run.model_dump(mode="json") for run in found.lines])
    elif not found.lines:
        echo(f"{name or 'no runbook'} has not been run")
    else:
        from starter.runbook.page import show_runs

        show_runs(found.lines)
    say_cut(found)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Its name, as in rotate-logs.", show_default=False)],
    directory: Annotated[
        Path | None,
        typer.Option(help="Checkout to write into; the one this command runs from unless given.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a runbook that runs, with its test: runbooks/NAME.py and tests/runbooks/test_NAME.py."""
    with faults(NOT_STARTED):
        from starter.runbook.skeleton import write_skeleton

        files = write_skeleton(name, directory)
    if as_json:
        echo_json({"name": name, "files": [str(file) for file in files]})
        return
    for file in files:
        echo(f"written: {file}")
    echo(f"next: run pytest on the second, and read what to change: docs/runbooks.md; then describe {name} there")


@app.command()
def run(
    name: Name,
    application: Application,
    inputs: Inputs = None,
    input_json: InputJson = None,
    by: By = None,
    reason: Reason = "",
    rehearse: Rehearse = False,
    no_wait: NoWait = False,
    as_json: AsJson = False,
) -> None:
    """Run a runbook and print what it did; exit 0 only if all of it went well."""
    common = {"application": application, "requested_by": by, "reason": reason, "rehearse": rehearse}
    _start(name, common, inputs or [], input_json, wait=not no_wait, as_json=as_json)


@app.command("rehearse")
def rehearse_(
    application: Application,
    name: Annotated[str | None, typer.Argument(help="Name of the runbook.", show_default=False)] = None,
    remedy: Annotated[
        str | None,
        typer.Option(help="Rehearse a remedy of the dossier instead: INSTRUCTION/REMEDY.", show_default=False),
    ] = None,
    inputs: Inputs = None,
    input_json: InputJson = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Print every command for every host with its check's result, and change nothing."""
    given = list(inputs or [])
    if remedy is not None and name is None:
        instruction, slash, key = remedy.partition("/")
        if not (instruction and slash and key):
            stop(f"--remedy {remedy}: write it as INSTRUCTION/REMEDY, as the two are named in the dossier", NOT_STARTED)
        name, given = "carry-out-remedy", [*given, f"instruction={instruction}", f"remedy={key}"]
    elif name is None or remedy is not None:
        stop("name a runbook, or a remedy with --remedy INSTRUCTION/REMEDY: one of them, not both", NOT_STARTED)
    common = {"application": application, "requested_by": by, "reason": "", "rehearse": True}
    _start(name, common, given, input_json, wait=True, as_json=as_json)


def _start(name: str, common: dict[str, Any], pairs: list[str], text: str | None, *, wait: bool, as_json: bool) -> None:
    with faults(NOT_STARTED):
        import asyncio

        from activities.records.people import identify
        from models.settings import load_settings
        from runbooks import find_runbook
        from starter.applications import require_application
        from starter.desk import reading_records
        from starter.runbook.catalogue import build_input, read_inputs

        runbook = find_runbook(name)
        settings = load_settings()
        who = who_asks(settings, common["requested_by"])
        order = build_input(runbook, {**read_inputs(runbook, pairs, text), **common, "requested_by": who})
        with reading_records(settings) as records:
            require_application(settings, records, order.application)
            who = identify(records, who, [order.application])
        order = order.model_copy(update={"requested_by": who})
        report = asyncio.run(_carry_out(settings, runbook, order, wait, as_json))
    if report is None:
        return
    if as_json:
        echo_json(report)
    else:
        from starter.runbook.page import show_report

        show_report(report)
    if report.outcome.value != "ok":
        raise typer.Exit(1)


async def _carry_out(
    settings: Settings, runbook: RunbookClass, order: RunbookInput, wait: bool, as_json: bool
) -> RunbookReport | None:
    from models.errors import UserError
    from starter.installation.temporal import connected
    from starter.runbook.catalogue import workflow_url
    from starter.runbook.running import RunbookFollower, follow, start

    async with connected(settings) as client:
        handle = await start(client, runbook, order)
        url = workflow_url(handle.id, settings)
        if not wait:
            echo_json({"workflow": handle.id, "url": url}) if as_json else echo(f"started {handle.id}: {url}")
            return None
        echo(f"started {handle.id}: {url}", err=True)
        try:
            return await follow(client, handle, RunbookFollower(lambda gate: _tell(gate, url), _tell_nobody_works))
        except UserError as error:
            stop(str(error), WENT_WRONG)


def _tell(gate: GateState, url: str) -> None:
    who = gate.who(datetime.now(UTC))
    echo(f"waits for {who} to decide: {gate.question.text} Answer it at {url}", err=True)


def _tell_nobody_works() -> None:
    echo("no worker takes workflows just now; it begins once one is started (driftvakt worker)", err=True)
