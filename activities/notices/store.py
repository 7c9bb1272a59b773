"""Notices in the records: the receivers, and the result of each delivery.

One attempt alone creates the row of a delivery, before it sends the text. An attempt that finds the row does not send.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from pydantic import ValidationError
from sqlmodel import col, select, update

from activities.notices.recipients import Recipient
from activities.records.database import Database
from activities.records.requests import must_be_the_same, request_digest
from activities.records.text import storable, storable_data
from models.notices import Delivery, DeliveryState, NoticeReceipt, SendNotice, SentNotice, Undelivered
from models.tables import Notice, NoticeDelivery

SENDING: Final = "sending"
"""The state of a row while its text is being sent."""

_UNDER_WAY: Final = "the text was being sent, and the result is unknown"


class NoticeStore:
    """Stores notices and their deliveries; blocking, with one short transaction for each method."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, request: SendNotice, now: datetime) -> tuple[datetime, NoticeReceipt | None]:
        """Store that a notice will be sent. Return the time of its first attempt, and its receipt if there is one.

        Every attempt chooses the receivers by this time, so that they are the same people. `KeyReusedError`: the key
        belongs to another notice.
        """
        asked = request_digest(request)
        row = {
            "key": request.key,
            "incident": request.incident,
            "application": request.application,
            "occasion": request.occasion.value,
            "language": "en",
            "subject": "",
            "text": "",
            "at": now,
            "receipt": None,
            "request": asked,
        }
        with self._database.writing() as session:
            session.execute(self._database.insert(Notice).values(row).on_conflict_do_nothing())
            found = session.get(Notice, request.key)
            assert found is not None
            must_be_the_same(found.request, asked, request.key, "a notice")
            return found.at, None if found.receipt is None else NoticeReceipt.model_validate(found.receipt)

    def word(self, key: str, language: str, subject: str, text: str) -> None:
        """Store the text, as the first receiver gets it."""
        values = {"language": language, "subject": storable(subject), "text": storable(text)}
        with self._database.writing() as session:
            session.execute(update(Notice).where(col(Notice.key) == key).values(**values))

    def claim(self, key: str, to: Recipient, now: datetime) -> Delivery | None:
        """Claim a delivery and return None; or return its state if another attempt has claimed it."""
        row = {
            "notice": key,
            "receiver": to.key,
            "state": SENDING,
            "attempts": 0,
            "detail": "",
            "at": now,
        }
        with self._database.writing() as session:
            statement = self._database.insert(NoticeDelivery).values(row).on_conflict_do_nothing()
            if session.execute(statement.returning(NoticeDelivery.receiver)).first() is not None:
                return None
            known = session.get(NoticeDelivery, (key, to.key))
            assert known is not None
            if known.state == SENDING:
                known.state = DeliveryState.UNCERTAIN.value
                known.detail = "the worker died while it was sending this; it is not sent twice"
                known.at = now
            return _delivery(to, known)

    def note(self, key: str, delivery: Delivery, to: Recipient, tries: int) -> None:
        """Store the result of a delivery."""
        values = {
            "state": delivery.state.value,
            "attempts": tries,
            "detail": storable(delivery.detail),
            "at": delivery.at,
        }
        mine = (col(NoticeDelivery.notice) == key) & (col(NoticeDelivery.receiver) == to.key)
        with self._database.writing() as session:
            session.execute(update(NoticeDelivery).where(mine).values(**values))

    def finish(self, receipt: NoticeReceipt) -> NoticeReceipt:
        """Store a receipt. Return the valid one, which is the first that was stored."""
        value: Any = storable_data(receipt.model_dump(mode="json"))
        with self._database.writing() as session:
            query = select(Notice).where(Notice.key == receipt.key).with_for_update()
            notice = session.exec(query).one()
            if notice.receipt is None:
                notice.receipt = value
            return NoticeReceipt.model_validate(notice.receipt)

    def notices_of(self, incident: str) -> list[SentNotice]:
        """The notices of an incident with their deliveries, in the order in which they were to be sent."""
        notices = select(Notice).where(Notice.incident == incident).order_by(col(Notice.at), col(Notice.key))
        with self._database.reading() as session:
            found = list(session.exec(notices).all())
            keys = [notice.key for notice in found]
            query = select(NoticeDelivery).where(col(NoticeDelivery.notice).in_(keys))
            rows = list(session.exec(query.order_by(col(NoticeDelivery.receiver))).all())
        return [_sent(notice, [row for row in rows if row.notice == notice.key]) for notice in found]


def notices_of(database: Database, incident: str) -> list[SentNotice]:
    """The notices of an incident (by its workflow id) with their deliveries, the earliest first."""
    return NoticeStore(database).notices_of(incident)


def undelivered_since(database: Database, since: datetime, limit: int) -> list[Undelivered]:
    """Return the messages that did not reach a receiver, the latest first; without those that are being sent."""
    lost = col(NoticeDelivery.state).not_in([DeliveryState.SENT.value, SENDING])
    query = select(NoticeDelivery, Notice).join(Notice, col(Notice.key) == col(NoticeDelivery.notice))
    query = query.where(lost, col(NoticeDelivery.at) >= since).order_by(col(NoticeDelivery.at).desc()).limit(limit)
    with database.reading() as session:
        rows = list(session.exec(query).all())
    return [
        Undelivered(
            application=notice.application,
            incident=notice.incident,
            subject=notice.subject,
            **_from_row(row).model_dump(exclude={"email"}),
        )
        for row, notice in rows
    ]


def _sent(notice: Notice, rows: list[NoticeDelivery]) -> SentNotice:
    try:
        receipt = None if notice.receipt is None else NoticeReceipt.model_validate(notice.receipt)
    except ValidationError:  # stored by another version; the rows contain the same
        receipt = None
    return SentNotice.model_validate(
        {
            "key": notice.key,
            "incident": notice.incident,
            "occasion": notice.occasion,
            "at": notice.at,
            "language": notice.language,
            "subject": notice.subject,
            "text": notice.text,
            "deliveries": receipt.deliveries if receipt else [_from_row(row) for row in rows],
            "finished": notice.receipt is not None,
        }
    )


def _from_row(row: NoticeDelivery) -> Delivery:
    contact, _, channel = row.receiver.rpartition(" ")
    under_way = row.state == SENDING
    return Delivery(
        to=contact,
        channel=channel,
        state=DeliveryState.UNCERTAIN if under_way else DeliveryState(row.state),
        detail=_UNDER_WAY if under_way else row.detail,
        at=row.at,
    )


def _delivery(to: Recipient, row: NoticeDelivery) -> Delivery:
    return delivery(to, DeliveryState(row.state), row.detail, row.at)


def delivery(to: Recipient, state: DeliveryState, detail: str = "", at: datetime | None = None) -> Delivery:
    """Return the result of a notice for one receiver."""
    return Delivery(
        to=to.name, email=to.email, channel=to.channel, state=state, detail=detail, at=at or datetime.now(UTC)
    )
