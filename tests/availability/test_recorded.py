"""Maintenance and waiting times come from the records of operations and incidents, to the whole second."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from activities.availability.recorded import excused_times, maintenance_times
from activities.records import Records
from models.lease import LEASES
from tests.availability.in_records import HOUR, NOW, SINCE, dossier, in_force, incident, lease, operation, write

UNTIL = SINCE + timedelta(days=1)
PART = timedelta(milliseconds=400)


def maintained(records: Records) -> list[tuple[datetime, datetime, bool]]:
    return [(one.since, one.until, one.announced) for one in maintenance_times(records, "acme.shop", SINCE, UNTIL)]


def test_a_part_of_a_second_is_not_taken_out(records: Records) -> None:
    held = lease(SINCE + HOUR + PART, SINCE + 2 * HOUR + PART)
    write(records, operation(1, "maintenance", held))

    [found] = maintenance_times(records, "acme.shop", SINCE, UNTIL)

    second = timedelta(seconds=1)
    assert (found.since, found.until) == (SINCE + HOUR + second, SINCE + 2 * HOUR)
    assert (found.announced_until, found.agreed_end) == (SINCE + 2 * HOUR, SINCE + 2 * HOUR)
    assert found.components.names == ["web"]
    assert (found.id, found.title) == ("maintenance.acme.shop.1", "Security updates, maintenance")


def test_every_lease_of_maintenance_and_changes_is_found_and_no_other_operation(records: Records) -> None:
    one, other = lease(SINCE + HOUR, SINCE + 2 * HOUR), lease(SINCE + 3 * HOUR, SINCE + 4 * HOUR, announced=False)
    write(
        records,
        operation(1, "maintenance", one, other),
        operation(2, "change", lease(SINCE + 5 * HOUR, SINCE + 6 * HOUR)),
        operation(3, "shut-down", one),
        operation(4, "maintenance", one, rehearsed=True),
        operation(5, "maintenance", one, application="acme.payroll"),
        operation(6, "maintenance", data={}),
        operation(7, "change", data={LEASES: "of a package"}),
        operation(8, "maintenance", lease(SINCE - 3 * HOUR, SINCE)),
        operation(9, "maintenance", lease(UNTIL, UNTIL + HOUR)),
    )

    hours = [((since - SINCE) // HOUR, (until - SINCE) // HOUR, said) for since, until, said in maintained(records)]

    assert hours == [(1, 2, True), (3, 4, False), (5, 6, True)]


def test_a_lease_that_was_not_released_counts_until_its_announced_end(records: Records) -> None:
    held = lease(SINCE + HOUR, None, announced_until=SINCE + 2 * HOUR)
    write(records, operation(1, "maintenance", held, closed_at=None))

    [found] = maintenance_times(records, "acme.shop", SINCE, UNTIL)

    assert (found.until, found.agreed_end) == (UNTIL, SINCE + 2 * HOUR)


OPENED = {"at": SINCE + HOUR, "kind": "opened", "priority": "P1"}
RESUMED = {"at": SINCE + 4 * HOUR, "kind": "resumed"}
CLOSED = {"at": SINCE + 6 * HOUR, "kind": "closed"}


def waits(**fields: Any) -> dict[str, Any]:
    return {"at": SINCE + 2 * HOUR, "kind": "waiting", "party": "betalt", "note": "no connection"} | fields


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([OPENED, waits(), RESUMED, CLOSED], [(2, 4, "third_party")]),
        ([OPENED, waits(party="acme"), RESUMED, CLOSED], [(2, 4, "customer")]),
        ([OPENED, waits(party="driftbolaget"), RESUMED, CLOSED], []),
        ([OPENED, waits(reached=False), RESUMED, CLOSED], []),
        ([OPENED, waits(reached=False), waits(at=SINCE + 3 * HOUR), RESUMED, CLOSED], [(3, 4, "third_party")]),
        ([OPENED, waits(), CLOSED], [(2, 6, "third_party")]),
        ([OPENED, waits()], [(2, 24, "third_party")]),
        (
            [OPENED, waits(), waits(at=SINCE + 3 * HOUR, party="acme"), RESUMED],
            [(2, 3, "third_party"), (3, 4, "customer")],
        ),
    ],
    ids=["third party", "customer", "supplier", "unreached", "reached later", "closed", "still waits", "two parties"],
)
def test_a_wait_for_a_party_that_was_reached_is_a_waiting_time(
    records: Records, events: list[dict[str, Any]], expected: list[tuple[int, int, str]]
) -> None:
    in_force(records, dossier(), SINCE - timedelta(days=9))
    closed = None if len(events) < 3 else SINCE + 6 * HOUR
    write(records, incident(*events, closed_at=closed))

    found = excused_times(records, "acme.shop", SINCE, UNTIL)

    assert [((w.since - SINCE) // HOUR, (w.until - SINCE) // HOUR, w.party) for w in found] == expected
    assert all(w.id == "inc.acme.shop.17" and w.components.names == ["web"] for w in found)
    assert all(w.note.endswith(": no connection") for w in found)


def test_an_incident_whose_parties_nobody_knows_excuses_nothing(records: Records) -> None:
    in_force(records, dossier(), SINCE - timedelta(days=9))
    write(
        records,
        incident(OPENED, waits(party="gone"), RESUMED, CLOSED),
        incident(OPENED, waits(), RESUMED, CLOSED, id="inc.acme.shop.18", number=18, dossier=""),
        incident(OPENED, waits(), RESUMED, CLOSED, id="inc.acme.shop.19", number=19, dossier="f" * 64),
    )

    assert excused_times(records, "acme.shop", SINCE, NOW) == []


def test_an_incident_without_components_concerns_the_whole_application(records: Records) -> None:
    in_force(records, dossier(), SINCE - timedelta(days=9))
    write(records, incident(OPENED, waits(), RESUMED, CLOSED, components=()))

    [found] = excused_times(records, "acme.shop", SINCE, NOW)

    assert found.components.whole
