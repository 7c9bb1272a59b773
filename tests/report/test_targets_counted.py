"""The targets of a report against a clock that lives through every minute, across the borders of weeks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

import pytest

from activities.records import Records
from activities.report.periods import period_named
from models.base import parse_duration
from models.clock import ClockEvent, ClockEventKind, TargetKind
from models.dossier import Dossier
from models.dossier.agreement import Pause, Priority, ServiceHours
from models.dossier.reports import ReportSpan
from models.report import ReportPeriod
from tests.clocks.reference import MINUTE, MinuteClock, open_minutes, run_clock
from tests.clocks.test_clock_fuzz import agreement, random_events
from tests.report.november import block, facts, incident, keep_dossier, records, shop

__all__ = ["records"]

_WAITS = {Pause.WAITING_FOR_CUSTOMER: "acme", Pause.WAITING_FOR_THIRD_PARTY: "betalt"}
_BEFORE, _KNOWN = 3, 12
"""Days whose minutes are known: from so many before the border on."""


class Told(NamedTuple):
    """An incident as the test made it."""

    events: list[ClockEvent]
    not_confirmed: bool


def dossier(rng: Random) -> Dossier:
    """The shop under an agreement with random targets, and a weekly report."""
    made = shop(["service_levels"], period="previous week", frequency="weekly monday 08:00")
    office = made.agreement.service_hours["office"]
    assert isinstance(office, ServiceHours)
    random = agreement(rng, office)
    levels = {p: found for p in list(Priority)[:3] if (found := agreement(rng, office).service_levels.get(p))}
    agreed = made.agreement.model_copy(update={"service_levels": levels, "pauses": random.pauses})
    return Dossier.model_validate(made.model_copy(update={"agreement": agreed}).model_dump(mode="json"))


def told(rng: Random, border: datetime) -> Told:
    """An incident near a border; most of them end."""
    events = [
        event.model_copy(update={"party": "driftbolaget"}) if event.party == "us" else event
        for event in random_events(rng, border + rng.randrange(-2 * 1440, 1440) * MINUTE)
    ]
    if rng.random() < 0.5:  # a simple one
        rare = {ClockEventKind.REOPENED, ClockEventKind.PRIORITY, ClockEventKind.WAITING}
        events = [event for event in events if event.kind not in rare]
    events[0] = events[0].model_copy(update={"priority": rng.choice(list(Priority)[:3])})
    if rng.random() < 0.8:
        events.append(ClockEvent(at=events[-1].at + rng.randrange(1, 600) * MINUTE, kind=ClockEventKind.CLOSED))
    return Told(events, not_confirmed=rng.random() < 0.15)


def verdicts(one: Told, agreed: Dossier, period: ReportPeriod, open_: bytearray, begin: datetime) -> Iterator[str]:
    """The verdicts on one incident in a period, minute by minute."""
    opened = one.events[0].at
    offset = int((opened - begin) / MINUTE)
    counted = {"always": bytearray(b"\1" * len(open_)), "office": open_[offset:]}
    known = [event for event in one.events if event.at < period.until]
    for kind in TargetKind if known else ():
        terms = {
            p.value: (int(parse_duration(target.within) / MINUTE), counted[target.hours])
            for p, level in sorted(agreed.agreement.service_levels.items())
            if (target := level.target(kind)) is not None
        }
        stops = {_WAITS[pause] for pause, clocks in agreed.agreement.pauses.items() if kind in clocks}

        def lived(
            until: datetime, kind: TargetKind = kind, terms: object = terms, stops: set[str] = stops
        ) -> MinuteClock:
            """The clock in the last minute before a moment."""
            before = [event for event in one.events if event.at < until]
            return run_clock(MinuteClock(kind.value, terms), before, stops, int((until - opened) / MINUTE) - 1)  # type: ignore[arg-type]

        now = lived(period.until)
        late = len(now.breached) - (len(lived(period.since).breached) if opened < period.since else 0)
        if late:
            yield f"{kind} missed"
        elif now.breached or not now.counting:
            continue
        elif not now.over:
            yield f"{kind} undecided"
        elif period.holds(done(known, kind)) and not (one.not_confirmed and closed(known)):
            yield f"{kind} met"


def done(events: list[ClockEvent], kind: TargetKind) -> datetime:
    """When the action of a target was done."""
    kinds = ClockEventKind
    if kind is TargetKind.RESPOND:
        return next(e.at for e in events if e.kind in {kinds.RESPONDED, kinds.RESTORED, kinds.CLOSED})
    found: datetime | None = None
    for event in events:
        if event.kind in {kinds.RESTORED, kinds.CLOSED}:
            found = found or event.at
        elif event.kind is kinds.REOPENED:
            found = None
    assert found is not None
    return found


def closed(events: list[ClockEvent]) -> bool:
    found = False
    for event in events:
        found = event.kind is ClockEventKind.CLOSED or (found and event.kind is not ClockEventKind.REOPENED)
    return found


@pytest.mark.parametrize(
    "weeks",
    [
        pytest.param(("2026W43", "2026W44"), id="an hour longer"),
        pytest.param(("2026W13", "2026W14"), id="an hour shorter"),
    ],
)
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_every_target_is_counted_as_a_clock_that_lives_through_every_minute_says(
    records: Records, weeks: tuple[str, str], seed: int
) -> None:
    rng = Random(f"{weeks} {seed}")
    agreed = dossier(rng)
    keep_dossier(records, agreed, datetime(2026, 1, 1, tzinfo=UTC))
    periods = [period_named(ReportSpan.WEEK, week, "Europe/Stockholm") for week in weeks]
    begin = periods[1].since - timedelta(days=_BEFORE)
    office = agreed.agreement.service_hours["office"]
    assert isinstance(office, ServiceHours)
    minutes = open_minutes(office, begin, _KNOWN)
    incidents = [told(rng, periods[1].since) for _ in range(16)]
    for number, one in enumerate(incidents, 1):
        outcome = "not-confirmed" if one.not_confirmed else "recovered"
        incident(records, number, [(e.at, e.kind, e.model_dump()) for e in one.events], agreed, outcome=outcome)  # type: ignore[misc]

    for period in periods:
        found = block(facts(records, period.name, now=period.until), "service_levels")
        counts = Counter[str]()
        for target in found["targets"]:
            for verdict in ("met", "missed", "undecided"):
                counts[f"{target['kind']} {verdict}"] += target[verdict]["value"]

        wanted = Counter(v for one in incidents for v in verdicts(one, agreed, period, minutes, begin))
        assert {k: n for k, n in counts.items() if n} == dict(wanted)
        assert found["unproven"] == []
        assert len(found["missed"]) == sum(n for k, n in wanted.items() if k.endswith("missed"))
