"""The November of Acme's shop: incidents across both borders of the month, changes, maintenance, drills and orders.

The month is that of Stockholm: from 23:00 UTC on 31 October until 23:00 UTC on 30 November.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import func, select, update

from activities.history.store import HistoryStore
from activities.records import Records, upgrade
from activities.report.gathering import gather
from activities.report.terms import published
from models.clock import ClockEvent
from models.dossier import Dossier
from models.records import IncidentRecord, OperationRecord, WriteRecords
from models.report import BlockFacts, ReportFacts
from models.tables import DossierUse
from tests.dossier.written import EXAMPLES, plain_data

APPLICATION = "acme.shop"
SINCE = datetime(2026, 10, 31, 23, tzinfo=UTC)
UNTIL = datetime(2026, 11, 30, 23, tzinfo=UTC)
NOW = UNTIL + timedelta(hours=6)
LONG_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)

Events = list[tuple[datetime, str] | tuple[datetime, str, dict[str, Any]]]


def shop(blocks: list[Any] | None = None, **report: Any) -> Dossier:
    """The example shop with one report of these blocks."""
    data = plain_data(EXAMPLES / "acme" / "shop.yaml")
    data["reports"]["monthly"] |= {"blocks": blocks or ["summary"], **report}
    return Dossier.model_validate(data)


def at(day: int, clock: str = "12:00") -> datetime:
    """A moment of November on Stockholm's wall clock; day 0 is 31 October, day 31 is 1 December."""
    hour, minute = clock.split(":")
    return datetime(2026, 11, 1, int(hour), int(minute), tzinfo=UTC) + timedelta(days=day - 1, hours=-1)


def keep_dossier(records: Records, dossier: Dossier, since: datetime = LONG_BEFORE) -> None:
    """Publish a dossier as of a moment."""
    records.publish_dossier(dossier, "anna@example.com")
    with records.database.writing() as session:
        latest = select(func.max(DossierUse.at)).where(DossierUse.digest == dossier.digest)
        session.execute(update(DossierUse).where(DossierUse.at == session.exec(latest).one()).values(at=since))  # type: ignore[arg-type]


def incident(records: Records, number: int, events: Events, dossier: Dossier, **given: Any) -> str:
    """Keep an incident with the events of its clock; it is closed if they say so."""
    clock = [
        ClockEvent.model_validate({"at": moment, "kind": kind, **(more[0] if more else {})})
        for moment, kind, *more in events
    ]
    closed = clock[-1].at if clock and clock[-1].kind.value == "closed" else None
    id = f"inc.{APPLICATION}.{number}"
    made: dict[str, Any] = {
        "id": id,
        "application": APPLICATION,
        "number": number,
        "title": "The web page does not answer",
        "state": "closed" if closed else "remediating",
        "priority": next((e.priority for e in reversed(clock) if e.priority), None),
        "components": ["web"],
        "dossier": dossier.digest,
        "opened_at": clock[0].at if clock else at(5),
        "opened_by": "watch",
        "closed_at": closed,
        "outcome": "recovered" if closed else None,
        "cause": "application" if closed else None,
        "summary": "Restarted nginx on web1",
        "lead": "on-call@driftbolaget.example",
        "clock": clock,
        "reopened": sum(e.kind.value == "reopened" for e in clock),
    }
    records.write(WriteRecords(incidents=[IncidentRecord.model_validate({**made, **given})]))
    return id


def met(opened: datetime, priority: str = "P1", minutes: int = 30) -> Events:
    """The events of an incident that met its targets."""
    return [
        (opened, "opened", {"priority": priority}),
        (opened + timedelta(minutes=5), "responded"),
        (opened + timedelta(minutes=minutes), "restored"),
        (opened + timedelta(minutes=minutes + 10), "closed"),
    ]


def operation(records: Records, kind: str, id: str, opened: datetime, closed: datetime | None, **given: Any) -> str:
    """Keep an operation."""
    made: dict[str, Any] = {
        "id": f"{kind}.{APPLICATION}.{id}",
        "kind": kind,
        "application": APPLICATION,
        "title": f"The {kind} {id}",
        "state": "closed" if closed else "carrying-out",
        "dossier": "",
        "opened_at": opened,
        "opened_by": "karin.holm@acme.example",
        "closed_at": closed,
        "outcome": "done" if closed else None,
        "summary": "Done on web1 and web2" if closed else "",
        "first_run": id,
    }
    records.write(WriteRecords(operations=[OperationRecord.model_validate({**made, **given})]))
    return str({**made, **given}["id"])


def facts(records: Records, period: str = "2026-11", now: datetime = NOW) -> ReportFacts:
    """The facts of the shop's report."""
    return gather(records, history_of(records, now), published(records, APPLICATION), "monthly", period, [], now)


def history_of(records: Records, now: datetime = NOW) -> HistoryStore:
    """The history of measuring points as of a moment."""
    return HistoryStore(records.database, records.dossier, lambda: now)


def block(found: ReportFacts, key: str) -> dict[str, Any]:
    """The facts of one block as data."""
    [one] = [one for one in found.blocks if one.key == key]
    return one.facts


def block_facts(found: ReportFacts, key: str) -> BlockFacts:
    """One block with its verdicts."""
    return next(one for one in found.blocks if one.key == key)


def ids(figure: dict[str, Any]) -> list[str]:
    """The short names of the evidence of a figure; it has as many as the figure counts."""
    assert figure["value"] == len(figure["evidence"])
    return [id.removeprefix(f"inc.{APPLICATION}.") for id in figure["evidence"]]


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    """Records without a dossier."""
    upgrade(url := f"sqlite:///{tmp_path / 'records.db'}")
    made = Records(url)
    yield made
    made.close()
