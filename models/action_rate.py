"""The action rate limit: how many hosts and customers may be acted on within an hour before an operator must approve."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from models.base import ApplicationId, Model
from models.gates import Question


class ActionRequest(Model):
    """Ask whether hosts may be acted on. A repeated request of the same operation counts once."""

    application: ApplicationId
    operation: str
    """Workflow id of the operation."""
    title: str
    by: str
    hosts: Annotated[list[str], Field(min_length=1)]
    """Names of the hosts in the dossier."""
    approved: bool = False
    """Whether a person has approved to exceed the limit."""


class ActionRateAnswer(Model):
    """Whether the hosts may be acted on."""

    allowed: bool
    """If true, the hosts were counted."""
    question: Question | None = None
    """If not allowed: the question to people."""
