"""The service hours of a dossier, by name."""

from __future__ import annotations

from datetime import datetime

from activities.calendars import calendar_of
from activities.notices.deputies import IsOpen
from models.dossier import Dossier


def open_hours(dossier: Dossier) -> IsOpen:
    """Return whether service hours of the agreement are open at a moment; unknown hours count as always open."""
    agreed = dossier.agreement.service_hours

    def is_open(name: str, at: datetime) -> bool:
        return name not in agreed or calendar_of(agreed[name]).is_open(at)

    return is_open
