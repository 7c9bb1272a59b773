"""`driftvakt status`: the current work on one screen."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from starter.terminal.options import AsJson, echo_json, faults, stop, whole_number

if TYPE_CHECKING:
    from datetime import timedelta

    from starter.overview.views import Overview


def status(
    customer: Annotated[
        str | None, typer.Argument(help="Of this customer only, as in acme.", show_default="all of them")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Refresh the screen until Ctrl-C.")] = False,
    every: Annotated[
        int,
        typer.Option(parser=whole_number(1, 3600), metavar="SECONDS", help="Seconds between two refreshes of --watch."),
    ] = 5,
    since: Annotated[str, typer.Option(help="Span of the summary of ended work, such as 2d.")] = "12h",
    as_json: AsJson = False,
) -> None:
    """Show open questions, incidents with their time left, operations, halts and recently ended work on one screen."""
    if watch and as_json:
        stop("--watch shows a screen and --json prints once; give one of them", 2)
    if watch and not sys.stdout.isatty():
        stop("--watch needs a terminal; leave it out, or use --json", 2)
    with faults():
        from models.base import parse_duration
        from models.errors import UserError

        try:
            span = parse_duration(since)
        except ValueError as error:
            raise UserError(f"--since: {error}") from None
        if watch:
            _go_on(customer, span, every)
        seen = _seen(customer, span)
    if as_json:
        echo_json(seen)
        return
    from starter.overview.page import show_overview

    show_overview(seen)


def _seen(customer: str | None, span: timedelta) -> Overview:
    import asyncio

    from models.settings import load_settings
    from starter.overview.reading import overview
    from starter.terminal.session import open_records

    settings = load_settings()
    with open_records(settings) as records:
        return asyncio.run(overview(settings, records, customer, span))


def _go_on(customer: str | None, span: timedelta, every: int) -> None:
    """Show the overview every `every` seconds until Ctrl-C."""
    import time

    from starter.overview.page import show_overview
    from starter.terminal.screen import terminal

    console = terminal()
    while True:
        seen = _seen(customer, span)
        console.clear()
        show_overview(seen, console=console)
        console.print(f"\n[dim]as of {seen.at:%H:%M:%S} UTC, refreshed every {every} s; Ctrl-C ends this[/]")
        time.sleep(every)
