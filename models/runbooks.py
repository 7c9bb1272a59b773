"""Runbooks: what every one is started with and returns, and the steps it reports."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from models.base import ApplicationId, Model
from models.fences import HeldLease
from models.jobs import Outcome


class RunbookInput(Model):
    """What every runbook takes; its own inputs are fields of a subclass."""

    application: ApplicationId
    """Customer and application: `acme.shop`."""
    dossier: str = ""
    """Digest of the version to act by; the one that holds now unless given."""
    requested_by: Annotated[str, Field(min_length=1, max_length=120)]
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
