"""The sampling of a site as a whole, on a real database, with a prober and watches that obey the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, text
from sqlmodel import col

from activities.monitor.run import MonitorTuning, SiteParts, SiteRun
from activities.monitor.source import RecordedDossiers
from activities.monitor.store import MonitorStore
from activities.records.database import Database
from models.history_tables import HistoryProgress
from models.monitor import Beat
from models.probes import Seen
from models.tables import SampleRow
from tests.monitor.dossiers import SITE, dossier, point, publish, withdraw
from tests.monitor.fakes import FakeProber, FakeWatches, until

TUNING = MonitorTuning(reload_every=0.2, first_probes_within=0.2, new_probes_within=0.2, beat_every=0.5)
PAGE = point(every="100ms", thresholds={"down": {"duration": "300ms"}}, no_data_after="30s")
FIRED, CLEARED = ("embedded/page/down", "firing"), ("embedded/page/down", "cleared")


class Watched:
    def __init__(self, database: Database, tuning: MonitorTuning = TUNING) -> None:
        self.database = database
        self.prober, self.watches, self.tuning = FakeProber(), FakeWatches(), tuning
        self.store = MonitorStore(database)

    @asynccontextmanager
    async def running(self, last: Beat | None = None) -> AsyncIterator[SiteRun]:
        parts = SiteParts(self.prober, RecordedDossiers(self.database), self.store, self.watches)
        run = SiteRun(SITE, parts, self.tuning, attempt=1, last=last)
        task = asyncio.create_task(run.run())
        yield run
        assert not task.done(), task.exception()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def samples(self) -> int:
        with self.database.reading() as session:
            return session.scalar(select(func.count(col(SampleRow.id)))) or 0


async def test_from_a_published_dossier_to_samples_an_alarm_and_its_end(either: Database) -> None:
    site = Watched(either)
    publish(either, dossier({"page": PAGE}))
    async with site.running() as run:
        await until(lambda: run.beat().samples > 3)
        site.prober.seen["acme.shop.page"] = Seen.FAILED
        await until(lambda: site.watches.told() == [FIRED])
        assert run.beat().firing == 1
        site.prober.seen["acme.shop.page"] = Seen.OK
        await until(lambda: site.watches.told() == [FIRED, CLEARED])
        taken = run.beat().samples
    assert site.samples() >= taken
    assert [row["reported"] for row in site.store.load_states(SITE)] == ["cleared"]


async def test_a_newly_published_dossier_takes_effect_while_it_runs(database: Database) -> None:
    site = Watched(database)
    site.prober.seen["acme.shop.page"] = Seen.FAILED
    async with site.running() as run:
        publish(database, dossier({"page": PAGE}))
        await until(lambda: site.watches.told() == [FIRED])
        publish(database, dossier({"other": PAGE}))
        await until(lambda: site.watches.told() == [FIRED, CLEARED] and site.prober.checks["acme.shop.other"])
        withdraw(database, "acme.shop")
        await until(lambda: run.beat().points == 0)
    assert site.store.load_states(SITE) == []


async def test_a_restart_goes_on_where_the_run_before_stood(database: Database) -> None:
    site = Watched(database)
    publish(database, dossier({"page": PAGE}))
    site.prober.seen["acme.shop.page"] = Seen.FAILED
    async with site.running() as run:
        await until(lambda: site.watches.told() == [FIRED])
        last = run.beat()
    async with site.running(last) as run:
        await until(lambda: run.beat().samples > 5)
        assert site.watches.told() == [FIRED]
        site.prober.seen["acme.shop.page"] = Seen.OK
        await until(lambda: site.watches.told() == [FIRED, CLEARED])


async def test_a_database_that_is_away_stops_neither_sampling_nor_alarms(database: Database) -> None:
    site = Watched(database, MonitorTuning(**{**vars(TUNING), "most_samples": 20}))
    publish(database, dossier({"page": PAGE}))
    async with site.running() as run:
        await until(lambda: run.beat().samples > 3)
        with database.connection() as connection:
            connection.execute(text("ALTER TABLE sample RENAME TO sample_away"))
            connection.execute(text("ALTER TABLE pointstate RENAME TO pointstate_away"))
        site.prober.seen["acme.shop.page"] = Seen.FAILED
        await until(lambda: site.watches.told() == [FIRED])
        await until(lambda: run.beat().dropped > 0)
        assert run.beat().faults
        with database.connection() as connection:
            connection.execute(text("ALTER TABLE sample_away RENAME TO sample"))
            connection.execute(text("ALTER TABLE pointstate_away RENAME TO pointstate"))
        await until(lambda: run.beat().faults == [])
    assert [(r["state"], r["reported"]) for r in site.store.load_states(SITE)] == [("firing", "firing")]


async def test_a_database_that_is_away_at_the_start_is_waited_for(database: Database) -> None:
    site = Watched(database)
    publish(database, dossier({"page": PAGE}))
    with database.connection() as connection:
        connection.execute(text("ALTER TABLE pointstate RENAME TO pointstate_away"))
    async with site.running() as run:
        await until(lambda: run.beat().faults)
        with database.connection() as connection:
            connection.execute(text("ALTER TABLE pointstate_away RENAME TO pointstate"))
        await until(lambda: run.beat().samples > 3)


async def test_a_dossier_that_cannot_be_used_leaves_its_points_as_they_were(database: Database) -> None:
    site = Watched(database)
    publish(database, dossier({"page": PAGE}))
    async with site.running() as run:
        await until(lambda: run.beat().points == 1)
        publish(database, dossier({"page": PAGE, "more": PAGE}), name=7)
        await until(lambda: run.beat().faults)
        assert "acme.shop" in run.beat().faults[0]
        assert run.beat().points == 1


async def test_old_samples_are_pruned_once_their_history_is_folded(database: Database) -> None:
    site = Watched(database, MonitorTuning(**{**vars(TUNING), "retention": timedelta(days=1)}))
    old = {"point": "acme.shop.page", "seen": "ok", "value": None, "latency_ms": None}
    site.store.add_samples([{**old, "at": datetime.now(UTC) - timedelta(days=4)}])  # type: ignore[typeddict-item]  # it is whole
    async with site.running() as run:
        await until(lambda: run.beat().faults)
        assert "not folded yet" in run.beat().faults[0]
        assert site.samples() == 1
    with database.writing() as session:
        session.add(HistoryProgress(sealed_until=datetime.now(UTC).date()))
    async with site.running() as run:
        await until(lambda: site.samples() == 0)
        assert run.beat().faults == []
