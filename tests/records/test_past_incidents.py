"""Past incidents with their alarms, as the records keep them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from activities.causes.recurrence import recurring
from activities.problem.past_incidents import past_incidents
from activities.records import Records
from models.alarms import BY_HAND, AlarmReceipt, Disposition
from models.dossier.agreement import CauseCode
from models.dossier.priorities import Priority
from models.dossier.problems import ProblemTerms
from models.incident import IncidentEnd
from models.records import AlarmRecord, IncidentRecord, WriteRecords
from tests.workflows.shop import APPLICATION

FIRST = datetime(2026, 11, 9, 10, tzinfo=UTC)
LAST = datetime(2026, 11, 30, tzinfo=UTC)


def incident(number: int, **given: Any) -> IncidentRecord:
    begin = FIRST + timedelta(days=number)
    fields: dict[str, Any] = {
        "priority": "P3",
        "components": ["db", "app"],
        "outcome": "recovered",
        "cause": "application",
        "remedy": "database/restart-db",
        "closed_at": begin + timedelta(minutes=12),
    }
    return IncidentRecord(
        id=f"inc.acme.shop.{number}",
        application=APPLICATION,
        number=number,
        title="The database does not answer",
        state="closed",
        dossier="d1",
        opened_at=begin,
        opened_by="embedded",
        run=f"run-{number}",
        **{**fields, **given},
    )


def alarm(sequence: int, of: int, fingerprint: str, component: str | None, state: str = "firing") -> AlarmRecord:
    return AlarmRecord(
        application=APPLICATION,
        sequence=sequence,
        at=FIRST,
        title="down",
        state=state,
        severity="critical",
        component=component,
        source="embedded",
        receipt=AlarmReceipt(
            fingerprint=fingerprint, disposition=Disposition.JOINED, incident=f"inc.acme.shop.{of}", reason="down"
        ),
    )


def test_an_incident_is_read_with_its_alarms_and_the_component_that_failed_first(records: Records) -> None:
    alarms = [
        alarm(1, 1, "embedded/db-up", "db"),
        alarm(2, 1, "embedded/app-up", "app"),
        alarm(3, 1, "embedded/db-up", "db"),
        alarm(4, 1, "embedded/web-up", "web", state="cleared"),
        alarm(5, 1, f"{BY_HAND}1/0/db", "db"),
    ]
    records.write(WriteRecords(incidents=[incident(1)], alarms=alarms))

    [one] = past_incidents(records, APPLICATION, FIRST, LAST)

    assert (one.component, one.alarms) == ("db", ["embedded/db-up", "embedded/app-up"])
    assert (one.end, one.cause, one.priority) == (IncidentEnd.RECOVERED, CauseCode.APPLICATION, Priority.P3)
    assert (one.remedy, one.components) == ("database/restart-db", ["db", "app"])
    assert (one.opened_at, one.closed_at) == (FIRST + timedelta(days=1), FIRST + timedelta(days=1, minutes=12))


def test_incidents_of_others_about_other_subjects_and_of_other_times_are_left_out(records: Records) -> None:
    records.write(
        WriteRecords(
            incidents=[
                incident(1),
                incident(2, subject="silent-source"),
                incident(3).model_copy(update={"id": "inc.acme.payroll.3", "application": "acme.payroll"}),
                incident(30),
            ]
        )
    )

    assert [one.number for one in past_incidents(records, APPLICATION, FIRST, LAST)] == [1]
    assert past_incidents(records, APPLICATION, LAST, LAST) == []


def test_an_incident_that_was_lost_or_that_a_later_release_wrote_has_no_end_and_no_cause(records: Records) -> None:
    records.write(WriteRecords(incidents=[incident(1, outcome="lost", cause="gremlins", priority=None, components=[])]))

    [one] = past_incidents(records, APPLICATION, FIRST, LAST)

    assert (one.end, one.cause, one.priority, one.component) == (None, None, None, None)


def test_a_fault_that_came_back_is_found_among_many_incidents(records: Records) -> None:
    numbers = range(1, 14)
    alarms = [alarm(n, n, "embedded/db-up" if n % 4 == 0 else f"embedded/{n}", "db") for n in numbers]
    records.write(WriteRecords(incidents=[incident(n, remedy=None) for n in numbers], alarms=alarms))

    reading = recurring(APPLICATION, past_incidents(records, APPLICATION, FIRST, LAST), ProblemTerms(), LAST, "UTC")

    [one] = reading.candidates
    assert [i.number for i in one.incidents] == [4, 8, 12]
    assert reading.incidents == 13
