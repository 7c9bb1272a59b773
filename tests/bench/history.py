"""Benchmark: what a day of a point costs the history (2,880 samples: one every 30 s), its room, and its readers.

Processor time, beside plain SQL over the same rows in the same run. The rows of a month and a year are copies of folded days.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import insert
from sqlmodel import SQLModel

from activities.history.carry import NOTHING
from activities.history.days import A_DAY, day_start
from activities.history.fold import DayFold, fold_day
from activities.history.keeping import HistoryKeeper
from activities.history.rows import day_row, hour_row, span_rows
from activities.history.rules import RulesInForce, rules_of
from activities.history.samples import SampleColumns
from activities.history.store import HistoryStore
from activities.records.database import Database
from models.dossier.dossier import Dossier
from models.history_tables import HistoryMark, HistoryProgress, PointDayRow, PointHourRow, PointSpanRow
from models.tables import DossierUse, DossierVersion, SampleRow
from tests.bench.figures import Figure, Goal
from tests.bench.sizes import size
from tests.monitor.dossiers import dossier, point

_DAY: Final = datetime(2026, 3, 1, tzinfo=UTC)
_EVERY: Final = timedelta(seconds=30)
_SAMPLES: Final = A_DAY // _EVERY
_POINTS: Final = size(__name__, "points", 40, 2)
_MONTH, _QUARTER, _YEAR = 30, 91, 365
_MANY: Final = size(__name__, "many_points", 100, 8)
TARGETS: Final = (
    "fold of a point and day <= 2 ms CPU",
    "a quarter or a year of 100 points <= 2 s CPU",
    "a year of one point <= 20 ms CPU",
)
_THRESHOLDS: Final = {
    "down": {"duration": "1m"},
    "slow": {"when": "latency_ms > 1500", "duration": "5m", "severity": "warning"},
}

_FIELDS: Final = "at, seen, value, latency_ms"
_BETWEEN: Final = "FROM sample WHERE point = ? AND at >= '2026-03-01 00:00:00' AND at < '2026-03-02 00:00:00'"


def _name(number: int) -> str:
    return f"acme.shop.p{number}"


def _shop(count: int) -> Dossier:
    return dossier({f"p{n}": point(every="30s", thresholds=_THRESHOLDS) for n in range(count)})


def _samples(number: int, failed: float) -> list[dict[str, Any]]:
    chance = random.Random(number)
    return [
        {
            "point": _name(number),
            "at": _DAY + n * _EVERY + timedelta(microseconds=chance.randrange(20_000)),
            "seen": "failed" if chance.random() < failed else "ok",
            "value": None,
            "latency_ms": round(chance.gauss(80, 15), 3),
        }
        for n in range(_SAMPLES)
    ]


def _database(directory: str, name: str) -> Database:
    database = Database(f"sqlite:///{Path(directory) / name}", make=True)
    SQLModel.metadata.create_all(database.engine)
    return database


def _cpu(act: Callable[[], object], times: int = 5) -> float:
    """Milliseconds of processor time, the median."""
    taken = []
    for _ in range(times):
        began = time.process_time()
        act()
        taken.append((time.process_time() - began) * 1000)
    return statistics.median(taken)


def _stored(database: Database, failed: float) -> float:
    """Store a day of all points in the order of time; return the microseconds for each sample."""
    columns = [_samples(n, failed) for n in range(_POINTS)]
    rounds = [[column[n] for column in columns] for n in range(_SAMPLES)]
    began = time.process_time()
    for start in range(0, _SAMPLES, 12):
        with database.connection() as connection:
            connection.execute(insert(SampleRow), [row for one in rounds[start : start + 12] for row in one])
    return (time.process_time() - began) / (_SAMPLES * _POINTS) * 1e6


def _publish(database: Database, published: Dossier) -> None:
    with database.writing() as session:
        content = published.model_dump(mode="json")
        version = {"digest": published.digest, "application": published.id, "content": content}
        session.add(DossierVersion(**version, published_at=_DAY - A_DAY, published_by="bench"))
        session.flush()
        session.add(DossierUse(application=published.id, at=_DAY - A_DAY, digest=published.digest, by="bench"))


def _plain(database: Database, sql: str, *parameters: str) -> list[Any]:
    """Ask the driver itself."""
    with database.engine.connect() as connection:
        cursor = connection.connection.cursor()
        found: list[Any] = cursor.execute(sql, parameters).fetchall()
        cursor.close()
    return found


def _folded_purely(failed: float) -> float:
    """Milliseconds for the pure fold of a day that is in memory."""
    rows = _samples(0, failed)
    columns = SampleColumns(*(tuple(row[name] for row in rows) for name in ("at", "seen", "value", "latency_ms")))
    rules = [RulesInForce(_DAY - A_DAY, _DAY + 2 * A_DAY, rules_of(_shop(1))[_name(0)])]
    # A new object each time: it remembers its counts.
    fresh = [SampleColumns(columns.at, columns.seen, columns.value, columns.latency_ms) for _ in range(50)]
    return _cpu(lambda: [fold_day(_name(0), _DAY.date(), fresh.pop(), rules, NOTHING) for _ in range(10)]) / 10


def _folding(directory: str, failed: float, title: str) -> list[Figure]:
    database = _database(directory, f"fold-{failed}.db")
    _stored(database, failed)
    published = _shop(_POINTS)
    _publish(database, published)
    keeper = HistoryKeeper(
        database, lambda _digest: published, samples_kept=timedelta(days=30), history_kept=timedelta(days=762)
    )
    began = time.process_time()
    folded = sum(keeper.steps(_DAY + A_DAY + timedelta(hours=2)))
    whole = (time.process_time() - began) * 1000 / folded
    read = _cpu(
        lambda: [_plain(database, f"SELECT {_FIELDS} {_BETWEEN} ORDER BY at", _name(n)) for n in range(_POINTS)]
    )
    group = "SELECT substr(at, 12, 2), count(*), min(latency_ms), avg(latency_ms), max(latency_ms)"
    hourly = _cpu(lambda: [_plain(database, f"{group} {_BETWEEN} GROUP BY 1", _name(n)) for n in range(_POINTS)])
    database.close()
    rows_alone, hours_alone = "plain SQL: fetch the same rows", "plain SQL: minimum, mean and maximum by hour"
    return [
        Figure(
            f"fold of a point and day, {title}",
            _folded_purely(failed),
            "ms CPU",
            hourly / _POINTS,
            hours_alone,
            Goal(2),
        ),
        Figure(f"  with reading and writing, {title}", whole, "ms CPU", read / _POINTS, rows_alone),
    ]


def _index(directory: str) -> Figure:
    """A sample with the index that covers what the fold reads, beside the smaller one."""
    covering, small = _database(directory, "covering.db"), _database(directory, "small.db")
    with small.connection() as connection:
        connection.exec_driver_sql("DROP INDEX ix_sample_of_point")
        connection.exec_driver_sql("CREATE INDEX ix_sample_of_point ON sample (point, at)")
    ours, ceiling = _stored(covering, 0), _stored(small, 0)
    for database in (covering, small):
        database.close()
    return Figure("  insert of a sample, covering index", ours, "us CPU", ceiling, "index of point and time alone")


def _fill(database: Database, days: int, with_hours: int) -> None:
    """So many days of 100 points, with a fault in a tenth of them; the first points also have hours."""
    rules = [RulesInForce(_DAY - A_DAY, _DAY + 2 * A_DAY, rules_of(_shop(1))[_name(0)])]
    kinds = [_fold(rules, range(0)), _fold(rules, range(700, 720))]
    for number in range(_MANY):
        with database.connection() as connection:
            for n in range(days):
                fold, shift = kinds[n % 10 == 0], timedelta(days=n)
                day = date(2025, 3, 1) + shift
                move = day_start(day) - _DAY
                spans = [s._replace(since=s.since + move, until=s.until + move) for s in fold.spans]
                connection.execute(insert(PointSpanRow), span_rows(_name(number), day, spans))
                assert fold.day is not None
                connection.execute(insert(PointDayRow), day_row(fold.day) | {"point": _name(number), "day": day})
                mark = {"point": _name(number), "day": day, "dirty": False, "why": "", "folded_at": _DAY}
                connection.execute(insert(HistoryMark), mark | {"carry": fold.carry.model_dump(mode="json")})
                if number < with_hours:
                    moved = {"point": _name(number)}
                    hours = [hour_row(hour) | moved | {"at": hour.at + move} for hour in fold.hours]
                    connection.execute(insert(PointHourRow), hours)
    with database.writing() as session:
        session.add(HistoryProgress(folded_until=date(2026, 3, 1)))


def _fold(rules: list[RulesInForce], failed: range) -> DayFold:
    rows = _samples(0, 0)
    seen = ["failed" if n in failed else "ok" for n in range(_SAMPLES)]
    at, latency = [_DAY + n * _EVERY for n in range(_SAMPLES)], [row["latency_ms"] for row in rows]
    return fold_day(_name(0), _DAY.date(), SampleColumns(at, seen, [None] * _SAMPLES, latency), rules, NOTHING)


def _room(directory: str) -> list[Figure]:
    """Kilobytes of a point and month, beside the samples that it was folded from."""
    history, samples = _database(directory, "month.db"), _database(directory, "samples.db")
    empty = _kilobytes(directory, "month.db", history)
    _fill(history, _MONTH, with_hours=_MANY)
    _stored(samples, 0)
    kept = (_kilobytes(directory, "month.db", history) - empty) / _MANY
    sampled = (_kilobytes(directory, "samples.db", samples) - empty) / _POINTS * _MONTH
    return [Figure("room of a point and month", kept, "kB", sampled, "the samples, one every 30 s")]


def _kilobytes(directory: str, name: str, database: Database) -> float:
    database.close()  # which also empties the log of changes into the file
    return (Path(directory) / name).stat().st_size / 1000


def _reading(directory: str) -> list[Figure]:
    database, published = _database(directory, "year.db"), _shop(_MANY)
    _publish(database, published)
    _fill(database, _YEAR, with_hours=1)
    store = HistoryStore(database, lambda _digest: published, lambda: datetime(2026, 3, 1, tzinfo=UTC))
    every, first = [_name(n) for n in range(_MANY)], date(2025, 3, 1)
    since, until, last = day_start(first), _DAY, _DAY.date()
    assert len(store.days(every, first, last)[_name(7)]) == _YEAR
    assert len(store.spans([_name(7)], since, until)[_name(7)]) == 2 * 37 + 1  # down on 37 days, and up around them
    days = _cpu(lambda: store.days(every, first, last)) / 1000
    spans = _cpu(lambda: store.spans(every, since, until)) / 1000
    rows = _cpu(lambda: _plain(database, "SELECT * FROM pointday ORDER BY point, day")) / 1000
    stored = _cpu(lambda: _plain(database, "SELECT * FROM pointspan ORDER BY point, since")) / 1000
    quarter = last - timedelta(days=_QUARTER)
    quarter_days = _cpu(lambda: store.days(every, quarter, last)) / 1000
    quarter_hours = _cpu(lambda: store.hours([_name(0)], day_start(quarter), until))
    quarter_rows = _cpu(
        lambda: _plain(database, "SELECT * FROM pointday WHERE day >= ? ORDER BY point, day", f"{quarter}")
    )
    begin = f"{quarter} 00:00:00"
    quarter_plain = _cpu(
        lambda: _plain(database, "SELECT * FROM pointhour WHERE point = ? AND at >= ? ORDER BY at", _name(0), begin)
    )
    one_day = _cpu(lambda: store.days([_name(7)], first, last))
    one_span = _cpu(lambda: store.spans([_name(7)], since, until))
    one_plain = _cpu(lambda: _plain(database, "SELECT * FROM pointday WHERE point = ? ORDER BY day", _name(7)))
    spans_plain = _cpu(lambda: _plain(database, "SELECT * FROM pointspan WHERE point = ? ORDER BY since", _name(7)))
    hours = _cpu(lambda: store.hours([_name(0)], since, until))
    hours_plain = _cpu(lambda: _plain(database, "SELECT * FROM pointhour WHERE point = ? ORDER BY at", _name(0)))
    database.close()
    same = "plain SQL: fetch the same rows"
    return [
        Figure(f"a quarter of {_MANY} points, by day", quarter_days, "s CPU", quarter_rows / 1000, same, Goal(2)),
        Figure("  a quarter of one point, by hour", quarter_hours, "ms CPU", quarter_plain, same),
        Figure(f"a year of {_MANY} points, by day", days, "s CPU", rows, same, Goal(2)),
        Figure(f"a year of {_MANY} points, spans", spans, "s CPU", stored, same, Goal(2)),
        Figure("a year of one point, by day", one_day, "ms CPU", one_plain, same, Goal(20)),
        Figure("a year of one point, spans", one_span, "ms CPU", spans_plain, same, Goal(20)),
        Figure("  a year of one point, by hour", hours, "ms CPU", hours_plain, same),
    ]


def run() -> list[Figure]:
    """Measure."""
    with tempfile.TemporaryDirectory() as directory:
        return [
            *_folding(directory, 0, "all ok"),
            *_folding(directory, 0.002, "six samples failed"),
            _index(directory),
            *_room(directory),
            *_reading(directory),
        ]
