"""Which version of a dossier was in force when: written by publishing, and taken over from earlier releases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import insert

import activities.records.migrations
from activities.history.store import HistoryStore
from activities.monitor.source import RecordedDossiers
from activities.records import Records, upgrade
from activities.records.database import Database
from models.history import DossierInForce
from models.tables import CurrentDossier, DossierVersion, SampleRow
from tests.history.kept import FIRST, PAGE, fold, history, rows, shop, short

NOW = datetime.now(UTC)


def in_use(database: Database) -> list[DossierInForce]:
    store = HistoryStore(database, RecordedDossiers(database).dossier)
    return store.dossiers_in_force("acme.shop", FIRST - timedelta(days=9), NOW + timedelta(days=9))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'records.db'}"
    made: str = request.getfixturevalue("postgres").make_database()
    return made


def test_publishing_notes_from_when_a_version_is_in_force(url: str) -> None:
    upgrade(url)
    records = Records(url)
    first, second = shop(), shop(disk={})
    for one in (first, first, second, first):
        records.publish_dossier(one, "ann")
    uses = in_use(records.database)
    assert [use.digest for use in uses] == [first.digest, second.digest, first.digest]
    assert [use.until for use in uses] == [uses[1].since, uses[2].since, None]
    records.close()


def test_records_of_an_earlier_release_keep_their_samples_and_versions(url: str) -> None:
    database = Database(url, make=True)
    with database.connection() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(activities.records.migrations.__file__).parent))
        config.attributes["connection"] = connection
        command.upgrade(config, "0009")
    first, second = shop(), shop(disk={})
    with database.connection() as connection:
        versions = [
            {"digest": one.digest, "content": one.model_dump(mode="json"), "published_at": at}
            for one, at in ((first, FIRST), (second, FIRST + timedelta(hours=12)))
        ]
        common = {"application": "acme.shop", "published_by": "ann"}
        connection.execute(insert(DossierVersion), [{**common, **one} for one in versions])
        connection.execute(insert(CurrentDossier), {"application": "acme.shop", "digest": first.digest})
        connection.execute(insert(SampleRow), rows(FIRST, FIRST + timedelta(days=1)))
    upgrade(url)

    uses = in_use(database)
    assert [(use.digest, use.by) for use in uses] == [
        (first.digest, "ann"),
        (second.digest, "ann"),
        (first.digest, "ann"),
    ]
    assert [use.since for use in uses[:2]] == [FIRST, FIRST + timedelta(hours=12)]
    assert abs(uses[2].since - NOW) < timedelta(hours=1), "when it was published again is not stored"
    morning = FIRST + timedelta(days=1, hours=6)
    assert fold(database, morning) == 1
    found = history(database, morning).spans([PAGE], FIRST, morning)[PAGE]
    assert short(found) == [("up", "01 00:00", "01 12:00")]
    database.close()
