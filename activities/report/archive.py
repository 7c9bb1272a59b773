"""The archive of reports: drafts that people approve, and sealed reports, which never change.

The facts and the files are documents in the records. The rows here name them by their digests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from sqlmodel import Session, col, func, select, update

from activities.records.database import Database
from activities.records.documents import Documents, keep_permanently
from activities.records.text import storable_data
from models.documents import DocumentFile
from models.errors import NotFoundError, StoreError, UserError
from models.report_order import SealedReport, SealReport
from models.tables import ReportDraftRow, SealedReportRow, StoredDocument

DRAFTS_KEPT: Final = timedelta(days=90)
"""How long the documents of a draft are kept that is never sealed."""

FACTS: Final = "application/json"
"""The media type of facts."""

_TRIES: Final = 20


class Archive:
    """Drafts and sealed reports in one database; blocking, with short transactions."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.documents = Documents(database)

    # --- drafts

    def keep_draft(
        self, facts: bytes, *, application: str, name: str, period: str, operation: str, now: datetime
    ) -> DocumentFile:
        """Store facts for a preview. The same facts are one draft, which belongs to the workflow that gathered them last."""
        self.documents.sweep(now)
        file = self.documents.keep(f"{stem(application, name, period)}.json", FACTS, facts, now, now + DRAFTS_KEPT)
        row = {
            "facts": file.digest,
            "application": application,
            "name": name,
            "period": period,
            "operation": operation,
            "files": [],
            "program": program(),
            "at": now,
        }
        again = {"operation": operation, "at": now}
        statement = self._database.insert(ReportDraftRow).values(row)
        with self._database.writing() as session:
            session.execute(statement.on_conflict_do_update(index_elements=["facts"], set_=again))
        return file

    def draft(self, facts: str) -> ReportDraftRow:
        """Return the draft with these facts. `NotFoundError`: the records have none."""
        with self._database.reading() as session:
            found = session.get(ReportDraftRow, facts)
        if found is None:
            raise NotFoundError(f"the records have no draft of a report with the facts {facts}")
        return found

    def draft_of(self, operation: str) -> ReportDraftRow | None:
        """Return the latest draft that a workflow gathered; None without any."""
        query = select(ReportDraftRow).where(ReportDraftRow.operation == operation)
        with self._database.reading() as session:
            return session.exec(query.order_by(col(ReportDraftRow.at).desc())).first()

    def keep_files(self, facts: str, files: Mapping[str, tuple[str, bytes]], now: datetime) -> list[DocumentFile]:
        """Store the files of a draft, by name with media type, and return those that count: the first ones stored.

        A worker that makes them again may be of another version, whose bytes may differ.
        """
        made = [
            self.documents.keep(name, media_type, content, now, now + DRAFTS_KEPT)
            for name, (media_type, content) in files.items()
        ]
        with self._database.writing() as session:
            draft = session.exec(
                select(ReportDraftRow).where(ReportDraftRow.facts == facts).with_for_update()
            ).one_or_none()
            if draft is None:
                raise NotFoundError(f"the records have no draft of a report with the facts {facts}")
            if draft.files and not self._lost(session, draft.files):
                return files_of(draft.files)
            values = {"files": [file.model_dump(mode="json") for file in made], "program": program()}
            session.execute(update(ReportDraftRow).where(col(ReportDraftRow.facts) == facts).values(**values))
        return made

    def _lost(self, session: Session, files: Sequence[dict[str, Any]]) -> bool:
        """Return whether the documents of an old draft are deleted already."""
        digests = [str(file["digest"]) for file in files]
        found = session.exec(select(StoredDocument.digest).where(col(StoredDocument.digest).in_(digests))).all()
        return len(set(found)) < len(set(digests))

    # --- seals

    def seal(self, request: SealReport) -> SealedReport:
        """Seal a report: its facts and files are kept permanently, and the row never changes. A repeated request returns
        the same seal.

        `UserError`: the version is sealed with other facts, or is not the next one. `NotFoundError`: a document is lost.
        """
        draft = self.draft(request.facts)
        if not draft.files:
            raise UserError(f"the report with the facts {request.facts} has no files, so it cannot be sealed")
        for _ in range(_TRIES):
            with self._database.writing() as session:
                stood = session.exec(_versions(request.application, request.report, request.period)).all()
                known = {row.version: row for row in stood}
                if (row := known.get(request.version)) is not None:
                    return _the_same(_sealed(row), request)
                if request.version != len(stood) + 1:
                    raise UserError(
                        f"version {request.version} of {request.report} {request.period} cannot be sealed: "
                        f"{len(stood)} versions are sealed"
                    )
                sealed = self._next(session, request, draft)
                keep_permanently(session, [sealed.facts, *(file.digest for file in sealed.files)])
                if self._add(session, sealed):
                    return sealed
            # Another report of this name took the place at the same time.
        raise StoreError(f"{request.operation} could not be sealed: other reports were sealed at the same time")

    def _next(self, session: Session, request: SealReport, draft: ReportDraftRow) -> SealedReport:
        named = (SealedReportRow.application == request.application) & (SealedReportRow.name == request.report)
        before = session.exec(
            select(SealedReportRow).where(named).order_by(col(SealedReportRow.sequence).desc()).limit(1)
        ).first()
        data = storable_data(request.model_dump(mode="json")) | {
            "at": request.at.astimezone(UTC),
            "seal": "0" * 64,
            "sequence": before.sequence + 1 if before else 1,
            "predecessor": before.seal if before else "",
            "files": draft.files,
            "program": draft.program,
        }
        unsealed = SealedReport.model_validate(data)
        return unsealed.model_copy(update={"seal": unsealed.computed_seal()})

    def _add(self, session: Session, sealed: SealedReport) -> bool:
        values = sealed.model_dump(mode="json", exclude={"report"}) | {"name": sealed.report, "at": sealed.at}
        statement = self._database.insert(SealedReportRow).values(values).on_conflict_do_nothing()
        return session.execute(statement.returning(SealedReportRow.seal)).first() is not None

    def latest(self, application: str, name: str, period: str) -> SealedReport | None:
        """Return the latest version of a report; None if none is sealed."""
        versions = self.versions(application, name, period)
        return versions[-1] if versions else None

    def versions(self, application: str, name: str, period: str) -> list[SealedReport]:
        """Return all sealed versions of a report, in order."""
        with self._database.reading() as session:
            return [_sealed(row) for row in session.exec(_versions(application, name, period)).all()]

    def before(self, application: str, name: str, period: str) -> SealedReport | None:
        """Return the latest sealed report of an earlier period; None for the first."""
        query = select(SealedReportRow).where(
            SealedReportRow.application == application,
            SealedReportRow.name == name,
            col(SealedReportRow.period) < period,
        )
        order = (col(SealedReportRow.period).desc(), col(SealedReportRow.version).desc())
        with self._database.reading() as session:
            found = session.exec(query.order_by(*order).limit(1)).first()
        return None if found is None else _sealed(found)

    def all(
        self, application: str | None = None, name: str | None = None, limit: int | None = None
    ) -> list[SealedReport]:
        """Return the sealed reports, the latest first."""
        query = _filtered(select(SealedReportRow), application, name)
        with self._database.reading() as session:
            rows = session.exec(query.order_by(col(SealedReportRow.at).desc()).limit(limit)).all()
        return [_sealed(row) for row in rows]

    def count(self, application: str | None = None, name: str | None = None) -> int:
        """Return the number of sealed reports."""
        query = _filtered(select(func.count()).select_from(SealedReportRow), application, name)
        with self._database.reading() as session:
            return int(session.exec(query).one())

    def with_document(self, digest: str) -> list[SealedReport]:
        """Return the sealed reports that a file belongs to: its facts, or one of its files."""
        return [one for one in self.all() if digest in {one.facts, *(file.digest for file in one.files)}]

    def chain(self, application: str, name: str) -> list[SealedReport]:
        """Return all sealed reports of one name in the order in which they were sealed."""
        query = _filtered(select(SealedReportRow), application, name).order_by(col(SealedReportRow.sequence))
        with self._database.reading() as session:
            return [_sealed(row) for row in session.exec(query).all()]


def stem(application: str, name: str, period: str) -> str:
    """Return the beginning of the names of a report's files: `acme.shop-monthly-2026-11`."""
    return f"{application}-{name}-{period}"


def program() -> str:
    """Return the version of Driftvakt that runs."""
    try:
        return version("driftvakt")
    except PackageNotFoundError:  # run from a checkout
        return "unknown"


def files_of(rows: Sequence[dict[str, Any]]) -> list[DocumentFile]:
    """Return the files of a row."""
    return [DocumentFile.model_validate(row) for row in rows]


def _versions(application: str, name: str, period: str) -> Any:
    query = _filtered(select(SealedReportRow), application, name).where(SealedReportRow.period == period)
    return query.order_by(col(SealedReportRow.version))


def _filtered(query: Any, application: str | None, name: str | None) -> Any:
    if application is not None:
        query = query.where(SealedReportRow.application == application)
    return query if name is None else query.where(SealedReportRow.name == name)


def _sealed(row: SealedReportRow) -> SealedReport:
    data = {name: getattr(row, name) for name in SealedReport.model_fields if name != "report"}
    return SealedReport.model_validate(data | {"report": row.name})


def _the_same(sealed: SealedReport, request: SealReport) -> SealedReport:
    if (sealed.operation, sealed.facts) != (request.operation, request.facts):
        raise UserError(
            f"version {sealed.version} of {sealed.report} {sealed.period} is sealed already, by {sealed.operation}"
        )
    return sealed
