"""`driftvakt runbook`: list, show, rehearse, run and write runbooks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.operation.following import NoWait, Rehearse, nobody_works
from starter.terminal.options import (
    WENT_WRONG,
    AsJson,
    By,
    Limit,
    OnlyOf,
    echo,
    echo_json,
    faults,
    in_session,
    print_list,
    stop,
    who_asks,
)

if TYPE_CHECKING:
    from models.gates import GateState
    from models.runbooks import RunbookInput, RunbookReport
    from models.settings import Settings
    from runbooks import RunbookClass
    from starter.runbook.runs import RunbookRun
    from starter.terminal.listed import Listed
    from starter.terminal.session import CommandSession

app = typer.Typer(help="List, show, rehearse, run and write runbooks.", no_args_is_help=True)

NOT_STARTED = 2
"""The exit code when nothing was started or written; 1 means that a started run failed."""

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
Reason = Annotated[str, typer.Option(help="Reason; the Temporal UI shows it.", show_default=False)]
InputJson = Annotated[str | None, typer.Option(help="Inputs as one JSON object.", show_default=False)]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the runbooks."""
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
    """Show what a runbook does, its inputs, and how to start it in the Temporal UI."""
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
    name: Annotated[str | None, typer.Argument(help="Name of the runbook.", show_default="all of them")] = None,
    application: OnlyOf = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """List past runs, the latest first, each with its result, requester and time; as long as Temporal keeps them."""

    async def find(session: CommandSession) -> Listed[RunbookRun]:
        from starter.runbook.runs import list_runs
        from starter.terminal.applications import require_application

        require_application(session.settings, session.records, application)
        return await list_runs(session, name, application, limit)

    def show(lines: Sequence[RunbookRun]) -> None:
        from starter.runbook.page import show_runs

        show_runs(lines)

    print_list(in_session(find), as_json, f"{name or 'no runbook'} has not been run", show)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Its name, as in rotate-logs.", show_default=False)],
    directory: Annotated[
        Path | None,
        typer.Option(help="Checkout to write into.", show_default="the checkout from which this command runs"),
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
    echo(f"next: pytest {files[1]}; docs/runbooks.md says what to change, and gets the description of {name}")


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
    """Run a runbook and print its steps; exit 0 only if every step succeeded."""
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
    """Print every command for every host with the result of its check, and change nothing."""
    given = list(inputs or [])
    if remedy is not None and name is None:
        instruction, slash, key = remedy.partition("/")
        if not (instruction and slash and key):
            stop(f"--remedy {remedy}: write it as INSTRUCTION/REMEDY, as the two are named in the dossier", NOT_STARTED)
        name, given = "carry-out-remedy", [*given, f"instruction={instruction}", f"remedy={key}"]
    elif name is None or remedy is not None:
        stop("name either a runbook, or a remedy with --remedy INSTRUCTION/REMEDY", NOT_STARTED)
    common = {"application": application, "requested_by": by, "reason": "", "rehearse": True}
    _start(name, common, given, input_json, wait=True, as_json=as_json)


def _start(name: str, common: dict[str, Any], pairs: list[str], text: str | None, *, wait: bool, as_json: bool) -> None:
    with faults(NOT_STARTED):
        import asyncio

        from activities.records.people import identify
        from models.settings import load_settings
        from runbooks import find_runbook
        from starter.runbook.catalogue import inputs_of
        from starter.runbook.checking import require_inputs
        from starter.terminal.applications import require_application
        from starter.terminal.session import open_records

        runbook = find_runbook(name)
        settings = load_settings()
        who = who_asks(settings, common["requested_by"])
        inputs = inputs_of(runbook)
        order = inputs.build({**inputs.read(pairs, text), **common, "requested_by": who})
        with open_records(settings) as records:
            require_application(settings, records, order.application)
            require_inputs(records, order)
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
    from starter.connection.links import workflow_url
    from starter.connection.temporal import connected
    from starter.runbook.running import follow_runbook, start

    async with connected(settings) as client:
        handle = await start(client, runbook, order)
        url = workflow_url(handle.id, settings)
        if not wait:
            echo_json({"workflow": handle.id, "url": url}) if as_json else echo(f"started {handle.id}: {url}")
            return None
        echo(f"started {handle.id}: {url}", err=True)
        try:
            return await follow_runbook(client, handle, lambda gate: _show_question(gate, url), nobody_works)
        except UserError as error:
            stop(str(error), WENT_WRONG)


def _show_question(gate: GateState, url: str) -> None:
    who = gate.who(datetime.now(UTC))
    echo(f"waits for {who} to decide: {gate.question.text}", err=True)
    echo(f"    to answer, open: {url}", err=True)
