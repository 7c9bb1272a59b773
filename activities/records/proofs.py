"""Proofs of instructions in the records: stored after each use, judged on request."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, col, select

from activities.records.database import Database
from models.dossier import Dossier
from models.dossier.provable import provable
from models.errors import UserError
from models.proof import Freshness, Proof, ProofRecord, Use, freshness
from models.tables import ProofRow


def proof_rows(records: Sequence[ProofRecord], dossier: Callable[[str], Dossier]) -> list[dict[str, Any]]:
    """Return the rows for uses; `dossier` returns a version by its digest. Instructions that the version does not
    contain are skipped.
    """
    rows = []
    for record in records:
        try:
            found = provable(dossier(record.dossier)).get(record.instruction)
        except UserError:  # a version that is not there, or can no longer be read: of no instruction of today a proof
            continue
        if found is not None:
            data = record.model_dump(exclude={"type", "use"})
            rows.append({**data, "use": record.use.value, "digest": found.digest})
    return rows


def write_proofs(database: Database, session: Session, rows: list[dict[str, Any]]) -> None:
    """Store the rows; the same use again changes nothing."""
    if rows:
        session.execute(database.insert(ProofRow).on_conflict_do_nothing(), rows)


def freshness_of(database: Database, dossier: Dossier, now: datetime | None = None) -> dict[str, Freshness]:
    """Return the freshness of every instruction of a dossier, by name. If `now` is given, later proofs do not count."""
    moment = now or datetime.now(UTC)
    query = select(ProofRow).where(ProofRow.application == dossier.id)
    if now is not None:
        query = query.where(col(ProofRow.at) <= now)
    with database.reading() as session:
        rows = session.exec(query.order_by(col(ProofRow.at))).all()
    uses: dict[str, list[Proof]] = defaultdict(list)
    for row in rows:
        proof = Proof(use=Use(row.use), at=row.at, operation=row.operation, dossier=row.dossier, digest=row.digest)
        uses[row.instruction].append(proof)
    return {
        name: freshness(dossier.id, name, part.title, part.digest, dossier.instructions.fresh_for, uses[name], moment)
        for name, part in provable(dossier).items()
    }
