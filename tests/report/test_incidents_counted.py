"""The incidents of a report: borders, reopened ones, causes, and times to recovery."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import pytest

from activities.records import Records
from models.clock import ClockEvent, ClockEventKind
from tests.report.november import (
    SINCE,
    UNTIL,
    at,
    block,
    facts,
    ids,
    incident,
    keep_dossier,
    met,
    operation,
    records,
    shop,
)

__all__ = ["records"]

SECOND = timedelta(seconds=1)


def test_an_incident_belongs_to_the_month_of_its_moment_in_the_zone_of_the_agreement(records: Records) -> None:
    dossier = shop(["incidents"])
    keep_dossier(records, dossier)
    incident(records, 1, met(SINCE - SECOND, minutes=5), dossier)
    incident(records, 2, met(SINCE, minutes=5), dossier)
    incident(records, 3, met(UNTIL - SECOND, minutes=5), dossier)
    incident(records, 4, met(UNTIL, minutes=5), dossier)

    october, november, december = (
        block(facts(records, month), "incidents") for month in ("2026-10", "2026-11", "2026-12")
    )

    assert (ids(october["opened"]), ids(october["open_after"])) == (["1"], ["1"])
    assert ids(november["open_before"]) == ["1"]
    assert ids(november["opened"]) == ["2", "3"]
    assert ids(november["closed"]) == ["1", "2"]
    assert ids(november["open_after"]) == ["3"]
    assert (ids(december["open_before"]), ids(december["opened"])) == (["3"], ["4"])


def test_an_incident_across_two_borders_is_open_in_each_month_and_closed_in_the_last(records: Records) -> None:
    dossier = shop(["incidents"])
    keep_dossier(records, dossier)
    long = [
        (SINCE - timedelta(days=3), "opened", {"priority": "P3"}),
        (UNTIL + timedelta(days=3), "restored"),
        (UNTIL + timedelta(days=4), "closed"),
    ]
    incident(records, 1, long, dossier)

    found = block(facts(records), "incidents")

    assert (ids(found["open_before"]), ids(found["open_after"])) == (["1"], ["1"])
    assert (ids(found["opened"]), ids(found["closed"]), found["by_cause"]) == ([], [], [])
    [listed] = found["incidents"]
    assert (listed["closed_at"], listed["restored_at"], listed["outcome"], listed["cause"]) == (None, None, "", "")


def test_what_happened_after_the_month_does_not_change_its_figures(records: Records) -> None:
    dossier = shop(["incidents", "service_levels", "waiting"])
    keep_dossier(records, dossier)
    events = [*met(at(20)), (at(34), "reopened"), (at(36), "closed")]
    incident(records, 1, events[:4], dossier)
    before = facts(records)

    incident(records, 1, events, dossier)
    again = facts(records)

    assert again.blocks == before.blocks
    assert ids(block(facts(records, "2026-12", now=at(70)), "incidents")["reopened"]) == ["1"]


def test_an_incident_that_was_closed_before_and_reopened_after_the_month_has_no_part_in_it(records: Records) -> None:
    dossier = shop(["incidents", "waiting"])
    keep_dossier(records, dossier)
    incident(records, 1, [*met(at(-5)), (at(34), "reopened")], dossier)

    found = block(facts(records), "incidents")

    assert [found[key]["value"] for key in ("open_before", "opened", "reopened", "closed", "open_after")] == [0] * 5
    assert block(facts(records), "waiting")["parties"] == []


@pytest.mark.parametrize("seed", range(8))
def test_incidents_that_come_in_are_those_that_go_out(records: Records, seed: int) -> None:
    """Open before, opened and reopened ones are closed or open after; counted again by a plain loop over the events."""
    rng, dossier = Random(seed), shop(["incidents"])
    keep_dossier(records, dossier)
    made = {}
    for number in range(1, 30):
        opened = SINCE + timedelta(minutes=rng.randrange(-3 * 1440, 33 * 1440))
        events = [(opened, "opened", {"priority": "P3"})]
        for kind in ["closed", "reopened", "closed", "reopened"][: rng.randrange(5)]:
            events.append((events[-1][0] + timedelta(minutes=rng.randrange(1, 2 * 1440)), kind))  # type: ignore[arg-type]
        made[str(number)] = [ClockEvent(at=e[0], kind=ClockEventKind(e[1])) for e in events]
        incident(records, number, events, dossier)  # type: ignore[arg-type]

    found = block(facts(records), "incidents")

    def open_at(moment: datetime, events: list[ClockEvent]) -> bool:
        past = [event.kind.value for event in events if event.at < moment]
        return bool(past) and past[-1] != "closed"

    def within(kind: str, events: list[ClockEvent]) -> bool:
        return any(event.kind.value == kind and SINCE <= event.at < UNTIL for event in events)

    before, opened_, after, closed = (set(ids(found[key])) for key in ("open_before", "opened", "open_after", "closed"))
    assert before == {n for n, events in made.items() if open_at(SINCE, events)}
    assert opened_ == {n for n, events in made.items() if within("opened", events)}
    assert after == {n for n, events in made.items() if open_at(UNTIL, events)}
    assert set(ids(found["reopened"])) == {n for n, events in made.items() if within("reopened", events)}
    assert before | opened_ | set(ids(found["reopened"])) == after | closed
    assert not after & closed


def test_counts_by_priority_and_component_are_of_opened_and_by_cause_of_closed_incidents(records: Records) -> None:
    dossier = shop(["incidents"])
    keep_dossier(records, dossier)
    incident(records, 1, met(at(3), "P1"), dossier, components=["web", "app"])
    incident(records, 2, met(at(4), "P2"), dossier, cause="change")
    incident(records, 3, met(at(30, "23:50"), "P2"), dossier, cause="change")

    found = block(facts(records), "incidents")

    assert [(one["key"], ids(one["count"])) for one in found["by_priority"]] == [("P1", ["1"]), ("P2", ["2", "3"])]
    assert [(one["key"], ids(one["count"])) for one in found["by_cause"]] == [("application", ["1"]), ("change", ["2"])]
    assert [(one["title"], ids(one["count"])) for one in found["by_component"]] == [
        ("Web server", ["1", "2", "3"]),
        ("Shop application", ["1"]),
    ]


def test_times_to_recovery_are_those_of_incidents_that_recovered_in_the_month(records: Records) -> None:
    dossier = shop(["incidents"])
    keep_dossier(records, dossier)
    for number, minutes in enumerate((10, 20, 40, 400), 1):
        incident(records, number, met(at(number + 1), minutes=minutes), dossier)
    incident(records, 5, met(at(9), minutes=1), dossier, outcome="not-confirmed")
    incident(records, 6, met(at(-2), minutes=2), dossier)

    found = block(facts(records), "incidents")

    assert (found["restored_median"]["value"], found["restored_longest"]["value"]) == (20 * 60, 400 * 60)
    assert found["restored_median"]["unit"] == "s"
    assert [id[-1] for id in found["restored_median"]["evidence"]] == ["1", "2", "3", "4"]


def test_without_an_incident_that_recovered_there_is_no_time(records: Records) -> None:
    keep_dossier(records, shop(["incidents"]))

    found = block(facts(records), "incidents")

    assert (found["restored_median"]["value"], found["restored_longest"]["value"]) == (None, None)


def test_the_table_has_the_most_important_incidents_in_the_order_of_time(records: Records) -> None:
    dossier = shop([{"incidents": {"most": 2, "priorities": ["P1", "P3"]}}])
    keep_dossier(records, dossier)
    for number, priority in enumerate(("P3", "P1", "P3", "P1", "P2"), 1):
        incident(records, number, met(at(number + 1), priority), dossier)

    found = block(facts(records), "incidents")

    assert [one["id"][-1] for one in found["incidents"]] == ["2", "4"]
    assert found["left_out"] == 2
    assert found["opened"]["value"] == 5


def test_only_this_application_and_no_rehearsal_is_counted(records: Records) -> None:
    dossier = shop(["incidents", "changes"])
    keep_dossier(records, dossier)
    incident(records, 1, met(at(3)), dossier, id="inc.acme.payroll.1", application="acme.payroll")
    operation(records, "change", "1", at(3), at(4), rehearsed=True, outcome="rehearsed")
    operation(records, "change", "2", at(3), at(4), application="acme.payroll")

    found = facts(records)

    assert block(found, "incidents")["opened"]["value"] == 0
    assert block(found, "changes")["changes"] == []
    assert found.evidence == {}
