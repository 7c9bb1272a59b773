"""The agreement, the dossier and the calendar that the report rests on, and the clock's events for recomputing it."""

from __future__ import annotations

from typing import Final

from activities.documents.blocks import Block
from activities.documents.elements import Cell, Element, Grid, MachineData, Pairs
from activities.documents.translation import Translation
from models.post_incident_report import ClockEvidence, PostIncidentReport

_WORDS: Final = {
    "agreed_by": ("Agreement", "Avtal"),
    "dossier": ("Dossier (SHA-256)", "Dossier (SHA-256)"),
    "calendar": ("Calendar data", "Kalenderdata"),
    "parties": ("Parties", "Parter"),
    "zone": ("Time zone", "Tidszon"),
    "made_at": ("Made", "Skriven"),
    "version": ("Version", "Version"),
    "earlier": ("Version {0}, written {1}", "Version {0}, skriven {1}"),
    "events": ("Events of the clock", "Klockans händelser"),
    "note": ("Note", "Anteckning"),
    "about": ("About", "Om"),
    "recompute": (
        "For computing the targets again: the events, the dossier, and the result.",
        "",
    ),
}


_MOST_EVENTS: Final = 1000


def _elements(report: PostIncidentReport, say: Translation) -> list[Element]:
    """Return the agreement, the dossier and the calendar. The internal report also has the clock's events for recomputing it."""
    rows = [(say("agreed_by"), Cell(report.agreement or say("never")))]
    if report.clock is not None:
        rows.append((say("calendar"), Cell(report.clock.calendar)))
    rows.append((say("dossier"), Cell(report.dossier or say("none"))))
    rows.append((say("zone"), Cell(report.zone)))
    if report.parties:
        parties = ", ".join(f"{p.name} ({say.name('turn', p.kind.value)})" for p in report.parties)
        rows.append((say("parties"), Cell(parties)))
    rows.append((say("made_at"), Cell(say.moment(report.at))))
    if report.version is not None:
        rows.append((say("version"), Cell(str(report.version))))
    rows += [(say("earlier", e.version, say.moment(e.at)), Cell(e.digest)) for e in report.earlier]
    elements: list[Element] = [Pairs(rows)]
    if report.events and not report.for_customer:
        elements += [_events(report, say), *_machine(report, say)]
    return elements


def _events(report: PostIncidentReport, say: Translation) -> Grid:
    rows = [
        [
            *map(Cell, say.both(e.at)),
            Cell(e.kind.value),
            Cell(", ".join(part for part in (e.priority, e.reason, e.party) if part)),
            Cell(e.by),
            Cell(e.note),
        ]
        for e in report.events[:_MOST_EVENTS]
    ]
    head = [*say.both_heads(), say("kind"), say("about"), say("by"), say("note")]
    return Grid(say("events"), head, rows, wide=[-1])


def _machine(report: PostIncidentReport, say: Translation) -> list[MachineData]:
    if report.clock is None or len(report.events) > _MOST_EVENTS:
        return []
    evidence = ClockEvidence(
        dossier=report.dossier,
        agreement=report.clock.agreement,
        calendar=report.clock.calendar,
        as_of=report.clock.as_of,
        events=report.events,
        targets=[p.model_dump(mode="json", exclude={"stretches"}) for p in report.clock.targets],
    )
    return [MachineData(say("recompute"), evidence.model_dump_json(indent=1))]


BLOCK: Final = Block(
    name="evidence",
    title=("Evidence", "Underlag"),
    needs=frozenset(
        {"agreement", "clock", "dossier", "zone", "parties", "at", "version", "earlier", "events", "for_customer"}
    ),
    elements=_elements,
    words=_WORDS,
)
