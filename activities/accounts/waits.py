"""Whose turn it was, and for how long: from the events of the clock alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from models.account import AccountWait
from models.clock import ClockEvent, ClockEventKind
from models.dossier import Dossier
from models.dossier.agreement import Pause
from models.dossier.parties import PartyKind

_ENDS = {
    ClockEventKind.WAITING,
    ClockEventKind.RESUMED,
    ClockEventKind.RESTORED,
    ClockEventKind.REOPENED,
    ClockEventKind.CLOSED,
}

_BY_REASON = {
    Pause.WAITING_FOR_CUSTOMER: PartyKind.CUSTOMER,
    Pause.WAITING_FOR_THIRD_PARTY: PartyKind.THIRD_PARTY,
}


def waits_of(events: Sequence[ClockEvent], end: datetime, dossier: Dossier | None) -> list[AccountWait]:
    """Each time in which another party was waited for; one that still lasts ends at `end`."""
    found = []
    for number, event in enumerate(events):
        if event.kind is not ClockEventKind.WAITING:
            continue
        after = next((e for e in events[number + 1 :] if e.kind in _ENDS), None)
        until = max(after.at if after else end, event.at)
        party = dossier.parties.get(event.party or "") if dossier else None
        kind = party.kind if party else _BY_REASON.get(event.reason) if event.reason else None
        found.append(
            AccountWait(
                since=event.at,
                until=until,
                party=party.name if party else event.party or "",
                kind=kind,
                seconds=(until - event.at).total_seconds(),
                note=event.note,
                ended=after is not None,
            )
        )
    return found
