"""The command `driftvakt demo`."""

from __future__ import annotations

from typing import Annotated

import typer


def demo(
    script: Annotated[
        bool,
        typer.Option(
            "--script",
            help="Answer all questions automatically, then end; exit 1 unless both faults ended in proven recovery.",
        ),
    ] = False,
    keep_home: Annotated[
        bool, typer.Option("--keep-home", help="Keep the demo's directory (logs, records, dossier) when it ends.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON for programs: one object in each line for every event.")
    ] = False,
) -> None:
    """Show how an example customer's application fails and recovers, twice, on a separate installation, until Ctrl-C.

    The demo runs in demo/ of the home directory, on free ports of loopback; it needs neither root nor Docker.
    """
    import asyncio

    from models.errors import SettingsError

    try:
        from starter.demo.demo import run
    except ModuleNotFoundError as error:
        if error.name != "asyncssh":
            raise
        raise SettingsError("the demo's hosts need asyncssh; install driftvakt[demo], or run `make demo`") from None
    raise typer.Exit(asyncio.run(run(script, keep_home, as_json)))
