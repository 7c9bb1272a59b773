"""Verifies a post-incident report: its digests, those in later versions, and its targets, which are computed again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from activities.documents.markdown import machine_part
from activities.post_incident_report.clock import ReadClocks
from activities.records import Records
from models.clock import ClockEvent
from models.errors import UserError
from models.post_incident_report import ClockEvidence, ReportCheck
from models.tables import PostIncidentReportRow


def check(
    row: PostIncidentReportRow, versions: Sequence[PostIncidentReportRow], records: Records, read: ReadClocks
) -> ReportCheck:
    """Verify one report. `versions` are all stored reports of its incident, in order."""
    digest = _digest(row.markdown)
    faults, notes = [*_seals(row, digest), *_chain(row, versions)], list[str]()
    evidence = _evidence(row.markdown)
    if evidence is None:
        notes.append("it contains no clock events, so its targets cannot be computed again")
    else:
        _targets(evidence, records, read, faults, notes)
        _events(row, evidence, records, faults)
    return ReportCheck(
        incident=row.incident, version=row.version, digest=digest, sound=not faults, faults=faults, notes=notes
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _seals(row: PostIncidentReportRow, digest: str) -> list[str]:
    faults = []
    if digest != row.digest:
        faults.append(f"its Markdown has the digest {digest}, not {row.digest} as when it was written: it was changed")
    if _digest(row.html) not in row.markdown:
        faults.append("its page (HTML) is not the one that its Markdown names: it was changed")
    return faults


def _chain(row: PostIncidentReportRow, versions: Sequence[PostIncidentReportRow]) -> list[str]:
    faults = []
    if [v.version for v in versions] != list(range(1, len(versions) + 1)):
        kept = ", ".join(str(v.version) for v in versions)
        faults.append(f"a post-incident report is missing: this incident has only the versions {kept}")
    later = [v.version for v in versions if v.version > row.version and row.digest not in v.markdown]
    faults += [f"version {v} names another digest of version {row.version}: one was changed" for v in later]
    return faults


def _evidence(text: str) -> ClockEvidence | None:
    found = machine_part(text)
    try:
        return ClockEvidence.model_validate_json(found) if found else None
    except ValidationError:
        return None


def _targets(evidence: ClockEvidence, records: Records, read: ReadClocks, faults: list[str], notes: list[str]) -> None:
    try:
        reading = read(records.dossier(evidence.dossier), evidence.events, evidence.as_of)
    except UserError as error:
        faults.append(f"its targets cannot be computed again: {error}")
        return
    now = [p.model_dump(mode="json", exclude={"stretches"}) for p in reading.targets]
    other = [str(p.get("kind")) for p, q in zip(evidence.targets, now, strict=False) if not _same(p, q)]
    if len(now) != len(evidence.targets):
        other.append("their number")
    if not other:
        return
    said = f"computed again from its events, this differs: {', '.join(other)}"
    if reading.calendar == evidence.calendar:
        faults.append(said)
    else:
        notes.append(f"{said}; the calendar data were {evidence.calendar} then and are {reading.calendar} now")


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return {k: v for k, v in one.items() if k in other} == {k: v for k, v in other.items() if k in one}


def _events(
    row: PostIncidentReportRow,
    evidence: ClockEvidence,
    records: Records,
    faults: list[str],
) -> None:
    try:
        kept = [ClockEvent.model_validate(e) for e in records.incident(row.incident).clock]
    except (UserError, ValidationError):
        faults.append("the records no longer have its clock events")
        return
    # An incident that was opened again has had further events since.
    if kept[: len(evidence.events)] != evidence.events:
        faults.append("the clock events in the records differ from those in the report")
