"""Repeated messages, clocks that are wrong, and what is over: as tables over a watch's memory; no Temporal needed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from models.alarms import Alarm, AlarmState, Disposition, fingerprint_of
from models.dossier.monitoring import Flapping, Severity
from models.incident import AlarmsCleared, IncidentEnd
from models.sizes import encoded_size
from tests.workflows.test_alarm_handler import NIGHT, Desk, at, back
from tests.workflows.test_flood import handed_on
from tests.workflows.world import alarm, cleared
from workflows.watch.next_run import fit
from workflows.watch.occurrences import MOST_OVER, REMEMBER_OVER

HOUR = timedelta(hours=1)


def undated(d: Desk, *, fires: bool = True, **fields: Any) -> Alarm:
    """A message of a source that does not say since when."""
    made = alarm if fires else cleared
    return made("web", since=d.now, seen_at=d.now, since_known=False, **fields)


# --- what is over


@pytest.mark.parametrize("after", [timedelta(seconds=1), timedelta(minutes=20), 4 * HOUR])
@pytest.mark.parametrize("end", ["recovered", "not-confirmed"])
def test_a_cleared_occurrence_that_a_second_replica_repeats_opens_and_reopens_nothing(
    after: timedelta, end: str
) -> None:
    d = Desk(reopen_within=8 * HOUR)
    d.take(at(0), back(0))
    d.book.ended("inc.acme.shop.1", end)
    d.forward(seconds=after.total_seconds())
    receipt = d.desk.take(at(0))
    assert receipt.disposition is Disposition.DUPLICATE
    assert "was cleared at" in receipt.reason
    assert (len(d.started), d.memory.alarms) == (1, {})
    assert d.take(at(99)) == [Disposition.OPENED]


def test_an_older_occurrence_that_is_repeated_does_not_touch_the_one_that_fires() -> None:
    d = Desk()
    d.take(at(0), back(0), at(60))
    assert d.take(at(0), back(0)) == [Disposition.DUPLICATE, Disposition.NOTED]
    assert d.memory.alarms["embedded/web"].alarm == at(60)


@pytest.mark.parametrize("late", [0, -30])
def test_an_occurrence_whose_clear_overtakes_its_alarm_opens_nothing(late: int) -> None:
    d = Desk()
    receipt = d.desk.take(back(0))
    handed_on(d)
    assert d.take(at(late), at(60)) == [Disposition.DUPLICATE, Disposition.OPENED]
    assert (receipt.disposition, receipt.reason) == (
        Disposition.NOTED,
        "no active alarm has this fingerprint",
    )


def test_a_clear_that_does_not_say_which_occurrence_is_over_keeps_no_later_alarm_away() -> None:
    d = Desk()
    assert d.take(undated(d, fires=False), at(0)) == [Disposition.NOTED, Disposition.OPENED]


def test_an_occurrence_that_its_source_still_reports_long_after_is_believed_again() -> None:
    d = Desk()
    d.take(at(0), back(0))
    d.book.ended("inc.acme.shop.1", "recovered-by-itself")
    d.forward(seconds=REMEMBER_OVER.total_seconds() + 1)
    assert d.take(at(0)) == [Disposition.OPENED]


def test_the_memory_of_what_is_over_is_bounded_in_bytes_and_in_time() -> None:
    d = Desk()
    for n in range(MOST_OVER + 500):
        d.memory.journal.clear()
        fires = at(n % 100, "mail", fingerprint=f"{n}/" + "界" * 120)
        d.take(fires, fires.model_copy(update={"state": AlarmState.CLEARED}))
    assert len(d.memory.over) == MOST_OVER
    assert encoded_size(d.memory.model_copy(update={"journal": [], "fired": {}, "incidents": {}})) < 29 * MOST_OVER
    d.forward(seconds=REMEMBER_OVER.total_seconds() + 1)
    d.desk.review()
    assert d.memory.over == {}


def test_after_a_storm_of_5000_clears_the_next_run_knows_each_occurrence_that_a_replica_repeats() -> None:
    d = Desk(reopen_within=HOUR)
    fires = [alarm("mail", fingerprint=f"am/{n}", since=NIGHT + timedelta(microseconds=n)) for n in range(5000)]
    back = [a.model_copy(update={"state": AlarmState.CLEARED}) for a in fires]
    for a, b in zip(fires, back, strict=True):
        d.take(a, b)
    d.book.ended("inc.acme.shop.1", "recovered")
    d.memory.journal.clear()
    before = dict(d.memory.over)
    assert fit(d.memory) == []
    handed_on(d)
    assert d.memory.over == before
    assert set(d.take(*fires)) == {Disposition.DUPLICATE}
    assert d.take(fires[7].model_copy(update={"since": NIGHT + timedelta(microseconds=8)})) == [Disposition.OPENED]


def test_a_proven_end_is_not_overwritten_where_probes_refute_that_the_fault_came_back() -> None:
    d = Desk(reopen_within=HOUR)
    d.take(at(0), back(0))
    d.book.ended("inc.acme.shop.1", "recovered", lead="anna")
    closed_at = d.now
    d.forward(minutes=10)
    d.take(at(60))
    [again] = [order.reopening for _, order in d.started if order.reopening]
    assert again.end is IncidentEnd.RECOVERED
    d.book.ended("inc.acme.shop.1", "not-confirmed")
    kept = d.memory.closed["inc.acme.shop.1"]
    assert (kept.end, kept.closed_at) == ("recovered", closed_at)
    d.take(back(60))
    d.forward(minutes=10)
    assert d.take(at(120)) == [Disposition.OPENED]
    assert d.started[-1][1].reopening.times == 2  # type: ignore[union-attr]


# --- the clocks of sources


@pytest.mark.parametrize("ahead", [timedelta(minutes=6), HOUR, timedelta(days=365 * 7000)])
def test_a_time_in_the_future_is_replaced_by_the_time_of_receipt_and_the_receipt_says_so(ahead: timedelta) -> None:
    d = Desk()
    receipt = d.desk.take(at(0).model_copy(update={"since": NIGHT + ahead, "seen_at": NIGHT + ahead}))
    assert receipt.disposition is Disposition.OPENED
    assert "in the future" in receipt.reason
    assert "clock and the time zone" in receipt.reason
    open_alarm = d.memory.alarms["embedded/web"].alarm
    assert (open_alarm.since, open_alarm.seen_at) == (NIGHT, NIGHT)
    assert d.memory.journal[0].alarm.seen_at == NIGHT
    assert d.started[0][1].alarms[0].since == NIGHT


def test_an_alarm_whose_source_is_an_hour_ahead_is_cleared_by_its_source_in_any_spelling() -> None:
    for clearing in ({"since": NIGHT + HOUR}, {"since_known": False}, {"since": NIGHT - HOUR}):
        d = Desk()
        d.take(at(0).model_copy(update={"since": NIGHT + HOUR}))
        d.forward(minutes=1)
        assert d.take(back(0).model_copy(update={"since": d.now} | clearing)) == [Disposition.CLEARED]


def test_a_clock_that_is_a_little_ahead_is_believed() -> None:
    d = Desk()
    a = at(0).model_copy(update={"since": NIGHT + timedelta(minutes=4)})
    assert "future" not in d.desk.take(a).reason
    d.forward(seconds=10)
    assert d.take(undated(d, fires=False)) == [Disposition.CLEARED]


def test_an_alarm_that_a_person_clears_is_cleared() -> None:
    flapping = Flapping(within=HOUR, enter=2, leave=1)
    for first in (
        [at(0)],
        [at(240)],
        [at(0).model_copy(update={"since": NIGHT + HOUR})],
        [at(0), back(0), at(60)],  # it flaps
    ):
        d = Desk(flapping=flapping)
        d.take(*first)
        d.forward(seconds=1)
        by_anna = cleared("web", source="anna@example.com", since=d.now, since_known=False, by_person=True)
        assert d.take(by_anna) == [Disposition.CLEARED]
        assert d.memory.alarms == {}
        assert isinstance(d.told[-1][1], AlarmsCleared)


# --- repetitions


def test_a_source_that_repeats_an_alarm_without_since_does_not_flap() -> None:
    d = Desk(flapping=Flapping(within=HOUR, enter=3, leave=1))
    seen = []
    for _ in range(20):
        seen += d.take(undated(d))
        d.forward(minutes=1)
    assert seen == [Disposition.OPENED] + [Disposition.DUPLICATE] * 19
    open_alarm = d.memory.alarms["embedded/web"]
    assert (open_alarm.times, open_alarm.flapping_since, open_alarm.alarm.since) == (20, None, NIGHT)
    assert (len(d.started), d.told) == (1, [])
    assert d.take(undated(d, fires=False)) == [Disposition.CLEARED]


def test_only_coming_and_going_counts_as_flapping() -> None:
    d = Desk(flapping=Flapping(within=HOUR, enter=3, leave=1))
    for _ in range(2):
        d.take(undated(d), undated(d), undated(d), undated(d, fires=False))
        d.forward(minutes=1)
    assert d.memory.alarms == {}
    d.take(undated(d))
    assert d.memory.alarms["embedded/web"].flapping_since is not None
    assert d.take(undated(d)) == [Disposition.FLAPPING]


def test_a_repetition_without_since_waits_like_any_other_after_its_incident_ended() -> None:
    d = Desk()
    d.take(undated(d))
    d.book.ended("inc.acme.shop.1", "not-confirmed")
    d.forward(seconds=30)
    assert d.take(undated(d)) == [Disposition.DUPLICATE]
    assert len(d.started) == 1
    d.forward(minutes=2)
    assert len(d.started) == 2


def test_a_repetition_that_is_worse_is_news() -> None:
    d = Desk()
    d.take(undated(d, severity=Severity.WARNING))
    assert d.take(undated(d, severity=Severity.CRITICAL), undated(d, severity=Severity.WARNING)) == [
        Disposition.JOINED,
        Disposition.DUPLICATE,
    ]


def test_a_newer_occurrence_whose_clear_was_lost_is_not_cleared_by_the_late_one() -> None:
    d = Desk()
    d.take(at(0))
    assert d.take(at(60), back(0)) == [Disposition.DUPLICATE, Disposition.NOTED]
    assert d.take(back(60)) == [Disposition.CLEARED]


# --- identity


def test_a_fingerprint_begins_with_its_source_and_fits() -> None:
    assert fingerprint_of("nagios", "disk") == "nagios/disk"
    assert fingerprint_of("nagios", "disk") != fingerprint_of("zabbix", "disk")
    long = [fingerprint_of("s" * 80, name) for name in ("x" * 500, "x" * 499 + "y", "\x00", "\ud800")]
    assert len(set(long)) == 4
    assert all(len(f) <= 128 and f.isprintable() for f in long)
