"""Functions for the proofs of instructions: list them, and rehearse stale instructions."""

from __future__ import annotations

from collections.abc import Callable

from temporalio.client import Client

from activities.records import Records
from models.base import Model
from models.errors import UserError
from models.jobs import Outcome
from models.proof import Freshness
from runbooks import find_runbook
from starter.runbook.running import follow_runbook, start
from starter.terminal.applications import not_published

_REMEDY = "carry-out-remedy"


class Rehearsal(Model):
    """The result of a rehearsal."""

    application: str
    instruction: str
    workflow: str
    well: bool
    said: str


def freshness(records: Records, application: str | None) -> list[Freshness]:
    """Return the proofs of every instruction, of one application or of all. Raise `NotFoundError` with the known names."""
    known = records.applications()
    if application is not None and application not in known:
        raise not_published(application, known)
    found: list[Freshness] = []
    for name in [application] if application is not None else known:
        dossier = records.current_dossier(name)
        if dossier is not None:
            found += records.freshness(dossier).values()
    return found


def can_rehearse(instruction: str) -> bool:
    """Return whether `rehearse` can rehearse this kind of instruction."""
    return instruction.startswith("remedy/")


async def rehearse(client: Client, stale: Freshness, by: str, nobody_works: Callable[[], None]) -> Rehearsal:
    """Rehearse an instruction: every check is run on every host, and nothing is changed."""
    runbook = find_runbook(_REMEDY)
    _, instruction, remedy = stale.instruction.split("/")
    order = runbook.input_type.model_validate(
        {
            "application": stale.application,
            "requested_by": by,
            "reason": f"Prove {stale.instruction}: {stale.stale}",
            "rehearse": True,
            "instruction": instruction,
            "remedy": remedy,
        }
    )
    handle = await start(client, runbook, order)
    try:
        report = await follow_runbook(client, handle, lambda gate: None, nobody_works)
    except UserError as error:
        return _rehearsal(stale, handle.id, well=False, said=str(error))
    return _rehearsal(stale, handle.id, well=report.outcome is Outcome.OK, said=report.summary)


def _rehearsal(stale: Freshness, workflow: str, *, well: bool, said: str) -> Rehearsal:
    return Rehearsal(
        application=stale.application, instruction=stale.instruction, workflow=workflow, well=well, said=said
    )
