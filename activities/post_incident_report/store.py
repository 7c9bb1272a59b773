"""Post-incident reports in the records: written once, returned unchanged, and verified."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any, Final

from sqlmodel import Session, col, select

from activities.documents.markdown import markdown
from activities.documents.page import page
from activities.post_incident_report.building import build, events_of
from activities.post_incident_report.clock import ReadClocks, read_clocks
from activities.post_incident_report.customer import customer_copy
from activities.post_incident_report.document import document
from activities.post_incident_report.gathering import Gathered, earlier_reports, gather, with_later_facts
from activities.post_incident_report.verifying import check
from activities.records import Records
from activities.records.text import storable
from models.clock import ClockReading
from models.dossier.parties import Language, PartyKind
from models.errors import NotFoundError, UserError
from models.post_incident_report import (
    LiveIncident,
    PostIncidentReport,
    ReportCheck,
    ReportReceipt,
    ReportText,
    Standpoint,
    WriteReport,
)
from models.tables import IncidentRow, PostIncidentReportRow

_TRIES: Final = 3


class PostIncidentReports:
    """The post-incident reports of one installation; blocking."""

    def __init__(self, records: Records, read: ReadClocks = read_clocks) -> None:
        """`read` computes the clocks."""
        self._records = records
        self._read = read

    # --- writing

    def write(self, order: WriteReport) -> ReportReceipt:
        """Write the report of a closed incident. A repeated call for the same run returns the same report.

        `NotFoundError`: the records do not contain the incident. `UserError`: it is open.
        """
        for _ in range(_TRIES):
            if (stood := self._of_run(order)) is not None:
                return stood
            gathered = gather(self._records, order.incident)
            if gathered.incident.closed_at is None:
                raise UserError(
                    f"the incident {order.incident} is open; its post-incident report is written when it is closed"
                )
            version = max((e.version for e in gathered.earlier), default=0) + 1
            report = self._report(gathered, Standpoint.FINAL, order.now, version)
            if (written := self._keep(order, version, report)) is not None:
                return written
        raise UserError(
            f"the post-incident report of {order.incident} could not be written: others wrote at the same time; try again"
        )

    def _of_run(self, order: WriteReport) -> ReportReceipt | None:
        with self._records.database.reading() as session:
            return _receipt(_find_run(session, order))

    def _keep(self, order: WriteReport, version: int, report: PostIncidentReport) -> ReportReceipt | None:
        """Store the report. Return the stored one if another attempt of this run was faster; None if another run was."""
        html = storable(page(document(report)))
        text = storable(markdown(document(report, page_digest=sha256(html))))
        with self._records.database.writing() as session:
            # Each writer locks the incident's row, so that no two use the same version.
            session.exec(select(IncidentRow).where(IncidentRow.id == order.incident).with_for_update()).one()
            stood = _find_run(session, order)
            if stood is not None:
                return _receipt(stood)
            if any(e.version >= version for e in earlier_reports(session, order.incident)):
                return None
            row = PostIncidentReportRow(
                incident=order.incident,
                version=version,
                run=order.run,
                digest=sha256(text),
                markdown=text,
                html=html,
                at=report.at,
            )
            session.add(row)
            session.flush()
            return _receipt(row)

    # --- reading

    def read(
        self,
        incident: str,
        version: int | None = None,
        now: datetime | None = None,
        live: LiveIncident | None = None,
    ) -> ReportText:
        """Return the stored report, by default the latest; for an open incident a preliminary one.

        `live` has the state that an open incident reports about itself.
        """
        if version is None:
            gathered = self._gather(incident, live)
            if (standpoint := _standpoint(gathered)) is not Standpoint.FINAL:
                return _text(self._report(gathered, standpoint, now or datetime.now(UTC)))
        row = self._row(incident, version)
        return ReportText(
            incident=incident,
            standpoint=Standpoint.FINAL,
            version=row.version,
            digest=row.digest,
            at=row.at,
            markdown=row.markdown,
            html=row.html,
        )

    def customer_copy(
        self,
        incident: str,
        language: Language | None = None,
        now: datetime | None = None,
        live: LiveIncident | None = None,
    ) -> ReportText:
        """Return a copy for the customer, made now from the same records, by default in the customer's language.

        `live` has the state that an open incident reports about itself.
        """
        gathered = self._gather(incident, live)
        standpoint = _standpoint(gathered)
        report = self._report(gathered, standpoint, now or datetime.now(UTC))
        if language is None:
            parties = gathered.dossier.parties.values() if gathered.dossier else ()
            language = next((p.language for p in parties if p.kind is PartyKind.CUSTOMER), Language.ENGLISH)
        digest = gathered.earlier[-1].digest if standpoint is Standpoint.FINAL else None
        return _text(customer_copy(report, gathered.dossier, language, digest))

    def _gather(self, incident: str, live: LiveIncident | None) -> Gathered:
        gathered = gather(self._records, incident)
        is_open = gathered.incident.closed_at is None  # it may have been closed meanwhile
        return with_later_facts(gathered, live) if live is not None and is_open else gathered

    def verify(self, incident: str, version: int | None = None) -> ReportCheck:
        """Return whether a report is unchanged, and whether its targets follow from its events."""
        return check(self._row(incident, version), self._rows(incident), self._records, self._read)

    def _rows(self, incident: str) -> list[PostIncidentReportRow]:
        query = select(PostIncidentReportRow).where(PostIncidentReportRow.incident == incident)
        with self._records.database.reading() as session:
            return list(session.exec(query.order_by(col(PostIncidentReportRow.version))).all())

    def _row(self, incident: str, version: int | None) -> PostIncidentReportRow:
        rows = {row.version: row for row in self._rows(incident)}
        if not rows:
            self._records.incident(incident)
            raise NotFoundError(
                f"no post-incident report of {incident} was written; it is written when the incident is closed"
            )
        if version is not None and version not in rows:
            known = ", ".join(map(str, rows))
            raise NotFoundError(f"{incident} has no post-incident report of version {version}; it has {known}")
        return rows[version if version is not None else max(rows)]

    def _report(
        self, gathered: Gathered, standpoint: Standpoint, at: datetime, version: int | None = None
    ) -> PostIncidentReport:
        events = events_of(gathered)
        return build(gathered, events, self._reading(gathered, at), standpoint, at, version)

    def _reading(self, gathered: Gathered, at: datetime) -> ClockReading | str:
        events = events_of(gathered)
        if gathered.dossier is None:
            return gathered.dossier_missing
        if not events:
            return "the records have no clock events of it"
        try:
            # As of the close, so that the same events always give the same result.
            as_of = max(gathered.incident.closed_at or at, *(event.at for event in events))
            return self._read(gathered.dossier, events, as_of)
        except UserError as error:
            return str(error)


def sha256(text: str) -> str:
    """Return the digest of a text, as `sha256sum` prints it for the file."""
    return hashlib.sha256(text.encode()).hexdigest()


def _standpoint(gathered: Gathered) -> Standpoint:
    if gathered.incident.closed_at is None:
        return Standpoint.PRELIMINARY
    # Opened again and closed again: until its further post-incident report is written, the one before does not tell all.
    written = bool(gathered.earlier) and gathered.earlier[-1].at >= gathered.incident.closed_at
    return Standpoint.FINAL if written else Standpoint.NOT_WRITTEN


def _text(report: PostIncidentReport) -> ReportText:
    return ReportText(
        incident=report.head.incident,
        standpoint=report.standpoint,
        at=report.at,
        for_customer=report.for_customer,
        language=report.language,
        markdown=markdown(document(report)),
        html=page(document(report)),
    )


def _find_run(session: Session, order: WriteReport) -> PostIncidentReportRow | None:
    query: Any = select(PostIncidentReportRow).where(PostIncidentReportRow.incident == order.incident)
    found: PostIncidentReportRow | None = session.exec(query.where(PostIncidentReportRow.run == order.run)).first()
    return found


def _receipt(row: PostIncidentReportRow | None) -> ReportReceipt | None:
    return ReportReceipt(incident=row.incident, version=row.version, digest=row.digest) if row is not None else None
