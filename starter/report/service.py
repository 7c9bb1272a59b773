"""Functions for reports: list them, find the one to make, make its files now, and find what was sealed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from activities.history.store import HistoryStore
from activities.records import Records
from activities.report.archive import Archive
from activities.report.comparing import change_line
from activities.report.drafting import stored_facts
from activities.report.gathering import gather
from activities.report.ids import place
from activities.report.periods import period_before
from activities.report.rendering import report_files, write_files
from activities.report.terms import period_of, published, report_of, time_zone_of
from activities.report.verifying import recomputed, verify
from models.base import Model
from models.errors import UserError
from models.operation_kinds import REPORT
from models.report import facts_digest
from models.report_order import PlacedReport, PlaceReport, SealedReport, VerifiedReport
from models.tables import OperationRow
from starter.operation.views import OperationView
from starter.terminal.messages import build_message

_SHORT: Final = re.compile(r"[a-z0-9-]+\.[a-z0-9-]+\.[a-z0-9-]+\.\d{4}(-\d\d|Q\d|W\d\d)?(\.\d+)?")
"""The id of a report without its first word: `acme.shop.monthly.2026-11`."""


class ReportLine(Model):
    """A report of a dossier, with the latest one that was sealed."""

    application: str
    name: str
    title: str
    frequency: str
    period: str = ""
    """The period of the latest sealed report; empty: none is sealed."""
    version: int = 0
    sealed_at: datetime | None = None
    open: list[str] = []
    """The workflows that make a report now."""


class ReportView(Model):
    """A report with its workflow and the sealed versions of its period."""

    operation: OperationView
    versions: list[SealedReport]


class WrittenPreview(Model):
    """The files of a preview."""

    folder: str
    files: list[str]
    facts: str
    """The digest of the facts."""
    missing: list[str]
    """The sources that do not have everything, one sentence each."""

    @property
    def message(self) -> str:
        """The files and what they lack, in one line each."""
        return "\n".join([f"{self.folder}/{name}" for name in self.files] + [f"missing: {one}" for one in self.missing])


def list_reports(records: Records, application: str | None) -> list[ReportLine]:
    """Return the reports of an application, or of all applications, in the order of their dossiers."""
    names = [application] if application is not None else records.applications()
    archive = Archive(records.database)
    running = records.operations(application, kind=REPORT.name, open_only=True, limit=None)
    return [
        _line(one, name, report.title, report.frequency, archive, running)
        for one in names
        for name, report in published(records, one).reports.items()
    ]


def _line(
    application: str, name: str, title: str, frequency: str, archive: Archive, running: Sequence[OperationRow]
) -> ReportLine:
    sealed = next(iter(archive.all(application, name, limit=1)), None)
    return ReportLine(
        application=application,
        name=name,
        title=title,
        frequency=frequency,
        period=sealed.period if sealed else "",
        version=sealed.version if sealed else 0,
        sealed_at=sealed.at if sealed else None,
        open=[row.id for row in running if (row.application, row.name) == (application, name)],
    )


def find_report(records: Records, application: str, name: str, period: str | None, by: str) -> PlacedReport:
    """Return the workflow to start for a report. Raise `UserError` if the report exists already, or cannot be made."""
    given = {"application": application, "report": name, "by": by, "period": period, "at": datetime.now(UTC)}
    placed = place(records, Archive(records.database), build_message(PlaceReport, given))
    if placed.order is None:
        raise UserError(f"{placed.message} `driftvakt report show {placed.id}` shows it")
    return placed


def write_preview(records: Records, application: str, name: str, period: str | None, output: Path) -> WrittenPreview:
    """Make the files of a report from the records as they are now, and write them into a directory; nothing is stored.

    Raise `UserError` when the report or its period does not exist, or the directory cannot be written.
    """
    now = datetime.now(UTC)
    dossier = published(records, application)
    report = report_of(dossier, name)
    zone = time_zone_of(dossier, report)
    covered = period_before(report.covers, now, zone) if period is None else period_of(dossier, report, period)
    if not output.absolute().parent.is_dir():
        raise UserError(f"{output}: there is no directory {output.parent}; name one that exists")
    history = HistoryStore(records.database, records.dossier)
    facts = gather(records, history, dossier, name, covered.name, [], now)
    files = report_files(facts, report.attachments, 1)
    try:
        write_files(output, {file: content for file, (_, content) in files.items()})
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"{output}: cannot be written: {reason}; name a directory that may be written") from None
    return WrittenPreview(
        folder=str(output), files=list(files), facts=facts_digest(facts), missing=[str(part) for part in facts.missing]
    )


def require_report(id: str) -> str:
    """Return the id of a report's workflow, also without its first word; raise `UserError` if it is no such id."""
    if _SHORT.fullmatch(id):
        return f"{REPORT.name}.{id}"
    if not id.startswith(f"{REPORT.name}."):
        raise UserError(f"{id!r} is not the id of a report; write it as in report.acme.shop.monthly.2026-11")
    return id


def sealed_versions(records: Records, view: OperationView) -> list[SealedReport]:
    """Return the sealed versions of the report that a workflow makes, in order."""
    row = records.operation(view.id)
    return Archive(records.database).versions(row.application, row.name, str(row.data.get("period", "")))


def reported(records: Records, id: str) -> OperationRow:
    """Return the recorded workflow of a report. Raise `UserError` unless it is one whose period is known."""
    row = records.operation(require_report(id))
    if not row.data.get("period"):
        raise UserError(f"{id} was refused before its period was known; name the workflow of a sealed report")
    return row


def verify_file(records: Records, path: Path) -> VerifiedReport:
    """Verify a file that was sent as a report. Raise `UserError` when it cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}; name a file of a report") from None
    return verify(records, HistoryStore(records.database, records.dossier), content)


def find_correction(records: Records, id: str) -> tuple[SealedReport, list[str]]:
    """Return the latest sealed version of a report, and its figures that differ now, one line each.

    Raise `UserError` if none is sealed, or no figure differs.
    """
    row, archive = reported(records, id), Archive(records.database)
    sealed = archive.latest(row.application, row.name, str(row.data["period"]))
    if sealed is None:
        raise UserError(f"no report of {id} is sealed, so there is nothing to correct")
    history = HistoryStore(records.database, records.dossier)
    data = stored_facts(archive, sealed.facts)
    changes = recomputed(records, history, sealed, data, datetime.now(UTC))
    if not changes:
        raise UserError(
            f"every figure of version {sealed.version} is computed as before, so there is nothing to correct"
        )
    return sealed, [change_line(one) for one in changes]
