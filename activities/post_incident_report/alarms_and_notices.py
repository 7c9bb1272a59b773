"""The parts of a post-incident report about notices and alarms."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from activities.post_incident_report.bounds import DETAIL, cut, fitting, share
from activities.post_incident_report.gathering import Gathered
from activities.post_incident_report.people import ContactDirectory
from models.notices import NoticeReceipt, Occasion
from models.post_incident_report import ReportAlarm, ReportDelivery, ReportNotice
from models.tables import Notice, NoticeDelivery


def notices_of(gathered: Gathered, people: ContactDirectory, left_out: dict[str, int]) -> list[ReportNotice]:
    """Return the notices with their results."""
    kept = fitting("notices", gathered.notices, left_out)
    room = share("notices", len(kept))
    return [
        ReportNotice(
            at=notice.at,
            occasion=Occasion(notice.occasion) if notice.occasion in list(Occasion) else None,
            subject=notice.subject[:DETAIL],
            text=cut(notice.text, room),
            deliveries=_deliveries(notice, rows, people),
        )
        for notice, rows in kept
    ]


def _deliveries(notice: Notice, rows: Sequence[NoticeDelivery], people: ContactDirectory) -> list[ReportDelivery]:
    try:
        receipt = NoticeReceipt.model_validate(notice.receipt) if notice.receipt else None
    except ValidationError:
        receipt = None
    if receipt is None:  # some receivers were not tried yet
        return [
            ReportDelivery(
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
        ReportDelivery(
            to=d.to,
            channel=d.channel,
            state=d.state.value,
            detail=d.detail[:DETAIL],
            at=d.at,
            party=people.party(d.email) or people.party(d.to),
        )
        for d in receipt.deliveries
    ]


def alarms_of(gathered: Gathered, left_out: dict[str, int]) -> list[ReportAlarm]:
    """Return the alarm messages of the incident."""
    return [
        ReportAlarm(
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
