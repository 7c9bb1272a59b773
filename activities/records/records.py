"""Read and write the records. Methods block, use one short transaction each, and may be repeated without harm."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Lock
from typing import Any, Final

from pydantic import ValidationError
from sqlalchemy import delete, exists, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from activities.records.database import Database
from activities.records.proofs import freshness_of, proof_rows, write_proofs
from activities.records.quarantine import Quarantine
from activities.records.requests import must_be_the_same, request_digest
from activities.records.text import storable, storable_data
from models.dossier import Dossier
from models.errors import DossierError, IdUsedError, NotFoundError
from models.jobs import JobResult
from models.names import as_typed
from models.proof import Freshness
from models.records import (
    AlarmRecord,
    DecisionUse,
    IncidentRecord,
    OperationRecord,
    TakeTokens,
    TimelineEntry,
    Tokens,
    UseDecision,
    WriteRecords,
)
from models.tables import (
    AlarmEntry,
    CurrentDossier,
    DossierUse,
    DossierVersion,
    FencingToken,
    IncidentEntry,
    IncidentRow,
    JobOutput,
    OperationEntry,
    OperationRow,
    TokenGrant,
    UsedDecision,
)

_KEPT_DOSSIERS: Final = 512
"""Dossiers in memory; a version never changes, so no entry becomes stale."""


class Records:
    """The records in one database; safe to use from many threads and processes.

    Every method raises `StoreUnavailableError` if the database does not answer, and `StoreError` if it refuses.
    """

    def __init__(self, url: str) -> None:
        """`url`: a database that `upgrade` has prepared; nothing is connected yet. Raise `SettingsError` for an invalid
        URL.
        """
        self.database = Database(url)
        self.quarantine = Quarantine(self.database)
        self._dossiers: OrderedDict[str, Dossier] = OrderedDict()
        self._lock = Lock()

    def ping(self) -> None:
        """Return if the database answers and has its tables; otherwise raise."""
        with self.database.reading() as session:
            session.exec(select(CurrentDossier.application).limit(1)).first()

    def close(self) -> None:
        """Close the open connections."""
        self.database.close()

    # --- dossiers

    def publish_dossier(self, dossier: Dossier, by: str) -> bool:
        """Store a version of a dossier and make it the current one; return False if it was current already."""
        digest = dossier.digest
        version: dict[str, Any] = {
            "digest": digest,
            "application": dossier.id,
            "content": dossier.model_dump(mode="json"),
            "published_at": datetime.now(UTC),
            "published_by": storable(by),
        }
        with self.database.writing() as session:
            before = session.get(CurrentDossier, dossier.id)
            if before is not None and before.digest == digest:
                return False
            session.execute(self.database.insert(DossierVersion).values(version).on_conflict_do_nothing())
            self._note_use(session, dossier.id, digest, version["published_at"], version["published_by"])
            current = {"application": dossier.id, "digest": digest}
            self._upsert(session, CurrentDossier, [current], ["application"])
        return True

    def _note_use(self, session: Session, application: str, digest: str, at: datetime, by: str) -> None:
        latest = session.exec(select(func.max(DossierUse.at)).where(DossierUse.application == application)).one()
        if latest is not None and latest >= at:  # the clock was set back; the order of the versions must not change
            at = latest + timedelta(microseconds=1)
        session.add(DossierUse(application=application, at=at, digest=digest, by=by))

    def current_dossier(self, application: str) -> Dossier | None:
        """Return the current dossier; None if none is published. Raise `DossierError` if this release cannot read
        it.
        """
        digest = self.current_digest(application)
        return None if digest is None else self.dossier(digest)

    def current_digest(self, application: str) -> str | None:
        """Return the digest of the current dossier; None if none is published."""
        with self.database.reading() as session:
            found = session.get(CurrentDossier, application)
        return None if found is None else found.digest

    def dossier(self, digest: str) -> Dossier:
        """Return one version of a dossier; raise `NotFoundError` if it was never published here."""
        with self._lock:
            known = self._dossiers.get(digest)
            if known is not None:
                self._dossiers.move_to_end(digest)
                return known
        with self.database.reading() as session:
            version = session.get(DossierVersion, digest)
        if version is None:
            raise NotFoundError(f"no dossier with the digest {digest!r} is published")
        dossier = _read_dossier(version)
        with self._lock:
            self._dossiers[digest] = dossier
            if len(self._dossiers) > _KEPT_DOSSIERS:
                self._dossiers.popitem(last=False)
        return dossier

    def dossiers_before(self, application: str, at: datetime) -> Iterator[dict[str, Any]]:
        """Yield the content of the dossiers of an application that were published by then, the latest first."""
        query = select(DossierVersion).where(
            DossierVersion.application == application, col(DossierVersion.published_at) <= at
        )
        with self.database.reading() as session:
            for version in session.exec(query.order_by(col(DossierVersion.published_at).desc())):
                yield version.content

    def in_force_since(self, application: str, digest: str) -> datetime | None:
        """Return when a version of a dossier last became the current one; None if it never was."""
        query = select(func.max(DossierUse.at)).where(
            DossierUse.application == application, DossierUse.digest == digest
        )
        with self.database.reading() as session:
            return session.exec(query).one()

    def applications(self) -> list[str]:
        """Return the applications with a dossier, sorted."""
        with self.database.reading() as session:
            return list(session.exec(select(CurrentDossier.application).order_by(CurrentDossier.application)).all())

    # --- incidents and alarms

    def incident(self, id: str) -> IncidentRow:
        """Return an incident by its workflow id; raise `NotFoundError` if it does not exist."""
        with self.database.reading() as session:
            found = session.get(IncidentRow, id)
        if found is None:
            raise unknown_incident(id)
        return found

    def incidents(
        self,
        application: str | None = None,
        *,
        state: str | None = None,
        open_only: bool = False,
        closed_only: bool = False,
        closed_since: datetime | None = None,
        limit: int | None = 100,
    ) -> list[IncidentRow]:
        """Return incidents that match all given filters, the latest first; all if the limit is None."""
        query = _incidents(select(IncidentRow), application, state, open_only, closed_only)
        if closed_since is not None:
            query = query.where(col(IncidentRow.closed_at) >= closed_since)
        with self.database.reading() as session:
            latest = (col(IncidentRow.opened_at).desc(), col(IncidentRow.number).desc())
            return list(session.exec(query.order_by(*latest).limit(limit)).all())

    def count_incidents(
        self, application: str | None = None, *, open_only: bool = False, closed_only: bool = False
    ) -> int:
        """Return the number of incidents that match all given filters."""
        query = _incidents(select(func.count()).select_from(IncidentRow), application, None, open_only, closed_only)
        with self.database.reading() as session:
            return int(session.exec(query).one())

    def timeline(self, id: str) -> list[IncidentEntry]:
        """Return the timeline of an incident, in order; empty for an unknown incident."""
        query = select(IncidentEntry).where(IncidentEntry.incident == id)
        query = query.order_by(col(IncidentEntry.at), col(IncidentEntry.sequence))
        with self.database.reading() as session:
            return list(session.exec(query).all())

    def alarms(self, application: str | None = None, limit: int = 100) -> list[AlarmEntry]:
        """Return alarm messages with their dispositions, the latest first."""
        query = select(AlarmEntry)
        if application is not None:
            query = query.where(AlarmEntry.application == application)
        latest = (col(AlarmEntry.at).desc(), col(AlarmEntry.sequence).desc())
        with self.database.reading() as session:
            return list(session.exec(query.order_by(*latest).limit(limit)).all())

    def next_numbers(self, application: str) -> tuple[int, int]:
        """Return the next incident number and the next alarm sequence: the highest stored ones, plus one."""
        numbers = select(func.max(IncidentRow.number)).where(col(IncidentRow.application) == application)
        sequences = select(func.max(AlarmEntry.sequence)).where(col(AlarmEntry.application) == application)
        with self.database.reading() as session:
            number, sequence = session.exec(numbers).one(), session.exec(sequences).one()
        return (number or 0) + 1, (0 if sequence is None else sequence) + 1

    def write(self, batch: WriteRecords) -> None:
        """Write incidents, operations, timelines and alarms in one transaction.

        The later write wins. A closed operation stays closed; a closed incident too, unless it was reopened. Known
        timeline entries and alarms stay unchanged, see `_add_lines`. Raise `IdUsedError` if another operation already
        has the id.
        """
        proofs = proof_rows(batch.proofs, self.dossier)
        with self.database.writing() as session:
            write_proofs(self.database, session, proofs)
            for record in batch.incidents:
                self._write_incident(session, record)
            for operation in batch.operations:
                self._write_operation(session, operation)
            if batch.alarms:
                rows = [_alarm_row(record) for record in batch.alarms]
                session.execute(self.database.insert(AlarmEntry).on_conflict_do_nothing(), rows)

    def _write_incident(self, session: Session, record: IncidentRecord) -> None:
        row = _incident_row(record)
        statement = self.database.insert(IncidentRow)
        # A write that was on its way for long may come after the one that closed the incident.
        later = statement.excluded.reopened > col(IncidentRow.reopened)
        current = statement.excluded.reopened == col(IncidentRow.reopened)
        closing = or_(col(IncidentRow.closed_at).is_(None), statement.excluded.closed_at.is_not(None))
        still_open = or_(later, current & closing)
        changes: dict[str, Any] = {name: statement.excluded[name] for name in row if name != "id"}
        changes["outcome"] = func.coalesce(statement.excluded.outcome, col(IncidentRow.outcome))
        session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changes, where=still_open), row)
        if record.timeline:
            self._add_lines(
                session, IncidentEntry, [_entry_row(record, entry) for entry in record.timeline], "incident"
            )

    def _write_operation(self, session: Session, record: OperationRecord) -> None:
        kept = session.get(OperationRow, record.id)
        if kept is not None and kept.first_run and record.first_run and kept.first_run != record.first_run:
            raise _id_used(session, kept)
        row = storable_data(record.model_dump(exclude={"type", "run", "timeline", "data"}))
        row["data"] = storable_data(record.model_dump(mode="json")["data"])
        statement = self.database.insert(OperationRow)
        changes: dict[str, Any] = {name: statement.excluded[name] for name in row if name != "id"}
        still_open = or_(col(OperationRow.closed_at).is_(None), statement.excluded.closed_at.is_not(None))
        session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changes, where=still_open), row)
        if record.timeline:
            entries = [{"operation": record.id, **_line_row(record.run, entry)} for entry in record.timeline]
            self._add_lines(session, OperationEntry, entries, "operation")

    def _add_lines(self, session: Session, table: Any, entries: list[dict[str, Any]], of: str) -> None:
        """Write lines of a timeline.

        Known lines stay unchanged, except those that history does not contain: a failed workflow task is retried later,
        and may then write other lines.
        """
        statement = self.database.insert(table)
        changes = {name: statement.excluded[name] for name in ("at", "kind", "text", "data")}
        tried_again = statement.excluded.at > table.at
        key = [of, "run", "sequence"]
        session.execute(statement.on_conflict_do_update(index_elements=key, set_=changes, where=tried_again), entries)
        # The first attempt may have written further lines: those after a line that is later than these.
        mine, other = (getattr(table, of) == entries[0][of]) & (table.run == entries[0]["run"]), aliased(table)
        before = (
            (getattr(other, of) == getattr(table, of)) & (other.run == table.run) & (other.sequence < table.sequence)
        )
        session.execute(delete(table).where(mine, exists().where(before, other.at > table.at)))

    # --- operations

    def operation(self, id: str) -> OperationRow:
        """Return an operation by its workflow id; raise `NotFoundError` if it does not exist."""
        with self.database.reading() as session:
            found = session.get(OperationRow, id)
        if found is None:
            raise NotFoundError(
                f"there is no operation {as_typed(id)}; `driftvakt operation list --all` lists all operations"
            )
        return found

    def operations(
        self,
        application: str | None = None,
        *,
        kind: str | None = None,
        name: str | None = None,
        open_only: bool = False,
        closed_only: bool = False,
        closed_since: datetime | None = None,
        limit: int | None = 100,
    ) -> list[OperationRow]:
        """Return operations that match all given filters, the latest first; all if the limit is None."""
        query = _operations(select(OperationRow), application, kind, name, open_only, closed_only)
        if closed_since is not None:
            query = query.where(col(OperationRow.closed_at) >= closed_since)
        with self.database.reading() as session:
            latest = (col(OperationRow.opened_at).desc(), col(OperationRow.id).desc())
            return list(session.exec(query.order_by(*latest).limit(limit)).all())

    def count_operations(
        self,
        application: str | None = None,
        *,
        kind: str | None = None,
        name: str | None = None,
        open_only: bool = False,
        closed_only: bool = False,
    ) -> int:
        """Return the number of operations that match all given filters."""
        count = select(func.count()).select_from(OperationRow)
        query = _operations(count, application, kind, name, open_only, closed_only)
        with self.database.reading() as session:
            return int(session.exec(query).one())

    def operation_timeline(self, id: str) -> list[OperationEntry]:
        """Return the timeline of an operation, in order; empty for an unknown operation."""
        query = select(OperationEntry).where(OperationEntry.operation == id)
        with self.database.reading() as session:
            return list(session.exec(query.order_by(col(OperationEntry.at), col(OperationEntry.sequence))).all())

    def freshness(self, dossier: Dossier, now: datetime | None = None) -> dict[str, Freshness]:
        """Return the freshness of every instruction of a dossier, by name."""
        return freshness_of(self.database, dossier, now)

    # --- tokens and decisions

    def take_tokens(self, request: TakeTokens) -> Tokens:
        """Give each component a token above all earlier ones, at least the time in ms; the same key returns the same
        tokens.

        Raise `KeyReusedError` if the key was used for another number of tokens. A component that is new to the key, for
        example published between two attempts, gets a new token.
        """
        # In one order everywhere: two requests for the same components must not wait for each other.
        components = sorted(set(request.components))
        with self.database.writing() as session:
            tokens = {name: self._token(session, request, name) for name in components}
            return Tokens(tokens=tokens)

    def _token(self, session: Session, request: TakeTokens, component: str) -> int:
        # The row is locked before the grant is looked for, so that two askers with one key cannot both miss it.
        row = {"component": component, "token": 0}
        session.execute(self.database.insert(FencingToken).values(row).on_conflict_do_nothing())
        highest = session.exec(select(FencingToken).where(FencingToken.component == component).with_for_update()).one()
        granted = session.get(TokenGrant, (request.key, component))
        asked = request_digest(request, without={"components"})
        if granted is not None:
            must_be_the_same(granted.request, asked, request.key, "a request for fencing tokens")
            return granted.token
        # By the clock, a database that was restored from a backup still gives tokens that no host has seen.
        least = 1 if request.counted else time.time_ns() // 1_000_000
        first = max(highest.token + 1, least) if request.count else max(highest.token, 1)
        highest.token = max(highest.token, first + request.count - 1)
        session.add(TokenGrant(key=request.key, component=component, token=first, request=asked))
        session.flush()
        return first

    def use_decision(self, request: UseDecision) -> DecisionUse:
        """Consume an approval. The same run may ask again for the same decision; other runs and other decisions may
        not.
        """
        row = {**request.model_dump(), "option": storable(request.option), "by": storable_data(request.by)}
        with self.database.writing() as session:
            session.execute(self.database.insert(UsedDecision).values(row).on_conflict_do_nothing())
            used = session.get(UsedDecision, request.gate)
            assert used is not None
            same = (used.run, used.option, used.by) == (row["run"], row["option"], row["by"])
            return DecisionUse(accepted=same, used_by_run=used.run)

    # --- outputs

    def keep_output(self, result: JobResult, stdout: bytes, stderr: bytes) -> None:
        """Store the output of a job; it replaces the output stored before."""
        row = {
            "job": result.job,
            "host": result.host,
            "at": datetime.now(UTC),
            "stdout": stdout,
            "stderr": stderr,
        }
        with self.database.writing() as session:
            self._upsert(session, JobOutput, [row], ["job", "host"])

    def output(self, job: str, host: str) -> JobOutput:
        """Return the stored output of a job on a host; raise `NotFoundError` if there is none."""
        with self.database.reading() as session:
            found = session.get(JobOutput, (job, host))
        if found is None:
            raise NotFoundError(f"no output of the job {job!r} on {host!r} is kept")
        return found

    def _upsert(self, session: Session, table: Any, rows: list[dict[str, Any]], key: list[str]) -> None:
        statement = self.database.insert(table)
        changes = {name: statement.excluded[name] for name in rows[0] if name not in key}
        session.execute(statement.on_conflict_do_update(index_elements=key, set_=changes), rows)


def unknown_incident(id: str) -> NotFoundError:
    """Return the error that the records do not contain the incident with this workflow id."""
    name = as_typed(id.removeprefix("inc."))
    return NotFoundError(f"there is no incident {name}; `driftvakt incident list --all` lists all incidents")


def _incidents(query: Any, application: str | None, state: str | None, open_only: bool, closed_only: bool) -> Any:
    if application is not None:
        query = query.where(IncidentRow.application == application)
    if state is not None:
        query = query.where(IncidentRow.state == state)
    if open_only:
        query = query.where(col(IncidentRow.closed_at).is_(None))
    if closed_only:
        query = query.where(col(IncidentRow.closed_at).is_not(None))
    return query


def _operations(
    query: Any, application: str | None, kind: str | None, name: str | None, open_only: bool, closed_only: bool
) -> Any:
    if application is not None:
        query = query.where(OperationRow.application == application)
    if kind is not None:
        query = query.where(OperationRow.kind == kind)
    if name is not None:
        query = query.where(OperationRow.name == name)
    if open_only:
        query = query.where(col(OperationRow.closed_at).is_(None))
    if closed_only:
        query = query.where(col(OperationRow.closed_at).is_not(None))
    return query


def _id_used(session: Session, kept: OperationRow) -> IdUsedError:
    """Return the error for an operation with the id of another one; it suggests a free id."""
    head, _, last = kept.id.rpartition(".")
    counted = bool(head) and last.isdecimal()
    numbers = count(int(last) + 1 if counted else 2)
    free = (f"{head}.{number}" if counted else f"{kept.id}-{number}" for number in numbers)
    fresh = next(id for id in free if session.get(OperationRow, id) is None)
    return IdUsedError(
        f"{kept.id} is the id of another operation ({kept.title}, requested by {kept.opened_by} on "
        f"{kept.opened_at:%Y-%m-%d %H:%M} UTC), and nothing was done; start this one under another id, for example {fresh}"
    )


def _read_dossier(version: DossierVersion) -> Dossier:
    try:
        return Dossier.model_validate(version.content)
    except ValidationError as error:
        raise DossierError(
            f"the dossier of {version.application} with the digest {version.digest[:12]} was published in a format that is no "
            f"longer read ({error.error_count()} faults); publish it again"
        ) from None


def _incident_row(record: IncidentRecord) -> dict[str, Any]:
    row: dict[str, Any] = storable_data(record.model_dump(exclude={"type", "run", "timeline", "clock"}))
    return row | {"clock": storable_data([event.model_dump(mode="json") for event in record.clock])}


def _entry_row(record: IncidentRecord, entry: TimelineEntry) -> dict[str, Any]:
    return {"incident": record.id, **_line_row(record.run, entry)}


def _line_row(run: str, entry: TimelineEntry) -> dict[str, Any]:
    return {
        "run": run,
        "sequence": entry.sequence,
        "at": entry.at,
        "kind": entry.kind.value,
        "text": storable(entry.text),
        "data": storable_data(entry.model_dump(mode="json")["data"]),
    }


def _alarm_row(record: AlarmRecord) -> dict[str, Any]:
    receipt = record.receipt
    row: dict[str, Any] = storable_data(record.model_dump(exclude={"type", "receipt"}))
    return row | {
        "fingerprint": storable(receipt.fingerprint),
        "disposition": receipt.disposition.value,
        "incident": receipt.incident,
        "reason": storable(receipt.reason),
    }
