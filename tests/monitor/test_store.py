"""What the monitor keeps, in both kinds of database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlmodel import col

from activities.monitor.samples import SampleBuffer
from activities.monitor.store import DeletableSamples, MonitorStore, SampleValues, StateValues
from activities.records.database import Database
from models.errors import StoreUnavailableError
from models.probes import Sample, Seen
from models.tables import SampleRow

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OLD = DeletableSamples(NOW - timedelta(days=30), frozenset())


def row(age: timedelta) -> SampleValues:
    return SampleValues(point="acme.shop.page", at=NOW - age, seen="ok", value=1.5, latency_ms=None)


def state(key: str, phase: str = "firing", site: str = "stockholm") -> StateValues:
    return StateValues(
        key=key,
        site=site,
        state=phase,
        since=NOW,
        fault_since=NOW,
        reported=None,
        reported_at=None,
        detail="as the test says",
    )


def count(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count(col(SampleRow.id)))) or 0


def test_old_samples_are_pruned_and_young_ones_kept(either: Database) -> None:
    store = MonitorStore(either)
    store.add_samples([row(timedelta(days=40)) for _ in range(7000)])
    store.add_samples([row(timedelta(days=1)) for _ in range(500)])
    following: int | None = 0
    while following is not None:
        following = store.prune(OLD, following)
    assert count(either) == 500


def test_a_young_sample_among_old_ones_stops_no_pruning(either: Database) -> None:
    store = MonitorStore(either)
    store.add_samples([row(timedelta(days=1)), *(row(timedelta(days=40)) for _ in range(6000))])
    following: int | None = 0
    while following is not None:
        following = store.prune(OLD, following)
    assert count(either) == 1


def test_samples_that_must_stay_stop_no_pruning_of_those_behind_them(either: Database) -> None:
    store = MonitorStore(either)
    kept = [SampleValues(**{**row(timedelta(days=40)), "point": "acme.shop.kept"}) for _ in range(6000)]
    store.add_samples([*kept, *(row(timedelta(days=40)) for _ in range(100))])
    following: int | None = 0
    while following is not None:
        following = store.prune(OLD._replace(kept_points=frozenset({"acme.shop.kept"})), following)
    assert count(either) == 6000


def test_states_come_back_as_they_were_saved(either: Database) -> None:
    store = MonitorStore(either)
    store.save_states("stockholm", [state("acme.shop.page/down", "pending"), state("acme.shop.disk/full")], [])
    store.save_states("stockholm", [state("acme.shop.page/down", "firing")], ["acme.shop.disk/full"])
    assert store.load_states("stockholm") == [state("acme.shop.page/down", "firing")]


def test_a_point_that_moved_to_another_site_is_not_forgotten_by_the_first(either: Database) -> None:
    store = MonitorStore(either)
    store.save_states("stockholm", [state("acme.shop.page/down")], [])
    store.save_states("malmo", [state("acme.shop.page/down", site="malmo")], [])
    store.save_states("stockholm", [], ["acme.shop.page/down"])
    assert len(store.load_states("malmo")) == 1


def test_thousands_of_states_are_saved_at_once(database: Database) -> None:
    store = MonitorStore(database)
    keys = [f"acme.shop.p{n}/down" for n in range(3000)]
    store.save_states("stockholm", [state(key) for key in keys], [])
    store.save_states("stockholm", [], keys)
    assert store.load_states("stockholm") == []


def test_a_database_that_is_away_is_said_in_our_words(tmp_path_factory: pytest.TempPathFactory) -> None:
    store = MonitorStore(Database("postgresql://nobody:secret@127.0.0.1:1/nothing"))
    with pytest.raises(StoreUnavailableError) as caught:
        store.add_samples([row(timedelta())])
    assert isinstance(caught.value.__cause__, OperationalError)
    assert "secret" not in str(caught.value)


def look(number: int) -> Sample:
    return Sample(point="acme.shop.page", at=NOW, seen=Seen.OK, value=number)


def test_a_full_buffer_drops_the_oldest_and_counts_them() -> None:
    buffer = SampleBuffer(10)
    for number in range(8):
        buffer.add(look(number))
    taken = buffer.take(5)
    for number in range(8, 12):
        buffer.add(look(number))
    buffer.put_back(taken)
    assert (len(buffer), buffer.dropped) == (10, 2)
    buffer.add(look(12))
    assert buffer.dropped == 3
    assert [r["value"] for r in buffer.take(99)] == [3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
