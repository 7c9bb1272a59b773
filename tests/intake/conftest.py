"""What the tests of the intake share: the app with real records, and a reporter that stands for Temporal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from activities.records import Records, upgrade
from models.alarms import Alarm, AlarmBatch, BatchReceipt
from models.errors import WatchRefusedError, WatchUnavailableError
from starter.intake.app import Intake
from starter.intake.delivery import IntakeDelivery
from starter.intake.sources import Sources
from starter.intake.storing import DISK, MEMORY
from tests.intake.memory_watch import MemoryWatch
from tests.records.dossiers import shop

TOKEN = "canary-token-of-the-tests"
PROVIDER = "driftvakt.intake"


@dataclass
class FakeReporter:
    """Watches of all applications, each with a real memory; away, or unable to take some alarms, when told so."""

    taken: list[Alarm] = field(default_factory=list)
    batches: list[AlarmBatch] = field(default_factory=list)
    away: bool = False
    poison: str = ""
    """Alarms with this title are refused, with all that come in the same batch."""
    watches: dict[str, MemoryWatch] = field(default_factory=dict)

    async def deliver(self, batch: AlarmBatch) -> BatchReceipt:
        await asyncio.sleep(0)  # as over the network, others get their turn
        if self.away:
            raise WatchUnavailableError("Temporal is away")
        self.batches.append(batch)
        if self.poison and any(a.title == self.poison for a in batch.alarms):
            raise WatchRefusedError("the watch refused its alarms")
        self.taken += batch.alarms
        watch = self.watches.setdefault(batch.application, MemoryWatch(batch.application, lambda: datetime.now(UTC)))
        return watch.take(batch)


@dataclass
class Bench:
    """An intake to post to."""

    http: httpx.AsyncClient
    reporter: FakeReporter
    records: Records
    intake: Intake

    async def post(self, path: str = "/alarms", **request: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {TOKEN}"} | request.pop("headers", {})
        return await self.http.post(path, headers=headers, **request)

    @staticmethod
    def as_source(name: str) -> dict[str, str]:
        """Headers of another source; `nagios` is one."""
        return {"Authorization": f"Bearer {TOKEN}-of-{name}"}

    def room_is_free(self) -> bool:
        """Whether all that bodies took was given back."""
        return (self.intake._room.memory, self.intake._room.disk) == (MEMORY, DISK)

    def titles(self) -> list[str]:
        return [a.title for a in self.reporter.taken]


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    url = f"sqlite:///{tmp_path}/records.db"
    upgrade(url)
    made = Records(url)
    made.publish_dossier(shop(), "ann")
    yield made
    made.close()


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(TOKEN + "\n")
    return path


@pytest.fixture
async def bench(records: Records, token_file: Path) -> AsyncIterator[Bench]:
    reporter = FakeReporter()
    other = token_file.with_name("other")
    other.write_text(f"{TOKEN}-of-nagios")
    sources = Sources({"prometheus": f"file:{token_file}", "nagios": f"file:{other}"})
    intake = Intake(sources, IntakeDelivery(reporter, records, PROVIDER), {})
    # An exception that leaves the app fails the test, too.
    async with httpx.AsyncClient(transport=httpx.ASGITransport(intake.app()), base_url="http://intake") as http:
        yield Bench(http, reporter, records, intake)


def webhook(*alerts: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A body as Alertmanager 0.25 sends it."""
    return {
        "receiver": "driftvakt",
        "status": "firing",
        "alerts": list(alerts),
        "groupLabels": {"customer": "acme", "application": "shop"},
        "commonLabels": {"customer": "acme", "application": "shop"},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "version": "4",
        "groupKey": '{}:{application="shop", customer="acme"}',
        "truncatedAlerts": 0,
    } | changes


def alert(**labels: str) -> dict[str, Any]:
    """An alert in such a body."""
    return {
        "status": "firing",
        "labels": {"alertname": "WebDown", "customer": "acme", "application": "shop", "severity": "warning"} | labels,
        "annotations": {"summary": "The web is down", "description": "No answer for one minute"},
        "startsAt": "2026-03-01T12:00:00.123456789+01:00",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus:9090/graph?g0.expr=up",
        "fingerprint": "b4d1f0d5a7c3e2f1",
    }
