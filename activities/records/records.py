"""Keeping and giving records; blocking, one short transaction a method, and each may be repeated without harm."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from threading import Lock
from typing import Any, Final

from pydantic import ValidationError
from sqlalchemy import case, delete, exists, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from activities.records.database import Database
from activities.records.proofs import freshness_of, proof_rows, write_proofs
from activities.records.requests import must_be_the_same, request_digest
from activities.records.text import storable, storable_data
from models.dossier import Dossier
from models.errors import DossierError, IdUsedError, NotFoundError
from models.jobs import JobResult
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
    DossierVersion,
    FencingToken,
    IncidentEntry,
    IncidentRow,
    JobOutput,
    OperationEntry,
    OperationRow,
    Quarantined,
    TokenGrant,
    UsedDecision,
)

_KEPT_DOSSIERS: Final = 512
"""In memory; a version never changes, so none goes stale."""


class Records:
    """The records in one database; safe to use from many threads and processes.

    Every method raises `StoreUnavailableError` when the database does not answer and `StoreError` when it refuses.
    """

    def __init__(self, url: str) -> None:
        """Take the URL of a database that `upgrade` has prepared; nothing is connected yet. `SettingsError` for a bad URL."""
        self.database = Database(url)
        self._dossiers: OrderedDict[str, Dossier] = OrderedDict()
        self._lock = Lock()

    def ping(self) -> None:
        """Return if the database answers and has its tables."""
        with self.database.reading() as session:
            session.exec(select(CurrentDossier.application).limit(1)).first()

    def close(self) -> None:
        """Close the connections that are kept."""
        self.database.close()

    # --- dossiers

    def publish_dossier(self, dossier: Dossier, by: str) -> bool:
        """Keep a version of a dossier and let it hold from now on; False if it held already."""
        digest = dossier.digest
        version = {
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
            current = {"application": dossier.id, "digest": digest}
            self._upsert(session, CurrentDossier, [current], ["application"])
        return True

    def current_dossier(self, application: str) -> Dossier | None:
        """The dossier that holds; None when none is published. `DossierError` when this version of us cannot read it."""
        digest = self.current_digest(application)
        return None if digest is None else self.dossier(digest)

    def current_digest(self, application: str) -> str | None:
        """The digest of the dossier that holds; None when none is published."""
        with self.database.reading() as session:
            found = session.get(CurrentDossier, application)
        return None if found is None else found.digest

    def dossier(self, digest: str) -> Dossier:
        """One version of a dossier; `NotFoundError` when it was never published here."""
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
        """What the dossiers of an application that were published by then hold, the latest first."""
        query = select(DossierVersion).where(
            DossierVersion.application == application, col(DossierVersion.published_at) <= at
        )
        with self.database.reading() as session:
            for version in session.exec(query.order_by(col(DossierVersion.published_at).desc())):
                yield version.content

    def applications(self) -> list[str]:
        """The applications that have a dossier, sorted."""
        with self.database.reading() as session:
            return list(session.exec(select(CurrentDossier.application).order_by(CurrentDossier.application)).all())

    # --- incidents and alarms

    def incident(self, id: str) -> IncidentRow:
        """An incident by its workflow id; `NotFoundError` when there is none."""
        with self.database.reading() as session:
            found = session.get(IncidentRow, id)
        if found is None:
            raise NotFoundError(f"there is no incident {id!r} in the records")
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
        """Incidents that meet all that is given, the latest first; all of them where the limit is None."""
        query = _incidents(select(IncidentRow), application, state, open_only, closed_only)
        if closed_since is not None:
            query = query.where(col(IncidentRow.closed_at) >= closed_since)
        with self.database.reading() as session:
            latest = (col(IncidentRow.opened_at).desc(), col(IncidentRow.number).desc())
            return list(session.exec(query.order_by(*latest).limit(limit)).all())

    def count_incidents(
        self, application: str | None = None, *, open_only: bool = False, closed_only: bool = False
    ) -> int:
        """How many incidents meet all that is given."""
        query = _incidents(select(func.count()).select_from(IncidentRow), application, None, open_only, closed_only)
        with self.database.reading() as session:
            return int(session.exec(query).one())

    def timeline(self, id: str) -> list[IncidentEntry]:
        """The timeline of an incident, in order; empty when nothing is known of it."""
        query = select(IncidentEntry).where(IncidentEntry.incident == id)
        query = query.order_by(col(IncidentEntry.at), col(IncidentEntry.sequence))
        with self.database.reading() as session:
            return list(session.exec(query).all())

    def alarms(self, application: str | None = None, limit: int = 100) -> list[AlarmEntry]:
        """Alarm messages and what became of them, the latest first."""
        query = select(AlarmEntry)
        if application is not None:
            query = query.where(AlarmEntry.application == application)
        latest = (col(AlarmEntry.at).desc(), col(AlarmEntry.sequence).desc())
        with self.database.reading() as session:
            return list(session.exec(query.order_by(*latest).limit(limit)).all())

    def next_numbers(self, application: str) -> tuple[int, int]:
        """The incident number and the alarm sequence to go on from: the highest kept, plus one."""
        numbers = select(func.max(IncidentRow.number)).where(col(IncidentRow.application) == application)
        sequences = select(func.max(AlarmEntry.sequence)).where(col(AlarmEntry.application) == application)
        with self.database.reading() as session:
            number, sequence = session.exec(numbers).one(), session.exec(sequences).one()
        return (number or 0) + 1, (0 if sequence is None else sequence) + 1

    def write(self, batch: WriteRecords) -> None:
        """Write incidents, operations, timelines and alarms in one transaction.

        The later write wins. An operation, once closed, stays so; an incident, unless it was opened again. Known timeline
        entries and alarms are left alone, see `_tell`. `IdUsedError` where an operation's id names another one already.
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
            self._tell(session, IncidentEntry, [_entry_row(record, entry) for entry in record.timeline], "incident")

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
            entries = [{"operation": record.id, **_told(record.run, entry)} for entry in record.timeline]
            self._tell(session, OperationEntry, entries, "operation")

    def _tell(self, session: Session, table: Any, entries: list[dict[str, Any]], of: str) -> None:
        """Write lines of a timeline.

        What is known is left alone, but for what history does not know: a workflow task that could not be completed is tried
        again, later, and may tell something else then.
        """
        statement = self.database.insert(table)
        changes = {name: statement.excluded[name] for name in ("at", "kind", "text", "data")}
        tried_again = statement.excluded.at > table.at
        key = [of, "run", "sequence"]
        session.execute(statement.on_conflict_do_update(index_elements=key, set_=changes, where=tried_again), entries)
        # The first attempt may have told more: what stands after a line that happened later.
        mine, other = (getattr(table, of) == entries[0][of]) & (table.run == entries[0]["run"]), aliased(table)
        before = (
            (getattr(other, of) == getattr(table, of)) & (other.run == table.run) & (other.sequence < table.sequence)
        )
        session.execute(delete(table).where(mine, exists().where(before, other.at > table.at)))

    # --- operations

    def operation(self, id: str) -> OperationRow:
        """An operation by its workflow id; `NotFoundError` when there is none."""
        with self.database.reading() as session:
            found = session.get(OperationRow, id)
        if found is None:
            raise NotFoundError(f"there is no operation {id!r} in the records")
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
        """Operations that meet all that is given, the latest first; without a limit all of them."""
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
        """How many operations meet all that is given."""
        count = select(func.count()).select_from(OperationRow)
        query = _operations(count, application, kind, name, open_only, closed_only)
        with self.database.reading() as session:
            return int(session.exec(query).one())

    def operation_timeline(self, id: str) -> list[OperationEntry]:
        """The timeline of an operation, in order; empty when nothing is known of it."""
        query = select(OperationEntry).where(OperationEntry.operation == id)
        with self.database.reading() as session:
            return list(session.exec(query.order_by(col(OperationEntry.at), col(OperationEntry.sequence))).all())

    def freshness(self, dossier: Dossier, now: datetime | None = None) -> dict[str, Freshness]:
        """How well every instruction of a dossier is proven, by name."""
        return freshness_of(self.database, dossier, now)

    # --- tokens and decisions

    def take_tokens(self, request: TakeTokens) -> Tokens:
        """Give each component a token above all it was given before, from the time in ms on; the same key gives the same.

        `KeyReusedError` when the key was used to ask for another number of tokens. A component that is new to the key, as one
        that was published between two attempts, gets a new token.
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
        """Use an approval up; the same run may ask again for the same decision. No other run and no other decision may."""
        row = {**request.model_dump(), "option": storable(request.option), "by": storable_data(request.by)}
        with self.database.writing() as session:
            session.execute(self.database.insert(UsedDecision).values(row).on_conflict_do_nothing())
            used = session.get(UsedDecision, request.gate)
            assert used is not None
            same = (used.run, used.option, used.by) == (row["run"], row["option"], row["by"])
            return DecisionUse(accepted=same, used_by_run=used.run)

    # --- outputs

    def keep_output(self, result: JobResult, stdout: bytes, stderr: bytes) -> None:
        """Keep what a job wrote; what was kept of it before is replaced."""
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
        """What a job wrote on a host, as far as it is kept; `NotFoundError` when nothing is."""
        with self.database.reading() as session:
            found = session.get(JobOutput, (job, host))
        if found is None:
            raise NotFoundError(f"no output of the job {job!r} on {host!r} is kept")
        return found

    # --- quarantine

    def quarantine(self, source: str, body: bytes, reason: str) -> str:
        """Keep a body that was not understood and give its id; the same again is counted."""
        return self.quarantine_all(source, [(body, reason)])[0]

    def quarantine_all(self, source: str, bodies: Sequence[tuple[bytes, str]]) -> list[str]:
        """Keep all these (body, reason), or none; an id each."""
        now = datetime.now(UTC)
        rows: dict[str, dict[str, Any]] = {}
        ids = [_quarantine_id(source, body) for body, _ in bodies]
        for id, (body, reason) in zip(ids, bodies, strict=True):
            fresh = {
                "id": id,
                "received_at": now,
                "source": storable(source),
                "body": body,
                "reason": storable(reason),
                "times": 0,
            }
            rows.setdefault(id, fresh)["times"] += 1
        statement = self.database.insert(Quarantined)
        again = statement.on_conflict_do_update(
            index_elements=["id"],
            set_={
                "times": col(Quarantined.times) + statement.excluded.times,
                "received_at": case(
                    (col(Quarantined.received_at) < statement.excluded.received_at, statement.excluded.received_at),
                    else_=col(Quarantined.received_at),
                ),
            },
        )
        with self.database.writing() as session:
            # In one order everywhere, as with tokens.
            session.execute(again, [rows[id] for id in sorted(rows)])
        return ids

    def quarantined(
        self, source: str | None = None, limit: int = 100, *, beginning: str | None = None
    ) -> list[Quarantined]:
        """What was not understood, the latest first; of one source, or whose id begins so."""
        query = select(Quarantined)
        if source is not None:
            query = query.where(Quarantined.source == source)
        if beginning is not None:
            query = query.where(col(Quarantined.id).startswith(beginning, autoescape=True))
        with self.database.reading() as session:
            return list(session.exec(query.order_by(col(Quarantined.received_at).desc()).limit(limit)).all())

    def count_quarantined(self, source: str | None = None) -> int:
        """How much of it there is."""
        query = select(func.count()).select_from(Quarantined)
        if source is not None:
            query = query.where(Quarantined.source == source)
        with self.database.reading() as session:
            return int(session.exec(query).one())

    def _upsert(self, session: Session, table: Any, rows: list[dict[str, Any]], key: list[str]) -> None:
        statement = self.database.insert(table)
        changes = {name: statement.excluded[name] for name in rows[0] if name not in key}
        session.execute(statement.on_conflict_do_update(index_elements=key, set_=changes), rows)


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
    """What is raised where an operation comes under the id of another one, with an id that is free."""
    head, _, last = kept.id.rpartition(".")
    counted = bool(head) and last.isdecimal()
    numbers = count(int(last) + 1 if counted else 2)
    free = (f"{head}.{number}" if counted else f"{kept.id}-{number}" for number in numbers)
    fresh = next(id for id in free if session.get(OperationRow, id) is None)
    return IdUsedError(
        f"{kept.id} names another operation already ({kept.title}, asked for by {kept.opened_by} on "
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
    return {"incident": record.id, **_told(record.run, entry)}


def _told(run: str, entry: TimelineEntry) -> dict[str, Any]:
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


def _quarantine_id(source: str, body: bytes) -> str:
    return hashlib.sha256(source.encode("utf-8", "replace") + b"\0" + body).hexdigest()
