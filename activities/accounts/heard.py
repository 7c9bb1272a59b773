"""Who was written to, and what was heard: the parts of an account that come from notices and alarms."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from activities.accounts.bounds import DETAIL, cut, fitting, share
from activities.accounts.gathering import Gathered
from activities.accounts.people import People
from models.account import AccountAlarm, AccountDelivery, AccountNotice
from models.notices import NoticeReceipt, Occasion
from models.tables import Notice, NoticeDelivery


def notices_of(gathered: Gathered, people: People, left_out: dict[str, int]) -> list[AccountNotice]:
    """Notices with what became of them."""
    kept = fitting("notices", gathered.notices, left_out)
    room = share("notices", len(kept))
    return [
        AccountNotice(
            at=notice.at,
            occasion=Occasion(notice.occasion) if notice.occasion in list(Occasion) else None,
            subject=notice.subject[:DETAIL],
            text=cut(notice.text, room),
            deliveries=_deliveries(notice, rows, people),
        )
        for notice, rows in kept
    ]


def _deliveries(notice: Notice, rows: Sequence[NoticeDelivery], people: People) -> list[AccountDelivery]:
    try:
        receipt = NoticeReceipt.model_validate(notice.receipt) if notice.receipt else None
    except ValidationError:
        receipt = None
    if receipt is None:  # not all receivers were tried yet
        return [
            AccountDelivery(
                to=people.name(r.receiver.rpartition(" ")[0] or r.receiver),
                channel=r.receiver.rpartition(" ")[2],
                state=r.state,
                detail=r.detail[:DETAIL],
                attempts=r.attempts,
                at=r.at,
                party=people.party_of_receiver(r.receiver),
            )
            for r in rows
        ]
    return [
        AccountDelivery(
            to=d.to,
            channel=d.channel.value,
            state=d.state.value,
            detail=d.detail[:DETAIL],
            at=d.at,
            party=people.party(d.email) or people.party(d.to),
        )
        for d in receipt.deliveries
    ]


def alarms_of(gathered: Gathered, left_out: dict[str, int]) -> list[AccountAlarm]:
    """Alarm messages that belonged to it."""
    return [
        AccountAlarm(
            at=a.at,
            title=a.title,
            state=a.state,
            severity=a.severity,
            component=a.component,
            source=a.source,
            disposition=a.disposition,
            reason=a.reason[:DETAIL],
        )
        for a in fitting("alarms", gathered.alarms, left_out)
    ]
