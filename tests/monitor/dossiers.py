"""Dossiers and points for the tests of the monitor."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from activities.monitor.plan import MonitoredPoint, monitored_points
from activities.records.database import Database
from models.dossier.dossier import Dossier
from models.tables import CurrentDossier, DossierVersion
from tests.dossier.written import EXAMPLES, plain_data

SITE = "stockholm"


def point(**changes: Any) -> dict[str, Any]:
    """A measuring point, as a dossier writes it."""
    written = {
        "component": "web",
        "site": SITE,
        "probe": {"type": "tcp", "host": "127.0.0.1", "port": 9},
        "every": "1s",
    }
    return {**written, **changes}


def dossier(points: dict[str, Any], application: str = "shop") -> Dossier:
    """The example shop with these measuring points."""
    data = plain_data(EXAMPLES / "acme" / "shop.yaml")
    data |= {"application": application, "name": "Shop", "monitoring": {"measuring_points": points}}
    return Dossier.model_validate(data)


def plan(points: dict[str, Any]) -> dict[str, MonitoredPoint]:
    """The points of that dossier at the site, by name."""
    return {p.name: p for p in monitored_points(dossier(points), SITE)}


def publish(database: Database, published: Dossier, **spoilt: Any) -> None:
    """Make a dossier the one that holds, as it is or with some fields spoilt."""
    with database.writing() as session:
        session.merge(
            DossierVersion(
                digest=published.digest,
                application=published.id,
                content=published.model_dump(mode="json") | spoilt,
                published_at=datetime.now(UTC),
                published_by="test",
            )
        )
        session.flush()
        session.merge(CurrentDossier(application=published.id, digest=published.digest))


def withdraw(database: Database, application: str) -> None:
    """No dossier of this application holds any more."""
    with database.writing() as session:
        session.delete(session.get_one(CurrentDossier, application))
