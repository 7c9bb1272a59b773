"""The clocks as an account needs them: read by the dossier that the incident ran by, and drawn."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from activities.clocks.reading import read
from activities.documents.clock_picture import svg
from models.clock import ClockEvent, ClockReading
from models.dossier import Dossier

ReadClocks = Callable[[Dossier, list[ClockEvent], datetime], ClockReading]
"""Reads the clocks of these events at a moment, every minute explained."""

DrawClocks = Callable[[ClockReading, str], str]
"""Draws a reading as SVG, on the wall clock of a time zone."""


def read_clocks(dossier: Dossier, events: list[ClockEvent], at: datetime) -> ClockReading:
    """Read them by the agreement of this dossier; `ClockError` when the events make no sense."""
    return read(dossier.agreement, dossier.parties, events, at, explain=True)


def draw_clocks(reading: ClockReading, zone: str) -> str:
    """Draw them on the wall clock of a zone."""
    return svg(reading, zone)
