"""The timeline of the incident."""

from __future__ import annotations

from typing import Final

from activities.documents.blocks import Block
from activities.documents.cutting import excerpt, lines_left_out
from activities.documents.elements import Cell, Element, Grid, Tone
from activities.documents.translation import Translation
from models.clock import ClockEvent, ClockEventKind
from models.post_incident_report import PostIncidentReport

_WORDS: Final = {
    "happened": ("Event", "Händelse"),
    "run": ("From here on: opened for the {0}. time.", "Härifrån: öppnad för {0}:e gången."),
    "ev.opened": ("The incident was opened, priority {0}.", "Incidenten öppnades med prioritet {0}."),
    "ev.priority": ("The priority became {0}.", "Prioriteten blev {0}."),
    "ev.responded": ("The work began.", "Arbetet påbörjades."),
    "ev.waiting": ("Waiting for {0}.", "Väntar på {0}."),
    "ev.resumed": ("The wait was over.", "Väntan var över."),
    "ev.updated": ("You got an update.", "Ni fick en lägesrapport."),
    "ev.restored": ("The service works again.", "Tjänsten fungerar igen."),
    "ev.reopened": ("The incident was opened again.", "Incidenten öppnades igen."),
    "ev.closed": ("The incident was closed.", "Incidenten avslutades."),
    "ev.breach": ("The deadline passed: {0}.", "Tidsgränsen passerades: {0}."),
}


def _elements(report: PostIncidentReport, say: Translation) -> list[Element]:
    rows = _customer_rows(report, say) if report.for_customer else _rows(report, say)
    if not rows:
        return []
    elements: list[Element] = [Grid(say("title"), [*say.both_heads(), say("kind"), say("happened")], rows, wide=[-1])]
    return [*elements, *lines_left_out(report.left_out, "entries", say)]


def _rows(report: PostIncidentReport, say: Translation) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    run = 1
    for entry in report.entries:
        if entry.run > run:
            run = entry.run
            rows.append([*map(Cell, say.both(entry.at)), Cell(""), Cell(say("run", run), Tone.WAITING)])
        text = Cell(excerpt(entry.text, say))
        rows.append([*map(Cell, say.both(entry.at)), Cell(say.name("kind", entry.kind.value)), text])
    return rows


def _customer_rows(report: PostIncidentReport, say: Translation) -> list[list[Cell]]:
    """Return rows from the clock's events, targets, notes and notices. The texts of the internal timeline stay inside."""
    begun = {wait.since for wait in report.waits}
    events = [
        e for e in report.events if e.kind is not ClockEventKind.WAITING or e.at in begun
    ]  # and not "was reached", which the notice says too
    rows = [(e.at, "kind.clock" if _of_clock(e) else "kind.state", _event(report, e, say)) for e in events]
    rows += [(n.at, "kind.note", excerpt(n.text, say)) for n in report.entries]
    rows += [(n.at, "kind.notice", n.subject) for n in report.notices]
    for target in report.clock.targets if report.clock else []:
        if target.breached_at is not None:
            what = say.name("target", target.kind.value)
            rows.append((target.breached_at, "kind.clock", say("ev.breach", what)))
    rows.sort(key=lambda t: t[0])
    return [
        [*map(Cell, say.both(at)), Cell(say.name("kind", kind.removeprefix("kind."))), Cell(text)]
        for at, kind, text in rows
    ]


def _of_clock(event: ClockEvent) -> bool:
    return event.kind in {ClockEventKind.WAITING, ClockEventKind.RESUMED, ClockEventKind.UPDATED}


def _event(report: PostIncidentReport, event: ClockEvent, say: Translation) -> str:
    names = {party.id: party.name for party in report.parties}
    value = event.priority.value if event.priority else names.get(event.party or "", event.party or "")
    return say(f"ev.{event.kind.value}", value)


BLOCK: Final = Block(
    name="timeline",
    title=("Timeline", "Händelseförlopp"),
    needs=frozenset({"entries", "events", "clock", "waits", "notices", "parties", "for_customer", "left_out"}),
    elements=_elements,
    words=_WORDS,
)
