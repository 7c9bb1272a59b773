"""Runbooks: the input of each, its report, and the reports of its steps."""

from __future__ import annotations

from collections.abc import Sequence

from models.base import ApplicationId, By, Model
from models.fences import HeldLease
from models.jobs import Outcome
from models.sizes import cut, encoded_size, last_that_fit


class RunbookInput(Model):
    """The fields of every runbook; a subclass adds its own inputs."""

    application: ApplicationId
    """Customer and application: `acme.shop`."""
    dossier: str = ""
    """The digest of the dossier version to use; the current one by default."""
    requested_by: By
    """The requester: your e-mail address, or the id of the incident."""
    reason: str = ""
    """The reason; people read it in the UI."""
    rehearse: bool = False
    """Only show the commands and hosts, and change nothing."""
    lease: HeldLease | None = None
    """The lease of the calling operation. Leave it out to let the runbook request its own lease."""


class StepReport(Model):
    """The report of one step that was carried out or rehearsed."""

    title: str
    """The step in words for people."""
    host: str | None = None
    command: str = ""
    outcome: Outcome
    changed: bool
    command_failed: bool = False
    """Whether a command of the step ran and failed. False if no command began, or if the step only waited without
    success."""
    precheck: bool = False
    """Whether the report is about the check before a step, which finds out whether the step is needed."""
    detail: str
    """The result in one sentence."""


class RunbookReport(Model):
    """The result of a runbook."""

    runbook: str
    rehearsed: bool
    outcome: Outcome
    steps: list[StepReport]
    summary: str


def steps_that_fit(steps: Sequence[StepReport], limit: int) -> list[StepReport]:
    """Return the steps, with their results cut so that they fit into `limit` bytes; the records have the whole results.

    If that is still too large, the latest steps are returned, and the first of them states how many came before.
    """
    found = list(steps)
    for size in (4_000, 1_000, 200):
        if encoded_size(found) <= limit:
            return found
        found = [s.model_copy(update={"detail": cut(s.detail, size), "command": cut(s.command, size)}) for s in steps]
    latest = last_that_fit(found, limit - 500)
    if missing := len(found) - len(latest):
        first = latest[0]
        latest[0] = first.model_copy(update={"detail": f"({missing} earlier steps are in the records) {first.detail}"})
    return latest
