"""The short way to a verdict never says anything else than the whole clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import pytest

from activities.clocks import read
from activities.clocks.surely_met import StoredEvent, stored_events, surely_met
from activities.clocks.terms import AgreedTerms
from models.clock import ClockEvent, ClockEventKind, TargetKind, TargetState
from models.dossier.agreement import Agreement, Priority, ServiceLevel, Target
from models.errors import ClockError
from tests.clocks.random_hours import CHANGES, random_hours, windows
from tests.clocks.reference import MINUTE
from tests.clocks.test_clock_fuzz import PARTIES, agreement, random_events

MONDAY = datetime.fromisoformat("2026-11-02T09:00:00+01:00")


def stored(events: list[ClockEvent]) -> list[dict[str, object]]:
    return [event.model_dump(mode="json") for event in events]


def kept(rows: list[dict[str, object]]) -> list[StoredEvent]:
    found = stored_events(rows)
    assert found is not None
    return found


def ended(rng: Random, opened: datetime, events: list[ClockEvent]) -> list[ClockEvent]:
    """Events of which most are simple: one priority, and an end."""
    kinds = {ClockEventKind.REOPENED, ClockEventKind.PRIORITY} if rng.random() < 0.8 else set()
    kept = [event for event in events if event.kind not in kinds]
    kept[0] = kept[0].model_copy(update={"priority": rng.choice([*list(Priority)[:3], None])})
    return [*kept, ClockEvent(at=kept[-1].at + MINUTE, kind=ClockEventKind.CLOSED)]


def test_what_it_calls_met_the_whole_clock_calls_met_at_the_same_moments() -> None:
    rng = Random("surely met")
    decided = left = 0
    for number in range(600):
        zone = rng.choice(list(CHANGES))
        start = rng.choice(windows()[zone])
        hours = random_hours(rng, zone, start)
        if not any(hours.weekly.model_dump().values()):
            continue
        agreed = agreement(rng, hours)
        events = ended(rng, start, random_events(rng, start + 1440 * MINUTE))
        terms = AgreedTerms(agreed)

        met = surely_met(terms, PARTIES, kept(stored(events)))

        if met is None:
            left += 1
            continue
        decided += 1
        reading = read(agreed, PARTIES, events, events[-1].at + timedelta(days=400), terms=terms)
        assert {one.kind for one in reading.targets} == set(met), number
        for one in reading.targets:
            assert (one.state, one.breaches, one.breached_at) == (TargetState.MET, 0, None), number
            if one.kind is not TargetKind.UPDATE:
                assert one.done_at == met[one.kind], number
    assert decided > 50
    assert left > 50


def simple(*events: tuple[int, ClockEventKind], **more: object) -> list[dict[str, object]]:
    opened = ClockEvent(at=MONDAY, kind=ClockEventKind.OPENED, priority=Priority.P1)
    rest = [ClockEvent.model_validate({"at": MONDAY + m * MINUTE, "kind": kind, **more}) for m, kind in events]
    return stored([opened, *rest])


def promising(within: str) -> AgreedTerms:
    target = Target(within=within, hours="always")
    agreed = Agreement(
        number="A-1",
        signed="2026-01-01",
        signed_by=["x"],
        undertakings=["incident"],
        service_hours={"always": "24x7"},
        service_levels={Priority.P1: ServiceLevel(respond=target, restore=target)},
    )
    return AgreedTerms(agreed)


def test_a_target_that_is_fulfilled_in_its_last_moment_is_met() -> None:
    events = simple((60, ClockEventKind.RESTORED))

    assert surely_met(promising("1h"), PARTIES, kept(events)) == dict.fromkeys(
        [TargetKind.RESPOND, TargetKind.RESTORE], MONDAY + 60 * MINUTE
    )
    assert surely_met(promising("59m"), PARTIES, kept(events)) is None


def test_what_the_whole_clock_refuses_is_left_to_it() -> None:
    backwards = [*simple((60, ClockEventKind.RESTORED)), *simple((30, ClockEventKind.CLOSED))[1:]]
    stranger = simple((10, ClockEventKind.WAITING), (60, ClockEventKind.RESTORED), party="nobody")
    without_priority = [{**event, "priority": None} for event in simple((60, ClockEventKind.RESTORED))]
    for events in (backwards, stranger, without_priority, []):
        assert surely_met(promising("4h"), PARTIES, kept(events)) is None


@pytest.mark.parametrize(
    "rows", [[{"kind": "opened", "at": "yesterday"}], [{"kind": "opened"}], ["opened"], [{"kind": "opened", "at": 5}]]
)
def test_events_without_a_readable_kind_or_moment_are_none(rows: list[dict[str, object]]) -> None:
    assert stored_events(rows) is None


def test_an_open_incident_and_one_that_was_reopened_are_left_to_the_whole_clock() -> None:
    for events in (
        simple((10, ClockEventKind.RESPONDED)),
        simple((10, ClockEventKind.RESTORED), (20, ClockEventKind.REOPENED), (30, ClockEventKind.CLOSED)),
    ):
        assert surely_met(promising("4h"), PARTIES, kept(events)) is None


def test_terms_that_are_given_change_no_reading_and_no_refusal() -> None:
    events = [ClockEvent.model_validate(event) for event in simple((60, ClockEventKind.RESTORED))]
    terms = promising("30m")
    alone = read(terms.agreement, PARTIES, events, events[-1].at)

    assert [read(terms.agreement, PARTIES, events, events[-1].at, terms=terms) for _ in range(2)] == [alone, alone]
    unclear = Agreement.model_validate(
        {
            **terms.agreement.model_dump(),
            "service_levels": {
                "P1": {"respond": {"within": "1h", "hours": "x"}, "restore": {"within": "1h", "hours": "x"}}
            },
        }
    )
    for given in (None, AgreedTerms(unclear)):
        with pytest.raises(ClockError, match="no service hours 'x'"):
            read(unclear, PARTIES, events, events[-1].at, terms=given)
