"""`driftvakt up`, `worker` and `intake`: run an installation, or one part of it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.terminal.options import WENT_WRONG, echo, echo_json, path_given

if TYPE_CHECKING:
    from models.settings import Settings
    from starter.installation.up import Installation

LogJson = Annotated[bool, typer.Option("--json", help="Log JSON for programs on stderr, one object on each line.")]


def up(
    dossiers: Annotated[
        list[Path] | None,
        typer.Argument(
            parser=path_given,
            help="Dossiers to publish, files or directories.",
            show_default="dossiers/ of the home",
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print one JSON object when everything runs, and log JSON on stderr, one object on each line.",
        ),
    ] = False,
) -> None:
    """Run everything on this machine: Temporal, worker, intake and monitor; publish the dossiers; until Ctrl-C."""
    _run(lambda settings: _up(settings, dossiers or [], as_json), as_json)


async def _up(settings: Settings, dossiers: list[Path], as_json: bool) -> None:
    from models.errors import UserError
    from starter.installation.supervisor import unless_signalled

    if lost := [str(path) for path in dossiers if not path.exists()]:
        raise UserError(f"{', '.join(lost)} does not exist; name a dossier, or a directory with dossiers")
    await unless_signalled(_keep_up(settings, dossiers or [settings.dossier_directory], as_json))


async def _keep_up(settings: Settings, paths: list[Path], as_json: bool) -> None:
    import asyncio

    from starter.installation.up import installation

    if not as_json:
        echo("Starting Temporal, worker and alarm intake ...")
    async with installation(settings) as running:
        if not as_json:
            _print_addresses(settings)
        published = await _publish(running, paths, as_json=as_json)
        await running.until_sites_are_served()
        if as_json:
            _print_for_programs(settings, published)
        else:
            echo("Running; Ctrl-C stops it.")
        handbooks = asyncio.create_task(_keep_handbooks(running, paths))
        try:
            await asyncio.Event().wait()
        finally:
            handbooks.cancel()
            if not as_json:
                echo("Stopping; running workflows continue after the next start.")


async def _publish(running: Installation, paths: list[Path], *, as_json: bool) -> dict[str, object]:
    """Publish dossiers, and print the same lines as `driftvakt dossier publish`."""
    from starter.dossier.commands import print_consequences, print_gaps, publication
    from starter.dossier.publishing import read_all

    if not any(path.exists() for path in paths):
        if not as_json:
            echo(f"No dossier yet: put one into {paths[0]} and run `driftvakt dossier publish {paths[0]}`")
        return publication([], 0, [])
    dossiers = read_all(paths)
    means = await print_consequences(running.client, running.records, dossiers, quiet=as_json)
    published = await running.publish(dossiers)
    for one in [] if as_json else published:
        state = "published" if one.changed else "unchanged"
        echo(f"Dossier       {one.application} {state} ({one.digest[:12]})")
    return publication(published, print_gaps(paths, quiet=as_json), means)


async def _keep_handbooks(running: Installation, paths: list[Path]) -> None:
    """Write the handbooks of published versions that have none yet. Nothing waits for it: a start must be fast."""
    import asyncio

    from starter.dossier.commands import keep_and_say
    from starter.dossier.publishing import read_all
    from starter.handbook.keeping import is_kept
    from starter.handbook.lines import lines_by_application

    existing = [path for path in paths if path.exists()]
    lines = await asyncio.to_thread(lines_by_application, existing)
    for dossier in await asyncio.to_thread(read_all, existing):
        if not await asyncio.to_thread(is_kept, running.settings, dossier):
            given = running.settings, running.records, dossier, lines.get(dossier.id)
            await asyncio.to_thread(keep_and_say, *given, quiet=True)


def _print_addresses(settings: Settings) -> None:
    echo(f"Temporal UI   {_workflows(settings)}")
    echo(f"Alarm intake  {_alarms(settings)}")
    echo(f"Home          {settings.home}")


def _print_for_programs(settings: Settings, published: dict[str, object]) -> None:
    """Print JSON on one line: a program can read up to the end of the line although the output continues."""
    data = {
        "temporal": settings.temporal_target,
        "temporal_ui": _workflows(settings),
        "alarm_intake": _alarms(settings),
        "home": str(settings.home),
        **published,
    }
    echo_json(data, indent=None)


def _workflows(settings: Settings) -> str:
    return f"{settings.ui_url}/namespaces/{settings.temporal_namespace}/workflows"


def _alarms(settings: Settings) -> str:
    scheme = "https" if settings.intake_tls_certificate else "http"
    return f"{scheme}://{settings.intake_host}:{settings.intake_port}/alarms"


def worker(as_json: LogJson = False) -> None:
    """Run a worker: workflows and records, and the sites of the settings (default: every published site)."""
    _run(_worker, as_json)


async def _worker(settings: Settings) -> None:
    from runbooks import find_runbooks
    from starter.installation.settings_in_use import in_use
    from starter.installation.supervisor import make_home, unless_signalled

    # A fault that only a person can fix stops the worker at once. The worker waits for the end of other faults.
    find_runbooks()
    make_home(settings.home)
    with in_use(settings, "worker"):
        await unless_signalled(_serve(settings))


async def _serve(settings: Settings) -> None:
    from starter.connection.temporal import connected
    from worker import run_worker

    async with connected(settings, patiently=True) as client:
        await run_worker(settings, client)


def intake(as_json: LogJson = False) -> None:
    """Run the alarm intake."""
    _run(_intake, as_json)


async def _intake(settings: Settings) -> None:
    from starter.installation.settings_in_use import in_use
    from starter.installation.supervisor import make_home, unless_signalled
    from starter.intake.server import serve

    make_home(settings.home)
    with in_use(settings, "intake"):
        await unless_signalled(serve(settings))


def _run(part: Callable[[Settings], Coroutine[Any, Any, None]], as_json: bool) -> None:
    import asyncio
    import logging

    from models.errors import DriftvaktError
    from models.settings import load_settings
    from starter.installation.log_lines import log_to_stderr

    log_to_stderr(as_json)
    try:
        asyncio.run(part(load_settings()))
    except DriftvaktError as error:
        if not as_json:
            raise
        logging.getLogger("driftvakt").error("%s", error)
        raise typer.Exit(WENT_WRONG) from None
