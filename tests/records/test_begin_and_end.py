"""How an incident is entered in the records and concluded: one activity each, which may run twice without harm."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from activities.incident.activities import IncidentActivities
from activities.post_incident_report import PostIncidentReports
from activities.records import Records, upgrade
from models.beginning import BeginIncident, EndIncident, IncidentBegun, IncidentEnded
from models.clock import ClockEventKind, TargetKind, TargetState
from models.dossier.agreement import Level
from models.errors import StoreUnavailableError
from models.plans import PlanRequest
from models.records import WriteRecords
from tests.post_incident_report.midsummer import END, ID, START, dossier, events, incident

OPENED, PRIORITY, REOPENED = ClockEventKind.OPENED, ClockEventKind.PRIORITY, ClockEventKind.REOPENED
LATER = END + timedelta(minutes=10)


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    upgrade(f"sqlite:///{tmp_path}/r.db")
    made = Records(f"sqlite:///{tmp_path}/r.db")
    made.publish_dossier(dossier(), "ann")
    yield made
    made.close()


def begins(**changes: Any) -> BeginIncident:
    """As an incident asks, of which nothing but its alarm is known."""
    fresh = {"priority": None, "components": [], "clock": [], "closed_at": None, "outcome": None, "state": "confirming"}
    known: dict[str, Any] = {
        "plan": PlanRequest(application="acme.shop", dossier=dossier().digest, components=["db"]),
        "record": incident(**(fresh | {"summary": "", "cause": None, "lead": None} | changes.pop("record", {}))),
        "urgency": Level.HIGH,
        "now": START,
    }
    return BeginIncident(**(known | changes))


def reopened(**changes: Any) -> BeginIncident:
    return begins(record={"reopened": 1, "run": "run-2"}, now=LATER, **changes)


def begun(records: Records, request: BeginIncident) -> IncidentBegun:
    return ActivityEnvironment().run(IncidentActivities(records).begin_incident, request)


def ended(records: Records) -> IncidentEnded:
    order = EndIncident(records=WriteRecords(incidents=[incident()]), incident=ID, run="run-1", now=END)
    return ActivityEnvironment().run(IncidentActivities(records).end_incident, order)


def test_an_incident_stands_in_the_records_from_its_beginning_with_what_its_dossier_says(records: Records) -> None:
    found = begun(records, begins(impact=Level.HIGH))
    row = records.incident(ID)
    assert (row.state, row.closed_at, row.components) == ("confirming", None, found.plan.affected)
    assert [e.kind for e in found.events] == [OPENED]
    assert row.priority == found.events[0].priority
    assert found.reading is not None
    assert TargetKind.RESTORE in {p.kind for p in found.reading.targets}


def test_an_incident_that_is_opened_again_goes_on_with_the_events_of_its_clock(records: Records) -> None:
    records.write(WriteRecords(incidents=[incident()]))
    found = begun(records, reopened())
    assert found.events[: len(events())] == events()
    assert found.events[len(events())].kind is REOPENED


def test_entering_an_incident_that_is_opened_again_twice_gives_the_same_events(records: Records) -> None:
    records.write(WriteRecords(incidents=[incident()]))
    first = begun(records, reopened())
    assert begun(records, reopened()) == first
    assert len(records.incident(ID).clock) == len(first.events)


def test_an_incident_whose_records_were_lost_is_opened_again_with_a_new_clock(records: Records) -> None:
    assert [e.kind for e in begun(records, reopened()).events] == [OPENED]


def test_an_unreadable_dossier_is_reported_and_the_incident_is_still_recorded(records: Records) -> None:
    lost = PlanRequest(application="acme.shop", dossier="0" * 64)
    found = begun(records, begins(plan=lost))
    assert found.fault == f"no dossier with the digest {'0' * 64!r} is published"
    assert (found.plan.plan, found.reading) == (None, None)
    assert records.incident(ID).state == "confirming"


def test_a_report_is_written_once_with_the_end_of_its_incident(records: Records) -> None:
    first = ended(records)
    assert ended(records) == first
    assert first.report == PostIncidentReports(records).read(ID).digest
    assert first.reading is not None
    assert {p.state for p in first.reading.targets} <= {TargetState.MET, TargetState.MISSED}
    assert records.incident(ID).outcome == "recovered"


def test_a_report_that_cannot_be_written_does_not_keep_its_incident_open(
    records: Records, caplog: pytest.LogCaptureFixture
) -> None:
    with records.database.writing() as session:
        session.connection().exec_driver_sql(
            "create trigger no_room before insert on postincidentreport begin select raise(abort, 'no room'); end"
        )
    found = ended(records)
    assert (found.report, found.reading is None) == ("", False)
    assert records.incident(ID).closed_at is not None
    assert f"the post-incident report of {ID} could not be written" in caplog.text


def test_records_that_do_not_answer_are_tried_again(tmp_path: Path) -> None:
    away = Records(f"sqlite:///{tmp_path}/nothing/r.db")
    with pytest.raises(StoreUnavailableError):
        ended(away)
    with pytest.raises(StoreUnavailableError):
        begun(away, begins())
    away.close()
