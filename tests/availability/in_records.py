"""An installation's records of one day and a bit: samples, a maintenance run, a change, and incidents that waited."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from activities.availability import AskedTime
from activities.availability.gathering import GatheredEvents, gather
from activities.history.store import HistoryStore
from activities.records import Records
from models.clock import ClockEvent
from models.dossier import Dossier
from models.lease import LEASES, LeaseTime
from models.records import IncidentRecord, OperationRecord, WriteRecords
from models.scope import Scope
from models.tables import DossierUse, DossierVersion, SampleRow
from tests.availability.test_subjects import shop
from tests.dossier.test_messages import put

SINCE = datetime(2026, 5, 1, tzinfo=UTC)
NOW = SINCE + timedelta(days=1, hours=12, seconds=7.5)
EVERY = timedelta(minutes=10)
HOUR = timedelta(hours=1)
PAGE = "acme.shop.web-page"


def dossier(target: str = "99 %", *edits: Any, **fields: Any) -> Dossier:
    """The shop; its front page is probed every ten minutes, and a failed sample fires at once."""
    page = {"of": "point web-page", "target": target, "excused": ["third_party"], **fields}
    return shop(
        put("agreement/availability", {"front": page}),
        put("monitoring/measuring_points/web-page/every", "10m"),
        put("monitoring/measuring_points/web-page/thresholds/down/duration", "0s"),
        *edits,
    )


def in_force(records: Records, one: Dossier, at: datetime) -> None:
    """Publish a dossier at this moment."""
    version = DossierVersion(
        digest=one.digest,
        application=one.id,
        content=one.model_dump(mode="json"),
        published_at=at,
        published_by="ann",
    )
    with records.database.writing() as session:
        session.merge(version)
        session.flush()
        session.add(DossierUse(application=one.id, at=at, digest=one.digest, by="ann"))


def sampled(records: Records, since: datetime, until: datetime, failed: Iterable[int] = ()) -> None:
    """A sample every ten minutes; those with these numbers failed."""
    bad = set(failed)
    rows = [
        {"point": PAGE, "at": since + n * EVERY, "seen": "failed" if n in bad else "ok", "latency_ms": 20.0}
        for n in range((until - since) // EVERY)
    ]
    with records.database.writing() as session:
        session.execute(insert(SampleRow), rows)


def operation(number: int = 1, kind: str = "maintenance", *leases: LeaseTime, **fields: Any) -> OperationRecord:
    """An operation with its lease times."""
    common = {
        "id": f"{kind}.acme.shop.{number}",
        "kind": kind,
        "application": "acme.shop",
        "title": "Security updates, maintenance",
        "state": "closed",
        "dossier": "",
        "opened_at": SINCE - HOUR,
        "opened_by": "schedule",
        "closed_at": NOW - HOUR,
        "data": {LEASES: [one.model_dump(mode="json") for one in leases]},
    }
    return OperationRecord.model_validate(common | fields)


def lease(since: datetime, until: datetime | None, announced: bool = True, **fields: Any) -> LeaseTime:
    """A lease of the web servers; announced until its end."""
    end = {"announced_at": SINCE - timedelta(days=30), "announced_until": until} if announced else {}
    return LeaseTime(**{"components": Scope.of(["web"]), "since": since, "until": until, **end, **fields})


def incident(*events: dict[str, Any], components: Iterable[str] = ("web",), **fields: Any) -> IncidentRecord:
    """An incident by the events of its clocks."""
    common = {
        "id": "inc.acme.shop.17",
        "application": "acme.shop",
        "number": 17,
        "title": "web down",
        "state": "closed",
        "components": list(components),
        "dossier": dossier().digest,
        "opened_at": events[0]["at"],
        "opened_by": "watch",
        "closed_at": NOW - HOUR,
        "clock": [ClockEvent.model_validate(event) for event in events],
    }
    return IncidentRecord.model_validate(common | fields)


def write(records: Records, *written: OperationRecord | IncidentRecord) -> None:
    """Write operations and incidents."""
    records.write(
        WriteRecords(
            operations=[one for one in written if isinstance(one, OperationRecord)],
            incidents=[one for one in written if isinstance(one, IncidentRecord)],
        )
    )


def gathered(records: Records, since: str = "2026-05", until: str | None = None) -> GatheredEvents:
    """What is gathered at NOW."""
    history = HistoryStore(records.database, records.dossier, lambda: NOW)
    return gather(records, history, "acme.shop", AskedTime(since, until), NOW)
