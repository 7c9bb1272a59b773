"""The targets of a report: met, missed by how much, undecided, and not provable."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import update

from activities.records import Records
from models.report import ReportVerdict
from models.tables import IncidentRow
from tests.report.november import (
    APPLICATION,
    SINCE,
    UNTIL,
    Events,
    at,
    block,
    block_facts,
    facts,
    ids,
    incident,
    keep_dossier,
    met,
    records,
    shop,
)

__all__ = ["records"]


def target(found: dict[str, Any], key: str) -> dict[str, Any]:
    [one] = [one for one in found["targets"] if one["key"] == key]
    return dict(one)


def late(opened: Any, minutes: int, priority: str = "P1") -> Events:
    """An incident that was answered at once, and restored so many minutes later."""
    return [
        (opened, "opened", {"priority": priority}),
        (opened, "responded"),
        *((opened + timedelta(minutes=m), "updated") for m in range(50, minutes, 50)),
        (opened + timedelta(minutes=minutes), "restored"),
        (opened + timedelta(minutes=minutes), "closed"),
    ]


def test_a_target_is_missed_by_the_time_after_its_deadline(records: Records) -> None:
    dossier = shop(["service_levels"])
    keep_dossier(records, dossier)
    incident(records, 1, late(at(3), 240), dossier)
    incident(records, 2, late(at(4), 241), dossier)

    found = block(facts(records), "service_levels")

    restore = target(found, "P1 restore")
    assert (ids(restore["met"]), ids(restore["missed"])) == (["1"], ["2"])
    assert (restore["within"], restore["hours"], restore["share"]["value"]) == ("4h", "always", "50.0")
    [missed] = found["missed"]
    assert (missed["incident"], missed["kind"], missed["missed_at"]) == (
        f"inc.{APPLICATION}.2",
        "restore",
        "2026-11-04T15:00:00Z",
    )
    assert (missed["over"]["value"], missed["over"]["unit"], missed["done"]) == (60, "s", True)


def test_a_pause_that_the_agreement_has_extends_the_deadline_and_any_other_wait_does_not(records: Records) -> None:
    dossier = shop(["service_levels"])
    keep_dossier(records, dossier)
    waits = {"party": "betalt", "reason": "waiting_for_third_party"}
    for number, party in ((1, waits), (2, {**waits, "reached": False})):
        events = late(at(number + 2), 300)
        events[2:2] = [
            (at(number + 2, "12:10"), "waiting", party),  # type: ignore[list-item]
            (at(number + 2, "13:20"), "resumed"),
        ]
        incident(records, number, sorted(events, key=lambda event: event[0]), dossier)

    restore = target(block(facts(records), "service_levels"), "P1 restore")

    assert (ids(restore["met"]), ids(restore["missed"])) == (["1"], ["2"])


def test_a_target_counts_in_the_month_in_which_it_was_decided(records: Records) -> None:
    dossier = shop(["service_levels"])
    keep_dossier(records, dossier)
    opened = SINCE - timedelta(minutes=30)
    incident(records, 1, late(opened, 60), dossier)  # answered in October, restored in November
    incident(
        records, 2, late(UNTIL - timedelta(hours=4), 600), dossier
    )  # its time is up in the first moment of December

    october, november, december = (
        block(facts(records, month), "service_levels") for month in ("2026-10", "2026-11", "2026-12")
    )

    assert ids(target(october, "P1 respond")["met"]) == ["1"]
    assert ids(target(october, "P1 restore")["undecided"]) == ["1"]
    assert ids(target(november, "P1 respond")["met"]) == ["2"]
    assert ids(target(november, "P1 restore")["met"]) == ["1"]
    assert ids(target(november, "P1 restore")["undecided"]) == ["2"]
    assert ids(target(december, "P1 restore")["missed"]) == ["2"]
    assert december["missed"][0]["missed_at"] == "2026-11-30T23:00:00Z"


def test_a_missed_target_that_is_not_done_grows_until_the_end_of_the_month(records: Records) -> None:
    dossier = shop(["service_levels"])
    keep_dossier(records, dossier)
    incident(records, 1, late(UNTIL - timedelta(hours=6), 600), dossier)

    [november] = [m for m in block(facts(records), "service_levels")["missed"] if m["kind"] == "restore"]
    december = block(facts(records, "2026-12"), "service_levels")

    assert (november["over"]["value"], november["done"]) == (2 * 3600, False)
    assert target(december, "P1 restore")["missed"]["value"] == 0


def test_late_customer_updates_are_one_missed_target_with_their_number(records: Records) -> None:
    dossier = shop(["service_levels"])
    keep_dossier(records, dossier)
    incident(
        records,
        1,
        [
            (at(3), "opened", {"priority": "P1"}),
            (at(3), "responded"),
            (at(3, "13:30"), "updated"),
            (at(3, "15:00"), "updated"),
            (at(3, "15:30"), "restored"),
        ],
        dossier,
    )

    found = block(facts(records), "service_levels")

    assert ids(target(found, "P1 update")["missed"]) == ["1"]
    [missed] = [one for one in found["missed"] if one["kind"] == "update"]
    assert (missed["times"], missed["missed_at"]) == (2, "2026-11-03T12:00:00Z")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"dossier": "f" * 64}, "no-dossier"),
        ({"dossier": ""}, "no-dossier"),
        ({"clock": []}, "no-events"),
        ({"clock": [{"at": "2026-11-03T11:00:00Z", "kind": "of a later release"}]}, "unreadable"),
        ({"clock": [{"at": "some day", "kind": "opened"}]}, "unreadable"),
        (
            {
                "clock": [
                    {"at": "2026-11-03T11:00:00Z", "kind": "opened", "priority": "P1"},
                    {"at": "2026-11-03T11:30:00Z", "kind": "closed"},
                    {"at": "2026-11-03T11:10:00Z", "kind": "responded"},
                ]
            },
            "contradictory",
        ),
    ],
)
def test_what_the_records_do_not_decide_is_not_provable_and_neither_met_nor_missed(
    records: Records, change: dict[str, Any], why: str
) -> None:
    dossier = shop(["service_levels"])
    keep_dossier(records, dossier)
    incident(records, 1, met(at(3)), dossier)
    incident(records, 2, met(at(4)), dossier)
    with records.database.writing() as session:
        session.execute(update(IncidentRow).where(IncidentRow.number == 1).values(**change))  # type: ignore[arg-type]

    found = facts(records)
    levels = block(found, "service_levels")

    assert [(one["incident"][-1], one["why"]) for one in levels["unproven"]] == [("1", why)]
    restore = target(levels, "P1 restore")
    assert (ids(restore["met"]), ids(restore["unproven"]), restore["share"]["value"]) == (["2"], ["1"], "50.0")
    verdicts = {one.key: one.verdict for one in block_facts(found, "service_levels").verdicts}
    assert verdicts["P1 restore"] is ReportVerdict.UNPROVEN
    assert bool(found.missing) == (why in {"no-dossier", "unreadable"})


def test_one_missed_target_outweighs_those_that_are_not_provable(records: Records) -> None:
    dossier = shop(["service_levels"])
    keep_dossier(records, dossier)
    incident(records, 1, met(at(3)), dossier, clock=[])
    incident(records, 2, late(at(4), 600), dossier)

    verdicts = {one.key: one.verdict for one in block_facts(facts(records), "service_levels").verdicts}

    assert verdicts["P1 restore"] is ReportVerdict.MISSED


def test_incidents_in_which_nothing_was_wrong_do_not_improve_the_share_but_their_misses_count(records: Records) -> None:
    dossier = shop(["service_levels"])
    keep_dossier(records, dossier)
    incident(records, 1, met(at(3)), dossier, outcome="not-confirmed")
    incident(records, 2, met(at(4)), dossier, outcome="merged")
    incident(records, 3, late(at(5), 600), dossier, outcome="merged")

    found = block(facts(records), "service_levels")

    restore = target(found, "P1 restore")
    assert (ids(restore["met"]), ids(restore["missed"]), restore["share"]["value"]) == ([], ["3"], "0.0")
    assert (ids(found["not_confirmed"]), ids(found["merged"])) == (["1"], ["2", "3"])


def test_the_share_is_rounded_down_so_that_a_missed_target_never_reads_as_all(records: Records) -> None:
    dossier = shop(["service_levels"])
    keep_dossier(records, dossier)
    for number in range(1, 8):
        incident(records, number, late(at(3) + timedelta(hours=number), 600 if number == 7 else 30), dossier)

    restore = target(block(facts(records), "service_levels"), "P1 restore")

    assert restore["share"]["value"] == "85.7"  # 6 of 7 are 85.714...


def test_a_month_without_incidents_has_every_agreed_target_and_nothing_to_judge(records: Records) -> None:
    keep_dossier(records, shop(["service_levels"]))

    found = facts(records)

    keys = [one["key"] for one in block(found, "service_levels")["targets"]]
    assert keys[:3] == ["P1 respond", "P1 restore", "P1 update"]
    assert len(keys) == 12
    assert [one.verdict for one in block_facts(found, "service_levels").verdicts] == [ReportVerdict.NOTHING]
    assert target(block(found, "service_levels"), "P1 restore")["share"]["value"] is None


def test_a_block_may_report_some_priorities_only(records: Records) -> None:
    dossier = shop([{"service_levels": {"priorities": ["P2"]}}])
    keep_dossier(records, dossier)
    incident(records, 1, late(at(3), 600), dossier)
    incident(records, 2, late(at(4), 600, "P2"), dossier)

    found = block(facts(records), "service_levels")

    assert {one["priority"] for one in found["targets"]} == {"P2"}
    assert {one["incident"][-1] for one in found["missed"]} == {"2"}


def test_the_agreement_under_which_an_incident_was_opened_judges_it(records: Records) -> None:
    before = shop(["service_levels"])
    after = before.model_copy(
        update={"agreement": before.agreement.model_copy(update={"version": 3, "service_levels": {}})}
    )
    keep_dossier(records, before)
    keep_dossier(records, after, at(10))
    incident(records, 1, late(at(3), 600), before)
    incident(records, 2, late(at(12), 600), after)

    found = facts(records)

    restore = target(block(found, "service_levels"), "P1 restore")
    assert (ids(restore["missed"]), restore["within"]) == (["1"], "")
    assert [(one.agreement, f"{one.since:%d}", f"{one.until:%d}") for one in found.dossiers] == [
        ("DV-2026-014 v2", "31", "10"),
        ("DV-2026-014 v3", "10", "30"),
    ]
