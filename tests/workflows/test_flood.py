"""More alarms than a watch remembers one by one: each still has its incident, is recognised, and is cleared."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from models.alarms import Alarm, AlarmState, Disposition
from models.dossier.monitoring import Flapping
from models.incident import AlarmsCleared, AlarmsJoined, IncidentMemory
from models.watch import SilenceOrder, SplitIncident, WatchState
from tests.workflows.shop import OPERATOR
from tests.workflows.test_alarm_handler import NIGHT, Desk, office
from tests.workflows.world import alarm
from workflows.incident.active_alarms import Firing
from workflows.watch import flood
from workflows.watch.flood import MOST_ALARMS

INCIDENT = "inc.acme.shop.1"


def storm(count: int, component: str = "web", **fields: Any) -> list[Alarm]:
    return [alarm(component, fingerprint=f"disk/{component}/{n}", since=NIGHT, **fields) for n in range(count)]


def over(alarms: list[Alarm]) -> list[Alarm]:
    return [a.model_copy(update={"state": AlarmState.CLEARED}) for a in alarms]


def left(desk: Desk, incident: str = INCIDENT) -> Firing:
    """What fires as the incident sees it, after all that the watch told it."""
    firing = Firing(IncidentMemory(), next(order.alarms for id, order in desk.started if id == incident))
    for message in (m for id, m in desk.told if id == incident):
        if isinstance(message, AlarmsJoined):
            for one in message.alarms:
                firing.join(one)
        elif isinstance(message, AlarmsCleared):
            for fingerprint in message.fingerprints:
                firing.clear(fingerprint)
            firing.clear_members(message.members)
    return firing


def handed_on(desk: Desk) -> None:
    """The watch goes on in a new run."""
    desk.remember(WatchState.model_validate_json(desk.memory.model_dump_json()))


@pytest.mark.parametrize("count", [600, 5_000])
def test_the_incident_learns_that_each_alarm_is_cleared_however_many_are_open(count: int) -> None:
    d = Desk()
    alarms = storm(count)
    assert set(d.take(*alarms)) == {Disposition.OPENED, Disposition.JOINED}
    handed_on(d)
    assert set(d.take(*alarms)) == {Disposition.DUPLICATE}
    assert left(d).any
    assert set(d.take(*over(alarms))) == {Disposition.CLEARED}
    assert not left(d).any
    assert d.memory.alarms == {}
    assert [id for id, _ in d.started] == [INCIDENT]


def test_further_alarms_that_still_fire_after_their_incident_ended_are_raised_again_together() -> None:
    d = Desk(flapping=Flapping(enter=50))
    alarms = storm(MOST_ALARMS + 300)
    d.take(*alarms)
    d.take(*over(alarms[:MOST_ALARMS]))
    d.book.ended(INCIDENT, "closed-by-hand")
    handed_on(d)
    d.forward(hours=1)
    [(second, order)] = d.started[1:]
    assert [a.title for a in order.alarms] == ["Further alarms of web"]
    assert set(d.take(*over(alarms[MOST_ALARMS:]))) == {Disposition.CLEARED}
    assert not left(d, second).any


def test_further_alarms_that_a_silence_covers_are_raised_at_its_end() -> None:
    d = Desk()
    silence = SilenceOrder(by=OPERATOR, reason="Disk is replaced", until=NIGHT + timedelta(hours=2))
    d.orders.silence(silence)
    assert set(d.take(*storm(MOST_ALARMS + 100))) == {Disposition.SUPPRESSED}
    d.forward(hours=1)
    assert d.started == []
    d.forward(hours=2)
    assert [id for id, _ in d.started] == [INCIDENT]
    assert any("Further alarms of web" in a.title for _, m in d.told for a in getattr(m, "alarms", []))


def test_further_alarms_outside_service_hours_wait_for_them_as_the_others_do() -> None:
    d = Desk(**office())
    assert set(d.take(*storm(MOST_ALARMS + 50))) == {Disposition.DEFERRED}
    d.forward(hours=6)
    assert [id for id, _ in d.started] == [INCIDENT]


def test_an_incident_does_not_wait_for_alarms_that_were_split_off() -> None:
    d = Desk()
    alarms = [*storm(MOST_ALARMS, "web"), *storm(100, "app")]
    d.take(*alarms)
    d.orders.split(SplitIncident(incident="1", by=OPERATOR, reason="Another matter", components=["app"]))
    d.take(*over(alarms[:MOST_ALARMS]))
    assert not left(d).any
    assert left(d, "inc.acme.shop.2").any
    d.take(*over(alarms[MOST_ALARMS:]))
    assert not left(d, "inc.acme.shop.2").any


def test_a_person_clears_a_group_of_further_alarms_by_the_fingerprint_that_the_watch_shows() -> None:
    d = Desk()
    alarms = storm(MOST_ALARMS + 100)
    d.take(*alarms)
    [group] = [held.alarm for held in d.memory.alarms.values() if held.members]
    by_hand = {"state": AlarmState.CLEARED, "by_person": True, "source": OPERATOR}
    receipt = d.desk.take(group.model_copy(update=by_hand))
    assert (receipt.disposition, receipt.incident) == (Disposition.CLEARED, INCIDENT)
    assert "100 alarms cleared" in receipt.reason
    assert d.take(*over(alarms[MOST_ALARMS:])) == [Disposition.NOTED] * 100
    d.take(*over(alarms[:MOST_ALARMS]))
    assert not left(d).any
    assert d.take(alarms[-1].model_copy(update={"since": d.now + timedelta(minutes=1)})) == [Disposition.JOINED]


def test_alarms_beyond_all_that_is_remembered_do_not_fill_the_memory_while_a_silence_covers_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(flood, "MOST_MEMBERS", 10)
    d = Desk()
    until = NIGHT + timedelta(hours=2)
    d.orders.silence(SilenceOrder(by=OPERATOR, reason="Disk is replaced", until=until))
    alarms = [*storm(MOST_ALARMS + 300), *storm(300, "mail")]
    receipts = [d.desk.take(a) for a in alarms]
    assert {r.disposition for r in receipts} == {Disposition.SUPPRESSED}
    assert "only the records keep this one" in receipts[-1].reason
    assert len(d.memory.alarms) == MOST_ALARMS + 2
    d.forward(hours=3)
    # Nothing is lost: each component is raised once the silence is over.
    assert {c.component for _, order in d.started for c in order.alarms} == {"web", "mail"}


def test_an_alarm_beyond_all_that_is_remembered_keeps_no_incident_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flood, "MOST_MEMBERS", 10)
    d = Desk()
    alarms = storm(MOST_ALARMS + 20)
    receipts = [d.desk.take(a) for a in alarms]
    assert "only the records keep this one" in receipts[-1].reason
    d.take(*over(alarms))
    assert not left(d).any
