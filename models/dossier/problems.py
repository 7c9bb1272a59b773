"""The terms for problems: what makes Driftvakt say that the cause of incidents has to be found."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from models.base import Model, PositiveDuration
from models.dossier.priorities import Priority

_Count = Annotated[int, Field(ge=1, le=1000)]


class RecurrenceTerms(Model):
    """How often the same fault may come back before its cause has to be found."""

    incidents: Annotated[int, Field(ge=2, le=1000)] = 3
    """The number of incidents with the same fault."""
    days: _Count = 2
    """The number of separate days on which they began; a bad night with five incidents is one day."""
    within: PositiveDuration = timedelta(days=30)
    """The time in which they count."""


class ProblemTerms(Model):
    """What makes a problem of one or more incidents."""

    recurrence: RecurrenceTerms = RecurrenceTerms()
    priorities: list[Priority] = [Priority.P1]
    """One incident with one of these priorities is a problem by itself."""
    unknown_cause: _Count | None = 2
    """The number of incidents with the same fault that were closed with an unknown cause; null: they do not count."""
    recovered_by_itself: _Count | None = 2
    """The number of incidents with the same fault that recovered by themselves; null: they do not count."""
