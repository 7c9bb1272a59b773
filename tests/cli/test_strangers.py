"""Every command that takes `--by` refuses whom the dossier does not know, in one sentence, and nothing comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import click
import pytest
import typer

from activities.records.halts import Halts
from models.dossier import Dossier
from models.dossier.instructions import Approval
from models.dossier.load import read_dossier
from models.halts import BeginHalt
from models.people import people_in
from starter.cli import app
from tests.cli.conftest import Site, beside
from tests.dossier.written import EXAMPLES
from tests.workflows.waiting import until_asked
from tests.workflows.world import alarm, incident, report, status

EVE = "eve@example.com"
SHOP = str(EXAMPLES / "acme" / "shop.yaml")
ROUTINE = ("-a", "acme.shop", "--routine", "release")

GIVEN = {
    "alarm clear": ("acme.shop", "--fingerprint", "embedded/web"),
    "alarm raise": ("acme.shop",),
    "apply": (),
    "change rehearse": ROUTINE,
    "change submit": ROUTINE,
    "dossier freshness": ("--rehearse",),
    "dossier publish": (SHOP,),
    "drill run": ("acme.shop", "database"),
    "halt": ("--reason", "Fire drill", "--customer", "acme"),
    "halt lift": (),
    "incident merge": ("acme.shop.1", "--into", "acme.shop.2", "--reason", "Same", "--yes"),
    "incident open": ("acme.shop", "--title", "Web is slow", "--component", "web"),
    "incident reopen": ("acme.shop.1", "--reason", "It is back"),
    "incident split": ("acme.shop.1", "--alarm", "embedded/web", "--reason", "Own cause"),
    "maintenance run": ("acme.shop", "patches"),
    "major open": ("acme.shop.1", "--title", "Hall is dark"),
    "operation shut-down": ("acme.shop", "--yes"),
    "operation start": ("start-up", "acme.shop", "--yes"),
    "operation start-up": ("acme.shop",),
    "operation revoke": ("acme.shop", "change.acme.shop.1", "--yes"),
    "report run": ("monthly", "-a", "acme.shop"),
    "restore points": ("acme.shop", "database"),
    "restore rehearse": ("acme.shop", "database"),
    "restore run": ("acme.shop", "database"),
    "routine order": ("campaign", "-a", "acme.shop"),
    "runbook rehearse": ("wait-for-health", "-a", "acme.shop", "-i", "component=web"),
    "runbook run": ("wait-for-health", "-a", "acme.shop", "-i", "component=web"),
    "watch lift": ("acme.shop", "s1"),
    "watch silence": ("acme.shop", "--for", "1h", "--reason", "Work"),
    "incident ack": ("acme.shop.1",),
    "incident cause": (
        "acme.shop.1",
        "network",
    ),
    "incident cancel": ("acme.shop.1", "--reason", "Gone", "--yes"),
    "incident close": ("acme.shop.1", "--cause", "network", "--reason", "Gone", "--yes"),
    "incident decide": ("acme.shop.1", "approve", "--yes"),
    "incident handover": ("acme.shop.1", "--to", "boss@supplier.example", "--note", "Yours"),
    "incident note": (
        "acme.shop.1",
        "It smells",
    ),
    "incident reclassify": ("acme.shop.1", "--priority", "P5", "--reason", "Nobody minds"),
    "incident resume": ("acme.shop.1",),
    "incident update": ("acme.shop.1", "--text", "All is well", "--yes"),
    "incident wait": ("acme.shop.1", "--for", "payer", "--note", "An answer"),
}
WITH_THEIR_WORKFLOWS = {
    *("change abort", "change approve", "change reject"),
    *("major add", "major close", "major handover", "major note", "major remove", "major update"),
    *("operation abort", "operation decide"),
    *("report approve", "report comment", "report correct", "report resend"),
}
"""Told to a workflow that runs; the tests of that workflow see that it refuses a stranger."""


def with_by(command: click.Command, name: tuple[str, ...] = ()) -> Iterator[str]:
    """The commands that take `--by`."""
    if any("--by" in option.opts for option in command.params):
        yield " ".join(name)
    for sub, found in getattr(command, "commands", {}).items():
        yield from with_by(found, (*name, sub))


def refused(said: str) -> bool:
    """Whether it says in a sentence that Eve is a stranger."""
    return f"{EVE} is not a contact of " in said or f"{EVE} may not order" in said


@pytest.fixture
def dossier() -> Dossier:
    """The example, which has a thing of every kind."""
    return read_dossier(Path(SHOP))


def test_no_command_that_takes_a_name_is_forgotten_here() -> None:
    tested = {*GIVEN, *WITH_THEIR_WORKFLOWS}

    assert {*with_by(typer.main.get_command(app))} == tested


async def test_a_stranger_starts_nothing_and_gets_one_sentence(site: Site, dossier: Dossier) -> None:
    site.world.approval = Approval(roles=["approver"], within=timedelta(days=7))
    site.world.plan = {"contacts": people_in(dossier.contacts)}
    halt = BeginHalt(key="h1", workflow="halt.all", customer="", by="jonas", reason="Fire drill")
    Halts(site.records).begin(halt)
    async with site.working() as client:
        await report(client, alarm("web"))
        await until_asked(incident(client))
        before = (await status(incident(client))).timeline
        said = {name: await beside(*name.split(), *given, "--by", EVE) for name, given in GIVEN.items()}
        after = (await status(incident(client))).timeline
        started = [one.id async for one in client.list_workflows("WorkflowType NOT IN ('watch', 'incident')")]

    taken = {name: result.output for name, result in said.items() if not (result.exit_code and refused(result.stderr))}
    assert taken == {}
    assert after == before
    assert started == []
    assert site.records.operations() == []
