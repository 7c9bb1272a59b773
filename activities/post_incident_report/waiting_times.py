"""Waiting times of the other parties, from the clock's events alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from models.clock import ClockEvent, ClockEventKind
from models.dossier import Dossier
from models.dossier.agreement import Pause
from models.dossier.parties import PartyKind
from models.post_incident_report import ReportWait

_ENDS = {ClockEventKind.RESUMED, ClockEventKind.RESTORED, ClockEventKind.CLOSED}

_BY_REASON = {
    Pause.WAITING_FOR_CUSTOMER: PartyKind.CUSTOMER,
    Pause.WAITING_FOR_THIRD_PARTY: PartyKind.THIRD_PARTY,
}


def waits_of(events: Sequence[ClockEvent], end: datetime, dossier: Dossier | None) -> list[ReportWait]:
    """Return each time in which another party had to act; one that still lasts ends at `end`."""
    found: list[ReportWait] = []
    begun: ClockEvent | None = None
    for event in events:
        same = begun is not None and event.kind is ClockEventKind.WAITING and event.party == begun.party
        if begun is not None and not same and (event.kind is ClockEventKind.WAITING or event.kind in _ENDS):
            found.append(_wait(begun, event.at, dossier, ended=True))
            begun = None
        if event.kind is ClockEventKind.WAITING and not same:  # of the same party it is one wait, with something added
            begun = event
    if begun is not None:
        found.append(_wait(begun, end, dossier, ended=False))
    return found


def _wait(begun: ClockEvent, until: datetime, dossier: Dossier | None, *, ended: bool) -> ReportWait:
    party = dossier.parties.get(begun.party or "") if dossier else None
    until = max(until, begun.at)
    return ReportWait(
        since=begun.at,
        until=until,
        party=party.name if party else begun.party or "",
        kind=party.kind if party else _BY_REASON.get(begun.reason) if begun.reason else None,
        seconds=(until - begun.at).total_seconds(),
        note=begun.note,
        ended=ended,
    )
