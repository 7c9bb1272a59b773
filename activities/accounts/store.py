"""Accounts in the records: made once, given back word for word, and checked."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any, Final

from sqlmodel import Session, col, select

from activities.accounts.building import build, events_of
from activities.accounts.clock import DrawClocks, ReadClocks, draw_clocks, read_clocks
from activities.accounts.customer import customer_copy
from activities.accounts.gathering import Gathered, brought_up_to, earlier_accounts, gather
from activities.accounts.sections import document
from activities.accounts.verifying import check
from activities.documents.markdown import markdown
from activities.documents.page import page
from activities.records import Records
from activities.records.text import storable
from models.account import Account, AccountCheck, AccountReceipt, AccountText, Standpoint, ToldByIncident, WriteAccount
from models.clock import ClockReading
from models.dossier.parties import Language, PartyKind
from models.errors import NotFoundError, UserError
from models.tables import IncidentAccount, IncidentRow

_TRIES: Final = 3


class Accounts:
    """The accounts of one installation; blocking."""

    def __init__(self, records: Records, read: ReadClocks = read_clocks, draw: DrawClocks = draw_clocks) -> None:
        """`read` and `draw` do the clocks."""
        self._records = records
        self._read = read
        self._draw = draw

    # --- writing

    def write(self, order: WriteAccount) -> AccountReceipt:
        """Write the account of an incident that is closed; the same run gives the same account and changes nothing.

        `NotFoundError` where the records do not know the incident, `UserError` where it is open.
        """
        for _ in range(_TRIES):
            if (stood := self._of_run(order)) is not None:
                return stood
            gathered = gather(self._records, order.incident)
            if gathered.incident.closed_at is None:
                raise UserError(f"the incident {order.incident} is open; its account is written when it is closed")
            version = max((e.version for e in gathered.earlier), default=0) + 1
            account = self._account(gathered, Standpoint.FINAL, order.now, version)
            if (written := self._keep(order, version, account)) is not None:
                return written
        raise UserError(
            f"the account of {order.incident} could not be written: others wrote at the same time; try again"
        )

    def _of_run(self, order: WriteAccount) -> AccountReceipt | None:
        with self._records.database.reading() as session:
            return _receipt(_find_run(session, order))

    def _keep(self, order: WriteAccount, version: int, account: Account) -> AccountReceipt | None:
        """Keep it; what stands there if another attempt of this run was first; None if another run was."""
        html = storable(page(document(account, self._draw)))
        text = storable(markdown(document(account, page_digest=sha256(html))))
        with self._records.database.writing() as session:
            # Whoever writes an account of this incident holds its row: no two find the same version free.
            session.exec(select(IncidentRow).where(IncidentRow.id == order.incident).with_for_update()).one()
            stood = _find_run(session, order)
            if stood is not None:
                return _receipt(stood)
            if any(e.version >= version for e in earlier_accounts(session, order.incident)):
                return None
            row = IncidentAccount(
                incident=order.incident,
                version=version,
                run=order.run,
                digest=sha256(text),
                markdown=text,
                html=html,
                at=account.at,
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
        told: ToldByIncident | None = None,
    ) -> AccountText:
        """The account as it was written, the latest unless a version is given; of an open incident a preliminary one.

        `told` is what an incident that is open says of itself.
        """
        if version is None:
            gathered = self._gather(incident, told)
            if (standpoint := _standpoint(gathered)) is not Standpoint.FINAL:
                return _text(self._account(gathered, standpoint, now or datetime.now(UTC)), self._draw)
        row = self._row(incident, version)
        return AccountText(
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
        told: ToldByIncident | None = None,
    ) -> AccountText:
        """A copy for the customer, made now from the same records; in the customer's language unless another is given.

        `told` is what an incident that is open says of itself.
        """
        gathered = self._gather(incident, told)
        standpoint = _standpoint(gathered)
        account = self._account(gathered, standpoint, now or datetime.now(UTC))
        if language is None:
            parties = gathered.dossier.parties.values() if gathered.dossier else ()
            language = next((p.language for p in parties if p.kind is PartyKind.CUSTOMER), Language.ENGLISH)
        digest = gathered.earlier[-1].digest if standpoint is Standpoint.FINAL else None
        return _text(customer_copy(account, gathered.dossier, language, digest), self._draw)

    def _gather(self, incident: str, told: ToldByIncident | None) -> Gathered:
        gathered = gather(self._records, incident)
        is_open = gathered.incident.closed_at is None  # it may have been closed since it was asked
        return brought_up_to(gathered, told) if told is not None and is_open else gathered

    def verify(self, incident: str, version: int | None = None) -> AccountCheck:
        """Whether an account is still what was written, and whether its promises follow from its events."""
        return check(self._row(incident, version), self._rows(incident), self._records, self._read)

    def _rows(self, incident: str) -> list[IncidentAccount]:
        query = select(IncidentAccount).where(IncidentAccount.incident == incident)
        with self._records.database.reading() as session:
            return list(session.exec(query.order_by(col(IncidentAccount.version))).all())

    def _row(self, incident: str, version: int | None) -> IncidentAccount:
        rows = {row.version: row for row in self._rows(incident)}
        if not rows:
            self._records.incident(incident)
            raise NotFoundError(f"no account of {incident} was written; it is written when the incident is closed")
        if version is not None and version not in rows:
            known = ", ".join(map(str, rows))
            raise NotFoundError(f"{incident} has no account of version {version}; it has {known}")
        return rows[version if version is not None else max(rows)]

    def _account(self, gathered: Gathered, standpoint: Standpoint, at: datetime, version: int | None = None) -> Account:
        events = events_of(gathered)
        return build(gathered, events, self._reading(gathered, at), standpoint, at, version)

    def _reading(self, gathered: Gathered, at: datetime) -> ClockReading | str:
        events = events_of(gathered)
        if gathered.dossier is None:
            return gathered.dossier_missing
        if not events:
            return "the records keep no events of its clock"
        try:
            # As of the close, so that anybody gets the same from the same events.
            as_of = max(gathered.incident.closed_at or at, *(event.at for event in events))
            return self._read(gathered.dossier, events, as_of)
        except UserError as error:
            return str(error)


def sha256(text: str) -> str:
    """The digest of a text, as `sha256sum` gives it for the file."""
    return hashlib.sha256(text.encode()).hexdigest()


def _standpoint(gathered: Gathered) -> Standpoint:
    if gathered.incident.closed_at is None:
        return Standpoint.PRELIMINARY
    # Opened again and closed again: until its further account is written, the one before does not tell all.
    written = bool(gathered.earlier) and gathered.earlier[-1].at >= gathered.incident.closed_at
    return Standpoint.FINAL if written else Standpoint.NOT_WRITTEN


def _text(account: Account, draw: DrawClocks) -> AccountText:
    return AccountText(
        incident=account.head.incident,
        standpoint=account.standpoint,
        at=account.at,
        for_customer=account.for_customer,
        language=account.language,
        markdown=markdown(document(account)),
        html=page(document(account, draw)),
    )


def _find_run(session: Session, order: WriteAccount) -> IncidentAccount | None:
    query: Any = select(IncidentAccount).where(IncidentAccount.incident == order.incident)
    found: IncidentAccount | None = session.exec(query.where(IncidentAccount.run == order.run)).first()
    return found


def _receipt(row: IncidentAccount | None) -> AccountReceipt | None:
    return AccountReceipt(incident=row.incident, version=row.version, digest=row.digest) if row is not None else None
