"""The history that is kept: folded once or again, from samples that come in time, late or never."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from itertools import islice

from sqlalchemy import delete, func, select
from sqlmodel import col

from activities.history.days import A_DAY
from activities.history.progress import fold_progress
from activities.monitor.store import MonitorStore
from activities.records.database import Database
from models.history_tables import PointDayRow
from models.tables import DossierVersion, SampleRow
from tests.history.kept import (
    DISK,
    EVERY,
    FIRST,
    MORNING,
    PAGE,
    content,
    fold,
    history,
    in_force,
    keeper,
    progress,
    row,
    rows,
    shop,
    short,
    slipped_in,
    stored,
)

THIRD = FIRST + 2 * A_DAY


def samples_left(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count(col(SampleRow.id)))) or 0


def pruned(database: Database, before_days: int) -> None:
    """Prune as the monitor does, at noon so many days after the first."""
    store = MonitorStore(database)
    samples = store.deletable(FIRST + before_days * A_DAY + A_DAY / 2)
    following: int | None = 0
    while following is not None:
        following = store.prune(samples, following)


def test_the_first_run_takes_in_every_day_that_has_samples(either: Database) -> None:
    in_force(either, shop(page={}, disk={}))
    slipped_in(either, rows(FIRST + A_DAY / 2, MORNING, failed=[200, 201]))
    slipped_in(either, rows(THIRD, MORNING, name=DISK))
    assert fold(either, MORNING) == 4
    assert progress(either).folded_until == date(2026, 3, 4)
    found = history(either, MORNING).spans([PAGE, DISK], FIRST, THIRD + A_DAY)
    assert short(found[PAGE]) == [
        ("up", "01 12:00", "02 21:20"),
        ("down", "02 21:20", "02 21:40"),
        ("up", "02 21:40", "04 00:00"),
    ]
    assert short(found[DISK]) == [("up", "03 00:00", "04 00:00")]


def test_a_repeated_run_folds_nothing_and_changes_nothing(database: Database) -> None:
    in_force(database, shop())
    slipped_in(database, rows(FIRST, MORNING, failed=[5, 143, 144, 145]))
    assert fold(database, MORNING) == 3
    before = content(database)
    assert fold(database, MORNING + timedelta(minutes=10)) == 0
    assert content(database) == before


def test_a_run_that_ends_half_way_is_continued(database: Database) -> None:
    in_force(database, shop(**{f"p{n:02}": {} for n in range(45)}))
    for n in range(45):
        slipped_in(database, rows(FIRST, MORNING, failed=[n, 143, 144], name=f"acme.shop.p{n:02}"))
    assert sum(islice(keeper(database).steps(MORNING), 4)) == 65
    fold(database, MORNING)
    broken_off = content(database)
    with database.connection() as connection:
        for table in ("pointspan", "pointhour", "pointday", "historymark", "historyprogress"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    assert fold(database, MORNING) == 3 * 45
    assert content(database) == broken_off


def test_a_day_is_folded_an_hour_after_its_end(database: Database) -> None:
    in_force(database, shop())
    slipped_in(database, rows(FIRST, FIRST + A_DAY))
    assert fold(database, FIRST + A_DAY + timedelta(minutes=59)) == 0
    assert fold(database, FIRST + A_DAY + timedelta(minutes=60)) == 1


def test_late_samples_mark_their_day_which_is_folded_again(database: Database) -> None:
    in_force(database, shop())
    known = rows(FIRST, MORNING)
    slipped_in(database, known[:150] + known[170:])
    fold(database, MORNING)
    at = history(database, MORNING)
    assert short(at.spans([PAGE], FIRST, THIRD)[PAGE])[1] == ("no_data", "02 01:10", "02 04:20")
    stored(database, known[150:170])
    assert fold(database, MORNING) == 1
    assert short(at.spans([PAGE], FIRST, THIRD)[PAGE]) == [("up", "01 00:00", "03 00:00")]


def test_a_late_sample_that_changes_the_end_of_a_day_changes_the_next_day_too(either: Database) -> None:
    in_force(either, shop(page={"thresholds": {"down": {"duration": "20m"}}}))
    known = rows(FIRST, MORNING, failed=range(140, 150))
    slipped_in(either, known[:141] + known[144:])
    fold(either, MORNING)
    at = history(either, MORNING)
    assert short(at.spans([PAGE], FIRST, THIRD)[PAGE]) == [
        ("up", "01 00:00", "01 23:20"),
        ("down", "01 23:20", "01 23:40"),
        ("no_data", "01 23:40", "02 00:00"),
        ("down", "02 00:00", "02 01:00"),
        ("up", "02 01:00", "03 00:00"),
    ]
    stored(either, [row(FIRST + 142 * EVERY)])
    assert fold(either, MORNING) == 2
    assert short(at.spans([PAGE], FIRST, THIRD)[PAGE]) == [
        ("up", "01 00:00", "02 00:00"),
        ("down", "02 00:00", "02 01:00"),
        ("up", "02 01:00", "03 00:00"),
    ]


def test_days_on_which_the_monitor_did_not_run_are_no_data(database: Database) -> None:
    in_force(database, shop())
    slipped_in(database, [*rows(FIRST, FIRST + A_DAY / 2), *rows(THIRD + A_DAY / 2, MORNING)])
    assert fold(database, MORNING) == 3
    found = history(database, MORNING).spans([PAGE], FIRST, THIRD + A_DAY)[PAGE]
    assert short(found) == [
        ("up", "01 00:00", "01 12:10"),
        ("no_data", "01 12:10", "03 12:00"),
        ("up", "03 12:00", "04 00:00"),
    ]
    [_, empty, _] = history(database, MORNING).days([PAGE], FIRST.date(), MORNING.date())[PAGE]
    assert (empty.samples, empty.expected, empty.no_data_share) == (0, 144, 1.0)


def test_a_point_that_the_dossier_no_longer_has_is_no_longer_watched(database: Database) -> None:
    in_force(database, shop(page={}, disk={}))
    in_force(database, shop(disk={}), FIRST + A_DAY * 1.5)
    slipped_in(database, rows(FIRST, FIRST + A_DAY * 1.5))
    assert fold(database, MORNING) == 2
    found = history(database, MORNING).spans([PAGE], FIRST, MORNING)[PAGE]
    assert short(found) == [("up", "01 00:00", "02 12:00")]


def test_a_threshold_that_was_published_at_midday_counts_from_then_on(database: Database) -> None:
    in_force(database, shop(page={"thresholds": {"slow": {"when": "latency_ms > 50"}}}))
    in_force(database, shop(page={"thresholds": {"slow": {"when": "latency_ms > 10"}}}), FIRST + A_DAY / 2)
    slipped_in(database, rows(FIRST, FIRST + A_DAY))
    fold(database, MORNING)
    found = history(database, MORNING).spans([PAGE], FIRST, FIRST + A_DAY)[PAGE]
    assert short(found) == [("up", "01 00:00", "01 12:00"), ("down", "01 12:00", "02 00:00")]


# ---- samples are deleted after their fold, and never before


def test_no_sample_is_deleted_before_its_day_is_folded(either: Database) -> None:
    in_force(either, shop())
    slipped_in(either, rows(FIRST, MORNING))
    pruned(either, before_days=40)
    assert samples_left(either) == 3 * 144 + 36, "nothing is folded"
    assert "kept" in MonitorStore(either).deletable(FIRST + 40 * A_DAY).held
    fold(either, FIRST + 2 * A_DAY + timedelta(hours=2), samples_kept=1)
    pruned(either, before_days=40)
    assert samples_left(either) == 2 * 144 + 36, "one day is folded, and old enough"
    assert MonitorStore(either).deletable(FIRST + A_DAY * 1.5).held == ""


def test_a_day_that_waits_for_its_fold_keeps_all_later_samples(database: Database) -> None:
    in_force(database, shop())
    slipped_in(database, rows(FIRST, MORNING))
    fold(database, MORNING, samples_kept=30)
    stored(database, [row(FIRST + timedelta(minutes=5))])
    keeper(database, samples_kept=1)._seal(MORNING)
    pruned(database, before_days=40)
    assert samples_left(database) == 3 * 144 + 37
    fold(database, MORNING, samples_kept=1)
    pruned(database, before_days=40)
    assert samples_left(database) == 144 + 36


def test_a_sealed_day_stays_as_it_is_when_a_sample_arrives_after_all(database: Database) -> None:
    in_force(database, shop())
    slipped_in(database, rows(FIRST, MORNING))
    fold(database, MORNING, samples_kept=1)
    pruned(database, before_days=40)
    before = content(database)
    stored(database, [row(FIRST + timedelta(minutes=5), "failed")])
    assert fold(database, MORNING, samples_kept=1) == 0
    assert content(database) == before


def test_an_unusable_dossier_keeps_the_samples_of_its_points_and_no_others(either: Database) -> None:
    in_force(either, shop())
    spoilt = shop().model_copy(update={"application": "stock"})
    in_force(either, spoilt, monitoring="no")
    slipped_in(either, rows(FIRST, MORNING))
    slipped_in(either, rows(FIRST, MORNING, name="acme.stock.page"))
    assert fold(either, MORNING, samples_kept=1) == 3
    told = fold_progress(either)
    assert [(d, "acme.stock" in why and "cannot be used" in why) for why, d in told.reasons.items()] == [
        (FIRST.date(), True)
    ]
    assert "cannot be folded" in (told.lag(MORNING) or "")
    pruned(either, before_days=40)
    assert samples_left(either) == 3 * 144 + 36 + 144 + 36
    [first, *_] = history(either, MORNING).unfolded(["acme.stock.page"], FIRST, MORNING)
    assert (first.day, "cannot be used" in first.why) == (FIRST.date(), True)

    with either.writing() as session:
        session.get_one(DossierVersion, spoilt.digest).content = spoilt.model_dump(mode="json")
    assert fold(either, MORNING, samples_kept=1) == 3
    pruned(either, before_days=40)
    assert samples_left(either) == 2 * (144 + 36)
    assert fold_progress(either).lag(MORNING) is None


def test_history_is_deleted_after_its_time(either: Database) -> None:
    in_force(either, shop())
    slipped_in(either, rows(FIRST, MORNING))
    fold(either, MORNING, history_kept=2)
    kept = history(either, MORNING).days([PAGE], FIRST.date(), MORNING.date())[PAGE]
    assert [day.day.day for day in kept] == [2, 3]
    assert [r[1].day for r in content(either)["historymark"]] == [2, 3]


def test_a_sample_that_arrives_while_its_day_is_folded_is_not_lost(either: Database) -> None:
    in_force(either, shop(**{f"p{n:02}": {} for n in range(30)}))
    for n in range(30):
        slipped_in(either, rows(FIRST, FIRST + A_DAY, name=f"acme.shop.p{n:02}"))
    late = [row(FIRST + timedelta(minutes=n), name=f"acme.shop.p{n % 30:02}") for n in range(1, 200, 5)]

    def arrive() -> None:
        for one in late:
            stored(either, [one])

    arriving = threading.Thread(target=arrive)
    arriving.start()
    fold(either, MORNING)
    arriving.join()
    fold(either, MORNING)
    with either.reading() as session:
        counted = session.execute(select(func.sum(col(PointDayRow.samples)))).scalar()
    assert counted == samples_left(either) == 30 * 144 + len(late)


def test_a_lag_is_said_in_one_sentence(database: Database) -> None:
    in_force(database, shop())
    assert fold_progress(database).lag(MORNING) is None, "no samples"
    slipped_in(database, rows(FIRST, MORNING))
    assert "no day has been folded yet" in (fold_progress(database).lag(MORNING) or "")
    fold(database, FIRST + A_DAY + timedelta(hours=2))
    assert fold_progress(database).lag(FIRST + 2 * A_DAY + timedelta(hours=2)) is None
    assert "2026-03-02" in (fold_progress(database).lag(FIRST + 2 * A_DAY + timedelta(hours=8)) or "")


# ---- what is read


def test_what_is_not_folded_yet_is_read_too_up_to_now(either: Database) -> None:
    in_force(either, shop(page={"thresholds": {"down": {"duration": "20m"}}}))
    slipped_in(either, rows(FIRST, MORNING, failed=[*range(287, 292), 450]))
    fold(either, FIRST + 2 * A_DAY + timedelta(hours=2))
    assert progress(either).folded_until == date(2026, 3, 3)
    at = history(either, MORNING)
    found = at.spans([PAGE], FIRST + A_DAY, MORNING + A_DAY)[PAGE]
    assert short(found) == [
        ("up", "02 00:00", "02 23:50"),
        ("down", "02 23:50", "03 00:40"),
        ("up", "03 00:40", "04 06:00"),
    ]
    hours = at.hours([PAGE], THIRD, MORNING + A_DAY)[PAGE]
    assert [hour.at for hour in hours] == [THIRD + timedelta(hours=n) for n in range(30)]
    assert {hour.samples for hour in hours} == {6}
    days = at.days([PAGE], FIRST.date(), MORNING.date() + A_DAY)[PAGE]
    assert [(day.samples, day.watched_s) for day in days] == [(144, 86_400)] * 3 + [(36, 21_600)]
    assert days[3].blips == {"down": 1}


def test_before_the_first_fold_everything_is_read_from_the_samples(database: Database) -> None:
    in_force(database, shop())
    slipped_in(database, rows(FIRST + EVERY, MORNING))
    at = history(database, MORNING)
    assert short(at.spans([PAGE], FIRST, MORNING)[PAGE]) == [("up", "01 00:10", "04 06:00")]
    assert at.measured_since(PAGE) == FIRST + EVERY
    assert at.measured_since(DISK) is None
    assert at.spans([DISK], FIRST, MORNING) == {DISK: []}
    fold(database, MORNING)
    assert at.measured_since(PAGE) == FIRST + EVERY
    assert short(at.spans([PAGE], FIRST, MORNING)[PAGE]) == [("up", "01 00:10", "04 06:00")]


def test_stored_figures_are_those_of_the_fold(either: Database) -> None:
    in_force(either, shop())
    slipped_in(either, [row(FIRST + n * EVERY, latency=float(n)) for n in range(144)])
    at = history(either, FIRST + A_DAY)
    day, hours = at.days([PAGE], FIRST.date(), THIRD.date())[PAGE], at.hours([PAGE], FIRST, THIRD)[PAGE]
    fold(either, FIRST + A_DAY + timedelta(hours=2))
    with either.connection() as connection:
        connection.execute(delete(SampleRow))
    assert at.days([PAGE], FIRST.date(), THIRD.date())[PAGE][:1] == day
    assert at.hours([PAGE], FIRST, FIRST + A_DAY)[PAGE] == hours
    assert day[0].latency_ms is not None
    assert (day[0].latency_ms.p50, day[0].latency_ms.last) == (71.0, 143.0)


def test_the_versions_in_force_are_those_of_the_span(database: Database) -> None:
    first, second = shop(), shop(disk={})
    in_force(database, first)
    in_force(database, second, FIRST + A_DAY)
    in_force(database, first, THIRD)
    at = history(database, MORNING)
    found = at.dossiers_in_force("acme.shop", FIRST + A_DAY / 2, MORNING)
    assert [(use.digest, use.until) for use in found] == [
        (first.digest, FIRST + A_DAY),
        (second.digest, THIRD),
        (first.digest, None),
    ]
    assert [use.digest for use in at.dossiers_in_force("acme.shop", FIRST + A_DAY, THIRD)] == [second.digest]
    assert at.dossiers_in_force("acme.shop", FIRST - 3 * A_DAY, FIRST - A_DAY) == []


def test_chosen_statistics_of_days_are_those_of_the_days_folded_or_not(either: Database) -> None:
    in_force(either, shop(page={}, disk={}))
    moments = [FIRST + n * EVERY for n in range(200)]
    kept = [{**row(at, name=DISK, latency=None), "value": float(n)} for n, at in enumerate(moments)]
    slipped_in(either, kept)
    names = ["min", "max", "p95", "last"]
    for until in (FIRST + 2 * A_DAY, FIRST + A_DAY + timedelta(hours=2)):
        at = history(either, until)
        whole = at.days([DISK], FIRST.date(), THIRD.date())[DISK]
        chosen = at.day_values([DISK, PAGE], FIRST.date(), THIRD.date(), names)
        assert [(one.day, one.no_data_s) for one in chosen[DISK]] == [(one.day, one.no_data_s) for one in whole]
        assert [one.values for one in chosen[DISK]] == [
            tuple(getattr(one.value, n, None) for n in names) for one in whole
        ]
        assert chosen[PAGE] == []
        fold(either, FIRST + A_DAY + timedelta(hours=2))
