"""Which faults come back, and whose cause has to be found."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from activities.causes.recurrence import fingerprint, recurring
from models.dossier.agreement import CauseCode
from models.dossier.priorities import Priority
from models.dossier.problems import ProblemTerms, RecurrenceTerms
from models.incident import IncidentEnd
from models.recurrence import PastIncident, ProblemReason, RecurrenceReading

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
ZONE = "Europe/Stockholm"


def incident(number: int, day: str, **given: Any) -> PastIncident:
    """An incident of the database, open for an hour."""
    begin = datetime.fromisoformat(f"2026-11-{day}").replace(tzinfo=UTC)
    fields = {"alarms": ["embedded/db-up"], "component": "db", "end": IncidentEnd.RECOVERED, "priority": Priority.P3}
    return PastIncident(
        id=f"inc.acme.shop.{number}",
        number=number,
        title=f"db has {number}.3 GB left",
        opened_at=begin,
        **{"closed_at": begin + timedelta(hours=1), **fields, **given},
    )


def found(*incidents: PastIncident, terms: ProblemTerms | None = None) -> RecurrenceReading:
    return recurring("acme.shop", incidents, terms or ProblemTerms(), NOW, ZONE)


def reasons(reading: RecurrenceReading) -> list[ProblemReason]:
    return [reason.reason for one in reading.candidates for reason in one.reasons]


def test_three_incidents_with_one_fault_on_two_days_need_their_cause_found() -> None:
    reading = found(incident(1, "09T10:00"), incident(2, "09T15:00"), incident(3, "17T10:00"))

    [one] = reading.candidates
    assert [i.number for i in one.incidents] == [1, 2, 3]
    assert one.days == [date(2026, 11, 9), date(2026, 11, 17)]
    assert one.open_seconds == 3 * 3600
    assert [r.text for r in one.reasons] == [
        "The same fault came back: 3 incidents on 2 days; agreed are 3 incidents on 2 days within 30d."
    ]


def test_a_bad_night_is_one_day() -> None:
    night = [incident(n, f"09T0{n}:00") for n in range(1, 6)]

    reading = found(*night)

    assert reading.candidates == []
    assert [len(one.incidents) for one in reading.below] == [5]


def test_a_day_is_one_of_the_agreement_and_not_of_greenwich() -> None:
    around_midnight_in_stockholm = [incident(1, "09T22:30"), incident(2, "09T22:50"), incident(3, "09T23:10")]

    [one] = found(*around_midnight_in_stockholm).candidates

    assert one.days == [date(2026, 11, 9), date(2026, 11, 10)]


def test_incidents_before_the_agreed_time_do_not_count() -> None:
    terms = ProblemTerms(recurrence=RecurrenceTerms(within=timedelta(days=7)))

    reading = found(incident(1, "09T10:00"), incident(2, "26T10:00"), incident(3, "27T10:00"), terms=terms)

    assert reading.incidents == 2
    assert reading.candidates == []


def test_what_was_no_fault_does_not_count() -> None:
    nothing = [
        incident(1, "09T10:00", end=IncidentEnd.NOT_CONFIRMED),
        incident(2, "10T10:00", end=IncidentEnd.MERGED),
        incident(3, "11T10:00", end=IncidentEnd.CANCELLED),
        incident(4, "12T10:00", end=IncidentEnd.CLOSED_BY_HAND, cause=CauseCode.NO_FAULT),
        incident(5, "13T10:00", end=IncidentEnd.CLOSED_BY_HAND, cause=CauseCode.DUPLICATE),
    ]

    reading = found(*nothing)

    assert (reading.incidents, reading.candidates, reading.below) == (0, [], [])


def test_another_component_or_another_alarm_is_another_fault() -> None:
    reading = found(
        incident(1, "09T10:00"),
        incident(2, "10T10:00", component="web"),
        incident(3, "11T10:00", alarms=["embedded/db-disk"]),
        incident(4, "12T10:00", component=None),
    )

    assert reading.candidates == []
    assert len({fingerprint(one) for one in (incident(1, "09"), incident(2, "09", alarms=["embedded/db-disk"]))}) == 2


def test_the_order_and_the_repetition_of_alarms_make_no_other_fault() -> None:
    alarms = ["embedded/db-up", "embedded/web-up", "embedded/web-up"]

    assert fingerprint(incident(1, "09", alarms=alarms)) == fingerprint(incident(2, "10", alarms=alarms[1::-1]))


def test_half_of_the_alarms_or_the_same_remedy_make_incidents_similar_and_a_person_decides() -> None:
    two = ["embedded/db-up", "embedded/web-up"]
    reading = found(
        incident(1, "09T10:00", remedy="database/restart-db"),
        incident(2, "10T10:00", alarms=two),
        incident(3, "11T10:00", component="web", alarms=["x"], remedy="database/restart-db"),
        incident(4, "12T10:00", component="web", alarms=["y"]),
    )

    first = next(one for one in reading.below if one.incidents[0].number == 1)
    assert reading.candidates == []
    assert {(s.incident, s.why) for s in first.similar} == {
        ("inc.acme.shop.2", "the same component, and 1 of 2 alarms are the same"),
        ("inc.acme.shop.3", "the same remedy helped: database/restart-db"),
    }


def test_one_urgent_incident_is_a_problem_by_itself_where_that_is_agreed() -> None:
    urgent = incident(1, "09T10:00", priority=Priority.P1)

    assert reasons(found(urgent)) == [ProblemReason.PRIORITY]
    assert reasons(found(urgent, terms=ProblemTerms(priorities=[]))) == []


def test_an_unknown_cause_and_a_recovery_by_itself_count_twice() -> None:
    unknown = [incident(n, "09T10:00", cause=CauseCode.UNKNOWN, alarms=["a"]) for n in (1, 2)]
    by_itself = [incident(n, "09T10:00", end=IncidentEnd.RECOVERED_BY_ITSELF, alarms=["b"]) for n in (3, 4)]
    never = ProblemTerms(unknown_cause=None, recovered_by_itself=None)

    assert set(reasons(found(*unknown, *by_itself))) == {ProblemReason.UNKNOWN_CAUSE, ProblemReason.RECOVERED_BY_ITSELF}
    assert reasons(found(unknown[0], by_itself[0])) == []
    assert reasons(found(*unknown, *by_itself, terms=never)) == []


def test_reports_of_people_without_an_alarm_are_like_no_other() -> None:
    reading = found(*[incident(n, f"{8 + n:02}T10:00", alarms=[]) for n in range(1, 5)])

    assert (reading.candidates, reading.below) == ([], [])


def test_times_that_overlap_count_once_and_an_open_incident_counts_until_now() -> None:
    together = [incident(1, "30T10:00"), incident(2, "30T10:30", closed_at=None, end=None, priority=Priority.P1)]

    [one] = found(*together).candidates

    assert one.open_seconds == 2 * 3600


def test_the_order_of_the_input_decides_nothing() -> None:
    many = [incident(n, f"{1 + n % 28:02}T10:00", alarms=[f"a{n % 4}"], component=f"c{n % 3}") for n in range(60)]
    shuffled = many[:]
    random.Random(7).shuffle(shuffled)

    assert found(*shuffled) == found(*many)
    assert len(found(*many).candidates) == 12
