"""The worked example of docs/availability.md: 240 h of service, 4 h of maintenance, 23 min down, 5 min without data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from models.availability import AvailabilityEvents
from models.dossier import Dossier
from tests.dossier.test_messages import put
from tests.dossier.written import EXAMPLES, plain_data

SINCE = datetime(2026, 5, 1, tzinfo=UTC)
UNTIL = SINCE + timedelta(hours=240)
DOWN_AT = SINCE + timedelta(days=3)
MAINTENANCE = SINCE + timedelta(days=5)


def dossier(target: str = "99.8 %", **fields: Any) -> Dossier:
    """The example shop with one target, about its front page."""
    data = plain_data(EXAMPLES / "acme" / "shop.yaml")
    put("agreement/availability", {"front": {"of": "point web-page", "target": target, **fields}})(data)
    return Dossier.model_validate(data)


def events(*, down: timedelta = timedelta(minutes=23), no_data: timedelta = timedelta(minutes=5)) -> AvailabilityEvents:
    """The events of the example; during the maintenance the page was down."""
    spans = [
        ("up", SINCE - timedelta(days=1), DOWN_AT),
        ("down", DOWN_AT, DOWN_AT + down),
        ("no_data", DOWN_AT + down, DOWN_AT + down + no_data),
        ("up", DOWN_AT + down + no_data, MAINTENANCE),
        ("down", MAINTENANCE, MAINTENANCE + timedelta(hours=4)),
        ("up", MAINTENANCE + timedelta(hours=4), UNTIL + timedelta(days=1)),
    ]
    maintenance = {
        "id": "maintenance.acme.shop.patches-1",
        "title": "Security updates, maintenance",
        "since": MAINTENANCE,
        "until": MAINTENANCE + timedelta(hours=4),
        "announced_at": SINCE - timedelta(days=30),
        "announced_until": MAINTENANCE + timedelta(hours=5),
    }
    return AvailabilityEvents.model_validate(
        {
            "application": "acme.shop",
            "spans": {
                "web-page": [{"state": s, "since": a, "until": b} for s, a, b in spans if a < b],
            },
            "blips": {"web-page": {"2026-05-02": 2, "2026-05-20": 7}},
            "maintenance": [maintenance],
        }
    )
