"""Opening an incident by the UI's start form, or by whatever else can start a workflow."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from models.base import ApplicationId, Identifier, Model
from models.dossier.agreement import Level
from models.dossier.monitoring import Severity
from models.watch import OpenByHand


class OpenIncidentForm(Model):
    """What somebody fills in; only `application` and `title` have to be there."""

    application: ApplicationId
    title: Annotated[str, Field(min_length=1, max_length=300, examples=["Customers cannot pay"])]
    """What is wrong, in a sentence."""
    component: Annotated[Identifier | None, Field(examples=["web"])] = None
    """What is broken; the application as a whole unless given."""
    severity: Severity = Severity.CRITICAL
    """critical, warning or info."""
    impact: Level | None = None
    """high, medium or low; from the dossier unless given."""
    note: Annotated[str, Field(max_length=1000)] = ""
    by: Annotated[str, Field(min_length=1, max_length=80, examples=["on-call@driftbolaget.example"])] = (
        "somebody in the Temporal UI"
    )
    """Your e-mail address."""
    separate: bool = False
    """Open one of its own, even where the matter seems to belong to an open one."""


class ReportByHand(Model):
    """Tell the watch of an application, starting it where there is none; the same key opens one incident only."""

    key: Annotated[str, Field(min_length=1, max_length=200)]
    application: ApplicationId
    order: OpenByHand
