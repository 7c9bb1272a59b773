"""What customer and supplier may hold each other to when priorities change, somebody is waited for, or it comes back."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Any

import pytest

from activities.clocks import read
from models.clock import ClockedTarget, ClockEvent, ClockReading, StretchKind, TargetKind, TargetState
from models.dossier.agreement import Agreement
from models.dossier.parties import Party

PARTIES = {
    "us": Party(name="Driftbolaget", kind="supplier"),
    "acme": Party(name="Acme", kind="customer"),
    "betalt": Party(name="Betalt", kind="third_party"),
}
OFFICE = {
    "time_zone": "Europe/Stockholm",
    "weekly": {
        **{day: ["08:00-17:00"] for day in ("monday", "tuesday", "wednesday", "thursday")},
        "friday": ["08:00-16:00"],
    },
}
LEVELS = {
    "P1": {"respond": "15m", "restore": "4h", "update": "1h"},
    "P2": {"respond": "30m", "restore": "8h", "update": "4h"},
    "P3": {"respond": "2h", "restore": "48h"},
}
OPENED = datetime(2026, 6, 15, 8, tzinfo=UTC)  # a Monday, ten o'clock in Stockholm


def agreement(pauses: dict[str, list[str]] | None = None, **levels: dict[str, str]) -> Agreement:
    service_levels = {
        priority: {kind: {"within": within, "hours": hours} for kind, within in level.items()}
        for priority, level in (levels or LEVELS).items()
        for hours in ["office" if "working" in str(level) else "always"]
    }
    return Agreement.model_validate(
        {
            "number": "A-1",
            "signed": "2026-01-01",
            "signed_by": ["x"],
            "undertakings": ["incident"],
            "service_hours": {"always": "24x7", "office": OFFICE},
            "service_levels": service_levels,
            "pauses": pauses or {},
        }
    )


def events(*told: tuple[float, str, dict[str, Any]] | tuple[float, str]) -> list[ClockEvent]:
    """What happened, each so many hours after the opening."""
    happened = []
    for hours, kind, *more in told:
        fields = more[0] if more else {}
        happened.append(ClockEvent.model_validate({"at": after(hours), "kind": kind, **fields}))
    return happened


def after(hours: float) -> datetime:
    return OPENED + timedelta(hours=hours)


def as_priority(priority: str) -> dict[str, Any]:
    return {"priority": priority}


def target(reading: ClockReading, which: TargetKind) -> ClockedTarget:
    return next(one for one in reading.targets if one.kind is which)


def test_a_response_in_time_stays_met_when_the_priority_is_raised() -> None:
    happened = events((0, "opened", as_priority("P3")), (1, "responded"), (3, "priority", as_priority("P1")))

    respond = target(read(agreement(), PARTIES, happened, after(3)), TargetKind.RESPOND)

    assert (respond.state, respond.priority, respond.within) == (TargetState.MET, "P3", "2h")


def test_a_breach_is_not_hidden_by_a_lower_priority() -> None:
    happened = events((0, "opened", as_priority("P1")), (0.1, "responded"), (5, "priority", as_priority("P3")))

    open_still = target(read(agreement(), PARTIES, happened, after(6)), TargetKind.RESTORE)
    closed = target(read(agreement(), PARTIES, [*happened, *events((7, "closed"))], after(8)), TargetKind.RESTORE)

    assert (open_still.state, open_still.deadline) == (TargetState.RUNNING, after(48))
    assert (open_still.breached_at, open_still.breached_as, open_still.breaches) == (after(4), "P1", 1)
    assert (closed.state, closed.priority, closed.within) == (TargetState.MISSED, "P1", "4h")
    assert (closed.deadline, closed.breached_at, closed.elapsed_seconds) == (after(4), after(4), 7 * 3600)


@pytest.mark.parametrize(("told_at", "state"), [(1.5, TargetState.MISSED), (0.5, None)])
def test_a_late_word_is_not_hidden_by_a_priority_that_promises_none(told_at: float, state: TargetState | None) -> None:
    happened = events(
        (0, "opened", as_priority("P1")), (told_at, "updated"), (told_at + 0.2, "priority", as_priority("P3"))
    )

    found = [p.state for p in read(agreement(), PARTIES, happened, after(5)).targets if p.kind is TargetKind.UPDATE]

    assert found == ([state] if state else [])


def test_a_target_that_no_longer_applies_no_longer_counts() -> None:
    happened = events((0, "opened", as_priority("P1")), (3, "priority", as_priority("P3")))

    update = target(read(agreement(), PARTIES, happened, after(20), explain=True), TargetKind.UPDATE)

    assert (update.state, update.breached_at, update.elapsed_seconds) == (TargetState.MISSED, after(1), 3 * 3600)
    assert [(s.kind, s.why, s.until) for s in update.stretches] == [
        (StretchKind.RUNNING, "round the clock", after(3)),
        (StretchKind.STOPPED, "no target as P3", after(20)),
    ]


def test_a_raise_makes_neither_a_word_nor_taking_it_up_overdue_at_once() -> None:
    happened = events((0, "opened", as_priority("P2")), (0.4, "priority", as_priority("P1")))

    reading = read(agreement(), PARTIES, happened, after(0.4))
    respond, update = target(reading, TargetKind.RESPOND), target(reading, TargetKind.UPDATE)

    # Taking it up was due sooner as P2 than a quarter of an hour after the raise.
    assert (respond.state, respond.deadline, respond.priority) == (TargetState.RUNNING, after(0.5), "P2")
    assert (update.state, update.deadline, update.started_at) == (TargetState.RUNNING, after(1.4), after(0.4))


def test_restoring_is_counted_from_the_opening_whatever_the_priority_was() -> None:
    happened = events((0, "opened", as_priority("P3")), (0.1, "responded"), (5, "priority", as_priority("P1")))

    restore = target(read(agreement(), PARTIES, happened, after(5)), TargetKind.RESTORE)

    assert (restore.state, restore.deadline, restore.elapsed_seconds) == (TargetState.OVERDUE, after(4), 5 * 3600)


def test_lowering_the_priority_and_raising_it_again_wins_no_time() -> None:
    happened = events(
        (0, "opened", as_priority("P1")), (0.8, "priority", as_priority("P2")), (0.9, "priority", as_priority("P1"))
    )

    update = target(read(agreement(), PARTIES, happened, after(0.9)), TargetKind.UPDATE)

    assert (update.deadline, update.priority) == (after(1), "P1")


WAITING = (1, "waiting", {"party": "acme", "note": "no access"})


def test_a_wait_stops_the_clocks_that_the_agreement_names_and_no_other() -> None:
    happened = events((0, "opened", as_priority("P1")), (0.1, "responded"), (0.5, "updated"), WAITING)

    named = read(agreement({"waiting_for_customer": ["restore"]}), PARTIES, happened, after(1.2), explain=True)
    all_named = read(agreement({"waiting_for_customer": ["restore", "update"]}), PARTIES, happened, after(1.2))

    assert named.pauses == [TargetKind.RESTORE]
    assert target(named, TargetKind.RESTORE).state is TargetState.PAUSED
    assert (target(named, TargetKind.UPDATE).state, target(named, TargetKind.UPDATE).deadline) == (
        TargetState.RUNNING,
        after(1.5),
    )
    assert target(named, TargetKind.UPDATE).stretches[-1].why.endswith("no access, which does not pause the clock")
    assert target(all_named, TargetKind.UPDATE).state is TargetState.PAUSED


def test_a_wait_pauses_no_clock_until_somebody_of_the_party_was_reached() -> None:
    agreed = agreement({"waiting_for_customer": ["restore"]})
    silent = events((0, "opened", as_priority("P1")), (1, "waiting", {"party": "acme", "reached": False}))
    called = [*silent, *events((2, "waiting", {"party": "acme"}))]

    unheard = read(agreed, PARTIES, silent, after(3), explain=True)
    heard = read(agreed, PARTIES, called, after(3))

    assert unheard.pauses == []
    assert target(unheard, TargetKind.RESTORE).paused_seconds == 0
    assert "whom nobody has reached" in target(unheard, TargetKind.RESTORE).stretches[-1].why
    assert target(heard, TargetKind.RESTORE).paused_seconds == 3600
    assert unheard.waited_seconds["customer"] == heard.waited_seconds["customer"] == 2 * 3600


@pytest.mark.parametrize(
    ("ends", "waited"),
    [
        ([(2, "waiting", {"party": "betalt"}), (3, "resumed")], (1, 1)),  # a second wait ends the first
        ([(2, "waiting", {"party": "acme"}), (3, "resumed")], (2, 0)),  # of the same party it is one wait
        ([(2, "restored"), (4, "reopened")], (1, 0)),  # restoring ends it, and opening anew does not begin it again
        ([(2, "closed"), (3, "waiting", {"party": "acme"})], (1, 0)),  # what is closed waits for nobody
    ],
)
def test_a_wait_ends_with_another_one_with_an_answer_or_when_it_is_over(
    ends: list[Any], waited: tuple[int, int]
) -> None:
    happened = events((0, "opened", as_priority("P1")), WAITING, *ends)

    seconds = read(agreement(), PARTIES, happened, after(6)).waited_seconds

    assert (seconds["customer"], seconds["third_party"]) == (waited[0] * 3600, waited[1] * 3600)


def test_restoring_or_closing_ends_the_clock_and_reopening_continues_it() -> None:
    happened = events(
        (0, "opened", as_priority("P1")),
        (0.1, "responded"),
        (1, "restored"),
        (9, "closed"),
        (20, "reopened"),
        (20, "priority", as_priority("P2")),
    )

    closed = read(agreement(), PARTIES, happened[:4], after(10))
    again = read(agreement(), PARTIES, happened, after(22), explain=True)
    restore = target(again, TargetKind.RESTORE)

    assert target(closed, TargetKind.RESTORE).done_at == after(1)
    assert (restore.state, restore.elapsed_seconds, restore.deadline) == (TargetState.RUNNING, 3 * 3600, after(27))
    assert (StretchKind.STOPPED, after(1), after(20)) in [(s.kind, s.since, s.until) for s in restore.stretches]
    assert target(again, TargetKind.RESPOND).state is TargetState.MET
    assert (target(again, TargetKind.UPDATE).started_at, target(again, TargetKind.UPDATE).deadline) == (
        after(20),
        after(24),
    )


def test_working_days_are_printed_with_their_hours() -> None:
    agreed = agreement(P1={"respond": "1 working day", "restore": "2 working days"})
    friday = datetime(2026, 6, 12, 6, tzinfo=UTC)
    happened = [ClockEvent(at=friday, kind="opened", priority="P1")]

    respond, restore = read(agreed, PARTIES, happened, friday + timedelta(hours=1)).targets

    assert (respond.within, respond.within_seconds) == ("1 working day", 8 * 3600)
    assert (restore.within, restore.within_seconds) == ("2 working days", 17 * 3600)
    assert restore.deadline == datetime(2026, 6, 15, 15, tzinfo=UTC)  # Monday at closing


def calls_of(act: Callable[[], object]) -> int:
    """How many functions are called, Python's own included."""
    count = 0

    def seen(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        act()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("explain", [False, True])
def test_reading_takes_as_many_steps_as_there_are_events_and_not_their_square(explain: bool) -> None:
    agreed = agreement({"waiting_for_customer": ["restore"]})

    def course(length: int) -> list[ClockEvent]:
        kinds: list[Any] = [
            ("updated",),
            ("waiting", {"party": "acme"}),
            ("priority", as_priority("P2")),
            ("resumed",),
            ("priority", as_priority("P1")),
        ]
        told = [(n / 60, *kinds[n % len(kinds)]) for n in range(1, length)]
        return events((0, "opened", as_priority("P1")), *told)

    def steps(length: int) -> int:
        happened = course(length)
        return calls_of(lambda: read(agreed, PARTIES, happened, happened[-1].at, explain=explain))

    steps(10)  # what is made once
    assert steps(1600) < 5 * steps(400)
