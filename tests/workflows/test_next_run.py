"""What is carried fits, whatever it is made of: a watch and an incident are never stuck because a payload is too large."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from temporalio.testing import WorkflowEnvironment

from activities.alarms.reporter import batched
from models.alarms import Alarm, AlarmState, Disposition
from models.cleared import Over
from models.incident import AlarmsCleared, AlarmsJoined
from models.names import watch_id
from models.sizes import CARRIED, MESSAGE, cut, encoded_size, last_that_fit, parts
from models.watch import ClosedIncident, OpenIncidentState, OpenReceipt, OperationUnderWay, Silence, WatchState
from tests.workflows.shop import APPLICATION
from tests.workflows.test_alarm_handler import NIGHT, Desk
from tests.workflows.test_flood import handed_on, left, over, storm
from tests.workflows.waiting import hand_on
from tests.workflows.world import World, alarm, report
from workflows.watch.next_run import fit
from workflows.watch.occurrences import MOST_OVER
from workflows.watch.outbox import _small, _together
from workflows.watch.state import status_of

REFUSED = 2_097_152
"""Bytes of a payload that Temporal refuses."""

JAPANESE = "障" * 1000


def japanese(count: int = 500) -> list[Alarm]:
    return storm(count, detail=JAPANESE)


def crammed() -> WatchState:
    """A memory in which everything is as large as it may be."""
    d = Desk()
    wide = {"title": "\U0001f525" * 300, "detail": "\x01" * 1000, "link": "é" * 500, "source": "å" * 80}
    for n in range(500):
        d.take(alarm("web", fingerprint=f"{n:03}" + "\U0001f525" * 125, since=NIGHT, **wide))
    d.take(*storm(20_000))
    state = d.memory
    state.journal.clear()
    names = [f"{n:04}" + "\U0001f525" * 124 for n in range(1000)]
    state.fired = {name: [NIGHT + timedelta(seconds=s) for s in range(50)] for name in names}
    state.over = {f"{n:016}": Over.of(NIGHT, NIGHT) for n in range(MOST_OVER)}
    closed: dict[str, Any] = {"components": ["web"], "opened_at": NIGHT, "closed_at": NIGHT, "end": "recovered"}
    for n in range(50):
        id = f"inc.acme.shop.{n + 100}"
        state.closed[id] = ClosedIncident(id=id, number=n, title="\U0001f525" * 300, fingerprints=names[:50], **closed)
        state.silences[f"s{n}"] = Silence(
            id=f"s{n}", by="å" * 120, reason="\x01" * 1000, since=NIGHT, until=NIGHT, whole=True
        )
        message = f"It belongs to {id}, which is open."
        state.by_hand[f"{n:016}"] = OpenReceipt(incident=id, joined=True, message=message)
        state.operations[id] = OperationUnderWay(holder=id, title="å" * 300, by="å" * 120, since=NIGHT, until=NIGHT)
    for n in range(1_000):
        state.incidents[f"inc.acme.shop.{n + 200}"] = OpenIncidentState(
            id=f"inc.acme.shop.{n + 200}",
            number=n + 200,
            components=[f"component-{n}"],
            opened_at=NIGHT,
            title="障" * 300,
            fingerprints=names[:50],
            points=[f"point-{n}-{m}" for m in range(50)],
        )
    return state


def test_a_memory_of_500_long_japanese_alarms_fits_and_says_what_was_cut() -> None:
    d = Desk()
    alarms = japanese()
    d.take(*alarms)
    d.memory.journal.clear()
    d.memory.alarms[alarms[0].fingerprint].times = 7
    assert encoded_size(d.memory) > CARRIED
    assert fit(d.memory) == ["details of alarms beyond 1000 bytes"]
    assert encoded_size(d.memory) <= CARRIED
    assert d.memory.alarms[alarms[0].fingerprint].alarm.detail.endswith("… (cut, 3000 bytes in all)")
    handed_on(d)
    assert set(d.take(*over(alarms))) == {Disposition.CLEARED}
    assert not left(d).any


def test_a_memory_in_which_everything_is_as_large_as_it_may_be_fits() -> None:
    state = crammed()
    assert encoded_size(state) > 2 * REFUSED
    told = status_of(APPLICATION, state, [])
    assert encoded_size(told) < REFUSED
    assert told.open == 1_001 > len(told.incidents) > 300
    fit(state)
    assert encoded_size(state) <= CARRIED
    assert encoded_size(status_of(APPLICATION, state, [])) < REFUSED


def test_alarms_whose_details_are_given_up_are_still_recognised_and_cleared() -> None:
    d = Desk()
    alarms = japanese()
    d.take(*alarms)
    d.memory.journal.clear()
    fit(d.memory, limit=50_000)
    handed_on(d)
    assert set(d.take(*alarms)) == {Disposition.DUPLICATE}
    assert set(d.take(*over(alarms))) == {Disposition.CLEARED}
    assert not left(d).any


def test_a_memory_that_fits_is_left_as_it_is() -> None:
    d = Desk()
    d.take(*storm(100, detail="x" * 1000))
    before = d.memory.model_copy(deep=True)
    assert fit(d.memory) == []
    assert d.memory == before


def test_every_signal_to_an_incident_fits() -> None:
    d = Desk()
    alarms = [*japanese(), *storm(3_000, "app")]
    d.take(*alarms)
    d.take(*over(alarms))
    for kind in (AlarmsJoined, AlarmsCleared):
        waiting = [part for _, m in d.told if isinstance(m, kind) for part in _small(m)]
        together = _together(waiting)
        assert len(together) > 1
        assert sum(map(encoded_size, together)) <= MESSAGE
    many = _small(AlarmsJoined(alarms=alarms[:500], symptoms=[a.fingerprint for a in alarms[:3]]))
    assert all(encoded_size(m) <= 1.1 * MESSAGE for m in many)
    assert [f for m in many if isinstance(m, AlarmsJoined) for f in m.symptoms] == [a.fingerprint for a in alarms[:3]]


@given(st.text(max_size=300), st.integers(40, 200))
def test_a_text_is_cut_by_the_bytes_that_it_takes(text: str, limit: int) -> None:
    shown = cut(text, limit)
    assert encoded_size(shown) - 2 <= limit
    assert shown == text or shown.endswith("bytes in all)")


@given(st.lists(st.text(max_size=50), max_size=50), st.integers(100, 1000))
def test_parts_are_all_there_and_each_fits(texts: list[str], limit: int) -> None:
    found = list(parts(texts, limit))
    assert [t for part in found for t in part] == texts
    assert all(encoded_size(part) <= limit + 400 for part in found)
    last = last_that_fit(texts, limit)
    assert last == texts[len(texts) - len(last) :]
    assert encoded_size(last) <= limit + 2


async def test_500_long_japanese_alarms_do_not_stop_a_watch_from_going_on(skipping: WorkflowEnvironment) -> None:
    world = World(agreement=World().agreement)
    client = skipping.client
    async with world.worker(client):
        for batch in batched(storm(500, detail=JAPANESE, title=JAPANESE[:300]))[APPLICATION]:
            await report(client, *batch.alarms)
        watch = client.get_workflow_handle(watch_id(APPLICATION))
        await hand_on(watch)
        [receipt] = (await report(client, alarm("mail", state=AlarmState.CLEARED))).receipts
        assert receipt.disposition is Disposition.NOTED
        events = (await watch.fetch_history()).events
        carried = events[0].workflow_execution_started_event_attributes.input.payloads[0]
        assert len(carried.data) <= CARRIED
        await watch.terminate()
