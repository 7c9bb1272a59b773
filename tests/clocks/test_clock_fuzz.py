"""Random courses of incidents, held against a clock that lives through every minute."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from activities.clocks import read
from models.clock import ClockEvent, ClockEventKind, Promise, PromiseReading, Standing, StretchKind
from models.dossier.agreement import Agreement, Pause, Priority, ServiceHours, ServiceLevel, Target
from models.dossier.parties import Party, PartyKind
from tests.clocks.random_hours import CHANGES, random_hours, windows
from tests.clocks.reference import MINUTE, MinuteClock, open_minutes, run_clock

PARTIES = {
    "us": Party(name="Driftbolaget", kind=PartyKind.SUPPLIER),
    "acme": Party(name="Acme", kind=PartyKind.CUSTOMER),
    "betalt": Party(name="Betalt", kind=PartyKind.THIRD_PARTY),
}
_REASON = {Pause.WAITING_FOR_CUSTOMER: "acme", Pause.WAITING_FOR_THIRD_PARTY: "betalt"}
_LENGTH = 4 * 1440


def random_events(rng: Random, opened: object) -> list[ClockEvent]:
    kinds = list(ClockEventKind)[1:]
    ats = sorted(rng.randrange(_LENGTH) for _ in range(rng.randrange(10)))
    events = [ClockEvent(at=opened, kind=ClockEventKind.OPENED, priority=rng.choice([None, Priority.P2]))]
    for at in ats:
        kind = rng.choice(kinds)
        party = rng.choice(list(PARTIES)) if kind is ClockEventKind.WAITING else None
        priority = rng.choice([Priority.P1, Priority.P2]) if kind is ClockEventKind.PRIORITY else None
        moment = events[0].at + at * MINUTE
        events.append(ClockEvent(at=moment, kind=kind, party=party, priority=priority))
    return events


def agreement(rng: Random, hours: ServiceHours, pauses: list[Pause]) -> Agreement:
    def level() -> ServiceLevel:
        names = [rng.choice(["office", "always"]) for _ in range(3)]
        spans = [timedelta(minutes=rng.randrange(1, 600)) for _ in range(3)]
        respond, restore, update = (Target(within=w, hours=n) for w, n in zip(spans, names, strict=True))
        return ServiceLevel(respond=respond, restore=restore, update=update)

    return Agreement(
        number="A-1",
        signed="2026-01-01",
        signed_by=["x"],
        undertakings=["incident"],
        service_hours={"always": "24x7", "office": hours},
        service_levels={Priority.P1: level(), Priority.P2: level()},
        pauses=pauses,
    )


def expect_same(reading: PromiseReading, clock: MinuteClock, opened: object, told: str) -> None:
    assert reading.breaches == len(clock.breached), told
    first = opened + clock.breached[0] * MINUTE if clock.breached else None  # type: ignore[operator]
    assert reading.breached_at == first, told
    if not clock.over:
        overdue = clock.elapsed >= clock.within
        assert (reading.standing is Standing.OVERDUE) is overdue, told
    else:
        assert reading.standing is (Standing.BROKEN if clock.breached else Standing.KEPT), told
    assert reading.elapsed_seconds == clock.elapsed * 60, told
    assert reading.paused_seconds == clock.paused * 60, told


def test_the_clocks_read_as_one_who_lives_through_every_minute() -> None:
    rng = Random("clocks")
    read_clocks = 0
    for number in range(400):
        zone = rng.choice(list(CHANGES))
        start = rng.choice(windows()[zone])
        hours = random_hours(rng, zone, start)
        if not any(hours.weekly.model_dump().values()):
            continue  # the dossier's rules refuse hours that never open
        pauses = [pause for pause in Pause if rng.random() < 0.5]
        agreed = agreement(rng, hours, pauses)
        offset = rng.randrange(1440, 2 * 1440)
        opened = start + offset * MINUTE
        events, now = random_events(rng, opened), rng.randrange(_LENGTH)
        always = bytearray(b"\1" * 8 * 1440)
        office = open_minutes(hours, start, 8)[offset:]

        reading = read(agreed, PARTIES, events, opened + now * MINUTE, explain=True, priority=Priority.P1)

        known = [e for e in events if e.at <= opened + now * MINUTE]
        priority = [e.priority for e in known if e.priority] or [Priority.P1]
        assert reading.priority is priority[-1]
        level = agreed.service_levels[priority[-1]]
        for one in reading.promises:
            target: Target = getattr(level, one.promise.value)
            minutes = always if target.hours == "always" else office
            within = int(target.within.total_seconds() // 60)
            clock = run_clock(one.promise.value, within, minutes, events, {_REASON[p] for p in pauses}, now)
            expect_same(one, clock, opened, f"case {number}: {one!r} {agreed!r} {events!r} {now}")
            read_clocks += 1
            ends = [s.until for s in one.stretches]
            assert [s.since for s in one.stretches] == ([opened, *ends[:-1]] if ends else [])
            if one.promise is not Promise.UPDATE:
                last = one.done_at if one.done_at is not None else opened + now * MINUTE
                assert (ends[-1] if ends else opened) == last
                running = [s for s in one.stretches if s.kind is StretchKind.RUNNING]
                assert sum(s.seconds for s in running) == one.elapsed_seconds
        assert all(m.at > opened + now * MINUTE for m in reading.moments)
        assert sum(reading.waited_seconds.values()) <= now * 60
    assert read_clocks > 900
