"""Verifies reports: whether a file is one that was sealed, and whether its figures still follow from the records."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from activities.history.store import HistoryStore
from activities.records import Records
from activities.records.documents import sha256
from activities.report.archive import Archive
from activities.report.comparing import change_line, changed_figures, count_figures
from activities.report.drafting import stored_facts
from activities.report.gathering import gather
from models.errors import NotFoundError, StoreError, UserError
from models.report import Commentary, FigureChange
from models.report_order import SealedReport, VerifiedReport

_SHOWN: Final = 100
"""Faults that an answer has at most."""


def verify(records: Records, history: HistoryStore, content: bytes) -> VerifiedReport:
    """Verify a file: its digest, the seals up to its own, and every figure, computed again from the records."""
    archive, digest = Archive(records.database), sha256(content)
    found = archive.with_document(digest)
    if not found:
        unknown = "no sealed report has this file: it was changed, or another installation sealed it"
        return VerifiedReport(digest=digest, sound=False, faults=[unknown])
    sealed = max(found, key=lambda one: one.sequence)
    latest = archive.latest(sealed.application, sealed.report, sealed.period) or sealed
    faults = [*_broken_chain(archive, sealed), *_lost_documents(archive, sealed)]
    notes = [] if latest.version == sealed.version else [f"version {latest.version} replaces it"]
    figures = 0
    if not faults:
        data = stored_facts(archive, sealed.facts)
        figures = count_figures(data)
        try:
            faults += [
                f"now computed otherwise: {change_line(one)}" for one in recomputed(records, history, sealed, data)
            ]
        except UserError as error:
            faults.append(f"the figures cannot be computed again: {error}")
    return VerifiedReport(
        digest=digest,
        operation=sealed.operation,
        version=sealed.version,
        latest=latest.version,
        sound=not faults,
        figures=figures,
        faults=faults[:_SHOWN],
        notes=notes,
    )


def recomputed(
    records: Records, history: HistoryStore, sealed: SealedReport, data: dict[str, Any], now: datetime | None = None
) -> list[FigureChange]:
    """Return the figures of a sealed report that differ if they are computed again, as of `now`, or as of its own moment.

    They are computed by the version of the dossier that the report names. `NotFoundError`: the records lost this version.
    """
    commentary = [Commentary.model_validate(one) for one in data.get("commentary", [])]
    at = now or datetime.fromisoformat(data["gathered_at"])
    dossier = records.dossier(str(data["dossier"]))
    facts = gather(records, history, dossier, sealed.report, sealed.period, commentary, at)
    return changed_figures(data, facts.model_dump(mode="json"))


def _broken_chain(archive: Archive, sealed: SealedReport) -> Iterator[str]:
    before = ""
    for one in archive.chain(sealed.application, sealed.report):
        if one.seal != one.computed_seal():
            yield f"the seal of {one.operation}, version {one.version}, does not fit its contents"
        if one.predecessor != before:
            yield f"the report before {one.operation}, version {one.version}, is missing in the archive"
        if one.seal == sealed.seal:
            return
        before = one.seal


def _lost_documents(archive: Archive, sealed: SealedReport) -> Iterator[str]:
    for digest in [sealed.facts, *(file.digest for file in sealed.files)]:
        try:
            archive.documents.read(digest)
        except (NotFoundError, StoreError) as error:
            yield str(error)
