"""Reach: how many hosts and customers may be acted on in an hour before somebody has to say that it may go on."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from models.base import ApplicationId, Model
from models.gates import Question


class ReachOut(Model):
    """About to act on hosts; asking again, with the same operation, counts nothing twice."""

    application: ApplicationId
    operation: str
    """Workflow id."""
    title: str
    by: str
    hosts: Annotated[list[str], Field(min_length=1)]
    """Their names in the dossier."""
    approved: bool = False
    """Somebody has said that it may go on above the limit."""


class ReachAnswer(Model):
    """Whether it may go on."""

    allowed: bool
    """Then the hosts are counted."""
    question: Question | None = None
    """Else: what to ask, and whom."""
