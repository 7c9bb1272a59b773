"""Open an incident by the start form of the UI, or by any other client that starts a workflow."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from models.base import ApplicationId, Identifier, Model
from models.dossier.agreement import Level
from models.dossier.monitoring import Severity
from models.watch import OpenByHand


class OpenIncidentForm(Model):
    """The start form; only `application` and `title` are required."""

    application: ApplicationId
    title: Annotated[str, Field(min_length=1, max_length=300, examples=["Customers cannot pay"])]
    """The fault, in a sentence."""
    component: Annotated[Identifier | None, Field(examples=["web"])] = None
    """The failed component; the whole application by default."""
    severity: Severity = Severity.CRITICAL
    """critical, warning or info."""
    impact: Level | None = None
    """high, medium or low; from the dossier by default."""
    note: Annotated[str, Field(max_length=1000)] = ""
    by: Annotated[str, Field(min_length=1, max_length=80, examples=["on-call@driftbolaget.example"])] = (
        "somebody in the Temporal UI"
    )
    """Your e-mail address."""
    separate: bool = False
    """Open a separate incident, even if the alarm seems to belong to an open one."""


class ReportByHand(Model):
    """Send the report to the watch of an application, and start the watch if it does not run. The same key opens one
    incident only.
    """

    key: Annotated[str, Field(min_length=1, max_length=200)]
    application: ApplicationId
    order: OpenByHand
