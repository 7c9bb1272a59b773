"""Random courses of incidents, held against a clock that lives through every minute."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from activities.clocks import read
from models.base import parse_duration
from models.clock import ClockedTarget, ClockEvent, ClockEventKind, StretchKind, TargetKind, TargetState
from models.dossier.agreement import Agreement, Pause, Priority, ServiceHours, ServiceLevel, Target
from models.dossier.parties import Party, PartyKind
from tests.clocks.random_hours import CHANGES, random_hours, windows
from tests.clocks.reference import MINUTE, MinuteClock, open_minutes, run_clock, runs_out

PARTIES = {
    "us": Party(name="Driftbolaget", kind=PartyKind.SUPPLIER),
    "acme": Party(name="Acme", kind=PartyKind.CUSTOMER),
    "betalt": Party(name="Betalt", kind=PartyKind.THIRD_PARTY),
}
_REASON = {Pause.WAITING_FOR_CUSTOMER: "acme", Pause.WAITING_FOR_THIRD_PARTY: "betalt"}
_LENGTH = 2 * 1440
_PRIORITIES = [Priority.P1, Priority.P2, Priority.P3]


def random_events(rng: Random, opened: datetime) -> list[ClockEvent]:
    kinds = [*list(ClockEventKind)[1:], ClockEventKind.PRIORITY]
    ats = sorted(rng.randrange(_LENGTH) for _ in range(rng.randrange(10)))
    events = [ClockEvent(at=opened, kind=ClockEventKind.OPENED, priority=rng.choice([None, *_PRIORITIES]))]
    for at in ats:
        kind = rng.choice(kinds)
        party = rng.choice(list(PARTIES)) if kind is ClockEventKind.WAITING else None
        priority = rng.choice(_PRIORITIES) if kind is ClockEventKind.PRIORITY else None
        moment, reached = opened + at * MINUTE, rng.random() < 0.7
        events.append(ClockEvent(at=moment, kind=kind, party=party, priority=priority, reached=reached))
    return events


def agreement(rng: Random, hours: ServiceHours) -> Agreement:
    def level() -> ServiceLevel:
        names = [rng.choice(["office", "always"]) for _ in range(3)]
        spans = [timedelta(minutes=rng.randrange(1, 600)) for _ in range(3)]
        respond, restore, update = (Target(within=w, hours=n) for w, n in zip(spans, names, strict=True))
        return ServiceLevel(respond=respond, restore=restore, update=update if rng.random() < 0.8 else None)

    return Agreement(
        number="A-1",
        signed="2026-01-01",
        signed_by=["x"],
        undertakings=["incident"],
        service_hours={"always": "24x7", "office": hours},
        service_levels={priority: level() for priority in _PRIORITIES if rng.random() < 0.9},
        pauses={pause: clocks for pause in Pause if (clocks := [p for p in TargetKind if rng.random() < 0.5])},
    )


def expect_same(reading: ClockedTarget, clock: MinuteClock, now: int, opened: datetime, told: str) -> None:
    assert reading.breaches == len(clock.breached), told
    first = opened + clock.breached[0] * MINUTE if clock.breached else None
    assert reading.breached_at == first, told
    assert reading.priority is not None
    if not clock.over and clock.counting:
        overdue = any(clock.counters[p].used_up is not None for p in clock.counting)
        assert (reading.state is TargetState.OVERDUE) is overdue, told
        assert reading.priority.value in clock.counting, told
    elif not clock.over:  # nothing is promised any more, but it was, and too late
        assert clock.breached, told
        assert reading.state is (TargetState.MISSED if reading.kind is TargetKind.UPDATE else TargetState.OVERDUE), told
    else:
        assert reading.state is (TargetState.MISSED if clock.breached else TargetState.MET), told
    if clock.counting:  # else what is shown is how it stood when it was promised last
        counter = clock.counters[reading.priority.value]
        assert reading.elapsed_seconds == counter.counted * 60, told
        assert reading.paused_seconds == counter.paused * 60, told
        assert not (clock.over and clock.ran_out) or counter.used_up == clock.ran_out, told
    if reading.state in {TargetState.RUNNING, TargetState.OUTSIDE_HOURS}:
        due = runs_out(clock, now)
        assert due is None or reading.deadline == opened + due * MINUTE, told


def expect_explained(one: ClockedTarget, opened: datetime, now: datetime) -> None:
    """Every minute is explained, without a gap; what ran adds up to what was counted."""
    ends = [s.until for s in one.stretches]
    assert [s.since for s in one.stretches] == ([opened, *ends[:-1]] if ends else [])
    if one.kind is not TargetKind.UPDATE:
        last = one.done_at if one.done_at is not None else now
        assert (ends[-1] if ends else opened) == last
        running = [s for s in one.stretches if s.kind is StretchKind.RUNNING]
        assert sum(s.seconds for s in running) == one.elapsed_seconds


def test_the_clocks_read_as_one_who_lives_through_every_minute() -> None:
    rng = Random("clocks")
    read_clocks = broken_before = 0
    for number in range(200):
        zone = rng.choice(list(CHANGES))
        start = rng.choice(windows()[zone])
        hours = random_hours(rng, zone, start)
        if not any(hours.weekly.model_dump().values()):
            continue  # the dossier's rules refuse hours that never open
        agreed = agreement(rng, hours)
        offset = rng.randrange(1440, 2 * 1440)
        opened = start + offset * MINUTE
        events, now = random_events(rng, opened), rng.randrange(_LENGTH)
        counted = {"always": bytearray(b"\1" * 8 * 1440), "office": open_minutes(hours, start, 8)[offset:]}

        reading = read(agreed, PARTIES, events, opened + now * MINUTE, explain=True, priority=Priority.P1)

        known = [e for e in events if e.at <= opened + now * MINUTE]
        set_by_events = [e.priority for e in known if e.priority]
        assert reading.priority is (set_by_events or [Priority.P1])[-1]
        found = {one.kind: one for one in reading.targets}
        for kind in TargetKind:
            terms = {
                priority.value: (
                    int(parse_duration(target.within) / MINUTE),
                    counted[target.hours],
                )
                for priority, level in sorted(agreed.service_levels.items())
                if (target := level.target(kind)) is not None
            }
            clock = MinuteClock(kind.value, terms, None if set_by_events else "P1")
            stops = {_REASON[pause] for pause, clocks in agreed.pauses.items() if kind in clocks}
            run_clock(clock, events, stops, now)
            told = f"case {number}: {found.get(kind)!r} {clock!r} {agreed!r} {events!r} {now}"
            if kind in found:
                expect_same(found[kind], clock, now, opened, told)
                expect_explained(found[kind], opened, opened + now * MINUTE)
                read_clocks += 1
                broken_before += bool(clock.breached) and found[kind].state is TargetState.RUNNING
            else:
                assert not clock.counting, told
                assert not clock.breached, told
        assert all(m.at > opened + now * MINUTE for m in reading.moments)
        assert sum(reading.waited_seconds.values()) <= now * 60
    assert read_clocks > 350
    assert broken_before > 10
