"""`driftvakt doctor` says how far the history is folded, and names a lag with its fix."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from activities.monitor.store import MonitorStore, SampleValues
from activities.records import Records
from models.history_tables import HistoryProgress
from starter.doctor.history import history

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def with_a_sample(records: Records) -> None:
    sample = SampleValues(point="acme.shop.page", at=NOW, seen="ok", value=None, latency_ms=None)
    MonitorStore(records.database).add_samples([sample])


def folded(records: Records, until: datetime, checked_at: datetime = NOW) -> None:
    with records.database.writing() as session:
        session.merge(HistoryProgress(id=1, folded_until=until.date(), checked_at=checked_at))


def test_without_samples_there_is_nothing_to_say(records: Records) -> None:
    assert history(records, NOW).said == "there are no samples yet"


def test_a_history_that_is_kept_is_well(records: Records) -> None:
    with_a_sample(records)
    folded(records, NOW)
    found = history(records, NOW)
    assert (found.verdict.value, found.said) == ("ok", "the days before 2026-03-10 are folded")


def test_a_lag_is_a_warning(records: Records) -> None:
    with_a_sample(records)
    folded(records, NOW - timedelta(days=3))
    found = history(records, NOW)
    assert found.verdict.value == "warning"
    assert found.said == "the days from 2026-03-07 on are not folded yet, and their samples are kept until then"


def test_a_history_that_nobody_keeps_is_a_warning_with_the_way_to_start_it(records: Records) -> None:
    with_a_sample(records)
    assert history(records, NOW).said.startswith("nobody has checked for days to fold; no day has been folded yet")
    folded(records, NOW, NOW - timedelta(hours=2))
    found = history(records, NOW)
    assert found.said == "nobody has checked for days to fold since 2026-03-10 10:00 UTC"
    assert found.fix.startswith("publish a dossier again")
