"""Reads all facts about one incident from the records, in one transaction."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace

from sqlalchemy import or_
from sqlmodel import Session, col, select

from activities.records import Records
from activities.records.records import unknown_incident
from models.dossier import Dossier
from models.errors import UserError
from models.post_incident_report import EarlierReport, LiveIncident
from models.tables import (
    AlarmEntry,
    IncidentEntry,
    IncidentRow,
    Notice,
    NoticeDelivery,
    PostIncidentReportRow,
    UsedDecision,
)


@dataclass(frozen=True)
class Gathered:
    """The facts about one incident in the records."""

    incident: IncidentRow
    entries: list[IncidentEntry] = field(default_factory=list)
    """Timeline entries of all runs, in order."""
    uses: list[UsedDecision] = field(default_factory=list)
    notices: list[tuple[Notice, list[NoticeDelivery]]] = field(default_factory=list)
    alarms: list[AlarmEntry] = field(default_factory=list)
    earlier: list[EarlierReport] = field(default_factory=list)
    dossier: Dossier | None = None
    dossier_missing: str = ""
    """Why the dossier of the incident is not available."""


def gather(records: Records, incident: str) -> Gathered:
    """Read all facts. `NotFoundError`: the records do not contain the incident."""
    with records.database.reading() as session:
        row = session.get(IncidentRow, incident)
        if row is None:
            raise unknown_incident(incident)
        gathered = Gathered(
            incident=row,
            entries=_entries(session, incident),
            uses=_uses(session, incident),
            notices=_notices(session, incident),
            alarms=_alarms(session, incident),
            earlier=earlier_reports(session, incident),
        )
    dossier, missing = _dossier(records, row)
    return Gathered(**{**gathered.__dict__, "dossier": dossier, "dossier_missing": missing})


def with_later_facts(gathered: Gathered, live: LiveIncident) -> Gathered:
    """Return the facts in the records, with the later ones that an open incident has."""
    row, status = gathered.incident, live.status
    now = {
        "title": status.title,
        "state": status.state.value,
        "priority": status.priority,
        "components": status.components,
        "lead": status.lead,
        "cause": status.cause.value if status.cause else None,
        "clock": [event.model_dump(mode="json") for event in live.events],
    }
    known = {(e.run, e.sequence) for e in gathered.entries}
    later = [
        IncidentEntry(
            incident=row.id, run=live.run, sequence=e.sequence, at=e.at, kind=e.kind.value, text=e.text, data=e.data
        )
        for e in status.timeline
        if (live.run, e.sequence) not in known
    ]
    return replace(gathered, incident=IncidentRow(**{**row.model_dump(), **now}), entries=[*gathered.entries, *later])


def earlier_reports(session: Session, incident: str) -> list[EarlierReport]:
    """Return the stored reports, the oldest first."""
    query = select(PostIncidentReportRow.version, PostIncidentReportRow.at, PostIncidentReportRow.digest)
    query = query.where(PostIncidentReportRow.incident == incident).order_by(col(PostIncidentReportRow.version))
    return [EarlierReport(version=v, at=at, digest=digest) for v, at, digest in session.exec(query).all()]


def _entries(session: Session, incident: str) -> list[IncidentEntry]:
    query = select(IncidentEntry).where(IncidentEntry.incident == incident)
    in_order = (col(IncidentEntry.at), col(IncidentEntry.sequence), col(IncidentEntry.run))
    return list(session.exec(query.order_by(*in_order)).all())


def _uses(session: Session, incident: str) -> list[UsedDecision]:
    # The gates of the incident and of the runbooks that it started: their ids begin with its id.
    gate = col(UsedDecision.gate)
    own = or_(gate.startswith(f"{incident}/", autoescape=True), gate.startswith(f"{incident}.", autoescape=True))
    return list(session.exec(select(UsedDecision).where(own).order_by(col(UsedDecision.at), gate)).all())


def _notices(session: Session, incident: str) -> list[tuple[Notice, list[NoticeDelivery]]]:
    query = select(Notice).where(Notice.incident == incident).order_by(col(Notice.at), col(Notice.key))
    notices = list(session.exec(query).all())
    mine = select(NoticeDelivery).join(Notice, col(Notice.key) == col(NoticeDelivery.notice))
    mine = mine.where(Notice.incident == incident).order_by(col(NoticeDelivery.at), col(NoticeDelivery.receiver))
    deliveries: dict[str, list[NoticeDelivery]] = defaultdict(list)
    for delivery in session.exec(mine).all():
        deliveries[delivery.notice].append(delivery)
    return [(notice, deliveries[notice.key]) for notice in notices]


def _alarms(session: Session, incident: str) -> list[AlarmEntry]:
    query = select(AlarmEntry).where(AlarmEntry.incident == incident)
    return list(session.exec(query.order_by(col(AlarmEntry.at), col(AlarmEntry.sequence))).all())


def _dossier(records: Records, row: IncidentRow) -> tuple[Dossier | None, str]:
    if not row.dossier:
        return None, "no dossier was published for the application when the incident was opened"
    try:
        return records.dossier(row.dossier), ""
    except UserError as error:  # a post-incident report without its dossier is more useful than none
        return None, str(error)
