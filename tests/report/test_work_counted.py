"""Changes, maintenance, drills, orders, waiting times and instructions in a report."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from activities.records import Records
from models.dossier import Dossier
from models.proof import ProofRecord, Use
from models.records import WriteRecords
from models.report import ReportVerdict
from models.restores import RestoreProof
from tests.report.november import (
    APPLICATION,
    SINCE,
    UNTIL,
    at,
    block,
    block_facts,
    facts,
    incident,
    keep_dossier,
    met,
    operation,
    records,
    shop,
)

__all__ = ["records"]


def verdict(records: Records, key: str) -> ReportVerdict:
    [one] = block_facts(facts(records), key).verdicts
    return one.verdict


# --- changes


def test_changes_are_counted_by_their_end_and_emergencies_besides(records: Records) -> None:
    keep_dossier(records, shop(["changes"]))
    for number, outcome in enumerate(["done", "nothing-to-do", "undone", "failed", "aborted", "refused", "missed"], 1):
        operation(records, "change", str(number), at(number), at(number, "13:00"), outcome=outcome)
    operation(records, "change", "8", at(9), at(10), data={"kind": "emergency"})
    operation(records, "change", "9", at(30), UNTIL + timedelta(hours=1))
    operation(records, "change", "10", at(-5), SINCE - timedelta(hours=1))

    found = block(facts(records), "changes")

    counts = {key: found[key]["value"] for key in ("done", "undone", "failed", "not_begun", "under_way", "emergency")}
    assert counts == {"done": 3, "undone": 1, "failed": 2, "not_begun": 2, "under_way": 1, "emergency": 1}
    [going] = [one for one in found["changes"] if one["closed_at"] is None]
    assert (going["id"], going["outcome"]) == (f"change.{APPLICATION}.9", "")


# --- maintenance


def weekly(**routine: Any) -> Dossier:
    """The shop whose patches run every Sunday at 03:00, in a window until 05:00."""
    made = shop(["maintenance"])
    patches = made.routines.maintenance["patches"].model_copy(update={"frequency": "weekly sunday 03:00", **routine})
    routines = made.routines.model_copy(update={"maintenance": {"patches": patches}})
    agreement = made.agreement.model_copy(update={"freezes": []})
    return made.model_copy(update={"routines": routines, "agreement": agreement})


def run(records: Records, due: datetime, began: datetime, ended: datetime | None, **given: Any) -> None:
    """A run of the patches that a schedule started, or that a person started for its time."""
    data = {"routine": "patches", "scheduled": due.isoformat(), "missed": given.pop("missed", "")} if ended else {}
    who = {"opened_by": "schedule", **given}
    operation(records, "maintenance", f"patches-{began:%d%H%M}", began, ended, name="patches", data=data, **who)


SUNDAYS = [at(day, "03:00") for day in (1, 8, 15, 22, 29)]


def test_scheduled_runs_are_done_moved_overrun_missed_or_failed(records: Records) -> None:
    keep_dossier(records, weekly())
    first, second, third, fourth, fifth = SUNDAYS
    run(records, first, first, first + timedelta(hours=1))
    run(records, second, second, second + timedelta(hours=3))
    run(records, third, third, third + timedelta(days=1), missed="the window closed")
    run(records, fourth, fourth, fourth + timedelta(minutes=5), outcome="failed")

    found = block(facts(records), "maintenance")

    assert [one["result"] for one in found["runs"]] == ["done", "overrun", "moved", "failed", "missed"]
    assert [one["due"] for one in found["runs"]] == [f"{due:%Y-%m-%dT%H:%M:%SZ}" for due in SUNDAYS]
    assert {key: found[key]["value"] for key in ("due", "done", "moved", "overrun", "missed", "failed", "pending")} == {
        "due": 5,
        "done": 1,
        "moved": 1,
        "overrun": 1,
        "missed": 1,
        "failed": 1,
        "pending": 0,
    }
    assert found["missed"]["evidence"] == []  # nobody recorded the run of the last Sunday
    assert fifth == at(29, "03:00")
    assert verdict(records, "maintenance") is ReportVerdict.MISSED


def test_a_missed_run_that_a_person_made_up_for_is_moved_and_all_is_met(records: Records) -> None:
    keep_dossier(records, weekly())
    for due in SUNDAYS:
        run(records, due, due, due + timedelta(minutes=30))
    due = SUNDAYS[1]
    run(records, due, due, due + timedelta(minutes=30), outcome="missed", missed="an incident")
    run(
        records,
        due,
        due + timedelta(days=1),
        due + timedelta(days=1, hours=1),
        opened_by="jonas.berg@driftbolaget.example",
    )

    found = block(facts(records), "maintenance")

    assert [one["result"] for one in found["runs"]] == ["done", "moved", "done", "done", "done"]
    assert found["extra"]["value"] == 0
    assert verdict(records, "maintenance") is ReportVerdict.MET


def test_a_run_that_is_still_going_at_the_end_of_the_month_is_pending(records: Records) -> None:
    keep_dossier(records, weekly(frequency="cron: 0 3 1 12 *", window=weekly().routines.maintenance["patches"].window))
    assert block(facts(records), "maintenance")["runs"] == []
    keep_dossier(records, weekly(frequency="cron: 30 23 30 11 *", window=_late()), at(2))
    run(records, at(30, "23:30"), at(30, "23:30"), UNTIL + timedelta(minutes=30))

    [one] = block(facts(records), "maintenance")["runs"]

    assert (one["result"], one["ended_at"]) == ("pending", None)


def _late() -> Any:
    window = weekly().routines.maintenance["patches"].window
    return window.model_copy(update={"hours": "23:00-04:00", "weekdays": []})


def test_a_run_that_a_freeze_forbids_is_neither_missed_nor_done(records: Records) -> None:
    frozen = (
        shop(["maintenance"])
        .agreement.freezes[0]
        .model_copy(
            update={"since": "2026-11-07", "until": "2026-11-09", "components": shop().agreement.freezes[0].components}
        )
    )
    made = weekly()
    keep_dossier(
        records, made.model_copy(update={"agreement": made.agreement.model_copy(update={"freezes": [frozen]})})
    )
    for due in [*SUNDAYS[:1], *SUNDAYS[2:]]:
        run(records, due, due, due + timedelta(minutes=30))
    run(records, SUNDAYS[1], SUNDAYS[1], SUNDAYS[1] + timedelta(minutes=1), outcome="missed", missed="frozen")

    found = block(facts(records), "maintenance")

    assert [one["result"] for one in found["runs"]] == ["done", "frozen", "done", "done", "done"]
    assert verdict(records, "maintenance") is ReportVerdict.MET


def test_a_run_without_a_time_of_the_schedule_is_extra(records: Records) -> None:
    keep_dossier(records, weekly())
    operation(records, "maintenance", "by-hand", at(4), at(4, "13:00"), name="patches", data={"routine": "patches"})

    assert block(facts(records), "maintenance")["extra"]["evidence"] == [f"maintenance.{APPLICATION}.by-hand"]


def test_each_version_of_a_dossier_has_the_times_of_its_own_days(records: Records) -> None:
    keep_dossier(records, weekly())
    keep_dossier(records, weekly(frequency="weekly monday 03:00", window=_late()), at(16))

    due = [one["due"] for one in block(facts(records), "maintenance")["runs"]]

    assert due == [f"2026-11-{day:02}T02:00:00Z" for day in (1, 8, 15, 23, 30)]


# --- drills


def proof(lost: int = 3600, took: int | None = 600, **given: Any) -> dict[str, Any]:
    """The data of a drill that lost and took so many seconds."""
    made = {
        "restore": "database",
        "point": "shop-1.dump",
        "point_at": at(1),
        "asked_at": at(1),
        "lost": timedelta(seconds=lost),
        "agreed_point": "24h",
        "took": None if took is None else timedelta(seconds=took),
        "agreed_time": "2h",
        "verified": True,
    }
    return {"proof": RestoreProof.model_validate({**made, **given}).model_dump(mode="json")}


def drilled(frequency: str = "weekly sunday 04:00") -> Dossier:
    """The shop with one restore that is drilled."""
    made = shop(["restore_drills"])
    restore = made.instructions.restore["database"]
    assert restore.drill is not None
    drill = restore.drill.model_copy(update={"frequency": frequency})
    instructions = made.instructions.model_copy(
        update={"restore": {"database": restore.model_copy(update={"drill": drill})}}
    )
    return made.model_copy(update={"instructions": instructions})


def drill(records: Records, began: datetime, data: dict[str, Any], **given: Any) -> str:
    ended = began + timedelta(minutes=20)
    return operation(records, "drill", f"database.{began:%d%H}", began, ended, name="database", data=data, **given)


def test_drills_are_held_on_time_late_or_missed_and_pass_or_not(records: Records) -> None:
    keep_dossier(records, drilled())
    sundays = [at(day, "04:00") for day in (1, 8, 15, 22, 29)]
    drill(records, sundays[0] - timedelta(hours=20), proof())  # early, on the last day of October
    drill(records, sundays[1], proof(), outcome="failed")
    drill(records, sundays[2] + timedelta(days=3), proof(took=7201, faults=["it took too long"]))
    drill(records, sundays[4], proof())
    drill(records, sundays[3], {}, outcome="refused")

    found = block(facts(records), "restore_drills")

    assert [one["state"] for one in found["due"]] == ["on-time", "on-time", "late", "missed", "on-time"]
    [restore] = found["restores"]
    assert {key: restore[key]["value"] for key in ("due", "on_time", "late", "missed", "passed", "not_passed")} == {
        "due": 5,
        "on_time": 3,
        "late": 1,
        "missed": 1,
        "passed": 1,
        "not_passed": 2,
    }
    assert [(one["took"]["value"], one["agreed_time"], one["as_agreed"]) for one in found["held"]] == [
        (600, 7200, False),
        (7201, 7200, False),
        (600, 7200, True),
    ]
    assert verdict(records, "restore_drills") is ReportVerdict.MISSED


def test_a_drill_that_failed_before_it_had_a_restore_point_has_no_times(records: Records) -> None:
    keep_dossier(records, drilled())
    drill(records, at(8, "04:00"), {}, outcome="failed")

    [held] = block(facts(records), "restore_drills")["held"]

    assert (held["lost"]["value"], held["took"]["value"], held["verified"], held["as_agreed"]) == (
        None,
        None,
        False,
        False,
    )


def test_a_restore_is_shown_beside_the_drills_and_counts_as_none(records: Records) -> None:
    keep_dossier(records, drilled("monthly first sunday 04:00"))
    drill(records, at(1, "04:00"), proof())
    operation(records, "restore", "1", at(9), at(9, "13:00"), name="database", data=proof())

    found = block(facts(records), "restore_drills")

    assert [one["real"] for one in found["held"]] == [False, True]
    assert found["restores"][0]["passed"]["value"] == 1
    assert verdict(records, "restore_drills") is ReportVerdict.MET


def test_a_drill_that_was_due_an_hour_ago_is_not_missed_yet(records: Records) -> None:
    keep_dossier(records, drilled("cron: 0 22 30 11 *"))

    assert [one["state"] for one in block(facts(records), "restore_drills")["due"]] == ["pending"]
    assert verdict(records, "restore_drills") is ReportVerdict.NOTHING


# --- orders


def ordered(records: Records, number: int, opened: datetime, **given: Any) -> None:
    operation(records, "routine", f"campaign.{number}", opened, opened + timedelta(minutes=5), name="campaign", **given)


def test_orders_beyond_the_entitlement_are_those_after_the_included_ones_of_the_month(records: Records) -> None:
    keep_dossier(records, shop(["entitlements"]))
    for number in range(1, 7):
        ordered(records, number, at(number))
    ordered(records, 7, at(8), outcome="refused")
    ordered(records, 8, at(9), outcome="failed", data={"faults": ["the date is in the past"]})
    ordered(records, 9, SINCE - timedelta(minutes=1))
    ordered(records, 10, UNTIL)

    [month] = block(facts(records), "entitlements")["months"]

    assert (month["month"], month["per_month"], month["ordered"]["value"], month["beyond"]["value"]) == (
        "2026-11",
        4,
        6,
        2,
    )
    assert [id[-1] for id in month["beyond"]["evidence"]] == ["5", "6"]


def test_a_weekly_report_counts_the_orders_of_the_month_so_far(records: Records) -> None:
    dossier = shop(["entitlements"], period="previous week", frequency="weekly monday 08:00")
    keep_dossier(records, dossier)
    for number, day in enumerate((2, 10, 17, 25), 1):
        ordered(records, number, at(day))

    [month] = block(facts(records, "2026W47"), "entitlements")["months"]

    assert month["ordered"]["value"] == 3


# --- waiting times


def test_waiting_times_are_those_within_the_month_and_the_rest_is_the_suppliers(records: Records) -> None:
    dossier = shop(["waiting"])
    keep_dossier(records, dossier)
    incident(
        records,
        1,
        [
            (SINCE - timedelta(hours=5), "opened", {"priority": "P3"}),
            (SINCE - timedelta(hours=3), "waiting", {"party": "acme", "reason": "waiting_for_customer"}),
            (SINCE + timedelta(hours=2), "resumed"),
            (SINCE + timedelta(hours=3), "waiting", {"party": "betalt", "note": "secret of Betalt"}),
            (SINCE + timedelta(hours=7), "closed"),
        ],
        dossier,
    )
    incident(records, 2, met(at(5), minutes=50), dossier)

    found = block(facts(records), "waiting")

    assert [
        (one["party"], one["kind"], one["seconds"]["value"], one["waits"]["value"]) for one in found["parties"]
    ] == [
        ("Driftbolaget AB", "supplier", 3600 + 3600, 2),
        ("Acme Garden AB", "customer", 2 * 3600, 1),
        ("Betalt Payments AB", "third_party", 4 * 3600, 1),
    ]
    total = sum(one["seconds"]["value"] for one in found["parties"])
    assert total == 7 * 3600 + 3600  # both incidents were open so long in November
    assert [one["seconds"] for one in found["longest"]] == [4 * 3600, 2 * 3600]
    assert "secret of Betalt" not in facts(records).model_dump_json()


# --- instructions


def test_instructions_are_proven_by_what_happened_until_the_end_of_the_month(records: Records) -> None:
    dossier = shop([{"documentation": {"stale_only": False}}])
    keep_dossier(records, dossier)
    for number, moment in enumerate((at(3), UNTIL + timedelta(days=1)), 1):
        name = ["remedy/web-down/restart-web", "change/release"][number - 1]
        use = ProofRecord(
            application=APPLICATION,
            instruction=name,
            use=Use.REHEARSED,
            operation=f"op.{number}",
            run="r",
            dossier=dossier.digest,
            at=moment,
        )
        records.write(WriteRecords(proofs=[use]))

    found = block(facts(records), "documentation")

    listed = {one["key"]: one for one in found["listed"]}
    assert (found["fresh"]["value"], found["stale"]["value"]) == (1, found["instructions"]["value"] - 1)
    assert listed["remedy/web-down/restart-web"] == {
        "key": "remedy/web-down/restart-web",
        "title": "Restart nginx",
        "proven_at": "2026-11-03T11:00:00Z",
        "failed_at": None,
        "stale": False,
    }
    assert listed["change/release"]["stale"]
    assert found["never"]["value"] == found["stale"]["value"]
    assert verdict(records, "documentation") is ReportVerdict.MISSED


@pytest.mark.parametrize("stale_only", [True, False])
def test_the_table_of_instructions_lists_stale_ones_or_all(records: Records, stale_only: bool) -> None:
    dossier = shop([{"documentation": {"stale_only": stale_only}}])
    always = dossier.instructions.model_copy(update={"fresh_for": "always"})
    keep_dossier(records, dossier.model_copy(update={"instructions": always}))

    found = block(facts(records), "documentation")

    assert len(found["listed"]) == (0 if stale_only else found["instructions"]["value"])
    assert verdict(records, "documentation") is ReportVerdict.MET
