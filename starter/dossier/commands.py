"""`driftvakt dossier`: check, show, describe and publish dossiers."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from starter.terminal.options import (
    WENT_WRONG,
    AsJson,
    By,
    echo,
    echo_json,
    echo_line,
    faults,
    in_session,
    path_given,
    print_or_write,
    stop,
    who_asks,
    who_orders,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from temporalio.client import Client

    from activities.handbook.source import DossierLines
    from activities.records import Records
    from models.dossier import Dossier
    from models.dossier.load import Loaded
    from models.proof import Freshness
    from models.settings import Settings
    from starter.dossier.consequences import Consequences
    from starter.dossier.publishing import Published
    from starter.handbook.keeping import WrittenHandbook
    from starter.terminal.session import CommandSession

app = typer.Typer(help="Check, show, describe and publish dossiers.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(parser=path_given, help="A dossier's file.", show_default=False)]
Paths = Annotated[
    list[Path],
    typer.Argument(parser=path_given, help="Dossiers, or directories with dossiers.", show_default=False),
]


class DossierPart(StrEnum):
    """Part of a dossier."""

    AGREEMENT = "agreement"
    PARTIES = "parties"
    ESCALATION = "escalation"
    ARCHITECTURE = "architecture"
    MONITORING = "monitoring"
    INSTRUCTIONS = "instructions"
    ROUTINES = "routines"
    REPORTS = "reports"
    CAPACITY = "capacity"


@app.command()
def check(paths: Paths, as_json: AsJson = False) -> None:
    """List every error, and every gap against the agreement, with its line and its fix; exit 1 if there is one.

    A note lists a field in an earlier form that is still accepted; it does not change the exit code.
    """
    from models.dossier.load import load_all

    loaded = load_all(paths)
    faults = [fault for one in loaded for fault in one.faults]
    if as_json:
        echo_json(_report(loaded))
    else:
        for fault in faults:
            echo_line(str(fault))
        echo(_verdict(loaded), err=bool(faults))
    if any(fault.severity.value != "note" for fault in faults):
        raise typer.Exit(1)


@app.command()
def show(
    path: File,
    as_json: AsJson = False,
    part: Annotated[DossierPart | None, typer.Option(help="Show this part only.", show_default=False)] = None,
) -> None:
    """Show a dossier to people: contacts, hosts, components, measuring points and instructions."""
    dossier = _read(path)
    if as_json:
        data = dossier.model_dump(mode="json")
        chosen = data if part is None else {key: data[key] for key in _keys(part)}
        echo_json(chosen)
        return
    from starter.dossier.page import show_page

    show_page(dossier, part.value if part else None)


@app.command()
def match(
    path: File,
    points: Annotated[list[str], typer.Argument(help="Measuring points that fail.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """List the instructions that an incident uses when these measuring points fail, in order, with the reason for each."""
    from starter.dossier.matching import instructions_for

    dossier = _read(path)
    with faults():
        found = instructions_for(dossier, points)
    if as_json:
        echo_json([one.model_dump(mode="json") for one in found])
        return
    for number, one in enumerate(found, 1):
        echo_line(f"{number}. {one.name} ({one.title}): {one.why}")
    if not found:
        echo("No instruction matches: an incident asks people at once.")


@app.command()
def schema(
    output: Annotated[
        Path | None,
        typer.Option(parser=path_given, help="Write it to this file instead of printing it.", show_default=False),
    ] = None,
) -> None:
    """Print the JSON schema of a dossier, which editors use to complete and check while you write."""
    from models.dossier.schema import schema_text

    print_or_write(schema_text(), output)


@app.command()
def digest(path: File, as_json: AsJson = False) -> None:
    """Print the digest of a dossier's content: the same for any order of keys, with or without comments."""
    dossier = _read(path)
    value = dossier.digest
    echo_json({"application": dossier.id, "digest": value}) if as_json else echo(value)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(parser=path_given, help="The earlier version, a file.", show_default=False)],
    new: Annotated[Path, typer.Argument(parser=path_given, help="The new version, a file.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Say what a new version changes: for which parties, and whether they agreed on it."""
    from activities.amendment.comparing import amendment
    from starter.dossier.amendment_page import show_amendment

    versions = _read(old), _read(new)
    with faults():
        found = amendment(*versions)
    if as_json:
        echo_json({**found.model_dump(mode="json"), "changes_agreement": found.changes_agreement})
    else:
        show_amendment(found)


@app.command()
def publish(
    paths: Paths,
    by: By = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List the effects on running work, and publish nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make these versions the current ones.

    Driftvakt stores them, starts the watches of their applications, monitors their sites, and writes their handbooks.
    """
    means, published, kept = in_session(lambda session: _publish(session, paths, by, dry_run=dry_run, quiet=as_json))
    for one in [] if as_json else published:
        echo(f"{one.application} {'published' if one.changed else 'unchanged'} ({one.digest[:12]})")
    gaps = print_gaps(paths, quiet=as_json)
    if as_json:
        handbooks = [one.model_dump(mode="json") for one in kept]
        echo_json({**publication(published, gaps, means), "handbooks": handbooks})


@app.command()
def freshness(
    application: Annotated[
        str | None,
        typer.Argument(help="CUSTOMER.APPLICATION.", show_default="all published ones"),
    ] = None,
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help="Rehearse the stale remedies. This changes nothing on any host.")
    ] = False,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Show when each instruction was last rehearsed, carried out and failed, and which are stale; exit 1 if one is stale."""
    from starter.dossier.freshness import freshness as read_freshness
    from starter.terminal.session import open_records

    with faults():
        from models.settings import load_settings

        settings = load_settings()
        with open_records(settings) as records:
            found = read_freshness(records, application)
    if rehearse:
        stale = [one for one in found if one.stale]
        in_session(lambda session: _rehearse(session, {one.application for one in found}, stale, by))
        with faults(), open_records(settings) as records:
            found = read_freshness(records, application)
    if as_json:
        echo_json([one.model_dump(mode="json") for one in found])
    else:
        from starter.dossier.freshness_page import show_freshness

        show_freshness(found)
    if any(one.stale for one in found):
        raise typer.Exit(WENT_WRONG)


async def _rehearse(session: CommandSession, applications: set[str], stale: list[Freshness], by: str | None) -> None:
    from starter.dossier.freshness import can_rehearse, rehearse

    who = {name: who_orders(session, by, name) for name in applications}
    for one in stale:
        if can_rehearse(one.instruction):
            done = await rehearse(session.client, one, who[one.application], _nobody_works)
            said = "rehearsed" if done.well else "could not be rehearsed"
            echo(f"{one.application} {one.instruction}: {said}: {done.said}", err=True)


def _nobody_works() -> None:
    echo("no worker runs; start one with `driftvakt worker`, and the work begins", err=True)


def publication(published: Sequence[Published], gaps: int, means: Sequence[Consequences]) -> dict[str, object]:
    """Return the JSON data about dossiers that were published."""
    return {
        "published": [one.model_dump(mode="json") for one in published],
        "gaps": gaps,
        "consequences": [one.model_dump(mode="json") for one in means],
    }


async def _publish(
    session: CommandSession, paths: list[Path], by: str | None, *, dry_run: bool, quiet: bool
) -> tuple[list[Consequences], list[Published], list[WrittenHandbook]]:
    import asyncio

    from activities.records.people import identify_publisher
    from starter.dossier.publishing import publish, read_all
    from starter.handbook.lines import lines_by_application

    dossiers = read_all(paths)
    who = who_asks(session.settings, by)
    named = [await asyncio.to_thread(identify_publisher, session.records, who, dossier) for dossier in dossiers]
    means = await print_consequences(session.client, session.records, dossiers, quiet=quiet)
    published: list[Published] = []
    for dossier, name in [] if dry_run else zip(dossiers, named, strict=True):
        published += await publish(session.client, session.records, [dossier], name)
    lines = lines_by_application(paths) if published else {}
    keep = partial(keep_and_say, session.settings, session.records, quiet=quiet)
    kept = [await asyncio.to_thread(keep, d, lines.get(d.id)) for d in dossiers if published]
    return means, published, kept


def keep_and_say(
    settings: Settings, records: Records, dossier: Dossier, lines: DossierLines | None, *, quiet: bool
) -> WrittenHandbook:
    """Write the handbooks of a published dossier, and say on stderr where they are, or why they are not."""
    from starter.handbook.keeping import keep_handbook

    kept = keep_handbook(settings, records, dossier, lines)
    if kept.error:
        echo(f"{kept.application}: the handbook was not written, but the dossier is published: {kept.error}", err=True)
    elif not quiet:
        echo(f"{kept.application}: the handbook is in {kept.directory}", err=True)
    return kept


async def print_consequences(
    client: Client, records: Records, dossiers: Sequence[Dossier], *, quiet: bool
) -> list[Consequences]:
    """Print on stderr how publishing these versions affects running workflows, before they are published."""
    from starter.dossier.consequences import consequences

    means = [await consequences(client, records, dossier) for dossier in dossiers]
    for one in [] if quiet else means:
        _warn(one)
    return means


def print_gaps(paths: Sequence[Path], *, quiet: bool) -> int:
    """Print the gaps of these dossiers against the agreement on stderr, and return their number."""
    from models.base import counted
    from models.dossier.load import load_all

    gaps = _count(load_all(paths), "gap")
    if gaps and not quiet:
        named = " ".join(str(path) for path in paths)
        echo(f"{counted(gaps, 'gap')} against the agreement: `driftvakt dossier check {named}` lists them", err=True)
    return gaps


def _warn(means: Consequences) -> None:
    for head, lines in (
        ("Incidents that continue with an earlier version", means.incidents),
        ("Instructions that lose their proof (`driftvakt dossier freshness --rehearse` proves remedies)", means.proofs),
        (f"Schedules that do not match until you run `driftvakt apply {means.application}`", means.schedules),
    ):
        if lines:
            echo(f"{means.application}: {head}:", err=True)
        for line in lines:
            echo(f"  {line}", err=True)


def _read(path: Path) -> Dossier:
    from models.dossier.load import read_dossier
    from models.errors import DossierError

    try:
        return read_dossier(path)
    except DossierError as error:
        stop(str(error))


def _keys(part: DossierPart) -> list[str]:
    return ["parties", "contacts"] if part is DossierPart.PARTIES else [part.value]


def _report(loaded: list[Loaded]) -> dict[str, object]:
    return {
        "dossiers": [one.dossier.id for one in loaded if one.dossier],
        "errors": _count(loaded, "error"),
        "gaps": _count(loaded, "gap"),
        "notes": _count(loaded, "note"),
        "faults": [fault.as_json() for one in loaded for fault in one.faults],
    }


def _count(loaded: list[Loaded], severity: str) -> int:
    return sum(fault.severity.value == severity for one in loaded for fault in one.faults)


def _verdict(loaded: list[Loaded]) -> str:
    from models.base import counted

    errors, gaps, notes = (_count(loaded, weight) for weight in ("error", "gap", "note"))
    files = counted(len(loaded), "file")
    noted = f", {counted(notes, 'note')}" if notes else ""
    if errors or gaps:
        return f"{files}: {counted(errors, 'error')}, {counted(gaps, 'gap')} against the agreement{noted}"
    names = ", ".join(one.dossier.id for one in loaded if one.dossier)
    return f"{files}: no errors and no gaps{noted} ({names})"
