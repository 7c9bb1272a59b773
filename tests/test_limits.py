"""Bounds of docs/limits.md that are quick to check, and stand in no test of their own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.records import RecordActivities, Records, upgrade
from activities.ssh.scripts import command_line
from models.clock import ClockEvent, ClockEventKind
from models.errors import HostRefusedError
from models.incident import IncidentMemory
from models.major import MajorMemory
from models.plans import WatchPlanRequest
from models.records import EntryKind, WriteRecords
from models.sizes import CARRIED, MESSAGE, encoded_size
from models.watch import SilenceOrder
from tests.records.test_records import incident
from tests.workflows.shop import OPERATOR
from tests.workflows.test_alarm_handler import NIGHT, Desk
from tests.workflows.world import alarm
from workflows.incident.clocks import shorten_notes
from workflows.incident.communication import Customer

PAGE = (Path(__file__).parents[1] / "docs" / "limits.md").read_text("utf-8")
HISTORIES = Path(__file__).parent / "replay" / "0.1.0"


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    upgrade(f"sqlite:///{tmp_path}/r.db")
    records = Records(f"sqlite:///{tmp_path}/r.db")
    yield records
    records.close()


# --- watches


def test_a_new_watch_reads_open_incidents_up_to_500_kb_and_the_latest_first(records: Records) -> None:
    long = [incident(n, title="障" * 300, opened_at=NIGHT.replace(microsecond=n)) for n in range(1, 1001)]
    records.write(WriteRecords(incidents=long))
    known = RecordActivities(records).load_watch_plan(WatchPlanRequest(application="acme.shop")).incidents
    assert encoded_size(known) <= 500_000
    assert encoded_size([*known, known[0]]) > 500_000
    assert [i.number for i in known] == list(range(1000, 1000 - len(known), -1))


def test_a_watch_knows_an_incident_by_its_latest_50_alarms_and_points_and_the_latest_50_closed_ones() -> None:
    d = Desk()
    d.take(*(alarm("web", fingerprint=f"f{n}", measuring_point=f"p{n}", since=NIGHT) for n in range(60)))
    [known] = d.memory.incidents.values()
    assert known.fingerprints == [f"f{n}" for n in range(10, 60)]
    assert known.points == [f"p{n}" for n in range(10, 60)]
    for n in range(60):
        d.take(alarm("mail", fingerprint=f"mail{n}", since=NIGHT))
        d.book.ended(list(d.memory.incidents)[-1], "closed-by-hand")
    assert len(d.memory.closed) == 50


def test_a_watch_has_50_silences_at_most() -> None:
    d = Desk()
    order = SilenceOrder(by=OPERATOR, reason="r", until=NIGHT.replace(year=NIGHT.year, hour=23))
    for _ in range(50):
        d.orders.silence(order)
    with pytest.raises(ApplicationError, match="has 50 silences already; lift one first"):
        d.orders.silence(order)


# --- incidents and major incidents


def test_of_notes_for_the_customer_the_latest_20_are_kept_for_the_next_word() -> None:
    memory = IncidentMemory()
    customer: Any = SimpleNamespace(_context=SimpleNamespace(memory=memory))
    for n in range(30):
        Customer.note(customer, f"note {n}")
    assert memory.notes_for_customer == [f"note {n}" for n in range(10, 30)]


def test_events_of_a_clock_beyond_250_kb_keep_the_whole_notes_of_the_latest_10() -> None:
    events: list[ClockEvent] = []
    for _ in range(400):
        events.append(ClockEvent(at=NIGHT, kind=ClockEventKind.WAITING, party="acme", note="障" * 300))
        shorten_notes(events)
    assert encoded_size(events) <= MESSAGE
    assert {len(e.note) for e in events[-10:]} == {300}
    assert all(encoded_size(e.note) <= 62 for e in events[:10])


def test_a_major_incident_keeps_200_lines_of_2000_bytes() -> None:
    memory = MajorMemory(lead=OPERATOR, opened_at=NIGHT)
    for n in range(300):
        memory.timeline.log(NIGHT, EntryKind.NOTE, f"{n} " + "障" * 2000)
    assert [line.sequence for line in memory.timeline.lines] == list(range(100, 300))
    assert all(encoded_size(line.text) <= 2_002 for line in memory.timeline.lines)
    assert encoded_size(memory) < CARRIED


def test_an_incident_without_people_has_as_many_events_as_the_page_says() -> None:
    [said] = re.findall(r"An incident that needs no people has (\d+) events", PAGE)
    assert len(json.loads((HISTORIES / "incident-recovered.json").read_text())["events"]) == int(said)


# --- hosts


@pytest.mark.parametrize(("text", "size"), [("x" * 119_000, 1), ("ö" * 11_900, 10), ("'" * 23_800, 5)])
def test_a_command_of_120000_bytes_as_it_travels_is_the_longest(text: str, size: int) -> None:
    assert len(command_line(text, [])) <= 120_000
    with pytest.raises(HostRefusedError, match="bytes long with its frame; 120000 are the limit"):
        command_line(text + text[: 2_000 // size], [])
