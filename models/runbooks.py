"""Runbooks: what every one is started with and returns, and the steps it reports."""

from __future__ import annotations

from collections.abc import Sequence

from models.base import ApplicationId, By, Model
from models.fences import HeldLease
from models.jobs import Outcome
from models.sizes import cut, encoded_size, last_that_fit


class RunbookInput(Model):
    """What every runbook takes; its own inputs are fields of a subclass."""

    application: ApplicationId
    """Customer and application: `acme.shop`."""
    dossier: str = ""
    """Digest of the version to act by; the one that holds now unless given."""
    requested_by: By
    """Who wants it: your e-mail address, or the id of the incident."""
    reason: str = ""
    """Why it is wanted; people read it in the UI."""
    rehearse: bool = False
    """Say what would be done on which host, and change nothing."""
    lease: HeldLease | None = None
    """Of the operation that calls it; leave it out: then the runbook asks for its own."""


class StepReport(Model):
    """One step that was carried out, or rehearsed."""

    title: str
    """What a person would say it did."""
    host: str | None = None
    command: str = ""
    outcome: Outcome
    changed: bool
    command_failed: bool = False
    """A command was run for it, and failed: not so where no command was begun, or where it only waited in vain."""
    detail: str
    """What came of it, in one sentence."""


class RunbookReport(Model):
    """What a runbook did."""

    runbook: str
    rehearsed: bool
    outcome: Outcome
    steps: list[StepReport]
    summary: str


def steps_that_fit(steps: Sequence[StepReport], limit: int) -> list[StepReport]:
    """Return the steps, with what came of them cut until they fit into `limit` bytes; the records have all of it.

    Where even that is too much, the latest steps are returned, and the first of them says how many came before.
    """
    found = list(steps)
    for size in (4_000, 1_000, 200):
        if encoded_size(found) <= limit:
            return found
        found = [s.model_copy(update={"detail": cut(s.detail, size), "command": cut(s.command, size)}) for s in steps]
    latest = last_that_fit(found, limit - 500)
    if missing := len(found) - len(latest):
        first = latest[0]
        latest[0] = first.model_copy(
            update={"detail": f"({missing} earlier steps stand in the records) {first.detail}"}
        )
    return latest
