"""Reads what the records know of an application's instructions, for its handbook."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pydantic import ValidationError

from activities.handbook.source import DossierLines, HandbookSource, LastRestore
from activities.records import Records
from models.dossier import Dossier
from models.dossier.parties import Language, PartyKind
from models.operation import OperationEnd
from models.operation_kinds import DRILL, RESTORE
from models.restores import RestoreProof
from models.tables import OperationRow

_MOST = 1000
"""The most drills and restores of each kind that are searched for the last one; the newest come first."""


def language_for(dossier: Dossier, *, customer: bool) -> Language:
    """Return the language of the readers: that of the customer's party, or of the supplier's."""
    kind = PartyKind.CUSTOMER if customer else PartyKind.SUPPLIER
    return next((p.language for p in dossier.parties.values() if p.kind is kind), Language.ENGLISH)


def gather(
    records: Records | None,
    dossier: Dossier,
    as_of: datetime,
    *,
    language: Language | None = None,
    customer: bool = False,
    lines: DossierLines | None = None,
) -> HandbookSource:
    """Return the source of a handbook. Without records, it says of no instruction when it last worked."""
    return HandbookSource(
        dossier=dossier,
        as_of=as_of,
        language=language or language_for(dossier, customer=customer),
        customer=customer,
        proofs=None if records is None else records.freshness(dossier, as_of),
        restores={} if records is None else dict(_last_restores(records, dossier, as_of)),
        lines=lines,
    )


def _last_restores(records: Records, dossier: Dossier, as_of: datetime) -> Iterator[tuple[str, LastRestore]]:
    rows = [
        row
        for kind in (DRILL.name, RESTORE.name)
        for row in records.operations(dossier.id, kind=kind, limit=_MOST)
        if not row.rehearsed and row.closed_at is not None and row.closed_at <= as_of
    ]
    ended = sorted(rows, key=lambda row: row.closed_at or as_of)
    found: dict[str, LastRestore] = {}
    for row in ended:
        if row.outcome in {OperationEnd.DONE.value, OperationEnd.FAILED.value}:
            found[row.name] = _last(row)
    yield from ((name, last) for name, last in found.items() if name in dossier.instructions.restore)


def _last(row: OperationRow) -> LastRestore:
    try:
        proof = RestoreProof.model_validate(row.data.get("proof"))
    except ValidationError:  # it failed before a restore point was chosen
        proof = None
    failed = row.outcome == OperationEnd.FAILED.value
    return LastRestore(
        at=row.closed_at or row.opened_at,
        real=row.kind == RESTORE.name,
        verified=proof is not None and proof.verified,
        as_agreed=proof is not None and proof.as_agreed and not failed,
        lost=proof.lost if proof else None,
        took=proof.took if proof else None,
    )
