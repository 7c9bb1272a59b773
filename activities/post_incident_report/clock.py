"""The clocks for a post-incident report, with the dossier that the incident used."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from activities.clocks.reading import read
from models.clock import ClockEvent, ClockReading
from models.dossier import Dossier

ReadClocks = Callable[[Dossier, list[ClockEvent], datetime], ClockReading]
"""Computes the clocks from these events at a moment, with a reason for every minute."""


def read_clocks(dossier: Dossier, events: list[ClockEvent], at: datetime) -> ClockReading:
    """Compute the clocks by the agreement of this dossier. `ClockError`: the events are contradictory."""
    return read(dossier.agreement, dossier.parties, events, at, explain=True)
