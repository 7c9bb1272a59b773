"""Heartbeats of sources are recorded and open no incident."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from starter.intake.alertmanager import decode


@pytest.mark.parametrize("labels", [{"alertname": "Watchdog"}, {"alertname": "Anything", "driftvakt": "heartbeat"}])
def test_an_alert_that_always_fires_opens_nothing_and_is_not_kept_in_quarantine(labels: dict[str, Any]) -> None:
    body = {"alerts": [{"status": "firing", "labels": labels, "startsAt": "2026-03-01T12:00:00Z"}]}
    decoded = decode(body, "prometheus", datetime.now(UTC))
    assert (decoded.alarms, decoded.unreadable) == ([], [])
