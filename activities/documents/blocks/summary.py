"""The summary of a post-incident report."""

from __future__ import annotations

from typing import Final

from activities.documents.blocks import Block
from activities.documents.elements import Cell, Element, Pairs, Tone
from activities.documents.translation import Translation
from models.clock import ClockEventKind
from models.post_incident_report import PostIncidentReport

_WORDS: Final = {
    "what": ("Incident", "Incident"),
    "application": ("Application", "Applikation"),
    "customer": ("Customer", "Kund"),
    "components": ("Affected", "Berört"),
    "priority": ("Priority", "Prioritet"),
    "state": ("State", "Status"),
    "opened": ("Opened", "Öppnad"),
    "responded": ("Responded", "Påbörjad"),
    "restored": ("Restored", "Återställd"),
    "closed": ("Closed", "Avslutad"),
    "opened_by": ("Opened by", "Öppnad av"),
    "outcome": ("Outcome", "Utfall"),
    "cause": ("Cause", "Orsak"),
    "no_cause": ("not recorded", "inte angiven"),
    "lead": ("Lead", "Ledare"),
    "reopened": ("Reopened", "Öppnad igen"),
    "once": ("once", "en gång"),
    "in_short": ("In short", "I korthet"),
}


def _elements(report: PostIncidentReport, say: Translation) -> list[Element]:
    head = report.head
    closed = head.closed_at is not None
    rows: list[tuple[str, Cell]] = [
        (say("what"), Cell(head.title)),
        (say("application"), Cell(f"{head.application_name} ({head.application})")),
        (say("customer"), Cell(head.customer)),
    ]
    if head.components:
        rows.append((say("components"), Cell(", ".join(head.components))))
    rows.append((say("priority"), Cell(_priority(report, say))))
    state = "closed" if closed else "open" if report.for_customer else head.state
    rows.append((say("state"), Cell(say.name("state", state), Tone.PLAIN if closed else Tone.WAITING)))
    moments = (("opened", head.opened_at), ("responded", head.responded_at), ("restored", head.restored_at))
    for key, moment in (*moments, ("closed", head.closed_at)):
        missing = say("never") if closed else say("not_yet")
        rows.append((say(key), Cell(say.moment(moment) if moment else missing)))
    if head.opened_by:
        rows.append((say("opened_by"), Cell(head.opened_by)))
    if closed:
        rows.append((say("outcome"), Cell(say.name("outcome", head.outcome) or say("never"))))
        rows.append((say("cause"), Cell(say.name("cause", head.cause) or say("no_cause"))))
    if head.lead:
        rows.append((say("lead"), Cell(head.lead)))
    if head.reopened:
        rows.append((say("reopened"), Cell(say("once") if head.reopened == 1 else say("times", head.reopened))))
    if head.summary:
        rows.append((say("in_short"), Cell(head.summary)))
    return [Pairs(rows)]


def _priority(report: PostIncidentReport, say: Translation) -> str:
    steps = [e for e in report.events if e.kind in {ClockEventKind.OPENED, ClockEventKind.PRIORITY} and e.priority]
    priorities: list[str] = []
    last = None
    for event in steps:
        if event.priority is not None and event.priority is not last:
            priorities.append(
                event.priority.value if last is None else f"{event.priority.value} ({say.utc(event.at)} UTC)"
            )
            last = event.priority
    return " → ".join(priorities) or report.head.priority or say("none")


BLOCK: Final = Block(
    name="summary",
    title=("Summary", "Sammanfattning"),
    needs=frozenset({"head", "events", "for_customer"}),
    elements=_elements,
    words=_WORDS,
)
