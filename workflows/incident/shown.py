"""The data of an incident's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from models.clock import ClockedTarget
from models.gates import GateState
from models.incident import IncidentEnd, IncidentMemory, IncidentOrder, IncidentState
from models.people import People
from models.plans import IncidentPlan
from models.records import TimelineEntry


@dataclass(frozen=True)
class ShownIncident:
    """The data of an incident's page at a moment."""

    id: str
    order: IncidentOrder
    plan: IncidentPlan
    memory: IncidentMemory
    state: IncidentState
    doing: str
    blocked: str
    """Why a remedy waits; empty when none waits."""
    affected: Sequence[str]
    """The titles of the failed components."""
    roots: Sequence[str]
    """The titles of the root components, by the latest check."""
    leaders: People
    """Who may lead it."""
    further_alarms: int
    """Active alarms that only the records list."""
    timeline: Sequence[TimelineEntry]
    asked: Sequence[GateState]
    """The open questions."""
    gates: str
    """The open questions, as Markdown."""
    draft: str
    """The text of the next customer update."""
    end: IncidentEnd | None
    summary: str
    """How it ended, as one sentence."""
    now: datetime

    @property
    def closed(self) -> bool:
        """Whether it is closed."""
        return self.state is IncidentState.CLOSED

    @property
    def targets(self) -> Sequence[ClockedTarget]:
        """Its service levels by the latest reading of the clocks; empty before the first."""
        return self.memory.reading.targets if self.memory.reading else []
