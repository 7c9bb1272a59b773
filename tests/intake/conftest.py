"""What the tests of the intake share: the app with real records, and a reporter that stands for Temporal."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from activities.records import Records, upgrade
from models.alarms import Alarm, AlarmBatch, AlarmReceipt, BatchReceipt, Disposition
from models.errors import WatchUnavailableError
from starter.intake.app import Intake
from starter.intake.delivery import Delivery
from starter.intake.sources import Sources
from tests.records.dossiers import shop

TOKEN = "canary-token-of-the-tests"
PROVIDER = "driftvakt.intake"


@dataclass
class FakeReporter:
    """Takes all alarms, or is away."""

    taken: list[Alarm] = field(default_factory=list)
    away: bool = False

    async def deliver(self, batch: AlarmBatch) -> BatchReceipt:
        if self.away:
            raise WatchUnavailableError("Temporal is away")
        self.taken += batch.alarms
        return BatchReceipt(
            receipts=[
                AlarmReceipt(fingerprint=a.fingerprint, disposition=Disposition.OPENED, reason="it is new")
                for a in batch.alarms
            ]
        )


@dataclass
class Bench:
    """An intake to post to."""

    http: httpx.AsyncClient
    reporter: FakeReporter
    records: Records

    async def post(self, path: str = "/alarms", **request: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {TOKEN}"} | request.pop("headers", {})
        return await self.http.post(path, headers=headers, **request)

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
    sources = Sources({"prometheus": f"file:{token_file}"})
    app = Intake(sources, Delivery(reporter, records, PROVIDER), {}).app()
    # An exception that leaves the app fails the test, too.
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://intake") as http:
        yield Bench(http, reporter, records)


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
