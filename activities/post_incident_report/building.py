"""Makes the typed report from the facts, within a limited size; pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from activities.post_incident_report.alarms_and_notices import alarms_of, notices_of
from activities.post_incident_report.bounds import DETAIL, cut, fitting, share
from activities.post_incident_report.gathering import Gathered
from activities.post_incident_report.people import ContactDirectory
from activities.post_incident_report.waiting_times import waits_of
from models.clock import ClockEvent, ClockEventKind, ClockReading
from models.dossier import Dossier
from models.dossier.agreement import ServiceHours
from models.gates import Answer
from models.post_incident_report import (
    PostIncidentReport,
    ReportAnswer,
    ReportCommand,
    ReportDecision,
    ReportEntry,
    ReportHead,
    ReportParty,
    Standpoint,
)
from models.records import EntryKind
from models.runbooks import StepReport
from models.tables import IncidentEntry

_ANSWERS: Final = TypeAdapter(list[Answer])
_EVENTS: Final = TypeAdapter(list[ClockEvent])


def build(
    gathered: Gathered,
    events: list[ClockEvent],
    reading: ClockReading | str,
    standpoint: Standpoint,
    at: datetime,
    version: int | None = None,
) -> PostIncidentReport:
    """Return the internal report. `reading` is a sentence if the clocks cannot be computed."""
    people, dossier = ContactDirectory(gathered.dossier), gathered.dossier
    left_out: dict[str, int] = {}
    agreed = dossier.agreement if dossier else None
    end = gathered.incident.closed_at or at
    return PostIncidentReport(
        standpoint=standpoint,
        version=version,
        at=at,
        head=_head(gathered, events),
        parties=[
            ReportParty(id=id, name=p.name, kind=p.kind) for id, p in (dossier.parties if dossier else {}).items()
        ],
        agreement=f"{agreed.number} v{agreed.version}" if agreed else "",
        dossier=gathered.incident.dossier,
        zone=_zone(dossier, gathered.incident.priority),
        events=events,
        clock=None if isinstance(reading, str) else reading,
        clock_missing=reading if isinstance(reading, str) else "",
        waits=waits_of(events, end, dossier),
        entries=_entries(gathered, left_out),
        decisions=_decisions(gathered, people, left_out),
        commands=_commands(gathered, left_out),
        notices=notices_of(gathered, people, left_out),
        alarms=alarms_of(gathered, left_out),
        earlier=gathered.earlier,
        left_out=left_out,
    )


def events_of(gathered: Gathered) -> list[ClockEvent]:
    """Return the clock's events; none if they are stored in a format that is no longer read."""
    try:
        return _EVENTS.validate_python(gathered.incident.clock)
    except ValidationError:
        return []


def _head(gathered: Gathered, events: Sequence[ClockEvent]) -> ReportHead:
    row, dossier = gathered.incident, gathered.dossier
    party = dossier.parties.get(dossier.customer) if dossier else None
    components = dossier.architecture.components if dossier else {}
    return ReportHead(
        incident=row.id,
        number=row.number,
        title=row.title,
        application=row.application,
        application_name=dossier.name if dossier else row.application,
        customer=party.name if party else row.application.partition(".")[0],
        components=[components[name].name if name in components else name for name in row.components],
        state=row.state,
        priority=row.priority,
        opened_at=row.opened_at,
        opened_by=row.opened_by,
        responded_at=_first(events, ClockEventKind.RESPONDED),
        restored_at=_last(events, ClockEventKind.RESTORED),
        closed_at=row.closed_at,
        outcome=row.outcome,
        cause=row.cause,
        lead=row.lead,
        reopened=row.reopened,
        summary=row.summary,
    )


def _first(events: Sequence[ClockEvent], kind: ClockEventKind) -> datetime | None:
    return next((e.at for e in events if e.kind is kind), None)


def _last(events: Sequence[ClockEvent], kind: ClockEventKind) -> datetime | None:
    reopened = max((n for n, e in enumerate(events) if e.kind is ClockEventKind.REOPENED), default=0)
    return next((e.at for e in reversed(events[reopened:]) if e.kind is kind), None)


def _zone(dossier: Dossier | None, priority: str | None) -> str:
    """Return the time zone of the hours for restoring, or of the first hours that have one."""
    if dossier is None:
        return "UTC"
    agreed = dossier.agreement
    levels = {p.value: level.restore.hours for p, level in agreed.service_levels.items()}
    named = [levels[priority]] if priority in levels else []
    for name in (*named, *agreed.service_hours):
        hours = agreed.service_hours.get(name)
        if isinstance(hours, ServiceHours):
            return hours.time_zone
    return "UTC"


# --- the parts that grow


def _entries(gathered: Gathered, left_out: dict[str, int]) -> list[ReportEntry]:
    runs = {run: n for n, run in enumerate(dict.fromkeys(e.run for e in gathered.entries), 1)}
    kept = fitting("entries", gathered.entries, left_out)
    room = share("entries", len(kept))
    return [
        ReportEntry(
            at=e.at,
            run=runs[e.run],
            kind=_kind(e),
            text=cut(e.text, room),
            for_customer=_kind(e) is EntryKind.NOTE and e.data.get("audience") == "customer",
        )
        for e in kept
    ]


def _kind(entry: IncidentEntry) -> EntryKind:
    try:
        return EntryKind(entry.kind)
    except ValueError:  # of a later release
        return EntryKind.NOTE


def _decisions(gathered: Gathered, people: ContactDirectory, left_out: dict[str, int]) -> list[ReportDecision]:
    decisions = [e for e in gathered.entries if e.kind == EntryKind.DECISION]
    found: list[tuple[datetime, str, str, list[ReportAnswer]]] = [
        (e.at, str(e.data.get("question") or e.text), str(e.data.get("option") or ""), _answers(e, people))
        for e in decisions
    ]
    for use in gathered.uses:
        by = [ReportAnswer(option=use.option, by=who, party=people.party(who), at=use.at) for who in use.by]
        gate = use.gate.removeprefix(gathered.incident.id).lstrip("/").split("/")[0]
        found.append((use.at, f"The approval {gate} was used", use.option, by))
    kept = fitting("decisions", sorted(found, key=lambda d: d[0]), left_out)
    room = share("decisions", len(kept))
    return [ReportDecision(at=at, text=cut(text, room), option=option, answers=by) for at, text, option, by in kept]


def _answers(entry: IncidentEntry, people: ContactDirectory) -> list[ReportAnswer]:
    try:
        answers = _ANSWERS.validate_python(entry.data.get("answers") or [])
    except ValidationError:
        return []
    return [
        ReportAnswer(option=a.option, by=a.by, party=people.party(a.by), via=a.via, note=a.note, at=a.at)
        for a in answers
    ]


def _commands(gathered: Gathered, left_out: dict[str, int]) -> list[ReportCommand]:
    steps: list[tuple[IncidentEntry, StepReport]] = []
    for entry in gathered.entries:
        if entry.kind not in {EntryKind.ACTION, EntryKind.EVIDENCE} or not entry.data:
            continue
        if (step := _step(entry.data)) is not None:
            steps.append((entry, step))
    kept = fitting("commands", steps, left_out)
    for_command, for_output = share("commands", len(kept)), share("outputs", len(kept))
    return [
        ReportCommand(
            at=entry.at,
            kind=EntryKind(entry.kind),
            title=step.title[:DETAIL],
            host=step.host,
            command=cut(step.command, for_command),
            outcome=step.outcome,
            changed=step.changed,
            detail=step.detail.partition("\n")[0][:DETAIL],
            output=cut(step.detail.partition("\n")[2], for_output, keep_end=True),
        )
        for entry, step in kept
    ]


def _step(data: dict[str, Any]) -> StepReport | None:
    try:
        return StepReport.model_validate(data)
    except ValidationError:  # the timeline tells it in words all the same
        return None
