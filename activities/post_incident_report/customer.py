"""The customer's copy: only notices to the customer, their decisions, and the targets of their agreement."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Final

from activities.documents.hiding import hiding, names_of_hosts
from models.clock import ClockEvent, ClockReading, Stretch, StretchKind
from models.dossier import Dossier
from models.dossier.parties import Language, PartyKind
from models.post_incident_report import (
    Excerpt,
    PostIncidentReport,
    ReportDecision,
    ReportEntry,
    ReportNotice,
    ReportWait,
)

_BY_CUSTOMER: Final = PartyKind.CUSTOMER


def customer_copy(
    report: PostIncidentReport, dossier: Dossier | None, language: Language, digest: str | None
) -> PostIncidentReport:
    """Return the parts of a post-incident report that the customer may have. Everything else is left out.

    `digest` is that of the internal report; None if there is none.
    """
    hide = _hiding(dossier, report)
    head = report.head.model_copy(
        update={
            "title": hide(report.head.title),
            "opened_by": "",
            "lead": None,
            # It names remedies and steps.
            "summary": "",
        }
    )
    return report.model_copy(
        update={
            "head": head,
            "events": [_event(e) for e in report.events],
            "clock": _clock(report.clock, report.waits),
            "clock_missing": "",
            "waits": [w.model_copy(update={"note": ""}) for w in report.waits],
            "entries": [_entry(e, hide) for e in report.entries if e.for_customer],
            "decisions": _decisions(report.decisions, hide),
            "commands": [],
            "notices": [n for sent in report.notices if (n := _notice(sent)) is not None],
            "alarms": [],
            "earlier": [],
            "left_out": {},
            "for_customer": True,
            "language": language,
            "internal_digest": digest,
        }
    )


def _hiding(dossier: Dossier | None, report: PostIncidentReport) -> Callable[[str], str]:
    names = {c.command.text for c in report.commands} | {c.host or "" for c in report.commands}
    return hiding(names | names_of_hosts(dossier) if dossier is not None else names)


def _event(event: ClockEvent) -> ClockEvent:
    return event.model_copy(update={"by": "", "note": ""})


def _entry(entry: ReportEntry, hide: Callable[[str], str]) -> ReportEntry:
    return entry.model_copy(update={"text": _hidden(entry.text, hide)})


def _hidden(text: Excerpt, hide: Callable[[str], str]) -> Excerpt:
    return text.model_copy(update={"text": hide(text.text)})


def _decisions(made: Sequence[ReportDecision], hide: Callable[[str], str]) -> list[ReportDecision]:
    fit = [d for decision in made if (d := _decision(decision, hide)) is not None]
    shown = {(a.option, a.by) for d in fit if d.text.text for a in d.answers}
    # The line about a used approval is redundant where the report shows the decision itself.
    return [d for d in fit if d.text.text or not all((a.option, a.by) in shown for a in d.answers)]


def _decision(decision: ReportDecision, hide: Callable[[str], str]) -> ReportDecision | None:
    theirs = [
        a.model_copy(update={"note": hide(a.note), "via": None}) for a in decision.answers if a.party is _BY_CUSTOMER
    ]
    if not theirs:
        return None
    # The question is kept only where the answers stand apart from it: else others' answers are part of its text.
    structured = all(a.via is not None for a in decision.answers)
    text = _hidden(decision.text, hide) if structured else Excerpt()
    return decision.model_copy(update={"text": text, "answers": theirs})


def _notice(notice: ReportNotice) -> ReportNotice | None:
    if notice.occasion is None or not notice.occasion.customer_facing:
        return None
    theirs = [d.model_copy(update={"detail": ""}) for d in notice.deliveries if d.party is _BY_CUSTOMER]
    # The same occasion is written to third parties, too.
    return notice.model_copy(update={"deliveries": theirs}) if theirs else None


def _clock(reading: ClockReading | None, waits: Sequence[ReportWait]) -> ClockReading | None:
    if reading is None:
        return None
    targets = [p.model_copy(update={"stretches": [_stretch(s, waits) for s in p.stretches]}) for p in reading.targets]
    return reading.model_copy(update={"targets": targets})


def _stretch(stretch: Stretch, waits: Sequence[ReportWait]) -> Stretch:
    if stretch.kind is StretchKind.OUTSIDE_HOURS:
        return stretch
    # The customer has the reason from the notice; the reason here may contain an internal note.
    place = bisect_right(waits, stretch.since, key=attrgetter("until"))  # waits come one after the other
    waited = waits[place].party if place < len(waits) and waits[place].since < stretch.until else ""
    why = waited if stretch.kind is StretchKind.PAUSED else ""
    return stretch.model_copy(update={"why": why})
